//! The Receiver's side of RFC 1928: reaches one destination through a gateway. Used by mocks and tests.
//!
//! The destination is any bytes, so that a gateway can be shown what it must refuse.

use std::collections::VecDeque;

use super::wire::{
    ADDRESS_DOMAIN, ADDRESS_IPV4, ADDRESS_IPV6, CONNECT, NO_AUTHENTICATION, RESERVED, Reply, SUCCEEDED,
    VERSION,
};
use crate::buf::Reader;
use crate::limits::SOCKS5_DESTINATION_MAX_BYTES;
use crate::secret::Secret;

/// Greeting that offers "no authentication" only.
const GREETING: [u8; 3] = [VERSION, 1, NO_AUTHENTICATION];

/// How the client begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Greeting, wait for the method, CONNECT: RFC 1928 to the letter.
    Greeted,
    /// Greeting and CONNECT in one write.
    Pipelined,
    /// CONNECT without a greeting, as native clients were seen to do.
    Bare,
}

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The destination does not fit its length byte.
    #[error("destination longer than {SOCKS5_DESTINATION_MAX_BYTES} bytes")]
    DestinationTooLong,
    /// A message does not begin with 05.
    #[error("version {0:#04x} is not SOCKS5")]
    Version(u8),
    /// The server chose another method than "no authentication", FF included.
    #[error("server chose method {0:#04x}")]
    Method(u8),
    /// The server refused.
    #[error("refused: {0}")]
    Refused(Reply),
    /// The server refused with a code RFC 1928 does not assign.
    #[error("refused with the unassigned code {0:#04x}")]
    UnassignedReply(u8),
    /// The reply has an address type RFC 1928 does not assign.
    #[error("reply has address type {0:#04x}")]
    AddressType(u8),
    /// Bytes were handed over after the end of the handshake.
    #[error("bytes after the end of the handshake")]
    Finished,
}

/// What the driver has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes; they may hold the ticket.
    Write(Secret),
    /// The stream is connected.
    Connected {
        /// What the server sent behind its reply: the first bytes of the stream.
        early: Vec<u8>,
    },
}

/// One connection through a gateway. Drain [`poll_output`](Self::poll_output) after every call.
pub struct Connect {
    state: State,
    input: Vec<u8>,
    out: VecDeque<Output>,
}

enum State {
    Method { request: Option<Secret> },
    Reply,
    Finished,
}

impl Connect {
    /// Begins; the first output is there at once.
    pub fn new(form: Form, destination: &[u8], port: u16) -> Result<Self, Error> {
        let request = encode_connect(destination, port)?;
        let (first, state) = match form {
            Form::Greeted => (GREETING.to_vec(), State::Method { request: Some(Secret::new(request)) }),
            Form::Pipelined => ([&GREETING[..], &request].concat(), State::Method { request: None }),
            Form::Bare => (request, State::Reply),
        };
        Ok(Self { state, input: Vec::new(), out: VecDeque::from([Output::Write(Secret::new(first))]) })
    }

    /// Takes what the server sent, cut anywhere. After an error there is nothing left but to close.
    pub fn handle_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.input.extend_from_slice(bytes);
        self.advance().inspect_err(|_| self.state = State::Finished)
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn advance(&mut self) -> Result<(), Error> {
        if let State::Method { request } = &mut self.state {
            let Some(behind) = method_selection(&self.input)? else { return Ok(()) };
            self.input = behind.to_vec();
            self.out.extend(request.take().map(Output::Write));
            self.state = State::Reply;
        }
        if matches!(self.state, State::Finished) {
            return Err(Error::Finished);
        }
        let Some(early) = reply(&self.input)? else { return Ok(()) };
        self.out.push_back(Output::Connected { early: early.to_vec() });
        self.input = Vec::new();
        self.state = State::Finished;
        Ok(())
    }
}

fn encode_connect(destination: &[u8], port: u16) -> Result<Vec<u8>, Error> {
    let length = u8::try_from(destination.len()).map_err(|_| Error::DestinationTooLong)?;
    let head = [VERSION, CONNECT, RESERVED, ADDRESS_DOMAIN, length];
    Ok([&head, destination, &port.to_be_bytes()].concat())
}

/// What stands behind the method selection; `None` while it is incomplete.
fn method_selection(input: &[u8]) -> Result<Option<&[u8]>, Error> {
    match *input {
        [version, ..] if version != VERSION => Err(Error::Version(version)),
        [_, method, ..] if method != NO_AUTHENTICATION => Err(Error::Method(method)),
        [_, _, ref behind @ ..] => Ok(Some(behind)),
        [] | [_] => Ok(None),
    }
}

/// What stands behind a reply of success; `None` while it is incomplete.
fn reply(input: &[u8]) -> Result<Option<&[u8]>, Error> {
    let mut reader = Reader::new(input);
    let Some(version) = reader.u8() else { return Ok(None) };
    if version != VERSION {
        return Err(Error::Version(version));
    }
    let Some(code) = reader.u8() else { return Ok(None) };
    if code != SUCCEEDED {
        return Err(Reply::from_code(code).map_or(Error::UnassignedReply(code), Error::Refused));
    }
    let Some([_reserved, address_type]) = reader.array() else { return Ok(None) };
    let address_length = match address_type {
        ADDRESS_IPV4 => 4,
        ADDRESS_IPV6 => 16,
        ADDRESS_DOMAIN => match reader.u8() {
            Some(length) => usize::from(length),
            None => return Ok(None),
        },
        other => return Err(Error::AddressType(other)),
    };
    let bound = reader.take(address_length).and_then(|_address| reader.u16());
    Ok(bound.map(|_port| reader.rest()))
}
