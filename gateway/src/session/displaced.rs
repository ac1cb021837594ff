//! Ids of sessions that ended because their user logged in elsewhere, so that whoever still has one is told why.
//! Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use super::IdHash;
use crate::limits::Limits;

/// Bounded: as many as there may be sessions; the oldest goes. Each is kept as long as an idle session is.
#[derive(Default)]
pub(super) struct Displaced {
    since: BTreeMap<IdHash, Duration>,
}

impl Displaced {
    pub(super) fn remember(&mut self, id: IdHash, now: Duration, limits: &Limits) {
        if self.since.len() >= limits.sessions {
            let oldest = self.since.iter().min_by_key(|(_, since)| **since).map(|(id, _)| *id);
            oldest.and_then(|id| self.since.remove(&id));
        }
        self.since.insert(id, now);
    }

    pub(super) fn contains(&self, id: &IdHash, now: Duration, limits: &Limits) -> bool {
        self.since.get(id).is_some_and(|since| now.saturating_sub(*since) < limits.session_idle)
    }

    pub(super) fn sweep(&mut self, now: Duration, limits: &Limits) {
        self.since.retain(|_, since| now.saturating_sub(*since) < limits.session_idle);
    }
}
