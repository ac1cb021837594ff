//! A stream whose writing side can be spoiled: cut off after some bytes, or replaced. hyper writes correct
//! HTTP only; what must be wrong becomes wrong here, below it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use gateway_rt::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What happens to the bytes written from now on.
pub(crate) enum Spoil {
    /// They pass.
    No,
    /// So many pass, then writing fails.
    Cut(usize),
    /// These leave instead, then writing fails.
    Instead(Bytes),
}

/// Sets the fate of a [`Spoiled`] stream from inside its handler.
#[derive(Clone)]
pub(crate) struct Spoiler(Arc<Mutex<Spoil>>);

impl Spoiler {
    pub(crate) fn set(&self, spoil: Spoil) {
        *self.lock() = spoil;
    }

    fn lock(&self) -> MutexGuard<'_, Spoil> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream.
pub(crate) struct Spoiled {
    stream: Stream,
    spoil: Spoiler,
}

impl Spoiled {
    pub(crate) fn new(stream: Stream) -> (Self, Spoiler) {
        let spoil = Spoiler(Arc::new(Mutex::new(Spoil::No)));
        (Self { stream, spoil: spoil.clone() }, spoil)
    }
}

impl AsyncRead for Spoiled {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Spoiled {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let mut spoil = this.spoil.lock();
        loop {
            match &mut *spoil {
                Spoil::No => return Pin::new(&mut this.stream).poll_write(cx, buf),
                Spoil::Cut(0) => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
                Spoil::Cut(left) => {
                    let passing = buf.get(..*left).unwrap_or(buf);
                    let written = std::task::ready!(Pin::new(&mut this.stream).poll_write(cx, passing))?;
                    *left -= written.min(*left);
                    return Poll::Ready(Ok(written));
                }
                Spoil::Instead(bytes) if bytes.has_remaining() => {
                    let written = std::task::ready!(Pin::new(&mut this.stream).poll_write(cx, bytes))?;
                    bytes.advance(written.min(bytes.len()));
                }
                Spoil::Instead(_) => *spoil = Spoil::Cut(0),
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
