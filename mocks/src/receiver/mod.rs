//! The Receiver as a mock: a client that logs in, lists, launches, connects and types, as a user would.
//!
//! It is a browser as far as a log-in needs one ([`html`], [`cookies`]: forms, cookies, redirects within one
//! origin, no script) and an ICA client as far as a gateway can tell (SOCKS with the ticket, the ICA magic,
//! an echoed stream). Nothing in it depends on this project's own gateway: headers only that gateway sends are
//! taken when they are there.
//!
//! Every verb ends within its deadline and says in a typed outcome what came of it. That a server refuses is
//! an outcome; only when there was no answer to speak of a verb fails, with a [`Trouble`].
//!
//! A session outlives its connections as far as the ICA file allows ([`reconnect`]).
//!
//! Not here: the forms protocol of nFactor, and any rendering.
//! Specification: the classic log-in pages, StoreFront's Web API and RFC 1928, as the vendor documents them.

mod call;
mod cookie_date;
pub mod cookies;
pub mod html;
mod login;
mod outcome;
mod page;
mod reconnect;
mod seen;
mod session;
mod store;
#[cfg(test)]
mod tests;
mod url;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_proto::host_port::HostPort;
use gateway_proto::socks5::client::Form as SocksForm;
use gateway_rt::Rt;
use gateway_rt::time::since_epoch;
use gateway_rt::tls;
use rustls::{ClientConfig, RootCertStore};

use crate::journal::Journal;
use crate::reliable::Watch;

pub use call::Call;
pub use outcome::{
    App, Apps, Bulk, Connect, Echo, Heard, Launch, Login, Logout, Portal, Refusal, Socks, Trouble,
};
pub use page::Page;
use reconnect::Newest;
pub use reconnect::{KINDS as RECONNECT_KINDS, Reconnect, Theft};
pub use seen::{KINDS, Seen};
pub use session::IcaSession;
pub use store::REASONS;
pub use wire::Wire;

/// Which client it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    /// A web browser: says where its requests come from.
    Browser,
    /// A native Receiver: says only its name.
    Receiver,
}

impl Agent {
    /// The `User-Agent`. Gateways tell native clients by the word `CitrixReceiver`.
    pub const fn user_agent(self) -> &'static str {
        match self {
            Self::Browser => "Mozilla/5.0 (X11; Linux x86_64) GatewayLab/1.0 Browser/1.0",
            Self::Receiver => "CitrixReceiver/24.0 (X11; Linux x86_64) GatewayLab/1.0",
        }
    }
}

/// How a Receiver is set up.
#[derive(Clone)]
pub struct Config {
    /// The machine's name.
    pub name: String,
    /// Where the gateway really listens.
    pub gateway: HostPort,
    /// What the user types into the address bar: name and port for URLs, certificates and `SSLProxyHost`.
    pub public: HostPort,
    /// Who may sign the gateway's certificate.
    pub roots: RootCertStore,
    /// Which client it says it is.
    pub agent: Agent,
    /// The store's path, for a gateway that does not lead there.
    pub store: String,
    /// How CONNECT is sent.
    pub socks: SocksForm,
    /// Whether the ICA file's logon ticket is sent behind the magic. Ours: hosts that ask a broker want it.
    pub presents_logon_ticket: bool,
    /// How long each single wait may last.
    pub deadline: Duration,
    /// Who sees the streams of sessions under session reliability.
    pub watch: Option<Arc<dyn Watch>>,
}

impl Config {
    /// A browser in front of `gateway`, which it knows as `public`.
    pub fn new(name: &str, gateway: HostPort, public: HostPort, roots: RootCertStore) -> Self {
        Self {
            name: name.to_owned(),
            gateway,
            public,
            roots,
            agent: Agent::Browser,
            store: "/Citrix/StoreWeb/".to_owned(),
            socks: SocksForm::Greeted,
            presents_logon_ticket: false,
            deadline: Duration::from_secs(30),
            watch: None,
        }
    }
}

/// One client with its cookies and the page in front of its user.
pub struct Receiver {
    config: Config,
    rt: Rt,
    journal: Journal<Seen>,
    tls: Arc<ClientConfig>,
    jar: cookies::Jar,
    connection: Option<call::Connection>,
    page: Option<Page>,
    /// The challenge or transfer form that waits for its answer.
    pending: Option<(String, html::Form)>,
    /// The error code the last log-in step left in a cookie.
    vpn_error: Option<u16>,
    store: Option<String>,
    apps: Option<Vec<App>>,
    newest: Newest,
}

/// The cookies of a Receiver, what it knows of its store, and its newest reconnect ticket.
#[derive(Clone, Debug)]
pub struct Visit {
    jar: cookies::Jar,
    store: Option<String>,
    apps: Option<Vec<App>>,
    newest: Newest,
}

impl Receiver {
    /// A Receiver that has spoken to nobody yet. Fails when its TLS configuration can't be built.
    pub fn new(config: Config, rt: Rt, journal: Journal<Seen>) -> Result<Self, Trouble> {
        let tls = tls::client_config(&rt, config.roots.clone()).map_err(Trouble::TlsSetup)?;
        Ok(Self {
            config,
            rt,
            journal,
            tls,
            jar: cookies::Jar::default(),
            connection: None,
            page: None,
            pending: None,
            vpn_error: None,
            store: None,
            apps: None,
            newest: Newest::default(),
        })
    }

    /// The same client on connections of its own: with the cookies there are now, and nothing half done.
    fn fork(&self) -> Self {
        Self {
            config: self.config.clone(),
            rt: self.rt.clone(),
            journal: self.journal.clone(),
            tls: self.tls.clone(),
            jar: self.jar.clone(),
            connection: None,
            page: None,
            pending: None,
            vpn_error: None,
            store: self.store.clone(),
            apps: self.apps.clone(),
            newest: self.newest.clone(),
        }
    }

    /// The machine's name.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// What the client says it is, from the next request on.
    pub fn set_agent(&mut self, agent: Agent) {
        self.config.agent = agent;
    }

    /// What somebody else needs to go on with this visit: the same client at another address, or a thief.
    pub fn visit(&self) -> Visit {
        Visit {
            jar: self.jar.clone(),
            store: self.store.clone(),
            apps: self.apps.clone(),
            newest: self.newest.clone(),
        }
    }

    /// Goes on with a visit on connections of its own.
    pub fn go_on_with(&mut self, visit: Visit) {
        let Visit { jar, store, apps, newest: _ } = visit;
        *self = Self { jar, store, apps, ..self.fork() };
    }

    /// How CONNECT is sent from now on.
    pub fn set_socks(&mut self, form: SocksForm) {
        self.config.socks = form;
    }

    /// The last answer, whichever verb got it.
    pub fn page(&self) -> Option<&Page> {
        self.page.as_ref()
    }

    /// Whether a gateway session cookie is there.
    pub fn has_session(&self) -> bool {
        let names = ["NSC_AAAC", "NSC_TMAS", "NSC_TMAA", "__Host-NSC_AAAC"];
        names.iter().any(|name| self.jar.has(name, self.now()))
    }

    /// The cookies.
    pub fn cookies(&self) -> &cookies::Jar {
        &self.jar
    }

    /// What the Receiver did and saw.
    pub fn journal(&self) -> &Journal<Seen> {
        &self.journal
    }

    fn now(&self) -> Duration {
        since_epoch(self.rt.clock.as_ref())
    }

    /// `https://gw.example.test`, the port only when it is not the usual one.
    fn origin(&self) -> String {
        format!("https://{}", self.authority())
    }

    fn authority(&self) -> String {
        let public = &self.config.public;
        if public.port() == 443 { public.host().to_owned() } else { public.to_string() }
    }

    /// Writes a failure down on its way out.
    fn trouble(&self, what: &'static str, peer: Option<SocketAddr>, trouble: Trouble) -> Trouble {
        self.journal.record(Seen::Trouble { what, peer, why: trouble.to_string() });
        trouble
    }
}
