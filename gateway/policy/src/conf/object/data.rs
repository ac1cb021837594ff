//! Named expressions, tables, rate limits, and what is only kept.
//!
//! Specification: command reference, `policy-expression`, `policy-patset`, `policy-dataset`, `policy-stringmap`,
//! `ns-limitIdentifier`, `stream-selector`.

use crate::conf::place::{Place, Written};
use crate::environment::Table;

/// `add policy expression`.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedExpression {
    /// Its name as written.
    pub name: String,
    /// What it stands for.
    pub value: Written,
    /// Where it was added.
    pub at: Place,
}

/// A pattern set, data set or string map.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTable {
    /// Its name as written.
    pub name: String,
    /// Which of the three.
    pub kind: TableKind,
    /// Its entries, in order. The second half is the index of a pattern, in decimal, or the value of a key.
    pub table: Table,
    /// Where it was added.
    pub at: Place,
}

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// `policy patset`.
    PatternSet,
    /// `policy dataset` of a type.
    DataSet(DataKind),
    /// `policy stringmap`.
    StringMap,
}

/// What a data set holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// IPv4 addresses or ranges.
    Ipv4,
    /// IPv6 addresses or ranges.
    Ipv6,
    /// Whole numbers.
    Number,
    /// Unsigned whole numbers.
    Ulong,
    /// Fractions.
    Double,
    /// Hardware addresses.
    Mac,
}

/// `add ns limitIdentifier`, the store behind `SYS.CHECK_LIMIT`.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitIdentifier {
    /// Its name as written.
    pub name: String,
    /// Requests, or connections, allowed in a slice.
    pub threshold: u32,
    /// Milliseconds.
    pub slice_ms: u32,
    /// What is counted.
    pub mode: LimitMode,
    /// `-limitType SMOOTH`: spread evenly over the slice; otherwise they may come at once.
    pub smooth: bool,
    /// What keeps one count from another; all requests share one if it is empty.
    pub selector: Vec<Written>,
    /// Where it was added.
    pub at: Place,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LimitMode {
    /// Requests in a slice.
    #[default]
    RequestRate,
    /// Open connections.
    Connection,
    /// Nothing.
    None,
}

/// An object this engine reads and does not act on, such as a rewrite action.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Its group and type, `rewrite action`.
    pub command: &'static str,
    /// Its name.
    pub name: String,
    /// Its fields that hold expressions, by parameter name.
    pub expressions: Vec<(&'static str, Written)>,
    /// Where it was added.
    pub at: Place,
}
