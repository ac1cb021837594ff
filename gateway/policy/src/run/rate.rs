//! Rate limits, the store behind `SYS.CHECK_LIMIT`: how often something came in a slice of time.
//!
//! Counts by whatever the selector's expressions gave, at most [`LIMIT_RECORDS`] of them; the one counted
//! longest ago is forgotten for a new one. Reference: appexpert section 3 (`ns limitIdentifier`).

use std::collections::BTreeMap;

use crate::conf::object::data::{LimitIdentifier, LimitMode};
use crate::limits::LIMIT_RECORDS;

/// What was counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Rates {
    records: BTreeMap<Key, Record>,
    order: BTreeMap<u64, Key>,
    uses: u64,
}

/// A limit's name in lower case, and what its selector gave.
type Key = (String, Vec<Vec<u8>>);

#[derive(Clone, Copy, Debug)]
struct Record {
    /// When its slice began, in milliseconds.
    begun: i64,
    counted: u32,
    turn: u64,
}

impl Rates {
    /// Counts once, and says whether that is more than the limit allows.
    ///
    /// A smooth limit allows one for each equal part of the slice; what came too early is not counted.
    pub(super) fn check(
        &mut self,
        limit: &LimitIdentifier,
        selected: Vec<Vec<u8>>,
        now: i64,
    ) -> Result<bool, String> {
        match limit.mode {
            LimitMode::None => return Ok(false),
            LimitMode::Connection => return Err("connections are not counted here".to_owned()),
            LimitMode::RequestRate => {}
        }
        let (slice, most) = if limit.smooth {
            (i64::from(limit.slice_ms) / i64::from(limit.threshold.max(1)), 1)
        } else {
            (i64::from(limit.slice_ms), limit.threshold)
        };
        let key = (limit.name.to_ascii_lowercase(), selected);
        let known = self.records.get(&key).copied();
        // A clock that was set back begins a slice, too: no limit may hold for longer than its time.
        let running = known.filter(|record| (0..slice).contains(&now.saturating_sub(record.begun)));
        let mut record = running.unwrap_or(Record { begun: now, counted: 0, turn: 0 });
        let over = record.counted >= most;
        if !over {
            record.counted += 1;
        }
        self.keep(key, known, record);
        Ok(over)
    }

    fn keep(&mut self, key: Key, known: Option<Record>, mut record: Record) {
        match known {
            Some(before) => drop(self.order.remove(&before.turn)),
            None if self.records.len() >= LIMIT_RECORDS => {
                if let Some((_, oldest)) = self.order.pop_first() {
                    self.records.remove(&oldest);
                }
            }
            None => {}
        }
        self.uses += 1;
        record.turn = self.uses;
        self.order.insert(record.turn, key.clone());
        self.records.insert(key, record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(threshold: u32, smooth: bool) -> LimitIdentifier {
        LimitIdentifier {
            name: "Logins".to_owned(),
            threshold,
            slice_ms: 1000,
            mode: LimitMode::RequestRate,
            smooth,
            selector: Vec::new(),
            at: Default::default(),
        }
    }

    fn counted(limit: &LimitIdentifier, at: &[i64]) -> Vec<bool> {
        let mut rates = Rates::default();
        at.iter().map(|now| rates.check(limit, vec![b"a".to_vec()], *now).unwrap()).collect()
    }

    #[test]
    fn bursts_may_come_at_once_and_smooth_ones_may_not() {
        assert_eq!(
            counted(&limit(2, false), &[0, 1, 2, 999, 1000, 1001, 1002]),
            [false, false, true, true, false, false, true]
        );
        assert_eq!(
            counted(&limit(2, true), &[0, 1, 499, 500, 600, 1000]),
            [false, true, true, false, true, false]
        );
        assert_eq!(counted(&limit(0, false), &[0, 0]), [true, true]);
        assert_eq!(counted(&limit(1, false), &[5000, 5001, 10]), [false, true, false], "a clock set back");
    }

    #[test]
    fn counts_by_what_the_selector_gave_and_forgets_the_oldest() {
        let (limit, mut rates) = (limit(1, false), Rates::default());
        assert!(!rates.check(&limit, vec![b"a".to_vec()], 0).unwrap());
        assert!(!rates.check(&limit, vec![b"b".to_vec()], 0).unwrap());
        assert!(rates.check(&limit, vec![b"a".to_vec()], 0).unwrap());
        for n in 0..LIMIT_RECORDS {
            rates.check(&limit, vec![n.to_string().into_bytes()], 0).unwrap();
        }
        assert_eq!(rates.records.len(), LIMIT_RECORDS);
        assert!(!rates.check(&limit, vec![b"a".to_vec()], 0).unwrap(), "forgotten, so counted anew");
    }

    #[test]
    fn what_is_not_counted() {
        let none = LimitIdentifier { mode: LimitMode::None, ..limit(0, false) };
        assert_eq!(Rates::default().check(&none, Vec::new(), 0), Ok(false));
        let connection = LimitIdentifier { mode: LimitMode::Connection, ..limit(0, false) };
        assert!(Rates::default().check(&connection, Vec::new(), 0).is_err());
    }
}
