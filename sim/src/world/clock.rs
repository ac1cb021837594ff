//! Virtual time, and the wall clocks of the hosts.
//!
//! Monotonic time needs nothing here: `tokio::time` is paused and moved by turmoil.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use gateway_rt::WallClock;

use super::skew::Skew;

/// The virtual time of a world, as code on its hosts and the world's driver both may ask for it.
#[derive(Default)]
pub(super) struct VirtualTime {
    stepping: AtomicBool,
    /// Nanoseconds since the start, at the last step's end.
    driver: AtomicU64,
}

impl VirtualTime {
    pub(super) fn enter_step(&self) {
        self.stepping.store(true, Ordering::Relaxed);
    }

    pub(super) fn leave_step(&self, now: Duration) {
        self.stepping.store(false, Ordering::Relaxed);
        let nanos = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        self.driver.store(nanos, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> Duration {
        // Between steps destructors run (a crash drops tasks), and there turmoil would answer from the
        // *real* clock, because no runtime is entered.
        let within = self.stepping.load(Ordering::Relaxed).then(turmoil::sim_elapsed).flatten();
        within.unwrap_or_else(|| Duration::from_nanos(self.driver.load(Ordering::Relaxed)))
    }
}

/// A host's wall clock: the simulation's start plus virtual time, plus what the clock is wrong by.
pub(super) struct SimClock {
    start: SystemTime,
    time: Arc<VirtualTime>,
    pub(super) skew: Skew,
}

impl SimClock {
    pub(super) fn new(start: SystemTime, time: Arc<VirtualTime>) -> Self {
        Self { start, time, skew: Skew::default() }
    }
}

impl WallClock for SimClock {
    fn now(&self) -> SystemTime {
        self.skew.shows(self.start, self.time.now())
    }
}
