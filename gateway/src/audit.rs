//! What the gateway decided: one typed event per decision, read by the audit log and by traces alike.
//!
//! No event can hold a password, a passcode or a shared secret: none of its fields has such a type. Session
//! ids and tickets are told as fingerprints (SR-14, SR-142).

mod forwarding;
mod line;
mod severity;
mod state;
pub mod syslog;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_proto::host_port::HostPort;
use gateway_proto::secret::Secret;
use gateway_rt::{Field, Fingerprint, Tell, Told};

use crate::config::DuplicatePolicy;
use crate::policy::PolicyEvent;
use crate::reason::Reason;

pub use forwarding::ForwardingEvent;
pub(crate) use line::MarkLine;
pub use severity::Severity;
pub use state::StateEvent;

/// Called with every event, in order.
pub type Sink = Arc<dyn Fn(&Event) + Send + Sync>;

/// Names a secret value without holding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(Fingerprint);

/// The fingerprint, as logs show it.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Mark {
    /// The mark of a session id or a ticket.
    pub fn of(secret: &Secret) -> Self {
        Self(Fingerprint::of(secret.expose()))
    }

    pub(crate) const fn to_bytes(self) -> [u8; 8] {
        self.0.to_bytes()
    }

    pub(crate) const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(Fingerprint::from_bytes(bytes))
    }
}

/// What happened, with the facts somebody may ask for later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named after what they hold; the variants say what happened")]
pub enum Event {
    /// The gateway listens.
    Started { at: SocketAddr },
    /// A new configuration serves from here on; what goes on keeps the one it began with.
    Reloaded,
    /// The gateway was told to stop and lets what is in flight end.
    Draining { connections: usize },
    /// The gateway is over.
    Stopped,
    /// A connection was closed before any protocol was served on it.
    ConnectionRefused { peer: SocketAddr, reason: Reason },
    /// The first bytes named a protocol.
    ProtocolDetected { peer: SocketAddr, protocol: &'static str },
    /// An HTTP request was refused.
    RequestRefused { peer: SocketAddr, path: String, reason: Reason },
    /// Somebody sent a user name and a password.
    LoginTried { peer: SocketAddr, user: String },
    /// A server was asked about a log-in.
    FactorAsked { user: String, factor: &'static str, server: String, attempt: u32 },
    /// A server's answer was thrown away, and why.
    FactorDiscarded { server: String, why: String },
    /// A server refused a user, and why it says it did. The user is not told.
    FactorRefused { user: String, server: String, why: String },
    /// A server did not answer in time.
    FactorSilent { server: String, after: Duration },
    /// A factor was passed. `server` is empty for the local user file.
    FactorPassed { user: String, factor: &'static str, server: String },
    /// The user was asked a further question.
    ChallengeShown { peer: SocketAddr, user: String, round: u32 },
    /// A log-in ended without a session.
    LoginRefused { peer: SocketAddr, user: String, reason: Reason },
    /// Too many failed: log-ins of an account, or from an address, are refused for this time, even right ones.
    LoginLocked { peer: SocketAddr, user: String, scope: &'static str, lasts: Duration },
    /// A log-in ended with a session. `policy` says whether the user may have others, `groups` what factors
    /// said.
    SessionCreated {
        peer: SocketAddr,
        user: String,
        session: Mark,
        policy: DuplicatePolicy,
        groups: Vec<String>,
    },
    /// Somebody passed every factor who may have one session and has one: `session`, of `owner`.
    SessionDuplicate {
        peer: SocketAddr,
        user: String,
        session: Mark,
        owner: SocketAddr,
        attempt: u64,
        policy: DuplicatePolicy,
        severity: Severity,
    },
    /// A session is used from somewhere new: another client address, another `User-Agent` (of which only the mark is
    /// told). `owner` is where its log-in came from. With a `reason` it was not let through.
    SessionMoved {
        peer: SocketAddr,
        user: String,
        session: Mark,
        owner: SocketAddr,
        changed: &'static str,
        agent: Option<Mark>,
        reason: Option<Reason>,
    },
    /// A session is over.
    SessionEnded { user: String, session: Mark, cause: &'static str, after: Duration },
    /// StoreFront asked about a session and was answered.
    CallbackAnswered { peer: SocketAddr, user: String, session: Mark, conditions: Vec<String> },
    /// A call-back was refused.
    CallbackRefused { peer: SocketAddr, reason: Reason },
    /// A policy did something.
    Policy(PolicyEvent),
    /// There was no room for a record: no accounting server learns when this session began or ended.
    AccountingLost { user: String, session: Mark },
    /// A back end could not be asked, or its answer could not be read.
    BackendFailed { backend: String, why: String },
    /// A ticket was redeemed: its STA named a host.
    TicketRedeemed { peer: SocketAddr, ticket: Mark, sta: String, host: HostPort },
    /// A ticket, or what came in its place, was refused. Nothing was connected.
    TicketRefused { peer: SocketAddr, ticket: Option<Mark>, reason: Reason },
    /// An ICA host was connected to.
    TunnelOpened { peer: SocketAddr, ticket: Mark, host: HostPort, session: Option<Mark> },
    /// An ICA host goes on with a session it kept. `after`: how long this gateway waited; none if it knew nothing.
    TunnelResumed {
        peer: SocketAddr,
        ticket: Mark,
        host: HostPort,
        session: Option<Mark>,
        after: Option<Duration>,
    },
    /// Client or host is gone; the session waits for the client.
    TunnelSuspended {
        peer: SocketAddr,
        host: HostPort,
        session: Option<Mark>,
        up: u64,
        down: u64,
        cause: &'static str,
    },
    /// Nobody came back in time.
    TunnelGivenUp { host: HostPort, session: Option<Mark>, after: Duration },
    /// An STA gave a reconnect ticket for a session.
    ReconnectTicketIssued { ticket: Mark, sta: String, host: HostPort, session: Option<Mark> },
    /// An STA gave a reconnect ticket another life.
    ReconnectTicketRefreshed { ticket: Mark, sta: String, host: HostPort, session: Option<Mark> },
    /// An STA gave none, or refreshed none. It is asked again.
    ReconnectTicketFailed { sta: String, host: HostPort, session: Option<Mark>, reason: Reason },
    /// A used reconnect ticket is let through once more: its user may not have got the next one.
    ReconnectTicketRetried { peer: SocketAddr, ticket: Mark, host: HostPort },
    /// A used reconnect ticket came back from somebody else, or after a later one. Its session is ended.
    ReconnectTicketReplayed { peer: SocketAddr, ticket: Mark, host: HostPort, session: Option<Mark> },
    /// A tunnel is over. Bytes `up` went to the host, `down` to the client.
    TunnelClosed { peer: SocketAddr, host: HostPort, up: u64, down: u64, cause: &'static str },
    /// An administrator made the gateway forget the devices of a user.
    DevicesRevoked { user: String, devices: usize },
    /// Something about what outlives the process.
    State(StateEvent),
    /// Something about the collector of the log.
    Forwarding(ForwardingEvent),
}

/// The stable names of all events, for those who check what they are told to wait for.
pub const KINDS: &[&str] = &[
    "gateway.started",
    "gateway.reloaded",
    "gateway.draining",
    "gateway.stopped",
    "connection.refused",
    "protocol.detected",
    "request.refused",
    "login.tried",
    "factor.asked",
    "factor.discarded",
    "factor.refused",
    "factor.silent",
    "factor.passed",
    "challenge.shown",
    "login.refused",
    "login.locked",
    "session.created",
    "session.duplicate",
    "session.moved",
    "session.ended",
    "callback.answered",
    "callback.refused",
    "policy.hit",
    "policy.undefined",
    "policy.assigned",
    "policy.noted",
    "policy.called",
    "policy.logged",
    "policy.not-logged",
    "policy.answered",
    "policy.not-evaluated",
    "policy.stopped",
    "accounting.lost",
    "backend.failed",
    "ticket.redeemed",
    "ticket.refused",
    "reconnect-ticket.issued",
    "reconnect-ticket.refreshed",
    "reconnect-ticket.failed",
    "reconnect-ticket.retried",
    "reconnect-ticket.replayed",
    "tunnel.opened",
    "tunnel.resumed",
    "tunnel.suspended",
    "tunnel.given-up",
    "tunnel.closed",
    "devices.revoked",
    StateEvent::KINDS[0],
    StateEvent::KINDS[1],
    StateEvent::KINDS[2],
    StateEvent::KINDS[3],
    ForwardingEvent::KINDS[0],
    ForwardingEvent::KINDS[1],
    ForwardingEvent::KINDS[2],
];

impl Event {
    /// The event's stable name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Started { .. } => "gateway.started",
            Self::Reloaded => "gateway.reloaded",
            Self::Draining { .. } => "gateway.draining",
            Self::Stopped => "gateway.stopped",
            Self::ConnectionRefused { .. } => "connection.refused",
            Self::ProtocolDetected { .. } => "protocol.detected",
            Self::RequestRefused { .. } => "request.refused",
            Self::LoginTried { .. } => "login.tried",
            Self::FactorAsked { .. } => "factor.asked",
            Self::FactorDiscarded { .. } => "factor.discarded",
            Self::FactorRefused { .. } => "factor.refused",
            Self::FactorSilent { .. } => "factor.silent",
            Self::FactorPassed { .. } => "factor.passed",
            Self::ChallengeShown { .. } => "challenge.shown",
            Self::LoginRefused { .. } => "login.refused",
            Self::LoginLocked { .. } => "login.locked",
            Self::SessionCreated { .. } => "session.created",
            Self::SessionDuplicate { .. } => "session.duplicate",
            Self::SessionMoved { .. } => "session.moved",
            Self::SessionEnded { .. } => "session.ended",
            Self::CallbackAnswered { .. } => "callback.answered",
            Self::CallbackRefused { .. } => "callback.refused",
            Self::Policy(event) => event.kind(),
            Self::AccountingLost { .. } => "accounting.lost",
            Self::BackendFailed { .. } => "backend.failed",
            Self::TicketRedeemed { .. } => "ticket.redeemed",
            Self::TicketRefused { .. } => "ticket.refused",
            Self::ReconnectTicketIssued { .. } => "reconnect-ticket.issued",
            Self::ReconnectTicketRefreshed { .. } => "reconnect-ticket.refreshed",
            Self::ReconnectTicketFailed { .. } => "reconnect-ticket.failed",
            Self::ReconnectTicketRetried { .. } => "reconnect-ticket.retried",
            Self::ReconnectTicketReplayed { .. } => "reconnect-ticket.replayed",
            Self::TunnelOpened { .. } => "tunnel.opened",
            Self::TunnelResumed { .. } => "tunnel.resumed",
            Self::TunnelSuspended { .. } => "tunnel.suspended",
            Self::TunnelGivenUp { .. } => "tunnel.given-up",
            Self::TunnelClosed { .. } => "tunnel.closed",
            Self::DevicesRevoked { .. } => "devices.revoked",
            Self::State(state) => state.kind(),
            Self::Forwarding(forwarding) => forwarding.kind(),
        }
    }

    /// Why something was refused, if this event is a refusal.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::ConnectionRefused { reason, .. }
            | Self::RequestRefused { reason, .. }
            | Self::LoginRefused { reason, .. }
            | Self::CallbackRefused { reason, .. }
            | Self::TicketRefused { reason, .. }
            | Self::ReconnectTicketFailed { reason, .. } => Some(*reason),
            Self::SessionDuplicate { policy: DuplicatePolicy::Deny, .. } => Some(Reason::DuplicateSession),
            Self::SessionMoved { reason, .. } => *reason,
            _ => None,
        }
    }

    fn peer(&self) -> Option<SocketAddr> {
        match self {
            Self::ConnectionRefused { peer, .. }
            | Self::ProtocolDetected { peer, .. }
            | Self::RequestRefused { peer, .. }
            | Self::LoginTried { peer, .. }
            | Self::ChallengeShown { peer, .. }
            | Self::LoginRefused { peer, .. }
            | Self::LoginLocked { peer, .. }
            | Self::SessionCreated { peer, .. }
            | Self::SessionDuplicate { peer, .. }
            | Self::SessionMoved { peer, .. }
            | Self::CallbackAnswered { peer, .. }
            | Self::CallbackRefused { peer, .. }
            | Self::TicketRedeemed { peer, .. }
            | Self::TicketRefused { peer, .. }
            | Self::ReconnectTicketRetried { peer, .. }
            | Self::ReconnectTicketReplayed { peer, .. }
            | Self::TunnelOpened { peer, .. }
            | Self::TunnelResumed { peer, .. }
            | Self::TunnelSuspended { peer, .. }
            | Self::TunnelClosed { peer, .. } => Some(*peer),
            Self::Policy(event) => Some(event.peer),
            _ => None,
        }
    }

    fn user(&self) -> Option<&str> {
        match self {
            Self::LoginTried { user, .. }
            | Self::FactorAsked { user, .. }
            | Self::FactorRefused { user, .. }
            | Self::FactorPassed { user, .. }
            | Self::ChallengeShown { user, .. }
            | Self::LoginRefused { user, .. }
            | Self::LoginLocked { user, .. }
            | Self::SessionCreated { user, .. }
            | Self::SessionDuplicate { user, .. }
            | Self::SessionMoved { user, .. }
            | Self::SessionEnded { user, .. }
            | Self::AccountingLost { user, .. }
            | Self::CallbackAnswered { user, .. }
            | Self::DevicesRevoked { user, .. } => Some(user),
            Self::Policy(event) => event.user.as_deref(),
            _ => None,
        }
    }

    fn session(&self) -> Option<Mark> {
        match self {
            Self::SessionCreated { session, .. }
            | Self::SessionDuplicate { session, .. }
            | Self::SessionMoved { session, .. }
            | Self::SessionEnded { session, .. }
            | Self::AccountingLost { session, .. }
            | Self::CallbackAnswered { session, .. } => Some(*session),
            Self::TunnelOpened { session, .. }
            | Self::TunnelResumed { session, .. }
            | Self::TunnelSuspended { session, .. }
            | Self::TunnelGivenUp { session, .. }
            | Self::ReconnectTicketIssued { session, .. }
            | Self::ReconnectTicketRefreshed { session, .. }
            | Self::ReconnectTicketFailed { session, .. }
            | Self::ReconnectTicketReplayed { session, .. } => *session,
            Self::Policy(event) => event.session,
            _ => None,
        }
    }

    fn ticket(&self) -> Option<Mark> {
        match self {
            Self::TicketRedeemed { ticket, .. }
            | Self::ReconnectTicketIssued { ticket, .. }
            | Self::ReconnectTicketRefreshed { ticket, .. }
            | Self::ReconnectTicketRetried { ticket, .. }
            | Self::ReconnectTicketReplayed { ticket, .. }
            | Self::TunnelOpened { ticket, .. }
            | Self::TunnelResumed { ticket, .. } => Some(*ticket),
            Self::TicketRefused { ticket, .. } => *ticket,
            _ => None,
        }
    }

    fn host(&self) -> Option<&HostPort> {
        match self {
            Self::TicketRedeemed { host, .. }
            | Self::ReconnectTicketIssued { host, .. }
            | Self::ReconnectTicketRefreshed { host, .. }
            | Self::ReconnectTicketFailed { host, .. }
            | Self::ReconnectTicketRetried { host, .. }
            | Self::ReconnectTicketReplayed { host, .. }
            | Self::TunnelOpened { host, .. }
            | Self::TunnelResumed { host, .. }
            | Self::TunnelSuspended { host, .. }
            | Self::TunnelGivenUp { host, .. }
            | Self::TunnelClosed { host, .. } => Some(host),
            _ => None,
        }
    }
}

impl Tell for Event {
    fn tell(&self) -> Told {
        let mut told = Told::here(self.kind(), self.line());
        told.peer = self.peer();
        let texts = [
            ("user", self.user().map(str::to_owned)),
            ("reason", self.reason().map(|r| r.code().to_owned())),
            ("host", self.host().map(HostPort::to_string)),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                told = told.with(name, text);
            }
        }
        for (name, mark) in [("session", self.session()), ("ticket", self.ticket())] {
            if let Some(mark) = mark {
                told = told.with(name, Field::Opaque(name, mark.0));
            }
        }
        match self {
            Self::FactorAsked { factor, server, attempt, .. } => told
                .with("factor", *factor)
                .with("server", server.as_str())
                .with("attempt", u64::from(*attempt)),
            Self::FactorPassed { factor, server, .. } => {
                told.with("factor", *factor).with("server", server.as_str())
            }
            Self::FactorDiscarded { server, why } | Self::FactorRefused { server, why, .. } => {
                told.with("server", server.as_str()).with("why", why.as_str())
            }
            Self::FactorSilent { server, .. } => told.with("server", server.as_str()),
            Self::ChallengeShown { round, .. } => told.with("round", u64::from(*round)),
            Self::ProtocolDetected { protocol, .. } => told.with("protocol", *protocol),
            Self::RequestRefused { path, .. } => told.with("path", path.as_str()),
            Self::SessionCreated { groups, .. } if !groups.is_empty() => {
                told.with("groups", groups.join("; "))
            }
            Self::SessionEnded { cause, .. } => told.with("cause", *cause),
            Self::LoginLocked { scope, lasts, .. } => {
                told.with("scope", *scope).with("seconds", lasts.as_secs())
            }
            Self::SessionDuplicate { owner, attempt, policy, severity, .. } => told
                .with("owner", owner.ip().to_string())
                .with("attempt", *attempt)
                .with("policy", policy.as_str())
                .with("severity", severity.as_str()),
            Self::SessionMoved { owner, changed, agent, .. } => {
                let told = told.with("owner", owner.ip().to_string()).with("changed", *changed);
                match agent {
                    Some(agent) => told.with("agent", Field::Opaque("agent", agent.0)),
                    None => told,
                }
            }
            Self::Policy(event) => {
                event.fields().into_iter().fold(told, |told, (name, field)| told.with(name, field))
            }
            Self::BackendFailed { backend, why } => {
                told.with("backend", backend.as_str()).with("why", why.as_str())
            }
            Self::TicketRedeemed { sta, .. }
            | Self::ReconnectTicketIssued { sta, .. }
            | Self::ReconnectTicketRefreshed { sta, .. }
            | Self::ReconnectTicketFailed { sta, .. } => told.with("sta", sta.as_str()),
            Self::ReconnectTicketReplayed { .. } => told.with("severity", Severity::Alert.as_str()),
            Self::TunnelResumed { after: Some(after), .. } | Self::TunnelGivenUp { after, .. } => {
                told.with("seconds", after.as_secs())
            }
            Self::TunnelSuspended { up, down, cause, .. } | Self::TunnelClosed { up, down, cause, .. } => {
                told.with("up", *up).with("down", *down).with("cause", *cause)
            }
            Self::DevicesRevoked { devices, .. } => told.with("devices", *devices as u64),
            Self::State(state) => state.with_fields(told),
            Self::Forwarding(forwarding) => forwarding.with_fields(told),
            _ => told,
        }
    }
}
