//! The relay: bytes both ways until both ends are done.
//!
//! Half-close is passed on. Back-pressure is the sockets': a direction reads only when everything it read
//! before is written. All relays of a thread borrow one scratch buffer, so that an idle relay holds none; what
//! could not be written at once waits in a buffer of its own, of at most [`RELAY_BUFFER_BYTES`]. After
//! [`RELAY_TURN_BYTES`] a direction lets others run.
//!
//! The scratch buffer is shared between connections, but no byte can cross: a write takes exactly the range
//! that the read before it filled.

use std::cell::RefCell;
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use gateway_rt::Stream;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::limits::{Limits, RELAY_BUFFER_BYTES, RELAY_TURN_BYTES};

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; RELAY_BUFFER_BYTES]);
}

/// How a relay ended.
pub(super) struct End {
    /// Bytes to the host.
    pub(super) up: u64,
    /// Bytes to the client.
    pub(super) down: u64,
    /// Why.
    pub(super) cause: &'static str,
}

/// Relays between `client` and `host` until both are done, one breaks off, a limit is reached or `ended` says
/// so. `early` was read from the client already; `moving` is called whenever bytes have moved.
pub(super) async fn run(
    mut client: Stream,
    mut host: Stream,
    early: Vec<u8>,
    ended: CancellationToken,
    limits: &Limits,
    moving: impl Fn(),
) -> End {
    let mut up = Direction { pending: early, ..Direction::new("client broke off", "host broke off") };
    let mut down = Direction::new("host broke off", "client broke off");
    let mut absolute = pin!(sleep(limits.tunnel_absolute));
    let mut idle = pin!(sleep(limits.tunnel_idle));
    let mut moved = 0;
    let relayed = poll_fn(|cx| {
        // Both are polled, whatever the first says: each must be able to wake this task.
        let states = [up.poll(cx, &mut client, &mut host), down.poll(cx, &mut host, &mut client)];
        if up.moved + down.moved != moved {
            moved = up.moved + down.moved;
            moving();
            idle.as_mut().reset(Instant::now() + limits.tunnel_idle);
        }
        match states {
            [Poll::Ready(Err(cause)), _] | [_, Poll::Ready(Err(cause))] => Poll::Ready(cause),
            [Poll::Ready(Ok(())), Poll::Ready(Ok(()))] => Poll::Ready("closed by both ends"),
            _ => idle.as_mut().poll(cx).map(|()| "idle"),
        }
    });
    let cause = tokio::select! { biased;
        () = ended.cancelled() => "session over",
        () = absolute.as_mut() => "absolute limit",
        cause = relayed => cause,
    };
    End { up: up.moved, down: down.moved, cause }
}

/// One way of the relay.
struct Direction {
    /// Read, and not yet written.
    pending: Vec<u8>,
    /// Bytes written.
    moved: u64,
    state: State,
    source_broke: &'static str,
    sink_broke: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The source is done; the sink must be told.
    Ending,
    Done,
}

impl Direction {
    fn new(source_broke: &'static str, sink_broke: &'static str) -> Self {
        Self { pending: Vec::new(), moved: 0, state: State::Open, source_broke, sink_broke }
    }

    /// Moves what can be moved now. Ready when the source is done and the sink knows, or with what went wrong.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut Stream,
        sink: &mut Stream,
    ) -> Poll<Result<(), &'static str>> {
        let turn_ends = self.moved + RELAY_TURN_BYTES;
        loop {
            ready!(self.write_pending(cx, sink)).map_err(|_| self.sink_broke)?;
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
