//! What is the same for all configurations a gateway ever serves with: its tables, how many are connected, that it
//! stops; and how the tables outlive it.
//!
//! A table that outlives the process implements [`Kept`](crate::store::Kept) and stands in [`State::lasting`].

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway_rt::{Rt, WallClock, time};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounting::Ledger;
use crate::audit::{Event, Sink, StateEvent};
use crate::auth::{Devices, Flow, Lockout, Pushes};
use crate::ica::Kept;
use crate::policy;
use crate::radius::Silent;
use crate::reason::Reason;
use crate::session::Table;
use crate::sta::Spent;
use crate::store::{self, Clock, Embedded, Guarded, Keeper, Memory, Store, StoreError};
use crate::syslog::Forwarder;

/// Why a gateway can't be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Certificate and key do not belong together, or the provider can't do TLS.
    #[error("tls: {0}")]
    Tls(#[from] rustls::Error),
    /// What must outlive the gateway has no place.
    #[error("store.path: {0}")]
    Store(#[from] StoreError),
}

/// The state of a gateway.
pub(crate) struct State {
    pub(crate) sessions: Mutex<Table>,
    pub(crate) flow: Mutex<Flow>,
    pub(crate) devices: Mutex<Devices>,
    pub(crate) lockout: Mutex<Lockout>,
    pub(crate) pushes: Mutex<Pushes>,
    pub(crate) silent: Mutex<Silent>,
    pub(crate) ledger: Ledger,
    pub(crate) spent: Mutex<Spent>,
    pub(crate) kept: Mutex<Kept>,
    pub(crate) policies: policy::Kept,
    pub(crate) connections: Mutex<BTreeMap<IpAddr, usize>>,
    /// Every connection, for who waits until there is none.
    pub(crate) tasks: TaskTracker,
    /// The gateway was told to stop.
    pub(crate) stopping: CancellationToken,
    /// Ends the tunnels that belong to no session.
    pub(crate) cut: CancellationToken,
    /// Sends the audit log to its collector.
    pub(crate) forwarder: Option<Arc<Forwarder>>,
    keeper: Keeper,
    /// The gateway's time when this life of it began.
    before: Duration,
    begun: Instant,
}

impl State {
    /// What another life of this gateway kept in the file at `path`; without one, nothing. A file that can't be
    /// trusted is moved away, and the audit log is told.
    pub(crate) fn open(path: Option<&Path>, rt: &Rt, audit: &Sink) -> Result<Self, StoreError> {
        let Some(path) = path else { return Self::restored(Arc::new(Memory), rt) };
        let opened = Self::opened(path, rt);
        let state = match opened {
            Err(StoreError::Damaged(why)) => {
                let aside = store::quarantine(rt.disk.as_ref(), path)?.display().to_string();
                audit(&Event::State(StateEvent::Damaged { aside, why }));
                Self::opened(path, rt)?
            }
            opened => opened?,
        };
        audit(&Event::State(state.told()));
        Ok(state)
    }

    fn opened(path: &Path, rt: &Rt) -> Result<Self, StoreError> {
        Self::restored(Arc::new(Embedded::open(rt.disk.clone(), path)?), rt)
    }

    fn restored(store: Arc<dyn Store>, rt: &Rt) -> Result<Self, StoreError> {
        let mut state = Self {
            sessions: Mutex::default(),
            flow: Mutex::default(),
            devices: Mutex::default(),
            lockout: Mutex::default(),
            pushes: Mutex::default(),
            silent: Mutex::default(),
            ledger: Ledger::default(),
            spent: Mutex::default(),
            kept: Mutex::default(),
            policies: policy::Kept::default(),
            connections: Mutex::default(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            cut: CancellationToken::new(),
            forwarder: None,
            keeper: Keeper::new(store, rt.disk.clone()),
            before: Duration::ZERO,
            begun: Instant::now(),
        };
        let clock = state.keeper.restore(&state.lasting())?;
        state.before =
            clock.map_or(Duration::ZERO, |clock| clock.resume(time::since_epoch(rt.clock.as_ref())));
        Ok(state)
    }

    /// The tables that outlive the process.
    fn lasting(&self) -> [&dyn Guarded; 4] {
        [&self.sessions, &self.devices, &self.lockout, &self.spent]
    }

    fn told(&self) -> StateEvent {
        StateEvent::Opened {
            sessions: lock(&self.sessions).all().map(|session| session.mark).collect(),
            locked: lock(&self.lockout).locked_accounts(self.now()),
            devices: lock(&self.devices).len(),
            tickets: lock(&self.spent).len(),
        }
    }

    /// The gateway's time: goes on from life to life.
    pub(crate) fn now(&self) -> Duration {
        self.before + self.begun.elapsed()
    }

    /// Whether anything outlives the process.
    pub(crate) fn is_durable(&self) -> bool {
        self.keeper.is_durable()
    }

    /// Whether there is something to save, or to wait for.
    pub(crate) fn is_behind(&self) -> bool {
        self.keeper.is_behind(&self.lasting())
    }

    /// Saves what changed until now. Call it in a task that nobody interrupts.
    pub(crate) async fn save(&self, clock: &dyn WallClock, audit: &Sink) -> Result<(), Reason> {
        let clock = || Clock { gateway: self.now(), wall: time::since_epoch(clock) };
        let saved = self.keeper.save(&self.lasting(), clock).await;
        let event = match &saved.result {
            Ok(()) => StateEvent::Recovered,
            Err(error) => StateEvent::Failed { why: error.to_string() },
        };
        if saved.is_news {
            audit(&Event::State(event));
        }
        saved.result.map_err(|_| Reason::StateDown)
    }
}

/// Locks a table.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere ended its own task; the tables change in single steps and are whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
