//! The ICA host (VDA) as a mock: TCP 1494, the host speaks first, and whatever the client types comes back; on
//! TCP 2598 the same under session reliability ([`Mock::serve_cgp`]).
//!
//! It says the ICA magic twice, because service scanners recognise the host by that, waits for the client's
//! magic, and then echoes every byte: a session whose stream arrives once, in order and complete proves the
//! relay between. It is not an ICA server: no module list, no encryption, no virtual channels. A host with a
//! broker behind it also wants a logon ticket, 32 characters right behind the client's magic (ours; the real
//! exchange is inside proprietary ICA).
//!
//! Specification: public classifiers and captures for the magic; the echo is ours.

mod kept;
mod seen;
mod session;
mod sessions;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_proto::limits::CGP_KEPT;
use gateway_rt::{Listener, Rt};

use crate::behaviour::{Rule, Switch, Unsupported};
use crate::broker;
use crate::journal::Journal;
use crate::limits::ICA_SESSIONS_MAX;
use crate::reliable::Watch;
use crate::serving::accept_loop;

use kept::Kept;
pub use seen::{Cause, KINDS, Seen};
use sessions::Sessions;
pub use sessions::{Session, State};

/// The port of ICA without session reliability.
pub const PORT: u16 = 1494;

/// The port of CGP: ICA with session reliability.
pub const CGP_PORT: u16 = 2598;

/// What this mock can do wrong; one answer is one connection.
pub const MISBEHAVIOURS: &[&str] = &["slow", "silent", "refuse", "truncate", "garbage"];

/// How a host is set up.
#[derive(Clone)]
pub struct Config {
    /// Sessions at a time, at most [`ICA_SESSIONS_MAX`]; a connection beyond them is closed at once.
    pub sessions_max: usize,
    /// Whose logon tickets a client must present; without it nobody logs on.
    pub broker: Option<Arc<broker::Mock>>,
    /// Auto client reconnect: gives every client a ticket with which it can go on with its session after its
    /// connection was lost. Ours, and so off where the client may be somebody else's.
    pub auto_client_reconnect: bool,
    /// Session reliability: how long a session outlives its connection, in whole seconds. Zero turns it off, and
    /// CGP connections away.
    pub session_reliability: Duration,
    /// Who sees the streams of sessions under session reliability.
    pub watch: Option<Arc<dyn Watch>>,
    /// What goes wrong. Counted per connection; under session reliability per session.
    pub misbehaviours: Vec<Rule>,
}

impl Default for Config {
    /// 100 sessions, nobody logs on, kept for 180 s, no auto client reconnect, nothing goes wrong.
    fn default() -> Self {
        Self {
            sessions_max: 100,
            broker: None,
            auto_client_reconnect: false,
            session_reliability: CGP_KEPT,
            watch: None,
            misbehaviours: Vec::new(),
        }
    }
}

/// The host.
pub struct Mock {
    broker: Option<Arc<broker::Mock>>,
    auto_client_reconnect: bool,
    session_reliability: Duration,
    watch: Option<Arc<dyn Watch>>,
    kept: Kept,
    sessions: Sessions,
    switch: Switch,
    journal: Journal<Seen>,
}

impl Mock {
    /// A host that writes what it sees to `journal`. Refuses misbehaviours it can't act out.
    pub fn new(config: Config, journal: Journal<Seen>) -> Result<Self, Unsupported> {
        Ok(Self {
            broker: config.broker,
            auto_client_reconnect: config.auto_client_reconnect,
            session_reliability: config.session_reliability,
            watch: config.watch,
            kept: Kept::default(),
            sessions: Sessions::new(config.sessions_max.min(ICA_SESSIONS_MAX)),
            switch: Switch::new("ica-host", MISBEHAVIOURS, config.misbehaviours)?,
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
        let world = rt.clone();
        let host = move |stream, peer| self.clone().host(world.clone(), stream, peer);
        accept_loop(&rt, listener, "ica-host", host).await
    }

    /// Replaces the misbehaviours while the host runs. Counting begins again.
    pub fn misbehave(&self, rules: Vec<Rule>) -> Result<(), Unsupported> {
        self.switch.replace(rules)
    }

    /// The sessions that are or were, oldest first; of those that ended, the latest.
    pub fn sessions(&self) -> Vec<Session> {
        self.sessions.list()
    }

    /// Forgets every session, as a machine does that was switched off.
    pub fn forget_sessions(&self) {
        self.sessions.forget();
    }

    /// How many sessions there are now: what a broker calls the load.
    pub fn load(&self) -> usize {
        self.sessions.live()
    }

    /// What the host saw.
    pub fn journal(&self) -> &Journal<Seen> {
        &self.journal
    }
}
