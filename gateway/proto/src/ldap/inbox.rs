//! From a byte stream to messages. Ours: the bound is looked at as soon as the length is known.

use zeroize::Zeroizing;

use super::ber::{BerError, SEQUENCE, header};
use super::message::Message;
use crate::limits::LDAP_MESSAGE_MAX_BYTES;

/// Bytes that came in and are no whole message yet. What it held is wiped with it: a server's inbox has seen
/// passwords.
#[derive(Default)]
pub struct Inbox {
    bytes: Zeroizing<Vec<u8>>,
}

impl Inbox {
    /// Takes bytes in. Call [`take`](Self::take) until it has no more before feeding again; whoever does holds
    /// one message and one read at most.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next message, if it has arrived whole. After an error the stream is of no more use.
    pub fn take(&mut self) -> Result<Option<Message>, BerError> {
        let Some((tag, _, end)) = header(&self.bytes)? else { return Ok(None) };
        if tag != SEQUENCE {
            return Err(BerError::Tag { wanted: SEQUENCE, found: tag });
        }
        if end > LDAP_MESSAGE_MAX_BYTES {
            return Err(BerError::TooLong(end));
        }
        let Some(whole) = self.bytes.get(..end) else { return Ok(None) };
        let message = Message::decode(whole)?;
        self.bytes.drain(..end);
        Ok(Some(message))
    }

    /// Whether nothing is left over.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}
