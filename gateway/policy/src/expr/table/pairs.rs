//! Lists, names with values, and headers with several instances.
//!
//! Lists count from 0 at the beginning, header instances from 0 at the end. What is not there is empty text.

use memchr::memchr;

use super::{Arg, Function, TEXT, number, row, search::folded, unevaluated};
use crate::{
    expr::call::{Call, Fault},
    limits,
    switches::ListPastEnd,
    value::{Pairs, Shape, Text, Type, Value},
};

const LIST: &[Type] = &[Type::List];
const PAIRS: &[Type] = &[Type::Pairs];
const HEADER: &[Type] = &[Type::Header];
const A_TEXT: &[Arg] = &[Arg::Is(Type::Text)];
const A_COUNT: &[Arg] = &[Arg::Number];

pub(super) const ROWS: &[Function] = &[
    row(TEXT, "TYPECAST_LIST_T", A_TEXT, Type::List, |call| {
        let shape = Shape::List { separator: call.byte(0)?, ignore_empty: false };
        Ok(shaped(call.text()?, shape))
    })
    .note("the argument separates two elements: ','"),
    row(TEXT, "TYPECAST_NVLIST_T", &[Arg::Is(Type::Text), Arg::Is(Type::Text)], Type::Pairs, typecast_pairs)
        .note("first what stands between name and value, then what stands between pairs: '=', '&'"),
    row(
        TEXT,
        "TYPECAST_NVLIST_T",
        &[Arg::Is(Type::Text), Arg::Is(Type::Text), Arg::Is(Type::Text)],
        Type::Pairs,
        typecast_pairs,
    )
    .note("the third character may stand around a value"),
    row(TEXT, "TYPECAST_HTTP_HEADER_T", A_TEXT, Type::Header, |call| {
        let text = call.text()?;
        // A header that is not there stays so.
        if let Shape::Header(_) = text.shape {
            return Ok(call.on.clone());
        }
        let mut instances: Vec<Vec<u8>> = text.instances().map(<[u8]>::to_vec).collect();
        instances.reverse();
        Ok(shaped(text, Shape::Header(instances)))
    })
    .note("cookies as the header they came in"),
    row(LIST, "GET", A_COUNT, Type::Text, |call| {
        let (text, n) = (call.text()?, call.count(0)?);
        element(call, text, elements(text).nth(n))
    })
    .note("from 0; past the end: empty"),
    row(LIST, "GET_REVERSE", A_COUNT, Type::Text, |call| {
        let (text, n) = (call.text()?, call.count(0)?);
        let all: Vec<&[u8]> = elements(text).collect();
        element(call, text, all.into_iter().rev().nth(n))
    })
    .note("from 0 at the end"),
    row(LIST, "COUNT", &[], Type::Num, |call| number(elements(call.text()?).count())),
    row(LIST, "IGNORE_EMPTY_ELEMENTS", &[], Type::List, ignore_empty),
    row(LIST, "CONTAINS_ELEMENT", A_TEXT, Type::Bool, |call| {
        let text = call.text()?;
        let wanted = folded(call.bytes(0)?, text);
        Ok(Value::Bool(elements(text).any(|element| folded(element, text) == wanted)))
    })
    .inferred(),
    row(PAIRS, "VALUE", A_TEXT, Type::Text, value_named).note("of the first pair of that name"),
    row(PAIRS, "VALUE", A_COUNT, Type::Text, value_at)
        .note("of the n-th pair, from 0; of cookies: of the first pair of the n-th header from the end")
        .inferred(),
    row(PAIRS, "COUNT", &[], Type::Num, |call| number(pairs(call.text()?).len())),
    row(PAIRS, "EXISTS", A_TEXT, Type::Bool, |call| {
        let text = call.text()?;
        Ok(Value::Bool(find(text, call.bytes(0)?).is_some()))
    })
    .inferred(),
    row(PAIRS, "NAMES", &[], Type::List, names),
    row(PAIRS, "IGNORE_EMPTY_ELEMENTS", &[], Type::Pairs, ignore_empty).inferred(),
    row(HEADER, "EXISTS", &[], Type::Bool, |call| Ok(Value::Bool(!instances(call)?.is_empty()))),
    row(HEADER, "INSTANCE", A_COUNT, Type::Text, instance).note("from 0 at the end"),
    row(HEADER, "VALUE", A_COUNT, Type::Text, instance).note("from 0 at the end"),
    row(HEADER, "COUNT", &[], Type::Num, |call| number(countable(call)?.len()))
        .note("more than 15 are undefined"),
    unevaluated(PAIRS, "PATH", &[], Type::Text),
    unevaluated(PAIRS, "DOMAIN", &[], Type::Text),
    unevaluated(PAIRS, "EXPIRES", &[], Type::Time),
    unevaluated(PAIRS, "SET_DATA_DELIMITER", &[Arg::Is(Type::Text)], Type::Pairs),
    unevaluated(TEXT, "TYPECAST_COOKIE_T", &[], Type::Pairs),
    unevaluated(TEXT, "TYPECAST_HTTP_METHOD_T", &[], Type::Method),
    unevaluated(TEXT, "TYPECAST_MAC_ADDRESS_T", &[], Type::Unmodelled),
    row(HEADER, "COOKIE", A_TEXT, Type::Pairs, set_cookie)
        .note("of Set-Cookie: the cookie of that name with its attributes"),
];

/// Names and values of cookies: blanks and empty pairs do not count.
pub(super) fn cookies(instances: Vec<Vec<u8>>) -> Text {
    let bytes = instances.last().cloned().unwrap_or_default();
    let shape = Shape::Pairs(Pairs { separator: b'=', delimiter: b';', quote: None, loose: true, instances });
    Text { bytes, shape, ..Text::default() }
}

/// Names and values of a query or a form.
pub(super) fn query(bytes: &[u8]) -> Text {
    let shape = Shape::Pairs(Pairs {
        separator: b'=',
        delimiter: b'&',
        quote: None,
        loose: false,
        instances: Vec::new(),
    });
    Text { bytes: bytes.to_vec(), shape, ..Text::default() }
}

/// The value of the first pair of a name.
pub(super) fn find<'t>(text: &'t Text, name: &[u8]) -> Option<&'t [u8]> {
    let name = folded(name, text);
    pairs(text).into_iter().find(|(found, _)| folded(found, text) == name).map(|(_, value)| value)
}

fn shaped(text: &Text, shape: Shape) -> Value {
    Value::Text(Text { bytes: text.bytes.clone(), mode: text.mode, shape })
}

fn typecast_pairs(call: &mut Call<'_>) -> Result<Value, Fault> {
    let quote = if call.args.len() > 2 { Some(call.byte(2)?) } else { None };
    let rule = Pairs {
        separator: call.byte(0)?,
        delimiter: call.byte(1)?,
        quote,
        loose: false,
        instances: Vec::new(),
    };
    Ok(shaped(call.text()?, Shape::Pairs(rule)))
}

/// The elements of a list; an empty text has none.
fn elements(text: &Text) -> impl Iterator<Item = &[u8]> {
    let (separator, ignore_empty) = match text.shape {
        Shape::List { separator, ignore_empty } => (separator, ignore_empty),
        _ => (b',', false),
    };
    let some = (!text.bytes.is_empty()).then(|| text.bytes.split(move |byte| *byte == separator));
    some.into_iter().flatten().filter(move |element| !(ignore_empty && element.is_empty()))
}

fn element(call: &Call<'_>, text: &Text, found: Option<&[u8]>) -> Result<Value, Fault> {
    match found {
        None if call.switches.list_past_end == ListPastEnd::Undef => Err("the list is not so long".into()),
        found => Ok(Value::Text(text.derive(found.unwrap_or_default()))),
    }
}

/// Every pair, in order.
fn pairs(text: &Text) -> Vec<(&[u8], &[u8])> {
    let Shape::Pairs(rule) = &text.shape else { return Vec::new() };
    let alone = rule.instances.is_empty().then_some(text.bytes.as_slice());
    let texts = alone.into_iter().chain(rule.instances.iter().map(Vec::as_slice));
    texts.flat_map(|text| split(text, rule)).map(|pair| name_and_value(pair, rule)).collect()
}

fn split<'t>(text: &'t [u8], rule: &Pairs) -> Vec<&'t [u8]> {
    let mut quoted = false;
    let (quote, delimiter) = (rule.quote, rule.delimiter);
    let parts = text.split(move |byte| {
        quoted ^= Some(*byte) == quote;
        !quoted && *byte == delimiter
    });
    let trimmed = parts.map(|part| if rule.loose { part.trim_ascii() } else { part });
    trimmed.filter(|part| !part.is_empty()).collect()
}

fn name_and_value<'t>(pair: &'t [u8], rule: &Pairs) -> (&'t [u8], &'t [u8]) {
    let Some(at) = memchr(rule.separator, pair) else { return (pair, &[]) };
    let (name, value) = (pair.get(..at).unwrap_or_default(), pair.get(at + 1..).unwrap_or_default());
    let (name, value) = if rule.loose { (name.trim_ascii(), value.trim_ascii()) } else { (name, value) };
    match (rule.quote, value) {
        (Some(quote), [first, inner @ .., last]) if *first == quote && *last == quote => (name, inner),
        _ => (name, value),
    }
}

fn ignore_empty(call: &mut Call<'_>) -> Result<Value, Fault> {
    let mut text = call.text()?.clone();
    match &mut text.shape {
        Shape::List { ignore_empty, .. } => *ignore_empty = true,
        Shape::Pairs(rule) => rule.loose = true,
        _ => {}
    }
    Ok(Value::Text(text))
}

fn value_named(call: &mut Call<'_>) -> Result<Value, Fault> {
    let text = call.text()?;
    Ok(Value::Text(text.derive(find(text, call.bytes(0)?).unwrap_or_default())))
}

fn value_at(call: &mut Call<'_>) -> Result<Value, Fault> {
    let (text, n) = (call.text()?, call.count(0)?);
    let Shape::Pairs(rule) = &text.shape else { return Ok(Value::Text(text.derive([]))) };
    let value = if rule.instances.is_empty() {
        pairs(text).get(n).map(|(_, value)| *value)
    } else {
        let header = rule.instances.iter().rev().nth(n);
        header.and_then(|header| split(header, rule).first().map(|pair| name_and_value(pair, rule).1))
    };
    Ok(Value::Text(text.derive(value.unwrap_or_default())))
}

fn names(call: &mut Call<'_>) -> Result<Value, Fault> {
    let text = call.text()?;
    let Shape::Pairs(rule) = &text.shape else { return Ok(Value::Text(text.derive([]))) };
    let names: Vec<&[u8]> = pairs(text).into_iter().map(|(name, _)| name).collect();
    let shape = Shape::List { separator: rule.delimiter, ignore_empty: false };
    Ok(Value::Text(Text { bytes: names.join(&rule.delimiter), mode: text.mode, shape }))
}

fn instances<'c>(call: &Call<'c>) -> Result<&'c [Vec<u8>], Fault> {
    match &call.text()?.shape {
        Shape::Header(instances) => Ok(instances),
        _ => Ok(&[]),
    }
}

fn countable<'c>(call: &Call<'c>) -> Result<&'c [Vec<u8>], Fault> {
    let instances = instances(call)?;
    if instances.len() > limits::HEADER_INSTANCES {
        return Err(format!("the header comes more than {} times", limits::HEADER_INSTANCES).into());
    }
    Ok(instances)
}

fn instance(call: &mut Call<'_>) -> Result<Value, Fault> {
    let (text, n) = (call.text()?, call.count(0)?);
    let found = countable(call)?.iter().rev().nth(n);
    Ok(Value::Text(text.derive(found.cloned().unwrap_or_default())))
}

fn set_cookie(call: &mut Call<'_>) -> Result<Value, Fault> {
    let wanted = call.bytes(0)?;
    let named = |header: &&Vec<u8>| {
        let end = memchr(b'=', header).unwrap_or(header.len());
        header.get(..end).is_some_and(|name| name.trim_ascii() == wanted)
    };
    let found = instances(call)?.iter().rev().find(named);
    Ok(Value::Text(cookies(found.into_iter().cloned().collect())))
}
