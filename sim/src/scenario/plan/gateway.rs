//! The gateway of a plan: whom it asks, what it allows, and the limits a scenario changes.

use std::time::Duration;

use gateway::config::Binding;

use super::{Accounting, Domains, Policies, SecondFactor, User};
use crate::scenario::source::{Span, Spanned};

/// The gateway under test.
#[derive(Debug, Clone, PartialEq)]
pub struct Gateway {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// TCP port of the one TLS listener; 443 when absent.
    pub port: Option<Spanned<u16>>,
    /// The name clients and certificates use; the host name when absent.
    pub fqdn: Option<Spanned<String>>,
    /// Which names are one account; every name is taken whole when absent.
    pub domains: Option<Domains>,
    /// Who verifies name and password.
    pub first_factor: Option<FirstFactor>,
    /// Who is asked next, as the first of these rules says.
    pub second_factors: Vec<SecondFactor>,
    /// Who is told about sessions.
    pub accounting: Option<Accounting>,
    /// The `setclient` mode of native Receivers; `wica` when absent.
    pub receiver_mode: Option<Spanned<Mode>>,
    /// The `setclient` mode of browsers; `cvpn` when absent.
    pub browser_mode: Option<Spanned<Mode>>,
    /// Hosts the clientless proxy may reach, `host` or `host:port`. The StoreFront's is always among them.
    pub allow: Vec<Spanned<String>>,
    /// The StoreFront that users are sent to.
    pub storefront: Option<Spanned<String>>,
    /// The STAs that tickets are redeemed at, by host name.
    pub stas: Vec<Spanned<String>>,
    /// The only port tickets may lead to; those of the ICA hosts when absent.
    pub ica_port: Option<Spanned<u16>>,
    /// SmartAccess answer given to StoreFront's call-back; all of one farm.
    pub smart_access: Vec<SmartAccess>,
    /// What becomes of a log-in of somebody who has a session; `allow` when absent.
    pub duplicate_sessions: Option<Spanned<DuplicateSessions>>,
    /// How loud the audit log is about it; `warning` when absent.
    pub duplicate_severity: Option<Spanned<Severity>>,
    /// What of its log-in's place a session is bound to; nothing when absent.
    pub bind: Option<Spanned<Binding>>,
    /// A path that logs out, besides `/cgi/logout`.
    pub logout_path: Option<Spanned<String>>,
    /// Policies that requests pass first.
    pub policies: Policies,
    /// How long it waits for a client that was cut off; nothing: CGP is refused.
    pub session_reliability: Option<Spanned<Duration>>,
    /// Life it gives an STA's reconnect tickets.
    pub reconnect_ticket_life: Option<Spanned<Duration>>,
    /// The collector its audit log is sent to; none when absent.
    pub syslog: Option<Spanned<String>>,
    /// Where its state is; `memory` when absent.
    pub state: Option<Spanned<StateStore>>,
    /// Times and sizes the scenario changes.
    pub limits: GatewayLimits,
    /// The whole statement.
    pub span: Span,
}

/// Limits of the gateway that a scenario may change; the gateway's own default where absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GatewayLimits {
    /// One question to RADIUS, over all servers and tries.
    pub login_deadline: Option<Spanned<Duration>>,
    /// How long a challenge waits for its answer.
    pub challenge_deadline: Option<Spanned<Duration>>,
    /// Complete TLS handshake.
    pub tls_deadline: Option<Spanned<Duration>>,
    /// First byte until the protocol is known.
    pub sniff_deadline: Option<Spanned<Duration>>,
    /// One call to a back end (STA, StoreFront).
    pub backend_deadline: Option<Spanned<Duration>>,
    /// Inactivity that ends a session.
    pub session_idle: Option<Spanned<Duration>>,
    /// Absolute life of a session.
    pub session_limit: Option<Spanned<Duration>>,
    /// Live sessions, at most.
    pub sessions_max: Option<Spanned<u32>>,
    /// Connections at once, at most.
    pub connections_max: Option<Spanned<u32>>,
    /// Connections of one address at once, at most.
    pub connections_per_address: Option<Spanned<u32>>,
    /// Silence that ends a tunnel.
    pub tunnel_idle: Option<Spanned<Duration>>,
    /// Absolute life of a tunnel.
    pub tunnel_limit: Option<Spanned<Duration>>,
    /// Wait for a RADIUS reply before the first retransmission.
    pub radius_timeout: Option<Spanned<Duration>>,
    /// Transmissions of one RADIUS request, the first included.
    pub radius_tries: Option<Spanned<u32>>,
    /// How long a person has to approve on a phone; nobody is asked there when absent.
    pub radius_push: Option<Spanned<Duration>>,
    /// Failed log-ins that lock an account.
    pub lockout_failures: Option<Spanned<u32>>,
    /// Failed log-ins that lock a client's address.
    pub lockout_failures_per_address: Option<Spanned<u32>>,
    /// How far back failures count.
    pub lockout_window: Option<Spanned<Duration>>,
    /// How long a lock lasts.
    pub lockout: Option<Spanned<Duration>>,
}

/// Who verifies name and password at the gateway.
#[derive(Debug, Clone, PartialEq)]
pub enum FirstFactor {
    /// RADIUS servers, asked in this order.
    Radius(Vec<Spanned<String>>),
    /// Servers of one directory, asked in this order.
    Ldap(Vec<Spanned<String>>),
    /// A local user file. Empty means every user of the directory.
    Users(Vec<User>),
}

/// The page a client is sent to after log-in: `/cgi/setclient?<mode>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// ICA proxy for native Receivers.
    Wica,
    /// Clientless VPN for browsers.
    Cvpn,
}

/// What becomes of a log-in of somebody who has a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicateSessions {
    /// It gets one more.
    Allow,
    /// It is turned away.
    Deny,
    /// It ends the other session.
    Kick,
    /// It may end the other session.
    Transfer,
}

/// Where a gateway's state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateStore {
    /// It ends with the process.
    Memory,
    /// It outlives process and power.
    Disk,
}

/// How loud an entry of the audit log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Wakes somebody up.
    Emergency,
    /// Somebody has to look at it now.
    Alert,
    /// Somebody should look at it.
    Warning,
    /// Worth a note.
    Notice,
}

/// A SmartAccess farm (gateway name) and condition (session policy).
#[derive(Debug, Clone, PartialEq)]
pub struct SmartAccess {
    /// Farm name, as StoreFront compares it.
    pub farm: Spanned<String>,
    /// Condition name.
    pub condition: Spanned<String>,
}
