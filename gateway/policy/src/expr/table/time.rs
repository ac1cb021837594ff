//! Points in time.

use super::{Arg, Function, TEXT, TIME, row};
use crate::{
    civil::{self, Civil},
    expr::call::{Call, Fault},
    value::{Type, Value},
};

const TWO: &[Arg] = &[Arg::Moment, Arg::Moment];

pub(super) const ROWS: &[Function] = &[
    row(TIME, "EQ", &[Arg::Moment], Type::Bool, |call| {
        Ok(Value::Bool(call.moment(0)?.matches(call.time()?)))
    })
    .note("every field that is written is that of the time")
    .inferred(),
    row(TIME, "NE", &[Arg::Moment], Type::Bool, |call| {
        Ok(Value::Bool(!call.moment(0)?.matches(call.time()?)))
    })
    .inferred(),
    row(TIME, "WITHIN", TWO, Type::Bool, within).note("field by field: hours 9 to 17 on every day"),
    row(TIME, "BETWEEN", TWO, Type::Bool, between).note("from one point in time to another, both included"),
    row(TIME, "YEAR", &[], Type::Num, |call| field(call, |at| at.year)),
    row(TIME, "MONTH", &[], Type::Num, |call| field(call, |at| at.month)).note("1 to 12"),
    row(TIME, "DAY", &[], Type::Num, |call| field(call, |at| at.day)).note("1 to 31"),
    row(TIME, "WEEKDAY", &[], Type::Num, |call| field(call, |at| at.weekday)).note("0 for Sunday"),
    row(TIME, "HOURS", &[], Type::Num, |call| field(call, |at| at.hours)),
    row(TIME, "MINUTES", &[], Type::Num, |call| field(call, |at| at.minutes)),
    row(TIME, "SECONDS", &[], Type::Num, |call| field(call, |at| at.seconds)),
    row(TIME, "RELATIVE_NOW", &[], Type::Num, |call| {
        Ok(Value::Num(call.env.facts().now.saturating_sub(call.time()?)))
    })
    .note("seconds since then")
    .inferred(),
    row(TEXT, "TYPECAST_TIME_T", &[], Type::Time, |call| {
        let text = &call.text()?.bytes;
        let time = civil::parse(text).map(Value::Time);
        time.ok_or_else(|| format!("\"{}\" is not a date", text.escape_ascii()).into())
    }),
];

fn field(call: &Call<'_>, field: fn(Civil) -> i64) -> Result<Value, Fault> {
    Ok(Value::Num(field(Civil::of(call.time()?))))
}

fn within(call: &mut Call<'_>) -> Result<Value, Fault> {
    Ok(Value::Bool(call.moment(0)?.within(&call.moment(1)?, call.time()?)))
}

fn between(call: &mut Call<'_>) -> Result<Value, Fault> {
    let now = call.time()?;
    let (first, last) = (call.moment(0)?.resolve(now), call.moment(1)?.resolve(now));
    Ok(Value::Bool((first..=last).contains(&now)))
}
