//! References between objects, once all are there.

use std::collections::{BTreeMap, BTreeSet};

use crate::conf::diagnostic::Diagnostic;
use crate::conf::object::Configuration;
use crate::conf::object::bank::{BankId, Invoke, Point, When};
use crate::conf::object::callout::CalloutServer;
use crate::conf::object::policy::{Action, Feature, Policy, SwitchTarget};
use crate::conf::object::responder::ResponderKind;
use crate::conf::object::vserver::VserverKind;
use crate::conf::place::Place;
use crate::limits::{HEADERS, INVOCATIONS};

use super::build::is_identifier;
use super::store::Store;

/// Resolves what each policy does, and tells of names that lead nowhere.
pub(super) fn references(store: &Store, to: &mut Configuration, diagnostics: &mut Vec<Diagnostic>) {
    let switches = switch_targets(store);
    let mut policies = std::mem::take(&mut to.policies);
    for policy in policies.values_mut() {
        policy.action = action(policy, to, &switches, diagnostics);
        log_action(policy, to, diagnostics);
    }
    to.policies = policies;
    for assignment in to.assignments.values() {
        if to.variables.get(&assignment.variable).is_none() {
            let text = format!("no variable `{}` is added", assignment.variable);
            let help = "the assignment is undefined whenever it runs";
            diagnostics.push(Diagnostic::error("unknown-variable", assignment.at, text).help(help));
        }
    }
    names(to, diagnostics);
    headers(to, diagnostics);
    bind_points(to, diagnostics);
    invocations(to, diagnostics);
}

/// What `add cs action` picks, by name.
fn switch_targets(store: &Store) -> BTreeMap<String, SwitchTarget> {
    let mut targets = BTreeMap::new();
    for record in store.objects().filter(|record| record.shape.path == "cs action") {
        let named = record.value("targetLBVserver").or_else(|| record.value("targetVserver"));
        let expression = record.values("targetVserverExpr").first();
        let target = named.map(|name| SwitchTarget::Vserver(name.to_owned()));
        let computed = expression.map(|token| SwitchTarget::Expression(token.written.clone()));
        if let Some(target) = target.or(computed) {
            targets.insert(record.name.clone(), target);
        }
    }
    targets
}

fn action(
    policy: &Policy,
    to: &Configuration,
    switches: &BTreeMap<String, SwitchTarget>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Action {
    let name = policy.action.name().to_owned();
    let built_in = match name.to_ascii_uppercase().as_str() {
        "NOOP" | "NOREWRITE" => Some(Action::Noop),
        "RESET" => Some(Action::Reset),
        "DROP" => Some(Action::Drop),
        _ => None,
    };
    let assigned = || to.assignments.contains_key(&name).then(|| Action::Assign(name.clone()));
    let found = match policy.feature {
        Feature::Responder => built_in
            .or_else(|| to.responder_actions.contains_key(&name).then(|| Action::Respond(name.clone())))
            .or_else(assigned),
        Feature::Traffic => to.traffic_actions.contains_key(&name).then(|| Action::Traffic(name.clone())),
        Feature::ContentSwitching if name.is_empty() => Some(Action::Noop),
        Feature::ContentSwitching => switches.get(&name).cloned().map(Action::Switch),
        Feature::Authorization => match name.to_ascii_uppercase().as_str() {
            "ALLOW" => Some(Action::Allow),
            "DENY" => Some(Action::Deny),
            _ => None,
        },
        Feature::Rewrite => built_in.or_else(assigned).or_else(|| Some(Action::Kept(name.clone()))),
        Feature::Authentication | Feature::Session | Feature::Audit | Feature::Other => {
            assigned().or_else(|| Some(Action::Kept(name.clone())))
        }
    };
    found.unwrap_or_else(|| {
        let text = format!("policy `{}` has the action `{name}`, which is not added", policy.name);
        let help = "it is undefined whenever its rule is TRUE; names are case-sensitive";
        diagnostics.push(Diagnostic::error("unknown-action", policy.at, text).help(help));
        Action::Missing(name)
    })
}

fn log_action(policy: &Policy, to: &Configuration, diagnostics: &mut Vec<Diagnostic>) {
    let Some(name) = &policy.log_action else { return };
    if !to.message_actions.contains_key(name) {
        let text = format!("policy `{}` logs by `{name}`, which is not added", policy.name);
        let help = "it logs nothing; add audit messageaction …";
        diagnostics.push(Diagnostic::error("unknown-log-action", policy.at, text).help(help));
    }
}

/// Words an expression would take for something else (vendor's rules for names).
const RESERVED: [&str; 15] = [
    "alt", "true", "false", "q", "s", "re", "xp", "client", "extend", "http", "server", "sys", "target",
    "text", "url",
];

/// Names that occur in expressions share one name space, and must look like names there.
fn names(to: &Configuration, diagnostics: &mut Vec<Diagnostic>) {
    let variables = to.variables.iter().map(|it| ("variable", &it.name, it.at));
    let expressions = to.expressions.iter().map(|it| ("named expression", &it.name, it.at));
    let callouts = to.callouts.iter().map(|it| ("call-out", &it.name, it.at));
    let tables = to.tables.iter().map(|it| ("pattern set, data set or string map", &it.name, it.at));
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for (kind, name, at) in variables.chain(expressions).chain(callouts).chain(tables) {
        let folded = name.to_ascii_lowercase();
        if let Some(first) = taken.insert(folded.clone(), kind).filter(|first| *first != kind) {
            let text = format!("`{name}` is the name of a {first} and of a {kind}");
            let help = "named expressions, sets, maps, call-outs and variables share one name space";
            diagnostics.push(Diagnostic::error("name-taken", at, text).help(help));
        }
        // A table is named in quotes, so any name will do.
        let quoted = kind.starts_with("pattern");
        if !quoted && (!is_identifier(name) || RESERVED.contains(&folded.as_str())) {
            let text = format!("`{name}` can't be the name of a {kind}");
            let help = "a letter or _, then letters, digits and _; no reserved word";
            diagnostics.push(Diagnostic::error("bad-name", at, text).help(help));
        }
    }
}

fn headers(to: &Configuration, diagnostics: &mut Vec<Diagnostic>) {
    for action in to.responder_actions.values() {
        if action.headers.len() > HEADERS {
            let text = format!("responder action `{}` has more than {HEADERS} headers", action.name);
            diagnostics.push(Diagnostic::error("too-many-headers", action.at, text));
        }
        if let ResponderKind::Page(page) = &action.kind
            && !to.pages.contains_key(page)
        {
            let text = format!("the page `{page}` is not here, because a saved file does not hold it");
            let help = "give it by --page NAME=FILE; without it the action is undefined";
            diagnostics.push(Diagnostic::warning("page-missing", action.at, text).help(help));
        }
    }
    for callout in to.callouts.iter() {
        let missing = [
            (callout.server.is_none(), "whom it asks (-IPAddress and -port, or -vServer)"),
            (callout.returns.is_none(), "what it returns (-returnType)"),
            (callout.result.is_none(), "where that stands in the answer (-resultExpr)"),
        ];
        for (_, what) in missing.iter().filter(|(missing, _)| *missing) {
            let text = format!("call-out `{}` does not say {what}", callout.name);
            let help = "it is undefined whenever it is reached";
            diagnostics.push(Diagnostic::warning("callout-incomplete", callout.at, text).help(help));
        }
        if let Some(CalloutServer::Vserver(name)) = &callout.server
            && !VserverKind::ALL.into_iter().any(|kind| to.vservers.contains_key(&(kind, name.clone())))
        {
            let text =
                format!("call-out `{}` asks the virtual server `{name}`, which is not added", callout.name);
            diagnostics.push(Diagnostic::warning("unknown-vserver", callout.at, text));
        }
    }
}

/// Banks on virtual servers and labels that are not in the files.
fn bind_points(to: &Configuration, diagnostics: &mut Vec<Diagnostic>) {
    let mut told = BTreeSet::new();
    for (id, bank) in &to.banks {
        let Some(first) = bank.first() else { continue };
        match &id.point {
            Point::Vserver(kind, name) => {
                let known = to.vservers.contains_key(&(*kind, name.clone()));
                if !known && told.insert((*kind, name)) {
                    let text =
                        format!("policies are bound to the virtual server `{name}`, which is not added");
                    let help = "they run all the same when a request names it; the file may be an excerpt";
                    diagnostics.push(Diagnostic::warning("unknown-vserver", first.at, text).help(help));
                }
            }
            Point::Label(name) if !to.labels.contains_key(&(id.feature, name.clone())) => {
                let text = format!("policies are bound to the label `{name}`, which is not added");
                diagnostics.push(Diagnostic::error("unknown-label", first.at, text));
            }
            _ => {}
        }
    }
}

/// Labels that are not there, and banks that lead back to themselves or too deep.
fn invocations(to: &Configuration, diagnostics: &mut Vec<Diagnostic>) {
    let mut told: Vec<Diagnostic> = Vec::new();
    for (id, bank) in &to.banks {
        for binding in bank {
            if let Some(Invoke::Label(name)) = &binding.invoke
                && id.feature != Feature::Other
                && !to.labels.contains_key(&(id.feature, name.clone()))
            {
                let text = format!("the label `{name}` is invoked and not added");
                told.push(Diagnostic::error("unknown-label", binding.at, text));
            }
        }
    }
    let mut depths = BTreeMap::new();
    let mut deep = BTreeMap::new();
    for id in to.banks.keys() {
        if let Err(at) = depth(id, to, &mut Vec::new(), &mut depths) {
            let text = format!("invoking leads back to the same bank, or deeper than {INVOCATIONS}");
            let help = "a policy that would go deeper is undefined";
            let found = Diagnostic::error("invoke-depth", at, text).help(help);
            deep.insert((at.file, at.span), found);
        }
    }
    diagnostics.append(&mut told);
    diagnostics.extend(deep.into_values());
}

/// How many banks deep invoking leads from here; the binding that leads too deep otherwise.
fn depth(
    id: &BankId,
    to: &Configuration,
    path: &mut Vec<BankId>,
    known: &mut BTreeMap<BankId, Result<usize, Place>>,
) -> Result<usize, Place> {
    if let Some(found) = known.get(id) {
        return *found;
    }
    path.push(id.clone());
    let found = deepest(id, to, path, known);
    path.pop();
    known.insert(id.clone(), found);
    found
}

fn deepest(
    id: &BankId,
    to: &Configuration,
    path: &mut Vec<BankId>,
    known: &mut BTreeMap<BankId, Result<usize, Place>>,
) -> Result<usize, Place> {
    let mut deepest = 0;
    for binding in to.bank(id) {
        for next in binding.invoke.iter().flat_map(|invoke| invoked(id, invoke, to)) {
            if path.contains(&next) || path.len() > INVOCATIONS {
                return Err(binding.at);
            }
            let below = depth(&next, to, path, known)?;
            if below >= INVOCATIONS {
                return Err(binding.at);
            }
            deepest = deepest.max(below + 1);
        }
    }
    Ok(deepest)
}

/// The banks an invocation may run.
fn invoked(from: &BankId, invoke: &Invoke, to: &Configuration) -> Vec<BankId> {
    match invoke {
        Invoke::Label(name) => {
            let point = Point::Label(name.clone());
            vec![BankId { point, feature: from.feature, when: When::Request }]
        }
        Invoke::Vserver(name) => {
            let id = |kind| BankId {
                point: Point::Vserver(kind, name.clone()),
                feature: from.feature,
                when: from.when,
            };
            let there = |kind: &VserverKind| to.vservers.contains_key(&(*kind, name.clone()));
            VserverKind::ALL.into_iter().filter(there).map(id).collect()
        }
    }
}
