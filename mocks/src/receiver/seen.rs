//! What a Receiver did and saw, and how it reads.

use std::net::SocketAddr;

use gateway_proto::ticket::Ticket;
use gateway_rt::{Field, Line, Tell, Told, Way};

use super::{Bulk, Echo, Reconnect, Refusal, Socks};

/// The kinds of [`Seen`].
pub const KINDS: &[&str] = &[
    "receiver.request",
    "receiver.answer",
    "receiver.challenge",
    "receiver.session",
    "receiver.refused",
    "receiver.logged-out",
    "receiver.apps",
    "receiver.ica-file",
    "receiver.socks-request",
    "receiver.socks-reply",
    "receiver.ica-open",
    "receiver.typed",
    "receiver.echo",
    "receiver.bulk",
    "receiver.sent",
    "receiver.heard",
    "receiver.closed",
    "receiver.trouble",
];

/// Something a Receiver did or saw. Lines are made when it happens, so that no secret is kept here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// An HTTP request went out.
    Request {
        /// The gateway.
        peer: SocketAddr,
        /// Its method.
        method: String,
        /// Its target, freed of secrets.
        target: Line,
        /// Its form fields, freed of secrets.
        form: Line,
    },
    /// Its answer came.
    Answer {
        /// The gateway.
        peer: SocketAddr,
        /// Status code.
        status: u16,
        /// `Location`, freed of secrets.
        location: Option<Line>,
        /// The cookies it sets.
        cookies: Line,
        /// The reason code it shows.
        reason: Option<String>,
    },
    /// The gateway asks for something more.
    Challenge {
        /// What it asks.
        prompt: String,
    },
    /// There is a session.
    Session {
        /// The page the client was led to.
        landing: String,
    },
    /// A server refused.
    Refused {
        /// What: `log-in`, `log-out`, `apps`, `launch`.
        what: &'static str,
        /// How.
        refusal: Refusal,
    },
    /// The session cookies are gone.
    LoggedOut,
    /// The store listed the apps.
    Apps {
        /// Their names.
        names: Vec<String>,
    },
    /// An ICA file came.
    IcaFile {
        /// The app.
        app: String,
        /// `Address`.
        ticket: Ticket,
        /// `SSLProxyHost`.
        gateway: String,
    },
    /// A SOCKS5 CONNECT went out.
    SocksRequest {
        /// The gateway.
        peer: SocketAddr,
        /// What it asks for, freed of secrets.
        destination: Line,
        /// The port.
        port: u16,
        /// Whether it had no greeting.
        bare: bool,
    },
    /// What came of it.
    SocksReply {
        /// The gateway.
        peer: SocketAddr,
        /// The reply.
        outcome: Socks,
    },
    /// The host said hello and was answered.
    IcaOpen {
        /// The gateway.
        peer: SocketAddr,
        /// The app.
        app: String,
    },
    /// The user typed.
    Typed {
        /// The gateway.
        peer: SocketAddr,
        /// The text.
        text: String,
    },
    /// The host echoed, or not.
    Echo {
        /// The gateway.
        peer: SocketAddr,
        /// The text that was expected.
        text: String,
        /// What came of it.
        outcome: Echo,
    },
    /// Many bytes went out and came back, or not.
    Bulk {
        /// The gateway.
        peer: SocketAddr,
        /// How many were sent.
        bytes: u64,
        /// What came of it.
        outcome: Bulk,
    },
    /// Raw bytes went out.
    Sent {
        /// The gateway.
        peer: SocketAddr,
        /// How many.
        bytes: usize,
    },
    /// Raw bytes came in.
    Heard {
        /// The gateway.
        peer: SocketAddr,
        /// How many.
        bytes: usize,
        /// Whether the gateway has closed.
        closed: bool,
    },
    /// A connection ended.
    Closed {
        /// The gateway.
        peer: SocketAddr,
        /// Whether the gateway ended it.
        by_peer: bool,
    },
    /// The session's connection was lost, or is back.
    Reconnect(Reconnect),
    /// There was no answer to speak of.
    Trouble {
        /// To what.
        what: &'static str,
        /// The gateway, where a connection got that far.
        peer: Option<SocketAddr>,
        /// Why.
        why: String,
    },
}

impl Tell for Seen {
    fn tell(&self) -> Told {
        match self {
            Self::Request { peer, method, target, form } => request(*peer, method, target, form),
            Self::Answer { peer, status, location, cookies, reason } => {
                answer(*peer, *status, location.as_ref(), cookies, reason.as_deref())
            }
            Self::Challenge { prompt } => {
                here("receiver.challenge", format!("challenge {prompt:?}")).with("prompt", prompt.as_str())
            }
            Self::Session { landing } => here("receiver.session", format!("session, led to {landing}"))
                .with("landing", landing.as_str()),
            Self::Refused { what, refusal } => refused(what, refusal),
            Self::LoggedOut => here("receiver.logged-out", "logged out".to_owned()),
            Self::Apps { names } => {
                let names = names.join(", ");
                here("receiver.apps", format!("apps: {names}")).with("names", names)
            }
            Self::IcaFile { app, ticket, gateway } => ica_file(app, ticket, gateway),
            Self::SocksRequest { peer, destination, port, bare } => {
                socks_request(*peer, destination, *port, *bare)
            }
            Self::SocksReply { peer, outcome } => socks_reply(*peer, *outcome),
            Self::IcaOpen { peer, app } => {
                Told::sent("receiver.ica-open", *peer, Line::new(format!("ICA session open for {app}")))
                    .with("app", app.as_str())
            }
            Self::Typed { peer, text } => {
                Told::sent("receiver.typed", *peer, Line::new(format!("types {text:?}")))
                    .with("text", text.as_str())
            }
            Self::Echo { peer, text, outcome } => echo(*peer, text, outcome),
            Self::Bulk { peer, bytes, outcome } => bulk(*peer, *bytes, outcome),
            Self::Sent { peer, bytes } => {
                Told::sent("receiver.sent", *peer, Line::new(format!("{bytes} raw bytes")))
                    .with("bytes", *bytes as u64)
            }
            Self::Heard { peer, bytes, closed } => heard(*peer, *bytes, *closed),
            Self::Closed { peer, by_peer } => closed(*peer, *by_peer),
            Self::Reconnect(what) => what.tell(),
            Self::Trouble { what, peer, why } => {
                let told = here("receiver.trouble", format!("{what}: {why}")).with("what", *what);
                Told { peer: *peer, ..told }
            }
        }
    }
}

fn here(kind: &'static str, line: String) -> Told {
    Told::here(kind, Line::new(line))
}

fn request(peer: SocketAddr, method: &str, target: &Line, form: &Line) -> Told {
    let line = Line::new(format!("{method} ")).join(target.clone()).join(form.clone());
    Told::sent("receiver.request", peer, line).with("method", method).with("target", target.to_string())
}

fn answer(
    peer: SocketAddr,
    status: u16,
    location: Option<&Line>,
    cookies: &Line,
    reason: Option<&str>,
) -> Told {
    let mut line = Line::new(status.to_string());
    if let Some(location) = location {
        line = line.text(" Location: ").join(location.clone());
    }
    line = line.join(cookies.clone());
    if let Some(reason) = reason {
        line = line.text(format!(", reason {reason}"));
    }
    let told = Told::received("receiver.answer", peer, line).with("status", u64::from(status));
    let told = location.iter().fold(told, |told, location| told.with("location", location.to_string()));
    reason.iter().fold(told, |told, reason| told.with("reason", *reason))
}

fn ica_file(app: &str, ticket: &Ticket, gateway: &str) -> Told {
    let line = Line::new(format!("ICA file for {app}: Address=")).join(address(ticket));
    Told::here("receiver.ica-file", line.text(format!(" SSLProxyHost={gateway}")))
        .with("app", app)
        .with("ticket", Field::opaque("ticket", ticket.token().expose()))
        .with("sta", ticket.sta().as_str())
        .with("gateway", gateway)
}

fn socks_request(peer: SocketAddr, destination: &Line, port: u16, bare: bool) -> Told {
    let greeting = if bare { " without greeting" } else { "" };
    let line = Line::new(format!("SOCKS5 CONNECT{greeting} ")).join(destination.clone());
    Told::sent("receiver.socks-request", peer, line.text(format!(" port {port}")))
        .with("bare", if bare { "true" } else { "false" })
}

fn socks_reply(peer: SocketAddr, outcome: Socks) -> Told {
    let (word, code) = match outcome {
        Socks::Granted => ("succeeded".to_owned(), Some(0)),
        Socks::Refused { reply } => (format!("refused with {reply:02x}"), Some(reply)),
        Socks::Closed => ("closed without a reply".to_owned(), None),
        Socks::Silent => ("no reply".to_owned(), None),
        Socks::Foreign => ("answer is no SOCKS5".to_owned(), None),
    };
    let told = Told::received("receiver.socks-reply", peer, Line::new(format!("SOCKS5 {word}")));
    code.iter().fold(told, |told, code| told.with("reply", u64::from(*code)))
}

fn echo(peer: SocketAddr, text: &str, outcome: &Echo) -> Told {
    let (word, what) = match outcome {
        Echo::Matched => ("matched", "comes back".to_owned()),
        Echo::Differs { at } => ("differs", format!("comes back changed after {at} bytes")),
        Echo::Late { received } => ("late", format!("is late after {received} bytes")),
        Echo::Closed { received } => ("closed", format!("ends after {received} bytes")),
    };
    Told::received("receiver.echo", peer, Line::new(format!("echo of {text:?} {what}")))
        .with("text", text)
        .with("outcome", word)
}

fn bulk(peer: SocketAddr, bytes: u64, outcome: &Bulk) -> Told {
    let (word, what) = match outcome {
        Bulk::Verified => ("verified", "all of them".to_owned()),
        Bulk::Differs { at } => ("differs", format!("other bytes after {at}")),
        Bulk::Late { received } => ("late", format!("only {received} in time")),
        Bulk::Closed { received } => ("closed", format!("only {received}, then the end")),
    };
    Told::received("receiver.bulk", peer, Line::new(format!("echo of {bytes} bytes: {what}")))
        .with("bytes", bytes)
        .with("outcome", word)
}

fn heard(peer: SocketAddr, bytes: usize, closed: bool) -> Told {
    let end = if closed { ", then the end" } else { "" };
    Told::received("receiver.heard", peer, Line::new(format!("{bytes} raw bytes{end}")))
        .with("bytes", bytes as u64)
        .with("closed", if closed { "true" } else { "false" })
}

fn closed(peer: SocketAddr, by_peer: bool) -> Told {
    let (way, by) = if by_peer { (Way::Received, "the gateway") } else { (Way::Sent, "the user") };
    let told = here("receiver.closed", format!("connection closed by {by}"));
    Told { way, peer: Some(peer), ..told }.with("by", by)
}

fn refused(what: &str, refusal: &Refusal) -> Told {
    let mut line = Line::new(format!("{what} refused: status {}", refusal.status));
    if let Some(error) = refusal.vpn_error {
        line = line.text(format!(", NSC_VPNERR {error}"));
    }
    if let Some(reason) = &refusal.reason {
        line = line.text(format!(", reason {reason}"));
    }
    let told =
        Told::here("receiver.refused", line).with("what", what).with("status", u64::from(refusal.status));
    let told = refusal.vpn_error.iter().fold(told, |told, error| told.with("vpn-error", u64::from(*error)));
    refusal.reason.iter().fold(told, |told, reason| told.with("reason", reason.as_str()))
}

fn address(ticket: &Ticket) -> Line {
    Line::new(format!(";{};{};", ticket.version(), ticket.sta())).opaque("ticket", ticket.token().expose())
}

/// A SOCKS destination in a line: a ticket by name, a host as it is, and what only resembles a ticket hidden,
/// because it may hold one.
pub(super) fn destination(bytes: &[u8]) -> Line {
    if let Ok(ticket) = Ticket::parse(bytes) {
        return address(&ticket);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(';') => Line::new(text),
        _ => Line::default().opaque("destination", bytes),
    }
}
