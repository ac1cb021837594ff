//! Which reconnect ticket resumes which session, and which were used before (SR-136). Pure but for the handles
//! it keeps.
//!
//! A ticket is good for one resume. Used, it may be shown once more within [`RECONNECT_GRACE`] by the peer that
//! used it, because the answer with its successor may have been lost on the way; shown in any other way it
//! means that two have it.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::keeper::Keep;
use crate::audit::Mark;
use crate::limits::{KEPT_SESSIONS_MAX, RECONNECT_GRACE, RECONNECTS_REMEMBERED_MAX};

/// Names a kept session in this gateway.
pub(super) type KeepId = u64;

/// What a ticket that was shown is.
pub(super) enum Claim {
    /// A session's newest ticket. It is used from here on.
    Newest(Arc<Keep>),
    /// The one before, and its user may show it again.
    Again(Arc<Keep>),
    /// It was used, and this is not its user.
    Replayed(Arc<Keep>),
    /// No reconnect ticket of this gateway.
    Unknown,
}

/// All sessions of CGP that this gateway carries or keeps.
#[derive(Default)]
pub(crate) struct Kept {
    entries: BTreeMap<KeepId, Entry>,
    by_ticket: BTreeMap<Mark, KeepId>,
    last: KeepId,
}

struct Entry {
    keep: Arc<Keep>,
    /// Whoever resumed it last, or opened it.
    peer: IpAddr,
    /// The ticket under which the user's session knows it.
    bound: Mark,
    newest: Option<Mark>,
    used: VecDeque<Used>,
}

struct Used {
    ticket: Mark,
    peer: IpAddr,
    at: Duration,
    again: bool,
}

impl Kept {
    /// Takes in a session that `peer` opened or resumed with the ticket `bound`; `None` when there is no room.
    pub(super) fn insert(
        &mut self,
        bound: Mark,
        peer: IpAddr,
        keep: impl FnOnce(KeepId) -> Arc<Keep>,
    ) -> Option<Arc<Keep>> {
        if self.entries.len() >= KEPT_SESSIONS_MAX {
            return None;
        }
        self.last += 1;
        let keep = keep(self.last);
        let entry = Entry { keep: keep.clone(), peer, bound, newest: None, used: VecDeque::new() };
        self.entries.insert(self.last, entry);
        Some(keep)
    }

    /// Judges a ticket that `peer` shows in order to resume.
    pub(super) fn claim(&mut self, ticket: Mark, peer: IpAddr, now: Duration) -> Claim {
        let entry = self.by_ticket.get(&ticket).and_then(|id| self.entries.get_mut(id));
        let Some(entry) = entry else { return Claim::Unknown };
        let keep = entry.keep.clone();
        if entry.newest == Some(ticket) {
            entry.newest = None;
            entry.peer = peer;
            let forgotten = entry.remember(ticket, now);
            self.forget(forgotten);
            return Claim::Newest(keep);
        }
        let in_time = |used: &&Used| now.saturating_sub(used.at) <= RECONNECT_GRACE && !used.again;
        let last = entry.used.back().filter(in_time);
        match last {
            Some(last) if last.ticket == ticket && last.peer == peer => Claim::Again(keep),
            _ => Claim::Replayed(keep),
        }
    }

    /// Whether this is a reconnect ticket, used or not, of a session here.
    pub(super) fn knows(&self, ticket: Mark) -> bool {
        self.by_ticket.contains_key(&ticket)
    }

    /// The ticket could not be redeemed for no fault of its user: it is the newest again.
    pub(super) fn give_back(&mut self, id: KeepId, ticket: Mark) {
        if let Some(entry) = self.entries.get_mut(&id)
            && entry.newest.is_none()
            && entry.used.pop_back_if(|used| used.ticket == ticket).is_some()
        {
            entry.newest = Some(ticket);
        }
    }

    /// A resume with a used ticket succeeded: there will be no second one.
    pub(super) fn used_again(&mut self, id: KeepId, ticket: Mark) {
        let last = self.entries.get_mut(&id).and_then(|entry| entry.used.back_mut());
        if let Some(last) = last.filter(|last| last.ticket == ticket) {
            last.again = true;
        }
    }

    /// The STA gave the session a ticket, perhaps the same again. Answers what the user's session knew it by.
    pub(super) fn issued(&mut self, id: KeepId, ticket: Mark, now: Duration) -> Option<Mark> {
        let entry = self.entries.get_mut(&id)?;
        let before = entry.newest.replace(ticket).filter(|before| *before != ticket);
        let forgotten = before.and_then(|before| entry.remember(before, now));
        let bound = std::mem::replace(&mut entry.bound, ticket);
        self.forget(forgotten);
        self.by_ticket.insert(ticket, id);
        Some(bound)
    }

    /// The session is over.
    pub(super) fn remove(&mut self, id: KeepId) {
        if self.entries.remove(&id).is_some() {
            self.by_ticket.retain(|_, of| *of != id);
        }
    }

    fn forget(&mut self, ticket: Option<Mark>) {
        if let Some(ticket) = ticket {
            self.by_ticket.remove(&ticket);
        }
    }
}

impl Entry {
    /// Remembers a used ticket, and answers the one that is forgotten for it.
    fn remember(&mut self, ticket: Mark, at: Duration) -> Option<Mark> {
        self.used.push_back(Used { ticket, peer: self.peer, at, again: false });
        let full = self.used.len() > RECONNECTS_REMEMBERED_MAX;
        full.then(|| self.used.pop_front()).flatten().map(|used| used.ticket)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use gateway_proto::secret::Secret;

    use super::super::keeper::tests::keep;
    use super::*;

    const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const TRAIN: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));

    fn mark(n: usize) -> Mark {
        Mark::of(&Secret::new(n.to_string()))
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A session opened from home, whose first reconnect ticket is 1.
    fn one() -> (Kept, KeepId) {
        let mut kept = Kept::default();
        let id = kept.insert(mark(0), HOME, keep).expect("room").id();
        assert_eq!(kept.issued(id, mark(1), at(0)), Some(mark(0)));
        (kept, id)
    }

    fn shown(kept: &mut Kept, ticket: usize, peer: IpAddr, now: u64) -> &'static str {
        match kept.claim(mark(ticket), peer, at(now)) {
            Claim::Newest(_) => "newest",
            Claim::Again(_) => "again",
            Claim::Replayed(_) => "replayed",
            Claim::Unknown => "unknown",
        }
    }

    #[test]
    fn a_ticket_resumes_once_and_its_successor_next() {
        let (mut kept, id) = one();
        assert_eq!(shown(&mut kept, 0, HOME, 0), "unknown", "a launch ticket resumes nothing here");
        assert_eq!(shown(&mut kept, 1, TRAIN, 0), "newest", "whoever has it may come from anywhere");
        assert_eq!(kept.issued(id, mark(2), at(0)), Some(mark(1)));
        assert_eq!(shown(&mut kept, 2, HOME, 31), "newest");
        assert_eq!(shown(&mut kept, 1, TRAIN, 31), "replayed");
    }

    #[test]
    fn a_used_ticket_is_good_once_more_for_its_user_and_not_for_long() {
        for (peer, now, came) in [(HOME, 30, "again"), (HOME, 31, "replayed"), (TRAIN, 1, "replayed")] {
            let (mut kept, _) = one();
            assert_eq!(shown(&mut kept, 1, HOME, 0), "newest");
            assert_eq!(shown(&mut kept, 1, peer, now), came);
        }
    }

    #[test]
    fn a_retry_that_failed_does_not_count_and_one_that_succeeded_was_the_last() {
        let (mut kept, id) = one();
        shown(&mut kept, 1, HOME, 0);
        assert_eq!(shown(&mut kept, 1, HOME, 1), "again");
        assert_eq!(shown(&mut kept, 1, HOME, 2), "again");
        kept.used_again(id, mark(1));
        assert_eq!(shown(&mut kept, 1, HOME, 3), "replayed");
    }

    #[test]
    fn a_ticket_no_sta_could_be_asked_about_is_given_back() {
        let (mut kept, id) = one();
        shown(&mut kept, 1, HOME, 0);
        kept.give_back(id, mark(1));
        assert_eq!(shown(&mut kept, 1, TRAIN, 100), "newest");
        kept.issued(id, mark(2), at(100));
        kept.give_back(id, mark(1));
        assert_eq!(shown(&mut kept, 2, TRAIN, 100), "newest", "a newer one came meanwhile");
    }

    #[test]
    fn a_refresh_may_change_the_ticket_while_the_client_has_the_old_one() {
        let (mut kept, id) = one();
        assert_eq!(kept.issued(id, mark(1), at(40)), Some(mark(1)));
        assert_eq!(kept.issued(id, mark(2), at(80)), Some(mark(1)));
        assert_eq!(shown(&mut kept, 1, HOME, 90), "again");
        assert_eq!(shown(&mut kept, 2, HOME, 91), "newest");
    }

    #[test]
    fn used_tickets_are_remembered_up_to_a_bound_and_die_with_the_session() {
        let (mut kept, id) = one();
        for n in 1..=RECONNECTS_REMEMBERED_MAX + 1 {
            assert_eq!(shown(&mut kept, n, HOME, 0), "newest");
            kept.issued(id, mark(n + 1), at(0));
        }
        assert_eq!(shown(&mut kept, 1, HOME, 0), "unknown");
        assert_eq!(shown(&mut kept, 2, HOME, 0), "replayed");
        kept.remove(id);
        assert_eq!(shown(&mut kept, 2, HOME, 0), "unknown");
        assert!(kept.by_ticket.is_empty());
        assert_eq!(kept.issued(id, mark(3), at(0)), None);
    }
}
