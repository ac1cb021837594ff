//! Operators on values, and the same on types: the check and the evaluation stand side by side.

use std::cmp::Ordering;

use super::syntax::{Infix, Prefix};
use crate::switches::{DivisionByZero, Switches};
use crate::value::{Text, Type, Value};

/// What two operands give, or why they give nothing. `&&`, `||` and `ALT` are the evaluator's: they may not look
/// at their right side.
pub(super) fn infix(
    operator: Infix,
    left: &Value,
    right: &Value,
    switches: &Switches,
) -> Result<Value, String> {
    let refused = || format!("`{}` does not take {} and {}", operator.text(), left.kind(), right.kind());
    match operator {
        Infix::Alt | Infix::Or | Infix::And => Err(refused()),
        Infix::Eq => equal(left, right).map(Value::Bool).ok_or_else(refused),
        Infix::Ne => equal(left, right).map(|equal| Value::Bool(!equal)).ok_or_else(refused),
        Infix::Lt => compare(left, right).map(|order| Value::Bool(order.is_lt())).ok_or_else(refused),
        Infix::Le => compare(left, right).map(|order| Value::Bool(order.is_le())).ok_or_else(refused),
        Infix::Gt => compare(left, right).map(|order| Value::Bool(order.is_gt())).ok_or_else(refused),
        Infix::Ge => compare(left, right).map(|order| Value::Bool(order.is_ge())).ok_or_else(refused),
        Infix::Add if left.kind().is_text() || right.kind().is_text() => {
            let (Some(mut joined), Some(tail)) = (left.to_text(), right.to_text()) else {
                return Err(refused());
            };
            let mut bytes = std::mem::take(&mut joined.bytes);
            bytes.extend_from_slice(&tail.bytes);
            Ok(Value::Text(joined.derive(bytes)))
        }
        _ => arithmetic(operator, left, right, switches).ok_or_else(refused)?,
    }
}

/// What an operand with a sign before it gives.
pub(super) fn prefix(operator: Prefix, operand: &Value) -> Result<Value, String> {
    let overflow = || format!("`-{operand}` does not fit 64 bits");
    match (operator, operand) {
        (Prefix::Not, Value::Bool(value)) => Ok(Value::Bool(!value)),
        (Prefix::Negate, Value::Num(number)) => number.checked_neg().map(Value::Num).ok_or_else(overflow),
        (Prefix::Negate, Value::Double(number)) => Ok(Value::Double(-number)),
        (Prefix::Negate, Value::Ulong(number)) => {
            0i64.checked_sub_unsigned(*number).map(Value::Num).ok_or_else(overflow)
        }
        (Prefix::Complement, Value::Num(number)) => Ok(Value::Num(!number)),
        (Prefix::Complement, Value::Ulong(number)) => Ok(Value::Ulong(!number)),
        _ => Err(format!("`{}` does not take {}", operator.text(), operand.kind())),
    }
}

/// The type of [`infix`], `None` where it is refused.
pub(super) fn infix_type(operator: Infix, left: Type, right: Type) -> Option<Type> {
    if left == Type::Unmodelled || right == Type::Unmodelled {
        return Some(match operator {
            Infix::Alt if left != Type::Unmodelled => left,
            Infix::Alt | Infix::Add | Infix::Sub | Infix::Mul | Infix::Div | Infix::Rem => Type::Unmodelled,
            Infix::BitOr | Infix::BitXor | Infix::BitAnd | Infix::ShiftLeft | Infix::ShiftRight => Type::Num,
            _ => Type::Bool,
        });
    }
    let alike =
        left == right || (left.is_text() && right.is_text()) || (left.is_number() && right.is_number());
    let printable = |kind: Type| kind.is_text() || kind.is_number() || kind == Type::Ip;
    match operator {
        Infix::Or | Infix::And => (left == Type::Bool && right == Type::Bool).then_some(Type::Bool),
        Infix::Alt if left.is_text() && right.is_text() => Some(Type::Text),
        Infix::Alt => alike.then_some(left),
        Infix::Eq | Infix::Ne => {
            let comparable = left.is_text() || left.is_number() || matches!(left, Type::Bool | Type::Ip);
            (alike && comparable).then_some(Type::Bool)
        }
        Infix::Lt | Infix::Le | Infix::Gt | Infix::Ge => {
            (alike && (left.is_text() || left.is_number())).then_some(Type::Bool)
        }
        Infix::Add if left.is_text() || right.is_text() => {
            (printable(left) && printable(right)).then_some(Type::Text)
        }
        _ => (left.is_number() && right.is_number()).then(|| number_type(left, right)),
    }
}

/// The type of [`prefix`].
pub(super) fn prefix_type(operator: Prefix, operand: Type) -> Option<Type> {
    match (operator, operand) {
        (Prefix::Not, Type::Bool | Type::Unmodelled) => Some(Type::Bool),
        (Prefix::Negate, Type::Ulong) => Some(Type::Num),
        (Prefix::Negate, Type::Num | Type::Double | Type::Unmodelled) => Some(operand),
        (Prefix::Complement, Type::Num | Type::Ulong | Type::Unmodelled) => Some(operand),
        _ => None,
    }
}

/// Equal under the text mode of the left side; of a header, any instance. `None` for types that do not compare.
pub(super) fn equal(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => {
            Some(left.instances().any(|instance| same(instance, &right.bytes, left)))
        }
        (Value::Bool(left), Value::Bool(right)) => Some(left == right),
        (Value::Ip(left), Value::Ip(right)) => Some(left.to_canonical() == right.to_canonical()),
        _ => compare(left, right).map(Ordering::is_eq),
    }
}

/// The order of two numbers or two texts.
pub(super) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(order(&left.bytes, &right.bytes, left)),
        (Value::Double(_), _) | (_, Value::Double(_)) => fraction(left)?.partial_cmp(&fraction(right)?),
        _ => Some(whole(left)?.cmp(&whole(right)?)),
    }
}

/// The order of two byte strings, without case where the text's mode says so.
pub(super) fn order(left: &[u8], right: &[u8], mode: &Text) -> Ordering {
    if ignores_case(mode) {
        let folded = |bytes: &[u8]| bytes.to_ascii_lowercase();
        return folded(left).cmp(&folded(right));
    }
    left.cmp(right)
}

/// Whether two byte strings are equal, without case where the text's mode says so.
pub(super) fn same(left: &[u8], right: &[u8], mode: &Text) -> bool {
    if ignores_case(mode) { left.eq_ignore_ascii_case(right) } else { left == right }
}

/// Host names are compared without case by themselves.
pub(super) fn ignores_case(text: &Text) -> bool {
    text.mode.ignore_case || text.shape == crate::value::Shape::Hostname
}

/// Wide enough for every whole number of the language.
fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Num(number) | Value::Time(number) => Some(i128::from(*number)),
        Value::Ulong(number) => Some(i128::from(*number)),
        _ => None,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "whole numbers beside fractions are as exact as fractions are"
)]
fn fraction(value: &Value) -> Option<f64> {
    match value {
        Value::Double(number) => Some(*number),
        other => whole(other).map(|number| number as f64),
    }
}

/// Unsigned with unsigned stays so, a fraction makes fractions, everything else is signed; times become numbers.
fn number_type(left: Type, right: Type) -> Type {
    match (left, right) {
        (Type::Double, _) | (_, Type::Double) => Type::Double,
        (Type::Ulong, _) | (_, Type::Ulong) => Type::Ulong,
        _ => Type::Num,
    }
}

/// `None` for operands that are no numbers.
pub(super) fn arithmetic(
    operator: Infix,
    left: &Value,
    right: &Value,
    switches: &Switches,
) -> Option<Result<Value, String>> {
    let kind = number_type(left.kind(), right.kind());
    let by_zero = matches!(operator, Infix::Div | Infix::Rem) && fraction(right)? == 0.0;
    if by_zero && switches.division_by_zero == DivisionByZero::Zero {
        fraction(left)?;
        return Some(Ok(match kind {
            Type::Double => Value::Double(0.0),
            Type::Ulong => Value::Ulong(0),
            _ => Value::Num(0),
        }));
    }
    if kind == Type::Double {
        return Some(on_fractions(operator, fraction(left)?, fraction(right)?));
    }
    let (left, right) = (whole(left)?, whole(right)?);
    let result = match operator {
        Infix::Add => left.checked_add(right),
        Infix::Sub => left.checked_sub(right),
        Infix::Mul => left.checked_mul(right),
        Infix::Div | Infix::Rem if right == 0 => return Some(Err("the division is by zero".into())),
        Infix::Div => left.checked_div(right),
        Infix::Rem => left.checked_rem(right),
        Infix::BitAnd => Some(left & right),
        Infix::BitOr => Some(left | right),
        Infix::BitXor => Some(left ^ right),
        // Far beyond 64 places everything is shifted out; the mask keeps the shift itself defined.
        Infix::ShiftLeft => {
            u32::try_from(right).ok().filter(|by| *by < 64).and_then(|by| left.checked_shl(by))
        }
        Infix::ShiftRight => u32::try_from(right).ok().map(|by| left >> by.min(127)),
        _ => return None,
    };
    let fitted = result.and_then(|number| match kind {
        Type::Ulong => u64::try_from(number).ok().map(Value::Ulong),
        _ => i64::try_from(number).ok().map(Value::Num),
    });
    Some(
        fitted.ok_or_else(|| {
            format!("the result of `{left} {} {right}` does not fit 64 bits", operator.text())
        }),
    )
}

fn on_fractions(operator: Infix, left: f64, right: f64) -> Result<Value, String> {
    let result = match operator {
        Infix::Add => left + right,
        Infix::Sub => left - right,
        Infix::Mul => left * right,
        Infix::Div | Infix::Rem if right == 0.0 => return Err("the division is by zero".into()),
        Infix::Div => left / right,
        Infix::Rem => left % right,
        _ => return Err(format!("`{}` does not take fractions", operator.text())),
    };
    Ok(Value::Double(result))
}
