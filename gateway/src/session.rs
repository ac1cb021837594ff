//! The session table: who is logged in.
//!
//! Pure: `now` is an argument, ids come from outside, nothing is awaited. A session is reached only through
//! the id presented on this very request (SR-31), compared as a hash (SR-74), so that neither the table nor a
//! dump of it can be used to log in.
//!
//! Not here: cookies (`http::cookies`), and policies about several sessions of one user.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gateway_proto::secret::Secret;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::audit::Mark;
use crate::limits::{Limits, TICKETS_PER_SESSION_MAX};

/// A SHA-256, by which ids are looked up without being kept.
pub(crate) type IdHash = [u8; 32];

/// The hash an id is kept under.
pub(crate) fn hash(id: &Secret) -> IdHash {
    Sha256::digest(id.expose()).into()
}

/// Somebody who passed every factor.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// The name as the factor verified it.
    pub(crate) user: String,
    /// For single sign-on to StoreFront.
    pub(crate) password: Secret,
}

/// A live session.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) identity: Identity,
    /// How logs name the session.
    pub(crate) mark: Mark,
    /// What StoreFront's call-back names it by; says nothing about the cookie (SR-112).
    pub(crate) handle: Secret,
    /// The token our own pages send with a form.
    pub(crate) form_token: Secret,
    /// Ends everything that hangs on the session.
    pub(crate) ended: CancellationToken,
    created: Duration,
    touched: Duration,
    tickets: BTreeSet<Mark>,
}

impl Session {
    pub(crate) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.created)
    }

    /// Time since the last request.
    pub(crate) fn idle(&self, now: Duration) -> Duration {
        now.saturating_sub(self.touched)
    }

    fn is_over(&self, now: Duration, limits: &Limits) -> Option<&'static str> {
        if self.age(now) >= limits.session_absolute {
            Some("absolute limit")
        } else if self.idle(now) >= limits.session_idle {
            Some("idle")
        } else {
            None
        }
    }
}

/// No room for another session; nothing is dropped to make any (SR-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// All live sessions.
#[derive(Default)]
pub(crate) struct Table {
    by_id: BTreeMap<IdHash, Session>,
    by_handle: BTreeMap<IdHash, IdHash>,
    by_ticket: BTreeMap<Mark, IdHash>,
}

impl Table {
    /// Opens a session. `id`, `handle` and `form_token` are fresh random values.
    pub(crate) fn create(
        &mut self,
        identity: Identity,
        id: &Secret,
        handle: Secret,
        form_token: Secret,
        now: Duration,
        limits: &Limits,
    ) -> Result<Session, Full> {
        if self.by_id.len() >= limits.sessions {
            return Err(Full);
        }
        let session = Session {
            identity,
            mark: Mark::of(id),
            handle,
            form_token,
            ended: CancellationToken::new(),
            created: now,
            touched: now,
            tickets: BTreeSet::new(),
        };
        self.by_handle.insert(hash(&session.handle), hash(id));
        self.by_id.insert(hash(id), session.clone());
        Ok(session)
    }

    /// The session of this id, if it is live; using it keeps it alive.
    pub(crate) fn touch(&mut self, id: &Secret, now: Duration, limits: &Limits) -> Option<Session> {
        let session = self.by_id.get_mut(&hash(id))?;
        if session.is_over(now, limits).is_some() {
            return None;
        }
        session.touched = now;
        Some(session.clone())
    }

    /// The session that a call-back names, if it is live. Asking about it does not keep it alive.
    pub(crate) fn by_handle(&self, handle: &Secret, now: Duration, limits: &Limits) -> Option<Session> {
        let session = self.by_id.get(self.by_handle.get(&hash(handle))?)?;
        session.is_over(now, limits).is_none().then(|| session.clone())
    }

    /// Remembers that `ticket` was given out under session `id`.
    pub(crate) fn remember_ticket(&mut self, id: &Secret, ticket: Mark) {
        if let Some(session) = self.by_id.get_mut(&hash(id))
            && session.tickets.len() < TICKETS_PER_SESSION_MAX
        {
            session.tickets.insert(ticket);
            self.by_ticket.insert(ticket, hash(id));
        }
    }

    /// The session under which `ticket` was given out, if it is live.
    pub(crate) fn by_ticket(&self, ticket: Mark) -> Option<Session> {
        self.by_id.get(self.by_ticket.get(&ticket)?).cloned()
    }

    /// Ends a session: the id, the handle and the tickets mean nothing from here on.
    pub(crate) fn end(&mut self, id: &Secret) -> Option<Session> {
        self.remove(&hash(id))
    }

    /// Ends what is over at `now`, and says why.
    pub(crate) fn sweep(&mut self, now: Duration, limits: &Limits) -> Vec<(Session, &'static str)> {
        let over = |(id, session): (&IdHash, &Session)| Some((*id, session.is_over(now, limits)?));
        let over: Vec<_> = self.by_id.iter().filter_map(over).collect();
        over.into_iter().filter_map(|(id, why)| Some((self.remove(&id)?, why))).collect()
    }

    /// All sessions, in no order that means anything.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Session> {
        self.by_id.values()
    }

    /// Ends the session that logs call `mark`.
    pub(crate) fn end_marked(&mut self, mark: Mark) -> Option<Session> {
        let id = self.by_id.iter().find(|(_, session)| session.mark == mark).map(|(id, _)| *id)?;
        self.remove(&id)
    }

    /// Ends every session.
    pub(crate) fn end_all(&mut self) -> Vec<Session> {
        let ids: Vec<IdHash> = self.by_id.keys().copied().collect();
        ids.iter().filter_map(|id| self.remove(id)).collect()
    }

    fn remove(&mut self, id: &IdHash) -> Option<Session> {
        let session = self.by_id.remove(id)?;
        self.by_handle.remove(&hash(&session.handle));
        for ticket in &session.tickets {
            self.by_ticket.remove(ticket);
        }
        session.ended.cancel();
        Some(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    fn open(table: &mut Table, id: &str, now: Duration, limits: &Limits) -> Result<Session, Full> {
        let identity = Identity { user: "alice".to_owned(), password: Secret::new("Winter-26") };
        let handle = Secret::new(format!("handle of {id}"));
        table.create(identity, &Secret::new(id), handle, Secret::new("token"), now, limits)
    }

    #[test]
    fn a_used_session_lives_and_an_idle_one_does_not() {
        let (mut table, limits, id) = (Table::default(), Limits::default(), Secret::new("a"));
        open(&mut table, "a", secs(0), &limits).unwrap();
        assert!(table.touch(&id, secs(1199), &limits).is_some());
        assert!(table.touch(&id, secs(1199 + 1199), &limits).is_some());
        assert!(table.touch(&id, secs(1199 + 1199 + 1200), &limits).is_none());
    }

    #[test]
    fn the_absolute_limit_holds_however_busy_the_session_is() {
        let (mut table, limits, id) = (Table::default(), Limits::default(), Secret::new("a"));
        open(&mut table, "a", secs(0), &limits).unwrap();
        for minute in 1..12 * 60 {
            assert!(table.touch(&id, secs(minute * 60), &limits).is_some(), "minute {minute}");
        }
        assert!(table.touch(&id, secs(12 * 3600), &limits).is_none());
        assert_eq!(table.sweep(secs(12 * 3600), &limits)[0].1, "absolute limit");
    }

    #[test]
    fn ending_ends_handle_and_tickets_and_whatever_hangs_on_it() {
        let (mut table, limits, id) = (Table::default(), Limits::default(), Secret::new("a"));
        let session = open(&mut table, "a", secs(0), &limits).unwrap();
        let ticket = Mark::of(&Secret::new("TICKET"));
        table.remember_ticket(&id, ticket);
        assert!(table.by_ticket(ticket).is_some());
        assert!(table.by_handle(&session.handle, secs(1), &limits).is_some());
        table.end(&id);
        assert!(session.ended.is_cancelled());
        assert!(table.by_ticket(ticket).is_none());
        assert!(table.by_handle(&session.handle, secs(1), &limits).is_none());
        assert!(table.touch(&id, secs(1), &limits).is_none());
    }

    #[test]
    fn a_full_table_refuses_the_newcomer_and_keeps_everybody_else() {
        let (mut table, mut limits) = (Table::default(), Limits::default());
        limits.sessions = 2;
        open(&mut table, "a", secs(0), &limits).unwrap();
        open(&mut table, "b", secs(0), &limits).unwrap();
        assert_eq!(open(&mut table, "c", secs(0), &limits).err(), Some(Full));
        assert!(table.touch(&Secret::new("a"), secs(1), &limits).is_some());
    }

    #[test]
    fn an_id_is_matched_whole() {
        let (mut table, limits) = (Table::default(), Limits::default());
        open(&mut table, "abc", secs(0), &limits).unwrap();
        for other in ["ab", "abcd", "ABC", ""] {
            assert!(table.touch(&Secret::new(other), secs(1), &limits).is_none(), "{other:?}");
        }
    }
}
