//! The values of an expression, and the third result beside TRUE and FALSE.

use std::net::IpAddr;

use crate::span::Span;

/// What an expression is worth.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `TRUE` or `FALSE`.
    Bool(bool),
    /// A signed number. 64 bits; outside 32 the loader warns, because an appliance documents 32.
    Num(i64),
    /// An unsigned number of 64 bits: variables and `TYPECAST_UNSIGNED_LONG_AT`.
    Ulong(u64),
    /// A fraction: `SYS.RANDOM`, XPath numbers.
    Double(f64),
    /// Bytes with their text mode.
    Text(Text),
    /// An address.
    Ip(IpAddr),
    /// Seconds since 1970, printed as an RFC 1123 date.
    Time(i64),
}

/// A byte string and how operations on it compare and decode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The bytes, in no particular encoding.
    pub bytes: Vec<u8>,
    /// `SET_TEXT_MODE(IGNORECASE)` was applied: comparisons ignore ASCII case.
    pub ignore_case: bool,
}

/// Why an expression has no value: UNDEF, with the sub-expression that became it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undefined {
    /// The sub-expression, in the text of the expression that was asked.
    pub span: Span,
    /// In a sentence's words: "`x` is not a number".
    pub cause: String,
}
