//! What client and host have in common: a stream, the timers of the connection that carries it, and what
//! becomes of it without one.
//!
//! **Acknowledgement is the keep-alive.** An end acknowledges what its user took, after
//! [`CGP_ACKNOWLEDGE_BYTES`] or [`CGP_ACKNOWLEDGE_DELAY`], and repeats itself when it said nothing for
//! [`CGP_KEEP_ALIVE`]. Only ends do so: a gateway never speaks for one, and so can't hide that it is dead.

use std::collections::VecDeque;
use std::time::Duration;

use super::error::Error;
use super::frame::{Code, Frame};
use super::stream::{Received, Stream};
use crate::limits::{CGP_ACKNOWLEDGE_BYTES, CGP_ACKNOWLEDGE_DELAY, CGP_KEEP_ALIVE, CGP_SILENCE_MAX};
use crate::secret::Secret;

/// What the driver of an end has to do, or is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes on the connection; they may hold the ticket or the token.
    Write(Secret),
    /// The session is there.
    Opened {
        /// The version spoken.
        version: u8,
        /// How long it is kept without a connection.
        kept: Duration,
    },
    /// The session goes on, on this connection.
    Resumed {
        /// Bytes that were sent before and are sent again.
        resent: u64,
    },
    /// Client only: the gateway's newest ticket. It replaces every earlier one.
    ReconnectTicket(Secret),
    /// Close the connection when everything before this is written.
    Disconnect,
    /// There is no connection any more; the session is kept. `None`: the connection broke.
    Suspended(Option<Code>),
    /// The session is over; nothing will be resumed.
    Over(Over),
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Both streams ended, and each side knows that the other has everything.
    Complete,
    /// Either side closed or refused it.
    Closed(Code),
    /// It lost its connection and was not kept, or not that long.
    Expired,
}

/// Who has an [`End`]. Public for [`SessionEnd`](super::SessionEnd) alone, and out of reach: no one else can be an end.
pub trait HasEnd {
    #[doc(hidden)]
    fn end(&self) -> &End;
    #[doc(hidden)]
    fn end_mut(&mut self) -> &mut End;
}

/// See the module.
pub struct End {
    pub(super) stream: Stream,
    /// How long the session outlives its connection.
    pub(super) kept: Duration,
    phase: Phase,
    now: Duration,
    out: VecDeque<Output>,
}

enum Phase {
    /// No session yet.
    New,
    Live(Link),
    Suspended {
        until: Duration,
    },
    Over,
}

/// The timers of one connection.
struct Link {
    heard: Duration,
    spoke: Duration,
    /// The acknowledgement the peer was told.
    told: u64,
    /// When it is owed a newer one.
    owed: Option<Duration>,
}

impl Link {
    fn silent_at(&self) -> Duration {
        self.heard + CGP_SILENCE_MAX
    }

    fn speak_at(&self) -> Duration {
        let keep_alive = self.spoke + CGP_KEEP_ALIVE;
        self.owed.map_or(keep_alive, |owed| owed.min(keep_alive))
    }
}

impl End {
    pub(super) fn new(kept: Duration) -> Self {
        let phase = Phase::New;
        Self { stream: Stream::default(), kept, phase, now: Duration::ZERO, out: VecDeque::new() }
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live(_))
    }

    pub(super) fn is_suspended(&self) -> bool {
        matches!(self.phase, Phase::Suspended { .. })
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// Every `handle_*` begins with this.
    pub(super) fn set_now(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    pub(super) fn now(&self) -> Duration {
        self.now
    }

    pub(super) fn push(&mut self, output: Output) {
        self.out.push_back(output);
    }

    /// Sends something that is not of the stream.
    pub(super) fn send(&mut self, bytes: Vec<u8>) {
        if let Phase::Live(link) = &mut self.phase {
            link.spoke = self.now;
        }
        self.out.push_back(Output::Write(Secret::new(bytes)));
    }

    /// The connection carries the session from here on.
    pub(super) fn attach(&mut self) {
        let (heard, spoke, told) = (self.now, self.now, self.stream.received());
        self.phase = Phase::Live(Link { heard, spoke, told, owed: None });
    }

    /// A frame of the other end. Frames that a gateway put in say nothing about that end's life and don't come
    /// here.
    pub(super) fn handle_frame(&mut self, frame: Frame) -> Result<(), Error> {
        if let Phase::Live(link) = &mut self.phase {
            link.heard = self.now;
        }
        match frame {
            Frame::Data { sequence, bytes } => self.stream.receive_data(sequence, bytes)?,
            Frame::End(sequence) => self.stream.receive_end(sequence)?,
            Frame::Ack(told) => self.stream.acknowledge(told)?,
            Frame::Close(code) => self.closed(code),
            other => return Err(Error::Unexpected(other.kind())),
        }
        self.check_complete();
        Ok(())
    }

    /// The next of what came, in order. Taking it is what acknowledges it.
    pub(super) fn read(&mut self, now: Duration) -> Option<Received> {
        self.set_now(now);
        let received = self.stream.read()?;
        let (taken, now) = (self.stream.received(), self.now);
        if let Phase::Live(link) = &mut self.phase {
            if received == Received::End || taken - link.told >= CGP_ACKNOWLEDGE_BYTES {
                self.acknowledge();
            } else {
                link.owed.get_or_insert(now + CGP_ACKNOWLEDGE_DELAY);
            }
        }
        self.check_complete();
        Some(received)
    }

    pub(super) fn handle_time(&mut self) {
        match &self.phase {
            Phase::Live(link) if self.now >= link.silent_at() => self.lose(Code::Silent),
            Phase::Live(link) if self.now >= link.speak_at() => self.acknowledge(),
            Phase::Suspended { until } if self.now >= *until => self.over(Over::Expired),
            _ => {}
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        match &self.phase {
            Phase::Live(link) => Some(link.silent_at().min(link.speak_at())),
            Phase::Suspended { until } => Some(*until),
            Phase::New | Phase::Over => None,
        }
    }

    pub(super) fn poll_output(&mut self) -> Option<Output> {
        if let Some(output) = self.out.pop_front() {
            return Some(output);
        }
        let Phase::Live(link) = &mut self.phase else { return None };
        let frame = self.stream.next_frame()?;
        link.spoke = self.now;
        Some(Output::Write(Secret::new(frame.encode())))
    }

    /// The connection that carried the session is gone.
    pub(super) fn disconnected(&mut self) {
        if self.is_live() {
            self.suspend(None);
        }
    }

    /// This end gives the connection up, and tells the peer why.
    pub(super) fn lose(&mut self, code: Code) {
        self.send(Frame::Close(code).encode());
        self.out.push_back(Output::Disconnect);
        self.suspend(Some(code));
    }

    /// This end ends the session, and tells the peer why if there is a connection.
    pub(super) fn close(&mut self, code: Code) {
        if self.is_live() {
            self.send(Frame::Close(code).encode());
            self.out.push_back(Output::Disconnect);
        }
        self.over(if code == Code::Done { Over::Complete } else { Over::Closed(code) });
    }

    /// The peer closed the connection, and perhaps the session.
    pub(super) fn closed(&mut self, code: Code) {
        self.out.push_back(Output::Disconnect);
        match code {
            code if code.ends_session() => self.over(Over::Closed(code)),
            code => self.suspend(Some(code)),
        }
    }

    pub(super) fn over(&mut self, how: Over) {
        if !self.is_over() {
            self.phase = Phase::Over;
            self.out.push_back(Output::Over(how));
        }
    }

    /// A kept session waits from the moment it lost its connection, however often a resume fails; one that was
    /// never opened is not kept.
    pub(super) fn suspend(&mut self, code: Option<Code>) {
        self.stream.disconnect();
        match self.phase {
            Phase::Live(_) if self.kept.is_zero() => self.over(Over::Expired),
            Phase::Live(_) => {
                self.phase = Phase::Suspended { until: self.now + self.kept };
                self.out.push_back(Output::Suspended(code));
            }
            Phase::New => self.over(code.map_or(Over::Expired, Over::Closed)),
            Phase::Suspended { .. } => self.out.push_back(Output::Suspended(code)),
            Phase::Over => {}
        }
    }

    /// Unsent bytes of a connection that is gone must not reach the next one.
    pub(super) fn forget_writes(&mut self) {
        self.out.retain(|output| !matches!(output, Output::Write(_) | Output::Disconnect));
    }

    fn acknowledge(&mut self) {
        let received = self.stream.received();
        if let Phase::Live(link) = &mut self.phase {
            (link.told, link.owed) = (received, None);
        }
        self.send(Frame::Ack(received).encode());
    }

    fn check_complete(&mut self) {
        if self.is_live() && self.stream.is_complete() {
            self.close(Code::Done);
        }
    }
}
