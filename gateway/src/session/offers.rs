//! Log-ins that passed every factor and wait for one answer: shall the session elsewhere end? Pure.
//!
//! An offer's id is unguessable, is good for one answer, and lives as long as a log-in may wait.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{IdHash, Identity};
use crate::limits::Limits;

struct Offer {
    identity: Identity,
    made: Duration,
}

/// Bounded as waiting log-ins are: the oldest goes.
#[derive(Default)]
pub(super) struct Offers {
    pending: BTreeMap<IdHash, Offer>,
}

impl Offers {
    pub(super) fn make(&mut self, id: IdHash, identity: Identity, now: Duration, limits: &Limits) {
        if self.pending.len() >= limits.pending_logins {
            let oldest = self.pending.iter().min_by_key(|(_, offer)| offer.made).map(|(id, _)| *id);
            oldest.and_then(|id| self.pending.remove(&id));
        }
        self.pending.insert(id, Offer { identity, made: now });
    }

    pub(super) fn contains(&self, id: &IdHash) -> bool {
        self.pending.contains_key(id)
    }

    /// Takes the offer out: it is answered. Nobody is told apart from an offer that came too late.
    pub(super) fn take(&mut self, id: &IdHash, now: Duration, limits: &Limits) -> Option<Identity> {
        let offer = self.pending.remove(id)?;
        (now.saturating_sub(offer.made) < limits.pending_login).then_some(offer.identity)
    }

    pub(super) fn sweep(&mut self, now: Duration, limits: &Limits) {
        self.pending.retain(|_, offer| now.saturating_sub(offer.made) < limits.pending_login);
    }
}
