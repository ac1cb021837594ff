//! Texts that become HTTP messages: what the client could write into their head, and lengths that are wrong.

use crate::check::Read;
use crate::conf::{Diagnostic, Place};
use crate::expr::syntax::Node;
use crate::span::Span;

use super::walk;

/// The end of a message's head.
const BLANK_LINE: &[u8] = b"\r\n\r\n";

/// Functions after which a text holds no line break of the client's.
const SAFE: [&str; 11] = [
    "HTTP_URL_SAFE",
    "HTTP_HEADER_SAFE",
    "HTTP_CONTENT_SAFE",
    "B64ENCODE",
    "ENCRYPT",
    "HASH",
    "DIGEST",
    "BLOB_TO_HEX",
    "LENGTH",
    "COUNT",
    "TYPECAST_NUM_T",
];

/// Looks at one text, if it becomes a message or a header of one.
pub(super) fn lint(read: &Read<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(expression) = &read.expression else { return };
    let (all_head, whole) = match (read.used.command, read.used.field) {
        ("responder action", "headers" | "reasonPhrase") => (true, false),
        ("responder action", "target") => (!starts_message(&expression.root), true),
        ("policy httpCallout", "headers" | "hostExpr" | "urlStemExpr") => (true, false),
        (_, "fullReqExpr") => (false, true),
        _ => return,
    };
    let mut pieces = Vec::new();
    walk::pieces(&expression.root, &mut pieces);
    let head = if all_head { pieces.len() } else { head(&pieces) };
    for piece in pieces.iter().take(head).filter(|piece| is_unsafe(piece)) {
        let text = "what the client sent goes into the head of a message as it is, line breaks and all";
        let help = "append .HTTP_URL_SAFE or .HTTP_HEADER_SAFE";
        let place = read.used.written.place(piece.span);
        findings.push(Diagnostic::warning("header-injection", place, text).help(help));
    }
    if whole && !all_head {
        let at = read.used.written.whole();
        findings.extend(length(&pieces, &|span| read.used.written.place(span), at));
    }
}

/// A text that starts with a status line; otherwise it is the target of a redirect.
fn starts_message(node: &Node) -> bool {
    let mut pieces = Vec::new();
    walk::pieces(node, &mut pieces);
    pieces.first().and_then(|first| walk::literal(first)).is_some_and(|text| text.starts_with(b"HTTP/"))
}

/// How many pieces belong to the head, the one with the blank line included.
fn head(pieces: &[&Node]) -> usize {
    let mut tail: Vec<u8> = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        match walk::literal(piece) {
            None => tail.clear(),
            Some(text) => {
                tail.extend_from_slice(text);
                if find(&tail, BLANK_LINE).is_some() {
                    return index + 1;
                }
                tail.drain(..tail.len().saturating_sub(BLANK_LINE.len() - 1));
            }
        }
    }
    pieces.len()
}

fn is_unsafe(piece: &Node) -> bool {
    let safe = walk::chain(piece)
        .is_some_and(|(_, calls)| calls.iter().any(|call| SAFE.contains(&call.name.as_str())));
    walk::is_from_client(piece) && !safe
}

/// A `Content-Length` written by hand that is wrong, or can only be right by chance.
fn length(pieces: &[&Node], place: &dyn Fn(Span) -> Place, at: Place) -> Option<Diagnostic> {
    // Only what stands before the first computed piece after the blank line has a known length.
    let mut known: Vec<u8> = Vec::new();
    let mut body_varies = false;
    let mut declaring = None;
    for piece in pieces {
        let in_body = find(&known, BLANK_LINE).is_some();
        match walk::literal(piece) {
            Some(text) => {
                if declared(text).is_some() && !in_body {
                    declaring = Some(piece.span);
                }
                known.extend_from_slice(text);
            }
            None if in_body => body_varies = true,
            // A computed piece of the head: anything without a line break will do.
            None => known.push(b'?'),
        }
    }
    let start = find(&known, BLANK_LINE)? + BLANK_LINE.len();
    let declared = declared(known.get(..start)?)?;
    let body = known.len() - start;
    let at = declaring.map_or(at, place);
    if body_varies && declared >= body {
        let text = format!("Content-Length is always {declared} and the body is not");
        let help = "who is longer is cut, and who is shorter waits for the rest until it times out";
        return Some(Diagnostic::warning("length-fixed", at, text).help(help));
    }
    (body_varies || declared != body).then(|| {
        let least = if body_varies { "at least " } else { "" };
        let text = format!("Content-Length is {declared} and the body has {least}{body} bytes");
        Diagnostic::warning("length-wrong", at, text).help(format!("write {body}, or leave the header out"))
    })
}

/// The number after `Content-Length:`, if both stand in this text.
fn declared(text: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let lower = text.to_ascii_lowercase();
    let rest = lower.get(find(&lower, NAME)? + NAME.len()..)?;
    let digits = rest.iter().skip_while(|byte| **byte == b' ').take_while(|byte| byte.is_ascii_digit());
    let digits: String = digits.map(|digit| char::from(*digit)).collect();
    digits.parse().ok()
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, wanted)
}
