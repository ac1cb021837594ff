//! A session's sign of life from its tunnels: who types in an app is not idle, although no request says so.
//!
//! Tunnels write it at every turn without the table's lock, and the table reads it. Specification: ours; a
//! session that is in use must not be ended for being idle (SR-76 ends tunnels for other causes).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// When something last moved, to the millisecond, since the gateway began, and how much did. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse(Arc<Beats>);

#[derive(Debug, Default)]
struct Beats {
    last: AtomicU64,
    up: AtomicU64,
    down: AtomicU64,
}

impl Pulse {
    /// Of a session that has moved so many bytes in another life of the gateway.
    pub(super) fn after((up, down): (u64, u64)) -> Self {
        Self(Arc::new(Beats { last: AtomicU64::new(0), up: up.into(), down: down.into() }))
    }

    /// Something moved at `now`.
    pub(crate) fn beat(&self, now: Duration) {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.0.last.fetch_max(now, Ordering::Relaxed);
    }

    /// So many bytes moved from the user and to the user, at `now`.
    pub(crate) fn moved(&self, (up, down): (u64, u64), now: Duration) {
        self.0.up.fetch_add(up, Ordering::Relaxed);
        self.0.down.fetch_add(down, Ordering::Relaxed);
        self.beat(now);
    }

    /// Bytes from the user and to the user so far, for accounting.
    pub(crate) fn total(&self) -> (u64, u64) {
        (self.0.up.load(Ordering::Relaxed), self.0.down.load(Ordering::Relaxed))
    }

    /// When something last moved; zero if nothing ever did.
    pub(super) fn last(&self) -> Duration {
        Duration::from_millis(self.0.last.load(Ordering::Relaxed))
    }
}
