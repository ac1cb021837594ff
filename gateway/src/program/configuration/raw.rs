//! The configuration as it is written. Names, texts and defaults here are the schema; what the settings mean
//! together is in [`super::build`].

mod factor;
mod limits;
mod policy;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use gateway::config::{Reliability, SessionRules};
use gateway_proto::cvpn::Target;
use gateway_proto::host_port::HostPort;
use gateway_proto::ticket::StaId;
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret::SecretSource;
use super::words::{Time, Word};
use crate::program::admin::Place;

pub(super) use factor::{
    Accounting, Anakam, Factor, FirstRequest, Ldap, LdapSecurity, LdapServer, MessageAuthenticator, Radius,
    RadiusServer, SecondFactor, Users,
};
pub(super) use limits::LimitSettings;
pub(super) use policy::Policy;

/// The configuration of a gateway.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Raw {
    /// The host name users type. StoreFront compares it with its list of gateways.
    pub(super) fqdn: String,
    /// The virtual server's name; StoreFront sees it as the SmartAccess farm.
    #[serde(default = "default_name")]
    pub(super) name: String,
    /// Where to listen for users.
    #[serde(default = "default_listen")]
    pub(super) listen: Word<SocketAddr>,
    /// The address StoreFront knows this gateway by. Default: the one it listens on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) vip: Option<Word<IpAddr>>,
    /// Allows `{ inline = "…" }` for secrets and directories without TLS. For tests only.
    #[serde(default)]
    pub(super) test_secrets: bool,
    /// Certificates.
    pub(super) tls: Tls,
    /// Which names are one account.
    #[serde(default)]
    pub(super) names: Names,
    /// Who verifies a log-in. Exactly one of its tables.
    pub(super) factor: Factor,
    /// Who is asked about a user who passed: the first of these that is about the user counts.
    #[serde(default)]
    pub(super) second_factor: Vec<SecondFactor>,
    /// RADIUS servers that are told about sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) accounting: Option<Accounting>,
    /// The application portal.
    pub(super) storefront: Storefront,
    /// Further hosts that users may reach through the clientless proxy.
    #[serde(default)]
    pub(super) publish: Vec<Publish>,
    /// The STAs whose tickets are redeemed: the same list as StoreFront's.
    #[serde(default)]
    pub(super) sta: Vec<Sta>,
    /// Where STA answers may point.
    #[serde(default)]
    pub(super) ica_hosts: IcaHosts,
    /// Which client gets which mode after log-in.
    #[serde(default)]
    pub(super) modes: Modes,
    /// What StoreFront's call-back learns.
    #[serde(default)]
    pub(super) smart_access: SmartAccess,
    /// Several sessions of one user, and how a session is left.
    #[serde(default)]
    pub(super) sessions: Sessions,
    /// NetScaler configuration files whose policies every request passes first.
    #[serde(default)]
    pub(super) policies: Vec<PathBuf>,
    /// How policies run.
    #[serde(default)]
    pub(super) policy: Policy,
    /// Sessions of applications that outlive their connections.
    #[serde(default)]
    pub(super) session_reliability: SessionReliability,
    /// What outlives the process.
    #[serde(default)]
    pub(super) store: Store,
    /// Who may call back.
    #[serde(default)]
    pub(super) callback: Callback,
    /// Bounds.
    #[serde(default)]
    pub(super) limits: LimitSettings,
    /// The port for administrators on this machine.
    #[serde(default)]
    pub(super) admin: Admin,
    /// The audit log.
    #[serde(default)]
    pub(super) log: Log,
    /// A collector that gets the audit log as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) syslog: Option<Syslog>,
}

fn default_name() -> String {
    "gateway".to_owned()
}

fn default_listen() -> Word<SocketAddr> {
    Word(SocketAddr::from(([0, 0, 0, 0], 443)))
}

/// Certificates.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Tls {
    /// PEM file: the gateway's certificate, then its intermediates.
    pub(super) certificate: PathBuf,
    /// The certificate's private key, PEM.
    pub(super) key: SecretSource,
    /// Which versions of TLS users may speak.
    #[serde(default)]
    pub(super) profile: TlsProfile,
    /// PEM files of the authorities that back ends are believed by.
    #[serde(default)]
    pub(super) trust: Vec<PathBuf>,
    /// Also believe the authorities of the operating system.
    #[serde(default)]
    pub(super) system_trust: bool,
}

/// Which versions of TLS users may speak: Mozilla's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TlsProfile {
    /// 1.2 and 1.3.
    #[default]
    Intermediate,
    /// 1.3 only.
    Modern,
}

/// The application portal.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Storefront {
    /// The store's web site: `https://storefront.example.com/Citrix/StoreWeb`.
    pub(super) url: String,
    /// Networks its name may lead to. Default: any but this machine and its link.
    #[serde(default)]
    pub(super) networks: Vec<Word<IpNet>>,
}

/// A host that users may reach through the clientless proxy.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Publish {
    /// Scheme, host and port, matched exactly: `https://intranet.example.com`.
    pub(super) url: Word<Target>,
    /// Networks its name may lead to. Default: any but this machine and its link.
    #[serde(default)]
    pub(super) networks: Vec<Word<IpNet>>,
}

/// A Secure Ticket Authority.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Sta {
    /// The id in its tickets.
    pub(super) id: Word<StaId>,
    /// Scheme, host and port.
    pub(super) url: Word<Target>,
}

/// Where STA answers may point. Both must allow a host.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct IcaHosts {
    /// Networks of the ICA hosts.
    pub(super) networks: Vec<Word<IpNet>>,
    /// Their ports.
    pub(super) ports: Vec<u16>,
}

impl Default for IcaHosts {
    fn default() -> Self {
        Self { networks: Vec::new(), ports: vec![1494, 2598] }
    }
}

/// Which client gets which mode after log-in.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Modes {
    /// Web browsers.
    pub(super) browser: Mode,
    /// Receiver and Workspace app.
    pub(super) receiver: Mode,
}

impl Default for Modes {
    fn default() -> Self {
        Self { browser: Mode::Cvpn, receiver: Mode::Wica }
    }
}

/// What a client may do after log-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mode {
    /// ICA proxy: the portal at its own path.
    Wica,
    /// Clientless access: the portal below `/cvpn/`.
    Cvpn,
}

/// What StoreFront's call-back learns.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct SmartAccess {
    /// Conditions (session policy names) this gateway vouches for.
    pub(super) conditions: Vec<String>,
}

/// Which names are one account.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Names {
    /// Every way in which users write their domain: `["CORP", "corp.example.com"]`. With them `CORP\alice`,
    /// `alice@corp.example.com` and `alice` are one account.
    pub(super) domains: Vec<String>,
    /// What becomes of a name with another domain.
    pub(super) other_domains: OtherDomains,
    /// Which spelling the first factor is asked about.
    pub(super) asked: Spelling,
}

/// What becomes of a name with a domain that is not listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OtherDomains {
    /// Nobody is asked about it.
    #[default]
    Refused,
    /// It is an account of its own.
    Apart,
}

/// Which spelling of a name the first factor is asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Spelling {
    /// Without a listed domain.
    #[default]
    Bare,
    /// As it was typed.
    Typed,
}

/// Several sessions of one user, and how a session is left.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Sessions {
    /// What becomes of a log-in of somebody who has a session.
    pub(super) duplicates: Duplicates,
    /// How loud the audit log says so: a word of RFC 5424, such as `warning`.
    pub(super) duplicate_severity: String,
    /// What of the log-in's place a session is bound to. Default: nothing.
    pub(super) bind: Vec<Bind>,
    /// A path that logs out, besides `/cgi/logout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logout_path: Option<String>,
}

impl Default for Sessions {
    fn default() -> Self {
        let severity = SessionRules::default().duplicate_severity.as_str().to_owned();
        Self {
            duplicates: Duplicates::Allow,
            duplicate_severity: severity,
            bind: Vec::new(),
            logout_path: None,
        }
    }
}

/// What a session can be bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Bind {
    /// The client's network address.
    Address,
    /// What the client says it is.
    UserAgent,
}

/// What outlives the process.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Store {
    /// The file that keeps sessions, log-outs, known devices, locks and spent tickets over restarts and crashes.
    /// Default: none is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<PathBuf>,
}

/// What becomes of a log-in of somebody who has a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Duplicates {
    /// It gets one more.
    Allow,
    /// It gets a page that says so.
    Deny,
    /// It gets the only one: the other session ends.
    Kick,
    /// The user is asked.
    Transfer,
}

/// Sessions of applications that outlive their connections.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct SessionReliability {
    /// Without it clients are told to use SOCKS.
    pub(super) enabled: bool,
    /// How long a session waits for its client.
    pub(super) kept: Time,
    /// How long the STA's reconnect tickets live when nobody refreshes them.
    pub(super) ticket_life: Time,
}

impl Default for SessionReliability {
    fn default() -> Self {
        let Reliability { kept, ticket_life } = Reliability::default();
        Self { enabled: true, kept: Time(kept), ticket_life: Time(ticket_life) }
    }
}

/// Who may call back.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Callback {
    /// StoreFront servers by name or address, at most 16.
    pub(super) peers: Vec<String>,
    /// What a caller may send as `X-Gateway-Callback-Token` instead of coming from a known address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<SecretSource>,
}

/// The port for administrators.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Admin {
    /// Where it listens: a loopback address, or `unix:` and a path. Whoever can connect there may end sessions.
    pub(super) listen: Word<Place>,
}

impl Default for Admin {
    fn default() -> Self {
        Self { listen: Word(Place::usual()) }
    }
}

/// The audit log.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Log {
    /// How lines are written.
    pub(super) format: LogFormat,
    /// A file instead of standard error; opened again on SIGHUP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<PathBuf>,
}

/// A collector of syslog messages (RFC 5424).
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Syslog {
    /// Host and port. With TLS its certificate must be for this host.
    pub(super) collector: Word<HostPort>,
    /// How messages travel.
    #[serde(default)]
    pub(super) transport: SyslogTransport,
}

/// How syslog messages travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SyslogTransport {
    /// A datagram each (RFC 5426), usually to port 514.
    Udp,
    /// A TCP stream, readable on the way (RFC 6587), usually to port 601.
    Tcp,
    /// TLS (RFC 5425), usually to port 6514.
    #[default]
    Tls,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::program) enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// To read.
    Text,
    /// One JSON object a line.
    Json,
    /// Syslog messages (RFC 5424).
    Rfc5424,
}
