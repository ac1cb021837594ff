//! The transaction against a naive model of it: whatever arrives whenever, it sends at the scheduled times, ends once,
//! and ends as the first believable reply says that came in time.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::transaction::{Arrival, NO_JITTER, arrival, request};
use super::*;

/// What happens to a transaction.
#[derive(Clone, Debug)]
enum Act {
    /// Time goes by, in milliseconds; the driver wakes when it asked to be woken.
    Wait(u64),
    Arrives(Arrival),
}

fn act() -> impl Strategy<Value = Act> {
    let arrivals = prop::sample::select(&Arrival::ALL[..]);
    prop_oneof![(1..9_000_u64).prop_map(Act::Wait), arrivals.prop_map(Act::Arrives)]
}

/// What a reader of RFC 5080 would write without thinking of drivers: a list of times and a verdict.
struct Naive {
    sends: Vec<u64>,
    ends: u64,
    verdict: Option<&'static str>,
}

impl Naive {
    fn new(first: u64, tries: u8, budget: u64) -> Self {
        let sends =
            (0..u32::from(tries)).map(|n| first * (2_u64.pow(n) - 1)).filter(|at| *at < budget).collect();
        Self { sends, ends: budget, verdict: None }
    }

    fn at(&mut self, now: u64) {
        if now >= self.ends && self.verdict.is_none() {
            self.verdict = Some("timed out");
        }
    }

    fn arrives(&mut self, arrival: Arrival) {
        if self.verdict.is_none() {
            self.verdict = arrival.verdict();
        }
    }
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Accept(_) => "accept",
        Verdict::Reject { .. } => "reject",
        Verdict::Challenge(_) => "challenge",
        Verdict::TimedOut => "timed out",
        Verdict::Unusable(_) => "unusable",
        Verdict::Recorded => "recorded",
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_verdict_the_first_that_can_be_believed_in_time(
        first in 100..3_000_u64,
        tries in 1..=5_u8,
        budget in 1_000..30_000_u64,
        acts in vec(act(), 1..40),
    ) {
        let time = Duration::from_millis;
        let schedule = Schedule {
            first_retransmit: time(first),
            tries,
            budget: time(budget),
            jitter: NO_JITTER,
        };
        let policy = MessageAuthenticatorPolicy::Required;
        let mut transaction = Transaction::new(request(), shared(), policy, schedule, Duration::ZERO);
        let mut naive = Naive::new(first, tries, budget);
        let (mut now, mut sent, mut verdicts) = (0, Vec::new(), Vec::new());
        let mut drain = |transaction: &mut Transaction, now: u64| {
            while let Some(output) = transaction.poll_output() {
                match output {
                    Output::Send(datagram) => {
                        assert_eq!(datagram, request().datagram(), "the same bytes at every try");
                        sent.push(now);
                    }
                    Output::Verdict(verdict) => verdicts.push(word(&verdict)),
                    Output::Discarded(_) | Output::Noted(_) => {}
                }
            }
        };
        drain(&mut transaction, now);
        for act in &acts {
            match act {
                Act::Wait(by) => {
                    let until = now + by;
                    while let Some(due) = transaction.poll_timeout().map(|due| due.as_millis() as u64) {
                        if due > until {
                            break;
                        }
                        now = due;
                        transaction.handle_timeout(time(now));
                        drain(&mut transaction, now);
                    }
                    now = until;
                    naive.at(now);
                }
                Act::Arrives(arrival_) => {
                    let (from_expected, datagram) = arrival(*arrival_);
                    transaction.handle_datagram(from_expected, &datagram, time(now));
                    naive.arrives(*arrival_);
                    drain(&mut transaction, now);
                }
            }
        }
        prop_assert_eq!(verdicts.len(), usize::from(naive.verdict.is_some()));
        prop_assert_eq!(verdicts.first().copied(), naive.verdict);
        prop_assert_eq!(transaction.poll_timeout().is_none(), naive.verdict.is_some());
        let ended = if naive.verdict.is_some() { *sent.last().unwrap_or(&0) } else { now };
        let expected: Vec<u64> = naive.sends.iter().copied().filter(|at| *at <= ended).collect();
        prop_assert_eq!(sent, expected);
    }
}
