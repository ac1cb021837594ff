//! Questions on a phone: one at a time for an account, and not for ever. Pure.
//!
//! Who looks at a phone sees that somebody logs in, not who. With two questions on the way an approval may let in the
//! other one; and whoever has the password may ask until the owner is tired of it and approves. So while a question is
//! on the way, further log-ins of the account are refused, and so they are after some that nobody answered. Whoever
//! hangs up takes no question back: it stays on the phone, and is on the way until its time is over.
//!
//! Not here: an answer that was no. It is a failed log-in and counts as one ([`lockout`](super::lockout)).
//!
//! Specification: ours.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::limits::{Limits, PUSHED_ACCOUNTS_MAX, PUSHES_UNANSWERED_MAX};
use crate::names::Account;
use crate::reason::Reason;

/// The accounts about which somebody was asked.
#[derive(Default)]
pub(crate) struct Pushes {
    accounts: BTreeMap<Account, Asked>,
}

#[derive(Default)]
struct Asked {
    /// Until when a question is on the way.
    pending: Option<Duration>,
    /// When those went out that nobody answered, oldest first; at most [`PUSHES_UNANSWERED_MAX`].
    unanswered: VecDeque<Duration>,
}

impl Asked {
    fn forget_old(&mut self, now: Duration, limits: &Limits) {
        self.pending = self.pending.filter(|until| now < *until);
        while self.unanswered.front().is_some_and(|at| now.saturating_sub(*at) >= limits.lockout_window) {
            self.unanswered.pop_front();
        }
    }

    fn is_idle(&self) -> bool {
        self.pending.is_none() && self.unanswered.is_empty()
    }
}

impl Pushes {
    /// A question about `account` goes out and waits for `life`. An error says why it must not.
    pub(super) fn begin(
        &mut self,
        account: &Account,
        life: Duration,
        now: Duration,
        limits: &Limits,
    ) -> Result<(), Reason> {
        if !self.accounts.contains_key(account) && self.accounts.len() >= PUSHED_ACCOUNTS_MAX {
            let oldest = self.accounts.iter().min_by_key(|(_, asked)| asked.unanswered.back().copied());
            let oldest = oldest.map(|(account, _)| account.clone());
            oldest.and_then(|account| self.accounts.remove(&account));
        }
        let asked = self.accounts.entry(account.clone()).or_default();
        asked.forget_old(now, limits);
        if asked.pending.is_some() {
            return Err(Reason::PushPending);
        }
        if asked.unanswered.len() >= PUSHES_UNANSWERED_MAX {
            return Err(Reason::PushLimit);
        }
        asked.pending = Some(now.saturating_add(life));
        asked.unanswered.push_back(now);
        Ok(())
    }

    /// The question about `account` was answered: from here on there was none.
    pub(super) fn answered(&mut self, account: &Account) {
        self.accounts.remove(account);
    }

    /// Its time is over.
    pub(super) fn unanswered(&mut self, account: &Account) {
        if let Some(asked) = self.accounts.get_mut(account) {
            asked.pending = None;
        }
    }

    /// Forgets what does not count any more.
    pub(crate) fn sweep(&mut self, now: Duration, limits: &Limits) {
        self.accounts.retain(|_, asked| {
            asked.forget_old(now, limits);
            !asked.is_idle()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;

    const LIFE: Duration = Duration::from_secs(60);

    struct Desk(Pushes, Limits);

    impl Desk {
        fn begin(&mut self, user: &str, second: u64) -> Result<(), Reason> {
            self.0.begin(&account(user), LIFE, Duration::from_secs(second), &self.1)
        }
    }

    fn account(user: &str) -> Account {
        Names::default().account(user)
    }

    fn desk() -> Desk {
        Desk(Pushes::default(), Limits::default())
    }

    #[test]
    fn one_question_at_a_time() {
        let mut desk = desk();
        assert_eq!(desk.begin("alice", 0), Ok(()));
        assert_eq!(desk.begin("ALICE", 1), Err(Reason::PushPending));
        assert_eq!(desk.begin("bob", 1), Ok(()));
        desk.0.answered(&account("alice"));
        assert_eq!(desk.begin("alice", 2), Ok(()));
    }

    #[test]
    fn who_hangs_up_takes_nothing_back() {
        let mut desk = desk();
        for second in [0, 60, 120, 180, 240] {
            assert_eq!(desk.begin("alice", second), Ok(()));
            assert_eq!(desk.begin("alice", second + 59), Err(Reason::PushPending));
        }
        assert_eq!(desk.begin("alice", 300), Err(Reason::PushLimit));
        assert_eq!(desk.begin("alice", 899), Err(Reason::PushLimit));
        assert_eq!(desk.begin("alice", 900), Ok(()), "the first is forgotten");
    }

    #[test]
    fn an_answer_makes_up_for_those_that_were_missed() {
        let mut desk = desk();
        for second in 0..4 {
            assert_eq!(desk.begin("alice", second), Ok(()));
            desk.0.unanswered(&account("alice"));
        }
        assert_eq!(desk.begin("alice", 4), Ok(()));
        desk.0.answered(&account("alice"));
        assert_eq!(desk.begin("alice", 5), Ok(()));
        desk.0.unanswered(&account("alice"));
        assert_eq!(desk.begin("alice", 6), Ok(()));
    }

    #[test]
    fn the_table_is_bounded_and_empties_itself() {
        let mut desk = desk();
        for n in 0..PUSHED_ACCOUNTS_MAX as u64 + 5 {
            assert_eq!(desk.begin(&format!("user{n}"), n / 1000), Ok(()));
        }
        assert_eq!(desk.0.accounts.len(), PUSHED_ACCOUNTS_MAX);
        desk.0.sweep(Duration::from_secs(10_000), &desk.1);
        assert!(desk.0.accounts.is_empty());
    }
}
