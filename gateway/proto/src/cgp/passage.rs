//! Frames on their way through a gateway: every byte is judged, none is stored or changed.
//!
//! The driver passes on what [`Passage::pass`] accepted, and may put frames of the gateway in at a
//! [`boundary`](Passage::is_at_boundary). Whether offsets and acknowledgements fit, only the ends know.

use super::error::Error;
use super::frame::{Code, HEADER_BYTES, OPTIONAL, SEQUENCE_BYTES, kind};
use crate::limits::{CGP_DATA_MAX_BYTES, CGP_FRAME_MAX_BYTES};

/// One direction of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passage {
    /// Header bytes of the current frame, and how many of them came.
    header: [u8; HEADER_BYTES],
    seen: usize,
    /// What is missing of its body.
    left: usize,
    /// What is known of the code of a `CLOSE`.
    code: u16,
    closed: Option<Code>,
    data: u64,
}

impl Passage {
    /// Nothing came yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges what came, cut anywhere: all of it may be passed on, or none and the connection ends.
    pub fn pass(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while let Some((first, behind)) = bytes.split_first() {
            if self.closed.is_some() {
                return Err(Error::Finished);
            }
            if self.left == 0 {
                self.take_header(*first)?;
                bytes = behind;
            } else {
                let (body, behind) = bytes.split_at(bytes.len().min(self.left));
                self.take_body(body);
                bytes = behind;
            }
        }
        Ok(())
    }

    /// Whether a frame of the gateway can be put in here.
    pub fn is_at_boundary(&self) -> bool {
        self.seen == 0 && self.closed.is_none()
    }

    /// How the connection was closed in this direction.
    pub fn closed(&self) -> Option<Code> {
        self.closed
    }

    /// Bytes of the stream that passed in whole frames, resent ones counted again.
    pub fn data(&self) -> u64 {
        self.data
    }

    fn kind(&self) -> u8 {
        self.header[0]
    }

    fn length(&self) -> usize {
        usize::from(u16::from_be_bytes([self.header[1], self.header[2]]))
    }

    fn take_header(&mut self, byte: u8) -> Result<(), Error> {
        if let Some(place) = self.header.get_mut(self.seen) {
            *place = byte;
        }
        self.seen += 1;
        if self.seen < HEADER_BYTES {
            return if self.seen == 1 { self.check_kind() } else { Ok(()) };
        }
        self.left = self.check_length()?;
        if self.left == 0 {
            self.seen = 0;
        }
        Ok(())
    }

    /// Refused before a byte of it is passed on: the gateway alone speaks of tickets behind the opening.
    fn check_kind(&self) -> Result<(), Error> {
        match self.kind() {
            kind::DATA | kind::ACK | kind::END | kind::CLOSE | OPTIONAL.. => Ok(()),
            known @ (kind::HELLO..=kind::RESUME | kind::OPENED..=kind::RECONNECT_TICKET) => {
                Err(Error::Unexpected(known))
            }
            unknown => Err(Error::Unknown(unknown)),
        }
    }

    fn check_length(&self) -> Result<usize, Error> {
        let (kind, length) = (self.kind(), self.length());
        let fits = match kind {
            kind::DATA => (SEQUENCE_BYTES + 1..=SEQUENCE_BYTES + CGP_DATA_MAX_BYTES).contains(&length),
            kind::ACK | kind::END => length == SEQUENCE_BYTES,
            kind::CLOSE => length == size_of::<u16>(),
            _ if HEADER_BYTES + length > CGP_FRAME_MAX_BYTES => {
                return Err(Error::Oversize(HEADER_BYTES + length));
            }
            _ => true,
        };
        if fits { Ok(length) } else { Err(Error::Malformed(kind)) }
    }

    fn take_body(&mut self, body: &[u8]) {
        if self.kind() == kind::CLOSE {
            self.code = body.iter().fold(self.code, |code, byte| code << 8 | u16::from(*byte));
        }
        self.left -= body.len();
        if self.left > 0 {
            return;
        }
        self.seen = 0;
        match self.kind() {
            kind::CLOSE => self.closed = Some(Code::from_number(self.code)),
            kind::DATA => self.data += (self.length() - SEQUENCE_BYTES) as u64,
            _ => {}
        }
    }
}
