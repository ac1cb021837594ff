//! The clock of a real world: it follows the machine's, and hurries through what nobody would see.
//!
//! While a byte moves on any socket, the clock moves a millisecond per millisecond of the machine. When nothing
//! has moved for a while, everybody only waits, and the clock moves up to `factor` times as fast, in ticks of the
//! scenario's own. It never runs ahead of that; on a busy machine it falls behind rather than leap, so that a
//! slow machine fails no deadline.
//!
//! With a factor of 1 it is the machine's clock and nothing else.
//!
//! Timers of tokio see this clock (tokio's is stopped and moved by hand), so every wait of every program is
//! shortened alike and no limit needs another value.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use gateway_rt::WallClock;
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::limits::{IDLE_TICKS, REAL_TICK, SETTLING_PASSES};

/// What time it is, for the hosts and for the driver.
pub(super) struct Clock {
    start: SystemTime,
    /// The machine's moment at the start, where its clock is the one that counts.
    machine: Option<Instant>,
    /// Otherwise, nanoseconds since the start.
    elapsed: AtomicU64,
    /// Moves with every byte on a socket.
    activity: AtomicU64,
}

impl Clock {
    pub(super) fn new(start: SystemTime, factor: u32) -> Self {
        let machine = (factor <= 1).then(Instant::now);
        Self { start, machine, elapsed: AtomicU64::new(0), activity: AtomicU64::new(0) }
    }

    pub(super) fn elapsed(&self) -> Duration {
        let moved = || Duration::from_nanos(self.elapsed.load(Ordering::Relaxed));
        self.machine.map_or_else(moved, |start| start.elapsed())
    }

    /// Something moved on a socket.
    pub(super) fn active(&self) {
        self.activity.fetch_add(1, Ordering::Relaxed);
    }

    fn activity(&self) -> u64 {
        self.activity.load(Ordering::Relaxed)
    }

    /// Moves the clock, and lets everybody do what that wakes them for.
    async fn forward(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.elapsed.fetch_add(nanos, Ordering::Relaxed);
        tokio::time::advance(by).await;
        for _ in 0..SETTLING_PASSES {
            tokio::task::yield_now().await;
        }
    }
}

impl WallClock for Clock {
    fn now(&self) -> SystemTime {
        self.start + self.elapsed()
    }
}

/// Lets time pass.
pub(super) struct Pace {
    tick: Duration,
    factor: u32,
    /// One for every real tick; none when the machine's clock counts. The thread behind it ends with this.
    ticks: Option<Arc<Notify>>,
    idle_ticks: u32,
    /// How far idle time may still go before the next real tick.
    credit: Duration,
}

impl Pace {
    /// Unless the machine's clock counts, stops tokio's clock in `runtime`, for good.
    pub(super) fn new(runtime: &Runtime, tick: Duration, factor: u32) -> Self {
        let ticks = (factor > 1).then(|| {
            let ticks = Arc::new(Notify::new());
            let beat = Arc::downgrade(&ticks);
            // Also keeps tokio from moving its clock by itself: it doesn't while such a task runs.
            runtime.spawn_blocking(move || beat_until_dropped(&beat));
            runtime.block_on(async { tokio::time::pause() });
            ticks
        });
        Self { tick: tick.max(REAL_TICK), factor, ticks, idle_ticks: 0, credit: Duration::ZERO }
    }

    /// Whether nothing has moved on any socket for a while.
    pub(super) fn idle(&self) -> bool {
        self.idle_ticks >= IDLE_TICKS
    }

    /// One step: a real tick, or one of idle time.
    pub(super) async fn step(&mut self, clock: &Clock) {
        let before = clock.activity();
        match &self.ticks {
            None => {
                tokio::time::sleep(REAL_TICK).await;
                self.idle_ticks = self.idle_ticks.saturating_add(1);
            }
            Some(ticks) if self.idle_ticks < IDLE_TICKS => {
                ticks.notified().await;
                clock.forward(REAL_TICK).await;
                self.idle_ticks += 1;
                self.credit = Duration::ZERO;
            }
            Some(ticks) => {
                while self.credit < self.tick && clock.activity() == before {
                    ticks.notified().await;
                    self.credit += REAL_TICK * self.factor;
                }
                if clock.activity() == before {
                    self.credit = self.credit.saturating_sub(self.tick);
                    clock.forward(self.tick).await;
                }
            }
        }
        if clock.activity() != before {
            self.idle_ticks = 0;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one thread that waits in real time")]
fn beat_until_dropped(ticks: &Weak<Notify>) {
    loop {
        std::thread::sleep(REAL_TICK);
        let Some(ticks) = ticks.upgrade() else { return };
        ticks.notify_one();
    }
}
