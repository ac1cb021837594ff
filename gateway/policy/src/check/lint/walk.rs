//! Looking at every part of an expression.

use crate::expr::syntax::{Call, Infix, Kind, Node};
use crate::value::Value;

/// Calls `look` for a node and everything below it, from left to right.
pub(super) fn each<'e>(node: &'e Node, look: &mut dyn FnMut(&'e Node)) {
    look(node);
    match &node.kind {
        Kind::Chain { base, calls } => {
            each(base, look);
            for argument in calls.iter().flat_map(|call| &call.args) {
                each(argument, look);
            }
        }
        Kind::Infix { first, rest } => {
            each(first, look);
            for (_, operand) in rest {
                each(operand, look);
            }
        }
        Kind::Prefix { operand, .. } => each(operand, look),
        Kind::ValueExists { key, .. } => each(key, look),
        Kind::Variable { key: Some(key), .. } => each(key, look),
        _ => {}
    }
}

/// The pieces of a text that `+` joins, from left to right.
pub(super) fn pieces<'e>(node: &'e Node, to: &mut Vec<&'e Node>) {
    match &node.kind {
        Kind::Infix { first, rest } if rest.iter().all(|(operator, _)| *operator == Infix::Add) => {
            pieces(first, to);
            for (_, operand) in rest {
                pieces(operand, to);
            }
        }
        _ => to.push(node),
    }
}

/// The bytes of a text literal.
pub(super) fn literal(node: &Node) -> Option<&[u8]> {
    match &node.kind {
        Kind::Literal(Value::Text(text)) => Some(&text.bytes),
        _ => None,
    }
}

/// The prefix and the calls of `HTTP.REQ.URL.PATH`: `HTTP.REQ` and the rest.
pub(super) fn chain(node: &Node) -> Option<(&'static str, &[Call])> {
    match &node.kind {
        Kind::Chain { base, calls } => match base.kind {
            Kind::Namespace(name) => Some((name, calls)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the client chooses the bytes of a value: a part of the request, or a field of the log-in form.
pub(super) fn is_from_client(node: &Node) -> bool {
    const PARTS: [&str; 6] = ["URL", "HEADER", "COOKIE", "BODY", "HOSTNAME", "FULL_HEADER"];
    match chain(node) {
        Some(("HTTP.REQ", [first, ..])) => PARTS.contains(&first.name.as_str()),
        Some(("AAA.LOGIN", _)) => true,
        _ => false,
    }
}
