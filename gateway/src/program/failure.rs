//! Why the program did not do what it was asked, and how it ends then. Specification: ours.

use std::process::ExitCode;

/// How the program ends when it did not succeed. Status 2, wrong usage, is clap's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    /// Something broke, or somebody said no.
    Broken = 1,
    /// The command line is no good.
    Usage = 2,
    /// The configuration is no good.
    Configuration = 3,
    /// An address can't be listened on, or a file may not be read.
    Forbidden = 4,
    /// Something this program depends on can't be reached.
    Unreachable = 5,
}

/// What went wrong and where, for a person, and the status.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failure {
    pub(super) exit: Exit,
    message: String,
}

impl Failure {
    /// A failure with its status.
    pub(super) fn new(exit: Exit, message: impl ToString) -> Self {
        Self { exit, message: message.to_string() }
    }

    /// Something broke, or somebody said no.
    pub(super) fn broken(message: impl ToString) -> Self {
        Self::new(Exit::Broken, message)
    }

    /// The command line is no good.
    pub(super) fn usage(message: impl ToString) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Something this program depends on can't be reached.
    pub(super) fn unreachable(message: impl ToString) -> Self {
        Self::new(Exit::Unreachable, message)
    }

    /// Tells the user and gives the status.
    pub(super) fn report(&self) -> ExitCode {
        super::output::tell(&self.message);
        ExitCode::from(self.exit as u8)
    }
}
