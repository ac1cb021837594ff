//! What outlives a request: variables, what was counted, answers of call-outs that may be used again.
//!
//! Pure: the time is given, nothing is random. One request at a time works on it, and between two steps of one
//! request another may have run: that race is the appliance's own (reference section 7, point 10).

use std::collections::BTreeMap;

use super::rate::Rates;
use super::variables::Variables;
use crate::facts::Message;
use crate::limits::CACHED_ANSWERS;

/// All state of a configuration that runs.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What the global variables hold.
    pub variables: Variables,
    pub(super) rates: Rates,
    pub(super) answers: Answers,
    counters: BTreeMap<String, Counters>,
}

/// What `show responder policy` shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// How often the rule was TRUE.
    pub hits: u64,
    /// How often the rule, or what followed from it, was undefined.
    pub undefined: u64,
}

impl State {
    /// What was counted for a policy.
    #[must_use]
    pub fn counters(&self, policy: &str) -> Counters {
        self.counters.get(policy).copied().unwrap_or_default()
    }

    /// Policies are configured, so their number is.
    pub(super) fn count(&mut self, policy: &str) -> &mut Counters {
        self.counters.entry(policy.to_owned()).or_default()
    }
}

/// Answers of call-outs with `-cacheForSecs`, by call-out and the whole request (our choice, reference 11.9).
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    /// With the time, in milliseconds, when they are over.
    known: BTreeMap<(String, Vec<u8>), (i64, Message)>,
}

impl Answers {
    pub(super) fn get(&self, callout: &str, request: &[u8], now: i64) -> Option<&Message> {
        let (until, message) = self.known.get(&(callout.to_owned(), request.to_vec()))?;
        (now < *until).then_some(message)
    }

    pub(super) fn keep(&mut self, callout: &str, request: &[u8], message: Message, seconds: u32, now: i64) {
        if self.known.len() >= CACHED_ANSWERS {
            self.known.retain(|_, (until, _)| now < *until);
        }
        if self.known.len() >= CACHED_ANSWERS {
            let soonest = self.known.iter().min_by_key(|(_, (until, _))| *until).map(|(key, _)| key.clone());
            soonest.map(|key| self.known.remove(&key));
        }
        let until = now.saturating_add(i64::from(seconds) * 1000);
        self.known.insert((callout.to_owned(), request.to_vec()), (until, message));
    }
}
