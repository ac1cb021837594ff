//! Variables: keys and values that will be cut, and reads that make entries.

use std::collections::BTreeMap;

use crate::check::Read;
use crate::conf::object::variable::{MapValue, Operation, Variable, VariableKind};
use crate::conf::{Configuration, Diagnostic};
use crate::expr::syntax::{Infix, Kind, Node};

use super::walk;

/// A limit of at least so many bytes is taken to be meant: user principal names and session ids stay below.
const BYTES_ENOUGH: usize = 64;

/// Functions that leave a text of a length the writer chose.
const BOUNDED: [&str; 8] =
    ["PREFIX", "SUFFIX", "SUBSTR", "TRUNCATE", "HASH", "LENGTH", "COUNT", "TYPECAST_NUM_T"];

/// Reads and assignments of every variable. Each is told once, where it happens first.
pub(super) fn lint(configuration: &Configuration, read: &[Read<'_>], findings: &mut Vec<Diagnostic>) {
    let mut told = BTreeMap::new();
    for read in read {
        let Some(expression) = &read.expression else { continue };
        let mut guards = Vec::new();
        reads(&expression.root, &mut guards, &mut |name, key, guarded| {
            let Some(variable) = configuration.variables.get(name) else { return };
            let place = |node: &Node| read.used.written.place(node.span);
            if let Some(text) = key_cut(variable, key) {
                let help = "make the key longer, or set -ifValueTooBig undef";
                let found = Diagnostic::warning("key-cut", place(key), text).help(help);
                told.entry(("key-cut", variable.name.clone())).or_insert(found);
            }
            if let Some(text) = read_creates(variable, guarded) {
                let found = Diagnostic::warning("read-creates", place(key), text);
                let found = found.help("ask $map.VALUEEXISTS(key) && … first, or set -ifNoValue undef");
                told.entry(("read-creates", variable.name.clone())).or_insert(found);
            }
        });
        if read.used.command == "ns assignment" {
            assigned(configuration, read, &expression.root, &mut told);
        }
    }
    findings.extend(told.into_values());
}

/// The key and the value of an assignment.
fn assigned(
    configuration: &Configuration,
    read: &Read<'_>,
    root: &Node,
    told: &mut BTreeMap<(&'static str, String), Diagnostic>,
) {
    let Some(assignment) = configuration.assignments.get(read.used.name) else { return };
    let Some(variable) = configuration.variables.get(&assignment.variable) else { return };
    let at = read.used.written.whole();
    if read.used.field == "variable"
        && let Some(text) = key_cut(variable, root)
    {
        let help = "make the key longer, or set -ifValueTooBig undef";
        let found = Diagnostic::warning("key-cut", at, text).help(help);
        told.entry(("key-cut", variable.name.clone())).or_insert(found);
    }
    let (VariableKind::Text(max) | VariableKind::Map { value: MapValue::Text(max), .. }) = variable.kind
    else {
        return;
    };
    let set = read.used.field == "set" && matches!(assignment.operation, Operation::Set(_));
    if set && max < BYTES_ENOUGH && !variable.undef_if_too_big && is_unbounded(root) {
        let text = format!("a value longer than {max} bytes is cut without a word, and then equals nothing");
        let help = "make the value longer, or set -ifValueTooBig undef";
        let found = Diagnostic::warning("value-cut", at, text).help(help);
        told.entry(("value-cut", variable.name.clone())).or_insert(found);
    }
}

/// Calls `look` for every `$name[key]` that is read, and whether its entry is known to exist there.
fn reads<'e>(node: &'e Node, guards: &mut Vec<&'e str>, look: &mut dyn FnMut(&'e str, &'e Node, Guard)) {
    match &node.kind {
        Kind::Variable { name, key: Some(key) } => {
            let guard = if guards.contains(&name.as_str()) { Guard::Asked } else { Guard::None };
            look(name, key, guard);
            reads(key, guards, look);
        }
        Kind::ValueExists { name, key } => {
            look(name, key, Guard::Asking);
            reads(key, guards, look);
        }
        Kind::Infix { first, rest } if rest.iter().all(|(operator, _)| *operator == Infix::And) => {
            let before = guards.len();
            for operand in std::iter::once(&**first).chain(rest.iter().map(|(_, operand)| operand)) {
                reads(operand, guards, look);
                if let Kind::ValueExists { name, .. } = &operand.kind {
                    guards.push(name);
                }
            }
            guards.truncate(before);
        }
        Kind::Infix { first, rest } => {
            reads(first, guards, look);
            for (_, operand) in rest {
                reads(operand, guards, look);
            }
        }
        Kind::Chain { base, calls } => {
            reads(base, guards, look);
            for argument in calls.iter().flat_map(|call| &call.args) {
                reads(argument, guards, look);
            }
        }
        Kind::Prefix { operand, .. } => reads(operand, guards, look),
        _ => {}
    }
}

/// What is known of an entry where it is used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// Nothing.
    None,
    /// It exists: VALUEEXISTS said so to the left.
    Asked,
    /// This is the question.
    Asking,
}

fn key_cut(variable: &Variable, key: &Node) -> Option<String> {
    let VariableKind::Map { key: max, .. } = variable.kind else { return None };
    (max < BYTES_ENOUGH && !variable.undef_if_too_big && is_unbounded(key)).then(|| {
        let name = &variable.name;
        format!("keys of `{name}` are cut at {max} bytes, so two that begin alike share one entry")
    })
}

fn read_creates(variable: &Variable, guard: Guard) -> Option<String> {
    let map = matches!(variable.kind, VariableKind::Map { .. });
    (map && guard == Guard::None && !variable.undef_if_no_value).then(|| {
        let name = &variable.name;
        format!("reading `${name}` makes an entry for a key that has none, and may push another out")
    })
}

/// Text whose length somebody else decides.
fn is_unbounded(node: &Node) -> bool {
    let mut pieces = Vec::new();
    walk::pieces(node, &mut pieces);
    pieces.into_iter().any(|piece| {
        let Some((name, calls)) = walk::chain(piece) else { return false };
        let user = name == "AAA.USER" && calls.first().is_none_or(|call| call.name != "SESSIONID");
        let bounded = calls.iter().any(|call| BOUNDED.contains(&call.name.as_str()));
        (user || walk::is_from_client(piece)) && !bounded
    })
}
