//! The one table of sessions. Opening one checks and inserts in a single step (SR-13), so that two log-ins of
//! one user can't both find the place free.
//!
//! When the table is full, what is over is swept out; if that gives no room the newcomer is refused, and
//! nobody is thrown out for somebody else (SR-11).

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_proto::secret::Secret;
use tokio_util::sync::CancellationToken;

use super::displaced::Displaced;
use super::offers::Offers;
use super::place::{News, Place, Places};
use super::{IdHash, Identity, Pulse, Secrets, Session, hash};
use crate::audit::Mark;
use crate::config::{Binding, DuplicatePolicy};
use crate::limits::{Limits, TICKETS_PER_SESSION_MAX};
use crate::names::Account;
use crate::store::Unsaved;

/// Somebody who passed every factor and is to have a session. The ids are fresh random values.
pub struct Newcomer {
    /// As the factors vouch for it.
    pub identity: Identity,
    /// Whose the session will be.
    pub account: Account,
    /// Where the log-in comes from.
    pub peer: SocketAddr,
    /// The same as far as a session is bound to it.
    pub place: Place,
    /// For the session cookie.
    pub id: Secret,
    /// For StoreFront's call-back.
    pub handle: Secret,
    /// For the forms on our own pages.
    pub form_token: Secret,
    /// What stood in this client's session cookie. If it is a session, this log-in takes its place: nobody else
    /// has its cookie, and this client won't have it any more.
    pub before: Option<Secret>,
}

/// What came of it.
pub struct Opening {
    /// Sessions that ended with it, and why.
    pub over: Vec<(Session, &'static str)>,
    /// The session that the newcomer met where there may be only one.
    pub met: Option<Owner>,
    /// Whether there is a new session.
    pub verdict: Verdict,
}

/// What the id of a request comes to.
pub enum Lookup {
    /// The session is used. What is new about the place, if anything is, is said once.
    Live(Session, Secrets, Option<News>),
    /// The session is bound to another place, and was not used.
    Elsewhere(Session, Option<News>),
    /// There is none.
    Nobody,
}

/// Whether there is a new session.
pub enum Verdict {
    /// There is.
    Opened(Session),
    /// The user has one and keeps it.
    Taken(Identity),
    /// There is no room.
    Full,
}

/// The session that stands in a newcomer's way.
pub struct Owner {
    /// How logs name the session.
    pub mark: Mark,
    /// Where its log-in came from.
    pub peer: SocketAddr,
    /// How many log-ins have met this session, this one included.
    pub attempt: u64,
}

/// All live sessions.
#[derive(Default)]
pub struct Table {
    pub(super) by_id: BTreeMap<IdHash, Session>,
    by_handle: BTreeMap<IdHash, IdHash>,
    by_ticket: BTreeMap<Mark, IdHash>,
    /// No entry is empty.
    by_account: BTreeMap<Account, BTreeSet<IdHash>>,
    displaced: Displaced,
    offers: Offers,
    pub(super) unsaved: Unsaved,
}

impl Table {
    /// Opens a session as `policy` allows. Whoever is refused leaves everything as it was, except that what is
    /// over at `now` is gone and that the owner of the session was met once more.
    pub fn create(
        &mut self,
        newcomer: Newcomer,
        policy: DuplicatePolicy,
        now: Duration,
        limits: &Limits,
    ) -> Opening {
        let mut over = self.end_over(&newcomer.account, now, limits);
        if self.by_id.len() >= limits.sessions {
            over.extend(self.sweep(now, limits));
        }
        let before = newcomer.before.as_ref().map(hash).filter(|id| self.by_id.contains_key(id));
        let others = match policy {
            DuplicatePolicy::Allow => Vec::new(),
            _ => self.ids_of(&newcomer.account).filter(|id| Some(*id) != before).collect(),
        };
        let met = others.first().and_then(|id| self.meet(id));
        if met.is_some() && matches!(policy, DuplicatePolicy::Deny | DuplicatePolicy::Transfer) {
            return Opening { over, met, verdict: Verdict::Taken(newcomer.identity) };
        }
        let leaving = others.len() + usize::from(before.is_some());
        if self.by_id.len().saturating_sub(leaving) >= limits.sessions {
            return Opening { over, met: None, verdict: Verdict::Full };
        }
        for id in others {
            self.displaced.remember(id, now, limits);
            over.extend(self.remove(&id).map(|session| (session, "displaced")));
        }
        over.extend(before.and_then(|id| self.remove(&id)).map(|session| (session, "new log-in")));
        Opening { over, met, verdict: Verdict::Opened(self.insert(newcomer, now)) }
    }

    /// Lets somebody who met a session decide under `id` whether it shall end.
    pub(crate) fn offer(&mut self, id: &Secret, identity: Identity, now: Duration, limits: &Limits) {
        self.offers.make(hash(id), identity, now, limits);
    }

    /// Whether somebody has yet to decide under `id`.
    pub(crate) fn is_offered(&self, id: &Secret) -> bool {
        self.offers.contains(&hash(id))
    }

    /// Who decides under `id`, if there is still time. The offer is used up.
    pub(crate) fn take_offer(&mut self, id: &Secret, now: Duration, limits: &Limits) -> Option<Identity> {
        self.offers.take(&hash(id), now, limits)
    }

    /// The session of this id, if it is live and not bound to another place; using it keeps it alive.
    pub fn touch(
        &mut self,
        id: &Secret,
        place: Place,
        bound: Binding,
        now: Duration,
        limits: &Limits,
    ) -> Lookup {
        let key = hash(id);
        let live = |session: &&mut Session| session.is_over(now, limits).is_none();
        let Some(session) = self.by_id.get_mut(&key).filter(live) else { return Lookup::Nobody };
        let news = session.places.news(place);
        if news.is_some() {
            Arc::make_mut(&mut session.places).add(place);
            self.unsaved.note(|| key.to_vec());
        }
        if !session.places.allow(place, bound) {
            return Lookup::Elsewhere(session.clone(), news);
        }
        session.touched = now;
        match Secrets::open(&session.sealed, id) {
            Some(secrets) => Lookup::Live(session.clone(), secrets, news),
            None => Lookup::Nobody,
        }
    }

    /// Whether the session of this id ended because its user logged in elsewhere.
    pub(crate) fn was_displaced(&self, id: &Secret, now: Duration, limits: &Limits) -> bool {
        self.displaced.contains(&hash(id), now, limits)
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
            Arc::make_mut(&mut session.tickets).insert(ticket);
            self.by_ticket.insert(ticket, hash(id));
            self.unsaved.note(|| hash(id).to_vec());
        }
    }

    /// `new` takes the place of `old`: it ends with the session as the other one did.
    pub(crate) fn replace_ticket(&mut self, old: Mark, new: Mark) {
        let Some(id) = self.by_ticket.remove(&old) else { return };
        if let Some(session) = self.by_id.get_mut(&id) {
            let tickets = Arc::make_mut(&mut session.tickets);
            tickets.remove(&old);
            tickets.insert(new);
            self.unsaved.note(|| id.to_vec());
            self.by_ticket.insert(new, id);
        }
    }

    /// The session under which `ticket` was given out, if it is live.
    pub(crate) fn by_ticket(&self, ticket: Mark) -> Option<Session> {
        self.by_id.get(self.by_ticket.get(&ticket)?).cloned()
    }

    /// Ends a session: the id, the handle and the tickets mean nothing from here on.
    pub fn end(&mut self, id: &Secret) -> Option<Session> {
        self.remove(&hash(id))
    }

    /// Lets a session end at `at`; an earlier end stays.
    pub(crate) fn close_at(&mut self, id: &Secret, at: Duration) {
        if let Some(session) = self.by_id.get_mut(&hash(id)) {
            session.closes = Some(session.closes.map_or(at, |before| before.min(at)));
            self.unsaved.note(|| hash(id).to_vec());
        }
    }

    /// Ends what is over at `now`, and says why.
    pub fn sweep(&mut self, now: Duration, limits: &Limits) -> Vec<(Session, &'static str)> {
        self.displaced.sweep(now, limits);
        self.offers.sweep(now, limits);
        // One walk: whoever meets a full table waits for it.
        let over = self.by_id.iter().filter_map(|(id, session)| Some((*id, session.is_over(now, limits)?)));
        let over = over.collect();
        self.end_each(over)
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

    fn ids_of(&self, account: &Account) -> impl Iterator<Item = IdHash> {
        self.by_account.get(account).into_iter().flatten().copied()
    }

    fn end_over(&mut self, of: &Account, now: Duration, limits: &Limits) -> Vec<(Session, &'static str)> {
        let over = |id| Some((id, self.by_id.get(&id)?.is_over(now, limits)?));
        let over = self.ids_of(of).filter_map(over).collect();
        self.end_each(over)
    }

    fn end_each(&mut self, over: Vec<(IdHash, &'static str)>) -> Vec<(Session, &'static str)> {
        over.into_iter().filter_map(|(id, why)| Some((self.remove(&id)?, why))).collect()
    }

    /// Counts a meeting. It does not keep the session alive: whoever is blocked must not hold the name.
    fn meet(&mut self, id: &IdHash) -> Option<Owner> {
        let session = self.by_id.get_mut(id)?;
        session.met = session.met.saturating_add(1);
        Some(Owner { mark: session.mark, peer: session.peer, attempt: session.met })
    }

    fn insert(&mut self, newcomer: Newcomer, now: Duration) -> Session {
        let Newcomer { identity, account, peer, place, id, handle, form_token, before: _ } = newcomer;
        let secrets = Secrets { password: identity.password, handle, form_token };
        let session = Session {
            user: identity.user.into(),
            account,
            groups: identity.groups,
            class: identity.class,
            lasts: identity.lasts,
            mark: Mark::of(&id),
            ended: CancellationToken::new(),
            pulse: Pulse::default(),
            sealed: Arc::new(secrets.seal(&id)),
            places: Arc::new(Places::of_log_in(place)),
            handle: hash(&secrets.handle),
            peer,
            met: 0,
            created: now,
            closes: None,
            touched: now,
            saved: now,
            tickets: Arc::default(),
        };
        self.unsaved.note(|| hash(&id).to_vec());
        self.put(hash(&id), session.clone());
        session
    }

    /// Into every index.
    pub(super) fn put(&mut self, id: IdHash, session: Session) {
        self.by_handle.insert(session.handle, id);
        self.by_account.entry(session.account.clone()).or_default().insert(id);
        for ticket in session.tickets.iter() {
            self.by_ticket.insert(*ticket, id);
        }
        self.by_id.insert(id, session);
    }

    fn remove(&mut self, id: &IdHash) -> Option<Session> {
        let session = self.by_id.remove(id)?;
        self.unsaved.note(|| id.to_vec());
        self.by_handle.remove(&session.handle);
        for ticket in session.tickets.iter() {
            self.by_ticket.remove(ticket);
        }
        if let Some(ids) = self.by_account.get_mut(&session.account) {
            ids.remove(id);
            if ids.is_empty() {
                self.by_account.remove(&session.account);
            }
        }
        session.ended.cancel();
        Some(session)
    }
}
