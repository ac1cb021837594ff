//! When the faults of a plan begin and end: at their times, or when what they wait for has happened.
//!
//! Between two steps of the world: a fault that waits for an event begins in the tick after it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::judge::describe;
use super::stage::Stage;
use super::{faults, timeline, unmet};
use crate::report::Failure;
use crate::scenario::plan::{Begin, EventPattern, Fault, Plan};
use crate::trace::{Event, FaultNote, Trace};

/// What is still to do.
pub(super) struct Schedule {
    /// By time; equal times in the order in which they became known, which is that of the file.
    due: BTreeMap<(Duration, usize), Change>,
    known: usize,
    waiting: Vec<Waiting>,
    /// How many events were looked at for those who wait.
    seen: usize,
    healed: Duration,
}

enum Change {
    Begin(Fault),
    End(Fault),
}

/// A fault that begins when something has happened.
struct Waiting {
    fault: Fault,
    pattern: EventPattern,
    /// How many times more it must happen.
    left: u32,
    wait: Duration,
}

impl Schedule {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut schedule =
            Self { due: BTreeMap::new(), known: 0, waiting: Vec::new(), seen: 0, healed: Duration::ZERO };
        for fault in &plan.faults {
            let fault = fault.clone();
            match &fault.begin {
                Begin::At(time) => schedule.begins(time.value, fault),
                Begin::On { pattern, nth, wait } => {
                    let left = nth.as_ref().map_or(1, |nth| nth.value);
                    let wait = wait.as_ref().map_or(Duration::ZERO, |wait| wait.value);
                    schedule.waiting.push(Waiting { pattern: pattern.clone(), left, wait, fault });
                }
            }
        }
        schedule
    }

    /// The end of the last fault of which it is known when it begins. One without an end counts with its beginning.
    pub(super) fn healed(&self) -> Duration {
        self.healed
    }

    /// Looks whether what faults wait for has happened.
    pub(super) fn look(&mut self, trace: &Trace) {
        let seen = std::mem::replace(&mut self.seen, trace.events.len());
        if self.waiting.is_empty() {
            return;
        }
        for event in trace.events.get(seen..).unwrap_or_default() {
            for waiting in
                self.waiting.extract_if(.., |waiting| waiting.is_over(trace, event)).collect::<Vec<_>>()
            {
                self.begins(event.at + waiting.wait, waiting.fault);
            }
        }
    }

    /// Does what is due at `now`, and says of each change how it reads.
    pub(super) fn apply(&mut self, stage: &mut dyn Stage, now: Duration) -> Vec<Result<FaultNote, String>> {
        let mut notes = Vec::new();
        while let Some(first) = self.due.first_entry().filter(|first| first.key().0 <= now) {
            let done = match first.remove() {
                Change::Begin(fault) => faults::begin(stage, &fault.kind),
                Change::End(fault) => faults::end(stage, &fault.kind),
            };
            notes.push(done.map_err(|error| error.to_string()));
        }
        notes
    }

    /// A failure for each fault that did not begin by the end of the run: what it would have shown was not seen.
    pub(super) fn vacuous(&self, now: Duration) -> Vec<Failure> {
        let ended = format!("the run ended at {} s", now.as_secs_f64());
        let late = self.due.iter().filter_map(|((at, _), change)| match change {
            Change::Begin(fault) => Some((fault, format!("{ended}, before {} s", at.as_secs_f64()))),
            Change::End(_) => None,
        });
        let awaited = self.waiting.iter().map(|waiting| {
            let times =
                if waiting.left > 1 { format!(" {} times more", waiting.left) } else { String::new() };
            (&waiting.fault, format!("{ended}, and {} did not come{times}", describe(&waiting.pattern)))
        });
        late.chain(awaited)
            .map(|(fault, came)| unmet(Some(fault.span), now, "this fault to begin", came))
            .collect()
    }

    fn begins(&mut self, at: Duration, fault: Fault) {
        let lasts = fault.lasts.as_ref().map(|lasts| lasts.value);
        let ends = lasts.map(|lasts| (at.saturating_add(lasts), fault.clone()));
        self.healed = self.healed.max(ends.as_ref().map_or(at, |(ends, _)| *ends));
        self.insert(at, Change::Begin(fault));
        if let Some((ends, fault)) = ends {
            self.insert(ends, Change::End(fault));
        }
    }

    fn insert(&mut self, at: Duration, change: Change) {
        self.known += 1;
        self.due.insert((at, self.known), change);
    }
}

impl Waiting {
    /// Counts an event; whether it was the one waited for.
    fn is_over(&mut self, trace: &Trace, event: &Event) -> bool {
        if timeline::matches(trace, event, &self.pattern) {
            self.left = self.left.saturating_sub(1);
        }
        self.left == 0
    }
}
