//! The clock of a real world: it follows the machine's, and hurries through what nobody would see.
//!
//! While a byte moves on any socket the clock stands still, so that work takes no time and a slow machine fails no
//! deadline. When nothing moves, everybody only waits, and the clock goes on in ticks of the scenario's own, up to
//! `factor` times as fast as the machine's.
//!
//! With a factor of 1 it is the machine's clock and nothing else.
//!
//! Timers of tokio see this clock (tokio's is stopped and moved by hand), so every wait of every program is
//! shortened alike and no limit needs another value.

use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use gateway_rt::WallClock;
use tokio::net::UdpSocket;
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::limits::{LOOKS_MAX, REAL_TICK, SETTLING_PASSES};
use crate::world::Skew;

/// Whether the machine's clock is the one that counts.
pub(super) fn is_machines(factor: u32) -> bool {
    factor <= 1
}

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
        let machine = is_machines(factor).then(Instant::now);
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
        settle().await;
    }
}

/// The wall clock of a host, which may be wrong.
pub(super) struct HostClock {
    pub(super) clock: Arc<Clock>,
    pub(super) skew: Arc<Skew>,
}

impl WallClock for HostClock {
    fn now(&self) -> SystemTime {
        self.skew.shows(self.clock.start, self.clock.elapsed())
    }
}

/// Lets time pass.
pub(super) struct Pace {
    tick: Duration,
    factor: u32,
    /// One for every real tick; none when the machine's clock counts. The thread behind it ends with this.
    ticks: Option<Arc<Notify>>,
    /// Says when everything that was sent has been handed over.
    canary: UdpSocket,
    /// Looks since the clock last moved, while something moves on the sockets; `None` when nothing does.
    busy: Option<u32>,
    /// How far the clock may still go before the next real tick.
    credit: Duration,
}

impl Pace {
    /// Lets time pass in `runtime`, where tokio's clock stands still unless the machine's counts.
    ///
    /// # Errors
    /// The machine gives no socket.
    pub(super) fn new(runtime: &Runtime, tick: Duration, factor: u32) -> io::Result<Self> {
        let ticks = (!is_machines(factor)).then(|| {
            let ticks = Arc::new(Notify::new());
            let beat = Arc::downgrade(&ticks);
            // Also keeps tokio from moving its clock by itself: it doesn't while such a task runs.
            runtime.spawn_blocking(move || beat_until_dropped(&beat));
            ticks
        });
        let canary = runtime.block_on(canary())?;
        Ok(Self { tick: tick.max(REAL_TICK), factor, ticks, canary, busy: Some(0), credit: Duration::ZERO })
    }

    /// Whether something moved on a socket lately.
    pub(super) fn busy(&self) -> bool {
        self.busy.is_some()
    }

    /// One step: a look at who works, or a tick in which nobody does.
    pub(super) async fn step(&mut self, clock: &Clock) {
        let before = clock.activity();
        match (&self.ticks, self.busy) {
            (None, _) => tokio::time::sleep(REAL_TICK).await,
            (Some(_), Some(looks)) if looks < LOOKS_MAX => {
                // The second one is for the packets of a processor that this thread has just left.
                for _ in 0..2 {
                    self.everything_handed_over().await;
                    settle().await;
                }
            }
            (Some(_), Some(_)) => clock.forward(self.tick).await,
            (Some(ticks), None) => {
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
        self.busy = match self.busy {
            _ if clock.activity() == before => None,
            Some(looks) if looks < LOOKS_MAX => Some(looks + 1),
            Some(_) | None => Some(0),
        };
    }

    /// Waits until the kernel has handed over what was sent on loopback: it does so in order, so what is sent now
    /// comes last.
    async fn everything_handed_over(&self) {
        if self.canary.send(&[0]).await.is_ok() {
            // It can't be lost: nobody else sends to this socket, and it has room for one byte.
            drop(self.canary.recv(&mut [0]).await);
        }
    }
}

/// A socket that hears itself.
#[expect(clippy::disallowed_methods, reason = "belongs to the clock, not to a host")]
async fn canary() -> io::Result<UdpSocket> {
    let canary = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    canary.connect(canary.local_addr()?).await?;
    Ok(canary)
}

/// Lets everybody do what there is to do.
async fn settle() {
    for _ in 0..SETTLING_PASSES {
        tokio::task::yield_now().await;
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
