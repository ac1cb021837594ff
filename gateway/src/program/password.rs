//! `gateway hash-password`: a line of standard input becomes a hash for the user file.

use std::io::{BufRead as _, Read as _};

use gateway::auth::users::{Cost, hash_password};
use gateway::limits::PASSWORD_BYTES_MAX;
use gateway_proto::secret::Secret;
use gateway_rt::{Purpose, entropy};

use super::failure::Failure;
use super::output;

/// Reads one line and prints its hash, behind `user:` when there is a user.
pub(super) fn hash(user: Option<&str>) -> Result<(), Failure> {
    if user.is_some_and(|user| user.is_empty() || user.contains([':', '\n']) || user.starts_with('#')) {
        return Err(Failure::usage("a user name is not empty, has no colon and does not begin with #"));
    }
    let password = read()?;
    let rt = gateway_rt::tokio::real();
    let salt = entropy::bytes::<16>(rt.entropy.as_ref(), Purpose("password-salt"));
    let phc = hash_password(&password, &salt, Cost::Production).map_err(Failure::broken)?;
    output::print(&user.map(|user| format!("{user}:{phc}")).unwrap_or(phc));
    Ok(())
}

fn read() -> Result<Secret, Failure> {
    let mut line = String::new();
    // One byte more than allowed and a line end: longer is refused, never cut.
    let mut input = std::io::stdin().lock().take(PASSWORD_BYTES_MAX as u64 + 2);
    input.read_line(&mut line).map_err(|error| Failure::broken(format!("standard input: {error}")))?;
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    match line.len() {
        0 => Err(Failure::usage("no password on standard input")),
        length if length > PASSWORD_BYTES_MAX => {
            Err(Failure::usage(format!("the password is longer than {PASSWORD_BYTES_MAX} bytes")))
        }
        _ => Ok(Secret::new(line)),
    }
}
