//! What the two ends of a connection, its proxy and the driver share; and the ends as software sees them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

use super::fabric::HostId;

/// A connection.
pub(super) struct Conn {
    pub(super) client: HostId,
    pub(super) server: HostId,
    /// Both ends are to be reset.
    pub(super) reset: Notify,
    /// They were.
    pub(super) was_reset: AtomicBool,
    /// Client, server.
    ends: [EndState; 2],
}

#[derive(Default)]
struct EndState {
    /// Nobody knows the connection here: nothing leaves any more, and what comes is answered with a reset.
    forgotten: AtomicBool,
    /// What is sent from here is lost on its way, for good.
    silent: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Conn {
    pub(super) fn new(client: HostId, server: HostId) -> Self {
        let (reset, was_reset) = (Notify::new(), AtomicBool::new(false));
        Self { client, server, reset, was_reset, ends: Default::default() }
    }

    pub(super) fn joins(&self, a: HostId, b: HostId) -> bool {
        [(a, b), (b, a)].contains(&(self.client, self.server))
    }

    /// Both ends are reset, now. Except when the connection was silenced: the network knows nothing of it.
    pub(super) fn reset(&self) {
        if !self.ends.iter().any(|end| end.silent.load(Ordering::Relaxed)) {
            self.reset.notify_one();
        }
    }

    /// The end at `host` is gone, and the other end is not told.
    pub(super) fn forget(&self, host: HostId) {
        let end = self.end(host);
        end.forgotten.store(true, Ordering::Relaxed);
        end.reader.wake();
        end.writer.wake();
    }

    pub(super) fn is_forgotten(&self, host: HostId) -> bool {
        self.end(host).forgotten.load(Ordering::Relaxed)
    }

    /// What `host` sends is lost from now on.
    pub(super) fn silence(&self, host: HostId) {
        self.end(host).silent.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_silent(&self, host: HostId) -> bool {
        self.end(host).silent.load(Ordering::Relaxed)
    }

    fn end(&self, host: HostId) -> &EndState {
        let [client, server] = &self.ends;
        if host == self.client { client } else { server }
    }
}

/// One end of a connection, for the software of a host.
pub(super) struct End<S> {
    inner: S,
    conn: Arc<Conn>,
    host: HostId,
}

impl<S> End<S> {
    pub(super) fn new(inner: S, conn: Arc<Conn>, host: HostId) -> Self {
        Self { inner, conn, host }
    }

    /// What was done, or the reset that the pipe to the proxy can't tell.
    fn checked<T>(&self, done: io::Result<T>, ended: bool) -> io::Result<T> {
        let told_by_pipe = self.host == self.conn.client && (ended || done.is_err());
        if told_by_pipe && self.conn.was_reset.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        done
    }

    fn known(&self, waker: impl Fn(&EndState) -> &AtomicWaker, cx: &Context<'_>) -> io::Result<()> {
        let end = self.conn.end(self.host);
        waker(end).register(cx.waker());
        if end.forgotten.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for End<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.known(|end| &end.reader, cx)?;
        let (before, room) = (buf.filled().len(), buf.remaining());
        let read = ready!(Pin::new(&mut self.inner).poll_read(cx, buf));
        Poll::Ready(self.checked(read, room > 0 && buf.filled().len() == before))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for End<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.known(|end| &end.writer, cx)?;
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, buf));
        Poll::Ready(self.checked(written, false))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
