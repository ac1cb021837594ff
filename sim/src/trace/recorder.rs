//! Writes the trace while a run goes on. Clones write the same one.
//!
//! Bounded: a run that tells more than [`EVENTS_MAX`] events keeps the first ones and counts the rest. A lab, which
//! has no end, forgets the oldest instead.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Event, Trace, What};

/// Most events of one run: five thousand users from log-in to log-out, or a few hundred megabytes.
pub const EVENTS_MAX: usize = 1_000_000;

/// Writes events with the moment they happened at.
#[derive(Clone)]
pub struct Recorder {
    trace: Arc<Mutex<Trace>>,
    now: Arc<dyn Fn() -> Duration + Send + Sync>,
    /// How many events are kept when the oldest are forgotten; `None` when the newest are.
    newest: Option<usize>,
}

impl Recorder {
    /// An empty trace. `now` says how much virtual time has passed since the start of the run.
    pub fn new(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { trace: Arc::default(), now: Arc::new(now), newest: None }
    }

    /// The same, but at least the newest `most` events are kept and older ones forgotten.
    pub fn of_newest(most: usize, now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { newest: Some(most), ..Self::new(now) }
    }

    /// Says whose address this is.
    pub fn name(&self, address: IpAddr, host: &str) {
        self.lock().names.insert(address, host.to_owned());
    }

    /// Writes an event that happens now.
    pub fn record(&self, host: &str, what: impl Into<What>) {
        let event = Event { at: self.now(), host: host.to_owned(), what: what.into() };
        let mut trace = self.lock();
        if let Some(newest) = self.newest.filter(|newest| trace.events.len() >= newest.saturating_mul(2)) {
            let old = trace.events.len() - newest;
            trace.events.drain(..old);
        }
        if trace.events.len() < EVENTS_MAX {
            trace.events.push(event);
        } else {
            trace.dropped += 1;
        }
    }

    /// Virtual time since the start of the run.
    pub fn now(&self) -> Duration {
        (self.now)()
    }

    /// What a gateway or a mock on `host` calls with every event of its own.
    pub fn tap<E>(&self, host: &str) -> Arc<dyn Fn(&E) + Send + Sync>
    where
        E: Clone + Into<What> + 'static,
    {
        let (recorder, host) = (self.clone(), host.to_owned());
        Arc::new(move |event: &E| recorder.record(&host, event.clone()))
    }

    /// Looks at the events so far. Nothing may be recorded meanwhile.
    pub fn with<R>(&self, look: impl FnOnce(&[Event]) -> R) -> R {
        self.look(|trace| look(&trace.events))
    }

    /// Looks at the trace so far. Nothing may be recorded meanwhile.
    pub fn look<R>(&self, look: impl FnOnce(&Trace) -> R) -> R {
        look(&self.lock())
    }

    /// Whose address is whose.
    pub fn names(&self) -> BTreeMap<IpAddr, String> {
        self.lock().names.clone()
    }

    /// A copy of what was recorded from the last event on that `begins` says yes to; empty when there is none.
    pub fn since(&self, begins: impl Fn(&Event) -> bool) -> Trace {
        let ended = self.now();
        let trace = self.lock();
        let from = trace.events.iter().rposition(begins).unwrap_or(trace.events.len());
        let events = trace.events.get(from..).unwrap_or_default().to_vec();
        Trace { events, names: trace.names.clone(), ended, dropped: 0 }
    }

    /// Ends the recording and gives what was recorded; what is recorded later is lost.
    pub fn finish(&self) -> Trace {
        let ended = self.now();
        let trace = std::mem::take(&mut *self.lock());
        Trace { ended, ..trace }
    }

    fn lock(&self) -> MutexGuard<'_, Trace> {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
