//! What a Receiver tells of lost connections.

use std::net::SocketAddr;
use std::time::Duration;

use gateway_proto::secret::Secret;
use gateway_rt::{Field, Line, Told};

/// The kinds of [`Reconnect`].
pub const KINDS: &[&str] = &[
    "receiver.reliable",
    "receiver.reconnect-ticket",
    "receiver.suspended",
    "receiver.resumed",
    "receiver.session-over",
    "receiver.reconnected",
    "receiver.gave-up",
];

/// Something that happened to a session over lost connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reconnect {
    /// A session under session reliability is open.
    Reliable {
        /// The gateway.
        peer: SocketAddr,
    },
    /// The gateway's newest reconnect ticket came.
    Ticket {
        /// The gateway.
        peer: SocketAddr,
        /// It.
        ticket: Secret,
    },
    /// The connection is gone, the session is kept.
    Suspended {
        /// The gateway.
        peer: SocketAddr,
        /// Why.
        why: &'static str,
    },
    /// Session reliability: the session goes on.
    Resumed {
        /// The gateway.
        peer: SocketAddr,
        /// Bytes sent again.
        resent: u64,
        /// How long there was no connection.
        after: Duration,
        /// Connections tried.
        attempts: u64,
    },
    /// Session reliability has ended.
    Over {
        /// The gateway.
        peer: SocketAddr,
        /// Why.
        why: &'static str,
    },
    /// Auto client reconnect: the host's session goes on with another launch.
    Again {
        /// The gateway.
        peer: SocketAddr,
        /// How long after the stream had ended.
        after: Duration,
        /// Launches tried.
        attempts: u64,
    },
    /// Auto client reconnect has ended.
    GaveUp {
        /// Why.
        why: &'static str,
    },
}

impl Reconnect {
    pub(in crate::receiver) fn tell(&self) -> Told {
        match self {
            Self::Reliable { peer } => {
                Told::sent("receiver.reliable", *peer, Line::new("session reliability is on"))
            }
            Self::Ticket { peer, ticket } => {
                let line = Line::new("reconnect ticket ").opaque("reconnect ticket", ticket.expose());
                Told::received("receiver.reconnect-ticket", *peer, line)
                    .with("ticket", Field::opaque("reconnect ticket", ticket.expose()))
            }
            Self::Suspended { peer, why } => lost("receiver.suspended", *peer, "session suspended", why),
            Self::Resumed { peer, resent, after, attempts } => {
                let after = after.as_secs();
                let line = format!(
                    "session resumed after {after} s at attempt {attempts}, {resent} bytes sent again"
                );
                Told::received("receiver.resumed", *peer, Line::new(line))
                    .with("after", after)
                    .with("attempts", *attempts)
                    .with("resent", *resent)
            }
            Self::Over { peer, why } => lost("receiver.session-over", *peer, "session reliability ends", why),
            Self::Again { peer, after, attempts } => {
                let after = after.as_secs();
                let line = format!("auto client reconnect after {after} s at attempt {attempts}");
                Told::received("receiver.reconnected", *peer, Line::new(line))
                    .with("after", after)
                    .with("attempts", *attempts)
            }
            Self::GaveUp { why } => {
                Told::here("receiver.gave-up", Line::new(format!("gives up reconnecting: {why}")))
                    .with("why", *why)
            }
        }
    }
}

fn lost(kind: &'static str, peer: SocketAddr, what: &str, why: &'static str) -> Told {
    let mut told = Told::here(kind, Line::new(format!("{what}: {why}"))).with("why", why);
    told.peer = Some(peer);
    told
}
