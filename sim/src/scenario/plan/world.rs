//! The world of a plan: hosts and what they know, users, links, and how each mock misbehaves.

use std::time::Duration;

use super::{Accounting, AnakamServer, Collector, HostKind, LdapServer, Policies, SecondFactor};
use crate::scenario::source::{Span, Spanned};

/// Every host and user of a scenario. Names are unique over all kinds of hosts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct World {
    /// The user directory: who exists, with which password.
    pub users: Vec<User>,
    /// Gateways under test.
    pub gateways: Vec<Gateway>,
    /// StoreFront servers.
    pub storefronts: Vec<Storefront>,
    /// XML brokers.
    pub brokers: Vec<Broker>,
    /// Secure ticket authorities.
    pub stas: Vec<Sta>,
    /// RADIUS servers.
    pub radius: Vec<RadiusServer>,
    /// Directory servers.
    pub ldap: Vec<LdapServer>,
    /// Anakam.TFA servers.
    pub anakam: Vec<AnakamServer>,
    /// Syslog collectors.
    pub collectors: Vec<Collector>,
    /// ICA hosts: the machines on which published apps run.
    pub ica_hosts: Vec<IcaHost>,
    /// Machines on which a Receiver can run.
    pub machines: Vec<Machine>,
    /// Latency between two hosts.
    pub links: Vec<Link>,
    /// Latency of every link that names none.
    pub latency: Option<Spanned<LatencyRange>>,
}

impl World {
    /// A gateway by name.
    pub fn gateway(&self, name: &str) -> Option<&Gateway> {
        self.gateways.iter().find(|host| host.name.value == name)
    }

    /// A user of the directory by name.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.name.value == name)
    }

    /// A RADIUS server by name.
    pub fn radius_server(&self, name: &str) -> Option<&RadiusServer> {
        self.radius.iter().find(|host| host.name.value == name)
    }

    /// A directory server by name.
    pub fn ldap_server(&self, name: &str) -> Option<&LdapServer> {
        self.ldap.iter().find(|host| host.name.value == name)
    }

    /// An Anakam.TFA server by name.
    pub fn anakam_server(&self, name: &str) -> Option<&AnakamServer> {
        self.anakam.iter().find(|host| host.name.value == name)
    }

    /// A syslog collector by name.
    pub fn collector(&self, name: &str) -> Option<&Collector> {
        self.collectors.iter().find(|host| host.name.value == name)
    }

    /// An app by its published name, over all brokers.
    pub fn app(&self, name: &str) -> Option<&App> {
        self.brokers.iter().flat_map(|broker| &broker.apps).find(|app| app.name.value == name)
    }

    /// The kind of a host by its name.
    pub fn kind_of(&self, name: &str) -> Option<HostKind> {
        self.hosts().find(|(_, host)| host.value == name).map(|(kind, _)| kind)
    }

    /// The names of all hosts, each with its kind, in the order of the kinds.
    pub fn hosts(&self) -> impl Iterator<Item = (HostKind, &Spanned<String>)> {
        let gateways = self.gateways.iter().map(|host| (HostKind::Gateway, &host.name));
        let storefronts = self.storefronts.iter().map(|host| (HostKind::Storefront, &host.name));
        let brokers = self.brokers.iter().map(|host| (HostKind::Broker, &host.name));
        let stas = self.stas.iter().map(|host| (HostKind::Sta, &host.name));
        let radius = self.radius.iter().map(|host| (HostKind::Radius, &host.name));
        let ldap = self.ldap.iter().map(|host| (HostKind::Ldap, &host.name));
        let collectors = self.collectors.iter().map(|host| (HostKind::Syslog, &host.name));
        let anakam = self.anakam.iter().map(|host| (HostKind::Anakam, &host.name));
        let ica_hosts = self.ica_hosts.iter().map(|host| (HostKind::IcaHost, &host.name));
        let machines = self.machines.iter().map(|host| (HostKind::Receiver, &host.name));
        let servers = gateways.chain(storefronts).chain(brokers).chain(stas).chain(radius).chain(ldap);
        servers.chain(anakam).chain(collectors).chain(ica_hosts).chain(machines)
    }
}

/// A user of the shared directory.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// Log-in name.
    pub name: Spanned<String>,
    /// First-factor password. A test value: scenario files are no place for real ones.
    pub password: Spanned<String>,
    /// Windows domain handed to StoreFront and the ICA host.
    pub domain: Option<Spanned<String>>,
}

/// The gateway under test.
#[derive(Debug, Clone, PartialEq)]
pub struct Gateway {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// TCP port of the one TLS listener; 443 when absent.
    pub port: Option<Spanned<u16>>,
    /// The name clients and certificates use; the host name when absent.
    pub fqdn: Option<Spanned<String>>,
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

/// A StoreFront server with one store.
#[derive(Debug, Clone, PartialEq)]
pub struct Storefront {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// The name in its URLs; the host name when absent.
    pub fqdn: Option<Spanned<String>>,
    /// TCP port; 443 when absent.
    pub port: Option<Spanned<u16>>,
    /// Store name: the site is `/Citrix/<Store>Web`. `Store` when absent.
    pub store: Option<Spanned<String>>,
    /// XML brokers asked, in this order.
    pub brokers: Vec<Spanned<String>>,
    /// STAs that tickets are requested from, in this order.
    pub stas: Vec<Spanned<String>>,
    /// The gateway written into ICA files (`SSLProxyHost`).
    pub gateway: Option<Spanned<String>>,
    /// The gateway asked for access information at single sign-on; none means no call-back.
    pub call_back: Option<Spanned<String>>,
    /// Whether ICA files offer session reliability; not when absent.
    pub session_reliability: Option<Spanned<bool>>,
    /// Whether ICA files allow auto client reconnect; not when absent.
    pub auto_client_reconnect: Option<Spanned<bool>>,
    /// How it misbehaves.
    pub misbehaviours: Vec<Misbehaviour>,
    /// The whole statement.
    pub span: Span,
}

/// An XML broker.
#[derive(Debug, Clone, PartialEq)]
pub struct Broker {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// TCP port; 80 when absent.
    pub port: Option<Spanned<u16>>,
    /// Farm name.
    pub farm: Option<Spanned<String>>,
    /// Published apps.
    pub apps: Vec<App>,
    /// Load of servers, as the broker believes it.
    pub servers: Vec<Server>,
    /// How it misbehaves.
    pub misbehaviours: Vec<Misbehaviour>,
    /// The whole statement.
    pub span: Span,
}

/// A published app.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    /// Published name.
    pub name: Spanned<String>,
    /// ICA hosts that can run it.
    pub servers: Vec<Spanned<String>>,
    /// Users who may see it; empty means everybody.
    pub users: Vec<Spanned<String>>,
    /// Sessions that may see it must carry one of these; empty means any session.
    pub smart_access: Vec<SmartAccess>,
}

/// The load of one server.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// ICA host.
    pub name: Spanned<String>,
    /// Load index, 0 (idle) to 10 000 (full); 0 when absent.
    pub load: Option<Spanned<u32>>,
}

/// A secure ticket authority.
#[derive(Debug, Clone, PartialEq)]
pub struct Sta {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// TCP port; 80 when absent.
    pub port: Option<Spanned<u16>>,
    /// Authority id in tickets, at most 16 letters and digits.
    pub id: Spanned<String>,
    /// Life of a gateway traversal ticket; 100 s when absent.
    pub life: Option<Spanned<Duration>>,
    /// Ticket version; 40 when absent.
    pub version: Option<Spanned<StaVersion>>,
    /// How it misbehaves.
    pub misbehaviours: Vec<Misbehaviour>,
    /// The whole statement.
    pub span: Span,
}

/// Version field of an STA ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaVersion {
    /// STA 1.0 and 1.1.
    V10,
    /// STA 2.0.
    V20,
    /// STA 2.2.
    V22,
    /// STA 4.0, needed for session reliability.
    V40,
}

impl StaVersion {
    /// The number as it stands in a ticket.
    pub fn number(self) -> u8 {
        match self {
            Self::V10 => 10,
            Self::V20 => 20,
            Self::V22 => 22,
            Self::V40 => 40,
        }
    }
}

/// A RADIUS server.
#[derive(Debug, Clone, PartialEq)]
pub struct RadiusServer {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// UDP port; 1812 when absent.
    pub port: Option<Spanned<u16>>,
    /// Secret shared with the gateway.
    pub secret: Spanned<String>,
    /// Users it knows.
    pub users: Vec<RadiusUser>,
    /// How it misbehaves.
    pub misbehaviours: Vec<Misbehaviour>,
    /// The whole statement.
    pub span: Span,
}

/// A user of a RADIUS server.
#[derive(Debug, Clone, PartialEq)]
pub struct RadiusUser {
    /// Log-in name.
    pub name: Spanned<String>,
    /// Password; that of the directory when absent (the check makes sure that there is one).
    pub password: Option<Spanned<String>>,
    /// Challenges, asked one after another once the password is right; none means accept.
    pub rounds: Vec<RadiusRound>,
    /// Groups that the Access-Accept names (Filter-Id).
    pub groups: Vec<Spanned<String>>,
    /// Class of the Access-Accept.
    pub class: Option<Spanned<String>>,
    /// Session-Timeout of the Access-Accept, in whole seconds.
    pub session_timeout: Option<Spanned<Duration>>,
    /// How long every answer to this user takes, as when a person must approve.
    pub approves_after: Option<Spanned<Duration>>,
}

/// One challenge and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct RadiusRound {
    /// Text of the challenge (`Reply-Message`).
    pub challenge: Spanned<String>,
    /// What the user must answer.
    pub answer: Spanned<String>,
}

/// An ICA host: listens for ICA and echoes what is typed.
#[derive(Debug, Clone, PartialEq)]
pub struct IcaHost {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// TCP port for plain ICA; 1494 when absent.
    pub ica_port: Option<Spanned<u16>>,
    /// How long a cut session is kept; 180 s when absent.
    pub session_reliability: Option<Spanned<Duration>>,
    /// Whether clients get a ticket to reconnect with; not when absent.
    pub auto_client_reconnect: Option<Spanned<bool>>,
    /// How it misbehaves.
    pub misbehaviours: Vec<Misbehaviour>,
    /// The whole statement.
    pub span: Span,
}

/// A machine on which a Receiver can run.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
}

/// Latency between two hosts, both ways.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// One end.
    pub a: Spanned<String>,
    /// The other end.
    pub b: Spanned<String>,
    /// One-way delay of each message.
    pub latency: Spanned<LatencyRange>,
}

/// A time, or a range from which each message draws its own. `min == max` for a fixed time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatencyRange {
    /// Shortest.
    pub min: Duration,
    /// Longest.
    pub max: Duration,
}

/// One way in which a mock does not do what it should, and when. At most one of `first`, `nth` and `after` is
/// there; without any it happens every time.
#[derive(Debug, Clone, PartialEq)]
pub struct Misbehaviour {
    /// What it does.
    pub kind: MisbehaviourKind,
    /// Only at this kind of request; at every kind when absent.
    pub on: Option<Spanned<Operation>>,
    /// Only at the first so many requests (of that kind).
    pub first: Option<Spanned<u32>>,
    /// Only at the n-th request (of that kind), from 1.
    pub nth: Option<Spanned<u32>>,
    /// Only after so many requests (of that kind).
    pub after: Option<Spanned<u32>>,
    /// The whole statement.
    pub span: Span,
}

/// What a misbehaving mock does instead of the right thing. Which mock can do what is in the language's table of
/// words.
#[derive(Debug, Clone, PartialEq)]
pub enum MisbehaviourKind {
    /// Starts its work only after this time.
    Slow(Spanned<Duration>),
    /// Does its work at once and sends the answer only after this time.
    Late(Spanned<Duration>),
    /// Takes the request, never answers, and does nothing about it.
    Silent,
    /// Closes the connection without an answer.
    Refuse,
    /// Answers under an id that is not the one asked for: another STA's, another RADIUS request's.
    WrongId,
    /// Sends only the first bytes of the answer, then closes.
    Truncate {
        /// Bytes sent.
        to: Spanned<u32>,
    },
    /// Sends the answer twice.
    Duplicate,
    /// Sends an accept whose proof of origin is made up, and the true answer behind it.
    Forge,
    /// Answers with this error of its protocol.
    Error {
        /// The error's name in the protocol.
        code: Spanned<String>,
    },
    /// Computes its answer with another shared secret.
    WrongSecret,
    /// Leaves the Message-Authenticator out of its answer.
    NoAuthenticator,
    /// Answers with XML that is not well-formed.
    BadXml,
    /// Answers with XML whose document type declares entities that expand into one another.
    Dtd,
    /// Answers with XML that nests far too deep.
    Deep,
    /// Answers with bytes of no protocol.
    Garbage,
    /// Sends whoever asks to another server of its kind.
    Referral,
    /// Answers with a message larger than anybody takes.
    Oversized,
    /// Sends whoever asks elsewhere.
    Redirect {
        /// The URL.
        to: Spanned<String>,
    },
}

/// A kind of request, where a mock serves several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// StoreFront and broker: single sign-on.
    SignOn,
    /// StoreFront and broker: list of apps.
    List,
    /// StoreFront and broker: launch of an app.
    Launch,
    /// STA: issue a ticket.
    Issue,
    /// STA: redeem a ticket.
    Redeem,
    /// STA: refresh a reconnect ticket.
    Refresh,
    /// RADIUS: name and password.
    LogIn,
    /// RADIUS: answer to a challenge.
    Answer,
    /// Directory: a bind.
    Bind,
    /// Directory: a search.
    Search,
    /// RADIUS: accounting.
    Account,
    /// Anakam.TFA: send a passcode.
    Deliver,
    /// Anakam.TFA: is this device known?
    Device,
}
