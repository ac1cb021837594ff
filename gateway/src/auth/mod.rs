//! Log-ins: who verifies a user name and a password, and what is asked in between.
//!
//! [`Flow`] holds the log-ins that wait for an answer; the drivers [`radius`], [`ldap`] and [`users`] ask
//! somebody and come back with a [`Step`]. Nothing in a later step is believed because the client says so: user, password
//! and RADIUS State stay in the pending log-in (SR-1..SR-4).

mod flow;
pub mod ldap;
mod lockout;
pub(crate) mod login;
mod radius;
pub mod users;

pub(crate) use flow::Flow;
pub(crate) use lockout::Lockout;

use flow::Answered;

use gateway_proto::secret::Secret;

use crate::app::Shared;
use crate::audit::Event;
use crate::config::Factor;
use crate::reason::Reason;

/// Where a log-in stands after a factor was asked.
pub(crate) enum Step {
    /// Every factor is passed; this is the user's name as the factor has it.
    Passed { user: String },
    /// One more question.
    Challenge(Question),
    /// No.
    Refused(Reason),
}

/// A question to the user, and what its answer must be sent with.
pub(crate) struct Question {
    /// From the server, to be escaped and shown.
    pub(crate) prompt: String,
    /// Whether the answer may be seen while it is typed.
    pub(crate) echo: bool,
    /// RADIUS State: never leaves the gateway.
    pub(crate) state: Secret,
    /// Which server asked: only it knows its State.
    pub(crate) server: usize,
}

/// What is asked about.
pub(crate) struct Attempt<'a> {
    pub(crate) user: &'a str,
    /// The password, or the answer to a question.
    pub(crate) password: &'a Secret,
    /// The question that is answered: State and server.
    pub(crate) answering: Option<(&'a Secret, usize)>,
    /// The client's address, for the server's own log.
    pub(crate) station: String,
}

/// Asks the configured factor.
pub(crate) async fn verify(shared: &Shared, attempt: Attempt<'_>) -> Step {
    let Shared { config, rt, audit, tls_client, .. } = shared;
    match &config.factor {
        Factor::Users(file) => match file.verify(attempt.user, attempt.password) {
            Some(user) => {
                audit(&Event::FactorPassed {
                    user: user.clone(),
                    factor: "user file",
                    server: String::new(),
                });
                Step::Passed { user }
            }
            None => Step::Refused(Reason::LoginRefused),
        },
        Factor::Radius(servers) => radius::verify(servers, rt, audit, attempt).await,
        Factor::Ldap(directory) => {
            let ground = ldap::Ground { rt, tls: tls_client, audit, within: config.limits.backend };
            match ldap::log_in(directory, &ground, attempt.user, attempt.password).await {
                Ok(found) => Step::Passed { user: found.name },
                Err(reason) => Step::Refused(reason),
            }
        }
    }
}
