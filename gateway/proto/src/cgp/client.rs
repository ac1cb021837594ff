//! The Receiver's end of a session: opens it, and resumes it on as many connections as it takes.
//!
//! The driver brings a connection and calls [`Client::connect`]; when [`Output::Suspended`] tells that it is
//! gone, the driver brings another one, at intervals of its own choice, until [`Output::Over`].

use std::time::Duration;

use super::decoder::Decoder;
use super::end::{End, HasEnd, Output};
use super::error::Error;
use super::frame::{Code, DESTINATION, Frame, Resume, SERVICE, Versions, opening};
use super::session_end::SessionEnd;
use crate::limits::{CGP_KEPT, CGP_OPENING_DEADLINE};
use crate::secret::Secret;

/// How a client behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What it speaks.
    pub versions: Versions,
    /// The service it names; others than [`SERVICE`] are refused.
    pub service: String,
    /// The destination it names; others than [`DESTINATION`] are refused.
    pub destination: String,
    /// How long it tries to resume: `SessionReliabilityTTL` of the ICA file. `None`: as long as the host says
    /// that it keeps the session.
    pub kept: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            versions: Versions::OURS,
            service: SERVICE.to_owned(),
            destination: DESTINATION.to_owned(),
            kept: None,
        }
    }
}

/// One session; a [`SessionEnd`].
pub struct Client {
    settings: Settings,
    end: End,
    decoder: Decoder,
    /// What the host calls the session, once there is one.
    token: Option<Secret>,
    /// Resumes asked for.
    attempts: u32,
    reconnect_ticket: Option<Secret>,
    /// An opening that is not answered.
    opening_until: Option<Duration>,
}

impl Client {
    /// No connection yet.
    pub fn new(settings: Settings) -> Self {
        let end = End::new(settings.kept.unwrap_or(CGP_KEPT));
        Self {
            settings,
            end,
            decoder: Decoder::default(),
            token: None,
            attempts: 0,
            reconnect_ticket: None,
            opening_until: None,
        }
    }

    /// No connection yet, to a session that was opened elsewhere and is called `token`. Nothing of its stream was
    /// taken here.
    pub fn resuming(settings: Settings, token: Secret) -> Self {
        Self { token: Some(token), ..Self::new(settings) }
    }

    /// There is a connection: asks for a session, or for the one that is kept. A connection before this one
    /// must be closed, and none of its bytes handed over any more. `ticket` is the whole ticket in text form,
    /// for the gateway; none when there is no gateway between.
    pub fn connect(&mut self, now: Duration, ticket: Option<&Secret>) {
        self.end.set_now(now);
        self.end.disconnected();
        if self.end.is_over() {
            return;
        }
        self.end.forget_writes();
        self.decoder = Decoder::default();
        self.opening_until = Some(now + CGP_OPENING_DEADLINE);
        let hello = Frame::Hello { versions: self.settings.versions, service: self.settings.service.clone() };
        let wish = match &self.token {
            None => Frame::Open { destination: self.settings.destination.clone() },
            Some(token) => {
                self.attempts = self.attempts.saturating_add(1);
                let (attempt, received) = (self.attempts, self.end.stream.received());
                Frame::Resume(Resume { attempt, received, token: token.clone() })
            }
        };
        let frames: Vec<Frame> =
            [Some(hello), ticket.cloned().map(Frame::Ticket), Some(wish)].into_iter().flatten().collect();
        self.end.send(opening(&frames));
    }

    /// The gateway's newest ticket, for the next connection.
    pub fn reconnect_ticket(&self) -> Option<&Secret> {
        self.reconnect_ticket.as_ref()
    }

    /// What the host calls the session, once there is one.
    pub fn token(&self) -> Option<&Secret> {
        self.token.as_ref()
    }

    /// How long it tries to resume.
    pub fn kept(&self) -> Duration {
        self.end.kept
    }

    fn handle_frames(&mut self) -> Result<(), Error> {
        while let Some(frame) = self.decoder.next()? {
            match (frame, self.opening_until) {
                (Frame::ReconnectTicket(ticket), _) => {
                    self.reconnect_ticket = Some(ticket.clone());
                    self.end.push(Output::ReconnectTicket(ticket));
                    continue;
                }
                (Frame::Opened { version, kept, token }, Some(_)) if self.token.is_none() => {
                    self.opened(version, kept, token)?;
                }
                (Frame::Resumed { version, kept, received }, Some(_)) if self.token.is_some() => {
                    self.resumed(version, kept, received)?;
                }
                (Frame::Close(code), Some(_)) => {
                    self.opening_until = None;
                    self.end.closed(code);
                }
                (frame, Some(_)) => return Err(Error::Unexpected(frame.kind())),
                (frame, None) => self.end.handle_frame(frame)?,
            }
            if !self.end.is_live() {
                // Nothing behind a CLOSE means anything.
                return Ok(());
            }
        }
        Ok(())
    }

    fn opened(&mut self, version: u8, kept: Duration, token: Secret) -> Result<(), Error> {
        self.check(version)?;
        self.opening_until = None;
        self.token = Some(token);
        self.end.kept = self.settings.kept.unwrap_or(kept);
        self.end.attach();
        self.end.push(Output::Opened { version, kept: self.end.kept });
        Ok(())
    }

    fn resumed(&mut self, version: u8, kept: Duration, received: u64) -> Result<(), Error> {
        self.check(version)?;
        let resent = self.end.stream.resume(received)?;
        self.opening_until = None;
        self.end.kept = self.settings.kept.unwrap_or(kept);
        self.end.attach();
        self.end.push(Output::Resumed { resent });
        Ok(())
    }

    fn check(&self, version: u8) -> Result<(), Error> {
        if self.settings.versions.contain(version) { Ok(()) } else { Err(Error::Version) }
    }
}

impl HasEnd for Client {
    fn end(&self) -> &End {
        &self.end
    }

    fn end_mut(&mut self) -> &mut End {
        &mut self.end
    }
}

impl SessionEnd for Client {
    fn handle_bytes(&mut self, now: Duration, bytes: &[u8]) -> Result<(), Error> {
        self.end.set_now(now);
        if self.opening_until.is_none() && !self.end.is_live() {
            return Err(Error::Finished);
        }
        self.decoder.feed(bytes);
        let handled = self.handle_frames();
        if let Err(error) = handled {
            self.opening_until = None;
            self.end.lose(error.code());
        }
        handled
    }

    fn handle_disconnect(&mut self, now: Duration) {
        self.end.set_now(now);
        if self.opening_until.take().is_some() {
            self.end.suspend(None);
        } else {
            self.end.disconnected();
        }
    }

    fn handle_time(&mut self, now: Duration) {
        self.end.set_now(now);
        // What the session waits for comes first: it may be over while an opening is still unanswered.
        self.end.handle_time();
        if self.end.is_over() && self.opening_until.take().is_some() {
            self.end.push(Output::Disconnect);
        }
        if self.opening_until.is_some_and(|until| self.end.now() >= until) {
            self.opening_until = None;
            self.end.lose(Code::Silent);
        }
    }

    fn poll_timeout(&self) -> Option<Duration> {
        [self.opening_until, self.end.poll_timeout()].into_iter().flatten().min()
    }

    fn close(&mut self, now: Duration, code: Code) {
        self.end.set_now(now);
        if self.opening_until.take().is_some() {
            self.end.push(Output::Disconnect);
        }
        self.end.close(code);
    }
}
