//! The end at the ICA host: [`Reception`] reads what a connection wants, [`Host`] is the session it wants.
//!
//! The driver keeps the sessions by their tokens and hands each connection to the one it names. The token is a
//! bearer secret: it must be random, compared in constant time (as [`Secret`] does), and is forgotten with the
//! session.

use std::time::Duration;

use super::decoder::Decoder;
use super::end::{End, HasEnd, Output};
use super::error::Error;
use super::frame::{Code, DESTINATION, Frame, Resume, SERVICE, Versions, Wish, opening};
use super::session_end::SessionEnd;
use crate::limits::CGP_OPENING_MAX_BYTES;
use crate::secret::Secret;

/// A connection whose opening was read.
pub struct Opening {
    /// What the client wants.
    pub wish: Wish,
    /// What both speak; the newest is spoken.
    versions: Versions,
    /// The client's bytes, from the first frame on.
    decoder: Decoder,
}

/// A connection that has not said what it wants. How long it may take is the driver's business.
#[derive(Default)]
pub struct Reception {
    decoder: Decoder,
    seen: usize,
    versions: Option<Versions>,
}

impl Reception {
    /// Nothing was said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what the connection brought, cut anywhere, until it has said what it wants. On an error the
    /// connection is told [`refusal`](Self::refusal) with the error's code, and closed.
    pub fn handle_bytes(&mut self, bytes: &[u8]) -> Result<Option<Opening>, Error> {
        self.seen = self.seen.saturating_add(bytes.len());
        if self.seen > CGP_OPENING_MAX_BYTES {
            return Err(Error::Oversize(self.seen));
        }
        self.decoder.feed(bytes);
        while let Some(frame) = self.decoder.next()? {
            match (frame, self.versions) {
                (Frame::Hello { versions, service }, None) if service == SERVICE => {
                    self.versions = Some(versions.common(Versions::OURS)?);
                }
                (Frame::Hello { .. }, None) => return Err(Error::Service),
                (Frame::Open { destination }, Some(versions)) if destination == DESTINATION => {
                    return self.opening(versions, Wish::Open).map(Some);
                }
                (Frame::Open { .. }, Some(_)) => return Err(Error::Destination),
                (Frame::Resume(resume), Some(versions)) => {
                    return self.opening(versions, Wish::Resume(resume)).map(Some);
                }
                (other, _) => return Err(Error::Unexpected(other.kind())),
            }
        }
        Ok(None)
    }

    /// What a connection is told that gets no session.
    pub fn refusal(code: Code) -> Vec<u8> {
        opening(&[Frame::Close(code)])
    }

    fn opening(&mut self, versions: Versions, wish: Wish) -> Result<Opening, Error> {
        if !self.decoder.rest().is_empty() {
            return Err(Error::Early);
        }
        Ok(Opening { wish, versions, decoder: std::mem::take(&mut self.decoder) })
    }
}

/// One session; a [`SessionEnd`].
pub struct Host {
    end: End,
    decoder: Decoder,
    /// The client's try that carries the session; zero is the one that opened it.
    attempt: u32,
}

impl Host {
    /// A new session for a connection that wants to [`Wish::Open`] one. `token` has
    /// [`CGP_TOKEN_BYTES`](crate::limits::CGP_TOKEN_BYTES) random bytes; the session is kept `kept`, in whole
    /// seconds, without a connection.
    pub fn open(now: Duration, opening: Opening, token: Secret, kept: Duration) -> Self {
        let mut host = Self { end: End::new(kept), decoder: opening.decoder, attempt: 0 };
        let version = opening.versions.highest;
        host.end.set_now(now);
        host.end.attach();
        host.say(Frame::Opened { version, kept, token });
        host.end.push(Output::Opened { version, kept });
        host
    }

    /// The session goes on, on a connection that wants to [`Wish::Resume`] it. The one before, if it still
    /// exists, is told [`goodbye`](super::goodbye) with [`Code::Displaced`] and closed by the driver, and none
    /// of its bytes are handed over any more. On an error nothing has changed, and the new connection is told
    /// [`Reception::refusal`] with the code.
    pub fn resume(&mut self, now: Duration, opening: Opening) -> Result<(), Code> {
        let Wish::Resume(Resume { attempt, received, .. }) = opening.wish else {
            return Err(Code::Protocol);
        };
        if self.end.is_over() || self.end.kept.is_zero() {
            return Err(Code::SessionUnknown);
        }
        if attempt <= self.attempt {
            return Err(Code::Displaced);
        }
        // A client that has less than it once had, or more than was sent, is not the one this session had.
        let resent = self.end.stream.resume(received).map_err(|_| Code::SessionUnknown)?;
        self.end.set_now(now);
        self.attempt = attempt;
        self.end.disconnected();
        self.end.forget_writes();
        self.decoder = opening.decoder;
        self.end.attach();
        let (version, kept) = (opening.versions.highest, self.end.kept);
        let received = self.end.stream.received();
        self.say(Frame::Resumed { version, kept, received });
        self.end.push(Output::Resumed { resent });
        Ok(())
    }

    fn say(&mut self, frame: Frame) {
        self.end.send(opening(&[frame]));
    }

    fn handle_frames(&mut self) -> Result<(), Error> {
        while self.end.is_live()
            && let Some(frame) = self.decoder.next()?
        {
            self.end.handle_frame(frame)?;
        }
        Ok(())
    }
}

impl HasEnd for Host {
    fn end(&self) -> &End {
        &self.end
    }

    fn end_mut(&mut self) -> &mut End {
        &mut self.end
    }
}

impl SessionEnd for Host {
    fn handle_bytes(&mut self, now: Duration, bytes: &[u8]) -> Result<(), Error> {
        self.end.set_now(now);
        if !self.end.is_live() {
            return Err(Error::Finished);
        }
        self.decoder.feed(bytes);
        let handled = self.handle_frames();
        if let Err(error) = handled {
            self.end.lose(error.code());
        }
        handled
    }

    fn handle_disconnect(&mut self, now: Duration) {
        self.end.set_now(now);
        self.end.disconnected();
    }

    fn handle_time(&mut self, now: Duration) {
        self.end.set_now(now);
        self.end.handle_time();
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.end.poll_timeout()
    }

    fn close(&mut self, now: Duration, code: Code) {
        self.end.set_now(now);
        self.end.close(code);
    }
}
