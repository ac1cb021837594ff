//! Where a Receiver's secrets come from: a file, the environment, or the terminal. Never the command line,
//! which every process of the machine can read; passcodes may stand there, because they work once.
//!
//! Specification: ours.

use std::io::IsTerminal as _;
use std::path::Path;

use gateway_proto::secret::Secret;

use crate::program::failure::Failure;
use crate::program::files;

/// The variable of the environment that may hold the password.
const VARIABLE: &str = "MOCKS_PASSWORD";

/// The user's password.
pub(super) fn password(user: &str, file: Option<&Path>) -> Result<Secret, Failure> {
    if let Some(path) = file {
        return files::secret(path);
    }
    if let Ok(password) = std::env::var(VARIABLE) {
        return Ok(Secret::from(password));
    }
    let missing = || Failure::usage(format!("no password: use --password-file, {VARIABLE}, or a terminal"));
    ask(&format!("Password of {user}: "))?.ok_or_else(missing)
}

/// Asks the user, when there is one. What is typed is not shown.
pub(super) fn ask(prompt: &str) -> Result<Option<Secret>, Failure> {
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let typed = rpassword::prompt_password(prompt);
    typed
        .map(|typed| Some(Secret::from(typed)))
        .map_err(|error| Failure::broken(format!("terminal: {error}")))
}
