//! Bindings become banks: the feature of each follows from which kind of policy has its name.

use std::collections::BTreeMap;

use crate::conf::command::{Kind, brief};
use crate::conf::diagnostic::Diagnostic;
use crate::conf::lex::Token;
use crate::conf::object::Configuration;
use crate::conf::object::bank::{BankId, Binding, Goto, Invoke, Point, When};
use crate::conf::object::policy::Feature;
use crate::conf::object::vserver::VserverKind;

use super::fields::Fields;
use super::store::Store;

/// The highest priority there is (command reference, `bind lb vserver`).
const PRIORITY_MAX: u32 = 2_147_483_647;

/// Which features have a policy, or a label, of a name. Owned, because the configuration grows beside it.
struct Features {
    policies: BTreeMap<String, Vec<Feature>>,
    labels: BTreeMap<String, Vec<Feature>>,
}

/// Every policy binding of the store.
pub(super) fn bindings(store: &Store, to: &mut Configuration, diagnostics: &mut Vec<Diagnostic>) {
    let mut features = Features { policies: BTreeMap::new(), labels: BTreeMap::new() };
    for (feature, name) in to.policies.keys() {
        features.policies.entry(name.clone()).or_default().push(*feature);
    }
    for (feature, name) in to.labels.keys() {
        features.labels.entry(name.clone()).or_default().push(*feature);
    }
    let mut syslog = Vec::new();
    for record in store.bindings() {
        let mut fields = Fields { record, diagnostics };
        if record.shape.kind == Kind::BindSyslog {
            syslog.extend(fields.text("policyName"));
        } else if let Some((id, binding)) = binding(&mut fields, &features, to) {
            if id.feature == Feature::Audit {
                syslog.extend(binding.policy.clone());
            }
            to.banks.entry(id).or_default().push(binding);
        }
    }
    for bank in to.banks.values_mut() {
        bank.sort_by_key(|binding| binding.priority);
    }
    same_priorities(to, diagnostics);
    bound_logs(&syslog, to);
}

fn binding(
    fields: &mut Fields<'_>,
    features: &Features,
    to: &mut Configuration,
) -> Option<(BankId, Binding)> {
    let kind = fields.record.shape.kind;
    let Some(policy) = fields.one("policyName").or_else(|| fields.one("policy")) else {
        default_vserver(fields, to);
        return None;
    };
    let invoke = invoke(fields);
    let feature = feature(fields, policy, invoke.as_ref(), features)?;
    let (point, when) = point(fields, kind)?;
    let priority = priority(fields, kind)?;
    let skips = policy.text().to_ascii_uppercase().starts_with("NOPOLICY");
    let binding = Binding {
        policy: (!skips).then(|| policy.text().to_owned()),
        priority,
        goto: goto(fields),
        invoke,
        target: fields.text("targetLBVserver").or_else(|| fields.text("targetVserver")),
        next_factor: fields.text("nextFactor"),
        at: fields.at(),
    };
    Some((BankId { point, feature, when }, binding))
}

/// `bind cs vserver … -lbvserver`, also by position: where requests go that no policy matched.
fn default_vserver(fields: &Fields<'_>, to: &mut Configuration) {
    let cs = (VserverKind::Cs, fields.name());
    if fields.record.shape.kind == Kind::BindVserver(VserverKind::Cs)
        && let Some(vserver) = to.vservers.get_mut(&cs)
    {
        vserver.default_vserver = fields.text("lbvserver").or(vserver.default_vserver.take());
    }
}

fn point(fields: &mut Fields<'_>, kind: Kind) -> Option<(Point, When)> {
    const BANKS: [(&str, When); 8] = [
        ("REQUEST", When::Request),
        ("RESPONSE", When::Response),
        ("AAA_REQUEST", When::AaaRequest),
        ("AAA_RESPONSE", When::AaaResponse),
        ("ICA_REQUEST", When::Other),
        ("OTHERTCP_REQUEST", When::Other),
        ("HTTPQUIC_REQUEST", When::Other),
        ("HTTPQUIC_RESPONSE", When::Other),
    ];
    let name = fields.name();
    let when = |fields: &mut Fields<'_>| match fields.one("type") {
        None => Some(When::Request),
        Some(_) => fields.choice("type", &BANKS),
    };
    match kind {
        Kind::BindVserver(vserver) => Some((Point::Vserver(vserver, name), when(fields)?)),
        Kind::BindUser => Some((Point::User(name), when(fields)?)),
        Kind::BindGroup => Some((Point::Group(name), when(fields)?)),
        Kind::BindLabel(_) => Some((Point::Label(name), When::Request)),
        _ => global(fields),
    }
}

fn global(fields: &mut Fields<'_>) -> Option<(Point, When)> {
    let Some(token) = fields.one("type") else { return Some((Point::GlobalDefault, When::Request)) };
    let kind = token.text().to_ascii_uppercase();
    match kind.as_str() {
        "REQ_OVERRIDE" | "OVERRIDE" => Some((Point::GlobalOverride, When::Request)),
        "REQ_DEFAULT" | "DEFAULT" => Some((Point::GlobalDefault, When::Request)),
        "RES_OVERRIDE" => Some((Point::GlobalOverride, When::Response)),
        "RES_DEFAULT" => Some((Point::GlobalDefault, When::Response)),
        other if other.ends_with("_OVERRIDE") => Some((Point::GlobalOverride, When::Other)),
        other if other.ends_with("_DEFAULT") => Some((Point::GlobalDefault, When::Other)),
        // Sessions and traffic of the gateway are bound without banks of their own.
        "REQUEST" if fields.record.shape.path == "vpn global" => Some((Point::GlobalDefault, When::Request)),
        "RESPONSE" if fields.record.shape.path == "vpn global" => {
            Some((Point::GlobalDefault, When::Response))
        }
        _ => {
            let text = format!("`{}` is no global bind point", brief(token.text()));
            let help = "one of REQ_OVERRIDE, REQ_DEFAULT, RES_OVERRIDE, RES_DEFAULT";
            fields.tell("bad-choice", token.written.whole(), text, help);
            None
        }
    }
}

fn priority(fields: &mut Fields<'_>, kind: Kind) -> Option<u32> {
    // Old releases bound classic authentication and session policies without one.
    let optional = matches!(
        kind,
        Kind::BindVserver(VserverKind::Vpn | VserverKind::Authentication | VserverKind::Cs)
            | Kind::BindGlobal(Feature::Session | Feature::Traffic)
            | Kind::BindUser
            | Kind::BindGroup
    );
    if optional && !fields.record.has("priority") {
        return Some(0);
    }
    fields.required("priority")?;
    fields.number("priority", 1..=PRIORITY_MAX)
}

fn goto(fields: &Fields<'_>) -> Goto {
    let Some(token) = fields.one("gotoPriorityExpression") else { return Goto::End };
    match token.text().to_ascii_uppercase().as_str() {
        "END" => Goto::End,
        "NEXT" => Goto::Next,
        "USE_INVOCATION_RESULT" => Goto::UseInvocationResult,
        _ => Goto::Expression(token.written.clone()),
    }
}

fn invoke(fields: &mut Fields<'_>) -> Option<Invoke> {
    let [kind, name] = fields.record.values("invoke") else {
        if let Some(token) = fields.one("invoke") {
            let text = "-invoke needs the kind of label and its name";
            fields.tell("missing-value", token.written.whole(), text, "such as -invoke policylabel mine");
        }
        return None;
    };
    let kinds = [("policylabel", false), ("reqvserver", true), ("resvserver", true), ("vserver", true)];
    let vserver = fields.chosen(kind, "kind of label", &kinds)?;
    let name = name.text().to_owned();
    Some(if vserver { Invoke::Vserver(name) } else { Invoke::Label(name) })
}

/// Whose bank a binding belongs to.
fn feature(
    fields: &mut Fields<'_>,
    policy: &Token,
    invoke: Option<&Invoke>,
    features: &Features,
) -> Option<Feature> {
    let fixed = match fields.record.shape.kind {
        Kind::BindLabel(feature) => Some(feature),
        Kind::BindGlobal(feature @ (Feature::Responder | Feature::Rewrite)) => Some(feature),
        _ => None,
    };
    let name = policy.text();
    if let Some(rest) = name.to_ascii_uppercase().strip_prefix("NOPOLICY") {
        return fixed.or_else(|| no_policy(rest, invoke, features));
    }
    let found = features.policies.get(name).map(Vec::as_slice).unwrap_or_default();
    match (fixed, found) {
        (Some(feature), _) if found.contains(&feature) => Some(feature),
        (None, [feature]) => Some(*feature),
        (None, [feature, ..]) => {
            let text = format!("policies of several features are called `{name}`");
            let help = format!("it is taken for the {feature:?} policy; give them different names");
            let note = Diagnostic::warning("name-shared", policy.written.whole(), text).help(help);
            fields.diagnostics.push(note);
            Some(*feature)
        }
        // Policies that every appliance has.
        _ if name.starts_with('_') || name.starts_with("ns_") => None,
        _ => {
            let text = format!("no policy `{name}` that could be bound here is added");
            let help = "the binding is left out; names are case-sensitive";
            fields.tell("unknown-policy", policy.written.whole(), text, help);
            None
        }
    }
}

/// `NOPOLICY-REWRITE` says its feature; plain `NOPOLICY` has that of the label it invokes.
fn no_policy(rest: &str, invoke: Option<&Invoke>, features: &Features) -> Option<Feature> {
    let label = match invoke {
        Some(Invoke::Label(label)) => features.labels.get(label).and_then(|found| found.first()),
        _ => None,
    };
    match rest.strip_prefix('-').unwrap_or_default() {
        "RESPONDER" => Some(Feature::Responder),
        "REWRITE" => Some(Feature::Rewrite),
        "AUTHORIZATION" => Some(Feature::Authorization),
        "" => Some(label.copied().unwrap_or(Feature::Other)),
        _ => Some(Feature::Other),
    }
}

fn same_priorities(to: &Configuration, diagnostics: &mut Vec<Diagnostic>) {
    for (id, bank) in &to.banks {
        let same = bank.windows(2).filter_map(|pair| match pair {
            [first, second] if first.priority == second.priority => Some(second),
            _ => None,
        });
        // Authentication and session policies of older releases may share a priority.
        for second in same.filter(|_| !matches!(id.feature, Feature::Authentication | Feature::Session)) {
            let text = format!("priority {} is taken in this bank", second.priority);
            let help = "an appliance refuses the second; here it runs after the first";
            diagnostics.push(Diagnostic::error("priority-taken", second.at, text).help(help));
        }
    }
}

/// Keeps the syslog actions that a bound policy uses; the others log nothing.
fn bound_logs(bound: &[String], to: &mut Configuration) {
    let policies = bound.iter().filter_map(|name| to.policy(Feature::Audit, name));
    let used: Vec<_> = policies.map(|policy| policy.action.name().to_owned()).collect();
    to.syslog_actions.retain(|name, _| used.contains(name));
}
