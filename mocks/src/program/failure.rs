//! Why the program did not do what it was asked, and how it ends then. Specification: ours.

use std::process::ExitCode;

/// How the program ends when it did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    /// A server said no, or something broke.
    Broken = 1,
    /// The command line is no good.
    Usage = 2,
    /// A file is no good.
    File = 3,
    /// An address can't be listened on.
    Listen = 4,
    /// A server can't be reached.
    Unreachable = 5,
}

/// One line for the user, and the status.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    fn new(exit: Exit, message: impl ToString) -> Self {
        Self { exit, message: message.to_string() }
    }

    /// A server said no, or something broke.
    pub(super) fn broken(message: impl ToString) -> Self {
        Self::new(Exit::Broken, message)
    }

    /// The command line is no good.
    pub(super) fn usage(message: impl ToString) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A file is no good.
    pub(super) fn file(message: impl ToString) -> Self {
        Self::new(Exit::File, message)
    }

    /// An address can't be listened on.
    pub(super) fn listen(message: impl ToString) -> Self {
        Self::new(Exit::Listen, message)
    }

    /// A server can't be reached.
    pub(super) fn unreachable(message: impl ToString) -> Self {
        Self::new(Exit::Unreachable, message)
    }

    /// Tells the user and gives the status.
    pub(super) fn report(&self) -> ExitCode {
        super::output::tell(&self.message);
        ExitCode::from(self.exit as u8)
    }
}
