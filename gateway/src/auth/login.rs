//! Making sessions. Every way of logging in, classic pages and forms protocol alike, passes here and nowhere
//! else (SR-22, SR-23); the surfaces only read requests and render what this says.
//!
//! What really happened goes to the audit log. The client learns of a refusal that it is one (SR-71).

use std::net::SocketAddr;

use gateway_proto::secret::Secret;

use super::{Answered, Attempt, Question, Step, verify};
use crate::app::Shared;
use crate::audit::Event;
use crate::limits::{
    CALLBACK_HANDLE_BYTES, LOGIN_ID_BYTES, PASSWORD_BYTES_MAX, SESSION_ID_BYTES, USER_BYTES_MAX,
};
use crate::reason::Reason;
use crate::session::{Full, Identity};

/// Where a log-in stands.
pub(crate) enum Outcome {
    /// There is a session of this id.
    Session {
        /// For the session cookie.
        id: Secret,
    },
    /// A question is to be answered.
    Asked {
        /// For the cookie of the pending log-in; good for one answer.
        id: Secret,
        /// The server's text, to be escaped and shown.
        prompt: String,
        /// Whether the answer may be seen while it is typed.
        echo: bool,
    },
    /// No, and nothing more is told.
    Refused,
}

/// A log-in begins with a name and a password.
pub(crate) async fn begin(shared: &Shared, peer: SocketAddr, user: &str, password: Secret) -> Outcome {
    let user = user.trim();
    shared.tell(&Event::LoginTried { peer, user: user.to_owned() });
    // Nobody is asked about an empty password: a directory may take it for an anonymous bind (SR-70).
    let usable = !user.is_empty()
        && user.len() <= USER_BYTES_MAX
        && !user.chars().any(char::is_control)
        && is_usable(&password);
    if !usable {
        return refused(shared, peer, user.to_owned(), Reason::LoginRefused);
    }
    let attempt = Attempt { user, password: &password, answering: None, station: peer.ip().to_string() };
    match verify(shared, attempt).await {
        Step::Passed { user } => open_session(shared, peer, Identity { user, password }),
        Step::Challenge(question) => {
            let (id, outcome) = asked(shared, &question);
            shared.tell(&Event::ChallengeShown { peer, user: user.to_owned(), round: 1 });
            shared.flow().ask(&id, user.to_owned(), password, question, shared.now(), &shared.config.limits);
            outcome
        }
        Step::Refused(reason) => refused(shared, peer, user.to_owned(), reason),
    }
}

/// The log-in `id` goes on with an answer. An error means that there is no such log-in any more.
pub(crate) async fn go_on(
    shared: &Shared,
    peer: SocketAddr,
    id: &Secret,
    answer: Secret,
) -> Result<Outcome, Reason> {
    let answered = shared.flow().answer(id, shared.now(), &shared.config.limits);
    let pending = match answered {
        Answered::GoesOn(pending) => pending,
        Answered::Over(reason, user) => {
            if let Some(user) = user {
                shared.tell(&Event::LoginRefused { peer, user, reason });
            }
            return Err(reason);
        }
    };
    if !is_usable(&answer) {
        return Ok(refused(shared, peer, pending.user, Reason::LoginRefused));
    }
    let attempt = Attempt {
        user: &pending.user,
        password: &answer,
        answering: Some((&pending.question.state, pending.question.server)),
        station: peer.ip().to_string(),
    };
    Ok(match verify(shared, attempt).await {
        Step::Passed { user } => open_session(shared, peer, Identity { user, password: pending.password }),
        Step::Challenge(question) => {
            let (id, outcome) = asked(shared, &question);
            let user = pending.user.clone();
            let again = shared.flow().ask_again(&id, pending, question, &shared.config.limits);
            match again {
                Ok(round) => {
                    shared.tell(&Event::ChallengeShown { peer, user, round });
                    outcome
                }
                Err(reason) => refused(shared, peer, user, reason),
            }
        }
        Step::Refused(reason) => refused(shared, peer, pending.user, reason),
    })
}

fn is_usable(password: &Secret) -> bool {
    !password.is_empty() && password.len() <= PASSWORD_BYTES_MAX
}

fn asked(shared: &Shared, question: &Question) -> (Secret, Outcome) {
    let id = shared.fresh_id::<LOGIN_ID_BYTES>("login-id");
    let outcome = Outcome::Asked { id: id.clone(), prompt: question.prompt.clone(), echo: question.echo };
    (id, outcome)
}

fn open_session(shared: &Shared, peer: SocketAddr, identity: Identity) -> Outcome {
    let id = shared.fresh_id::<SESSION_ID_BYTES>("session-id");
    let handle = shared.fresh_id::<CALLBACK_HANDLE_BYTES>("callback-handle");
    let token = shared.fresh_id::<LOGIN_ID_BYTES>("form-token");
    let user = identity.user.clone();
    let created = shared.sessions().create(identity, &id, handle, token, shared.now(), &shared.config.limits);
    match created {
        Ok(session) => {
            shared.tell(&Event::SessionCreated { peer, user, session: session.mark });
            Outcome::Session { id }
        }
        Err(Full) => refused(shared, peer, user, Reason::SessionTableFull),
    }
}

fn refused(shared: &Shared, peer: SocketAddr, user: String, reason: Reason) -> Outcome {
    shared.tell(&Event::LoginRefused { peer, user, reason });
    Outcome::Refused
}
