//! The session list of an ICA host.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway_rt::Fingerprint;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::limits::ICA_ENDED_SESSIONS_KEPT;

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The client has not answered with its magic.
    Waiting,
    /// Bytes are echoed.
    Open,
    /// The client lost its connection; session reliability holds the session for it.
    Suspended,
    /// Nobody is connected; whoever has the ticket of auto client reconnect can go on.
    Disconnected,
    /// Over.
    Closed,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its number, from 1.
    pub id: u64,
    /// The client; behind a gateway, the gateway.
    pub peer: SocketAddr,
    /// Who logged on, where a broker is asked.
    pub user: Option<String>,
    /// When the connection came.
    pub accepted_at: Instant,
    /// Session bytes received.
    pub received: u64,
    /// Session bytes echoed.
    pub echoed: u64,
    /// How far it is.
    pub state: State,
}

/// All sessions of a host, bounded.
pub(super) struct Sessions {
    live_max: usize,
    list: Mutex<Vec<Entry>>,
}

struct Entry {
    session: Session,
    /// The ticket with which a client can go on.
    ticket: Option<Fingerprint>,
    /// Ends the connection that has the session now.
    cut: CancellationToken,
}

/// The number of the session that a connection has; changes when it claims another one.
pub(super) struct Number(AtomicU64);

impl Number {
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection's hold on a session.
pub(super) struct Hold {
    pub(super) number: Arc<Number>,
    /// Another connection took the session over.
    pub(super) cut: CancellationToken,
}

impl Sessions {
    pub(super) fn new(live_max: usize) -> Self {
        Self { live_max, list: Mutex::default() }
    }

    /// Begins a session, or `None` when all are taken.
    pub(super) fn begin(&self, peer: SocketAddr) -> Option<Hold> {
        let mut list = self.lock();
        if count_live(&list) >= self.live_max {
            return None;
        }
        let over = |entry: &Entry| matches!(entry.session.state, State::Closed | State::Disconnected);
        if list.iter().filter(|entry| over(entry)).count() >= ICA_ENDED_SESSIONS_KEPT
            && let Some(oldest) = list.iter().position(over)
        {
            list.remove(oldest);
        }
        let id = list.last().map_or(1, |entry| entry.session.id + 1);
        let accepted_at = Instant::now();
        let state = State::Waiting;
        let session = Session { id, peer, user: None, accepted_at, received: 0, echoed: 0, state };
        let cut = CancellationToken::new();
        list.push(Entry { session, ticket: None, cut: cut.clone() });
        Some(Hold { number: Arc::new(Number(AtomicU64::new(id))), cut })
    }

    /// Gives the session of `hold` up for the one that `ticket` stands for: the ticket is spent, and who had
    /// that session is put out. False when there is no such session.
    pub(super) fn claim(&self, hold: &Hold, ticket: Fingerprint) -> bool {
        let mut list = self.lock();
        let waiting = hold.number.get();
        let peer = list.iter().find(|entry| entry.session.id == waiting).map(|entry| entry.session.peer);
        let Some(found) = list.iter_mut().find(|entry| entry.ticket == Some(ticket)) else { return false };
        found.ticket = None;
        found.session.state = State::Open;
        found.session.peer = peer.unwrap_or(found.session.peer);
        std::mem::replace(&mut found.cut, hold.cut.clone()).cancel();
        hold.number.0.store(found.session.id, Ordering::Relaxed);
        list.retain(|entry| entry.session.id != waiting);
        true
    }

    /// From now on `ticket` is what leads back to a session.
    pub(super) fn set_ticket(&self, id: u64, ticket: Fingerprint) {
        if let Some(entry) = self.lock().iter_mut().find(|entry| entry.session.id == id) {
            entry.ticket = Some(ticket);
        }
    }

    /// The connection that had the session is gone: it can be gone on with where a ticket is out.
    pub(super) fn leave(&self, hold: &Hold) {
        if hold.cut.is_cancelled() {
            return;
        }
        let number = hold.number.get();
        if let Some(entry) = self.lock().iter_mut().find(|entry| entry.session.id == number) {
            entry.session.state = if entry.ticket.is_some() { State::Disconnected } else { State::Closed };
        }
    }

    /// Changes a session; one that was crowded out of the list is left alone.
    pub(super) fn update(&self, id: u64, change: impl FnOnce(&mut Session)) {
        if let Some(entry) = self.lock().iter_mut().find(|entry| entry.session.id == id) {
            change(&mut entry.session);
        }
    }

    /// The host has lost its memory: nothing can be gone on with.
    pub(super) fn forget(&self) {
        for entry in self.lock().iter_mut() {
            entry.ticket = None;
            entry.session.state = State::Closed;
        }
    }

    /// Whether session reliability holds a session nobody is connected to.
    pub(super) fn is_suspended(&self, id: u64) -> bool {
        self.lock().iter().any(|entry| entry.session.id == id && entry.session.state == State::Suspended)
    }

    pub(super) fn list(&self) -> Vec<Session> {
        self.lock().iter().map(|entry| entry.session.clone()).collect()
    }

    pub(super) fn live(&self) -> usize {
        count_live(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count_live(list: &[Entry]) -> usize {
    list.iter().filter(|entry| !matches!(entry.session.state, State::Closed | State::Disconnected)).count()
}
