//! What a RADIUS server saw, and how it reads. Passwords and passcodes are not in it.

use std::net::SocketAddr;

use gateway_proto::secret::Secret;
use gateway_rt::{Field, Line, Tell, Told};

use super::users::Decision;

/// The kinds of [`Seen`].
pub const KINDS: &[&str] = &[
    "radius.access-request",
    "radius.access-accept",
    "radius.access-reject",
    "radius.access-challenge",
    "radius.discarded",
    "radius.duplicate",
    "radius.misbehaved",
];

/// A datagram at the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A believable request that was not seen before.
    AccessRequest {
        /// The client.
        peer: SocketAddr,
        /// The identifier.
        id: u8,
        /// User-Name.
        user: String,
        /// State, when a challenge is answered.
        state: Option<Secret>,
    },
    /// The user is let in.
    AccessAccept {
        /// The client.
        peer: SocketAddr,
        /// The identifier.
        id: u8,
        /// Who.
        user: String,
    },
    /// The user is asked.
    AccessChallenge {
        /// The client.
        peer: SocketAddr,
        /// The identifier.
        id: u8,
        /// Who.
        user: String,
        /// What the user reads.
        prompt: String,
        /// What the next request must carry.
        state: Secret,
    },
    /// The user is not let in.
    AccessReject {
        /// The client.
        peer: SocketAddr,
        /// The identifier.
        id: u8,
        /// Who.
        user: String,
        /// Why; the client is not told.
        why: &'static str,
    },
    /// A datagram that got no answer.
    Discarded {
        /// Where it came from.
        peer: SocketAddr,
        /// Why.
        why: String,
    },
    /// A request that was seen before.
    Duplicate {
        /// The client.
        peer: SocketAddr,
        /// The identifier.
        id: u8,
        /// Whether the first answer was there to be sent again.
        answered: bool,
    },
    /// The server does something wrong to its answer, on purpose.
    Misbehaved {
        /// The client.
        peer: SocketAddr,
        /// The word for it.
        how: &'static str,
    },
}

impl Seen {
    pub(super) fn reply(peer: SocketAddr, id: u8, user: String, decision: &Decision) -> Self {
        match decision {
            Decision::Accept { .. } => Self::AccessAccept { peer, id, user },
            Decision::Challenge { prompt, state, .. } => {
                Self::AccessChallenge { peer, id, user, prompt: prompt.clone(), state: state.clone() }
            }
            Decision::Reject { why, .. } => Self::AccessReject { peer, id, user, why },
        }
    }
}

impl Tell for Seen {
    fn tell(&self) -> Told {
        match self {
            Self::AccessRequest { peer, id, user, state } => {
                let line = Line::new(format!("Access-Request id={id} User-Name={user}"));
                let line = match state {
                    Some(state) => line.text(" State=").opaque("state", state.expose()),
                    None => line,
                };
                let told = of_user(Told::received("radius.access-request", *peer, line), *id, user);
                state
                    .iter()
                    .fold(told, |told, state| told.with("state", Field::opaque("state", state.expose())))
            }
            Self::AccessAccept { peer, id, user } => {
                let line = Line::new(format!("Access-Accept id={id} for {user}"));
                of_user(Told::sent("radius.access-accept", *peer, line), *id, user)
            }
            Self::AccessChallenge { peer, id, user, prompt, state } => {
                let line = Line::new(format!("Access-Challenge id={id} \"{prompt}\" State="));
                let line = line.opaque("state", state.expose());
                of_user(Told::sent("radius.access-challenge", *peer, line), *id, user)
                    .with("prompt", prompt.as_str())
                    .with("state", Field::opaque("state", state.expose()))
            }
            Self::AccessReject { peer, id, user, why } => {
                let line = Line::new(format!("Access-Reject id={id} for {user}: {why}"));
                of_user(Told::sent("radius.access-reject", *peer, line), *id, user).with("why", *why)
            }
            Self::Discarded { peer, why } => {
                let line = Line::new(format!("discarded: {why}"));
                Told::received("radius.discarded", *peer, line).with("why", why.as_str())
            }
            Self::Duplicate { peer, id, answered } => {
                let fate = if *answered { "answered as before" } else { "still working on it" };
                let line = Line::new(format!("Access-Request id={id} again, {fate}"));
                Told::received("radius.duplicate", *peer, line)
                    .with("id", u64::from(*id))
                    .with("answered", if *answered { "true" } else { "false" })
            }
            Self::Misbehaved { peer, how } => {
                let mut told = Told::here("radius.misbehaved", Line::new(format!("misbehaves: {how}")));
                told.peer = Some(*peer);
                told.with("how", *how)
            }
        }
    }
}

fn of_user(told: Told, id: u8, user: &str) -> Told {
    told.with("id", u64::from(id)).with("user", user)
}
