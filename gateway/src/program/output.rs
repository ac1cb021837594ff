//! What verbs print: results on standard output, everything else on standard error. A reader that went away is
//! no error. Specification: ours.

use std::io::{IsTerminal as _, Write as _};

use clap::ValueEnum;

/// How results are written.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// To read.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Whether standard output takes colours: a terminal, and nobody objects (no-color.org).
pub(super) fn colours() -> bool {
    let objected = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !objected
}

/// Prints a result.
pub(super) fn print(text: &str) {
    drop(writeln!(std::io::stdout(), "{}", text.trim_end()));
}

/// Prints a result as JSON.
pub(super) fn print_json(value: &serde_json::Value) {
    print(&format!("{value:#}"));
}

/// Says something to the person in front of the terminal.
pub(super) fn tell(text: &str) {
    drop(writeln!(std::io::stderr(), "gateway: {text}"));
}
