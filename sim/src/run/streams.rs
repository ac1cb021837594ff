//! Rule 4: over any number of reconnects each side's stream arrives once, in order, complete.
//!
//! Both ends of a session under session reliability show what their users hand over and get. What is on its way
//! waits here; each byte that arrives must be the next one that was sent. What a session that died with its host
//! had under way is nobody's fault and is not asked for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use gateway_mocks::reliable::{Move, Side, Watch};
use gateway_rt::Fingerprint;

use crate::report::{Failure, FailureKind};
use crate::rules::STREAM_ONCE;
use crate::trace::Recorder;

/// Bytes under way in one direction of a session that are compared. Ours: both ends hold a megabyte each.
const UNDER_WAY_MAX: usize = 8 * 1024 * 1024;

/// The streams of one run. Clones share them.
#[derive(Clone)]
pub(super) struct Streams(Arc<Inner>);

struct Inner {
    recorder: Recorder,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By session and the side that sends.
    under_way: BTreeMap<(Fingerprint, Side), Way>,
    broken: Vec<Failure>,
}

#[derive(Default)]
struct Way {
    bytes: VecDeque<u8>,
    arrived: u64,
    is_broken: bool,
}

impl Streams {
    pub(super) fn new(recorder: &Recorder) -> Self {
        Self(Arc::new(Inner { recorder: recorder.clone(), state: Mutex::default() }))
    }

    /// For the mocks at both ends.
    pub(super) fn watch(&self) -> Arc<dyn Watch> {
        self.0.clone()
    }

    /// Whatever arrived that should not have, or did not and should have.
    pub(super) fn failures(&self) -> Vec<Failure> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).broken.clone()
    }
}

impl Watch for Inner {
    fn moved(&self, session: Fingerprint, side: Side, what: Move<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = match (what, side) {
            (Move::Sent(_), side) => side,
            (_, Side::Host) => Side::Receiver,
            (_, Side::Receiver) => Side::Host,
        };
        let way = state.under_way.entry((session, sender)).or_default();
        if way.is_broken {
            return;
        }
        let wrong = match what {
            Move::Sent(bytes) => way.sent(bytes),
            Move::Got(bytes) => way.got(bytes),
            Move::GotEnd => way.ended(),
        };
        if let Err(came_instead) = wrong {
            way.is_broken = true;
            let from = if sender == Side::Receiver { "the Receiver" } else { "the ICA host" };
            state.broken.push(Failure {
                span: None,
                at: self.recorder.now(),
                awaited: format!("every byte of {from} once and in order, over all reconnects"),
                came_instead,
                nearest: Vec::new(),
                rule: Some(STREAM_ONCE),
                code: FailureKind::Invariant,
            });
        }
    }
}

impl Way {
    fn sent(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.bytes.extend(bytes);
        if self.bytes.len() > UNDER_WAY_MAX {
            return Err(format!("{} bytes are under way and none arrives", self.bytes.len()));
        }
        Ok(())
    }

    fn got(&mut self, bytes: &[u8]) -> Result<(), String> {
        for byte in bytes {
            match self.bytes.pop_front() {
                Some(sent) if sent == *byte => self.arrived += 1,
                Some(_) => return Err(format!("byte {} is another one", self.arrived)),
                None => return Err(format!("byte {} was never sent, or came before", self.arrived)),
            }
        }
        Ok(())
    }

    fn ended(&mut self) -> Result<(), String> {
        match self.bytes.len() {
            0 => Ok(()),
            missing => Err(format!("the stream ended {missing} bytes too early")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(moves: &[(Side, Move<'_>)]) -> Vec<String> {
        let streams = Streams::new(&Recorder::new(|| std::time::Duration::ZERO));
        let session = Fingerprint::of("a session");
        moves.iter().for_each(|(side, what)| streams.0.moved(session, *side, *what));
        streams.failures().into_iter().map(|failure| failure.came_instead).collect()
    }

    const SENDER: Side = Side::Receiver;
    const TAKER: Side = Side::Host;

    #[test]
    fn a_stream_that_arrives_as_it_was_sent_is_right() {
        let right = [
            (SENDER, Move::Sent(b"hel")),
            (TAKER, Move::Got(b"h")),
            (SENDER, Move::Sent(b"lo")),
            (TAKER, Move::Got(b"ello")),
            (TAKER, Move::GotEnd),
        ];
        assert!(broken(&right).is_empty());
        assert!(broken(&right[..2]).is_empty(), "what is under way may be cut off by the end of the run");
    }

    #[test]
    fn lost_doubled_changed_and_missing_bytes_are_found() {
        let sent = (SENDER, Move::Sent(b"abc"));
        assert_eq!(broken(&[sent, (TAKER, Move::Got(b"ac"))]), ["byte 1 is another one"]);
        assert_eq!(broken(&[sent, (TAKER, Move::Got(b"abcabc"))]), ["byte 3 was never sent, or came before"]);
        assert_eq!(
            broken(&[sent, (TAKER, Move::Got(b"a")), (TAKER, Move::GotEnd)]),
            ["the stream ended 2 bytes too early"]
        );
        assert_eq!(broken(&[(TAKER, Move::Sent(b"x")), (TAKER, Move::Got(b"x"))]).len(), 1, "ways are apart");
    }
}
