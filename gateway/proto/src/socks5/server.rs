//! The gateway's side of RFC 1928: greeting (or none), CONNECT to a ticket, the driver's verdict, the reply.
//!
//! It does not judge tickets: a well-formed one is handed to the driver, which redeems it, connects, and only
//! then calls [`Server::accept_connect`]. The port of the request is ignored; the STA names the address.

use std::collections::VecDeque;

use zeroize::Zeroizing;

use super::wire::{
    ADDRESS_DOMAIN, ADDRESS_IPV4, ADDRESS_IPV6, CONNECT, NO_ACCEPTABLE_METHOD, NO_AUTHENTICATION, RESERVED,
    Reply, SUCCEEDED, VERSION, encode_reply,
};
use crate::buf::Reader;
use crate::limits::SOCKS5_EARLY_DATA_MAX_BYTES;
use crate::ticket::{Ticket, TicketError};

/// Why the client was refused. For the audit log: the client only ever sees the reply code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A message does not begin with 05.
    #[error("version {0:#04x} is not SOCKS5")]
    Version(u8),
    /// The greeting does not offer "no authentication".
    #[error("no acceptable authentication method offered")]
    NoAcceptableMethod,
    /// BIND, UDP ASSOCIATE or an unassigned command.
    #[error("command {0:#04x} is not CONNECT")]
    Command(u8),
    /// The reserved byte is not zero.
    #[error("reserved byte is {0:#04x}")]
    Reserved(u8),
    /// An IP address or an unassigned address type.
    #[error("address type {0:#04x} is not a domain name")]
    AddressType(u8),
    /// The destination is not a ticket.
    #[error("destination is not a ticket: {0}")]
    Destination(#[from] TicketError),
    /// More bytes behind the CONNECT than may wait for the reply.
    #[error("more than {SOCKS5_EARLY_DATA_MAX_BYTES} bytes of early data")]
    EarlyDataTooLong,
    /// The driver handed over bytes after [`Output::Redeem`] or [`Output::Close`].
    #[error("bytes after the end of the handshake")]
    Finished,
}

impl Error {
    /// What the client is told before the connection closes, if anything.
    fn answer(self) -> Option<Vec<u8>> {
        match self {
            Self::Version(_) | Self::Finished => None,
            Self::NoAcceptableMethod => Some(vec![VERSION, NO_ACCEPTABLE_METHOD]),
            Self::Command(_) => Some(encode_reply(Reply::CommandNotSupported.code())),
            Self::AddressType(_) => Some(encode_reply(Reply::AddressTypeNotSupported.code())),
            Self::Reserved(_) | Self::Destination(_) | Self::EarlyDataTooLong => {
                Some(encode_reply(Reply::NotAllowed.code()))
            }
        }
    }
}

/// What the driver has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes to the client.
    Write(Vec<u8>),
    /// Redeem the ticket, connect, then call [`Server::accept_connect`] or [`Server::refuse`]. From here on
    /// the driver keeps what it reads: it belongs to the relay, behind `early`.
    Redeem {
        /// The destination of the CONNECT.
        ticket: Ticket,
        /// What the client sent behind its CONNECT, at most [`SOCKS5_EARLY_DATA_MAX_BYTES`].
        early: Vec<u8>,
    },
    /// Close the connection, after everything before this was written.
    Close,
}

/// One client connection. Drain [`poll_output`](Self::poll_output) after every call, also after an error:
/// it holds the reply the client is owed.
#[derive(Default)]
pub struct Server {
    state: State,
    /// Never longer than one message of RFC 1928 plus what the driver read in one go.
    input: Zeroizing<Vec<u8>>,
    out: VecDeque<Output>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Opening,
    Request,
    Verdict,
    Finished,
}

impl Server {
    /// A client that has sent nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what the client sent, cut anywhere. An error is the reason why the outputs end in
    /// [`Output::Close`].
    pub fn handle_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if matches!(self.state, State::Verdict | State::Finished) {
            return Err(Error::Finished);
        }
        self.input.extend_from_slice(bytes);
        self.advance()
    }

    /// Whether all hangs on what follows `05 01 00`. The driver then gives the client a moment and calls
    /// [`handle_pause`](Self::handle_pause) if it stays silent.
    pub fn awaits_pause(&self) -> bool {
        self.state == State::Opening && *self.input == [VERSION, 1, NO_AUTHENTICATION]
    }

    /// The client stayed silent: `05 01 00` was a greeting. Does nothing when
    /// [`awaits_pause`](Self::awaits_pause) is false.
    pub fn handle_pause(&mut self) {
        if self.awaits_pause() {
            self.greet(self.input.len());
        }
    }

    /// The back end is connected: tells the client, whose stream is a relay from here.
    ///
    /// # Panics
    /// When there is no [`Output::Redeem`] to answer: a bug in the driver.
    pub fn accept_connect(&mut self) {
        assert!(self.state == State::Verdict, "accept_connect answers a Redeem, once");
        self.state = State::Finished;
        self.out.push_back(Output::Write(encode_reply(SUCCEEDED)));
    }

    /// The ticket or the back end failed: tells the client and closes.
    ///
    /// # Panics
    /// When there is no [`Output::Redeem`] to answer: a bug in the driver.
    pub fn refuse(&mut self, reply: Reply) {
        assert!(self.state == State::Verdict, "refuse answers a Redeem, once");
        self.close(Some(encode_reply(reply.code())));
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn advance(&mut self) -> Result<(), Error> {
        let advanced = self.opening().and_then(|()| self.request());
        if let Err(error) = advanced {
            self.close(error.answer());
        }
        advanced
    }

    fn opening(&mut self) -> Result<(), Error> {
        if self.state != State::Opening {
            return Ok(());
        }
        match opening(&self.input)? {
            None => {}
            Some(Opening::Greeting { length }) => self.greet(length),
            Some(Opening::Connect) => self.state = State::Request,
        }
        Ok(())
    }

    fn greet(&mut self, length: usize) {
        self.input.drain(..length);
        self.state = State::Request;
        self.out.push_back(Output::Write(vec![VERSION, NO_AUTHENTICATION]));
    }

    fn request(&mut self) -> Result<(), Error> {
        if self.state != State::Request {
            return Ok(());
        }
        let Some((ticket, early)) = request(&self.input)? else { return Ok(()) };
        if early.len() > SOCKS5_EARLY_DATA_MAX_BYTES {
            return Err(Error::EarlyDataTooLong);
        }
        self.out.push_back(Output::Redeem { ticket, early: early.to_vec() });
        self.state = State::Verdict;
        self.input = Zeroizing::default();
        Ok(())
    }

    fn close(&mut self, answer: Option<Vec<u8>>) {
        self.state = State::Finished;
        self.input = Zeroizing::default();
        self.out.extend(answer.map(Output::Write));
        self.out.push_back(Output::Close);
    }
}

/// How a client begins.
enum Opening {
    Greeting { length: usize },
    Connect,
}

/// `None` while it can't be told.
fn opening(input: &[u8]) -> Result<Option<Opening>, Error> {
    match *input {
        [version, ..] if version != VERSION => Err(Error::Version(version)),
        [] | [_] | [_, CONNECT, RESERVED] => Ok(None),
        [_, CONNECT, RESERVED, ADDRESS_IPV4 | ADDRESS_DOMAIN | ADDRESS_IPV6, ..] => {
            Ok(Some(Opening::Connect))
        }
        [_, count, ref behind @ ..] => match behind.get(..count.into()) {
            None => Ok(None),
            Some(methods) if methods.contains(&NO_AUTHENTICATION) => {
                Ok(Some(Opening::Greeting { length: 2 + methods.len() }))
            }
            Some(_) => Err(Error::NoAcceptableMethod),
        },
    }
}

/// The ticket of a request and what stands behind it; `None` while the request is incomplete. A wrong field
/// is refused as soon as it is there.
fn request(input: &[u8]) -> Result<Option<(Ticket, &[u8])>, Error> {
    type Check = fn(u8) -> Result<(), Error>;
    let checks: [Check; 4] = [
        |version| if version == VERSION { Ok(()) } else { Err(Error::Version(version)) },
        |command| if command == CONNECT { Ok(()) } else { Err(Error::Command(command)) },
        |reserved| if reserved == RESERVED { Ok(()) } else { Err(Error::Reserved(reserved)) },
        |kind| if kind == ADDRESS_DOMAIN { Ok(()) } else { Err(Error::AddressType(kind)) },
    ];
    let mut reader = Reader::new(input);
    for check in checks {
        let Some(byte) = reader.u8() else { return Ok(None) };
        check(byte)?;
    }
    let Some(length) = reader.u8() else { return Ok(None) };
    let Some(destination) = reader.take(length.into()) else { return Ok(None) };
    let Some(_port) = reader.u16() else { return Ok(None) };
    Ok(Some((Ticket::parse(destination)?, reader.rest())))
}
