//! Time literals: `GMT 2026 Jan 5`, `LOCAL 17h 30m`, `GMT Sun_1`.
//!
//! A literal names some fields of a date and leaves the others open. `LOCAL` is read as UTC, because the time zone
//! of an appliance is not part of its saved configuration.

use crate::civil::{self, Civil};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// The fields of a time literal that were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Whether it began with `LOCAL`.
    pub(super) local: bool,
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    weekday: Option<i64>,
    /// `Sun_2`: the second Sunday of a month.
    nth: Option<i64>,
    hours: Option<i64>,
    minutes: Option<i64>,
    seconds: Option<i64>,
}

impl Moment {
    /// Reads fields from the beginning of the text after `GMT` or `LOCAL`, and says how many bytes they took.
    pub(super) fn read(text: &str, local: bool) -> (Option<Self>, usize) {
        let mut moment = Self { local, ..Self::default() };
        let mut taken = 0;
        loop {
            let rest = text.get(taken..).unwrap_or_default();
            let blank = rest.bytes().take_while(u8::is_ascii_whitespace).count();
            let word = rest.get(blank..).unwrap_or_default();
            let length =
                word.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            if !moment.field(word.get(..length).unwrap_or_default()) {
                return ((taken > 0).then_some(moment), taken);
            }
            taken += blank + length;
        }
    }

    fn field(&mut self, word: &str) -> bool {
        let (name, nth) = word.split_once('_').map_or((word, None), |(name, nth)| (name, nth.parse().ok()));
        let among = |names: &[&str]| {
            let at = names.iter().position(|known| known.eq_ignore_ascii_case(name));
            at.and_then(|at| i64::try_from(at).ok())
        };
        if let Some(month) = among(&MONTHS) {
            return set(&mut self.month, Some(month + 1));
        }
        if let Some(weekday) = among(&WEEKDAYS) {
            self.nth = nth.filter(|nth| (1..=5).contains(nth));
            return set(&mut self.weekday, Some(weekday));
        }
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let number = word.get(..digits).and_then(|digits| digits.parse::<i64>().ok());
        let up_to = |most| number.filter(|number| *number <= most);
        match word.get(digits..).unwrap_or_default() {
            "h" | "H" => set(&mut self.hours, up_to(23)),
            "m" | "M" => set(&mut self.minutes, up_to(59)),
            "s" | "S" => set(&mut self.seconds, up_to(59)),
            "" if digits == 4 => set(&mut self.year, number),
            "" if digits <= 2 => set(&mut self.day, up_to(31).filter(|day| *day > 0)),
            _ => false,
        }
    }

    /// The second it names. What is open above the written fields is today's, what is open below begins.
    pub(super) fn resolve(&self, now: i64) -> i64 {
        let today = Civil::of(now);
        let month_given = self.year.is_some() || self.month.is_some();
        let year = self.year.unwrap_or(today.year);
        let month = self.month.unwrap_or(if self.year.is_some() { 1 } else { today.month });
        let day = match (self.day, self.weekday) {
            (Some(day), _) => day,
            (None, Some(weekday)) => nth_weekday(year, month, weekday, self.nth.unwrap_or(1)),
            (None, None) if month_given => 1,
            (None, None) => today.day,
        };
        let clock = self.hours.unwrap_or_default() * 3600
            + self.minutes.unwrap_or_default() * 60
            + self.seconds.unwrap_or_default();
        civil::seconds(year, month, day, clock)
    }

    /// Whether every written field is that of the time.
    pub(super) fn matches(&self, now: i64) -> bool {
        self.within(self, now)
    }

    /// Whether every field that both literals name lies between them, the fields looked at one by one.
    pub(super) fn within(&self, last: &Self, now: i64) -> bool {
        let at = Civil::of(now);
        let nth = |moment: &Self| moment.nth.map(|nth| nth * 7);
        [
            (self.year, at.year, last.year),
            (self.month, at.month, last.month),
            (self.day, at.day, last.day),
            (self.weekday, at.weekday, last.weekday),
            (nth(self), (at.day + 6) / 7 * 7, nth(last)),
            (self.hours, at.hours, last.hours),
            (self.minutes, at.minutes, last.minutes),
            (self.seconds, at.seconds, last.seconds),
        ]
        .into_iter()
        .all(|(first, field, last)| match (first, last) {
            (Some(first), Some(last)) => (first..=last).contains(&field),
            _ => true,
        })
    }
}

fn set(field: &mut Option<i64>, value: Option<i64>) -> bool {
    let fits = value.is_some() && field.is_none();
    if fits {
        *field = value;
    }
    fits
}

/// The day of a month on which its n-th such weekday falls.
fn nth_weekday(year: i64, month: i64, weekday: i64, nth: i64) -> i64 {
    let first = Civil::of(civil::seconds(year, month, 1, 0)).weekday;
    1 + (weekday - first).rem_euclid(7) + (nth - 1) * 7
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mon, 05 Mar 2018 10:23:36.
    const NOW: i64 = 1_520_245_416;

    fn moment(text: &str) -> Moment {
        let (moment, taken) = Moment::read(text, false);
        assert_eq!(taken, text.len(), "{text}");
        moment.unwrap()
    }

    #[test]
    fn open_fields_are_todays_above_and_begin_below() {
        let resolved = |text| civil::rfc1123(moment(text).resolve(NOW));
        assert_eq!(resolved(" 2026 Jan 5"), "Mon, 05 Jan 2026 00:00:00 GMT");
        assert_eq!(resolved(" 17h 30m"), "Mon, 05 Mar 2018 17:30:00 GMT");
        assert_eq!(resolved(" 2026"), "Thu, 01 Jan 2026 00:00:00 GMT");
        assert_eq!(resolved(" Sun_2"), "Sun, 11 Mar 2018 00:00:00 GMT");
    }

    #[test]
    fn within_looks_at_each_field_alone() {
        assert!(moment(" 9h").within(&moment(" 17h"), NOW));
        assert!(!moment(" 11h").within(&moment(" 17h"), NOW));
        assert!(moment(" Mon").within(&moment(" Fri"), NOW));
        assert!(moment(" 2018 Mar").matches(NOW));
        assert!(moment(" Mon_1").matches(NOW));
        assert!(!moment(" Mon_2").matches(NOW));
    }

    #[test]
    fn what_is_no_field_is_left() {
        assert_eq!(Moment::read(" 2026 Jan 5, x", false).1, 11);
        assert_eq!(Moment::read(".X", false), (None, 0));
        assert_eq!(Moment::read(" 99h", false), (None, 0));
    }
}
