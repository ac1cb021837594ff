//! What every connection shares: one configuration, what was made of it, and the state that outlives it.
//!
//! What it is not: the wiring (`app`), or a rule of any kind; each table keeps its own.

use std::net::SocketAddr;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use gateway_proto::detect::Detector;
use gateway_proto::secret::Secret;
use gateway_rt::http::Pool;
use gateway_rt::{Purpose, Rt, entropy, tls};
use rustls::{ClientConfig, ServerConfig};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::accounting::{self, Ledger};
use crate::audit::{Event, Sink};
use crate::auth::{Devices, Flow, Lockout, Pushes};
use crate::config::Config;
use crate::ica::Kept;
use crate::limits::{HTTP_DRAIN, LAST_WORDS};
use crate::policy;
use crate::protocol::{self, Protocol};
use crate::radius::Silent;
use crate::reason::Reason;
use crate::session::{Session, Table};
use crate::sta::Spent;
use crate::state::{BuildError, State, lock};
use crate::syslog::Forwarder;
use crate::upstream::PoolKey;

/// What every connection may use: one configuration, what was made of it, and the state that outlives it.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) rt: Rt,
    pub(crate) audit: Sink,
    pub(crate) tls_server: Arc<ServerConfig>,
    pub(crate) tls_client: Arc<ClientConfig>,
    pub(crate) detector: Detector<Protocol>,
    pub(crate) pool: Pool<PoolKey>,
    pub(crate) form_key: Secret,
    retired: CancellationToken,
    state: Arc<State>,
}

/// A connection that is counted; leaves the count when dropped, whatever ended it.
pub(crate) struct Admitted {
    pub(crate) shared: Arc<Shared>,
    pub(crate) peer: SocketAddr,
    _tracked: TaskTrackerToken,
}

impl Shared {
    /// The first configuration, with nobody logged in but who is kept. Errors when certificate and key do not belong
    /// together, the provider can't do TLS, or the state can't be opened.
    pub(crate) fn new(config: Config, rt: Rt, audit: Sink) -> Result<Self, BuildError> {
        let form_key = Secret::new(entropy::bytes::<32>(rt.entropy.as_ref(), Purpose("form-key")));
        let forwarder = config.syslog.clone().map(|to| Arc::new(Forwarder::new(to, config.fqdn.clone())));
        let audit = match &forwarder {
            Some(forwarder) => forwarder.beside(audit, &rt),
            None => audit,
        };
        let mut state = State::open(config.store.as_deref(), &rt, &audit)?;
        state.forwarder = forwarder;
        Ok(Self::with(config, rt, audit, form_key, Arc::new(state))?)
    }

    /// The same gateway with another configuration. Errors as [`Self::new`] does about TLS.
    pub(crate) fn succeeded_by(&self, config: Config) -> Result<Self, rustls::Error> {
        let (rt, audit) = (self.rt.clone(), self.audit.clone());
        Self::with(config, rt, audit, self.form_key.clone(), self.state.clone())
    }

    /// Lets connections of this configuration go: HTTP after the request in flight, tunnels when they end.
    pub(crate) fn retire(&self) {
        self.retired.cancel();
    }

    /// Completes when this configuration serves no new requests.
    pub(crate) async fn retired(&self) {
        self.retired.cancelled().await;
    }

    /// Begins the end, see [`crate::Control::stop`].
    pub(crate) fn stop(&self) {
        self.state.stopping.cancel();
    }

    /// Whether the end has begun.
    pub(crate) fn is_stopping(&self) -> bool {
        self.state.stopping.is_cancelled()
    }

    /// Sends the audit log to its collector, if it has one.
    pub(crate) fn forward(&self) {
        if let Some(forwarder) = &self.state.forwarder {
            let sending = forwarder.clone().run(self.rt.clone(), self.tls_client.clone(), self.audit.clone());
            self.rt.spawn("syslog", sending);
        }
    }

    /// Completes when the end begins.
    pub(crate) async fn stopped(&self) {
        self.state.stopping.cancelled().await;
    }

    /// Completes when the gateway stops and requests had their time.
    pub(crate) async fn http_overdue(&self) {
        self.state.stopping.cancelled().await;
        tokio::time::sleep(HTTP_DRAIN).await;
    }

    /// Ends the tunnels of nobody's session.
    pub(crate) fn cut(&self) -> CancellationToken {
        self.state.cut.clone()
    }

    /// Number of connections that are served now.
    pub(crate) fn connections(&self) -> usize {
        lock(&self.state.connections).values().sum()
    }

    /// What follows from the end of sessions: told once it is kept, or can't be.
    pub(crate) async fn sessions_over(&self, over: Vec<(Session, &'static str)>) -> Result<(), Reason> {
        let now = self.now();
        for (session, _) in &over {
            self.pool.forget(|key| key.belongs_to(session.mark));
            for ticket in session.tickets() {
                self.spent().session_ended(ticket, now, &self.config.limits);
            }
        }
        let kept = self.saved().await;
        for (session, cause) in over {
            accounting::ends(self, &session, cause);
            let (user, after) = (session.user.to_string(), session.age(now));
            self.tell(&Event::SessionEnded { user, session: session.mark, cause, after });
        }
        kept
    }

    /// Completes when everything that changed so far would survive a crash, as far as it has to. An error means that
    /// it would not.
    pub(crate) async fn saved(&self) -> Result<(), Reason> {
        if !self.state.is_behind() {
            return Ok(());
        }
        let (done, saved) = oneshot::channel();
        let (state, clock, audit) = (self.state.clone(), self.rt.clock.clone(), self.audit.clone());
        // A task of its own: a client that hangs up must not interrupt it.
        self.rt.spawn("state", async move {
            let result = state.save(clock.as_ref(), &audit).await;
            _ = done.send(result);
        });
        saved.await.unwrap_or(Err(Reason::StateDown))
    }

    /// The gateway's time: what tables measure ages with.
    pub(crate) fn now(&self) -> Duration {
        self.state.now()
    }

    /// Tells the audit log.
    pub(crate) fn tell(&self, event: &Event) {
        (self.audit)(event);
    }

    /// The session table. Never hold it across an `await`.
    pub(crate) fn sessions(&self) -> MutexGuard<'_, Table> {
        lock(&self.state.sessions)
    }

    /// The log-ins that wait. Never hold it across an `await`.
    pub(crate) fn flow(&self) -> MutexGuard<'_, Flow> {
        lock(&self.state.flow)
    }

    /// The devices that are known. Never hold it across an `await`.
    pub(crate) fn devices(&self) -> MutexGuard<'_, Devices> {
        lock(&self.state.devices)
    }

    /// Failed log-ins. Never hold it across an `await`.
    pub(crate) fn lockout(&self) -> MutexGuard<'_, Lockout> {
        lock(&self.state.lockout)
    }

    /// Questions on phones. Never hold it across an `await`.
    pub(crate) fn pushes(&self) -> MutexGuard<'_, Pushes> {
        lock(&self.state.pushes)
    }

    /// RADIUS servers that gave no answer. Never hold it across an `await`.
    pub(crate) fn silent(&self) -> MutexGuard<'_, Silent> {
        lock(&self.state.silent)
    }

    /// What policies keep from request to request.
    pub(crate) fn policies(&self) -> &policy::Kept {
        &self.state.policies
    }

    /// Variables and counters of the policies. Never hold it across an `await`.
    pub(crate) fn policy_state(&self) -> MutexGuard<'_, gateway_policy::run::State> {
        lock(&self.state.policies.state)
    }

    /// What is to be told to accounting servers.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.state.ledger
    }

    /// The tickets that were presented. Never hold it across an `await`.
    pub(crate) fn spent(&self) -> MutexGuard<'_, Spent> {
        lock(&self.state.spent)
    }

    /// The sessions that outlive connections. Never hold it across an `await`.
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.state.kept)
    }

    /// A fresh random id of `N` bytes, as hexadecimal text.
    pub(crate) fn fresh_id<const N: usize>(&self, purpose: &'static str) -> Secret {
        let bytes = entropy::bytes::<N>(self.rt.entropy.as_ref(), Purpose(purpose));
        Secret::new(data_encoding::HEXLOWER.encode(&bytes))
    }

    /// Waits for what is in flight, then ends the rest (SR-152).
    pub(crate) async fn drain(&self) {
        let tasks = &self.state.tasks;
        tasks.close();
        self.tell(&Event::Draining { connections: tasks.len() });
        // Late is late: what did not end by itself is ended.
        drop(tokio::time::timeout(self.config.limits.drain, tasks.wait()).await);
        if self.state.is_durable() {
            // Who is logged in still is when the gateway is back.
            self.sessions().pause_all();
            _ = self.saved().await;
        } else {
            let rest = self.sessions().end_all();
            let over = rest.into_iter().map(|session| (session, "gateway stops"));
            _ = self.sessions_over(over.collect()).await;
        }
        self.state.cut.cancel();
        drop(tokio::time::timeout(LAST_WORDS, tasks.wait()).await);
        accounting::gateway_ends(self);
        self.ledger().last_words().await;
        self.tell(&Event::Stopped);
        if let Some(forwarder) = &self.state.forwarder {
            forwarder.flush(LAST_WORDS).await;
        }
    }

    /// Forgets what is over, everywhere.
    pub(crate) async fn sweep(&self) {
        let (now, limits) = (self.now(), &self.config.limits);
        self.flow().sweep(now, limits);
        self.lockout().sweep(now, limits);
        self.pushes().sweep(now, limits);
        self.devices().sweep(now);
        self.silent().sweep(now);
        accounting::sweep(self);
        let over = self.sessions().sweep(now, limits);
        self.sessions().note_use(limits);
        // That it can't be kept was told; the next sweep tries again.
        _ = self.sessions_over(over).await;
    }

    /// Counts a connection in, unless there are too many.
    pub(crate) fn admit(self: &Arc<Self>, peer: SocketAddr) -> Option<Admitted> {
        let limits = &self.config.limits;
        let mut connections = lock(&self.state.connections);
        let all: usize = connections.values().sum();
        let own = connections.entry(peer.ip()).or_default();
        if *own >= limits.connections_per_peer || all >= limits.connections {
            return None;
        }
        *own += 1;
        Some(Admitted { shared: self.clone(), peer, _tracked: self.state.tasks.token() })
    }

    fn with(
        config: Config,
        rt: Rt,
        audit: Sink,
        form_key: Secret,
        state: Arc<State>,
    ) -> Result<Self, rustls::Error> {
        Ok(Self {
            tls_server: tls::server_config(&rt, config.identity.clone(), config.tls)?,
            tls_client: tls::client_config(&rt, config.trust.clone())?,
            detector: protocol::detector(),
            pool: Pool::default(),
            form_key,
            retired: state.stopping.child_token(),
            config,
            rt,
            audit,
            state,
        })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut connections = lock(&self.shared.state.connections);
        if let Some(count) = connections.get_mut(&self.peer.ip()) {
            *count -= 1;
            if *count == 0 {
                connections.remove(&self.peer.ip());
            }
        }
    }
}
