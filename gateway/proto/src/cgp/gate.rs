//! The gateway's view of a connection, until host and client are joined: the opening with its ticket, the
//! driver's verdict, the host's answer. From there on frames only pass, see [`Passage`].
//!
//! It does not judge tickets: a well-formed one is handed to the driver, which redeems it, connects, and calls
//! [`Gate::connected`]. The ticket stays here, the token goes through: neither layer sees the other's secret.

use std::collections::VecDeque;
use std::time::Duration;

use super::decoder::Decoder;
use super::error::Error;
use super::frame::{Code, DESTINATION, Frame, SERVICE, Versions, Wish, opening};
use super::passage::Passage;
use crate::limits::CGP_OPENING_MAX_BYTES;
use crate::secret::Secret;
use crate::ticket::Ticket;

/// What the driver of a gateway has to do, or is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateOutput {
    /// Redeem the ticket, connect the host, then call [`Gate::connected`] or [`Gate::refuse`].
    Redeem {
        /// What the client showed.
        ticket: Ticket,
        /// What it wants of the host.
        wish: Wish,
    },
    /// Send these bytes to the host; they may hold the token.
    ToHost(Secret),
    /// Send these bytes to the client; they may hold the token.
    ToClient(Secret),
    /// Host and client are joined, when everything before this is written.
    Joined {
        /// Whether the host went on with a session it kept.
        resumed: bool,
        /// How long the client was told that the session is kept.
        kept: Duration,
        /// What comes from the host; begun with what came already.
        down: Passage,
    },
    /// The host refused, and the client was told.
    Refused(Code),
    /// Close both connections, after everything before this was written.
    Close,
}

/// One client connection. Drain [`poll_output`](Self::poll_output) after every call, also after an error.
pub struct Gate {
    state: State,
    kept_max: Duration,
    out: VecDeque<GateOutput>,
}

enum State {
    Opening(Opening),
    Verdict(Asked),
    Answer(Asked, Decoder),
    Finished,
}

/// What came of the opening so far.
#[derive(Default)]
struct Opening {
    decoder: Decoder,
    seen: usize,
    versions: Option<Versions>,
    ticket: Option<Ticket>,
}

/// What the host is asked.
struct Asked {
    versions: Versions,
    wish: Wish,
}

impl Gate {
    /// A client that has sent nothing yet. It is told that a session is kept for at most `kept_max`, whatever
    /// the host promises.
    pub fn new(kept_max: Duration) -> Self {
        Self { state: State::Opening(Opening::default()), kept_max, out: VecDeque::new() }
    }

    /// Takes what the client sent before it is joined, cut anywhere. An error is the reason why the outputs end
    /// in [`GateOutput::Close`].
    pub fn handle_client_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let result = match &mut self.state {
            State::Opening(opening) => opening.handle_bytes(bytes),
            State::Verdict(_) | State::Answer(..) => Err(Error::Early),
            State::Finished => return Err(Error::Finished),
        };
        match result {
            Ok(Some((ticket, asked))) => {
                self.out.push_back(GateOutput::Redeem { ticket, wish: asked.wish.clone() });
                self.state = State::Verdict(asked);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error) => {
                self.turn_away(error.code(), None);
                Err(error)
            }
        }
    }

    /// The host is connected: asks it what the client wants.
    ///
    /// # Panics
    /// When there is no [`GateOutput::Redeem`] to answer: a bug in the driver.
    pub fn connected(&mut self) {
        let State::Verdict(asked) = std::mem::replace(&mut self.state, State::Finished) else {
            panic!("connected answers a Redeem, once");
        };
        let hello = Frame::Hello { versions: asked.versions, service: SERVICE.to_owned() };
        let wish = match asked.wish.clone() {
            Wish::Open => Frame::Open { destination: DESTINATION.to_owned() },
            Wish::Resume(resume) => Frame::Resume(resume),
        };
        self.out.push_back(GateOutput::ToHost(Secret::new(opening(&[hello, wish]))));
        self.state = State::Answer(asked, Decoder::default());
    }

    /// The client gets nothing, at any point before it is joined: it is told why, and both connections close. A
    /// client whose ticket was used up gets the `next` one, so that it can try again.
    pub fn refuse(&mut self, code: Code, next: Option<&Ticket>) {
        if !matches!(self.state, State::Finished) {
            self.turn_away(code, next);
        }
    }

    /// Takes what the host sent before it is joined, cut anywhere. After an error the client was told that the
    /// back end is down.
    pub fn handle_host_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let State::Answer(asked, decoder) = &mut self.state else { return Err(Error::Finished) };
        decoder.feed(bytes);
        let answered = decoder.next().and_then(|frame| match frame {
            Some(frame) => judge(asked, frame, decoder.rest(), self.kept_max).map(Some),
            None if decoder.rest().len() > CGP_OPENING_MAX_BYTES => {
                Err(Error::Oversize(decoder.rest().len()))
            }
            None => Ok(None),
        });
        match answered {
            Ok(None) => {}
            Ok(Some(Answer::Joined { to_client, output })) => {
                self.out.push_back(GateOutput::ToClient(Secret::new(to_client)));
                self.out.push_back(output);
                self.state = State::Finished;
            }
            Ok(Some(Answer::Refused(code))) => {
                self.out.push_back(GateOutput::Refused(code));
                self.turn_away(code, None);
            }
            Err(error) => {
                self.turn_away(Code::BackendDown, None);
                return Err(error);
            }
        }
        Ok(())
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<GateOutput> {
        self.out.pop_front()
    }

    fn turn_away(&mut self, code: Code, next: Option<&Ticket>) {
        self.state = State::Finished;
        let next = next.map(|ticket| Frame::ReconnectTicket(ticket.to_wire()));
        let frames: Vec<Frame> = next.into_iter().chain([Frame::Close(code)]).collect();
        self.out.push_back(GateOutput::ToClient(Secret::new(opening(&frames))));
        self.out.push_back(GateOutput::Close);
    }
}

impl Opening {
    fn handle_bytes(&mut self, bytes: &[u8]) -> Result<Option<(Ticket, Asked)>, Error> {
        self.seen = self.seen.saturating_add(bytes.len());
        if self.seen > CGP_OPENING_MAX_BYTES {
            return Err(Error::Oversize(self.seen));
        }
        self.decoder.feed(bytes);
        while let Some(frame) = self.decoder.next()? {
            let asked = self.handle_frame(frame)?;
            if asked.is_some() {
                return if self.decoder.rest().is_empty() { Ok(asked) } else { Err(Error::Early) };
            }
        }
        Ok(None)
    }

    /// `HELLO`, `TICKET`, then what is wanted, in this order.
    fn handle_frame(&mut self, frame: Frame) -> Result<Option<(Ticket, Asked)>, Error> {
        let wish = match (frame, self.versions, &self.ticket) {
            (Frame::Hello { versions, service }, None, _) if service == SERVICE => {
                self.versions = Some(versions.common(Versions::OURS)?);
                return Ok(None);
            }
            (Frame::Hello { .. }, None, _) => return Err(Error::Service),
            (Frame::Ticket(ticket), Some(_), None) => {
                self.ticket = Some(Ticket::parse(ticket.expose())?);
                return Ok(None);
            }
            (Frame::Open { destination }, _, Some(_)) if destination == DESTINATION => Wish::Open,
            (Frame::Open { .. }, _, Some(_)) => return Err(Error::Destination),
            (Frame::Resume(resume), _, Some(_)) => Wish::Resume(resume),
            (other, ..) => return Err(Error::Unexpected(other.kind())),
        };
        let whole = self.versions.zip(self.ticket.take());
        Ok(whole.map(|(versions, ticket)| (ticket, Asked { versions, wish })))
    }
}

enum Answer {
    Joined { to_client: Vec<u8>, output: GateOutput },
    Refused(Code),
}

/// What the host's first frame means, and what stands behind it.
fn judge(asked: &Asked, frame: Frame, behind: &[u8], kept_max: Duration) -> Result<Answer, Error> {
    let wants_open = asked.wish == Wish::Open;
    let (frame, spoken, kept) = match frame {
        Frame::Opened { version, kept, token } if wants_open => {
            let kept = kept.min(kept_max);
            (Frame::Opened { version, kept, token }, version, kept)
        }
        Frame::Resumed { version, kept, received } if !wants_open => {
            let kept = kept.min(kept_max);
            (Frame::Resumed { version, kept, received }, version, kept)
        }
        Frame::Close(code) => return Ok(Answer::Refused(code)),
        other => return Err(Error::Unexpected(other.kind())),
    };
    if !asked.versions.contain(spoken) {
        return Err(Error::Version);
    }
    let mut down = Passage::new();
    down.pass(behind)?;
    let to_client = [&opening(&[frame]), behind].concat();
    Ok(Answer::Joined { to_client, output: GateOutput::Joined { resumed: !wants_open, kept, down } })
}
