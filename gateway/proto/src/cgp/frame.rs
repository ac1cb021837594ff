//! The frames of the profile: values ↔ bytes. `docs/cgp-profile.md` draws each one. No behaviour.
//!
//! A frame is `type u8`, `length u16`, then `length` bytes; all numbers are big-endian. A type from
//! [`OPTIONAL`] on that is not known is skipped by its length; any other unknown type ends the connection.

use std::time::Duration;

use super::error::Error;
use crate::buf::Reader;
use crate::detect::CGP_PREAMBLE;
use crate::limits::{
    CGP_DATA_MAX_BYTES, CGP_DESTINATION_MAX_BYTES, CGP_SERVICE_MAX_BYTES, CGP_TOKEN_BYTES, TICKET_MAX_BYTES,
};
use crate::secret::Secret;
use crate::ticket::Ticket;

/// The only version of the profile.
pub const VERSION: u8 = 1;
/// The service every opening names. Public.
pub const SERVICE: &str = "Citrix.TcpProxyService";
/// The destination every opening names: the ICA service on the host itself. Public.
pub const DESTINATION: &str = "127.0.0.1:1494";

/// Type and length.
pub(super) const HEADER_BYTES: usize = 3;
/// The offset in front of the bytes of a `DATA` frame.
pub(super) const SEQUENCE_BYTES: usize = 8;
/// The first type a peer need not know.
pub(super) const OPTIONAL: u8 = 0x80;

/// Frame types.
pub(super) mod kind {
    pub(in super::super) const HELLO: u8 = 0x01;
    pub(in super::super) const TICKET: u8 = 0x02;
    pub(in super::super) const OPEN: u8 = 0x03;
    pub(in super::super) const RESUME: u8 = 0x04;
    pub(in super::super) const OPENED: u8 = 0x11;
    pub(in super::super) const RESUMED: u8 = 0x12;
    pub(in super::super) const RECONNECT_TICKET: u8 = 0x13;
    pub(in super::super) const DATA: u8 = 0x21;
    pub(in super::super) const ACK: u8 = 0x22;
    pub(in super::super) const END: u8 = 0x23;
    pub(in super::super) const CLOSE: u8 = 0x31;
}

/// The versions an end speaks, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The oldest.
    pub lowest: u8,
    /// The newest.
    pub highest: u8,
}

impl Versions {
    /// What this crate speaks.
    pub const OURS: Self = Self { lowest: VERSION, highest: VERSION };

    /// What both speak.
    pub(super) fn common(self, other: Self) -> Result<Self, Error> {
        let common = Self { lowest: self.lowest.max(other.lowest), highest: self.highest.min(other.highest) };
        if common.lowest <= common.highest { Ok(common) } else { Err(Error::Version) }
    }

    pub(super) fn contain(self, version: u8) -> bool {
        (self.lowest..=self.highest).contains(&version)
    }
}

/// What a client wants of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A new session.
    Open,
    /// A kept session.
    Resume(Resume),
}

/// The kept session a client wants back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// Counts the client's tries. A try that was overtaken by a later one must not displace it.
    pub attempt: u32,
    /// The offset up to which the client has the host's stream.
    pub received: u64,
    /// What the host called the session: [`CGP_TOKEN_BYTES`] bytes.
    pub token: Secret,
}

/// Why a connection was refused or closed. Stable numbers; what to do is in [`Code::ends_session`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// 0: both streams ended and everything is acknowledged.
    Done,
    /// 1: the peer broke the rules of the profile.
    Protocol,
    /// 2: no common version.
    Version,
    /// 3: an unknown service or destination.
    Destination,
    /// 4: the ticket was refused, whatever the reason (failure replies are alike).
    Ticket,
    /// 5: session reliability is off here; use SOCKS.
    ReliabilityOff,
    /// 6: STA or ICA host could not be reached; try again.
    BackendDown,
    /// 7: the host keeps no such session, or not any more.
    SessionUnknown,
    /// 8: another connection resumed the session.
    Displaced,
    /// 9: the session is over: logged off, or ended by an administrator.
    Ended,
    /// 10: no room; try again.
    Busy,
    /// 11: being stopped; try again.
    Stopping,
    /// 12: the peer was silent for too long.
    Silent,
    /// A number this version does not know.
    Other(u16),
}

impl Code {
    const KNOWN: [Self; 13] = [
        Self::Done,
        Self::Protocol,
        Self::Version,
        Self::Destination,
        Self::Ticket,
        Self::ReliabilityOff,
        Self::BackendDown,
        Self::SessionUnknown,
        Self::Displaced,
        Self::Ended,
        Self::Busy,
        Self::Stopping,
        Self::Silent,
    ];

    /// The number on the wire.
    pub fn number(self) -> u16 {
        match self {
            Self::Done => 0,
            Self::Protocol => 1,
            Self::Version => 2,
            Self::Destination => 3,
            Self::Ticket => 4,
            Self::ReliabilityOff => 5,
            Self::BackendDown => 6,
            Self::SessionUnknown => 7,
            Self::Displaced => 8,
            Self::Ended => 9,
            Self::Busy => 10,
            Self::Stopping => 11,
            Self::Silent => 12,
            Self::Other(number) => number,
        }
    }

    /// The code with this number.
    pub fn from_number(number: u16) -> Self {
        Self::KNOWN.into_iter().find(|code| code.number() == number).unwrap_or(Self::Other(number))
    }

    /// How logs and scenarios name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Protocol => "protocol",
            Self::Version => "version",
            Self::Destination => "destination",
            Self::Ticket => "ticket",
            Self::ReliabilityOff => "reliability-off",
            Self::BackendDown => "backend-down",
            Self::SessionUnknown => "session-unknown",
            Self::Displaced => "displaced",
            Self::Ended => "ended",
            Self::Busy => "busy",
            Self::Stopping => "stopping",
            Self::Silent => "silent",
            Self::Other(_) => "other",
        }
    }

    /// Whether the session is over for who reads it. With any other code only the connection is, and a kept
    /// session may be resumed.
    pub const fn ends_session(self) -> bool {
        match self {
            Self::Done
            | Self::Version
            | Self::Destination
            | Self::Ticket
            | Self::ReliabilityOff
            | Self::SessionUnknown
            | Self::Displaced
            | Self::Ended => true,
            Self::Protocol
            | Self::BackendDown
            | Self::Busy
            | Self::Stopping
            | Self::Silent
            | Self::Other(_) => false,
        }
    }
}

/// A whole `CLOSE` frame, for drivers that turn away a connection whose machine they gave to another one.
pub fn goodbye(code: Code) -> Vec<u8> {
    Frame::Close(code).encode()
}

/// A whole `RECONNECT TICKET` frame, which a gateway puts between two frames of the host.
pub fn reconnect_ticket(ticket: &Ticket) -> Secret {
    Secret::new(Frame::ReconnectTicket(ticket.to_wire()).encode())
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Hello { versions: Versions, service: String },
    Ticket(Secret),
    Open { destination: String },
    Resume(Resume),
    Opened { version: u8, kept: Duration, token: Secret },
    Resumed { version: u8, kept: Duration, received: u64 },
    ReconnectTicket(Secret),
    Data { sequence: u64, bytes: Vec<u8> },
    Ack(u64),
    End(u64),
    Close(Code),
}

impl Frame {
    pub(super) const fn kind(&self) -> u8 {
        match self {
            Self::Hello { .. } => kind::HELLO,
            Self::Ticket(_) => kind::TICKET,
            Self::Open { .. } => kind::OPEN,
            Self::Resume(_) => kind::RESUME,
            Self::Opened { .. } => kind::OPENED,
            Self::Resumed { .. } => kind::RESUMED,
            Self::ReconnectTicket(_) => kind::RECONNECT_TICKET,
            Self::Data { .. } => kind::DATA,
            Self::Ack(_) => kind::ACK,
            Self::End(_) => kind::END,
            Self::Close(_) => kind::CLOSE,
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let number = |number: &u64| number.to_be_bytes();
        match self {
            Self::Hello { versions, service } => {
                frame(self, &[&[versions.lowest, versions.highest], service.as_bytes()])
            }
            Self::Ticket(ticket) | Self::ReconnectTicket(ticket) => frame(self, &[ticket.expose()]),
            Self::Open { destination } => frame(self, &[destination.as_bytes()]),
            Self::Resume(Resume { attempt, received, token }) => {
                frame(self, &[&attempt.to_be_bytes(), &number(received), token.expose()])
            }
            Self::Opened { version, kept, token } => {
                frame(self, &[&[*version], &seconds(*kept), token.expose()])
            }
            Self::Resumed { version, kept, received } => {
                frame(self, &[&[*version], &seconds(*kept), &number(received)])
            }
            Self::Data { sequence, bytes } => frame(self, &[&number(sequence), bytes]),
            Self::Ack(received) => frame(self, &[&number(received)]),
            Self::End(sequence) => frame(self, &[&number(sequence)]),
            Self::Close(code) => frame(self, &[&code.number().to_be_bytes()]),
        }
    }

    /// Reads the body of a frame; `None` for one that is to be skipped.
    pub(super) fn decode(kind: u8, body: &[u8]) -> Result<Option<Self>, Error> {
        let malformed = Error::Malformed(kind);
        let mut reader = Reader::new(body);
        let frame = match kind {
            kind::HELLO => hello(&mut reader),
            kind::TICKET => secret(&mut reader, 1..=TICKET_MAX_BYTES).map(Self::Ticket),
            kind::OPEN => {
                text(&mut reader, CGP_DESTINATION_MAX_BYTES).map(|destination| Self::Open { destination })
            }
            kind::RESUME => resume(&mut reader),
            kind::OPENED => opened(&mut reader),
            kind::RESUMED => resumed(&mut reader),
            kind::RECONNECT_TICKET => secret(&mut reader, 1..=TICKET_MAX_BYTES).map(Self::ReconnectTicket),
            kind::DATA => data(&mut reader),
            kind::ACK => number(&mut reader).map(Self::Ack),
            kind::END => number(&mut reader).map(Self::End),
            kind::CLOSE => reader.u16().map(|number| Self::Close(Code::from_number(number))),
            OPTIONAL.. => return Ok(None),
            _ => return Err(Error::Unknown(kind)),
        };
        // What stands behind the fields would be read differently by another reader: refused.
        if reader.rest().is_empty() { frame.ok_or(malformed).map(Some) } else { Err(malformed) }
    }
}

fn frame(of: &Frame, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    // Every part is bounded below a frame's limit where it is made.
    let field = u16::try_from(length).expect("a frame of ours fits");
    let mut bytes = Vec::with_capacity(HEADER_BYTES + length);
    bytes.push(of.kind());
    bytes.extend_from_slice(&field.to_be_bytes());
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

fn seconds(time: Duration) -> [u8; 4] {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX).to_be_bytes()
}

fn number(reader: &mut Reader<'_>) -> Option<u64> {
    reader.array().map(u64::from_be_bytes)
}

fn kept(reader: &mut Reader<'_>) -> Option<Duration> {
    let seconds = reader.array().map(u32::from_be_bytes)?;
    Some(Duration::from_secs(seconds.into()))
}

fn rest<'a>(reader: &mut Reader<'a>, lengths: std::ops::RangeInclusive<usize>) -> Option<&'a [u8]> {
    let rest = reader.take(reader.rest().len())?;
    lengths.contains(&rest.len()).then_some(rest)
}

fn secret(reader: &mut Reader<'_>, lengths: std::ops::RangeInclusive<usize>) -> Option<Secret> {
    rest(reader, lengths).map(Secret::from)
}

fn token(reader: &mut Reader<'_>) -> Option<Secret> {
    secret(reader, CGP_TOKEN_BYTES..=CGP_TOKEN_BYTES)
}

fn text(reader: &mut Reader<'_>, most: usize) -> Option<String> {
    let bytes = rest(reader, 1..=most)?;
    bytes.iter().all(u8::is_ascii_graphic).then(|| bytes.iter().copied().map(char::from).collect())
}

fn hello(reader: &mut Reader<'_>) -> Option<Frame> {
    let [lowest, highest] = reader.array()?;
    let service = text(reader, CGP_SERVICE_MAX_BYTES)?;
    (lowest <= highest).then_some(Frame::Hello { versions: Versions { lowest, highest }, service })
}

fn resume(reader: &mut Reader<'_>) -> Option<Frame> {
    let (attempt, received) = (reader.array().map(u32::from_be_bytes)?, number(reader)?);
    Some(Frame::Resume(Resume { attempt, received, token: token(reader)? }))
}

fn opened(reader: &mut Reader<'_>) -> Option<Frame> {
    let (version, kept) = (reader.u8()?, kept(reader)?);
    Some(Frame::Opened { version, kept, token: token(reader)? })
}

fn resumed(reader: &mut Reader<'_>) -> Option<Frame> {
    let (version, kept) = (reader.u8()?, kept(reader)?);
    Some(Frame::Resumed { version, kept, received: number(reader)? })
}

fn data(reader: &mut Reader<'_>) -> Option<Frame> {
    let sequence = number(reader)?;
    let bytes = rest(reader, 1..=CGP_DATA_MAX_BYTES)?.to_vec();
    Some(Frame::Data { sequence, bytes })
}

/// The signature, then these frames.
pub(super) fn opening(frames: &[Frame]) -> Vec<u8> {
    frames.iter().fold(CGP_PREAMBLE.to_vec(), |mut bytes, frame| {
        bytes.extend_from_slice(&frame.encode());
        bytes
    })
}
