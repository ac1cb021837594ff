//! One way of a relay: reads from one stream, writes to the other, stores what could not be written at once.
//!
//! Back-pressure is the sockets': a direction reads only when everything it read before is written. All relays
//! of a thread borrow one scratch buffer, so that an idle relay holds none; what could not be written at once
//! waits in a buffer of its own, of at most [`RELAY_BUFFER_BYTES`]. After [`RELAY_TURN_BYTES`] a direction lets
//! others run.
//!
//! The scratch buffer is shared between connections, but no byte can cross: a write takes exactly the range
//! that the read before it filled.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use gateway_proto::cgp::Passage;
use gateway_rt::Stream;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

use crate::limits::{RELAY_BUFFER_BYTES, RELAY_TURN_BYTES};

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; RELAY_BUFFER_BYTES]);
}

/// See the module.
pub(super) struct Direction {
    /// Read, and not yet written.
    pending: Vec<u8>,
    /// Bytes written.
    moved: u64,
    /// Bytes read.
    read: u64,
    state: State,
    source_broke: &'static str,
    sink_broke: &'static str,
    frames: Option<Frames>,
}

/// What a direction of CGP has besides bytes.
struct Frames {
    passage: Passage,
    /// A frame of the gateway, to be put in between two of the source.
    waiting: Option<Vec<u8>>,
    /// What ends a source that breaks the rules.
    broken: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The source is done; the sink must be told.
    Ending,
    Done,
}

impl Direction {
    /// Nothing moved yet. The texts say who broke off.
    pub(super) fn new(source_broke: &'static str, sink_broke: &'static str) -> Self {
        let (pending, state) = (Vec::new(), State::Open);
        Self { pending, moved: 0, read: 0, state, source_broke, sink_broke, frames: None }
    }

    /// `early` was read from the source already.
    pub(super) fn with_early(self, early: Vec<u8>) -> Self {
        Self { pending: early, ..self }
    }

    /// Lets only frames of CGP pass, and ends a source that sends anything else as `broken`.
    pub(super) fn with_frames(self, passage: Passage, broken: &'static str) -> Self {
        Self { frames: Some(Frames { passage, waiting: None, broken }), ..self }
    }

    /// Bytes written.
    pub(super) fn moved(&self) -> u64 {
        self.moved
    }

    /// Bytes read.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// Whether the sink does not take what was read.
    pub(super) fn is_stuck(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The frames that passed, where frames do.
    pub(super) fn passage(&self) -> Option<&Passage> {
        self.frames.as_ref().map(|frames| &frames.passage)
    }

    /// Puts a frame of the gateway in, at the next place for one. It takes the place of one that still waits.
    pub(super) fn insert(&mut self, frame: Vec<u8>) {
        if let Some(frames) = &mut self.frames {
            frames.waiting = Some(frame);
        }
    }

    /// Whether a frame of the gateway can be written to the sink now, behind everything else.
    pub(super) fn is_at_boundary(&self) -> bool {
        let between = self.passage().is_some_and(Passage::is_at_boundary);
        between && self.pending.is_empty() && self.state == State::Open
    }

    /// Moves what can be moved now. Ready when the source is done and the sink knows, or with what went wrong.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut Stream,
        sink: &mut Stream,
    ) -> Poll<Result<(), &'static str>> {
        let turn_ends = self.moved + RELAY_TURN_BYTES;
        loop {
            ready!(self.write_pending(cx, sink)).map_err(|_| self.sink_broke)?;
            if self.state == State::Open && self.take_waiting() {
                continue;
            }
            match self.state {
                State::Done => return Poll::Ready(Ok(())),
                State::Ending => {
                    ready!(Pin::new(&mut *sink).poll_shutdown(cx)).map_err(|_| self.sink_broke)?;
                    self.state = State::Done;
                }
                State::Open if self.moved >= turn_ends => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                State::Open => match self.read_and_write(cx, source, sink) {
                    Poll::Ready(read) => read?,
                    Poll::Pending => {
                        // Nothing more for now: what TLS still holds back must leave.
                        ready!(Pin::new(&mut *sink).poll_flush(cx)).map_err(|_| self.sink_broke)?;
                        return Poll::Pending;
                    }
                },
            }
        }
    }

    fn take_waiting(&mut self) -> bool {
        let between = self.frames.as_mut().filter(|frames| frames.passage.is_at_boundary());
        let frame = between.and_then(|frames| frames.waiting.take());
        self.pending = frame.unwrap_or_default();
        !self.pending.is_empty()
    }

    fn write_pending(&mut self, cx: &mut Context<'_>, sink: &mut Stream) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let written = ready!(Pin::new(&mut *sink).poll_write(cx, &self.pending))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.pending.drain(..written);
            self.moved += written as u64;
        }
        // Gives the memory back: an idle relay holds no buffer.
        self.pending = Vec::new();
        Poll::Ready(Ok(()))
    }

    /// Reads into the scratch buffer and writes from it; the rest of a short write becomes `pending`.
    fn read_and_write(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut Stream,
        sink: &mut Stream,
    ) -> Poll<Result<(), &'static str>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            ready!(Pin::new(source).poll_read(cx, &mut buffer)).map_err(|_| self.source_broke)?;
            let read = buffer.filled();
            if read.is_empty() {
                self.state = State::Ending;
                return Poll::Ready(Ok(()));
            }
            self.read += read.len() as u64;
            if let Some(frames) = &mut self.frames {
                frames.passage.pass(read).map_err(|_| frames.broken)?;
            }
            let written = match Pin::new(sink).poll_write(cx, read) {
                Poll::Ready(Ok(written)) => written,
                Poll::Ready(Err(_)) => return Poll::Ready(Err(self.sink_broke)),
                Poll::Pending => 0,
            };
            self.moved += written as u64;
            self.pending.extend_from_slice(read.get(written..).unwrap_or_default());
            Poll::Ready(Ok(()))
        })
    }
}
