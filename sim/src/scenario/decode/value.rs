//! One KDL value to the type the table of words asks for.

use std::time::Duration;

use kdl::KdlValue;

use crate::scenario::diagnostic::Finding;
use crate::scenario::plan::{CountRange, HexBytes, Keyword, LatencyRange};
use crate::scenario::schema::{NUMBER_MAX, Type};
use crate::scenario::source::Span;
use crate::scenario::time;

/// Most bytes one `hex=` may write: the longest frame any protocol here takes is 64 KiB.
const HEX_BYTES_MAX: usize = 64 * 1024;

/// A value of a known type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(u64),
    Flag(bool),
    Time(Duration),
    Times(LatencyRange),
    Counts(CountRange),
    Hex(Vec<u8>),
}

/// What a statement hands out of a [`Value`]. `None` means the table and the decoder disagree on the type.
pub(super) trait FromValue: Sized {
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! from_value {
    ($($ty:ty: $pattern:pat => $made:expr;)*) => {
        $(impl FromValue for $ty {
            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    $pattern => $made,
                    _ => None,
                }
            }
        })*
    };
}

from_value! {
    String: Value::Text(text) => Some(text.clone());
    u64: Value::Number(number) => Some(*number);
    u32: Value::Number(number) => u32::try_from(*number).ok();
    u16: Value::Number(number) => u16::try_from(*number).ok();
    bool: Value::Flag(flag) => Some(*flag);
    Duration: Value::Time(time) => Some(*time);
    LatencyRange: Value::Times(range) => Some(*range);
    CountRange: Value::Counts(range) => Some(*range);
    HexBytes: Value::Hex(bytes) => Some(HexBytes(bytes.clone()));
}

impl<K: Keyword> FromValue for K {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(word) => K::from_word(word),
            _ => None,
        }
    }
}

/// Reads a value as `ty`. `what` names it in messages: "`within`".
pub(super) fn read(value: &KdlValue, ty: Type, what: &str, place: Span) -> Result<Value, Finding> {
    let wrong = || {
        let found = value_text(value).unwrap_or_else(|| "nothing".to_owned());
        let message = format!("{what} takes {}, not `{found}`", describe(ty));
        let finding = Finding::error("scn-wrong-type", place, message);
        match (ty, value) {
            (Type::Text | Type::Name(_), KdlValue::Integer(number)) => {
                finding.help(format!("put it in quotes: \"{number}\""))
            }
            (Type::Time | Type::Times, KdlValue::Integer(number)) => {
                finding.help(format!("write it with its unit, in quotes: \"{number}s\""))
            }
            (Type::Flag, _) => finding.help("write #true or #false"),
            _ => finding,
        }
    };
    let timed = |error: time::TimeError| Finding::error("scn-bad-time", place, format!("{what} {error}"));
    let whole = |range: std::ops::RangeInclusive<u64>| {
        let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
        number.filter(|number| range.contains(number)).map(Value::Number).ok_or_else(wrong)
    };
    match ty {
        Type::Number => return whole(1..=NUMBER_MAX),
        Type::Amount => return whole(0..=NUMBER_MAX),
        Type::Port => return whole(1..=65_535),
        Type::Status => return whole(100..=599),
        Type::Flag => return value.as_bool().map(Value::Flag).ok_or_else(wrong),
        Type::Any => return value_text(value).map(Value::Text).ok_or_else(wrong),
        Type::Choice(words) => return choose(value, &words(), what, place).map(Value::Text),
        Type::Counts => {
            let text = value_text(value).ok_or_else(wrong)?;
            return time::counts(&text).map(Value::Counts).map_err(timed);
        }
        _ => {}
    }
    let text = value.as_string().ok_or_else(wrong)?;
    match ty {
        Type::Time => time::time(text).map(Value::Time).map_err(timed),
        Type::Times => time::time_range(text).map(Value::Times).map_err(timed),
        Type::Moment => time::moment(text).map(Value::Number).map_err(timed),
        Type::Rate => time::rate(text).map(Value::Number).map_err(timed),
        Type::Hex => hex(text).map(Value::Hex).ok_or_else(wrong),
        Type::Pattern => match regex_lite::Regex::new(text) {
            Ok(_) => Ok(Value::Text(text.to_owned())),
            Err(error) => {
                let message = format!("{what} is no regular expression: {error}");
                Err(Finding::error("scn-bad-pattern", place, message))
            }
        },
        Type::Name(_) if text.is_empty() => Err(wrong()),
        _ => Ok(Value::Text(text.to_owned())),
    }
}

/// A word among a few. A number counts as its digits, so that `version=40` needs no quotes.
fn choose(value: &KdlValue, words: &[&'static str], what: &str, place: Span) -> Result<String, Finding> {
    let text = value_text(value).unwrap_or_default();
    if words.contains(&text.as_str()) {
        return Ok(text);
    }
    let known = words.join(", ");
    let finding = Finding::error("scn-not-a-choice", place, format!("{what} cannot be `{text}`"));
    Err(finding.help(format!("one of: {known}")).suggest(&text, words.iter().copied()))
}

/// A type as it stands in "takes …, not …" and in the documentation.
pub(in crate::scenario) fn describe(ty: Type) -> String {
    match ty {
        Type::Text => "a text in quotes".to_owned(),
        Type::Name(what) => format!("a name in quotes ({what})"),
        Type::Number => format!("a whole number from 1 to {NUMBER_MAX}"),
        Type::Amount => format!("a whole number from 0 to {NUMBER_MAX}"),
        Type::Port => "a port from 1 to 65535".to_owned(),
        Type::Status => "a status from 100 to 599".to_owned(),
        Type::Flag => "#true or #false".to_owned(),
        Type::Time => "a time such as \"30s\"".to_owned(),
        Type::Times => "a time or a range such as \"15ms..25ms\"".to_owned(),
        Type::Counts => "a count such as 2, or a range such as \"1..3\"".to_owned(),
        Type::Rate => "a rate such as \"512kbit\" a second".to_owned(),
        Type::Hex => "bytes in hexadecimal such as \"05 01 00\"".to_owned(),
        Type::Moment => "a moment such as \"2026-01-01T00:00:00Z\"".to_owned(),
        Type::Pattern => "a regular expression".to_owned(),
        Type::Choice(words) => format!("one of {}", words().join(", ")),
        Type::Any => "a text, a number or a flag".to_owned(),
    }
}

/// A value as plain text; `None` for `#null`.
pub(super) fn value_text(value: &KdlValue) -> Option<String> {
    match value {
        KdlValue::String(text) => Some(text.clone()),
        KdlValue::Integer(number) => Some(number.to_string()),
        KdlValue::Float(number) => Some(number.to_string()),
        KdlValue::Bool(flag) => Some(flag.to_string()),
        KdlValue::Null => None,
    }
}

/// Pairs of hexadecimal digits, blanks between bytes allowed.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    let (pairs, odd) = digits.as_chunks::<2>();
    if pairs.is_empty() || !odd.is_empty() || pairs.len() > HEX_BYTES_MAX {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}
