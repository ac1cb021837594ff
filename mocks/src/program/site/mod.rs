//! The site file: one TOML document for every mock. What it leaves out is as in [`TEMPLATE`].
//!
//! Unknown keys are refused with the one that was probably meant. Not here: what a mock makes of its part
//! (`start`).
//!
//! Specification: ours.

mod built_in;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gateway_proto::broker::ErrorId;
use gateway_proto::host_port::HostPort;
use gateway_proto::secret::Secret;
use gateway_proto::ticket::{StaId, StaVersion};
use serde::{Deserialize, Deserializer};

use crate::program::catalogue::Kind;
use crate::program::failure::Failure;
use crate::program::files;
use crate::program::rules::Written;
use crate::program::text::{Origin, duration, hint, parsed, parsed_list, secret, with_hint};

/// The built-in site as a file. A test holds it equal to [`Site::default`].
pub(super) const TEMPLATE: &str = include_str!("../../../examples/site.toml");

/// A site.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Site {
    /// Where relative paths begin.
    #[serde(skip)]
    pub(super) directory: PathBuf,
    /// Domain of all users.
    pub(super) domain: String,
    /// Name of the broker's farm.
    pub(super) farm: String,
    #[serde(rename = "user")]
    pub(super) users: Vec<User>,
    #[serde(rename = "app")]
    pub(super) apps: Vec<App>,
    #[serde(rename = "server")]
    pub(super) servers: Vec<Server>,
    pub(super) storefront: Storefront,
    pub(super) broker: Broker,
    pub(super) sta: Sta,
    pub(super) radius: Radius,
    pub(super) ldap: Ldap,
    pub(super) anakam: Anakam,
    pub(super) ica_host: IcaHost,
    pub(super) syslog: Syslog,
}

/// Somebody, for the broker, the RADIUS server, the directory and the second factor.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct User {
    pub(super) name: String,
    #[serde(deserialize_with = "secret")]
    pub(super) password: Secret,
    /// Groups at the broker, Filter-Id at the RADIUS server, memberOf in the directory.
    #[serde(default)]
    pub(super) groups: Vec<String>,
    #[serde(default)]
    pub(super) challenges: Vec<Challenge>,
    /// How long the RADIUS server takes for this user, as when a person must approve a push.
    #[serde(default, deserialize_with = "duration")]
    pub(super) delay: Duration,
    /// Where passcodes by e-mail go; `<name>@example.test` when absent.
    #[serde(default)]
    pub(super) email: Option<String>,
    /// Where passcodes by SMS go.
    #[serde(default)]
    pub(super) phone: Option<String>,
    /// What the broker and the directory say in place of success, in the broker's words.
    #[serde(default, deserialize_with = "refusal")]
    pub(super) refusal: Option<ErrorId>,
}

/// A challenge of the RADIUS server.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Challenge {
    pub(super) prompt: String,
    #[serde(deserialize_with = "secret")]
    pub(super) answer: Secret,
}

/// A published app. With neither users nor groups it is for everybody.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct App {
    pub(super) name: String,
    #[serde(default)]
    pub(super) users: Vec<String>,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    /// Names of the servers that run it; none means all.
    #[serde(default)]
    pub(super) servers: Vec<String>,
    /// SmartAccess conditions of which one must hold; none means always.
    #[serde(default)]
    pub(super) requires: Vec<Condition>,
}

/// A SmartAccess condition.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Condition {
    pub(super) farm: String,
    pub(super) condition: String,
}

/// An ICA host, as the broker knows it.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    pub(super) name: String,
    #[serde(deserialize_with = "parsed")]
    pub(super) address: HostPort,
    #[serde(default)]
    pub(super) load: u64,
}

/// Certificate chain and key.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    pub(super) cert: PathBuf,
    pub(super) key: PathBuf,
}

/// Where StoreFront asks about a session.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallBack {
    #[serde(deserialize_with = "parsed")]
    pub(super) url: Origin,
    #[serde(default)]
    pub(super) required: bool,
}

/// `[storefront]`
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Storefront {
    pub(super) listen: SocketAddr,
    pub(super) control: Option<SocketAddr>,
    pub(super) tls: Option<Tls>,
    pub(super) ca: Option<PathBuf>,
    pub(super) store: String,
    #[serde(deserialize_with = "parsed")]
    pub(super) gateway: HostPort,
    pub(super) call_back: Option<CallBack>,
    #[serde(deserialize_with = "parsed_list")]
    pub(super) brokers: Vec<Origin>,
    #[serde(deserialize_with = "parsed_list")]
    pub(super) stas: Vec<Origin>,
    pub(super) session_reliability: bool,
    pub(super) auto_client_reconnect: bool,
    #[serde(deserialize_with = "duration")]
    pub(super) deadline: Duration,
    pub(super) misbehaviours: Vec<Written>,
}

/// `[broker]`
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Broker {
    pub(super) listen: SocketAddr,
    pub(super) control: Option<SocketAddr>,
    pub(super) tls: Option<Tls>,
    pub(super) misbehaviours: Vec<Written>,
}

/// `[sta]`
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Sta {
    pub(super) listen: SocketAddr,
    pub(super) control: Option<SocketAddr>,
    pub(super) tls: Option<Tls>,
    #[serde(deserialize_with = "parsed")]
    pub(super) id: StaId,
    #[serde(deserialize_with = "parsed")]
    pub(super) version: StaVersion,
    #[serde(deserialize_with = "duration")]
    pub(super) lifetime: Duration,
    pub(super) misbehaviours: Vec<Written>,
}

/// `[radius]`
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Radius {
    pub(super) listen: SocketAddr,
    pub(super) control: Option<SocketAddr>,
    #[serde(deserialize_with = "secret")]
    pub(super) secret: Secret,
    pub(super) secret_file: Option<PathBuf>,
    #[serde(deserialize_with = "duration")]
    pub(super) challenge_lifetime: Duration,
    pub(super) reject_message: String,
    pub(super) misbehaviours: Vec<Written>,
}

/// `[ldap]`
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Ldap {
    pub(super) listen: SocketAddr,
    pub(super) control: Option<SocketAddr>,
    pub(super) tls: Option<Tls>,
    /// Whether TLS begins with StartTLS instead of the first byte.
    pub(super) start_tls: bool,
    pub(super) base_dn: String,
    pub(super) account: Option<Account>,
    pub(super) misbehaviours: Vec<Written>,
}

/// Who may search the directory besides its users.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub(super) dn: String,
    #[serde(deserialize_with = "secret")]
    pub(super) password: Secret,
}

/// `[anakam]`
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Anakam {
    pub(super) listen: SocketAddr,
    pub(super) control: Option<SocketAddr>,
    pub(super) tls: Option<Tls>,
    pub(super) account: String,
    #[serde(deserialize_with = "secret")]
    pub(super) password: Secret,
    #[serde(deserialize_with = "duration")]
    pub(super) passcode_life: Duration,
    pub(super) misbehaviours: Vec<Written>,
}

/// `[ica-host]`
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct IcaHost {
    pub(super) listen: SocketAddr,
    pub(super) control: Option<SocketAddr>,
    /// Where it speaks CGP; nowhere without it.
    pub(super) cgp_listen: Option<SocketAddr>,
    /// How long a cut session is kept.
    #[serde(deserialize_with = "duration")]
    pub(super) session_reliability: Duration,
    pub(super) auto_client_reconnect: bool,
    pub(super) sessions_max: usize,
    pub(super) misbehaviours: Vec<Written>,
}

/// `[syslog]`
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Syslog {
    pub(super) listen: SocketAddr,
    pub(super) control: Option<SocketAddr>,
    /// With a certificate it is TLS, whatever stands here.
    pub(super) transport: SyslogTransport,
    pub(super) tls: Option<Tls>,
    pub(super) misbehaviours: Vec<Written>,
}

/// How messages come in without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SyslogTransport {
    Udp,
    Tcp,
}

impl Site {
    /// The site of a file, or the built-in one.
    pub(super) fn load(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::default()) };
        let site = toml::from_str::<Self>(&files::text(path)?);
        let site = site.map_err(|error| {
            Failure::file(format!("{}: {}", path.display(), with_hint(&error.to_string())))
        })?;
        Ok(Self { directory: path.parent().map(Path::to_owned).unwrap_or_default(), ..site })
    }

    /// Where a mock listens, and where it is controlled.
    pub(super) fn places(&mut self, kind: Kind) -> (&mut SocketAddr, &mut Option<SocketAddr>) {
        match kind {
            Kind::Storefront => (&mut self.storefront.listen, &mut self.storefront.control),
            Kind::Broker => (&mut self.broker.listen, &mut self.broker.control),
            Kind::Sta => (&mut self.sta.listen, &mut self.sta.control),
            Kind::Radius => (&mut self.radius.listen, &mut self.radius.control),
            Kind::Ldap => (&mut self.ldap.listen, &mut self.ldap.control),
            Kind::Anakam => (&mut self.anakam.listen, &mut self.anakam.control),
            Kind::IcaHost => (&mut self.ica_host.listen, &mut self.ica_host.control),
            Kind::Syslog => (&mut self.syslog.listen, &mut self.syslog.control),
        }
    }

    /// The certificate of a mock that can speak TLS.
    pub(super) fn tls(&mut self, kind: Kind) -> Option<&mut Option<Tls>> {
        match kind {
            Kind::Storefront => Some(&mut self.storefront.tls),
            Kind::Broker => Some(&mut self.broker.tls),
            Kind::Sta => Some(&mut self.sta.tls),
            Kind::Ldap => Some(&mut self.ldap.tls),
            Kind::Anakam => Some(&mut self.anakam.tls),
            Kind::Syslog => Some(&mut self.syslog.tls),
            Kind::Radius | Kind::IcaHost => None,
        }
    }

    /// The misbehaviours a mock begins with.
    pub(super) fn misbehaviours(&self, kind: Kind) -> &[Written] {
        match kind {
            Kind::Storefront => &self.storefront.misbehaviours,
            Kind::Broker => &self.broker.misbehaviours,
            Kind::Sta => &self.sta.misbehaviours,
            Kind::Radius => &self.radius.misbehaviours,
            Kind::Ldap => &self.ldap.misbehaviours,
            Kind::Anakam => &self.anakam.misbehaviours,
            Kind::IcaHost => &self.ica_host.misbehaviours,
            Kind::Syslog => &self.syslog.misbehaviours,
        }
    }
}

fn refusal<'de, D: Deserializer<'de>>(decoder: D) -> Result<Option<ErrorId>, D::Error> {
    let word = String::deserialize(decoder)?;
    let known = ErrorId::ALL.map(ErrorId::as_str);
    let id = ErrorId::ALL.into_iter().find(|id| id.as_str() == word);
    let unknown = || serde::de::Error::custom(format!("no refusal \"{word}\"; {}", hint(&word, &known)));
    id.map(Some).ok_or_else(unknown)
}
