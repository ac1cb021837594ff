//! By how much the wall clock of a host is wrong: it has jumped, and it drifts.
//!
//! Only the wall clock: what programs measure with `tokio::time` is right on every host.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use super::lock;

/// How fast a clock goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Milliseconds it gains; negative when it loses.
    pub gains: i64,
    /// In this time.
    pub per: Duration,
}

/// What a clock has gathered in jumps and drift.
#[derive(Default)]
pub(crate) struct Skew(Mutex<Gathered>);

#[derive(Default)]
struct Gathered {
    /// Nanoseconds ahead at `since`, a time of the run.
    ahead: i128,
    since: Duration,
    drift: Option<Drift>,
}

impl Skew {
    /// The clock jumps by so many milliseconds, backwards when negative.
    pub(crate) fn jump(&self, milliseconds: i64) {
        lock(&self.0).ahead += i128::from(milliseconds) * 1_000_000;
    }

    /// From `now` on, a time of the run, the clock drifts like this, or no more. What it has gathered stays.
    pub(crate) fn drift(&self, now: Duration, drift: Option<Drift>) {
        let mut gathered = lock(&self.0);
        *gathered = Gathered { ahead: gathered.ahead_at(now), since: now, drift };
    }

    /// What the clock shows at `now`, a time of the run that began at `start`. A clock that would show a time before
    /// 1970 or after all time shows the right one.
    pub(crate) fn shows(&self, start: SystemTime, now: Duration) -> SystemTime {
        let (right, ahead) = (start + now, lock(&self.0).ahead_at(now));
        let by = Duration::from_nanos(u64::try_from(ahead.unsigned_abs()).unwrap_or(u64::MAX));
        let wrong = if ahead < 0 { right.checked_sub(by) } else { right.checked_add(by) };
        wrong.filter(|wrong| *wrong >= SystemTime::UNIX_EPOCH).unwrap_or(right)
    }
}

impl Gathered {
    fn ahead_at(&self, now: Duration) -> i128 {
        let drifted = self.drift.map_or(0, |Drift { gains, per }| {
            let passed = now.saturating_sub(self.since).as_nanos();
            let passed = i128::try_from(passed).unwrap_or(i128::MAX / 2);
            let per = i128::try_from(per.as_millis()).unwrap_or(i128::MAX).max(1);
            passed.saturating_mul(i128::from(gains)) / per
        });
        self.ahead + drifted
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn jumps_add_up_and_drift_stays_when_it_ends() {
        let (skew, start) = (Skew::default(), UNIX_EPOCH + seconds(10_000));
        skew.jump(90_000);
        skew.jump(-30_000);
        assert_eq!(skew.shows(start, seconds(5)), start + seconds(65));
        skew.drift(seconds(5), Some(Drift { gains: -1000, per: seconds(10) }));
        assert_eq!(skew.shows(start, seconds(105)), start + seconds(155));
        skew.drift(seconds(105), None);
        assert_eq!(skew.shows(start, seconds(205)), start + seconds(255));
    }

    #[test]
    fn a_clock_shows_no_time_before_1970() {
        let (skew, start) = (Skew::default(), UNIX_EPOCH + seconds(10));
        skew.jump(-20_000);
        assert_eq!(skew.shows(start, seconds(1)), start + seconds(1));
        assert_eq!(skew.shows(start, seconds(12)), UNIX_EPOCH + seconds(2));
    }
}
