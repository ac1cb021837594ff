//! Text: parts of it.
//!
//! What is searched for and not found gives empty text, and what is too short gives what there is.

use memchr::memmem;

use super::{Arg, Function, TEXT, row, search::folded, unevaluated};
use crate::{
    expr::call::{Call, Fault},
    value::{Type, Value},
};

const A_TEXT: &[Arg] = &[Arg::Is(Type::Text)];
const A_COUNT: &[Arg] = &[Arg::Number];
const BYTE_COUNT: &[Arg] = &[Arg::Is(Type::Text), Arg::Number];

pub(super) const ROWS: &[Function] = &[
    row(TEXT, "AFTER_STR", A_TEXT, Type::Text, |call| around(call, |text, _, end| text.get(end..)))
        .note("after the first occurrence; of a header: in the last instance that has one"),
    row(TEXT, "BEFORE_STR", A_TEXT, Type::Text, |call| around(call, |text, start, _| text.get(..start))),
    row(TEXT, "SUBSTR", A_TEXT, Type::Text, |call| around(call, |text, start, end| text.get(start..end)))
        .note("the occurrence itself"),
    row(TEXT, "BETWEEN", &[Arg::Is(Type::Text), Arg::Is(Type::Text)], Type::Bool, between)
        .note("begins with the first and ends with the second, which do not overlap"),
    row(TEXT, "AFTER_REGEX", &[Arg::Regex], Type::Text, |call| matched(call, |text, _, end| text.get(end..))),
    row(TEXT, "BEFORE_REGEX", &[Arg::Regex], Type::Text, |call| {
        matched(call, |text, start, _| text.get(..start))
    }),
    row(TEXT, "REGEX_SELECT", &[Arg::Regex], Type::Text, |call| {
        matched(call, |text, start, end| text.get(start..end))
    })
    .note("the first match itself"),
    row(TEXT, "SUBSTR", &[Arg::Number, Arg::Number], Type::Text, substr)
        .note("from a position, counted from 0, so many bytes"),
    row(TEXT, "PREFIX", A_COUNT, Type::Text, |call| counted(call, |text, n| text.get(..n)))
        .note("the first bytes"),
    row(TEXT, "SUFFIX", A_COUNT, Type::Text, |call| counted(call, |text, n| text.get(text.len() - n..)))
        .note("the last bytes"),
    row(TEXT, "SKIP", A_COUNT, Type::Text, |call| counted(call, |text, n| text.get(n..)))
        .note("all but the first bytes"),
    row(TEXT, "TRUNCATE", A_COUNT, Type::Text, |call| counted(call, |text, n| text.get(..text.len() - n)))
        .note("all but the last bytes"),
    row(TEXT, "PREFIX", BYTE_COUNT, Type::Text, |call| from_start(call, |text, n| text.get(..n)))
        .note("the longest beginning with at most so many of the character"),
    row(TEXT, "SKIP", BYTE_COUNT, Type::Text, |call| from_start(call, |text, n| text.get(n..)))
        .note("what follows that beginning"),
    row(TEXT, "SUFFIX", BYTE_COUNT, Type::Text, |call| from_end(call, |text, n| text.get(n..)))
        .note("the longest end with at most so many of the character"),
    row(TEXT, "TRUNCATE", BYTE_COUNT, Type::Text, |call| from_end(call, |text, n| text.get(..n)))
        .note("what stands before that end"),
    row(TEXT, "STRIP_CHARS", A_TEXT, Type::Text, strip_chars).note("without every listed character"),
    row(TEXT, "STRIP_START_WS", &[], Type::Text, |call| whole(call, |text| text.trim_ascii_start().to_vec())),
    row(TEXT, "STRIP_END_WS", &[], Type::Text, |call| whole(call, |text| text.trim_ascii_end().to_vec())),
    row(TEXT, "STRIP_START_CHARS", A_TEXT, Type::Text, |call| strip_ends(call, true, false)).inferred(),
    row(TEXT, "STRIP_END_CHARS", A_TEXT, Type::Text, |call| strip_ends(call, false, true)).inferred(),
    row(TEXT, "UNQUOTE", A_TEXT, Type::Text, unquote).note(
        "the character around the text and blanks within it are taken away, and backslashes before it inside",
    ),
    row(TEXT, "TO_LOWER", &[], Type::Text, |call| whole(call, <[u8]>::to_ascii_lowercase)).note("ASCII"),
    row(TEXT, "TO_UPPER", &[], Type::Text, |call| whole(call, <[u8]>::to_ascii_uppercase)).note("ASCII"),
    row(TEXT, "APPEND", A_TEXT, Type::Text, append),
    row(TEXT, "APPEND", &[Arg::Number], Type::Text, append),
    row(TEXT, "REVERSE", &[], Type::Text, |call| whole(call, |text| text.iter().rev().copied().collect())),
    unevaluated(TEXT, "EXTEND", &[Arg::Number, Arg::Number], Type::Text),
    unevaluated(TEXT, "DIFF", &[Arg::Is(Type::Text)], Type::Num),
];

type Part = fn(&[u8], usize, usize) -> Option<&[u8]>;

/// The part around the first occurrence of the argument, in the first instance that has one, the last header first.
fn around(call: &Call<'_>, part: Part) -> Result<Value, Fault> {
    let text = call.text()?;
    let wanted = folded(call.bytes(0)?, text);
    let found = text.instances().find_map(|instance| {
        let start = memmem::find(&folded(instance, text), &wanted)?;
        part(instance, start, start + wanted.len())
    });
    Ok(Value::Text(text.derive(found.unwrap_or_default())))
}

/// The same for a regular expression.
fn matched(call: &Call<'_>, part: Part) -> Result<Value, Fault> {
    let text = call.text()?;
    let regex = super::compiled(call, text)?;
    let found = text.instances().find_map(|instance| {
        let found = regex.find(instance)?;
        part(instance, found.start(), found.end())
    });
    Ok(Value::Text(text.derive(found.unwrap_or_default())))
}

/// Policy Configuration and Reference Guide (9.2), page 90.
fn between(call: &mut Call<'_>) -> Result<Value, Fault> {
    let text = call.text()?;
    let (first, last) = (folded(call.bytes(0)?, text), folded(call.bytes(1)?, text));
    let fits = |instance: &[u8]| {
        let rest = folded(instance, text);
        rest.strip_prefix(first.as_ref()).is_some_and(|rest| rest.ends_with(&last))
    };
    Ok(Value::Bool(text.instances().any(fits)))
}

fn substr(call: &mut Call<'_>) -> Result<Value, Fault> {
    let (start, length) = (call.count(0)?, call.count(1)?);
    let text = call.text()?;
    Ok(Value::Text(text.derive(text.bytes.iter().skip(start).take(length).copied().collect::<Vec<u8>>())))
}

type Split = fn(&[u8], usize) -> Option<&[u8]>;

/// The part at a number of bytes from an end, never more than there are.
fn counted(call: &Call<'_>, part: Split) -> Result<Value, Fault> {
    let text = call.text()?;
    let count = call.count(0)?.min(text.bytes.len());
    Ok(Value::Text(text.derive(part(&text.bytes, count).unwrap_or_default())))
}

/// The part at the end of the longest beginning with at most so many of a character.
fn from_start(call: &Call<'_>, part: Split) -> Result<Value, Fault> {
    let (text, byte, most) = (call.text()?, call.byte(0)?, call.count(1)?);
    let places = text.bytes.iter().enumerate().filter(|(_, found)| **found == byte);
    let end = places.map(|(at, _)| at).nth(most).unwrap_or(text.bytes.len());
    Ok(Value::Text(text.derive(part(&text.bytes, end).unwrap_or_default())))
}

/// The part at the beginning of the longest end with at most so many of a character.
fn from_end(call: &Call<'_>, part: Split) -> Result<Value, Fault> {
    let (text, byte, most) = (call.text()?, call.byte(0)?, call.count(1)?);
    let places = text.bytes.iter().enumerate().rev().filter(|(_, found)| **found == byte);
    let start = places.map(|(at, _)| at + 1).nth(most).unwrap_or_default();
    Ok(Value::Text(text.derive(part(&text.bytes, start).unwrap_or_default())))
}

fn whole(call: &Call<'_>, change: impl Fn(&[u8]) -> Vec<u8>) -> Result<Value, Fault> {
    let text = call.text()?;
    Ok(Value::Text(text.derive(change(&text.bytes))))
}

fn strip_chars(call: &mut Call<'_>) -> Result<Value, Fault> {
    let unwanted = call.bytes(0)?;
    whole(call, |text| text.iter().filter(|byte| !unwanted.contains(byte)).copied().collect())
}

fn strip_ends(call: &Call<'_>, start: bool, end: bool) -> Result<Value, Fault> {
    let unwanted = call.bytes(0)?;
    whole(call, |text| {
        let keep = |byte: &u8| !unwanted.contains(byte);
        let first = if start { text.iter().position(keep).unwrap_or(text.len()) } else { 0 };
        let last = if end { text.iter().rposition(keep).map_or(0, |at| at + 1) } else { text.len() };
        text.get(first..last).unwrap_or_default().to_vec()
    })
}

fn unquote(call: &mut Call<'_>) -> Result<Value, Fault> {
    let quote = call.byte(0)?;
    whole(call, |text| match text.trim_ascii() {
        [first, inner @ .., last] if *first == quote && *last == quote => unescape(inner.trim_ascii(), quote),
        other => other.to_vec(),
    })
}

/// Without the backslash before a quote or a backslash.
fn unescape(text: &[u8], quote: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match bytes.peek() {
            Some(next) if byte == b'\\' && (*next == quote || *next == b'\\') => out.extend(bytes.next()),
            _ => out.push(byte),
        }
    }
    out
}

fn append(call: &mut Call<'_>) -> Result<Value, Fault> {
    let tail = call.value(0)?.to_text().unwrap_or_default();
    whole(call, |text| [text, tail.bytes.as_slice()].concat())
}
