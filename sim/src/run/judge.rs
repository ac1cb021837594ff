//! Expectations over the run, decided from the finished trace.
//!
//! A claim whose time the run never reached was never checked: that is vacuous, and a failure like any other.

use std::time::Duration;

use super::expect::check_page;
use super::ledger::Ledger;
use super::{timeline, unmet};
use crate::report::{Failure, nearest};
use crate::scenario::plan::{Claim, CountRange, EventPattern, Expectation, HealPoint, Keyword, Plan, When};
use crate::trace::{Event, Trace};

/// How long a run must last so that every claim can be decided.
///
/// `healed` is when the last fault was over.
pub(super) fn time_needed(plan: &Plan, healed: Duration) -> Duration {
    let ends =
        plan.expectations.iter().map(|expectation| window(&expectation.when, healed, Duration::ZERO).to);
    ends.max().unwrap_or_default()
}

/// Every claim that does not hold.
pub(super) fn judge(plan: &Plan, trace: &Trace, ledger: &Ledger, healed: Duration) -> Vec<Failure> {
    let judge = Judge { healed, trace, ledger };
    plan.expectations.iter().filter_map(|expectation| judge.decide(expectation)).collect()
}

/// The stretch of the run that a claim is about.
struct Window {
    from: Duration,
    to: Duration,
}

fn window(when: &When, healed: Duration, ended: Duration) -> Window {
    match when {
        When::Run | When::Always => Window { from: Duration::ZERO, to: ended },
        When::Between { from, to } => Window { from: from.value, to: to.value },
        When::Eventually { after, within } => {
            let from = match after {
                HealPoint::Heal => healed,
                HealPoint::Start => Duration::ZERO,
            };
            Window { from, to: from + within.value }
        }
    }
}

struct Judge<'a> {
    healed: Duration,
    trace: &'a Trace,
    ledger: &'a Ledger,
}

impl Judge<'_> {
    fn decide(&self, expectation: &Expectation) -> Option<Failure> {
        let window = window(&expectation.when, self.healed, self.trace.ended);
        let label = expectation.label.as_ref().map(|label| format!(" ({})", label.value)).unwrap_or_default();
        let fail = |awaited: String, came: String, nearest: Vec<String>| {
            let failure = unmet(Some(expectation.span), window.to, format!("{awaited}{label}"), came);
            Some(Failure { nearest, ..failure })
        };
        if window.from > self.trace.ended {
            let ended = self.trace.ended.as_secs_f64();
            return fail(
                "to be checked at all".to_owned(),
                format!("the run ended at {ended} s, before its time"),
                vec![],
            );
        }
        match self.claim(&expectation.claim, &expectation.when, &window) {
            Ok(()) => None,
            Err((awaited, came)) => fail(awaited, came, self.nearest(&expectation.claim, &window)),
        }
    }

    fn claim(&self, claim: &Claim, when: &When, window: &Window) -> Result<(), (String, String)> {
        match claim {
            Claim::Event { pattern, count } | Claim::Audit { pattern, count } => {
                let wanted = count.as_ref().map_or(CountRange { min: 1, max: u64::MAX }, |count| count.value);
                self.often(pattern, wanted, window)
            }
            Claim::NoEvent(pattern) | Claim::NoAudit(pattern) => {
                self.often(pattern, CountRange { min: 0, max: 0 }, window)
            }
            Claim::Counters { kind, host, counters } => {
                for (counter, wanted) in counters {
                    let values = timeline::values(self.trace, *kind, &host.value, counter.value, window.to);
                    let name = format!("{} {}", host.value, counter.value.word());
                    within(&name, &values, wanted.value, when, window)?;
                }
                Ok(())
            }
            Claim::Tally { of, host, counts } => {
                let host = host.as_ref().map(|host| host.value.as_str());
                for (tally, wanted) in counts {
                    let values = timeline::tally(self.trace, of, tally.value, host, window.to);
                    let name = format!("{} {}", of.name(), tally.value.word());
                    within(&name, &values, wanted.value, when, window)?;
                }
                Ok(())
            }
            Claim::Sessions { gateway, user, count } => {
                let user = user.as_ref().map(|user| user.value.as_str());
                let values = timeline::sessions(self.trace, &gateway.value, user, window.to);
                let name = format!("sessions of {} at {}", user.unwrap_or("all users"), gateway.value);
                within(&name, &values, *count, when, window)
            }
            Claim::Page { receiver, page } => match self.ledger.page_at(&receiver.value, window.to) {
                Some(shown) => check_page(&shown, page),
                None => Err(("a page".to_owned(), format!("{} never loaded one", receiver.value))),
            },
            Claim::Order(patterns) => self.order(patterns, window),
        }
    }

    fn often(
        &self,
        pattern: &EventPattern,
        wanted: CountRange,
        window: &Window,
    ) -> Result<(), (String, String)> {
        let count =
            self.inside(window).filter(|event| timeline::matches(self.trace, event, pattern)).count() as u64;
        if wanted.contains(count) {
            return Ok(());
        }
        Err((format!("{} {}", describe(pattern), range(wanted)), times(count)))
    }

    fn order(&self, patterns: &[EventPattern], window: &Window) -> Result<(), (String, String)> {
        let mut events = self.inside(window);
        for (index, pattern) in patterns.iter().enumerate() {
            if !events.any(|event| timeline::matches(self.trace, event, pattern)) {
                let before = index.checked_sub(1).and_then(|before| patterns.get(before));
                let after = before.map(|before| format!(" after {}", describe(before))).unwrap_or_default();
                return Err((format!("{}{after}", describe(pattern)), "it did not come".to_owned()));
            }
        }
        Ok(())
    }

    fn inside(&self, window: &Window) -> impl Iterator<Item = &Event> {
        let (from, to) = (window.from, window.to);
        self.trace.events.iter().filter(move |event| (from..=to).contains(&event.at))
    }

    fn nearest(&self, claim: &Claim, window: &Window) -> Vec<String> {
        let pattern = match claim {
            Claim::Event { pattern, .. } | Claim::Audit { pattern, .. } => pattern,
            Claim::NoEvent(pattern) | Claim::NoAudit(pattern) => pattern,
            _ => return Vec::new(),
        };
        let host = pattern.host.as_ref().map(|host| host.value.as_str());
        nearest(self.trace, &pattern.kind.value, host, &(window.from..=window.to))
    }
}

/// Whether the values of a counter are in the range: at every moment for `always`, at some moment of the
/// window for `eventually`, at its end otherwise.
fn within(
    name: &str,
    values: &[(Duration, u64)],
    wanted: CountRange,
    when: &When,
    window: &Window,
) -> Result<(), (String, String)> {
    let at_start = values.iter().rev().find(|(at, _)| *at <= window.from).map_or(0, |(_, value)| *value);
    let last = values.last().map_or(0, |(_, value)| *value);
    let in_window = values.iter().filter(|(at, _)| *at > window.from).map(|(_, value)| *value);
    let wrong = match when {
        When::Always => {
            values.iter().find(|(_, value)| !wanted.contains(*value)).map(|(at, value)| (*at, *value))
        }
        When::Eventually { .. } => {
            let some = std::iter::once(at_start).chain(in_window).any(|value| wanted.contains(value));
            (!some).then_some((window.to, last))
        }
        When::Run | When::Between { .. } => (!wanted.contains(last)).then_some((window.to, last)),
    };
    match wrong {
        None => Ok(()),
        Some((at, value)) => {
            Err((format!("{name}: {}", number(wanted)), format!("{value} at {} s", at.as_secs_f64())))
        }
    }
}

/// An event as a message names it.
pub(super) fn describe(pattern: &EventPattern) -> String {
    let fields: String =
        pattern.fields.iter().map(|field| format!(" {}={}", field.name.value, field.value.value)).collect();
    let host = pattern.host.as_ref().map(|host| format!(" at {}", host.value)).unwrap_or_default();
    format!("{}{fields}{host}", pattern.kind.value)
}

fn range(wanted: CountRange) -> String {
    match (wanted.min, wanted.max) {
        (0, 0) => "never".to_owned(),
        (min, max) if min == max => times(min),
        (min, u64::MAX) => format!("at least {}", times(min)),
        (0, max) => format!("at most {}", times(max)),
        (min, max) => format!("{min} to {max} times"),
    }
}

/// The values a counter may have.
fn number(wanted: CountRange) -> String {
    match (wanted.min, wanted.max) {
        (min, max) if min == max => min.to_string(),
        (min, u64::MAX) => format!("at least {min}"),
        (0, max) => format!("at most {max}"),
        (min, max) => format!("{min} to {max}"),
    }
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}
