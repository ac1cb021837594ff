//! What an ICA host saw, and how it reads.

use std::net::SocketAddr;
use std::time::Duration;

use gateway_rt::{Line, Tell, Told};

/// The kinds of [`Seen`].
pub const KINDS: &[&str] = &[
    "ica-host.accepted",
    "ica-host.refused",
    "ica-host.opened",
    "ica-host.reconnected",
    "ica-host.turned-away",
    "ica-host.suspended",
    "ica-host.resumed",
    "ica-host.given-up",
    "ica-host.released",
    "ica-host.data",
    "ica-host.closed",
];

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The client ended its side and has had all its bytes back.
    ClientClosed,
    /// The connection broke.
    Broken,
    /// No magic in time, or something else in its place.
    NoMagic,
    /// No logon ticket, or one the broker does not know.
    NoLogon,
    /// The ticket of a session that this host has not, or has no more.
    NoTicket,
    /// The client came back on another connection.
    TakenOver,
    /// Nobody came back in time.
    GivenUp,
    /// Nothing moved for too long.
    Idle,
    /// The host misbehaved on purpose.
    Misbehaved,
}

impl Cause {
    /// How it reads.
    pub const fn text(self) -> &'static str {
        match self {
            Self::ClientClosed => "the client closed",
            Self::Broken => "the connection broke",
            Self::NoMagic => "no ICA magic from the client",
            Self::NoLogon => "no valid logon ticket",
            Self::NoTicket => "no session for this reconnect ticket",
            Self::TakenOver => "taken over by another connection",
            Self::GivenUp => "nobody came back in time",
            Self::Idle => "idle too long",
            Self::Misbehaved => "misbehaving on purpose",
        }
    }
}

/// Something that happened at the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A connection became a session that waits for the client's magic.
    Accepted {
        /// Who connected.
        peer: SocketAddr,
        /// The session.
        session: u64,
    },
    /// A connection was closed because every session is taken, or on purpose.
    Refused {
        /// Who connected.
        peer: SocketAddr,
        /// Why.
        why: &'static str,
    },
    /// The client answered with its magic, and logged on where that is asked for.
    Opened {
        /// The client.
        peer: SocketAddr,
        /// The session.
        session: u64,
        /// Who logged on.
        user: Option<String>,
    },
    /// Auto client reconnect: the client goes on with a session it had lost.
    Reconnected {
        /// The client.
        peer: SocketAddr,
        /// The session.
        session: u64,
        /// The number its connection had until then.
        waiting: u64,
    },
    /// A CGP connection that gets no session.
    TurnedAway {
        /// Who connected.
        peer: SocketAddr,
        /// What it is told.
        code: &'static str,
    },
    /// Session reliability: the connection is gone, the session is kept.
    Suspended {
        /// The client as it was.
        peer: SocketAddr,
        /// The session.
        session: u64,
        /// How long it is kept.
        kept: Duration,
    },
    /// Session reliability: the client is back on another connection.
    Resumed {
        /// The client.
        peer: SocketAddr,
        /// The session.
        session: u64,
        /// Bytes that have to be sent again.
        resent: u64,
    },
    /// Session reliability: nobody came back in time.
    GivenUp {
        /// The session.
        session: u64,
    },
    /// Session reliability: the session is kept no longer, because auto client reconnect goes on with it.
    Released {
        /// The session.
        session: u64,
    },
    /// Bytes came in; they go back.
    Data {
        /// The client.
        peer: SocketAddr,
        /// The session.
        session: u64,
        /// How many.
        bytes: usize,
        /// The bytes as text, when they are few and printable.
        text: Option<String>,
    },
    /// The session ended.
    Closed {
        /// The client.
        peer: SocketAddr,
        /// The session.
        session: u64,
        /// Session bytes received, the magic not counted.
        bytes: u64,
        /// Why.
        cause: Cause,
    },
}

impl Tell for Seen {
    fn tell(&self) -> Told {
        match self {
            Self::Accepted { peer, session } => Told::received(
                "ica-host.accepted",
                *peer,
                Line::new(format!("connection, session {session}")),
            )
            .with("session", *session),
            Self::Refused { peer, why } => {
                Told::received("ica-host.refused", *peer, Line::new(format!("connection refused: {why}")))
                    .with("why", *why)
            }
            Self::Opened { peer, session, user } => {
                let who = user.as_ref().map(|user| format!(" for {user}")).unwrap_or_default();
                let line = Line::new(format!("ICA magic, session {session} opened{who}"));
                let told = Told::received("ica-host.opened", *peer, line).with("session", *session);
                user.iter().fold(told, |told, user| told.with("user", user.as_str()))
            }
            Self::Reconnected { peer, session, .. } => {
                let line = Line::new(format!("auto client reconnect: session {session} goes on"));
                Told::received("ica-host.reconnected", *peer, line).with("session", *session)
            }
            Self::TurnedAway { peer, code } => {
                let line = Line::new(format!("CGP connection turned away: {code}"));
                Told::received("ica-host.turned-away", *peer, line).with("code", *code)
            }
            Self::Suspended { peer, session, kept } => {
                let line = Line::new(format!("session {session} suspended for {} s", kept.as_secs()));
                let mut told = Told::here("ica-host.suspended", line).with("session", *session);
                told.peer = Some(*peer);
                told
            }
            Self::Resumed { peer, session, resent } => {
                let line = Line::new(format!("session {session} resumed, {resent} bytes sent again"));
                Told::received("ica-host.resumed", *peer, line)
                    .with("session", *session)
                    .with("resent", *resent)
            }
            Self::Released { session } => {
                let line = Line::new(format!("session {session}: goes on elsewhere, no longer kept"));
                Told::here("ica-host.released", line).with("session", *session)
            }
            Self::GivenUp { session } => {
                let line = Line::new(format!("session {session}: nobody came back, no longer kept"));
                Told::here("ica-host.given-up", line).with("session", *session)
            }
            Self::Data { peer, session, bytes, text } => {
                let quoted = text.as_ref().map(|text| format!(" {text:?}")).unwrap_or_default();
                let line = Line::new(format!("session {session}: {bytes} bytes{quoted}"));
                let told = Told::received("ica-host.data", *peer, line)
                    .with("session", *session)
                    .with("bytes", *bytes as u64);
                text.iter().fold(told, |told, text| told.with("text", text.as_str()))
            }
            Self::Closed { peer, session, bytes, cause } => {
                let line =
                    Line::new(format!("session {session} closed after {bytes} bytes: {}", cause.text()));
                let mut told = Told::here("ica-host.closed", line)
                    .with("session", *session)
                    .with("bytes", *bytes)
                    .with("cause", cause.text());
                told.peer = Some(*peer);
                told
            }
        }
    }
}
