//! Times, counts and rates as a file writes them: `"250ms"`, `"8h"`, `"15ms..25ms"`, `"1..3"`, `"512kbit"`,
//! `"2026-01-01T00:00:00Z"`.
//!
//! Whole numbers with one unit and nothing else: there is one way to write a time, so files can be compared.
//! Wall-clock moments follow RFC 3339 section 5.6, in UTC and whole seconds only.

use std::time::Duration;

use super::plan::{CountRange, LatencyRange};

/// Longest time a file may name: nothing a scenario does takes a year, and sums of two stay far from overflow.
pub const TIME_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Units of a time and their length in milliseconds, longest first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Units of a rate and how many bits per second they are. Ours end at what no line of a scenario exceeds.
const RATES: [(&str, u64); 4] = [("Gbit", 1_000_000_000), ("Mbit", 1_000_000), ("kbit", 1_000), ("bit", 1)];

/// Why a text is no time, count or moment. Written to follow "`within` …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// A number without its unit.
    #[error("needs a unit: ms, s, m, h or d")]
    NoUnit,
    /// A unit nobody knows.
    #[error("has the unknown unit `{0}`: use ms, s, m, h or d")]
    UnknownUnit(String),
    /// Not a whole number.
    #[error("must be a whole number and a unit, such as \"250ms\"")]
    NotANumber,
    /// Longer than [`TIME_MAX`].
    #[error("is longer than a year")]
    TooLong,
    /// A range from more to less.
    #[error("is a range that ends before it starts")]
    Backwards,
    /// Not a count.
    #[error("must be a count such as 2, or a range such as \"1..3\", \"2..\" or \"..1\"")]
    NotACount,
    /// Not a rate.
    #[error("must be a whole number and bit, kbit, Mbit or Gbit (a second), such as \"512kbit\"")]
    NotARate,
    /// Not a moment.
    #[error("must be a moment in UTC, such as \"2026-01-01T00:00:00Z\"")]
    NotAMoment,
}

/// One time: `"250ms"`.
pub fn time(text: &str) -> Result<Duration, TimeError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() || unit.starts_with('.') {
        return Err(TimeError::NotANumber);
    }
    if unit.is_empty() {
        return Err(TimeError::NoUnit);
    }
    let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(TimeError::UnknownUnit(unit.to_owned()));
    };
    let number: u64 = number.parse().map_err(|_| TimeError::TooLong)?;
    let time = Duration::from_millis(number.checked_mul(*scale).ok_or(TimeError::TooLong)?);
    if time > TIME_MAX { Err(TimeError::TooLong) } else { Ok(time) }
}

/// One time or a range: `"15ms"`, `"15ms..25ms"`.
pub fn time_range(text: &str) -> Result<LatencyRange, TimeError> {
    let (min, max) = match text.split_once("..") {
        Some((min, max)) => (time(min)?, time(max)?),
        None => (time(text)?, time(text)?),
    };
    if min > max { Err(TimeError::Backwards) } else { Ok(LatencyRange { min, max }) }
}

/// A range of counts: `"3"`, `"1..3"`, `"2.."`, `"..1"`.
pub fn counts(text: &str) -> Result<CountRange, TimeError> {
    let number = |digits: &str| digits.parse::<u64>().map_err(|_| TimeError::NotACount);
    let (min, max) = match text.split_once("..") {
        None => (number(text)?, number(text)?),
        Some(("", "")) => return Err(TimeError::NotACount),
        Some((min, "")) => (number(min)?, u64::MAX),
        Some(("", max)) => (0, number(max)?),
        Some((min, max)) => (number(min)?, number(max)?),
    };
    if min > max { Err(TimeError::Backwards) } else { Ok(CountRange { min, max }) }
}

/// A rate in bits per second: `"512kbit"`. Never nothing: a line that carries nothing is a stall.
pub fn rate(text: &str) -> Result<u64, TimeError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let scale = RATES.iter().find(|(name, _)| *name == unit).map(|(_, scale)| *scale);
    let rate = scale.zip(number.parse::<u64>().ok()).and_then(|(scale, number)| number.checked_mul(scale));
    rate.filter(|rate| *rate > 0).ok_or(TimeError::NotARate)
}

/// A rate as a file writes it, in the largest unit that keeps it whole.
pub fn render_rate(rate: u64) -> String {
    let fits = RATES.iter().find(|(_, scale)| rate.is_multiple_of(*scale));
    fits.map_or_else(String::new, |(unit, scale)| format!("{}{unit}", rate / scale))
}

/// A moment in UTC, as seconds since 1970: `"2026-01-01T00:00:00Z"`. Years 1970 to 9999.
pub fn moment(text: &str) -> Result<u64, TimeError> {
    parse_moment(text).ok_or(TimeError::NotAMoment)
}

fn parse_moment(text: &str) -> Option<u64> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = fields(clock, ':', [2, 2, 2])?;
    if year < 1970 || !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let years: u64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let months: u64 = (1..month).map(|month| days_in(year, month)).sum();
    Some((((years + months + day - 1) * 24 + hour) * 60 + minute) * 60 + second)
}

/// Three decimal fields of exactly these widths.
fn fields(text: &str, separator: char, widths: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut values = [0; 3];
    for (value, width) in values.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *value = part.parse().ok()?;
    }
    parts.next().is_none().then_some(values)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A time as a file writes it, in the longest unit that keeps it whole. Parts of a millisecond are dropped.
pub fn render(time: Duration) -> String {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let fits = UNITS.iter().find(|(_, scale)| millis > 0 && millis.is_multiple_of(*scale));
    match fits {
        Some((unit, scale)) => format!("{}{unit}", millis / scale),
        None => "0s".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_whole_number_and_a_unit() {
        assert_eq!(time("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(time("8h"), Ok(Duration::from_secs(28_800)));
        assert_eq!(time("0s"), Ok(Duration::ZERO));
        assert_eq!(time("30"), Err(TimeError::NoUnit));
        assert_eq!(time("1.5s"), Err(TimeError::NotANumber));
        assert_eq!(time("-1s"), Err(TimeError::NotANumber));
        assert_eq!(time(""), Err(TimeError::NotANumber));
        assert_eq!(time("30sec"), Err(TimeError::UnknownUnit("sec".to_owned())));
        assert_eq!(time("366d"), Ok(TIME_MAX));
        assert_eq!(time("367d"), Err(TimeError::TooLong));
        assert_eq!(time("99999999999999999999s"), Err(TimeError::TooLong));
        assert_eq!(time("18446744073709551615d"), Err(TimeError::TooLong));
    }

    #[test]
    fn ranges_go_upwards() {
        let range = LatencyRange { min: Duration::from_millis(15), max: Duration::from_millis(25) };
        assert_eq!(time_range("15ms..25ms"), Ok(range));
        assert_eq!(time_range("25ms..15ms"), Err(TimeError::Backwards));
        assert_eq!(time_range("15ms.."), Err(TimeError::NotANumber));
        assert_eq!(counts("2"), Ok(CountRange { min: 2, max: 2 }));
        assert_eq!(counts("..1"), Ok(CountRange { min: 0, max: 1 }));
        assert_eq!(counts("2.."), Ok(CountRange { min: 2, max: u64::MAX }));
        assert_eq!(counts("3..1"), Err(TimeError::Backwards));
        assert_eq!(counts(".."), Err(TimeError::NotACount));
    }

    #[test]
    fn rates_are_bits_per_second() {
        assert_eq!(rate("512kbit"), Ok(512_000));
        assert_eq!(rate("1Mbit").map(render_rate), Ok("1Mbit".to_owned()));
        for wrong in ["512", "0kbit", "kbit", "1.5Mbit", "64KB", "99999999999999999Gbit"] {
            assert_eq!(rate(wrong), Err(TimeError::NotARate), "{wrong}");
        }
    }

    #[test]
    fn moments_are_utc() {
        assert_eq!(moment("1970-01-01T00:00:00Z"), Ok(0));
        assert_eq!(moment("2026-01-01T00:00:00Z"), Ok(super::super::plan::START_DEFAULT_UNIX_SECONDS));
        assert_eq!(moment("2024-02-29T23:59:59Z"), Ok(1_709_251_199));
        for wrong in
            ["2023-02-29T00:00:00Z", "2026-01-01", "2026-01-01T24:00:00Z", "2026-1-01T00:00:00Z", "Z"]
        {
            assert_eq!(moment(wrong), Err(TimeError::NotAMoment), "{wrong}");
        }
    }

    #[test]
    fn rendering_gives_the_time_back() {
        for text in ["250ms", "30s", "2m", "8h", "3d", "0s", "90s"] {
            assert_eq!(render(time(text).unwrap()), text);
        }
    }
}
