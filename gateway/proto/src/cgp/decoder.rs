//! Bytes of one direction of one connection → the signature, then frames. Shared by all machines.
//!
//! It holds at most one unfinished frame besides what the driver read in one go; a length field alone makes it
//! allocate nothing.

use zeroize::Zeroizing;

use super::error::Error;
use super::frame::{Frame, HEADER_BYTES};
use crate::detect::CGP_PREAMBLE;
use crate::limits::CGP_FRAME_MAX_BYTES;

/// Where the version stands in the signature, two digits.
const VERSION_AT: usize = CGP_PREAMBLE.len() - 2;

#[derive(Default)]
pub(super) struct Decoder {
    input: Zeroizing<Vec<u8>>,
    /// How much of `input` was taken.
    taken: usize,
    begun: bool,
}

impl Decoder {
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.input.drain(..self.taken);
        self.taken = 0;
        self.input.extend_from_slice(bytes);
    }

    /// The next whole frame, if there is one. Frames that need not be known are skipped.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, Error> {
        if !self.begun {
            self.begun = self.preamble()?;
        }
        while self.begun {
            let Some((kind, length)) = header(self.rest()) else { return Ok(None) };
            let whole = HEADER_BYTES + length;
            if whole > CGP_FRAME_MAX_BYTES {
                return Err(Error::Oversize(whole));
            }
            let Some(body) = self.rest().get(HEADER_BYTES..whole) else { return Ok(None) };
            let frame = Frame::decode(kind, body)?;
            self.taken += whole;
            if frame.is_some() {
                return Ok(frame);
            }
        }
        Ok(None)
    }

    /// What was fed and not taken.
    pub(super) fn rest(&self) -> &[u8] {
        self.input.get(self.taken..).unwrap_or_default()
    }

    fn preamble(&mut self) -> Result<bool, Error> {
        let rest = self.rest();
        let seen = rest.get(..CGP_PREAMBLE.len()).unwrap_or(rest);
        if let Some(wrong) = seen.iter().zip(CGP_PREAMBLE).position(|(seen, wanted)| *seen != wanted) {
            return Err(if wrong < VERSION_AT { Error::Preamble } else { Error::Version });
        }
        let whole = seen.len() == CGP_PREAMBLE.len();
        if whole {
            self.taken += CGP_PREAMBLE.len();
        }
        Ok(whole)
    }
}

/// Type and length of the frame that begins here.
fn header(input: &[u8]) -> Option<(u8, usize)> {
    let [kind, high, low] = *input.first_chunk()?;
    Some((kind, usize::from(u16::from_be_bytes([high, low]))))
}
