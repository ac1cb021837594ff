//! What is wrong with an expression's text.

use crate::span::Span;

/// The text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct SyntaxError {
    /// Where, in bytes of the expression's text.
    pub span: Span,
    /// What is wrong, without full stop.
    pub problem: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl SyntaxError {
    pub(super) fn new(span: Span, problem: impl Into<String>) -> Self {
        Self { span, problem: problem.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
