//! What a RADIUS server saw, and how it reads. Passwords and passcodes are not in it.

use std::net::SocketAddr;

use gateway_proto::radius::{AttributeType, Packet};
use gateway_proto::secret::Secret;
use gateway_rt::{Field, Line, Tell, Told};

use super::users::Decision;

/// The kinds of [`Seen`].
pub const KINDS: &[&str] = &[
    "radius.access-request",
    "radius.access-accept",
    "radius.access-reject",
    "radius.access-challenge",
    "radius.accounting-start",
    "radius.accounting-interim",
    "radius.accounting-stop",
    "radius.accounting-on",
    "radius.accounting-off",
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
    /// A session, or the client itself, begins, goes on or ends.
    Accounting {
        /// The client.
        peer: SocketAddr,
        /// The identifier.
        id: u8,
        /// Acct-Status-Type.
        status: Status,
        /// User-Name.
        user: String,
        /// Acct-Session-Id.
        session: String,
        /// Class, as text.
        class: String,
        /// Bytes from the user.
        up: u64,
        /// Bytes to the user.
        down: u64,
        /// Acct-Terminate-Cause, where it ends.
        cause: Option<u64>,
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

/// Acct-Status-Type (RFC 2866 section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A session begins.
    Start,
    /// It goes on.
    Interim,
    /// It is over.
    Stop,
    /// The client begins, and has no session from before.
    On,
    /// The client ends, and with it every session.
    Off,
    /// Anything else.
    Other,
}

impl Status {
    const fn kind(self) -> &'static str {
        match self {
            Self::Start => "radius.accounting-start",
            Self::Stop => "radius.accounting-stop",
            Self::On => "radius.accounting-on",
            Self::Off => "radius.accounting-off",
            Self::Interim | Self::Other => "radius.accounting-interim",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::Interim => "Interim-Update",
            Self::Stop => "Stop",
            Self::On => "On",
            Self::Off => "Off",
            Self::Other => "of no known status",
        }
    }
}

impl Seen {
    pub(super) fn reply(peer: SocketAddr, id: u8, user: String, decision: &Decision) -> Option<Self> {
        Some(match decision {
            Decision::Accept { .. } => Self::AccessAccept { peer, id, user },
            Decision::Challenge { prompt, state, .. } => {
                Self::AccessChallenge { peer, id, user, prompt: prompt.clone(), state: state.clone() }
            }
            Decision::Reject { why, .. } => Self::AccessReject { peer, id, user, why },
            // That it is taken goes without saying.
            Decision::Record => return None,
        })
    }

    pub(super) fn accounting(peer: SocketAddr, request: &Packet) -> Self {
        let value = |kind| request.values(kind).next().unwrap_or_default();
        let text = |kind| String::from_utf8_lossy(value(kind)).into_owned();
        let number =
            |kind| value(kind).iter().fold(0_u64, |sum, byte| (sum << 8 | u64::from(*byte)) & 0xffff_ffff);
        let status = match number(AttributeType::ACCT_STATUS_TYPE) {
            1 => Status::Start,
            2 => Status::Stop,
            3 => Status::Interim,
            7 => Status::On,
            8 => Status::Off,
            _ => Status::Other,
        };
        let whole = |upper, lower| number(upper) << 32 | number(lower);
        Self::Accounting {
            peer,
            id: request.id(),
            status,
            user: text(AttributeType::USER_NAME),
            session: text(AttributeType::ACCT_SESSION_ID),
            class: text(AttributeType::CLASS),
            up: whole(AttributeType::ACCT_INPUT_GIGAWORDS, AttributeType::ACCT_INPUT_OCTETS),
            down: whole(AttributeType::ACCT_OUTPUT_GIGAWORDS, AttributeType::ACCT_OUTPUT_OCTETS),
            cause: (status == Status::Stop).then(|| number(AttributeType::ACCT_TERMINATE_CAUSE)),
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
            Self::Accounting { peer, id, status: status @ (Status::On | Status::Off), .. } => {
                let line = Line::new(format!("Accounting-Request {} id={id}", status.word()));
                Told::received(status.kind(), *peer, line).with("id", u64::from(*id))
            }
            Self::Accounting { peer, id, status, user, session: _, class, up, down, cause } => {
                let more = match (status, cause) {
                    (Status::Start, _) => String::new(),
                    (_, None) => format!(", {up} bytes up, {down} down"),
                    (_, Some(cause)) => format!(", {up} bytes up, {down} down, cause {cause}"),
                };
                let class_ = if class.is_empty() { String::new() } else { format!(" Class={class}") };
                let line =
                    format!("Accounting-Request {} id={id} User-Name={user}{class_}{more}", status.word());
                let told = of_user(Told::received(status.kind(), *peer, Line::new(line)), *id, user);
                let told = told.with("class", class.as_str()).with("up", *up).with("down", *down);
                cause.map_or(told.clone(), |cause| told.with("cause", cause.to_string()))
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
