//! Dates in cookies, as loosely as RFC 6265 §5.1.1 wants them read.

use std::time::Duration;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The time since the epoch that a cookie's `Expires` names; a date before 1970 is the epoch itself. `None`
/// for what is no date.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let is_delimiter = |c: char| !(c.is_ascii_alphanumeric() || c == ':' || !c.is_ascii());
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        if time.is_none() && token.contains(':') {
            time = Some(clock_time(token)?);
        } else if day.is_none() && (1..=2).contains(&token.len()) {
            day = token.parse::<u64>().ok();
        } else if month.is_none() && token.get(..3).is_some_and(is_month) {
            month = token.get(..3).and_then(month_number);
        } else if year.is_none() && (token.len() == 2 || token.len() == 4) {
            year = token.parse::<u64>().ok().map(full_year);
        }
    }
    let (time, day, month, year) = (time?, day?, month?, year?);
    if !(1..=31).contains(&day) || !(1601..=9999).contains(&year) {
        return None;
    }
    let days = days_from_civil(year, month, day);
    Some(u64::try_from(days).map_or(Duration::ZERO, |days| Duration::from_secs(days * 86_400 + time)))
}

/// `hh:mm:ss` as seconds.
fn clock_time(token: &str) -> Option<u64> {
    let mut parts = token.splitn(3, ':').map(|part| part.parse::<u64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    (hours < 24 && minutes < 60 && seconds < 60).then_some(hours * 3600 + minutes * 60 + seconds)
}

fn is_month(name: &str) -> bool {
    month_number(name).is_some()
}

fn month_number(name: &str) -> Option<u64> {
    (1..).zip(MONTHS).find(|(_, known)| name.eq_ignore_ascii_case(known)).map(|(number, _)| number)
}

fn full_year(year: u64) -> u64 {
    match year {
        70..=99 => year + 1900,
        0..=69 => year + 2000,
        _ => year,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. The year is counted from March, so that the leap
/// day is its last; 400 such years have 146 097 days.
fn days_from_civil(year: u64, month: u64, day: u64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i64::try_from(era * 146_097 + day_of_era).map_or(i64::MAX, |days| days - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_form_names_the_same_second() {
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(parse(text), Some(Duration::from_secs(784_111_777)), "{text}");
        }
        assert_eq!(parse("Wednesday, 09-Nov-1999 23:12:40 GMT"), Some(Duration::from_secs(942_189_160)));
        assert_eq!(parse("Thu, 29 Feb 2024 00:00:00 GMT"), Some(Duration::from_secs(1_709_164_800)));
    }

    #[test]
    fn the_far_past_is_the_epoch_and_nonsense_is_nothing() {
        assert_eq!(parse("Mon, 01 Jan 1601 00:00:00 GMT"), Some(Duration::ZERO));
        for text in ["", "-1", "tomorrow", "Sun, 06 Nov 1994", "32 Nov 1994 08:49:37", "06 Nov 1994 24:00:00"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
