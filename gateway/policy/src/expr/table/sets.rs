//! Pattern sets, data sets and string maps.

use memchr::memmem;

use super::{Arg, Function, IP, Object, TEXT, row, search::folded, unevaluated};
use crate::{
    environment::Table,
    expr::call::{Call, Fault},
    value::{Text, Type, Value},
};

const A_TABLE: &[Arg] = &[Arg::Object(Object::Table)];
const VALUES: &[Type] = &[Type::Num, Type::Ulong, Type::Ip];

pub(super) const ROWS: &[Function] = &[
    row(TEXT, "CONTAINS_ANY", A_TABLE, Type::Bool, |call| any(call, contains)),
    row(TEXT, "EQUALS_ANY", A_TABLE, Type::Bool, |call| any(call, equals)),
    row(TEXT, "STARTSWITH_ANY", A_TABLE, Type::Bool, |call| any(call, starts)),
    row(TEXT, "ENDSWITH_ANY", A_TABLE, Type::Bool, |call| any(call, ends)),
    row(TEXT, "CONTAINS_INDEX", A_TABLE, Type::Num, |call| index(call, contains)).note("0 if none"),
    row(TEXT, "EQUALS_INDEX", A_TABLE, Type::Num, |call| index(call, equals)).note("0 if none"),
    row(TEXT, "STARTSWITH_INDEX", A_TABLE, Type::Num, |call| index(call, starts)).note("0 if none"),
    row(TEXT, "ENDSWITH_INDEX", A_TABLE, Type::Num, |call| index(call, ends)).note("0 if none"),
    row(TEXT, "BEFORE_STR_ANY", A_TABLE, Type::Text, |call| around(call, |text, start, _| text.get(..start)))
        .note("the earliest occurrence of any pattern"),
    row(TEXT, "AFTER_STR_ANY", A_TABLE, Type::Text, |call| around(call, |text, _, end| text.get(end..)))
        .note("the earliest occurrence of any pattern"),
    row(TEXT, "SUBSTR_ANY", A_TABLE, Type::Text, |call| {
        around(call, |text, start, end| text.get(start..end))
    })
    .inferred(),
    row(TEXT, "MAP_STRING", A_TABLE, Type::Text, map_string).note("without the key: undefined"),
    row(TEXT, "IS_STRINGMAP_KEY", A_TABLE, Type::Bool, |call| any(call, equals)),
    row(VALUES, "EQUALS_ANY", A_TABLE, Type::Bool, |call| {
        Ok(Value::Bool(call.table(0)?.get_value(call.on).is_some()))
    })
    .note("ranges of a data set included"),
    row(VALUES, "EQUALS_INDEX", A_TABLE, Type::Num, |call| {
        Ok(Value::Num(call.table(0)?.get_value(call.on).map(decimal).unwrap_or_default()))
    })
    .inferred(),
    row(IP, "CONTAINS_ANY", A_TABLE, Type::Bool, |call| {
        Ok(Value::Bool(call.table(0)?.get_value(call.on).is_some()))
    })
    .note("as EQUALS_ANY")
    .inferred(),
    unevaluated(TEXT, "URLSET_MATCHES_ANY", &[Arg::Is(Type::Text)], Type::Bool)
        .note("URL sets are imported data"),
    unevaluated(TEXT, "GET_URLSET_METADATA", &[Arg::Is(Type::Text)], Type::Text),
];

/// The value of an entry that fits a text.
type Test = fn(&Table, &[u8], &Text) -> Option<i64>;

fn contains(table: &Table, text: &[u8], mode: &Text) -> Option<i64> {
    first(table, mode, |pattern| memmem::find(text, pattern).is_some())
}

fn starts(table: &Table, text: &[u8], mode: &Text) -> Option<i64> {
    first(table, mode, |pattern| text.starts_with(pattern))
}

fn ends(table: &Table, text: &[u8], mode: &Text) -> Option<i64> {
    first(table, mode, |pattern| text.ends_with(pattern))
}

fn equals(table: &Table, text: &[u8], mode: &Text) -> Option<i64> {
    table.get(text, crate::expr::operator::ignores_case(mode)).map(decimal)
}

fn first(table: &Table, mode: &Text, test: impl Fn(&[u8]) -> bool) -> Option<i64> {
    table.iter().find(|(pattern, _)| test(&folded(pattern, mode))).map(|(_, value)| decimal(value))
}

/// The index of a pattern; of a map, whose values are text, nothing that counts.
fn decimal(value: &[u8]) -> i64 {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn fitting(call: &Call<'_>, test: Test) -> Result<Option<i64>, Fault> {
    let text = call.text()?;
    let table = call.table(0)?;
    Ok(text.instances().find_map(|instance| test(table, &folded(instance, text), text)))
}

fn any(call: &Call<'_>, test: Test) -> Result<Value, Fault> {
    fitting(call, test).map(|found| Value::Bool(found.is_some()))
}

fn index(call: &Call<'_>, test: Test) -> Result<Value, Fault> {
    fitting(call, test).map(|found| Value::Num(found.unwrap_or_default()))
}

fn around(call: &Call<'_>, part: fn(&[u8], usize, usize) -> Option<&[u8]>) -> Result<Value, Fault> {
    let text = call.text()?;
    let table = call.table(0)?;
    let found = text.instances().find_map(|instance| {
        let haystack = folded(instance, text);
        let places = table.iter().filter_map(|(pattern, _)| {
            let at = memmem::find(&haystack, &folded(pattern, text))?;
            Some((at, at + pattern.len()))
        });
        let (start, end) = places.min_by_key(|(start, _)| *start)?;
        part(instance, start, end)
    });
    Ok(Value::Text(text.derive(found.unwrap_or_default())))
}

fn map_string(call: &mut Call<'_>) -> Result<Value, Fault> {
    let text = call.text()?;
    let value = call.table(0)?.get(&text.bytes, crate::expr::operator::ignores_case(text));
    let missing = || {
        Fault::from(format!(
            "`{}` has no key \"{}\"",
            call.word(0).unwrap_or_default(),
            text.bytes.escape_ascii()
        ))
    };
    value.map(|value| Value::Text(text.derive(value))).ok_or_else(missing)
}
