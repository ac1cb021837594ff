//! What is to be told about sessions, until a server has taken it. Pure: times are arguments.
//!
//! Bounded: when too much waits, an interim update makes room, because the next one tells more; a start or a stop for
//! which there is no room is lost, and that is told.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_proto::radius::{GatewayMoment, Moment, TerminateCause};

use crate::audit::Mark;
use crate::limits::ACCOUNTING_RECORDS_MAX;
use crate::session::{Pulse, Session};

/// What is the same in all records of a session.
pub(crate) struct Account {
    pub(super) session: Mark,
    pub(super) user: String,
    pub(super) peer: IpAddr,
    pub(super) class: Arc<[Vec<u8>]>,
    pulse: Pulse,
    /// When the session began, on the clock of the gateway's tables.
    began: Duration,
}

impl Account {
    /// The account of `session`, which is as old as it is at `now`.
    pub(crate) fn of(session: &Session, now: Duration) -> Self {
        Self {
            session: session.mark,
            user: session.user.to_string(),
            peer: session.peer().ip().to_canonical(),
            class: session.class.clone(),
            pulse: session.pulse.clone(),
            began: now.saturating_sub(session.age(now)),
        }
    }
}

/// What is to be told.
#[derive(Clone)]
pub(crate) enum Record {
    /// One moment of a session.
    Session(Told),
    /// The gateway begins or ends; when, in seconds since 1970.
    Gateway(GatewayMoment, u32),
}

impl Record {
    const fn is_interim(&self) -> bool {
        matches!(self, Self::Session(Told { moment: Moment::Interim, .. }))
    }
}

/// One moment of a session.
#[derive(Clone)]
pub(crate) struct Told {
    pub(super) account: Arc<Account>,
    pub(super) moment: Moment,
    /// Seconds since 1970.
    pub(super) at: u32,
    pub(super) lasted: Duration,
    /// Bytes from the user and to the user.
    pub(super) moved: (u64, u64),
}

/// What time it is: on the gateway's clock, and in seconds since 1970.
#[derive(Clone, Copy)]
pub(crate) struct Now {
    pub(crate) monotonic: Duration,
    pub(crate) unix: u32,
}

/// All accounts that are open, and the records that wait.
#[derive(Default)]
pub(crate) struct Books {
    /// Each with the time of its next interim update.
    open: BTreeMap<Mark, (Arc<Account>, Duration)>,
    waiting: VecDeque<Record>,
}

impl Books {
    /// A session begins. False when there was no room for the record.
    pub(super) fn open(&mut self, account: Account, interim: Option<Duration>, now: Now) -> bool {
        let account = Arc::new(account);
        if let Some(interim) = interim {
            self.open.insert(account.session, (account.clone(), now.monotonic + interim));
        }
        self.tell(&account, Moment::Start, now)
    }

    /// A session goes on that began in another life of the gateway; the first update is due at once.
    pub(super) fn resume(&mut self, account: Account, now: Now) {
        self.open.insert(account.session, (Arc::new(account), now.monotonic));
    }

    /// The gateway begins or ends. There is always room for these two.
    pub(super) fn gateway(&mut self, moment: GatewayMoment, now: Now) {
        self.waiting.push_back(Record::Gateway(moment, now.unix));
    }

    /// A session is over. False when there was no room for the record.
    pub(super) fn close(&mut self, account: Account, cause: TerminateCause, now: Now) -> bool {
        self.open.remove(&account.session);
        self.tell(&Arc::new(account), Moment::Stop(cause), now)
    }

    /// Writes the interim updates that are due.
    pub(super) fn go_on(&mut self, interim: Duration, now: Now) {
        let mut due = Vec::new();
        for (account, next) in self.open.values_mut().filter(|(_, next)| *next <= now.monotonic) {
            *next = now.monotonic + interim;
            due.push(account.clone());
        }
        for account in due {
            // One that finds no room is made up for by the next.
            self.tell(&account, Moment::Interim, now);
        }
    }

    /// The record that waits longest.
    pub(super) fn first(&self) -> Option<Record> {
        self.waiting.front().cloned()
    }

    /// A server has taken it, or nobody wants it any more.
    pub(super) fn done(&mut self) {
        self.waiting.pop_front();
    }

    fn tell(&mut self, account: &Arc<Account>, moment: Moment, now: Now) -> bool {
        if self.waiting.len() >= ACCOUNTING_RECORDS_MAX {
            // Not the first: it may be on its way.
            let interim = self.waiting.iter().skip(1).position(Record::is_interim);
            let Some(at) = interim else { return false };
            self.waiting.remove(at + 1);
        }
        let lasted = now.monotonic.saturating_sub(account.began);
        let moved = account.pulse.total();
        let told = Told { account: account.clone(), moment, at: now.unix, lasted, moved };
        self.waiting.push_back(Record::Session(told));
        true
    }
}

#[cfg(test)]
mod tests {
    use gateway_proto::secret::Secret;

    use super::*;

    fn account(name: &str) -> Account {
        Account {
            session: Mark::of(&Secret::new(name)),
            user: name.to_owned(),
            peer: IpAddr::from([192, 0, 2, 1]),
            class: Arc::default(),
            pulse: Pulse::default(),
            began: Duration::ZERO,
        }
    }

    fn at(seconds: u64) -> Now {
        Now { monotonic: Duration::from_secs(seconds), unix: 1_000 }
    }

    fn moments(books: &mut Books) -> Vec<Moment> {
        let mut moments = Vec::new();
        while let Some(record) = books.first() {
            if let Record::Session(told) = record {
                moments.push(told.moment);
            }
            books.done();
        }
        moments
    }

    #[test]
    fn a_session_begins_goes_on_and_ends() {
        let (mut books, interim) = (Books::default(), Duration::from_secs(600));
        assert!(books.open(account("a"), Some(interim), at(0)));
        books.go_on(interim, at(599));
        books.go_on(interim, at(600));
        books.go_on(interim, at(601));
        books.go_on(interim, at(1_200));
        assert!(books.close(account("a"), TerminateCause::UserRequest, at(1_300)));
        books.go_on(interim, at(9_000));
        let stop = Moment::Stop(TerminateCause::UserRequest);
        assert_eq!(moments(&mut books), [Moment::Start, Moment::Interim, Moment::Interim, stop]);
    }

    #[test]
    fn a_session_of_another_life_goes_on_at_once() {
        let (mut books, interim) = (Books::default(), Duration::from_secs(600));
        books.resume(account("a"), at(100));
        books.go_on(interim, at(100));
        books.go_on(interim, at(699));
        books.go_on(interim, at(700));
        assert_eq!(moments(&mut books), [Moment::Interim, Moment::Interim]);
    }

    #[test]
    fn when_it_is_full_updates_make_room_and_nothing_else() {
        let (mut books, interim) = (Books::default(), Duration::from_secs(600));
        assert!(books.open(account("a"), Some(interim), at(0)));
        books.go_on(interim, at(600));
        while books.waiting.len() < ACCOUNTING_RECORDS_MAX {
            assert!(books.open(account("b"), None, at(1)));
        }
        assert!(books.close(account("a"), TerminateCause::IdleTimeout, at(700)), "the update goes");
        assert!(!books.close(account("b"), TerminateCause::IdleTimeout, at(700)), "there is no other");
        assert_eq!(books.waiting.len(), ACCOUNTING_RECORDS_MAX);
        assert!(!moments(&mut books).contains(&Moment::Interim));
    }
}
