//! Comparisons that are TRUE less often than they look.

use crate::check::Read;
use crate::conf::Diagnostic;
use crate::expr::syntax::{Call, Kind, Node};
use crate::span::Span;

use super::walk;

/// Functions that compare text with text.
const COMPARE: [&str; 6] = ["EQ", "NE", "CONTAINS", "STARTSWITH", "ENDSWITH", "EQUALS_ANY"];

/// Host names compared with case, and literals that can't be equal to what was made lower or upper case.
pub(super) fn lint(read: &Read<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(expression) = &read.expression else { return };
    walk::each(&expression.root, &mut |node| {
        let Kind::Chain { calls, .. } = &node.kind else { return };
        if let Some(span) = host_with_case(node) {
            let text = "this compares a host name with regard to case, and browsers send what users type";
            let help = "HTTP.REQ.HOSTNAME has no case; or .SET_TEXT_MODE(IGNORECASE) before the comparison";
            findings.push(Diagnostic::warning("host-case", read.used.written.place(span), text).help(help));
        }
        if let Some(argument) = never_equal(calls) {
            let text = "the text before has no letters of this case, so this is never found in it";
            let help = "write the literal in the other case";
            let place = read.used.written.place(argument.span);
            findings.push(Diagnostic::warning("never-equal", place, text).help(help));
        }
    });
}

/// `HTTP.REQ.HEADER("Host")` compared without `IGNORECASE`.
fn host_with_case(node: &Node) -> Option<Span> {
    let Some(("HTTP.REQ", [header, rest @ ..])) = walk::chain(node) else { return None };
    let name = header.args.first().and_then(walk::literal)?;
    if header.name != "HEADER" || !name.eq_ignore_ascii_case(b"Host") {
        return None;
    }
    let before = rest.iter().take_while(|call| !is_caseless(call));
    before.into_iter().find(|call| COMPARE.contains(&call.name.as_str())).map(|call| call.span)
}

fn is_caseless(call: &Call) -> bool {
    let mode = |argument: &Node| matches!(&argument.kind, Kind::Name(name) if name == "IGNORECASE");
    matches!(call.name.as_str(), "TO_LOWER" | "TO_UPPER")
        || call.name == "SET_TEXT_MODE" && call.args.iter().any(mode)
}

/// A literal in the wrong case for the text it is compared with.
fn never_equal(calls: &[Call]) -> Option<&Node> {
    let mut case = None;
    for call in calls {
        match call.name.as_str() {
            "TO_LOWER" => case = Some(u8::is_ascii_uppercase as fn(&u8) -> bool),
            "TO_UPPER" => case = Some(u8::is_ascii_lowercase as fn(&u8) -> bool),
            "SET_TEXT_MODE" => case = None,
            name if COMPARE.contains(&name) && name != "EQUALS_ANY" => {
                let argument = call.args.first()?;
                let wrong =
                    case.is_some_and(|wrong| walk::literal(argument).is_some_and(|it| it.iter().any(wrong)));
                if wrong {
                    return Some(argument);
                }
            }
            _ => {}
        }
    }
    None
}
