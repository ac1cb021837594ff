//! Advanced policy expressions.

/// An expression, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// The text it was read from.
    pub text: String,
}
