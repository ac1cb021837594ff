//! Every expression of a configuration: whose it is, what it must give, whether anything here acts on it.

use crate::conf::object::Configuration;
use crate::conf::object::bank::Goto;
use crate::conf::object::callout::{Callout, CalloutRequest, ReturnType};
use crate::conf::object::policy::{Action, Feature, Policy, SwitchTarget};
use crate::conf::object::responder::{Header, ResponderAction, ResponderKind};
use crate::conf::object::variable::{Assignment, MapValue, Operation, VariableKind};
use crate::conf::place::Written;
use crate::value::Type;

/// One expression in its place.
#[derive(Clone, Copy, Debug)]
pub struct Use<'a> {
    /// The group and type of the object it belongs to: `responder policy`.
    pub command: &'static str,
    /// That object's name; empty for a binding.
    pub name: &'a str,
    /// The field: `rule`.
    pub field: &'static str,
    /// What it must give; anything if `None`.
    pub wanted: Option<Type>,
    /// The expression.
    pub written: &'a Written,
    /// Whether something evaluates it here.
    pub acted_on: bool,
}

/// All of them.
pub(super) fn all(configuration: &Configuration) -> Vec<Use<'_>> {
    let mut uses = Vec::new();
    let mut list = List { uses: &mut uses, command: "", name: "" };
    for named in configuration.expressions.iter() {
        list.of("policy expression", &named.name).add("value", None, &named.value);
    }
    for assignment in configuration.assignments.values() {
        list.of("ns assignment", &assignment.name).assignment(assignment, configuration);
    }
    for action in configuration.responder_actions.values() {
        list.of("responder action", &action.name).responder(action);
    }
    for policy in configuration.policies.values() {
        list.of(command(policy.feature), &policy.name).policy(policy);
    }
    for callout in configuration.callouts.iter() {
        list.of("policy httpCallout", &callout.name).callout(callout);
    }
    for message in configuration.message_actions.values() {
        list.of("audit messageaction", &message.name).add(
            "stringBuilderExpr",
            Some(Type::Text),
            &message.text,
        );
    }
    for limit in configuration.limit_identifiers.iter() {
        for selector in &limit.selector {
            list.of("ns limitIdentifier", &limit.name).add("selectorName", Some(Type::Text), selector);
        }
    }
    for (id, binding) in configuration.banks.iter().flat_map(|(id, bank)| bank.iter().map(move |it| (id, it)))
    {
        if let Goto::Expression(goto) = &binding.goto {
            list.of("binding", "");
            list.push("gotoPriorityExpression", Some(Type::Num), goto, id.feature.is_acted_on());
        }
    }
    for kept in &configuration.kept {
        for (field, written) in &kept.expressions {
            let wanted = (*field == "successRule" || *field == "ssoSuccessRule").then_some(Type::Bool);
            list.of(kept.command, &kept.name).push(field, wanted, written, false);
        }
    }
    uses
}

struct List<'a, 'l> {
    uses: &'l mut Vec<Use<'a>>,
    command: &'static str,
    name: &'a str,
}

impl<'a> List<'a, '_> {
    fn of(&mut self, command: &'static str, name: &'a str) -> &mut Self {
        (self.command, self.name) = (command, name);
        self
    }

    fn add(&mut self, field: &'static str, wanted: Option<Type>, written: &'a Written) {
        self.push(field, wanted, written, true);
    }

    fn push(&mut self, field: &'static str, wanted: Option<Type>, written: &'a Written, acted_on: bool) {
        let (command, name) = (self.command, self.name);
        self.uses.push(Use { command, name, field, wanted, written, acted_on });
    }

    fn assignment(&mut self, assignment: &'a Assignment, configuration: &Configuration) {
        if let Some(key) = &assignment.key {
            self.add("variable", Some(Type::Text), key);
        }
        let kind = configuration.variables.get(&assignment.variable).map(|variable| variable.kind);
        let value = match kind {
            Some(VariableKind::Ulong | VariableKind::Map { value: MapValue::Ulong, .. }) => Some(Type::Ulong),
            Some(_) => Some(Type::Text),
            None => None,
        };
        match &assignment.operation {
            Operation::Set(written) => self.add("set", value, written),
            Operation::Add(written) => self.add("add", Some(Type::Ulong), written),
            Operation::Sub(written) => self.add("sub", Some(Type::Ulong), written),
            Operation::Append(written) => self.add("append", Some(Type::Text), written),
            Operation::Clear => {}
        }
    }

    fn responder(&mut self, action: &'a ResponderAction) {
        match &action.kind {
            ResponderKind::RespondWith(text) | ResponderKind::Redirect(text) => {
                self.add("target", Some(Type::Text), text);
            }
            ResponderKind::Sql(text) => self.push("target", None, text, false),
            ResponderKind::Page(_) | ResponderKind::Noop => {}
        }
        if let Some(reason) = &action.reason {
            self.add("reasonPhrase", Some(Type::Text), reason);
        }
        self.headers("headers", &action.headers);
    }

    fn headers(&mut self, field: &'static str, headers: &'a [Header]) {
        for header in headers {
            self.add(field, Some(Type::Text), &header.value);
        }
    }

    fn policy(&mut self, policy: &'a Policy) {
        let acted_on = policy.feature.is_acted_on();
        if let Some(rule) = &policy.rule {
            self.push("rule", Some(Type::Bool), rule, acted_on);
        }
        if let Action::Switch(SwitchTarget::Expression(target)) = &policy.action {
            self.push("targetVserverExpr", Some(Type::Text), target, acted_on);
        }
    }

    fn callout(&mut self, callout: &'a Callout) {
        match &callout.request {
            CalloutRequest::Full(full) => self.add("fullReqExpr", Some(Type::Text), full),
            CalloutRequest::Parts { host, stem, headers, parameters, body, .. } => {
                let parts = [("hostExpr", host), ("urlStemExpr", stem), ("bodyExpr", body)];
                for (field, part) in parts {
                    if let Some(written) = part {
                        self.add(field, Some(Type::Text), written);
                    }
                }
                self.headers("headers", headers);
                self.headers("parameters", parameters);
            }
        }
        if let Some(result) = &callout.result {
            // Only this one sees the answer; its type is checked when it comes.
            let wanted = callout.returns.map(|returns| match returns {
                ReturnType::Bool => Type::Bool,
                ReturnType::Num => Type::Num,
                ReturnType::Text => Type::Text,
            });
            self.add("resultExpr", wanted, result);
        }
    }
}

fn command(feature: Feature) -> &'static str {
    match feature {
        Feature::Responder => "responder policy",
        Feature::Traffic => "tm trafficPolicy",
        Feature::Rewrite => "rewrite policy",
        Feature::ContentSwitching => "cs policy",
        Feature::Authorization => "authorization policy",
        Feature::Authentication => "authentication policy",
        Feature::Session => "session policy",
        Feature::Audit => "audit policy",
        Feature::Other => "policy",
    }
}
