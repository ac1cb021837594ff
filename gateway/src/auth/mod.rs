//! Log-ins: who verifies a user name and a password, and what is asked in between.
//!
//! [`Flow`] holds the log-ins that wait for an answer; the drivers [`radius`], [`ldap`] and [`users`] ask
//! somebody, [`anakam`] asks once more behind any of them, and all come back with a [`Step`]. Nothing in a later
//! step is believed because the client says so: user, password, keys and RADIUS State stay in the pending log-in
//! (SR-1..SR-4). Which factors a user needs is decided here, for every way of logging in (SR-2).

mod anakam;
mod flow;
pub mod ldap;
mod lockout;
pub(crate) mod login;
mod radius;
pub mod users;

pub(crate) use anakam::DeviceCookie;
pub(crate) use anakam::devices::Devices;
pub(crate) use flow::Flow;
pub(crate) use lockout::Lockout;

use flow::Answered;

use gateway_proto::secret::Secret;

use crate::audit::Event;
use crate::config::{Factor, Second};
use crate::reason::Reason;
use crate::shared::Shared;
use login::Client;

/// Where a log-in stands after a factor was asked.
pub(crate) enum Step {
    /// Every factor is passed; this is the user's name as the first factor has it.
    Passed {
        user: String,
        /// The client will be known again by this.
        device: Option<DeviceCookie>,
    },
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
    /// Whether the answer before was wrong.
    pub(crate) repeated: bool,
    /// What never leaves the gateway.
    pub(crate) awaits: Awaits,
}

/// Who awaits the answer to a question, and what it must be sent with.
pub(crate) enum Awaits {
    /// A RADIUS server. Only the one of this index knows its State.
    Radius { state: Secret, server: usize },
    /// The second factor; the first is passed.
    Anakam(anakam::Open),
}

/// What is asked about.
pub(crate) struct Attempt<'a> {
    pub(crate) client: &'a Client,
    pub(crate) user: &'a str,
    /// The password, or the answer to a question.
    pub(crate) password: &'a Secret,
    /// The question that is answered.
    pub(crate) answering: Option<&'a Awaits>,
}

/// What the first factor says.
enum First {
    /// Passed: the user's name as the factor has it, and the user's groups where it knows them.
    Passed { user: String, groups: Option<Vec<String>> },
    /// Not yet, or no.
    Step(Step),
}

/// Asks the factors, one after the other: who answers the second has passed the first.
pub(crate) async fn verify(shared: &Shared, attempt: Attempt<'_>) -> Step {
    let client = attempt.client;
    let Some(Second::Anakam(server)) = &shared.config.second else {
        return match first(shared, attempt).await {
            First::Passed { user, .. } => Step::Passed { user, device: None },
            First::Step(step) => step,
        };
    };
    let turn = anakam::Turn { shared, server, client };
    if let Some(Awaits::Anakam(open)) = attempt.answering {
        return turn.answer(open, attempt.password).await;
    }
    match first(shared, attempt).await {
        First::Passed { user, groups } if server.concerns.holds(&user, groups.as_deref()) => {
            turn.begin(user).await
        }
        First::Passed { user, .. } => Step::Passed { user, device: None },
        First::Step(step) => step,
    }
}

/// Asks the first factor.
async fn first(shared: &Shared, attempt: Attempt<'_>) -> First {
    let Shared { config, rt, audit, tls_client, .. } = shared;
    match (&config.factor, attempt.answering) {
        // Its answer was asked for by a configuration that is gone.
        (_, Some(Awaits::Anakam(_))) => First::Step(Step::Refused(Reason::ChallengeUnknown)),
        (Factor::Users(file), _) => match file.verify(attempt.user, attempt.password) {
            Some(user) => {
                audit(&Event::FactorPassed {
                    user: user.clone(),
                    factor: "user file",
                    server: String::new(),
                });
                First::Passed { user, groups: None }
            }
            None => First::Step(Step::Refused(Reason::LoginRefused)),
        },
        (Factor::Radius(servers), _) => radius::verify(servers, rt, audit, attempt).await,
        (Factor::Ldap(directory), _) => {
            let ground = ldap::Ground { rt, tls: tls_client, audit, within: config.limits.backend };
            match ldap::log_in(directory, &ground, attempt.user, attempt.password).await {
                Ok(found) => First::Passed { user: found.name, groups: Some(found.groups) },
                Err(reason) => First::Step(Step::Refused(reason)),
            }
        }
    }
}
