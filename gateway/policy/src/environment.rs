//! The seam between expressions and what surrounds them: variables, sets, call-outs, rate limits.
//!
//! The evaluator asks this trait and knows nothing of configuration files; the policy runner implements it over a
//! loaded configuration and its state. A call-out that has no answer yet ends the evaluation with
//! [`Stop::Pending`]; the runner sends it and evaluates again with the answer in hand.

use std::sync::Arc;

use crate::{
    facts::Facts,
    value::{Undefined, Value},
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

/// A table that `CONTAINS_ANY`, `EQUALS_ANY`, `MAP_STRING` and `TYPECAST_…` look into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Patterns or keys with their value or index, in the order they were bound.
    pub entries: Vec<(Vec<u8>, Vec<u8>)>,
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
    fn named(&self, name: &str) -> Option<Arc<crate::expr::Expression>>;

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
