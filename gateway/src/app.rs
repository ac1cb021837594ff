//! All wiring of the gateway on one page: what is shared, what listens, what is swept.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway_proto::detect::{Detector, Signature};
use gateway_proto::secret::Secret;
use gateway_rt::http::Pool;
use gateway_rt::{Accepted, Listener, Purpose, Rt, entropy, tls};
use rustls::{ClientConfig, ServerConfig};
use tokio::time::Instant;

use crate::audit::{Event, Sink};
use crate::auth::Flow;
use crate::config::Config;
use crate::conn::{self, Protocol};
use crate::limits::SWEEP_INTERVAL;
use crate::reason::Reason;
use crate::session::Table;
use crate::sta::Spent;
use crate::upstream::PoolKey;

/// A gateway, ready to serve. Any number of them live in one process.
pub struct Gateway {
    shared: Arc<Shared>,
}

/// What every connection may use.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) rt: Rt,
    pub(crate) audit: Sink,
    pub(crate) tls_server: Arc<ServerConfig>,
    pub(crate) tls_client: Arc<ClientConfig>,
    pub(crate) detector: Detector<Protocol>,
    pub(crate) pool: Pool<PoolKey>,
    pub(crate) form_key: Secret,
    sessions: Mutex<Table>,
    flow: Mutex<Flow>,
    spent: Mutex<Spent>,
    connections: Mutex<BTreeMap<IpAddr, usize>>,
    begun: Instant,
}

impl Gateway {
    /// Builds a gateway. Errors when certificate and key do not belong together, or the provider can't do TLS.
    pub fn new(config: Config, rt: Rt, audit: Sink) -> Result<Self, rustls::Error> {
        let shared = Shared {
            tls_server: tls::server_config(&rt, config.identity.clone())?,
            tls_client: tls::client_config(&rt, config.trust.clone())?,
            // The handlers, each registered with its signature (ica-09).
            detector: Detector::new()
                .register(Signature::HTTP, Protocol::Http)
                .register(Signature::SOCKS5, Protocol::Socks5)
                .register(Signature::CGP, Protocol::Cgp),
            pool: Pool::default(),
            form_key: Secret::new(entropy::bytes::<32>(rt.entropy.as_ref(), Purpose("form-key"))),
            sessions: Mutex::default(),
            flow: Mutex::default(),
            spent: Mutex::default(),
            connections: Mutex::default(),
            begun: Instant::now(),
            config,
            rt,
            audit,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Binds the configured address and serves until dropped. An error means that it could not bind.
    pub async fn run(self) -> io::Result<()> {
        let listener = self.shared.rt.net.listen(self.shared.config.listen).await?;
        self.run_on(listener).await
    }

    /// Serves on a listener that is bound already.
    pub async fn run_on(self, mut listener: Box<dyn Listener>) -> io::Result<()> {
        let shared = self.shared;
        shared.tell(&Event::Started { at: listener.local_addr() });
        let mut sweep = tokio::time::interval(SWEEP_INTERVAL);
        loop {
            tokio::select! { biased;
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => admit(&shared, accepted),
                    // One connection failed, or descriptors ran out: breathe, then go on.
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                },
                _ = sweep.tick() => shared.sweep(),
            }
        }
    }
}

/// Counts a connection in and hands it to a task of its own, or refuses it.
fn admit(shared: &Arc<Shared>, accepted: Accepted) {
    let Accepted { stream, peer } = accepted;
    if !shared.enter(peer.ip()) {
        shared.tell(&Event::ConnectionRefused { peer, reason: Reason::ConnectionLimit });
        return;
    }
    let admitted = Admitted { shared: shared.clone(), peer };
    shared.rt.spawn("connection", async move { conn::serve(&admitted.shared, stream, admitted.peer).await });
}

/// A connection that is counted; leaves the count when dropped, whatever ended it.
struct Admitted {
    shared: Arc<Shared>,
    peer: SocketAddr,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut connections = lock(&self.shared.connections);
        if let Some(count) = connections.get_mut(&self.peer.ip()) {
            *count -= 1;
            if *count == 0 {
                connections.remove(&self.peer.ip());
            }
        }
    }
}

impl Shared {
    /// Time since this gateway began: what tables measure ages with.
    pub(crate) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Tells the audit log.
    pub(crate) fn tell(&self, event: &Event) {
        (self.audit)(event);
    }

    /// The session table. Never hold it across an `await`.
    pub(crate) fn sessions(&self) -> MutexGuard<'_, Table> {
        lock(&self.sessions)
    }

    /// The log-ins that wait. Never hold it across an `await`.
    pub(crate) fn flow(&self) -> MutexGuard<'_, Flow> {
        lock(&self.flow)
    }

    /// The tickets that were presented. Never hold it across an `await`.
    pub(crate) fn spent(&self) -> MutexGuard<'_, Spent> {
        lock(&self.spent)
    }

    /// A fresh random id of `N` bytes, as hexadecimal text.
    pub(crate) fn fresh_id<const N: usize>(&self, purpose: &'static str) -> Secret {
        let bytes = entropy::bytes::<N>(self.rt.entropy.as_ref(), Purpose(purpose));
        Secret::new(data_encoding::HEXLOWER.encode(&bytes))
    }

    fn enter(&self, peer: IpAddr) -> bool {
        let limits = &self.config.limits;
        let mut connections = lock(&self.connections);
        let all: usize = connections.values().sum();
        let own = connections.entry(peer).or_default();
        if *own >= limits.connections_per_peer || all >= limits.connections {
            return false;
        }
        *own += 1;
        true
    }

    fn sweep(&self) {
        let (now, limits) = (self.now(), &self.config.limits);
        self.flow().sweep(now, limits);
        let over = self.sessions().sweep(now, limits);
        for (session, cause) in over {
            self.pool.forget(|key| key.belongs_to(session.mark));
            let (user, after) = (session.identity.user.clone(), session.age(now));
            self.tell(&Event::SessionEnded { user, session: session.mark, cause, after });
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere ended its own task; the tables change in single steps and are whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
