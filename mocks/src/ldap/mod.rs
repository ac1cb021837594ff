//! A directory server as a mock: simple bind, search, StartTLS and Who am I, in Active Directory's manner.
//!
//! Its entries are persons, all below one base. It refuses passwords on a connection that should be TLS by
//! then, says no with Active Directory's words for why, and wants a bind before a search when it has an account
//! for that. What it leaves out: SASL, changes, controls, substring filters, and anything above its base.
//!
//! Specification: RFC 4511, RFC 4513, RFC 4532; vendor doc for the words behind "invalid credentials".

mod directory;
mod seen;
mod session;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use gateway_proto::secret::Secret;
use gateway_rt::tls::{self, Identity};
use gateway_rt::{Listener, Rt};
use rustls::ServerConfig;

use crate::behaviour::{Rule, Switch, Unsupported};
use crate::journal::Journal;
use crate::serving::accept_loop;

use directory::Directory;
pub use directory::User;
pub use gateway_proto::ldap::{AccountState, PORT, TLS_PORT};
pub use seen::{KINDS, Seen};

/// What this mock can do wrong; one answer is the answer to one bind, search or extended operation.
pub const MISBEHAVIOURS: &[&str] = &[
    "slow",
    "late",
    "silent",
    "refuse",
    "wrong-id",
    "truncate",
    "error",
    "garbage",
    "referral",
    "oversized",
];

/// How the directory is set up.
#[derive(Clone)]
pub struct Config {
    /// The entry below which everybody is: `DC=example,DC=test`.
    pub base_dn: String,
    /// Who is in it.
    pub users: Vec<User>,
    /// Who may search besides the users themselves; without an account anybody may.
    pub account: Option<Account>,
    /// Whether and how it speaks TLS.
    pub security: Security,
    /// What goes wrong. Counted per request; an unbind is none.
    pub misbehaviours: Vec<Rule>,
}

impl Config {
    /// A well-behaved directory without TLS in which anybody may search.
    pub fn new(base_dn: impl Into<String>, users: Vec<User>) -> Self {
        Self {
            base_dn: base_dn.into(),
            users,
            account: None,
            security: Security::Plain,
            misbehaviours: Vec::new(),
        }
    }
}

/// An account that is not a person's.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its distinguished name.
    pub dn: String,
    /// Its password.
    pub password: Secret,
}

/// Whether and how a server speaks TLS.
#[derive(Clone)]
pub enum Security {
    /// Not at all.
    Plain,
    /// After StartTLS, and no password before it.
    StartTls(Identity),
    /// From the first byte.
    Tls(Identity),
}

/// The directory.
pub struct Mock {
    directory: Directory,
    security: Security,
    switch: Switch,
    journal: Journal<Seen>,
}

impl Mock {
    /// A directory that writes what it sees to `journal`. Refuses misbehaviours it can't act out.
    pub fn new(config: Config, journal: Journal<Seen>) -> Result<Self, Unsupported> {
        Ok(Self {
            directory: Directory::new(config.base_dn, config.users, config.account),
            security: config.security,
            switch: Switch::new("ldap", MISBEHAVIOURS, config.misbehaviours)?,
            journal,
        })
    }

    /// Listens on `at` and serves until dropped.
    pub async fn serve(self: Arc<Self>, rt: Rt, at: SocketAddr) -> io::Result<()> {
        let listener = rt.net.listen(at).await?;
        self.serve_on(rt, listener).await
    }

    /// Serves on a socket that is already bound, until dropped.
    pub async fn serve_on(self: Arc<Self>, rt: Rt, listener: Box<dyn Listener>) -> io::Result<()> {
        let tls = self.tls(&rt).map_err(io::Error::other)?;
        let session = |stream, peer| self.clone().session(stream, peer, tls.clone());
        accept_loop(&rt, listener, "ldap", session).await
    }

    fn tls(&self, rt: &Rt) -> Result<Option<Arc<ServerConfig>>, rustls::Error> {
        match &self.security {
            Security::Plain => Ok(None),
            Security::StartTls(identity) | Security::Tls(identity) => {
                tls::server_config(rt, identity.clone(), tls::Profile::default()).map(Some)
            }
        }
    }

    /// Replaces the misbehaviours while the server runs. Counting begins again.
    pub fn misbehave(&self, rules: Vec<Rule>) -> Result<(), Unsupported> {
        self.switch.replace(rules)
    }

    /// What the server saw.
    pub fn journal(&self) -> &Journal<Seen> {
        &self.journal
    }
}
