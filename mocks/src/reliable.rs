//! The driver of one end of a reliable session: moves bytes between a user's stream, the machine of
//! `gateway_proto::cgp`, and the connection of the moment. Receiver and ICA host share it.
//!
//! To its user a reliable session is a byte stream that outlives its connections. Who brings the connections,
//! how often and how long, is up to the caller.

use std::collections::VecDeque;
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use gateway_proto::cgp::{Output, Received, SessionEnd};
use gateway_rt::{Fingerprint, Stream};
use tokio::io::{AsyncRead as _, AsyncWrite as _, DuplexStream, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::limits::CGP_OUTGOING_BYTES;

/// What is read at a time. Ours.
const IO_BYTES: usize = 4 * 1024;

/// Which side of a session an end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The Receiver.
    Receiver,
    /// The ICA host.
    Host,
}

/// Sees the streams of reliable sessions as the users at both ends hand them over and get them. Who compares
/// both sides knows whether a byte was lost, doubled or changed on the way, whatever happened to connections.
pub trait Watch: Send + Sync {
    /// The user of this side did this. Both sides call a session by the fingerprint of its token.
    fn moved(&self, session: Fingerprint, side: Side, what: Move<'_>);
}

/// What the user of one side did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move<'a> {
    /// Handed these bytes over.
    Sent(&'a [u8]),
    /// Got these bytes.
    Got(&'a [u8]),
    /// Got the end of the other side's stream: everything must have arrived before.
    GotEnd,
}

/// Whom to show a stream to.
type Observe = Box<dyn Fn(Move<'_>) + Send + Sync>;

/// One end, its user and its connection.
pub(crate) struct Carrier<M> {
    pub(crate) machine: M,
    user: DuplexStream,
    /// The user hands nothing more over.
    user_done: bool,
    /// Taken from the machine, not yet taken by the user.
    to_user: VecDeque<u8>,
    /// The user is told that nothing more comes when `to_user` is empty.
    ending: bool,
    connection: Option<Stream>,
    /// For the connection, not yet sent.
    outgoing: VecDeque<u8>,
    /// The connection is closed when `outgoing` is sent.
    disconnecting: bool,
    told: VecDeque<Output>,
    origin: Instant,
    wake: Pin<Box<Sleep>>,
    /// Nothing is taken from the machine, and so acknowledged, before this is there.
    observe: Option<Observe>,
}

impl<M: SessionEnd> Carrier<M> {
    /// An end without a connection, whose times count from `origin`.
    pub(crate) fn new(machine: M, user: DuplexStream, origin: Instant) -> Self {
        Self {
            machine,
            user,
            user_done: false,
            to_user: VecDeque::new(),
            ending: false,
            connection: None,
            outgoing: VecDeque::new(),
            disconnecting: false,
            told: VecDeque::new(),
            origin,
            wake: Box::pin(sleep_until(origin)),
            observe: None,
        }
    }

    /// The session has its name: from now on its user gets what comes, and whoever watches sees it.
    pub(crate) fn start(&mut self, watch: Option<Arc<dyn Watch>>, session: Fingerprint, side: Side) {
        self.observe = Some(Box::new(move |what| {
            if let Some(watch) = &watch {
                watch.moved(session, side, what);
            }
        }));
    }

    /// The time the machine lives by.
    pub(crate) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// From now on this connection carries the session; the one before comes back.
    pub(crate) fn attach(&mut self, connection: Stream) -> Option<Stream> {
        self.outgoing.clear();
        self.disconnecting = false;
        self.connection.replace(connection)
    }

    /// What the machine tells next; never `Write` or `Disconnect`, which are done here. Nothing is lost when
    /// this is dropped while it waits.
    pub(crate) async fn next(&mut self) -> Output {
        loop {
            self.drain();
            if let Some(told) = self.told.pop_front() {
                return told;
            }
            poll_fn(|cx| self.poll(cx)).await;
        }
    }

    /// Sends what is on its way to the connection and gives the user what is his, after the session is over.
    pub(crate) async fn settle(&mut self) {
        self.drain();
        while (self.connection.is_some() && (self.disconnecting || !self.outgoing.is_empty()))
            || !self.to_user.is_empty()
        {
            poll_fn(|cx| self.poll(cx)).await;
            self.drain();
        }
    }

    /// Takes what the machine has for the connection and for the user.
    fn drain(&mut self) {
        if let Some(observe) = &self.observe
            && self.to_user.is_empty()
            && !self.ending
        {
            match self.machine.read(self.origin.elapsed()) {
                Some(Received::Data(bytes)) => {
                    observe(Move::Got(&bytes));
                    self.to_user.extend(bytes);
                }
                Some(Received::End) => {
                    observe(Move::GotEnd);
                    self.ending = true;
                }
                None => {}
            }
        }
        while self.outgoing.len() < CGP_OUTGOING_BYTES
            && let Some(output) = self.machine.poll_output()
        {
            match output {
                Output::Write(bytes) if self.connection.is_some() => self.outgoing.extend(bytes.expose()),
                Output::Write(_) => {}
                Output::Disconnect => self.disconnecting = self.connection.is_some(),
                told => self.told.push_back(told),
            }
        }
    }

    /// Moves whatever can be moved; ready when something was.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let moved = [
            self.poll_send(cx),
            self.poll_give(cx),
            self.poll_receive(cx),
            self.poll_take(cx),
            self.poll_time(cx),
        ];
        if moved.iter().any(Poll::is_ready) { Poll::Ready(()) } else { Poll::Pending }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(connection) = &mut self.connection else { return Poll::Pending };
        let mut connection = Pin::new(connection);
        let sent = match self.outgoing.as_slices().0 {
            [] if self.disconnecting => ready!(connection.as_mut().poll_shutdown(cx)).map(|()| 0),
            [] => ready!(connection.as_mut().poll_flush(cx)).map(|()| 0),
            bytes => ready!(connection.as_mut().poll_write(cx, bytes)),
        };
        match sent {
            Ok(0) if self.outgoing.is_empty() && !self.disconnecting => return Poll::Pending,
            Ok(count) if count > 0 => drop(self.outgoing.drain(..count)),
            Ok(_) if self.disconnecting => self.connection = None,
            Ok(_) | Err(_) => self.lose(),
        }
        Poll::Ready(())
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(connection) = &mut self.connection else { return Poll::Pending };
        let mut bytes = [0; IO_BYTES];
        let mut buffer = ReadBuf::new(&mut bytes);
        let read = ready!(Pin::new(connection).poll_read(cx, &mut buffer));
        match read {
            Ok(()) if !buffer.filled().is_empty() => {
                let now = self.now();
                // What is wrong with them, the machine's outputs tell as well.
                let _ = self.machine.handle_bytes(now, buffer.filled());
            }
            Ok(()) | Err(_) => self.lose(),
        }
        Poll::Ready(())
    }

    fn poll_give(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let given = match self.to_user.as_slices().0 {
            [] if self.ending => ready!(Pin::new(&mut self.user).poll_shutdown(cx)).map(|()| 0),
            [] => return Poll::Pending,
            bytes => ready!(Pin::new(&mut self.user).poll_write(cx, bytes)),
        };
        match given {
            Ok(count) if count > 0 => drop(self.to_user.drain(..count)),
            Ok(_) | Err(_) if self.to_user.is_empty() => return Poll::Pending,
            // The user left without taking everything; what comes is taken for him.
            Ok(_) | Err(_) => self.to_user.clear(),
        }
        Poll::Ready(())
    }

    fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let room = self.machine.room().min(IO_BYTES);
        let Some(observe) = self.observe.as_ref().filter(|_| !self.user_done && room > 0) else {
            return Poll::Pending;
        };
        let mut bytes = [0; IO_BYTES];
        let mut buffer = ReadBuf::new(bytes.get_mut(..room).unwrap_or_default());
        let read = ready!(Pin::new(&mut self.user).poll_read(cx, &mut buffer));
        let (now, filled) = (self.origin.elapsed(), buffer.filled());
        if read.is_ok() && !filled.is_empty() {
            observe(Move::Sent(filled));
            // There is room for all of it.
            self.machine.write(now, filled);
        } else {
            self.user_done = true;
            self.machine.finish(now);
        }
        Poll::Ready(())
    }

    fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.machine.poll_timeout() else { return Poll::Pending };
        let at = self.origin + at;
        if self.wake.deadline() != at {
            self.wake.as_mut().reset(at);
        }
        ready!(self.wake.as_mut().poll(cx));
        let now = self.now();
        self.machine.handle_time(now);
        Poll::Ready(())
    }

    /// The connection broke off.
    fn lose(&mut self) {
        self.connection = None;
        self.outgoing.clear();
        self.disconnecting = false;
        let now = self.now();
        self.machine.handle_disconnect(now);
    }
}
