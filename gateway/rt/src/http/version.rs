//! Says `HTTP/1.1` in the status line, whatever version the client spoke.
//!
//! RFC 9110 §2.5: a server sends the highest version it conforms to, within the client's major version. hyper
//! mirrors the client's `HTTP/1.0` instead, and old clients and scanners, which ask in 1.0, know servers by the
//! version they answer in. Only the first answer of a connection is looked at: a client of 1.0 gets no second.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::Stream;

/// `HTTP/1.x`: the status line up to and with the digit in question.
const VERSION: &[u8; 8] = b"HTTP/1.1";

/// A stream whose first eight written bytes are [`VERSION`] when they are an HTTP/1 version at all.
pub(super) struct Highest {
    stream: Stream,
    /// Bytes written, as far as that matters.
    written: usize,
}

impl Highest {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, written: 0 }
    }
}

impl AsyncRead for Highest {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Highest {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let rest = VERSION.get(this.written..).unwrap_or_default();
        let digit_at = rest.len().wrapping_sub(1);
        let is_old_digit = !rest.is_empty() && buf.get(digit_at) == Some(&b'0');
        let before_digit = rest.get(..digit_at).unwrap_or_default();
        let written = if is_old_digit && buf.starts_with(before_digit) {
            // Alone, so that nothing of `buf` has to be copied: the rest follows with the next write.
            ready!(Pin::new(&mut this.stream).poll_write(cx, rest))?
        } else {
            ready!(Pin::new(&mut this.stream).poll_write(cx, buf))?
        };
        this.written = this.written.saturating_add(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What comes out when `bytes` are written in pieces of `piece` bytes.
    async fn spoken(bytes: &[u8], piece: usize) -> Vec<u8> {
        let (near, mut far) = tokio::io::duplex(4096);
        let mut stream = Highest::new(Box::new(near));
        for chunk in bytes.chunks(piece) {
            stream.write_all(chunk).await.unwrap();
        }
        drop(stream);
        let mut out = Vec::new();
        far.read_to_end(&mut out).await.unwrap();
        out
    }

    #[tokio::test]
    async fn the_version_is_the_highest_however_the_bytes_are_cut() {
        for piece in 1..20 {
            assert_eq!(spoken(b"HTTP/1.0 302 Found\r\n", piece).await, b"HTTP/1.1 302 Found\r\n", "{piece}");
            assert_eq!(
                spoken(b"HTTP/1.1 200 OK 1.0\r\n", piece).await,
                b"HTTP/1.1 200 OK 1.0\r\n",
                "{piece}"
            );
        }
    }

    #[tokio::test]
    async fn a_later_zero_stays() {
        assert_eq!(spoken(b"HTTP/1.0 200 HTTP/1.0", 64).await, b"HTTP/1.1 200 HTTP/1.0");
    }
}
