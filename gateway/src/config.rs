//! What a gateway is told at birth: validated values, no files, no text formats.

mod policies;
mod radius;
mod second;
mod syslog;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use gateway_proto::cvpn::Target;
use gateway_proto::host_port::HostPort;
use gateway_proto::ldap::Filter;
use gateway_proto::limits::CGP_KEPT;
use gateway_proto::secret::Secret;
use gateway_proto::ticket::StaId;
use gateway_rt::tls::{Identity, Profile};
use ipnet::IpNet;
use rustls::RootCertStore;

use crate::audit::Severity;
use crate::auth::users::UserFile;
use crate::limits::{Limits, RECONNECT_TICKET_LIFE};
pub use crate::names::{DomainError, Names, OtherDomains, Spelling};
pub use policies::PolicyRules;
pub use radius::{Accounting, Radius, RadiusGroups, RadiusServer, RadiusTiming};
pub use second::{Anakam, AnakamAccount, Concerns, FirstRequest, Second, SecondRadius, SecondRule};
pub use syslog::{Syslog, SyslogTransport};

/// Everything a [`crate::Gateway`] needs to know.
#[derive(Clone)]
pub struct Config {
    /// The virtual server's name; StoreFront sees it as the SmartAccess farm.
    pub name: String,
    /// The host name users type. StoreFront compares it with its list of gateways.
    pub fqdn: String,
    /// Where to listen for users.
    pub listen: SocketAddr,
    /// The address StoreFront knows this gateway by (`X-Citrix-Via-VIP`).
    pub vip: IpAddr,
    /// The gateway's certificate chain and key.
    pub identity: Identity,
    /// Which versions of TLS users may speak.
    pub tls: Profile,
    /// Whom to believe when a back end shows a certificate.
    pub trust: RootCertStore,
    /// Which names are one account.
    pub names: Names,
    /// Who verifies a log-in.
    pub factor: Factor,
    /// Who is asked next about a user who passed the first factor: what the first of these rules says that is
    /// about the user. Without one nobody is.
    pub second: Vec<SecondRule>,
    /// Who is told about sessions.
    pub accounting: Option<Accounting>,
    /// The application portal.
    pub storefront: Portal,
    /// What else the clientless proxy may reach. The portal itself is always published.
    pub published: Vec<Published>,
    /// Which client gets which mode after log-in.
    pub modes: Modes,
    /// The STAs whose tickets are redeemed. Ids are distinct.
    pub stas: Vec<Sta>,
    /// Where STA answers may point.
    pub hosts: HostRules,
    /// SmartAccess conditions (session policy names) this gateway vouches for.
    pub conditions: Vec<String>,
    /// Who may call back.
    pub callback: Callback,
    /// Policies that every request passes first.
    pub policies: Option<PolicyRules>,
    /// Several sessions of one user, and how a session is left.
    pub sessions: SessionRules,
    /// Sessions of applications that outlive their connections. `None`: CGP is refused, clients use SOCKS.
    pub reliability: Option<Reliability>,
    /// The file that keeps what must outlive the process; without one, nothing does.
    pub store: Option<PathBuf>,
    /// Who collects the audit log, besides the sink the gateway is given.
    pub syslog: Option<Syslog>,
    /// The bounds.
    pub limits: Limits,
}

/// The first factor.
#[derive(Clone)]
pub enum Factor {
    /// A file of users and password hashes.
    Users(UserFile),
    /// RADIUS with PAP and any number of challenges.
    Radius(Radius),
    /// A directory that knows users and their passwords.
    Ldap(Ldap),
}

/// LDAP servers of one directory, asked in order, and how a user is found there.
#[derive(Clone, Debug)]
pub struct Ldap {
    /// At least one.
    pub servers: Vec<LdapServer>,
    /// Who looks users up; without it nobody has to be anybody for that.
    pub account: Option<LdapAccount>,
    /// The entry below which users are.
    pub base: String,
    /// Which entry is the user's; `{user}` stands for the name that was typed. See [`Filter::person`].
    pub filter: Filter,
    /// The attribute that holds the user's name as sessions know it: `sAMAccountName`, `uid`.
    pub name_attribute: String,
    /// The attribute that holds the user's groups: `memberOf`.
    pub group_attribute: String,
}

impl Ldap {
    /// Active Directory as it comes: persons by `sAMAccountName`, groups in `memberOf`.
    pub fn active_directory(
        servers: Vec<LdapServer>,
        account: Option<LdapAccount>,
        base: impl Into<String>,
    ) -> Self {
        let name = "sAMAccountName";
        Self {
            servers,
            account,
            base: base.into(),
            filter: Filter::person(name),
            name_attribute: name.to_owned(),
            group_attribute: "memberOf".to_owned(),
        }
    }
}

/// One LDAP server.
#[derive(Clone, Debug)]
pub struct LdapServer {
    /// How logs name it.
    pub name: String,
    /// Where it listens. Its certificate must be for this host.
    pub at: HostPort,
    /// How passwords are kept from others on the way.
    pub security: LdapSecurity,
}

/// How the connection to a directory is secured (SR-100).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LdapSecurity {
    /// TLS from the first byte: `ldaps`, port 636.
    Tls,
    /// StartTLS before anything else, or nothing: `ldap`, port 389.
    StartTls,
    /// Passwords travel readable. For a directory on this machine that exists only in a test.
    PlainForTests,
}

/// The account with which the gateway looks users up.
#[derive(Clone, Debug)]
pub struct LdapAccount {
    dn: String,
    password: Secret,
}

/// A bind with an empty name or password is one as nobody (RFC 4513 section 5.1), never what was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gateway's account at the directory needs a name and a password")]
pub struct LdapAccountError;

impl LdapAccount {
    /// An account by its distinguished name (Active Directory also takes `user@domain`).
    pub fn new(dn: impl Into<String>, password: Secret) -> Result<Self, LdapAccountError> {
        let dn = dn.into();
        if dn.is_empty() || password.is_empty() { Err(LdapAccountError) } else { Ok(Self { dn, password }) }
    }

    pub(crate) fn dn(&self) -> &str {
        &self.dn
    }

    pub(crate) fn password(&self) -> &Secret {
        &self.password
    }
}

/// The application portal behind the gateway.
#[derive(Clone, Debug)]
pub struct Portal {
    /// Scheme, host and port of StoreFront or Web Interface.
    pub target: Target,
    /// The store's web site, without a slash at its end: `/Citrix/StoreWeb`.
    pub path: String,
    /// Where its name may lead, as in [`Published::networks`].
    pub networks: Vec<IpNet>,
}

/// A host that users may reach through the clientless proxy.
#[derive(Clone, Debug)]
pub struct Published {
    /// Scheme, host and port, matched exactly.
    pub target: Target,
    /// Where its name may lead. Empty: anywhere but this machine and its link.
    pub networks: Vec<IpNet>,
}

/// What a client may do after log-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// ICA proxy: the portal appears at its own path.
    Wica,
    /// Clientless access: the portal appears below `/cvpn/`.
    Cvpn,
}

impl Mode {
    /// As it stands behind `/cgi/setclient?`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wica => "wica",
            Self::Cvpn => "cvpn",
        }
    }
}

/// Which client gets which mode. A client whose `User-Agent` names Receiver or Workspace app is a Receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modes {
    /// For web browsers.
    pub browser: Mode,
    /// For Receiver.
    pub receiver: Mode,
}

/// Several sessions of one user, and how a session is left.
#[derive(Clone, Debug)]
pub struct SessionRules {
    /// What becomes of a log-in of somebody who has a session. Default: it gets one more.
    pub duplicates: DuplicatePolicy,
    /// How loud the audit log says that somebody who has a session logs in. Default: a warning.
    pub duplicate_severity: Severity,
    /// What of the log-in's place a session is bound to. Default: nothing.
    pub bind: Binding,
    /// A path that logs out, besides `/cgi/logout`.
    pub logout_path: Option<LogoutPath>,
}

impl Default for SessionRules {
    fn default() -> Self {
        let (duplicates, duplicate_severity) = (DuplicatePolicy::Allow, Severity::Warning);
        Self { duplicates, duplicate_severity, bind: Binding::default(), logout_path: None }
    }
}

/// From where a session may be used (SR-78). A request from elsewhere is refused, and the session stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// Only from the network address of its log-in; of IPv6 the first 64 bits. Whoever goes from Wi-Fi to mobile logs in
    /// again.
    pub address: bool,
    /// Only with the `User-Agent` of its log-in. Native clients ask with several.
    pub user_agent: bool,
}

/// What becomes of a log-in of somebody who has a session. A session is somebody's by the name that the factor
/// verified, as [`Names`] compares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicatePolicy {
    /// It gets one more.
    Allow,
    /// It gets a page that says so. The session stays.
    Deny,
    /// It gets the only one: the session ends with everything that hangs on it.
    Kick,
    /// The user is asked whether the session shall end.
    Transfer,
}

impl DuplicatePolicy {
    /// As configurations and logs spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Kick => "kick",
            Self::Transfer => "transfer",
        }
    }
}

/// The path of a log-out link in some application, compared exactly: `/byebye`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutPath(String);

/// No request would have this path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a log-out path begins with a slash and has neither query, spaces nor dot segments: /byebye")]
pub struct LogoutPathError;

impl LogoutPath {
    /// A path as it stands in a request, and not the gateway's first page.
    pub fn new(path: impl Into<String>) -> Result<Self, LogoutPathError> {
        let path = path.into();
        let whole = path != "/" && !path.contains(['?', '#']);
        if whole && crate::http::is_plain_path(&path) { Ok(Self(path)) } else { Err(LogoutPathError) }
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Session reliability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reliability {
    /// How long a session waits for its client, unless its host keeps it for less. Default 180 s.
    pub kept: Duration,
    /// How long an STA's reconnect tickets live when nobody refreshes them: as the STA is set. They are refreshed
    /// before half of it is over. Default 100 s.
    pub ticket_life: Duration,
}

impl Default for Reliability {
    fn default() -> Self {
        Self { kept: CGP_KEPT, ticket_life: RECONNECT_TICKET_LIFE }
    }
}

/// A Secure Ticket Authority.
#[derive(Clone, Debug)]
pub struct Sta {
    /// The id in its tickets.
    pub id: StaId,
    /// Scheme, host and port.
    pub target: Target,
}

/// Where STA answers may point (SR-134). Both lists must allow a host.
#[derive(Clone, Debug)]
pub struct HostRules {
    /// Networks of the ICA hosts.
    pub networks: Vec<IpNet>,
    /// Ports of the ICA hosts.
    pub ports: Vec<u16>,
}

impl HostRules {
    pub(crate) fn allow_address(&self, ip: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&ip))
    }

    pub(crate) fn allow_port(&self, port: u16) -> bool {
        self.ports.contains(&port)
    }
}

/// Who may ask `GetAccessInformation`. With neither a peer nor a token nobody may.
#[derive(Clone, Debug, Default)]
pub struct Callback {
    /// StoreFront servers by name or address; at most [`Self::PEERS_MAX`].
    pub peers: Vec<String>,
    /// A token that the caller sends as `X-Gateway-Callback-Token`, instead of coming from a known address.
    pub token: Option<Secret>,
}

impl Callback {
    /// Names are looked up at every call-back, so there must be few. Ours: no server group is larger.
    pub const PEERS_MAX: usize = 16;
}
