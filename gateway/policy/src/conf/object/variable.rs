//! `ns variable` and `ns assignment`. Specification: command reference, `ns-variable`, `ns-assignment`.

use crate::conf::place::{Place, Written};

/// `add ns variable`: what a variable is; what it holds is state, kept elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its name as written.
    pub name: String,
    /// `-type`.
    pub kind: VariableKind,
    /// `-scope`.
    pub scope: Scope,
    /// `-ifFull undef`: a new key in a full map is refused; otherwise it pushes out the least recently used.
    pub undef_if_full: bool,
    /// `-ifValueTooBig undef`: what is too long is refused; otherwise it is cut. Also true of keys.
    pub undef_if_too_big: bool,
    /// `-ifNoValue undef`: a read without a value is undefined; otherwise it stores and gives the initial value.
    pub undef_if_no_value: bool,
    /// `-init`: a number for `ulong`, otherwise the text; `None` for 0 or empty.
    pub init: Option<String>,
    /// `-expires`: seconds without a read or write after which a value is forgotten; 0 for never.
    pub expires: u32,
    /// Where it was added.
    pub at: Place,
}

/// The type of a variable. Sizes are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableKind {
    /// A number of 64 bits without a sign.
    Ulong,
    /// Text of at most so many bytes.
    Text(usize),
    /// A map.
    Map {
        /// The longest key.
        key: usize,
        /// What an entry holds.
        value: MapValue,
        /// How many entries there may be.
        entries: usize,
    },
}

/// What an entry of a map holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapValue {
    /// A number of 64 bits without a sign.
    Ulong,
    /// Text of at most so many bytes.
    Text(usize),
}

/// How long a variable lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// One value for all requests.
    #[default]
    Global,
    /// One per request and its response.
    Transaction,
}

/// `add ns assignment`.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Its name.
    pub name: String,
    /// The variable's name, without `$`.
    pub variable: String,
    /// The expression in brackets; evaluated before the value.
    pub key: Option<Written>,
    /// What is done.
    pub operation: Operation,
    /// Where it was added.
    pub at: Place,
}

/// What an assignment does with the value.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// `-set`.
    Set(Written),
    /// `-add`, numbers only.
    Add(Written),
    /// `-sub`, numbers only.
    Sub(Written),
    /// `-append`, text only.
    Append(Written),
    /// `-clear`: the value, or the map's entry, is gone.
    Clear,
}
