//! Every expression of a configuration that may be evaluated here.

use crate::conf::object::Configuration;
use crate::conf::object::bank::Goto;
use crate::conf::object::callout::{Callout, CalloutRequest};
use crate::conf::object::responder::{ResponderAction, ResponderKind};
use crate::conf::object::variable::{Assignment, Operation};
use crate::conf::place::Written;

/// All of them, in no order that means anything; the same text may come several times.
pub(super) fn of(conf: &Configuration) -> Vec<&Written> {
    let mut all: Vec<&Written> = Vec::new();
    all.extend(conf.policies.values().filter_map(|policy| policy.rule.as_ref()));
    all.extend(conf.expressions.iter().map(|named| &named.value));
    all.extend(conf.message_actions.values().map(|action| &action.text));
    all.extend(conf.limit_identifiers.iter().flat_map(|limit| &limit.selector));
    all.extend(conf.assignments.values().flat_map(assignment));
    all.extend(conf.responder_actions.values().flat_map(action));
    all.extend(conf.callouts.iter().flat_map(callout));
    all.extend(conf.banks.values().flatten().filter_map(|binding| match &binding.goto {
        Goto::Expression(written) => Some(written),
        Goto::End | Goto::Next | Goto::UseInvocationResult => None,
    }));
    all
}

fn assignment(assignment: &Assignment) -> impl Iterator<Item = &Written> {
    let value = match &assignment.operation {
        Operation::Set(value) | Operation::Add(value) | Operation::Sub(value) | Operation::Append(value) => {
            Some(value)
        }
        Operation::Clear => None,
    };
    assignment.key.iter().chain(value)
}

fn action(action: &ResponderAction) -> impl Iterator<Item = &Written> {
    let text = match &action.kind {
        ResponderKind::RespondWith(text) | ResponderKind::Redirect(text) => Some(text),
        ResponderKind::Page(_) | ResponderKind::Noop | ResponderKind::Sql(_) => None,
    };
    text.into_iter().chain(&action.reason).chain(action.headers.iter().map(|header| &header.value))
}

fn callout(callout: &Callout) -> Vec<&Written> {
    let mut all: Vec<&Written> = callout.result.iter().collect();
    match &callout.request {
        CalloutRequest::Full(text) => all.push(text),
        CalloutRequest::Parts { post: _, host, stem, headers, parameters, body } => {
            all.extend([host, stem, body].into_iter().flatten());
            all.extend(headers.iter().chain(parameters).map(|header| &header.value));
        }
    }
    all
}
