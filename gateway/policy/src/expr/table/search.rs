//! Text: asking it.
//!
//! Comparisons obey the text mode of what they are called on and are TRUE if any instance of a header satisfies
//! them. A missing header is one empty text.

use std::borrow::Cow;

use memchr::memmem;

use super::{Arg, BOOL, Function, Gives, TEXT, row};
use crate::{
    expr::{
        call::{Call, Fault},
        operator,
    },
    value::{Text, TextMode, Type, Value},
};

const A_TEXT: &[Arg] = &[Arg::Is(Type::Text)];
const MODES: &[&str] = &[
    "IGNORECASE",
    "NOIGNORECASE",
    "URLENCODED",
    "NOURLENCODED",
    "PLUS_AS_SPACE",
    "NO_PLUS_AS_SPACE",
    "BACKSLASH_ENCODED",
    "NO_BACKSLASH_ENCODED",
];

pub(super) const ROWS: &[Function] = &[
    row(TEXT, "CONTAINS", A_TEXT, Type::Bool, contains).note("of a header: in any instance"),
    row(TEXT, "STARTSWITH", A_TEXT, Type::Bool, starts_with),
    row(TEXT, "ENDSWITH", A_TEXT, Type::Bool, ends_with),
    row(TEXT, "EQ", A_TEXT, Type::Bool, eq).note("of a header: any instance; host names always without case"),
    row(TEXT, "NE", A_TEXT, Type::Bool, ne),
    row(TEXT, "GT", A_TEXT, Type::Bool, |call| ordered(call, |order| order.is_gt())).note("byte by byte"),
    row(TEXT, "GE", A_TEXT, Type::Bool, |call| ordered(call, |order| order.is_ge())),
    row(TEXT, "LT", A_TEXT, Type::Bool, |call| ordered(call, |order| order.is_lt())),
    row(TEXT, "LE", A_TEXT, Type::Bool, |call| ordered(call, |order| order.is_le())),
    row(TEXT, "COMPARE", A_TEXT, Type::Num, compare)
        .note("the difference between the first bytes that are not the same; past the end stands 0"),
    row(TEXT, "LENGTH", &[], Type::Num, length).note("in bytes; of a header: the last instance"),
    row(TEXT, "REGEX_MATCH", &[Arg::Regex], Type::Bool, regex_match)
        .note("anywhere in the text; look-around is refused"),
    row(TEXT, "SET_TEXT_MODE", &[Arg::Word(MODES)], Type::Text, set_mode)
        .gives(Gives::Same)
        .note("changes how what follows compares or decodes, not the bytes"),
    row(TEXT, "SET_TEXT_MODE", &[Arg::Word(MODES), Arg::Word(MODES)], Type::Text, set_mode)
        .gives(Gives::Same),
    row(TEXT, "SET_TEXT_MODE", &[Arg::Word(MODES), Arg::Word(MODES), Arg::Word(MODES)], Type::Text, set_mode)
        .gives(Gives::Same),
    row(&[Type::Method], "EQ", &[Arg::Word(METHODS)], Type::Bool, method_eq),
    row(&[Type::Method], "NE", &[Arg::Word(METHODS)], Type::Bool, |call| {
        method_eq(call).map(|equal| Value::Bool(equal == Value::Bool(false)))
    }),
    row(BOOL, "NOT", &[], Type::Bool, |call| truth(call.on).map(|on| Value::Bool(!on))),
    row(BOOL, "AND", &[Arg::Is(Type::Bool)], Type::Bool, |call| {
        Ok(Value::Bool(truth(call.on)? && truth(call.value(0)?)?))
    })
    .note("both sides are evaluated"),
    row(BOOL, "OR", &[Arg::Is(Type::Bool)], Type::Bool, |call| {
        Ok(Value::Bool(truth(call.on)? || truth(call.value(0)?)?))
    })
    .note("both sides are evaluated"),
    row(BOOL, "EQ", &[Arg::Is(Type::Bool)], Type::Bool, |call| Ok(Value::Bool(call.on == call.value(0)?))),
    row(BOOL, "NE", &[Arg::Is(Type::Bool)], Type::Bool, |call| Ok(Value::Bool(call.on != call.value(0)?))),
];

/// The methods an appliance has words for.
const METHODS: &[&str] = &[
    "GET",
    "POST",
    "HEAD",
    "PUT",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "SEARCH",
    "BCOPY",
    "BDELETE",
    "BMOVE",
    "BPROPFIND",
    "BPROPPATCH",
    "NOTIFY",
    "POLL",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "RPC_IN_DATA",
    "RPC_OUT_DATA",
    "ACL",
    "REPORT",
];

/// The bytes as comparisons see them: in lower case where case does not count.
pub(super) fn folded<'b>(bytes: &'b [u8], mode: &Text) -> Cow<'b, [u8]> {
    if operator::ignores_case(mode) { bytes.to_ascii_lowercase().into() } else { bytes.into() }
}

/// Whether any instance satisfies a test with the argument.
fn any(call: &Call<'_>, test: fn(&[u8], &[u8], &Text) -> bool) -> Result<Value, Fault> {
    let (text, wanted) = (call.text()?, call.bytes(0)?);
    Ok(Value::Bool(text.instances().any(|instance| test(instance, wanted, text))))
}

fn contains(call: &mut Call<'_>) -> Result<Value, Fault> {
    any(call, |text, wanted, mode| memmem::find(&folded(text, mode), &folded(wanted, mode)).is_some())
}

fn starts_with(call: &mut Call<'_>) -> Result<Value, Fault> {
    any(call, |text, wanted, mode| {
        text.get(..wanted.len()).is_some_and(|beginning| operator::same(beginning, wanted, mode))
    })
}

fn ends_with(call: &mut Call<'_>) -> Result<Value, Fault> {
    any(call, |text, wanted, mode| {
        let end = text.len().checked_sub(wanted.len()).and_then(|start| text.get(start..));
        end.is_some_and(|end| operator::same(end, wanted, mode))
    })
}

fn eq(call: &mut Call<'_>) -> Result<Value, Fault> {
    any(call, operator::same)
}

fn ne(call: &mut Call<'_>) -> Result<Value, Fault> {
    eq(call).map(|equal| Value::Bool(equal == Value::Bool(false)))
}

fn ordered(call: &Call<'_>, test: fn(std::cmp::Ordering) -> bool) -> Result<Value, Fault> {
    let text = call.text()?;
    Ok(Value::Bool(test(operator::order(&text.bytes, call.bytes(0)?, text))))
}

fn compare(call: &mut Call<'_>) -> Result<Value, Fault> {
    let text = call.text()?;
    let (left, right) = (folded(&text.bytes, text), folded(call.bytes(0)?, text));
    let at = left.iter().zip(right.iter()).take_while(|(left, right)| left == right).count();
    let byte = |bytes: &[u8]| bytes.get(at).copied().map_or(0, i64::from);
    Ok(Value::Num(byte(&left) - byte(&right)))
}

fn length(call: &mut Call<'_>) -> Result<Value, Fault> {
    super::number(call.text()?.bytes.len())
}

fn regex_match(call: &mut Call<'_>) -> Result<Value, Fault> {
    let text = call.text()?;
    let regex = super::compiled(call, text)?;
    Ok(Value::Bool(text.instances().any(|instance| regex.is_match(instance))))
}

fn set_mode(call: &mut Call<'_>) -> Result<Value, Fault> {
    let mut text = call.text()?.clone();
    for position in 0..call.args.len() {
        switch(&mut text.mode, &call.word(position)?);
    }
    Ok(Value::Text(text))
}

fn switch(mode: &mut TextMode, word: &str) {
    match word {
        "IGNORECASE" => mode.ignore_case = true,
        "NOIGNORECASE" => mode.ignore_case = false,
        "URLENCODED" => mode.url_encoded = true,
        "NOURLENCODED" => mode.url_encoded = false,
        "PLUS_AS_SPACE" => mode.plus_as_space = true,
        "NO_PLUS_AS_SPACE" => mode.plus_as_space = false,
        "BACKSLASH_ENCODED" => mode.backslash_encoded = true,
        _ => mode.backslash_encoded = false,
    }
}

fn method_eq(call: &mut Call<'_>) -> Result<Value, Fault> {
    Ok(Value::Bool(call.text()?.bytes == call.word(0)?.as_bytes()))
}

fn truth(value: &Value) -> Result<bool, Fault> {
    match value {
        Value::Bool(value) => Ok(*value),
        _ => Err("this is neither TRUE nor FALSE".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_has_a_switch_of_its_own() {
        for word in MODES {
            let mut on = TextMode {
                ignore_case: true,
                url_encoded: true,
                plus_as_space: true,
                backslash_encoded: true,
            };
            let mut off = TextMode::default();
            switch(&mut on, word);
            switch(&mut off, word);
            assert_eq!(word.starts_with("NO"), off == TextMode::default(), "{word}");
            assert_eq!(
                !word.starts_with("NO"),
                on.ignore_case && on.url_encoded && on.plus_as_space && on.backslash_encoded
            );
        }
    }
}
