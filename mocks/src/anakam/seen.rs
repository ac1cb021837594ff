//! What the server saw, and how it reads. No passcode is ever here.

use std::net::SocketAddr;

use gateway_proto::anakam::{Ask, Key, Response, Status};
use gateway_rt::{Line, Tell, Told};

/// The kinds of [`Seen`].
pub const KINDS: &[&str] = &[
    "anakam.auth",
    "anakam.token",
    "anakam.asked",
    "anakam.delivered",
    "anakam.answered",
    "anakam.authenticated",
    "anakam.refused",
    "anakam.misbehaved",
];

/// A message at the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A log-in shall begin.
    Auth {
        /// Who asks.
        peer: SocketAddr,
        /// Who logs in.
        user: String,
    },
    /// It has begun.
    Token {
        /// Who asked.
        peer: SocketAddr,
        /// Who logs in.
        user: String,
        /// What the log-in is named by.
        key: Key,
    },
    /// A log-in goes on.
    Asked {
        /// Who asks.
        peer: SocketAddr,
        /// Whose log-in it is, where it is known.
        user: Option<String>,
        /// `delivery`, `parameters`, `passcode` or `device`.
        what: &'static str,
    },
    /// A passcode was sent.
    Delivered {
        /// To whom.
        user: String,
        /// Where to, masked.
        destination: String,
    },
    /// The answer decides nothing yet.
    Answered {
        /// Who asked.
        peer: SocketAddr,
        /// Whose log-in it is, where it is known.
        user: Option<String>,
        /// `parameters_accepted` or `parameters_required`.
        status: String,
    },
    /// The user passed.
    Authenticated {
        /// Who asked.
        peer: SocketAddr,
        /// Who passed.
        user: String,
        /// `passcode` or `device`.
        by: &'static str,
    },
    /// The answer is no.
    Refused {
        /// Who asked.
        peer: SocketAddr,
        /// Whose log-in it is, where it is known.
        user: Option<String>,
        /// Why.
        why: String,
    },
    /// The server does something wrong to the answer, on purpose.
    Misbehaved {
        /// Who asked.
        peer: SocketAddr,
        /// The word for it.
        how: &'static str,
    },
}

impl Seen {
    pub(super) fn response(peer: SocketAddr, user: Option<String>, ask: &Ask, response: &Response) -> Self {
        match (response.status, user) {
            (Status::Authenticated, Some(user)) => {
                let by = if matches!(ask, Ask::Device(_)) { "device" } else { "passcode" };
                Self::Authenticated { peer, user, by }
            }
            (Status::Rejected, user) => {
                let why = response.messages.first().map(|message| message.key.clone()).unwrap_or_default();
                Self::Refused { peer, user, why }
            }
            (status, user) => Self::Answered { peer, user, status: status.to_string() },
        }
    }
}

impl Tell for Seen {
    fn tell(&self) -> Told {
        match self {
            Self::Auth { peer, user } => {
                Told::received("anakam.auth", *peer, Line::new(format!("POST auth for {user}")))
                    .with("user", user.as_str())
            }
            Self::Token { peer, user, key } => {
                let line = Line::new("token ").opaque("authentication key", key.expose().as_bytes());
                Told::sent("anakam.token", *peer, line).with("user", user.as_str())
            }
            Self::Asked { peer, user, what } => {
                let line = Line::new(match *what {
                    "parameters" => "PUT challenge, get-params".to_owned(),
                    what => format!("PUT challenge, execute: {what}"),
                });
                named(Told::received("anakam.asked", *peer, line), user.as_deref()).with("what", *what)
            }
            Self::Delivered { user, destination } => {
                let line = Line::new(format!("sends a passcode to {destination}"));
                Told::here("anakam.delivered", line)
                    .with("user", user.as_str())
                    .with("to", destination.as_str())
            }
            Self::Answered { peer, user, status } => {
                named(Told::sent("anakam.answered", *peer, Line::new(status)), user.as_deref())
                    .with("status", status.as_str())
            }
            Self::Authenticated { peer, user, by } => {
                let line = Line::new(format!("authenticated: {user} by {by}"));
                Told::sent("anakam.authenticated", *peer, line).with("user", user.as_str()).with("by", *by)
            }
            Self::Refused { peer, user, why } => {
                let line = Line::new(format!("rejected: {why}"));
                named(Told::sent("anakam.refused", *peer, line), user.as_deref()).with("why", why.as_str())
            }
            Self::Misbehaved { peer, how } => {
                let mut told = Told::here("anakam.misbehaved", Line::new(format!("misbehaves: {how}")));
                told.peer = Some(*peer);
                told.with("how", *how)
            }
        }
    }
}

fn named(told: Told, user: Option<&str>) -> Told {
    match user {
        Some(user) => told.with("user", user),
        None => told,
    }
}
