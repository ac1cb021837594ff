//! Failed log-ins and what follows from too many. Pure: `now` is an argument.
//!
//! Failures are counted for the account, all factors together, and for the client's address (an IPv6 client is its
//! /64: it has as many addresses as it likes). Either count, when full, refuses further log-ins for a while, even
//! right ones; what is refused then does not count, so a lock ends whatever happens meanwhile (SR-72).
//!
//! That alone would let a stranger keep somebody out by failing again and again. So a **place** from which a user
//! did log in before, account and address together, has a count of its own: it neither adds to the account's nor is
//! locked by it or by the address's. Whoever fails from elsewhere spends the account's common count only.
//!
//! A try counts when it begins and is taken back unless it fails, so that many at a time get no more tries than
//! one after another. Tables are bounded: when full, the count that was last added to longest ago is forgotten,
//! and the place that was last used longest ago. How counts and places outlive the process is in [`kept`].
//!
//! Specification: SR-72; the exception for known places is ours.

mod kept;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits::{KNOWN_PLACE_LIFE, KNOWN_PLACES_MAX, LOCKOUT_COUNTERS_MAX, Limits};
use crate::names::Account;
use crate::reason::Reason;
use crate::session::network;
use crate::store::Unsaved;

/// What failures are counted for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Key {
    Account(Account),
    Place(Account, IpAddr),
    Address(IpAddr),
}

impl Key {
    fn most(&self, limits: &Limits) -> usize {
        let most = match self {
            Self::Account(_) | Self::Place(..) => limits.lockout_failures,
            Self::Address(_) => limits.lockout_failures_per_address,
        };
        most as usize
    }

    const fn scope(&self) -> &'static str {
        match self {
            Self::Account(_) => "this account",
            Self::Place(..) => "this account from this address",
            Self::Address(_) => "this address",
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Count {
    /// When, oldest first; never more than the most that is allowed.
    failures: VecDeque<Duration>,
    locked_until: Option<Duration>,
}

impl Count {
    fn forget_old(&mut self, now: Duration, limits: &Limits) {
        if self.locked_until.is_some_and(|until| until <= now) {
            *self = Self::default();
        }
        while self.failures.front().is_some_and(|at| now.saturating_sub(*at) >= limits.lockout_window) {
            self.failures.pop_front();
        }
    }

    fn is_idle(&self) -> bool {
        self.failures.is_empty() && self.locked_until.is_none()
    }
}

/// A try that has begun. Dropped without a word it stays a failure: whoever hangs up saves nothing.
#[must_use]
pub(crate) struct Try {
    account: Account,
    address: IpAddr,
    keys: [Key; 2],
    at: Duration,
}

/// All counts and all known places.
#[derive(Default)]
pub(crate) struct Lockout {
    counts: BTreeMap<Key, Count>,
    /// When somebody last logged in from there.
    places: BTreeMap<(Account, IpAddr), Duration>,
    pace: Duration,
    unsaved: Unsaved,
}

impl Lockout {
    /// A log-in of `account` from `client` is about to be verified. An error says why it must not be.
    pub(crate) fn begin(
        &mut self,
        account: Account,
        client: IpAddr,
        now: Duration,
        limits: &Limits,
    ) -> Result<Try, Reason> {
        let address = network(client);
        let known = self.knows(&account, address, now);
        let own = if known { Key::Place(account.clone(), address) } else { Key::Account(account.clone()) };
        let shared = Key::Address(address);
        if self.is_locked(&own, now, limits) {
            return Err(Reason::AccountLocked);
        }
        if !known && self.is_locked(&shared, now, limits) {
            return Err(Reason::AddressLocked);
        }
        let keys = [own, shared];
        for key in &keys {
            self.add(key, now, limits);
        }
        Ok(Try { account, address, keys, at: now })
    }

    /// The try was a failure, and took `took` to find out. Says what is locked from here on, if anything is.
    pub(crate) fn failed(&mut self, failed: &Try, took: Duration, limits: &Limits) -> Option<&'static str> {
        self.pace = took;
        let locks = |key: &&Key| {
            let count = self.counts.get(*key);
            count.is_some_and(|count| {
                count.failures.len() >= key.most(limits) && count.failures.back() == Some(&failed.at)
            })
        };
        failed.keys.iter().find(locks).map(Key::scope)
    }

    /// The try was none: it was right so far, or nobody could say.
    pub(crate) fn take_back(&mut self, back: &Try, limits: &Limits) {
        for key in &back.keys {
            let Some(count) = self.counts.get_mut(key) else { continue };
            if let Some(at) = count.failures.iter().position(|at| *at == back.at) {
                count.failures.remove(at);
            }
            if count.failures.len() < key.most(limits) {
                count.locked_until = None;
            }
            if count.is_idle() {
                self.counts.remove(key);
            }
            self.note_count(key);
        }
    }

    /// The try was the last of a log-in: the user is in. From here on the place is known.
    pub(crate) fn passed(&mut self, passed: &Try, now: Duration, limits: &Limits) {
        self.take_back(passed, limits);
        let place = (passed.account.clone(), passed.address);
        self.forget_count(&Key::Place(place.0.clone(), place.1));
        if !self.places.contains_key(&place) && self.places.len() >= KNOWN_PLACES_MAX {
            let oldest = self.places.iter().min_by_key(|(_, at)| **at).map(|(place, _)| place.clone());
            if let Some(oldest) = oldest {
                self.places.remove(&oldest);
                self.note_place(&oldest);
            }
        }
        self.note_place(&place);
        self.places.insert(place, now);
    }

    /// How long a refusal takes that is no verdict: as long as the last one that was, so that a lock can't be
    /// told by the clock (SR-71).
    pub(crate) const fn pace(&self) -> Duration {
        self.pace
    }

    /// Forgets what does not count any more.
    pub(crate) fn sweep(&mut self, now: Duration, limits: &Limits) {
        let old = self.places.iter().filter(|(_, at)| now.saturating_sub(**at) >= KNOWN_PLACE_LIFE);
        let old: Vec<_> = old.map(|(place, _)| place.clone()).collect();
        for place in old {
            self.places.remove(&place);
            self.note_place(&place);
        }
        let mut idle = Vec::new();
        for (key, count) in &mut self.counts {
            count.forget_old(now, limits);
            if count.is_idle() {
                idle.push(key.clone());
            }
        }
        idle.iter().for_each(|key| self.forget_count(key));
    }

    fn forget_count(&mut self, key: &Key) {
        if self.counts.remove(key).is_some() {
            self.note_count(key);
        }
    }

    fn knows(&self, account: &Account, address: IpAddr, now: Duration) -> bool {
        let at = self.places.get(&(account.clone(), address));
        at.is_some_and(|at| now.saturating_sub(*at) < KNOWN_PLACE_LIFE)
    }

    fn is_locked(&mut self, key: &Key, now: Duration, limits: &Limits) -> bool {
        let Some(count) = self.counts.get_mut(key) else { return false };
        count.forget_old(now, limits);
        count.locked_until.is_some()
    }

    fn add(&mut self, key: &Key, now: Duration, limits: &Limits) {
        if !self.counts.contains_key(key) && self.counts.len() >= LOCKOUT_COUNTERS_MAX {
            let oldest = self.counts.iter().min_by_key(|(_, count)| count.failures.back().copied());
            let oldest = oldest.map(|(key, _)| key.clone());
            oldest.iter().for_each(|key| self.forget_count(key));
        }
        self.note_count(key);
        let count = self.counts.entry(key.clone()).or_default();
        count.forget_old(now, limits);
        // A known place adds to an address that may be locked for others.
        if count.locked_until.is_some() {
            return;
        }
        count.failures.push_back(now);
        if count.failures.len() >= key.most(limits) {
            count.locked_until = Some(now + limits.lockout);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;

    const HOME: [u8; 4] = [192, 0, 2, 1];
    const ELSEWHERE: [u8; 4] = [203, 0, 113, 9];

    struct Desk {
        lockout: Lockout,
        limits: Limits,
    }

    impl Desk {
        fn new() -> Self {
            Self { lockout: Lockout::default(), limits: Limits::default() }
        }

        fn begin(&mut self, user: &str, from: [u8; 4], second: u64) -> Result<Try, Reason> {
            let account = Names::default().account(user);
            self.lockout.begin(account, from.into(), Duration::from_secs(second), &self.limits)
        }

        fn fail(&mut self, user: &str, from: [u8; 4], second: u64) -> Result<Option<&'static str>, Reason> {
            let begun = self.begin(user, from, second)?;
            Ok(self.lockout.failed(&begun, Duration::ZERO, &self.limits))
        }

        fn pass(&mut self, user: &str, from: [u8; 4], second: u64) -> Result<(), Reason> {
            let begun = self.begin(user, from, second)?;
            self.lockout.passed(&begun, Duration::from_secs(second), &self.limits);
            Ok(())
        }
    }

    #[test]
    fn ten_failures_lock_an_account_for_a_quarter_of_an_hour_and_no_longer() {
        let mut desk = Desk::new();
        for second in 0..9 {
            assert_eq!(desk.fail("alice", ELSEWHERE, second), Ok(None));
        }
        assert_eq!(
            desk.fail("ALICE ", HOME, 9),
            Ok(Some("this account")),
            "one account, however it is spelt"
        );
        // The right password would not help, and trying does not make it longer.
        for second in 10..909 {
            assert_eq!(desk.pass("alice", HOME, second), Err(Reason::AccountLocked));
        }
        assert_eq!(desk.pass("alice", HOME, 909), Ok(()));
    }

    #[test]
    fn failures_are_forgotten_one_by_one() {
        let mut desk = Desk::new();
        for n in 0..100 {
            // Nine in a window, for ever.
            assert_eq!(desk.fail("alice", HOME, n * 100), Ok(None), "failure {n}");
        }
    }

    #[test]
    fn a_place_that_is_known_has_a_count_of_its_own() {
        let mut desk = Desk::new();
        desk.pass("alice", HOME, 0).unwrap();
        for second in 1..=10 {
            assert!(desk.fail("alice", ELSEWHERE, second).is_ok());
        }
        assert_eq!(desk.pass("alice", ELSEWHERE, 11), Err(Reason::AccountLocked));
        assert_eq!(desk.pass("alice", HOME, 11), Ok(()), "a stranger locks nobody out at home");
        for second in 12..=21 {
            assert!(desk.fail("alice", HOME, second).is_ok());
        }
        assert_eq!(desk.pass("alice", HOME, 22), Err(Reason::AccountLocked), "at home too there is a limit");
    }

    #[test]
    fn an_address_that_tries_many_accounts_is_locked_for_all_but_those_it_knows() {
        let mut desk = Desk::new();
        desk.pass("alice", HOME, 0).unwrap();
        for n in 0..100 {
            assert!(desk.fail(&format!("user{n}"), HOME, 1).is_ok());
        }
        assert_eq!(desk.pass("bob", HOME, 2), Err(Reason::AddressLocked));
        assert_eq!(desk.pass("alice", HOME, 2), Ok(()));
        assert_eq!(desk.pass("bob", ELSEWHERE, 2), Ok(()));
        assert_eq!(desk.pass("bob", HOME, 901), Ok(()));
    }

    #[test]
    fn tries_at_one_time_are_no_more_than_tries_one_after_another() {
        let mut desk = Desk::new();
        let begun: Vec<_> = (0..10).map(|_| desk.begin("alice", HOME, 0).unwrap()).collect();
        assert!(desk.begin("alice", HOME, 0).is_err());
        // One of them was right so far: there is room for one again.
        desk.lockout.take_back(&begun[0], &desk.limits);
        assert!(desk.begin("alice", HOME, 0).is_ok());
    }

    #[test]
    fn the_tables_are_bounded_and_empty_themselves() {
        let mut desk = Desk::new();
        // Each makes two counts, its account's and its address's.
        for n in 0..=u32::try_from(LOCKOUT_COUNTERS_MAX / 2).unwrap() {
            let [.., b, c, d] = n.to_be_bytes();
            assert!(desk.fail(&format!("user{n}"), [10, b, c, d], 0).is_ok());
        }
        assert_eq!(desk.lockout.counts.len(), LOCKOUT_COUNTERS_MAX);
        desk.lockout.sweep(Duration::from_secs(900), &desk.limits);
        assert!(desk.lockout.counts.is_empty());
    }
}
