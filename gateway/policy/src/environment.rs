//! The seam between expressions and what surrounds them: variables, sets, call-outs, rate limits.
//!
//! The evaluator asks [`Environment`] and the type check asks [`Declarations`]; both know nothing of configuration
//! files. The policy runner implements them over a loaded configuration and its state. A call-out that has no
//! answer yet ends the evaluation with [`Stop::Pending`]; the runner sends it and evaluates again with the answer
//! in hand.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use indexmap::IndexMap;

use crate::{
    expr::Expression,
    facts::Facts,
    value::{Type, Undefined, Value},
};

/// Why an evaluation did not end with a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// The expression is undefined.
    Undefined(Undefined),
    /// The named call-out must be answered first.
    Pending {
        /// Its name in the configuration.
        callout: String,
    },
}

/// What an expression can reach besides the facts. Names arrive as written; they are not case-sensitive.
pub trait Environment {
    /// The request, connection, session and time.
    fn facts(&self) -> &Facts;

    /// `$name` or `$name[key]`. A read refreshes expiry and may create the entry (`ifNoValue init`).
    ///
    /// # Errors
    /// A sentence that says why it has no value.
    fn variable(&mut self, name: &str, key: Option<&[u8]>) -> Result<Value, String>;

    /// `$map.VALUEEXISTS(key)`.
    ///
    /// # Errors
    /// A sentence that says why there is no answer.
    fn value_exists(&mut self, name: &str, key: &[u8]) -> Result<bool, String>;

    /// The named expression's text, parsed.
    fn named(&self, name: &str) -> Option<Arc<Expression>>;

    /// What a part that depends on the request alone was worth when it was last evaluated for this request; see
    /// [`Expression`]. Without a memory every part is worked out anew.
    fn shared(&self, _part: usize) -> Option<Arc<Value>> {
        None
    }

    /// Remembers it.
    fn share(&mut self, _part: usize, _value: Arc<Value>) {}

    /// The pattern set, data set or string map.
    fn table(&self, name: &str) -> Option<&Table>;

    /// `SYS.HTTP_CALLOUT(name)`.
    ///
    /// # Errors
    /// [`Stop::Pending`] until its answer is known; undefined when it failed.
    fn callout(&mut self, name: &str) -> Result<Value, Stop>;

    /// `SYS.CHECK_LIMIT("id")`; counts this request.
    ///
    /// # Errors
    /// A sentence that says why there is no answer.
    fn check_limit(&mut self, name: &str) -> Result<bool, String>;
}

/// What a configuration says of the names in an expression, before any request comes.
pub trait Declarations {
    /// The type of `$name`, or of `$name[key]`.
    fn variable(&self, name: &str) -> Option<Variable>;

    /// The named expression's text, parsed.
    fn named(&self, name: &str) -> Option<Arc<Expression>>;

    /// Whether there is such a pattern set, data set or string map.
    fn table(&self, name: &str) -> Presence;

    /// What the call-out returns; `Some(None)` for one that is not complete yet.
    fn callout(&self, name: &str) -> Option<Option<Type>>;

    /// Whether there is such a rate-limit identifier.
    fn has_limit(&self, name: &str) -> bool;
}

/// Whether what a name stands for is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// In the configuration.
    Here,
    /// On every appliance, and nobody outside knows what it holds.
    Appliance,
    /// Nowhere.
    Missing,
}

/// What is known of a variable at load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// [`Type::Ulong`] or [`Type::Text`].
    pub value: Type,
    /// Whether it has keys.
    pub map: bool,
}

/// A pattern set, data set or string map: what `CONTAINS_ANY`, `EQUALS_ANY` and `MAP_STRING` look into.
///
/// Patterns and keys are unique; binding one again replaces its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    entries: IndexMap<Vec<u8>, Vec<u8>>,
    /// Lower case to the first entry that is equal without case.
    folded: IndexMap<Vec<u8>, usize>,
    ranges: Vec<Range>,
}

/// Addresses or numbers of a data set, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Range {
    first: Bound,
    last: Bound,
    value: Vec<u8>,
}

/// Ordered within one kind only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
enum Bound {
    V4(Ipv4Addr),
    V6(Ipv6Addr),
    Number(i128),
}

impl Table {
    /// Adds a pattern with its index in decimal, or a key with its value.
    pub fn bind(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        let key = key.into();
        let folded = key.to_ascii_lowercase();
        let (at, _) = self.entries.insert_full(key, value.into());
        self.folded.entry(folded).or_insert(at);
    }

    /// Adds every address or number from `first` to `last`, both included. Ranges are never looked up as text.
    /// Gives back whether both are addresses of one kind, or numbers, in this order.
    pub fn bind_range(&mut self, first: &str, last: &str, value: impl Into<Vec<u8>>) -> bool {
        let ends = Bound::parse(first).zip(Bound::parse(last));
        let ends = ends.filter(|(first, last)| first.kind() == last.kind() && first <= last);
        let range = ends.map(|(first, last)| Range { first, last, value: value.into() });
        let known = range.is_some();
        self.ranges.extend(range);
        known
    }

    /// The value bound to exactly this key.
    #[must_use]
    pub fn get(&self, key: &[u8], ignore_case: bool) -> Option<&[u8]> {
        if ignore_case {
            let at = *self.folded.get(&key.to_ascii_lowercase())?;
            return self.entries.get_index(at).map(|(_, value)| value.as_slice());
        }
        self.entries.get(key).map(Vec::as_slice)
    }

    /// The value bound to this address or number, alone or in a range.
    #[must_use]
    pub fn get_value(&self, wanted: &Value) -> Option<&[u8]> {
        let alone = wanted.to_text().and_then(|text| self.get(&text.bytes, true));
        alone.or_else(|| {
            let wanted = Bound::of(wanted)?;
            let holds = |range: &&Range| {
                range.first.kind() == wanted.kind() && (range.first..=range.last).contains(&wanted)
            };
            self.ranges.iter().find(holds).map(|range| range.value.as_slice())
        })
    }

    /// Patterns or keys with index or value, in the order they were bound.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries.iter().map(|(key, value)| (key.as_slice(), value.as_slice()))
    }

    /// How many patterns or keys there are, a range counted as one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len() + self.ranges.len()
    }

    /// Whether nothing was bound.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Bound {
    fn parse(text: &str) -> Option<Self> {
        let address = || text.trim().parse::<IpAddr>().ok().map(Self::from);
        text.trim().parse().ok().map(Self::Number).or_else(address)
    }

    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Ip(address) => Some(Self::from(*address)),
            Value::Num(number) => Some(Self::Number((*number).into())),
            Value::Ulong(number) => Some(Self::Number((*number).into())),
            _ => None,
        }
    }

    fn kind(self) -> std::mem::Discriminant<Self> {
        std::mem::discriminant(&self)
    }
}

impl From<IpAddr> for Bound {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_with_and_without_case_and_the_last_binding_counts() {
        let mut table = Table::default();
        table.bind("Key", "1");
        table.bind("KEY", "2");
        table.bind("Key", "3");
        assert_eq!(table.get(b"Key", false), Some(b"3".as_slice()));
        assert_eq!(table.get(b"key", false), None);
        assert_eq!(table.get(b"key", true), Some(b"3".as_slice()));
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn a_range_holds_both_its_ends() {
        let ip = |text: &str| Value::Ip(text.parse().unwrap());
        let mut table = Table::default();
        assert!(table.bind_range("192.0.2.1", "192.0.2.9", "7"));
        assert!(table.bind_range("3", "5", "9"));
        assert!(!table.bind_range("192.0.2.9", "192.0.2.1", "7"));
        assert!(!table.bind_range("1", "192.0.2.1", "7"));
        assert_eq!(table.get_value(&Value::Num(4)), Some(b"9".as_slice()));
        table.bind("198.51.100.1", "8");
        assert_eq!(table.get_value(&ip("192.0.2.9")), Some(b"7".as_slice()));
        assert_eq!(table.get_value(&ip("192.0.2.10")), None);
        assert_eq!(table.get_value(&ip("198.51.100.1")), Some(b"8".as_slice()));
        assert_eq!(table.get_value(&ip("::1")), None);
    }
}
