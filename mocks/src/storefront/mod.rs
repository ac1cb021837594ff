//! StoreFront as a mock: one store with its Receiver-for-Web site behind a gateway.
//!
//! It logs users on by the gateway's single sign-on, calls the gateway back for SmartAccess conditions, lists
//! apps and finds hosts through XML brokers, gets tickets from STAs and hands out ICA files. Its pages are for
//! people without script. Left out: subscriptions, sessions lists, explicit log-on, load of its own.
//!
//! Specification: the documented Web API; how the gateway hands over the session (`X-Citrix-Gateway-Session`,
//! 32 hexadecimal characters, and `Authorization: Basic`) is not public and therefore ours.

mod answers;
mod backend;
mod launch;
mod login;
mod page;
mod seen;
mod sessions;
mod site;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway_proto::access_info::AccessCondition;
use gateway_proto::host_port::HostPort;
use gateway_proto::secret::Secret;
use gateway_rt::tls::Identity;
use gateway_rt::{Listener, Rt};
use rustls::RootCertStore;

use crate::behaviour::{Rule, Switch, Unsupported};
use crate::journal::Journal;
use crate::serving::http_server;

pub use seen::{KINDS, Seen};
use sessions::Sessions;

/// What this mock can do wrong; one answer is one HTTP request. `error` takes an error id, or a number from 400
/// to 599 for a bare HTTP status.
pub const MISBEHAVIOURS: &[&str] =
    &["slow", "late", "silent", "refuse", "truncate", "error", "bad-xml", "garbage", "redirect"];

/// Why it refuses, beside the error ids of its brokers: what a refused request's answer and journal say.
pub const REASONS: &[&str] = &[
    "auth-id",
    "call-back-failed",
    "call-back-refused",
    "csrf-token",
    "is-using-https",
    "method-not-allowed",
    "no-broker",
    "no-credentials",
    "no-gateway",
    "no-session",
    "no-session-handle",
    "no-sta",
    "not-found",
    "not-logged-on",
    "unknown-gateway",
    "unknown-resource",
    "unwritable-ica-file",
];

/// How a StoreFront is set up.
#[derive(Clone)]
pub struct Config {
    /// The store's name: its site is `/Citrix/<store>Web/`.
    pub store: String,
    /// The gateway in front, by the name users have for it: written into ICA files as `SSLProxyHost`, and the
    /// only one whose single sign-on is taken.
    pub gateway: HostPort,
    /// Whether and where the gateway is asked about a session.
    pub call_back: Option<CallBack>,
    /// XML brokers, asked in this order.
    pub brokers: Vec<Endpoint>,
    /// STAs, asked in this order.
    pub stas: Vec<Endpoint>,
    /// Whether ICA files ask for session reliability.
    pub session_reliability: bool,
    /// Whether ICA files allow auto client reconnect.
    pub auto_client_reconnect: bool,
    /// Apps that need SmartAccess: by published name, the conditions of which one must hold.
    pub requires: BTreeMap<String, Vec<AccessCondition>>,
    /// Domain of users who name none.
    pub domain: String,
    /// How long each single wait for a broker, an STA or the gateway may last.
    pub deadline: Duration,
    /// With an identity it speaks https, without one http.
    pub tls: Option<Identity>,
    /// What goes wrong. Rules for one kind of request stand before those for all.
    pub misbehaviours: Vec<Rule>,
}

impl Config {
    /// A well-behaved store `Store` over http, without call-back, brokers or STAs.
    pub fn new(gateway: HostPort) -> Self {
        Self {
            store: "Store".to_owned(),
            gateway,
            call_back: None,
            brokers: Vec::new(),
            stas: Vec::new(),
            session_reliability: false,
            auto_client_reconnect: false,
            requires: BTreeMap::new(),
            domain: String::new(),
            deadline: Duration::from_secs(15),
            tls: None,
            misbehaviours: Vec::new(),
        }
    }
}

/// A server a StoreFront asks.
#[derive(Clone)]
pub struct Endpoint {
    /// Where it really listens.
    pub at: HostPort,
    /// What the StoreFront calls it: for the `Host` field and the certificate.
    pub name: HostPort,
    /// Who may sign its certificate; without any it is asked by http.
    pub roots: Option<RootCertStore>,
}

impl Endpoint {
    /// A server asked by http.
    pub fn http(at: HostPort) -> Self {
        Self { name: at.clone(), at, roots: None }
    }

    /// A server asked by https under `name`.
    pub fn https(at: HostPort, name: HostPort, roots: RootCertStore) -> Self {
        Self { at, name, roots: Some(roots) }
    }
}

/// The call-back (`GetAccessInformation`).
#[derive(Clone)]
pub struct CallBack {
    /// The gateway.
    pub to: Endpoint,
    /// A token the gateway wants to see in `X-Gateway-Callback-Token`. Ours.
    pub token: Option<Secret>,
    /// Whether a log-on fails when the gateway does not answer, or does not know the session. When not, such a
    /// session has no SmartAccess conditions.
    pub required: bool,
}

/// The StoreFront.
pub struct StoreFront {
    config: Config,
    sessions: Mutex<Sessions>,
    switch: Switch,
    journal: Journal<Seen>,
}

impl StoreFront {
    /// A StoreFront that writes what it sees to `journal`. Refuses misbehaviours it can't act out.
    pub fn new(config: Config, journal: Journal<Seen>) -> Result<Self, Unsupported> {
        let switch = Switch::new("storefront", MISBEHAVIOURS, config.misbehaviours.clone())?;
        Ok(Self { config, sessions: Mutex::default(), switch, journal })
    }

    /// Listens on `at` and serves until dropped.
    pub async fn serve(self: Arc<Self>, rt: Rt, at: SocketAddr) -> io::Result<()> {
        let listener = rt.net.listen(at).await?;
        self.serve_on(rt, listener).await
    }

    /// Serves on a socket that is already bound, until dropped.
    pub async fn serve_on(self: Arc<Self>, rt: Rt, listener: Box<dyn Listener>) -> io::Result<()> {
        let (world, identity) = (rt.clone(), self.config.tls.clone());
        let handler = move |peer, request| self.clone().answer(world.clone(), peer, request);
        http_server(&rt, listener, identity, "storefront", handler).await
    }

    /// Replaces the misbehaviours while the StoreFront runs. Counting begins again.
    pub fn misbehave(&self, rules: Vec<Rule>) -> Result<(), Unsupported> {
        self.switch.replace(rules)
    }

    /// What the StoreFront saw.
    pub fn journal(&self) -> &Journal<Seen> {
        &self.journal
    }

    /// Users who are logged on now.
    pub fn logged_on(&self) -> usize {
        self.sessions().logged_on()
    }

    /// The path of the site: `/Citrix/StoreWeb/`.
    pub fn base(&self) -> String {
        format!("/Citrix/{}Web/", self.config.store)
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
