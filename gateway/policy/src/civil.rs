//! Dates and clocks out of seconds since 1970 UTC, without a clock.
//!
//! Days to dates after Howard Hinnant's `civil_from_days`; text forms of RFC 9110 section 5.6.7 by `httpdate`.

use std::time::{Duration, UNIX_EPOCH};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The last second an RFC 1123 date can print: the end of the year 9999.
const LAST: i64 = 253_402_300_799;

/// A point in time, field by field, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Year, 1970 and later for what an appliance sees.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// 0 for Sunday.
    pub weekday: i64,
    /// 0 to 23.
    pub hours: i64,
    /// 0 to 59.
    pub minutes: i64,
    /// 0 to 59.
    pub seconds: i64,
}

impl Civil {
    /// The fields of a second.
    #[must_use]
    pub fn of(now: i64) -> Self {
        let (days, second) = (now.div_euclid(DAY), now.rem_euclid(DAY));
        let (year, month, day) = date(days);
        Self {
            year,
            month,
            day,
            weekday: (days.rem_euclid(7) + 4) % 7,
            hours: second / 3600,
            minutes: second / 60 % 60,
            seconds: second % 60,
        }
    }
}

/// The date of the n-th day since 1970.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// The second at which a date and time of UTC begins. Fields outside their ranges carry over.
#[must_use]
pub fn seconds(year: i64, month: i64, day: i64, second_of_day: i64) -> i64 {
    let year = year.clamp(0, 9999) - i64::from(month <= 2);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let days =
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    days * DAY + second_of_day
}

/// `Mon, 05 Mar 2018 10:23:36 GMT`. Before 1970 and after 9999 the nearest date that can be printed.
#[must_use]
pub fn rfc1123(now: i64) -> String {
    let second = u64::try_from(now.clamp(0, LAST)).unwrap_or_default();
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(second))
}

/// Any of the three forms of RFC 9110 section 5.6.7.
#[must_use]
pub fn parse(text: &[u8]) -> Option<i64> {
    let time = httpdate::parse_http_date(std::str::from_utf8(text).ok()?.trim()).ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

/// A point in time as people write it: `12:00` (today, UTC), `2026-01-05`, `2026-01-05T12:00:30Z`, or as [`parse`].
#[must_use]
pub fn read(text: &str, now: i64) -> Option<i64> {
    let text = text.trim();
    let (date, clock) = match text.trim_end_matches('Z').split_once(['T', ' ']) {
        Some((date, clock)) => (Some(date), clock),
        None if text.contains(':') => (None, text),
        None => (Some(text), "00:00"),
    };
    let numbers =
        |text: &str, mark: char| text.split(mark).map(|part| part.parse().ok()).collect::<Option<Vec<i64>>>();
    let day = match (date, date.and_then(|date| numbers(date, '-')).as_deref()) {
        (None, _) => now - now.rem_euclid(DAY),
        (_, Some([year, month @ 1..=12, day @ 1..=31])) => seconds(*year, *month, *day, 0),
        _ => return parse(text.as_bytes()),
    };
    match numbers(clock, ':').as_deref() {
        Some([hours @ 0..=23, minutes @ 0..=59]) => Some(day + hours * 3600 + minutes * 60),
        Some([hours @ 0..=23, minutes @ 0..=59, second @ 0..=60]) => {
            Some(day + hours * 3600 + minutes * 60 + second)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_known_seconds() {
        let fields = |now| {
            let c = Civil::of(now);
            (c.year, c.month, c.day, c.weekday, c.hours, c.minutes, c.seconds)
        };
        assert_eq!(fields(0), (1970, 1, 1, 4, 0, 0, 0));
        assert_eq!(fields(1_520_245_416), (2018, 3, 5, 1, 10, 23, 36));
        assert_eq!(fields(951_782_400), (2000, 2, 29, 2, 0, 0, 0));
        assert_eq!(fields(-1), (1969, 12, 31, 3, 23, 59, 59));
    }

    #[test]
    fn every_day_of_four_centuries_goes_there_and_back() {
        for day in (0..146_097).step_by(17) {
            let c = Civil::of(day * DAY + 5);
            assert_eq!(seconds(c.year, c.month, c.day, 5), day * DAY + 5);
        }
    }

    #[test]
    fn printed_dates_are_read_again() {
        assert_eq!(rfc1123(1_520_245_416), "Mon, 05 Mar 2018 10:23:36 GMT");
        assert_eq!(parse(b"Mon, 05 Mar 2018 10:23:36 GMT"), Some(1_520_245_416));
        assert_eq!(parse(b"yesterday"), None);
        assert!(rfc1123(i64::MAX).ends_with("9999 23:59:59 GMT"));
    }

    #[test]
    fn points_in_time_are_read_as_people_write_them() {
        let now = 1_520_245_416;
        let told = |text| read(text, now).map(rfc1123);
        assert_eq!(told("12:00").as_deref(), Some("Mon, 05 Mar 2018 12:00:00 GMT"));
        assert_eq!(told("2026-01-05").as_deref(), Some("Mon, 05 Jan 2026 00:00:00 GMT"));
        assert_eq!(told("2026-01-05T12:00:30Z").as_deref(), Some("Mon, 05 Jan 2026 12:00:30 GMT"));
        assert_eq!(told("Mon, 05 Mar 2018 10:23:36 GMT"), Some(rfc1123(now)));
        for wrong in ["", "noon", "25:00", "2026-13-01", "2026-01-05T", "12:00:00:00"] {
            assert_eq!(told(wrong), None, "{wrong}");
        }
    }
}
