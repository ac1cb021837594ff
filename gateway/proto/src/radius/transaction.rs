//! One request to one server until its verdict: retransmission (RFC 5080 section 2.2.1) and distrust.
//!
//! Time is a `Duration` since an origin of the driver's choice. Asking the next server after
//! [`Verdict::TimedOut`], with a new request, is the driver's business; after any other verdict it must not.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::reply::{Discard, MessageAuthenticatorPolicy, Note, verify};
use super::request::SignedRequest;
use super::verdict::{Verdict, judge};
use crate::limits::{RADIUS_BUDGET, RADIUS_FIRST_RETRANSMIT, RADIUS_TRIES, RADIUS_TRIES_MAX};
use crate::secret::Secret;

/// Waits between two tries at most.
const GAPS_MAX: usize = RADIUS_TRIES_MAX as usize - 1;

/// When a request is sent again and when it is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Wait before the second try; it doubles from try to try.
    pub first_retransmit: Duration,
    /// Transmissions in all, the first included: 1 to 5; more counts as 5.
    pub tries: u8,
    /// All waiting together.
    pub budget: Duration,
    /// Random bytes, one a wait: 0 shortens it by a tenth, 255 lengthens it by a tenth.
    pub jitter: [u8; GAPS_MAX],
}

impl Schedule {
    /// 2 s doubling, 4 tries, 20 s in all.
    pub fn new(jitter: [u8; GAPS_MAX]) -> Self {
        Self { first_retransmit: RADIUS_FIRST_RETRANSMIT, tries: RADIUS_TRIES, budget: RADIUS_BUDGET, jitter }
    }

    /// The waits between the tries.
    fn gaps(self) -> VecDeque<Duration> {
        let doubling = std::iter::successors(Some(self.first_retransmit), |gap| Some(gap.saturating_mul(2)));
        let jittered =
            doubling.zip(self.jitter).map(|(gap, byte)| gap.saturating_mul(1152 + u32::from(byte)) / 1280);
        jittered.take(usize::from(self.tries).saturating_sub(1)).collect()
    }
}

/// What the driver has to do.
#[derive(Clone, PartialEq, Eq)]
pub enum Output {
    /// Send this datagram to the server, from the same socket each time.
    Send(Vec<u8>),
    /// The transaction is over. There is exactly one verdict.
    Verdict(Verdict),
    /// A datagram was dropped; log it with its reason.
    Discarded(Discard),
    /// Something to warn about, at a limited rate.
    Noted(Note),
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A datagram holds the State and the hidden password.
            Self::Send(datagram) => write!(f, "Send({} bytes)", datagram.len()),
            Self::Verdict(verdict) => f.debug_tuple("Verdict").field(verdict).finish(),
            Self::Discarded(reason) => f.debug_tuple("Discarded").field(reason).finish(),
            Self::Noted(note) => f.debug_tuple("Noted").field(note).finish(),
        }
    }
}

/// A request on its way. Drain [`poll_output`](Self::poll_output) after every call.
pub struct Transaction {
    request: SignedRequest,
    shared: Secret,
    policy: MessageAuthenticatorPolicy,
    /// `None` once there is a verdict.
    waiting: Option<Waiting>,
    out: VecDeque<Output>,
}

struct Waiting {
    deadline: Duration,
    retransmit: Option<Duration>,
    gaps: VecDeque<Duration>,
}

impl Waiting {
    fn arm(&mut self, now: Duration) {
        self.retransmit = self.gaps.pop_front().map(|gap| now.saturating_add(gap));
    }
}

impl Transaction {
    /// Begins at `now`; the first [`Output::Send`] is there at once.
    pub fn new(
        request: SignedRequest,
        shared: Secret,
        policy: MessageAuthenticatorPolicy,
        schedule: Schedule,
        now: Duration,
    ) -> Self {
        let deadline = now.saturating_add(schedule.budget);
        let mut waiting = Waiting { deadline, retransmit: None, gaps: schedule.gaps() };
        waiting.arm(now);
        let out = VecDeque::from([Output::Send(request.datagram().to_vec())]);
        Self { request, shared, policy, waiting: Some(waiting), out }
    }

    /// Takes a datagram. `from_expected`: its source is the very address and port that was asked.
    pub fn handle_datagram(&mut self, from_expected: bool, datagram: &[u8], now: Duration) {
        self.give_up_when_due(now);
        match self.examine(from_expected, datagram) {
            Ok((verdict, note)) => {
                self.out.extend(note.map(Output::Noted));
                self.decide(verdict);
            }
            Err(reason) => self.out.push_back(Output::Discarded(reason)),
        }
    }

    /// Does what is due at `now`: sends again or gives up. Early calls do nothing.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.give_up_when_due(now);
        let Some(waiting) = &mut self.waiting else { return };
        if waiting.retransmit.is_some_and(|due| now >= due) {
            waiting.arm(now);
            self.out.push_back(Output::Send(self.request.datagram().to_vec()));
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout); `None` after the verdict.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let waiting = self.waiting.as_ref()?;
        Some(waiting.retransmit.map_or(waiting.deadline, |due| due.min(waiting.deadline)))
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn examine(&self, from_expected: bool, datagram: &[u8]) -> Result<(Verdict, Option<Note>), Discard> {
        if !from_expected {
            return Err(Discard::Source);
        }
        if self.waiting.is_none() {
            return Err(Discard::Late);
        }
        let (reply, note) = verify(datagram, &self.request, &self.shared, self.policy)?;
        let verdict = judge(self.request.code(), &reply).ok_or(Discard::Code(reply.code()))?;
        Ok((verdict, note))
    }

    fn give_up_when_due(&mut self, now: Duration) {
        if self.waiting.as_ref().is_some_and(|waiting| now >= waiting.deadline) {
            self.decide(Verdict::TimedOut);
        }
    }

    fn decide(&mut self, verdict: Verdict) {
        self.waiting = None;
        self.out.push_back(Output::Verdict(verdict));
    }
}
