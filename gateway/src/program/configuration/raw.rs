//! The configuration as it is written. Names, texts and defaults here are the schema; what the settings mean
//! together is in [`super::build`].

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use gateway::config::{RadiusTiming, SessionRules};
use gateway::limits::Limits;
use gateway_proto::cvpn::Target;
use gateway_proto::host_port::HostPort;
use gateway_proto::ticket::StaId;
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret::SecretSource;
use super::words::{Time, Word};
use crate::program::ADMIN_DEFAULT;

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
    /// Who verifies a log-in. Exactly one of its tables.
    pub(super) factor: Factor,
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
    /// PEM files of the authorities that back ends are believed by.
    #[serde(default)]
    pub(super) trust: Vec<PathBuf>,
    /// Also believe the authorities of the operating system.
    #[serde(default)]
    pub(super) system_trust: bool,
}

/// Who verifies a log-in. Exactly one of these.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Factor {
    /// A file of users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) users: Option<Users>,
    /// RADIUS servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) radius: Option<Radius>,
    /// A directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ldap: Option<Ldap>,
}

/// A file of users.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Users {
    /// A line `name:hash` for every user, as `gateway hash-password --user` prints it. # begins a comment.
    pub(super) file: PathBuf,
}

/// RADIUS servers, asked in order.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Radius {
    /// At least one.
    pub(super) server: Vec<RadiusServer>,
    /// How the gateway names itself. Default: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nas_identifier: Option<String>,
    /// Wait before the second transmission; doubles from try to try.
    #[serde(default = "default_first_retransmit")]
    pub(super) first_retransmit: Time,
    /// Transmissions to one server.
    #[serde(default = "default_tries")]
    pub(super) tries: u8,
    /// For one question, all servers together.
    #[serde(default = "default_budget")]
    pub(super) budget: Time,
    /// Whether a reply without Message-Authenticator counts.
    #[serde(default)]
    pub(super) message_authenticator: MessageAuthenticator,
}

fn default_first_retransmit() -> Time {
    Time(RadiusTiming::default().first_retransmit)
}

fn default_tries() -> u8 {
    RadiusTiming::default().tries
}

fn default_budget() -> Time {
    Time(RadiusTiming::default().budget)
}

/// Whether a RADIUS reply without Message-Authenticator counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MessageAuthenticator {
    /// It does not.
    #[default]
    Required,
    /// It does: open to CVE-2024-3596.
    IfPresent,
}

/// One RADIUS server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RadiusServer {
    /// How logs name it. Default: its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// Host and port.
    pub(super) address: Word<HostPort>,
    /// The shared secret, at least 16 characters.
    pub(super) secret: SecretSource,
}

/// The servers of one directory, asked in order.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Ldap {
    /// At least one.
    pub(super) server: Vec<LdapServer>,
    /// The entry below which users are.
    pub(super) base: String,
    /// Who looks users up. Default: nobody in particular.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<LdapAccount>,
    /// Which entry is a user's; `{user}` is what was typed. Default: a person whose name attribute it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) filter: Option<String>,
    /// The attribute with the user's name as sessions know it.
    #[serde(default = "default_name_attribute")]
    pub(super) name_attribute: String,
    /// The attribute with the user's groups.
    #[serde(default = "default_group_attribute")]
    pub(super) group_attribute: String,
}

fn default_name_attribute() -> String {
    "sAMAccountName".to_owned()
}

fn default_group_attribute() -> String {
    "memberOf".to_owned()
}

/// One LDAP server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct LdapServer {
    /// How logs name it. Default: its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// Host and port.
    pub(super) address: Word<HostPort>,
    /// How passwords are kept from others on the way.
    #[serde(default)]
    pub(super) security: LdapSecurity,
}

/// How the connection to a directory is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum LdapSecurity {
    /// TLS from the first byte (port 636).
    #[default]
    Tls,
    /// StartTLS before anything else (port 389).
    StartTls,
    /// Nothing. Only with `test-secrets`.
    PlainForTests,
}

/// The account with which users are looked up.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct LdapAccount {
    /// Its distinguished name, or `user@domain`.
    pub(super) dn: String,
    /// Its password.
    pub(super) password: SecretSource,
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

/// Several sessions of one user, and how a session is left.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Sessions {
    /// What becomes of a log-in of somebody who has a session.
    pub(super) duplicates: Duplicates,
    /// How loud the audit log says so: a word of RFC 5424, such as `warning`.
    pub(super) duplicate_severity: String,
    /// A path that logs out, besides `/cgi/logout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logout_path: Option<String>,
}

impl Default for Sessions {
    fn default() -> Self {
        let severity = SessionRules::default().duplicate_severity.as_str().to_owned();
        Self { duplicates: Duplicates::Allow, duplicate_severity: severity, logout_path: None }
    }
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
    /// Where it listens; a loopback address. Whoever can connect there may end sessions.
    pub(super) listen: Word<SocketAddr>,
}

impl Default for Admin {
    fn default() -> Self {
        Self { listen: Word(ADMIN_DEFAULT) }
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

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $kind:ty, $least:expr, $most:expr;)*) => {
        /// Bounds.
        #[derive(Debug, Deserialize, Serialize, JsonSchema)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
        pub(super) struct LimitSettings { $($(#[$doc])* pub(super) $name: $kind,)* }

        impl Default for LimitSettings {
            fn default() -> Self {
                let limits = Limits::default();
                Self { $($name: limits.$name.into(),)* }
            }
        }

        impl LimitSettings {
            pub(super) fn limits(&self) -> Limits {
                Limits { $($name: self.$name.into(),)* }
            }

            /// The settings outside the bounds of the bounds, and what those are.
            pub(super) fn outside(&self) -> Vec<(String, String)> {
                let all = [$((
                    stringify!($name).replace('_', "-"),
                    format!("{} to {} is allowed", $least, $most),
                    ($least..=$most).contains(&self.$name),
                ),)*];
                all.into_iter().filter(|(.., inside)| !inside).map(|(name, text, _)| (name, text)).collect()
            }
        }
    };
}

const fn seconds(seconds: u64) -> Time {
    Time(Duration::from_secs(seconds))
}

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

// The bounds are ours: the least still lets a slow client log in, the most still ends.
limits! {
    /// A TLS handshake must be complete in this time.
    tls_handshake: Time, seconds(1), seconds(120);
    /// The first bytes after it must name a protocol in this time.
    protocol_known: Time, seconds(1), seconds(120);
    /// The body of a log-in form must be complete in this time.
    form_body: Time, seconds(1), seconds(600);
    /// Any single question to a back end is answered in this time.
    backend: Time, seconds(1), seconds(120);
    /// A log-in that waits for an answer is dropped after this time.
    pending_login: Time, seconds(30), seconds(HOUR);
    /// Log-ins waiting at once; the oldest goes.
    pending_logins: usize, 1, 1_000_000;
    /// Sessions at once; a newcomer is refused.
    sessions: usize, 1, 1_000_000;
    /// A session nobody used for this long is over.
    session_idle: Time, seconds(60), seconds(DAY);
    /// A session is over after this time.
    session_absolute: Time, seconds(60), seconds(7 * DAY);
    /// A tunnel without a byte for this long is closed.
    tunnel_idle: Time, seconds(60), seconds(7 * DAY);
    /// A tunnel is closed after this time.
    tunnel_absolute: Time, seconds(60), seconds(30 * DAY);
    /// Connections at once.
    connections: usize, 1, 1_000_000;
    /// Connections of one address at once.
    connections_per_peer: usize, 1, 1_000_000;
    /// How long a spent ticket is remembered: at least as long as any STA's tickets live.
    spent_ticket: Time, seconds(100), seconds(DAY);
    /// How long tunnels go on after the gateway was told to stop.
    drain: Time, seconds(0), seconds(HOUR);
    /// Failed log-ins of one account in lockout-window that lock it.
    lockout_failures: u32, 3, 1_000;
    /// The same of one client address, whichever the accounts.
    lockout_failures_per_address: u32, 3, 1_000_000;
    /// How far back failures count.
    lockout_window: Time, seconds(60), seconds(DAY);
    /// How long a lock lasts.
    lockout: Time, seconds(60), seconds(DAY);
}
