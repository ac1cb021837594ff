//! Counting audit events, for metrics and for what is known about servers that only speak when spoken to.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use gateway::audit::Event;
use gateway_rt::Rt;

/// A server that stayed silent counts as down for this long, unless it speaks. Ours: until the next log-in or
/// two had a chance to find out.
const SILENCE_REMEMBERED: Duration = Duration::from_secs(60);

/// What has happened so far.
#[derive(Default)]
pub(in crate::program) struct Tally {
    counts: Mutex<Counts>,
}

/// Bounded by the kinds of events, the reasons, and the servers of the configuration.
#[derive(Clone, Default)]
pub(super) struct Counts {
    /// By kind and reason.
    pub(super) events: BTreeMap<(&'static str, &'static str), u64>,
    pub(super) tunnels_open: u64,
    pub(super) bytes_up: u64,
    pub(super) bytes_down: u64,
    silent: BTreeMap<String, SystemTime>,
}

impl Tally {
    /// Counts one event.
    pub(in crate::program) fn count(&self, rt: &Rt, event: &Event) {
        let mut counts = self.lock();
        let reason = event.reason().map_or("", gateway::reason::Reason::code);
        *counts.events.entry((event.kind(), reason)).or_default() += 1;
        match event {
            Event::TunnelOpened { .. } => counts.tunnels_open += 1,
            Event::TunnelClosed { up, down, .. } => {
                counts.tunnels_open = counts.tunnels_open.saturating_sub(1);
                counts.bytes_up = counts.bytes_up.saturating_add(*up);
                counts.bytes_down = counts.bytes_down.saturating_add(*down);
            }
            Event::FactorSilent { server, .. } => {
                counts.silent.insert(server.clone(), rt.clock.now());
            }
            Event::FactorPassed { server, .. } => drop(counts.silent.remove(server)),
            _ => {}
        }
    }

    /// The counts as they are now.
    pub(super) fn counts(&self) -> Counts {
        self.lock().clone()
    }

    /// Time since `server` stayed silent, when that is not long ago.
    pub(super) fn silent_since(&self, rt: &Rt, server: &str) -> Option<Duration> {
        let since = *self.lock().silent.get(server)?;
        rt.clock.now().duration_since(since).ok().filter(|age| *age < SILENCE_REMEMBERED)
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // Counts change in single steps: they are whole, whatever panicked elsewhere.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
