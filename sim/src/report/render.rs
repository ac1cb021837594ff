//! A failure as text: the line of the scenario with a caret, as compilers show it, and how to see it again.

use std::fmt::Write as _;
use std::time::Duration;

use super::{Failure, FailureKind};
use crate::scenario::source::{Sources, Span};
use crate::scenario::{Diagnostic, Severity};

/// How to see a run again.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The scenario file as the command line takes it.
    pub path: String,
    /// The seed of the run.
    pub seed: u64,
}

impl Replay {
    /// The command line.
    pub fn command(&self) -> String {
        format!("sim run {} --seed {} --story", self.path, self.seed)
    }
}

impl Failure {
    /// Short and stable: for tables and for `error[…]`.
    pub fn label(&self) -> &'static str {
        match (self.code, self.rule) {
            (_, Some(rule)) => rule,
            (FailureKind::Expectation, None) => "expectation",
            (FailureKind::Invariant, None) => "invariant",
            (FailureKind::Simulator, None) => "simulator",
        }
    }
}

/// A failure as text, ending in a newline.
pub fn render(failure: &Failure, sources: &Sources, replay: &Replay) -> String {
    let mut out = head(failure, sources);
    let mut tell = |word: &str, text: &str| {
        let text = text.trim_end().replace('\n', "\n           ");
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  {word:>7}  {text}");
    };
    tell("at", &format!("{} s", seconds(failure.at)));
    tell("awaited", &failure.awaited);
    tell("came", &failure.came_instead);
    for near in &failure.nearest {
        tell("near", near);
    }
    tell("seed", &replay.seed.to_string());
    tell("replay", &replay.command());
    out
}

fn head(failure: &Failure, sources: &Sources) -> String {
    let message = match failure.code {
        FailureKind::Expectation => "it did not come as expected",
        FailureKind::Invariant => "a rule that holds in every run is broken",
        FailureKind::Simulator => "the simulator could not do its work",
    };
    match &failure.span {
        Some(place) => diagnostic(failure.label(), message, sources, place).render(),
        None => format!("error[{}]: {message}\n", failure.label()),
    }
}

fn diagnostic(code: &'static str, message: &str, sources: &Sources, place: &Span) -> Diagnostic {
    let location = sources.locate(place);
    let rest = location.text.chars().count().saturating_sub(location.column - 1);
    let meant = sources.text(place).lines().next().unwrap_or_default().trim_end().chars().count();
    Diagnostic {
        severity: Severity::Error,
        code,
        message: message.to_owned(),
        help: None,
        file: location.file.to_owned(),
        line: location.line,
        column: location.column,
        length: meant.min(rest).max(1),
        source_line: location.text.to_owned(),
    }
}

/// Seconds with milliseconds: `12.345`.
pub fn seconds(time: Duration) -> String {
    format!("{}.{:03}", time.as_secs(), time.subsec_millis())
}
