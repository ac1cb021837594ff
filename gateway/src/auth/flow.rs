//! Log-ins that wait for an answer: opaque id, user, password, State, deadline, rounds. Pure.
//!
//! The id is unguessable, lives for one question, and is replaced with the next one, so that an answer can be
//! given once and only in the log-in that was asked (SR-3, SR-73).

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_proto::secret::Secret;

use super::{Chain, Question};
use crate::limits::{CHALLENGE_ROUNDS_MAX, Limits};
use crate::reason::Reason;
use crate::session::{IdHash, hash};

/// A log-in between two factors.
pub(crate) struct Pending {
    pub(crate) user: String,
    /// The first factor's, kept for single sign-on.
    pub(crate) password: Secret,
    /// How far it has come.
    pub(crate) chain: Chain,
    pub(crate) question: Question,
    pub(crate) round: u32,
    begun: Duration,
}

/// What became of an id that came with an answer.
pub(crate) enum Answered {
    /// This log-in goes on. Its id is used up.
    GoesOn(Box<Pending>),
    /// It does not, and whose it was if that is known.
    Over(Reason, Option<String>),
}

/// All log-ins that wait.
#[derive(Default)]
pub(crate) struct Flow {
    pending: BTreeMap<IdHash, Pending>,
}

impl Flow {
    /// The first question of a log-in that begins at `now`.
    pub(crate) fn ask(
        &mut self,
        id: &Secret,
        user: String,
        password: Secret,
        (chain, question): (Chain, Question),
        now: Duration,
        limits: &Limits,
    ) {
        self.insert(id, Pending { user, password, chain, question, round: 1, begun: now }, limits);
    }

    /// A further question of the log-in `before`. Its deadline stays that of its beginning.
    pub(crate) fn ask_again(
        &mut self,
        id: &Secret,
        before: Pending,
        (chain, question): (Chain, Question),
        limits: &Limits,
    ) -> Result<u32, Reason> {
        if before.round >= CHALLENGE_ROUNDS_MAX {
            return Err(Reason::ChallengeRounds);
        }
        let round = before.round + 1;
        self.insert(id, Pending { chain, question, round, ..before }, limits);
        Ok(round)
    }

    /// Takes the log-in `id` out: an answer for it has come.
    pub(crate) fn answer(&mut self, id: &Secret, now: Duration, limits: &Limits) -> Answered {
        match self.pending.remove(&hash(id)) {
            None => Answered::Over(Reason::ChallengeUnknown, None),
            Some(late) if now.saturating_sub(late.begun) >= limits.pending_login => {
                Answered::Over(Reason::ChallengeExpired, Some(late.user))
            }
            Some(pending) => Answered::GoesOn(Box::new(pending)),
        }
    }

    /// Drops what nobody answered in time.
    pub(crate) fn sweep(&mut self, now: Duration, limits: &Limits) {
        // Twice the life: until then a late answer is told that it is late, not that it is unknown.
        self.pending.retain(|_, pending| now.saturating_sub(pending.begun) < limits.pending_login * 2);
    }

    fn insert(&mut self, id: &Secret, pending: Pending, limits: &Limits) {
        if self.pending.len() >= limits.pending_logins {
            let oldest = self.pending.iter().min_by_key(|(_, p)| p.begun).map(|(id, _)| *id);
            oldest.and_then(|id| self.pending.remove(&id));
        }
        self.pending.insert(hash(id), pending);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Awaits;
    use crate::auth::radius::Open;

    fn question() -> (Chain, Question) {
        let awaits = Awaits::Radius(Box::new(Open::for_tests()));
        let question = Question { prompt: "Code?".to_owned(), echo: false, repeated: false, awaits };
        (Chain::default(), question)
    }

    fn asked(id: &str, now: u64) -> (Flow, Limits) {
        let (mut flow, limits) = (Flow::default(), Limits::default());
        let now = Duration::from_secs(now);
        flow.ask(&Secret::new(id), "alice".to_owned(), Secret::new("pw"), question(), now, &limits);
        (flow, limits)
    }

    #[test]
    fn an_answer_counts_once_and_in_time() {
        let (mut flow, limits) = asked("a", 0);
        assert!(matches!(
            flow.answer(&Secret::new("a"), Duration::from_secs(299), &limits),
            Answered::GoesOn(_)
        ));
        let again = flow.answer(&Secret::new("a"), Duration::from_secs(299), &limits);
        assert!(matches!(again, Answered::Over(Reason::ChallengeUnknown, None)));

        let (mut flow, limits) = asked("a", 0);
        let late = flow.answer(&Secret::new("a"), Duration::from_secs(300), &limits);
        assert!(matches!(late, Answered::Over(Reason::ChallengeExpired, Some(user)) if user == "alice"));
    }

    #[test]
    fn a_log_in_ends_after_its_last_round_and_keeps_its_first_deadline() {
        let (mut flow, limits) = asked("1", 0);
        for round in 1..CHALLENGE_ROUNDS_MAX {
            let at = Duration::from_secs(u64::from(round));
            let Answered::GoesOn(pending) = flow.answer(&Secret::new(round.to_string()), at, &limits) else {
                panic!("round {round} goes on");
            };
            let next = Secret::new((round + 1).to_string());
            assert_eq!(flow.ask_again(&next, *pending, question(), &limits), Ok(round + 1));
        }
        let last = Secret::new(CHALLENGE_ROUNDS_MAX.to_string());
        let Answered::GoesOn(pending) = flow.answer(&last, Duration::from_secs(9), &limits) else {
            panic!("last round")
        };
        assert_eq!(flow.ask_again(&last, *pending, question(), &limits), Err(Reason::ChallengeRounds));
    }

    #[test]
    fn a_flood_of_log_ins_drops_the_oldest_and_stays_bounded() {
        let (mut flow, mut limits) = asked("old", 0);
        limits.pending_logins = 3;
        for n in 1..10 {
            let now = Duration::from_secs(n);
            flow.ask(
                &Secret::new(n.to_string()),
                "bob".to_owned(),
                Secret::new("pw"),
                question(),
                now,
                &limits,
            );
        }
        assert_eq!(flow.pending.len(), 3);
        assert!(matches!(
            flow.answer(&Secret::new("old"), Duration::from_secs(9), &limits),
            Answered::Over(..)
        ));
        assert!(matches!(
            flow.answer(&Secret::new("9"), Duration::from_secs(9), &limits),
            Answered::GoesOn(_)
        ));
    }
}
