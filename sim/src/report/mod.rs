//! What went wrong in a run, told so that it can be acted on: the line of the scenario, what was awaited, what
//! came instead, what came near, and the command that shows it again.
//!
//! What it is not: mistakes in a scenario file. Those are diagnostics of [`scenario`](crate::scenario).

mod nearest;
mod render;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::scenario::source::Span;

pub(crate) use self::nearest::line;
pub use self::nearest::nearest;
pub use self::render::{Replay, render, seconds};

/// Whose fault a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// The scenario expected something else.
    Expectation,
    /// A rule that holds for every run was broken.
    Invariant,
    /// The simulator could not do its work.
    Simulator,
}

/// One thing that should have been otherwise.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The statement of the scenario, where there is one.
    pub span: Option<Span>,
    /// Virtual time since the start of the run.
    pub at: Duration,
    /// What was awaited.
    pub awaited: String,
    /// What came instead.
    pub came_instead: String,
    /// Events that come close, as [`nearest`] tells them.
    pub nearest: Vec<String>,
    /// The broken rule, as [`rules`](crate::rules) names it.
    pub rule: Option<&'static str>,
    /// Whose fault it is.
    pub code: FailureKind,
}
