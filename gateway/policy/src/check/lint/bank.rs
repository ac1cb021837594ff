//! Policies in their banks: never reached, never bound, in a feature that is off, or calling back.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Read;
use crate::conf::object::bank::{BankId, Binding, Goto, Invoke};
use crate::conf::object::callout::CalloutServer;
use crate::conf::object::policy::{Action, Feature};
use crate::conf::object::responder::ResponderKind;
use crate::conf::{Configuration, Diagnostic, Place};
use crate::expr::syntax::{Infix, Kind, Node};
use crate::limits::{CALLOUT_TEXT, RULE_TEXT};
use crate::value::Value;

use super::walk;

/// Everything about where policies stand.
pub(super) fn lint(configuration: &Configuration, read: &[Read<'_>], findings: &mut Vec<Diagnostic>) {
    let always = always_true(read);
    let mut bound = BTreeSet::new();
    for (id, bank) in &configuration.banks {
        let mut hidden_by = None;
        for (index, binding) in bank.iter().enumerate() {
            let later = bank.get(index + 1..).unwrap_or_default();
            findings.extend(goto(binding, later));
            if let Some(policy) = &binding.policy {
                hidden_by = hidden_by.or_else(|| hidden(configuration, id, binding, &always, later));
                bound.insert((id.feature, policy.as_str()));
            }
        }
        findings.extend(hidden_by);
        findings.extend(feature_off(configuration, id, bank));
    }
    unbound(configuration, &bound, findings);
    idle(configuration, findings);
    silent(configuration, &bound, findings);
    for read in read {
        findings.extend(too_long(read));
        callouts(configuration, read, findings);
    }
}

/// Policies whose rule is the literal TRUE, by command and name.
fn always_true<'a>(read: &[Read<'a>]) -> BTreeSet<&'a str> {
    let is_true = |read: &&Read<'a>| {
        let root = read.expression.as_ref().map(|expression| &expression.root.kind);
        read.used.field == "rule" && matches!(root, Some(Kind::Literal(Value::Bool(true))))
    };
    read.iter().filter(is_true).map(|read| read.used.name).collect()
}

/// A rule that is always TRUE and ends its bank hides what comes after it.
fn hidden(
    configuration: &Configuration,
    id: &BankId,
    binding: &Binding,
    always: &BTreeSet<&str>,
    later: &[Binding],
) -> Option<Diagnostic> {
    let name = binding.policy.as_deref()?;
    let policy = configuration.policy(id.feature, name)?;
    let answers = match &policy.action {
        Action::Reset | Action::Drop => true,
        Action::Respond(action) => {
            let action = configuration.responder_actions.get(action);
            action.is_some_and(|action| !matches!(action.kind, ResponderKind::Noop))
        }
        _ => false,
    };
    let ends = answers || (binding.goto == Goto::End && binding.invoke.is_none());
    let hidden = later.first().filter(|_| ends && always.contains(name))?;
    let text = format!(
        "{} never run, because `{name}` before is always TRUE and ends the bank",
        policies(later.len())
    );
    let help = "give it a higher priority number, or the goto NEXT";
    Some(Diagnostic::warning("hidden", hidden.at, text).help(help))
}

fn policies(count: usize) -> String {
    if count == 1 { "this policy".to_owned() } else { format!("this policy and {} more", count - 1) }
}

/// A goto that is a number must be a priority further on (`bind responder global`).
fn goto(binding: &Binding, later: &[Binding]) -> Option<Diagnostic> {
    let Goto::Expression(written) = &binding.goto else { return None };
    let target: u32 = written.text.trim().parse().ok()?;
    let highest = later.last().map_or(binding.priority, |last| last.priority);
    let exists = target == binding.priority || later.binary_search_by_key(&target, |it| it.priority).is_ok();
    (!exists && target <= highest).then(|| {
        let text = format!("no later policy has the priority {target}, so this goto is undefined");
        let help = "write NEXT, END or the priority of a policy further on";
        Diagnostic::error("goto-nowhere", written.whole(), text).help(help)
    })
}

/// The name under which `enable ns feature` knows a feature; several if any will do.
fn switch(feature: Feature) -> &'static [&'static str] {
    match feature {
        Feature::Responder => &["RESPONDER"],
        Feature::Rewrite => &["REWRITE"],
        Feature::ContentSwitching => &["CS"],
        Feature::Traffic | Feature::Authentication | Feature::Authorization => &["AAA", "SSLVPN"],
        Feature::Session => &["SSLVPN", "AAA"],
        Feature::Audit | Feature::Other => &[],
    }
}

fn feature_off(configuration: &Configuration, id: &BankId, bank: &[Binding]) -> Option<Diagnostic> {
    let enabled = configuration.features.as_ref()?;
    let names = switch(id.feature);
    let first =
        bank.first().filter(|_| !names.is_empty() && !names.iter().any(|name| enabled.contains(*name)))?;
    let text = format!("the feature {} is not enabled, so this bank never runs", names.join(" or "));
    let help = format!("enable ns feature {}", names.first()?);
    Some(Diagnostic::warning("feature-off", first.at, text).help(help))
}

/// Features whose policies are bound and do nothing here, each told once.
fn idle(configuration: &Configuration, findings: &mut Vec<Diagnostic>) {
    let mut told: BTreeMap<Feature, (usize, Place)> = BTreeMap::new();
    for (id, bank) in configuration.banks.iter().filter(|(id, _)| !id.feature.is_acted_on()) {
        if let Some(first) = bank.first() {
            told.entry(id.feature).or_insert((0, first.at)).0 += bank.len();
        }
    }
    findings.extend(told.into_iter().map(|(feature, (count, at))| {
        let text = format!("{count} bindings of {feature:?} policies are read and typed, not acted on here");
        Diagnostic::note("not-acted-on", at, text)
    }));
}

fn unbound(configuration: &Configuration, bound: &BTreeSet<(Feature, &str)>, findings: &mut Vec<Diagnostic>) {
    for ((feature, name), policy) in &configuration.policies {
        if feature.is_acted_on() && !bound.contains(&(*feature, name.as_str())) {
            let text = format!("policy `{name}` is bound nowhere, so it never runs");
            findings.push(Diagnostic::note("unbound", policy.at, text));
        }
    }
    let label = |binding: &Binding| match &binding.invoke {
        Some(Invoke::Label(name)) => Some(name.clone()),
        _ => None,
    };
    let invoked: BTreeSet<_> = configuration.banks.values().flatten().filter_map(label).collect();
    for ((feature, name), at) in &configuration.labels {
        if feature.is_acted_on() && !invoked.contains(name) {
            let text = format!("label `{name}` is invoked nowhere, so its policies never run");
            findings.push(Diagnostic::note("unbound", *at, text));
        }
    }
}

/// Messages that no log keeps.
fn silent(configuration: &Configuration, bound: &BTreeSet<(Feature, &str)>, findings: &mut Vec<Diagnostic>) {
    let mut told = BTreeSet::new();
    for (feature, name) in bound {
        let policy = configuration.policy(*feature, name);
        let action = policy.and_then(|policy| configuration.message_actions.get(policy.log_action.as_ref()?));
        let Some(action) = action.filter(|action| !configuration.keeps_messages(action.level)) else {
            continue;
        };
        if told.insert(action.name.as_str()) {
            let text = format!("no log keeps what `{}` says", action.name);
            let help = "set audit syslogParams -userDefinedAuditlog YES, and its level in -logLevel";
            findings.push(Diagnostic::warning("log-off", action.at, text).help(help));
        }
    }
}

fn too_long(read: &Read<'_>) -> Option<Diagnostic> {
    let limit = if read.used.command == "policy httpCallout" { CALLOUT_TEXT } else { RULE_TEXT };
    let length = read.used.written.text.len();
    let limited = read.used.field == "rule" || read.used.command == "policy httpCallout";
    (limited && length > limit).then(|| {
        let text = format!("{length} characters are more than the {limit} an appliance takes here");
        let help = "move parts into named expressions";
        Diagnostic::warning("too-long", read.used.written.whole(), text).help(help)
    })
}

/// A call-out to a virtual server of this appliance comes back as a request: something must stop the second round.
fn callouts(configuration: &Configuration, read: &Read<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(expression) = read.expression.as_ref().filter(|_| read.used.field == "rule") else { return };
    let mut found = BTreeMap::new();
    unguarded(&expression.root, &mut |name, node| {
        let callout = configuration.callouts.get(name);
        let server = callout.and_then(|callout| callout.server.as_ref());
        if let Some(CalloutServer::Vserver(vserver)) = server {
            let text = format!("`{name}` asks `{vserver}` on this appliance, whose policies may ask again");
            let help =
                "test a marker header of the call-out first: !HTTP.REQ.HEADER(\"X-Callout\").EXISTS && …";
            let place = read.used.written.place(node.span);
            found
                .entry(name.to_owned())
                .or_insert(Diagnostic::warning("callout-loop", place, text).help(help));
        }
    });
    findings.extend(found.into_values());
}

/// Call-outs that are asked whatever the request is: not to the right of an `&&`.
fn unguarded<'e>(node: &'e Node, look: &mut dyn FnMut(&'e str, &'e Node)) {
    match &node.kind {
        Kind::Infix { first, rest } => {
            unguarded(first, look);
            for (_, operand) in rest.iter().take_while(|(operator, _)| *operator != Infix::And) {
                unguarded(operand, look);
            }
        }
        Kind::Chain { base, calls } => {
            unguarded(base, look);
            if let Some(("SYS", [call, ..])) = walk::chain(node)
                && call.name.ends_with("HTTP_CALLOUT")
                && let Some(name) = call.args.first().and_then(name)
            {
                look(name, node);
            }
            for argument in calls.iter().flat_map(|call| &call.args) {
                unguarded(argument, look);
            }
        }
        Kind::Prefix { operand, .. } => unguarded(operand, look),
        _ => {}
    }
}

fn name(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Name(name) => Some(name),
        _ => walk::literal(node).and_then(|text| std::str::from_utf8(text).ok()),
    }
}
