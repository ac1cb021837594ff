//! What is wrong with a configuration, or will be: a stable code, the setting, where it was written, what to
//! do. Specification: ours.

use std::fmt;

use serde_json::json;

use super::tree::Origin;
use crate::program::failure::{Exit, Failure};

/// Whether the gateway starts with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::program) enum Severity {
    /// It does not.
    Error,
    /// It does, and somebody will be sorry.
    Warning,
}

impl Severity {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub(in crate::program) struct Finding {
    pub(in crate::program) severity: Severity,
    /// Never changes its meaning.
    pub(in crate::program) code: &'static str,
    /// The setting, `sta.0.url`; empty when it is no particular one.
    pub(in crate::program) setting: String,
    pub(super) origin: Option<Origin>,
    message: Box<str>,
    help: Box<str>,
}

/// The code of a file that may not be read: the program ends with a status of its own.
pub(super) const FILE_FORBIDDEN: &str = "file-forbidden";

impl Finding {
    /// Something the gateway can't start with.
    pub(super) fn error(code: &'static str, message: impl Into<Box<str>>) -> Self {
        let severity = Severity::Error;
        Self {
            severity,
            code,
            setting: String::new(),
            origin: None,
            message: message.into(),
            help: Box::default(),
        }
    }

    /// Something the gateway can start with.
    pub(super) fn warning(code: &'static str, message: impl Into<Box<str>>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Which setting it is about.
    #[must_use]
    pub(super) fn on(mut self, setting: impl Into<String>) -> Self {
        self.setting = setting.into();
        self
    }

    /// Where that was written.
    #[must_use]
    pub(super) fn at(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// What to do.
    #[must_use]
    pub(super) fn help(mut self, help: impl Into<Box<str>>) -> Self {
        self.help = help.into();
        self
    }

    /// For programs.
    pub(in crate::program) fn json(&self) -> serde_json::Value {
        json!({
            "severity": self.severity.as_str(),
            "code": self.code,
            "setting": self.setting,
            "at": self.origin.as_ref().map(Origin::to_string),
            "message": self.message,
            "help": self.help,
        })
    }
}

/// One line: where, which setting, what, which code, what to do.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        write!(f, "{}: ", self.severity.as_str())?;
        if !self.setting.is_empty() {
            write!(f, "{}: ", self.setting)?;
        }
        write!(f, "{} [{}]", self.message, self.code)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "; {}", self.help) }
    }
}

/// Those that keep a gateway from starting.
pub(in crate::program) fn errors(findings: Vec<Finding>) -> Vec<Finding> {
    findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect()
}

/// The status for these errors; none without any.
pub(in crate::program) fn exit(errors: &[Finding]) -> Option<Exit> {
    let forbidden = errors.iter().any(|finding| finding.code == FILE_FORBIDDEN);
    let exit = if forbidden { Exit::Forbidden } else { Exit::Configuration };
    (!errors.is_empty()).then_some(exit)
}

/// The end of the program for these errors: one line each.
pub(in crate::program) fn failure(errors: &[Finding]) -> Failure {
    let lines: Vec<String> = errors.iter().map(Finding::to_string).collect();
    Failure::new(exit(errors).unwrap_or(Exit::Configuration), lines.join("\ngateway: "))
}
