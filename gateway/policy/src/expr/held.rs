//! A value in the evaluator's hands: a literal of the expression, its own, or one that is remembered for the
//! request. None of them is copied to be looked at.

use std::{ops::Deref, sync::Arc};

use crate::value::Value;

/// See the module.
#[derive(Clone, Debug)]
pub(super) enum Held<'e> {
    Literal(&'e Value),
    Own(Value),
    Shared(Arc<Value>),
}

impl Held<'_> {
    /// The value itself, copied only if somebody else holds it.
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Literal(value) => value.clone(),
            Self::Own(value) => value,
            Self::Shared(value) => Arc::unwrap_or_clone(value),
        }
    }
}

impl Deref for Held<'_> {
    type Target = Value;

    fn deref(&self) -> &Value {
        match self {
            Self::Literal(value) => value,
            Self::Own(value) => value,
            Self::Shared(value) => value,
        }
    }
}
