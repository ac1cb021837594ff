//! Which reconnect ticket resumes which session, and which were used before (SR-136). Pure but for the handles
//! it keeps.
//!
//! A ticket is good for one resume. The answer to it may be lost, and with it the next ticket: until that one is
//! known to have been *delivered*, whoever used the one before may show it again. Known it is when the client is
//! still heard [`RECONNECT_GRACE`] after it was sent on that connection, or when it is shown. From then on, and from
//! anybody else before, a ticket that comes back means that two have it.
//!
//! SR-136 gives one retry within 30 s of the use, by the clock. Here the 30 s pass only while the client is heard: a
//! line that is dead for longer than that is no theft. A ticket that was replaced before anybody showed it is
//! nobody's yet: the client may have no other.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use super::keeper::Keep;
use crate::audit::Mark;
#[cfg(doc)]
use crate::limits::RECONNECT_GRACE;
use crate::limits::{KEPT_SESSIONS_MAX, RECONNECTS_REMEMBERED_MAX};

/// Names a kept session in this gateway.
pub(super) type KeepId = u64;

/// What a ticket that was shown is.
pub(super) enum Claim {
    /// A session's newest ticket. It is used from here on.
    Newest(Arc<Keep>),
    /// One before, and its user may have no later one.
    Again(Arc<Keep>),
    /// It was used, and this is not its user, or its user has a later one.
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
    /// The ticket under which the user's session knows it.
    bound: Mark,
    newest: Option<Mark>,
    /// The tickets before, oldest first.
    old: VecDeque<Old>,
}

/// A ticket that is not the newest any more.
struct Old {
    ticket: Mark,
    /// Whoever showed it.
    by: Option<IpAddr>,
    /// The client has a later one.
    outlived: bool,
}

impl Kept {
    /// Takes in a session that came with the ticket `bound`, which `resumed_by` showed in order to resume it if it
    /// is not a new one; `None` when there is no room.
    pub(super) fn insert(
        &mut self,
        bound: Mark,
        resumed_by: Option<IpAddr>,
        keep: impl FnOnce(KeepId) -> Arc<Keep>,
    ) -> Option<Arc<Keep>> {
        if self.entries.len() >= KEPT_SESSIONS_MAX {
            return None;
        }
        self.last += 1;
        let keep = keep(self.last);
        let mut entry = Entry { keep: keep.clone(), bound, newest: None, old: VecDeque::new() };
        if resumed_by.is_some() {
            entry.remember(bound, resumed_by);
            self.by_ticket.insert(bound, self.last);
        }
        self.entries.insert(self.last, entry);
        Some(keep)
    }

    /// Judges a ticket that `peer` shows in order to resume.
    pub(super) fn claim(&mut self, ticket: Mark, peer: IpAddr) -> Claim {
        let entry = self.by_ticket.get(&ticket).and_then(|id| self.entries.get_mut(id));
        let Some(entry) = entry else { return Claim::Unknown };
        let keep = entry.keep.clone();
        if entry.newest == Some(ticket) {
            entry.newest = None;
            entry.outlive(ticket);
            let forgotten = entry.remember(ticket, Some(peer));
            self.forget(forgotten);
            return Claim::Newest(keep);
        }
        let old = entry.old.iter_mut().find(|old| old.ticket == ticket);
        match old.filter(|old| !old.outlived && old.by.is_none_or(|by| by == peer)) {
            Some(old) => {
                old.by = Some(peer);
                entry.outlive(ticket);
                Claim::Again(keep)
            }
            None => Claim::Replayed(keep),
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
            && entry.old.pop_back_if(|old| old.ticket == ticket).is_some()
        {
            entry.newest = Some(ticket);
        }
    }

    /// The STA gave the session a ticket, perhaps the same again. Answers what the user's session knew it by.
    pub(super) fn issued(&mut self, id: KeepId, ticket: Mark) -> Option<Mark> {
        let entry = self.entries.get_mut(&id)?;
        let before = entry.newest.replace(ticket).filter(|before| *before != ticket);
        let forgotten = before.and_then(|before| entry.remember(before, None));
        let bound = std::mem::replace(&mut entry.bound, ticket);
        self.forget(forgotten);
        self.by_ticket.insert(ticket, id);
        Some(bound)
    }

    /// The client has `ticket`: it needs none from before.
    pub(super) fn delivered(&mut self, id: KeepId, ticket: Mark) {
        if self.by_ticket.get(&ticket) == Some(&id)
            && let Some(entry) = self.entries.get_mut(&id)
        {
            entry.outlive(ticket);
        }
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
    /// Remembers a ticket that is not the newest any more, and answers the one that is forgotten for it.
    fn remember(&mut self, ticket: Mark, by: Option<IpAddr>) -> Option<Mark> {
        self.old.push_back(Old { ticket, by, outlived: false });
        let full = self.old.len() > RECONNECTS_REMEMBERED_MAX;
        full.then(|| self.old.pop_front()).flatten().map(|old| old.ticket)
    }

    /// No ticket from before this one is good any more.
    fn outlive(&mut self, ticket: Mark) {
        let before = self.old.iter_mut().take_while(|old| old.ticket != ticket);
        before.for_each(|old| old.outlived = true);
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

    /// A session opened from home, whose first reconnect ticket is 1.
    fn one() -> (Kept, KeepId) {
        let mut kept = Kept::default();
        let id = kept.insert(mark(0), None, keep).expect("room").id();
        assert_eq!(kept.issued(id, mark(1)), Some(mark(0)));
        (kept, id)
    }

    fn shown(kept: &mut Kept, ticket: usize, peer: IpAddr) -> &'static str {
        match kept.claim(mark(ticket), peer) {
            Claim::Newest(_) => "newest",
            Claim::Again(_) => "again",
            Claim::Replayed(_) => "replayed",
            Claim::Unknown => "unknown",
        }
    }

    #[test]
    fn a_ticket_resumes_once_and_its_successor_next() {
        let (mut kept, id) = one();
        assert_eq!(shown(&mut kept, 0, HOME), "unknown", "a launch ticket resumes nothing here");
        assert_eq!(shown(&mut kept, 1, TRAIN), "newest", "whoever has it may come from anywhere");
        assert_eq!(kept.issued(id, mark(2)), Some(mark(1)));
        assert_eq!(shown(&mut kept, 2, HOME), "newest");
        assert_eq!(shown(&mut kept, 1, TRAIN), "replayed", "who showed it has shown a later one");
    }

    #[test]
    fn a_used_ticket_is_its_users_until_a_later_one_is_delivered() {
        let (mut kept, id) = one();
        assert_eq!(shown(&mut kept, 1, HOME), "newest");
        assert_eq!(shown(&mut kept, 1, HOME), "again");
        kept.issued(id, mark(2));
        assert_eq!(shown(&mut kept, 1, TRAIN), "replayed");
        assert_eq!(shown(&mut kept, 1, HOME), "again", "as often as answers are lost");
        kept.delivered(id, mark(1));
        assert_eq!(shown(&mut kept, 1, HOME), "again", "that one it has");
        kept.delivered(id, mark(2));
        assert_eq!(shown(&mut kept, 1, HOME), "replayed");
        assert_eq!(shown(&mut kept, 2, TRAIN), "newest");
    }

    #[test]
    fn a_session_of_another_gateway_came_with_a_ticket_that_is_used_here() {
        let mut kept = Kept::default();
        let id = kept.insert(mark(1), Some(HOME), keep).expect("room").id();
        assert_eq!(shown(&mut kept, 1, HOME), "again");
        assert_eq!(shown(&mut kept, 1, TRAIN), "replayed");
        kept.issued(id, mark(2));
        kept.delivered(id, mark(2));
        assert_eq!(shown(&mut kept, 1, HOME), "replayed");
    }

    #[test]
    fn a_ticket_no_sta_could_be_asked_about_is_given_back() {
        let (mut kept, id) = one();
        shown(&mut kept, 1, HOME);
        kept.give_back(id, mark(1));
        assert_eq!(shown(&mut kept, 1, TRAIN), "newest");
        kept.issued(id, mark(2));
        kept.give_back(id, mark(1));
        assert_eq!(shown(&mut kept, 2, TRAIN), "newest", "a newer one came meanwhile");
    }

    #[test]
    fn a_ticket_that_was_replaced_before_it_was_shown_belongs_to_whoever_shows_it_first() {
        let (mut kept, id) = one();
        assert_eq!(kept.issued(id, mark(1)), Some(mark(1)), "refreshed, not replaced");
        assert_eq!(kept.issued(id, mark(2)), Some(mark(1)));
        assert_eq!(kept.issued(id, mark(3)), Some(mark(2)));
        assert_eq!(shown(&mut kept, 1, TRAIN), "again");
        assert_eq!(shown(&mut kept, 1, HOME), "replayed");
        assert_eq!(shown(&mut kept, 2, HOME), "again");
        assert_eq!(shown(&mut kept, 1, TRAIN), "replayed");
        assert_eq!(shown(&mut kept, 3, HOME), "newest");
    }

    #[test]
    fn used_tickets_are_remembered_up_to_a_bound_and_die_with_the_session() {
        let (mut kept, id) = one();
        for n in 1..=RECONNECTS_REMEMBERED_MAX + 1 {
            assert_eq!(shown(&mut kept, n, HOME), "newest");
            kept.issued(id, mark(n + 1));
        }
        assert_eq!(shown(&mut kept, 1, HOME), "unknown");
        assert_eq!(shown(&mut kept, 2, HOME), "replayed");
        kept.remove(id);
        assert_eq!(shown(&mut kept, 2, HOME), "unknown");
        assert!(kept.by_ticket.is_empty());
        assert_eq!(kept.issued(id, mark(3)), None);
    }
}
