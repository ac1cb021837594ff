//! Wall time through the seam, and rustls' view of it.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

/// What time it is. Only for values that leave the process or outlive it: logs, cookies, certificates.
pub trait WallClock: Send + Sync + 'static {
    /// The current wall time.
    fn now(&self) -> SystemTime;
}

/// Time since 1970-01-01T00:00:00Z; zero for a clock set before that.
pub fn since_epoch(clock: &dyn WallClock) -> Duration {
    clock.now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Lets certificate validity follow a [`WallClock`].
pub(crate) struct TlsTime(pub(crate) Arc<dyn WallClock>);

impl std::fmt::Debug for TlsTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsTime")
    }
}

impl TimeProvider for TlsTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(since_epoch(self.0.as_ref())))
    }
}
