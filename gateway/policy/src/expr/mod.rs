//! Advanced policy expressions: read, checked, evaluated and explained.
//!
//! Three steps share one table of functions ([`table`]): [`Expression::parse`] needs the text alone,
//! [`Expression::check`] the configuration's names, [`evaluate`] a request. What is not evaluated is undefined
//! and says so; it is never silently FALSE. No text makes any of the three panic, recurse without bound or run
//! without end.

mod call;
mod check;
mod classic;
pub mod docs;
mod error;
mod eval;
mod held;
mod lexer;
mod moment;
mod operator;
mod parser;
mod pattern;
mod share;
pub(crate) mod syntax;
mod table;
mod tell;
#[cfg(test)]
mod tests;
mod trace;
mod xpath;

use crate::{
    environment::{Declarations, Environment, Stop},
    switches::Switches,
    value::{Type, Value},
};
pub use check::{Finding, Grade, Report, Severity};
pub use error::SyntaxError;
pub(crate) use share::share;
pub use tell::{Line, Look, aligned};
pub use trace::{Explanation, Named, Trace};

/// An expression, parsed.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The text it was read from.
    pub text: String,
    pub(crate) root: syntax::Node,
}

impl Expression {
    /// Reads a text past the escapes of its configuration line.
    ///
    /// # Errors
    /// [`SyntaxError`] with the place, and with what to write instead where that is known.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        Self::parse_as(text, &Switches::default())
    }

    /// The same with operators that bind as switches say.
    ///
    /// # Errors
    /// As [`Expression::parse`].
    pub fn parse_as(text: &str, switches: &Switches) -> Result<Self, SyntaxError> {
        Ok(Self { root: parser::parse(text, switches)?, text: text.to_owned() })
    }

    /// Checks every call against the table of functions and every name against the configuration.
    #[must_use]
    pub fn check(&self, names: &dyn Declarations, wanted: Option<Type>) -> Report {
        check::check(self, names, wanted)
    }
}

/// Expressions are equal when their texts are.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Whether a text is an expression of the older, classic language, which is not read here.
#[must_use]
pub fn is_classic(text: &str) -> bool {
    classic::is_classic(text)
}

/// The value of an expression in an environment.
///
/// # Errors
/// [`Stop::Undefined`] with the sub-expression that became undefined first, also when a budget of
/// [`crate::limits`] is spent; [`Stop::Pending`] when a call-out must be answered first.
pub fn evaluate(
    expression: &Expression,
    env: &mut dyn Environment,
    switches: &Switches,
) -> Result<Value, Stop> {
    eval::Evaluation::new(env, switches).run(expression)
}

/// The same, with every sub-expression that was looked at.
pub fn explain(expression: &Expression, env: &mut dyn Environment, switches: &Switches) -> Explanation {
    let mut evaluation = eval::Evaluation::new(env, switches);
    evaluation.recorder = Some(trace::Recorder::default());
    let outcome = evaluation.run(expression);
    let recorder = evaluation.recorder.unwrap_or_default();
    Explanation { outcome, omitted: recorder.omitted, trace: recorder.finish() }
}
