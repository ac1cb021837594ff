//! Numbers, and what every value can be turned into.

use super::{Arg, Function, Gives, NUMBERS, TEXT, row};
use crate::{
    expr::{
        call::{Call, Fault},
        operator,
        syntax::{Infix, Prefix},
    },
    value::{Type, Value},
};

const SAME: &[Arg] = &[Arg::Same];
const COUNTED: &[Type] = &[Type::Num, Type::Ulong, Type::Double];
const BITS: &[Type] = &[Type::Num, Type::Ulong];
const PRINTED: &[Type] = &[Type::Num, Type::Ulong, Type::Double, Type::Time, Type::Ip, Type::Text];

pub(super) const ROWS: &[Function] = &[
    row(NUMBERS, "EQ", SAME, Type::Bool, |call| compared(call, Infix::Eq)),
    row(NUMBERS, "NE", SAME, Type::Bool, |call| compared(call, Infix::Ne)),
    row(NUMBERS, "GT", SAME, Type::Bool, |call| compared(call, Infix::Gt)),
    row(NUMBERS, "GE", SAME, Type::Bool, |call| compared(call, Infix::Ge)),
    row(NUMBERS, "LT", SAME, Type::Bool, |call| compared(call, Infix::Lt)),
    row(NUMBERS, "LE", SAME, Type::Bool, |call| compared(call, Infix::Le)),
    row(NUMBERS, "BETWEEN", &[Arg::Same, Arg::Same], Type::Bool, between).note("both ends included"),
    row(NUMBERS, "ADD", SAME, Type::Num, |call| computed(call, Infix::Add))
        .gives(Gives::Number)
        .note("of a time: a number of seconds"),
    row(NUMBERS, "SUB", SAME, Type::Num, |call| computed(call, Infix::Sub)).gives(Gives::Number),
    row(NUMBERS, "MUL", SAME, Type::Num, |call| computed(call, Infix::Mul)).gives(Gives::Number),
    row(NUMBERS, "DIV", SAME, Type::Num, |call| computed(call, Infix::Div))
        .gives(Gives::Number)
        .note("by zero: undefined"),
    row(NUMBERS, "MOD", SAME, Type::Num, |call| computed(call, Infix::Rem)).gives(Gives::Number),
    row(&[Type::Num, Type::Double], "NEG", &[], Type::Num, negated).gives(Gives::Same),
    row(&[Type::Ulong], "NEG", &[], Type::Num, negated),
    row(COUNTED, "ABS", &[], Type::Num, |call| {
        let positive = operator::compare(call.on, &Value::Num(0)).is_none_or(|order| order.is_ge());
        if positive { Ok(call.on.clone()) } else { negated(call) }
    })
    .gives(Gives::Same),
    row(BITS, "BITAND", SAME, Type::Num, |call| computed(call, Infix::BitAnd)).gives(Gives::Number),
    row(BITS, "BITOR", SAME, Type::Num, |call| computed(call, Infix::BitOr)).gives(Gives::Number),
    row(BITS, "BITXOR", SAME, Type::Num, |call| computed(call, Infix::BitXor)).gives(Gives::Number),
    row(BITS, "BITNEG", &[], Type::Num, |call| Ok(operator::prefix(Prefix::Complement, call.on)?))
        .gives(Gives::Same),
    row(BITS, "LSHIFT", SAME, Type::Num, |call| computed(call, Infix::ShiftLeft)).gives(Gives::Number),
    row(BITS, "RSHIFT", SAME, Type::Num, |call| computed(call, Infix::ShiftRight)).gives(Gives::Number),
    row(COUNTED, "WEEKDAY_STRING_SHORT", &[], Type::Text, |call| {
        const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
        let day = whole(call.on)?;
        let name = usize::try_from(day).ok().and_then(|day| DAYS.get(day));
        name.map(|name| Value::text(*name)).ok_or_else(|| format!("{day} is no day of the week").into())
    })
    .inferred(),
    row(PRINTED, "TYPECAST_TEXT_T", &[], Type::Text, |call| {
        call.on.to_text().map(Value::Text).ok_or(Fault::from("it has no text form"))
    })
    .note("addresses in their usual form, times as RFC 1123 dates"),
    row(NUMBERS, "TYPECAST_NUM_AT", &[], Type::Num, |call| whole(call.on).map(Value::Num))
        .note("of a time: seconds since 1970"),
    row(NUMBERS, "TYPECAST_NUM_T", &[], Type::Num, |call| whole(call.on).map(Value::Num)).inferred(),
    row(NUMBERS, "TYPECAST_UNSIGNED_LONG_AT", &[], Type::Ulong, unsigned)
        .note("of a fraction: without its places"),
    row(NUMBERS, "TYPECAST_DOUBLE_AT", &[], Type::Double, |call| {
        let zero = Value::Double(0.0);
        operator::arithmetic(Infix::Add, call.on, &zero, &call.switches)
            .unwrap_or(Ok(zero))
            .map_err(Fault::from)
    }),
    row(NUMBERS, "TYPECAST_TIME_AT", &[], Type::Time, |call| whole(call.on).map(Value::Time))
        .note("seconds since 1970"),
    row(TEXT, "TYPECAST_NUM_AT", &[], Type::Num, |call| parsed(call, 10)).inferred(),
    row(TEXT, "TYPECAST_NUM_T", &[Arg::Word(&["DECIMAL"])], Type::Num, |call| parsed(call, 10))
        .note("blanks around it do not count; what is no number is undefined"),
    row(TEXT, "TYPECAST_NUM_T", &[Arg::Word(&["HEX"])], Type::Num, |call| parsed(call, 16)),
    row(TEXT, "TYPECAST_NUM_T", &[], Type::Num, |call| parsed(call, 10)).inferred(),
    row(TEXT, "TYPECAST_UNSIGNED_LONG_T", &[], Type::Ulong, |call| {
        let text = printed(call)?;
        text.parse().map(Value::Ulong).map_err(|_| not_a_number(&text))
    })
    .inferred(),
    row(TEXT, "TYPECAST_DOUBLE_T", &[], Type::Double, |call| {
        let text = printed(call)?;
        text.parse().map(Value::Double).map_err(|_| not_a_number(&text))
    })
    .inferred(),
];

fn compared(call: &Call<'_>, operator: Infix) -> Result<Value, Fault> {
    Ok(operator::infix(operator, call.on, call.value(0)?, &call.switches)?)
}

fn computed(call: &Call<'_>, operator: Infix) -> Result<Value, Fault> {
    Ok(operator::infix(operator, call.on, call.value(0)?, &call.switches)?)
}

fn between(call: &mut Call<'_>) -> Result<Value, Fault> {
    let least = operator::compare(call.on, call.value(0)?).is_some_and(std::cmp::Ordering::is_ge);
    let most = operator::compare(call.on, call.value(1)?).is_some_and(std::cmp::Ordering::is_le);
    Ok(Value::Bool(least && most))
}

fn negated(call: &mut Call<'_>) -> Result<Value, Fault> {
    Ok(operator::prefix(Prefix::Negate, call.on)?)
}

/// Fractions lose their places.
fn whole(value: &Value) -> Result<i64, Fault> {
    match value {
        Value::Num(number) | Value::Time(number) => Ok(*number),
        Value::Ulong(number) => {
            i64::try_from(*number).map_err(|_| "the number does not fit 64 bits with a sign".into())
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "dropping the places is what it is for; it saturates"
        )]
        Value::Double(number) if number.is_finite() => Ok(*number as i64),
        _ => Err("this is no number".into()),
    }
}

fn unsigned(call: &mut Call<'_>) -> Result<Value, Fault> {
    if let Value::Ulong(number) = call.on {
        return Ok(Value::Ulong(*number));
    }
    let number = whole(call.on)?;
    u64::try_from(number).map(Value::Ulong).map_err(|_| format!("{number} is negative").into())
}

fn printed(call: &Call<'_>) -> Result<String, Fault> {
    Ok(String::from_utf8_lossy(call.text()?.bytes.trim_ascii()).into_owned())
}

fn not_a_number(text: &str) -> Fault {
    format!("\"{}\" is not a number", text.escape_debug()).into()
}

fn parsed(call: &Call<'_>, radix: u32) -> Result<Value, Fault> {
    let text = printed(call)?;
    let digits = if radix == 16 { text.trim_start_matches("0x").trim_start_matches("0X") } else { &text };
    i64::from_str_radix(digits, radix).map(Value::Num).map_err(|_| not_a_number(&text))
}
