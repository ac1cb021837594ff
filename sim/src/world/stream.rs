//! A simulated TCP stream: turmoil's, with what turmoil leaves out.
//!
//! Added here: every packet goes into the tally, resets from outside (turmoil's streams stay silent for ever
//! after a cut), a window counted in bytes, writers that learn of a reset, and a second `shutdown` that is no
//! error.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::TcpStream;

use super::digest::{Packet, What};
use super::fabric::{HostId, Power, Shared};
use super::limits::{SEGMENT_BYTES_MAX, SEGMENTS_MAX, WINDOW_BYTES};
use super::lock;
use super::tamper::{Progress, Tampering};

/// Which end of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// What both ends of a connection share.
pub(super) struct Conn {
    pub(super) number: u32,
    /// Client, server.
    pub(super) hosts: [HostId; 2],
    addresses: [SocketAddr; 2],
    ends: [End; 2],
}

#[derive(Default)]
struct End {
    presence: Presence,
    reset: bool,
    writes_fail: bool,
    /// Nobody knows the connection here: nothing leaves any more, and what comes is answered with a reset.
    forgotten: bool,
    /// What is sent from here is lost on its way, for good.
    silent: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
    flow: Flow,
}

#[derive(Default, PartialEq, Eq)]
enum Presence {
    #[default]
    Awaited,
    Here,
    Gone,
}

/// What one end wrote and the other has not read yet.
#[derive(Default)]
struct Flow {
    written: u64,
    read: u64,
    /// Where each unread segment ends, counted from the start of the stream.
    ends: VecDeque<u64>,
}

impl Flow {
    fn room(&self) -> usize {
        if self.ends.len() >= SEGMENTS_MAX {
            return 0;
        }
        let unread = usize::try_from(self.written - self.read).unwrap_or(usize::MAX);
        WINDOW_BYTES.saturating_sub(unread)
    }

    fn wrote(&mut self, n: usize) {
        self.written += n as u64;
        self.ends.push_back(self.written);
    }

    fn was_read(&mut self, n: usize) {
        self.read += n as u64;
        while self.ends.front().is_some_and(|end| *end <= self.read) {
            self.ends.pop_front();
        }
    }
}

impl Conn {
    pub(super) fn new(number: u32, hosts: [HostId; 2], addresses: [SocketAddr; 2]) -> Self {
        Self { number, hosts, addresses, ends: Default::default() }
    }

    pub(super) fn arrived(&mut self, side: Side) {
        self.end(side).presence = Presence::Here;
    }

    /// The end of `side` is reset: its reads and writes fail from now on.
    pub(super) fn reset(&mut self, side: Side) {
        let end = self.end(side);
        end.reset = true;
        wake(&mut end.reader);
        wake(&mut end.writer);
    }

    /// The end of `side` can't write any more; what has arrived may still be read.
    pub(super) fn writes_fail(&mut self, side: Side) {
        let end = self.end(side);
        end.writes_fail = true;
        wake(&mut end.writer);
    }

    /// The end of `side` is gone, and the other end is not told.
    pub(super) fn forget(&mut self, side: Side) {
        self.reset(side);
        self.end(side).forgotten = true;
    }

    pub(super) fn is_forgotten(&mut self, side: Side) -> bool {
        self.end(side).forgotten
    }

    /// What `side` sends is lost from now on.
    pub(super) fn silence(&mut self, side: Side) {
        self.end(side).silent = true;
    }

    /// Whether what `side` sends gets onto the link.
    pub(super) fn sends(&mut self, side: Side) -> bool {
        let end = self.end(side);
        !end.forgotten && !end.silent
    }

    /// Whether the network between its ends knows the connection no more.
    pub(super) fn is_silent(&self) -> bool {
        self.ends.iter().any(|end| end.silent)
    }

    /// The side on which a host is.
    pub(super) fn side_of(&self, host: HostId) -> Side {
        if host == self.hosts[0] { Side::Client } else { Side::Server }
    }

    fn end(&mut self, side: Side) -> &mut End {
        let [client, server] = &mut self.ends;
        match side {
            Side::Client => client,
            Side::Server => server,
        }
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

fn remember(slot: &mut Option<Waker>, cx: &Context<'_>) {
    if !slot.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
        *slot = Some(cx.waker().clone());
    }
}

/// One end of a stream, for the software of a host.
pub(super) struct SimStream {
    inner: TcpStream,
    shared: Arc<Shared>,
    conn: Arc<Mutex<Conn>>,
    side: Side,
    number: u32,
    own: (HostId, SocketAddr),
    peer: (HostId, SocketAddr),
    ended: bool,
    progress: Progress,
}

impl SimStream {
    pub(super) fn new(inner: TcpStream, shared: Arc<Shared>, conn: Arc<Mutex<Conn>>, side: Side) -> Self {
        let known = lock(&conn);
        let ([client, server], [client_at, server_at]) = (known.hosts, known.addresses);
        let number = known.number;
        drop(known);
        let ends = [(client, client_at), (server, server_at)];
        let [own, peer] = if side == Side::Client { ends } else { [ends[1], ends[0]] };
        Self { inner, shared, conn, side, number, own, peer, ended: false, progress: Progress::default() }
    }

    fn tally(&self, what: What, bytes: &[u8]) {
        let packet = Packet { what, source: self.own.1, target: self.peer.1, conn: self.number, bytes };
        self.shared.sent(self.own.0, self.peer.0, &packet);
    }

    fn was_read(&self, n: usize) {
        let mut conn = lock(&self.conn);
        let writer = conn.end(self.side.other());
        writer.flow.was_read(n);
        wake(&mut writer.writer);
        drop(conn);
        let at = self.shared.time.now();
        lock(&self.shared.fabric).tally.read(at, self.own.1, self.peer.1, self.number, n);
    }

    /// What is ordered for what is written here, and how many bytes go at a time.
    fn orders(&self) -> (Tampering, usize) {
        let (own, peer) = (self.own.0, self.peer.0);
        if own == peer {
            return (Tampering::default(), usize::MAX);
        }
        let mut fabric = lock(&self.shared.fabric);
        let direction = fabric.direction(own, peer);
        (direction.tampering, direction.piece())
    }

    /// The stream ends here: for the peer as if it were complete, for us with a reset.
    fn poll_truncated(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_shutdown(cx))?;
        self.ended = true;
        self.tally(What::Ended, &[]);
        lock(&self.conn).reset(self.side);
        Poll::Ready(Ok(()))
    }

    /// How many bytes may be written now.
    fn poll_room(&self, cx: &Context<'_>) -> Poll<io::Result<usize>> {
        let mut conn = lock(&self.conn);
        let end = conn.end(self.side);
        if end.reset {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if end.writes_fail || self.ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        remember(&mut end.writer, cx);
        match end.flow.room() {
            0 => Poll::Pending,
            room => Poll::Ready(Ok(room.min(SEGMENT_BYTES_MAX))),
        }
    }
}

impl AsyncRead for SimStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        {
            let mut conn = lock(&this.conn);
            let end = conn.end(this.side);
            if end.reset {
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            remember(&mut end.reader, cx);
        }
        // turmoil would wait for a segment even when there is no room for a byte of it.
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut this.inner).poll_read(cx, buf));
        if read.is_err() {
            lock(&this.conn).writes_fail(this.side);
        }
        this.was_read(buf.filled().len() - before);
        Poll::Ready(read)
    }
}

impl AsyncWrite for SimStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let room = ready!(this.poll_room(cx))?;
        let (orders, piece) = this.orders();
        let (most, left) = this.progress.next(orders);
        if left == Some(0) {
            ready!(this.poll_truncated(cx))?;
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let part = buf.get(..room.min(piece).min(most)).unwrap_or(buf);
        let arrives = this.progress.flipped(orders, part);
        let n = ready!(Pin::new(&mut this.inner).poll_write(cx, &arrives))?;
        if n > 0 {
            lock(&this.conn).end(this.side).flow.wrote(n);
            this.tally(What::Bytes, &part[..n]);
            this.progress.passed(n);
        }
        if left == Some(n) {
            ready!(this.poll_truncated(cx))?;
        }
        Poll::Ready(Ok(n))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(Ok(()));
        }
        if lock(&this.conn).end(this.side).reset {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        }
        ready!(Pin::new(&mut this.inner).poll_shutdown(cx))?;
        this.ended = true;
        this.tally(What::Ended, &[]);
        Poll::Ready(Ok(()))
    }
}

impl Drop for SimStream {
    fn drop(&mut self) {
        // A machine without power sends no FIN.
        let powered = lock(&self.shared.fabric).host(self.own.0).power != Power::Off;
        if !self.ended && powered {
            self.tally(What::Ended, &[]);
        }
        let mut conn = lock(&self.conn);
        conn.end(self.side).presence = Presence::Gone;
        if conn.end(self.side.other()).presence == Presence::Gone {
            let addresses = conn.addresses;
            drop(conn);
            lock(&self.shared.fabric).part(addresses);
        }
    }
}
