//! The session list of an ICA host.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::limits::ICA_ENDED_SESSIONS_KEPT;

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The client has not answered with its magic.
    Waiting,
    /// Bytes are echoed.
    Open,
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
    list: Mutex<Vec<Session>>,
}

impl Sessions {
    pub(super) fn new(live_max: usize) -> Self {
        Self { live_max, list: Mutex::default() }
    }

    /// Begins a session, or `None` when all are taken.
    pub(super) fn begin(&self, peer: SocketAddr) -> Option<u64> {
        let mut list = self.lock();
        if count_live(&list) >= self.live_max {
            return None;
        }
        let ended = list.iter().filter(|session| session.state == State::Closed).count();
        if ended >= ICA_ENDED_SESSIONS_KEPT
            && let Some(oldest) = list.iter().position(|session| session.state == State::Closed)
        {
            list.remove(oldest);
        }
        let id = list.last().map_or(1, |session| session.id + 1);
        let accepted_at = Instant::now();
        let state = State::Waiting;
        list.push(Session { id, peer, user: None, accepted_at, received: 0, echoed: 0, state });
        Some(id)
    }

    /// Changes a session; one that was crowded out of the list is left alone.
    pub(super) fn update(&self, id: u64, change: impl FnOnce(&mut Session)) {
        if let Some(session) = self.lock().iter_mut().find(|session| session.id == id) {
            change(session);
        }
    }

    pub(super) fn list(&self) -> Vec<Session> {
        self.lock().clone()
    }

    pub(super) fn live(&self) -> usize {
        count_live(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Session>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count_live(list: &[Session]) -> usize {
    list.iter().filter(|session| session.state != State::Closed).count()
}
