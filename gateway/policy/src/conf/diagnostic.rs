//! What is wrong with a configuration, or will be: a stable code, a place, a sentence, what to do. Ours.

use super::place::Place;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// An appliance would refuse it, or it can't be what was meant.
    Error,
    /// It loads, and somebody will be sorry.
    Warning,
    /// Worth knowing: this was read, and something was assumed.
    Note,
}

impl Severity {
    /// The word for it, in messages and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Never changes its meaning.
    pub code: &'static str,
    /// What it points at.
    pub at: Place,
    /// One sentence, without a full stop.
    pub message: String,
    /// What to do; may be empty.
    pub help: String,
}

impl Diagnostic {
    /// Something an appliance would refuse.
    pub fn error(code: &'static str, at: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, at, message: message.into(), help: String::new() }
    }

    /// Something that loads and will hurt.
    pub fn warning(code: &'static str, at: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, at, message) }
    }

    /// Something that was assumed.
    pub fn note(code: &'static str, at: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(code, at, message) }
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}
