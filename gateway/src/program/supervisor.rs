//! What systemd is told, if it started us: that we are ready, reload, stop, and that the loop still turns.
//!
//! Specification: sd_notify(3), sd_watchdog_enabled(3). Nobody else listens.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{Interval, MissedTickBehavior};

/// However impatient a watchdog is, it is not told more often.
const WATCHDOG_PERIOD_MIN: Duration = Duration::from_millis(10);

/// Users are served.
pub(super) fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The configuration is read again; [`ready`] ends that.
pub(super) fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        notify(&[NotifyState::Reloading, now]);
    }
}

/// Nobody new is let in.
pub(super) fn stopping(status: &str) {
    notify(&[NotifyState::Stopping, NotifyState::Status(status)]);
}

fn notify(states: &[NotifyState<'_>]) {
    // Without a supervisor there is nobody to tell.
    drop(sd_notify::notify(states));
}

/// A watchdog (`WatchdogSec=`) that kills whoever is silent for too long.
pub(super) struct Watchdog(Option<Interval>);

impl Watchdog {
    /// The one that the environment names.
    pub(super) fn new() -> Self {
        let interval = |limit: Duration| {
            // Twice as often as it must be, as the manual recommends.
            let mut interval = tokio::time::interval((limit / 2).max(WATCHDOG_PERIOD_MIN));
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        };
        Self(sd_notify::watchdog_enabled().map(interval))
    }

    /// Waits until it wants to hear something, and tells it. For ever without a watchdog.
    pub(super) async fn feed(&mut self) {
        match &mut self.0 {
            Some(interval) => {
                interval.tick().await;
                notify(&[NotifyState::Watchdog]);
            }
            None => std::future::pending().await,
        }
    }
}
