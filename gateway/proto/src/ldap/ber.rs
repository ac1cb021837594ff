//! BER as LDAP restricts it: definite lengths, tag numbers below 31 (RFC 4511 section 5.1, X.690).
//!
//! The reader borrows and never allocates. Lengths need not be minimal: Active Directory writes four bytes.

use crate::buf;
use crate::secret::Secret;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// A tag whose low bits are all set goes on in further bytes; LDAP has none.
const LONG_TAG: u8 = 0x1f;
/// Bytes of a long length that are read: four say up to 4 GiB, beyond every bound here.
const LENGTH_BYTES_MAX: usize = 4;

/// Why bytes are no LDAP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BerError {
    /// An element ends behind the end of what holds it.
    #[error("an element is cut off")]
    Truncated,
    /// A length that LDAP does not allow, or does not fit four bytes.
    #[error("a length is indefinite or too long")]
    Length,
    /// Another tag than the place wants.
    #[error("tag {found:#04x} where {wanted:#04x} belongs")]
    Tag {
        /// What the place wants.
        wanted: u8,
        /// What is there.
        found: u8,
    },
    /// A number outside its range.
    #[error("a number is out of range")]
    Number,
    /// Text that is not UTF-8.
    #[error("a text is not UTF-8")]
    Text,
    /// More bytes than a message may have.
    #[error("the message has {0} bytes, too many")]
    TooLong(usize),
    /// More values, attributes or filter parts than are taken, or too deep.
    #[error("too many parts")]
    TooMany,
    /// Bytes behind the end.
    #[error("bytes behind the end")]
    Trailing,
    /// A filter form that is not served.
    #[error("a filter form that is not served")]
    Filter,
}

/// The tag of an element, and where its content begins and ends; `None` while the header is incomplete.
pub(super) fn header(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, BerError> {
    let mut reader = buf::Reader::new(bytes);
    let (Some(tag), Some(first)) = (reader.u8(), reader.u8()) else { return Ok(None) };
    if tag & LONG_TAG == LONG_TAG {
        return Err(BerError::Tag { wanted: SEQUENCE, found: tag });
    }
    let (begin, length) = if first < 0x80 {
        (2, usize::from(first))
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > LENGTH_BYTES_MAX {
            return Err(BerError::Length);
        }
        let Some(digits) = reader.take(count) else { return Ok(None) };
        (2 + count, digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)))
    };
    let end = begin.checked_add(length).ok_or(BerError::Length)?;
    Ok(Some((tag, begin, end)))
}

/// Elements one after the other.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next tag, if there is another element.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element: tag and content.
    pub(super) fn any(&mut self) -> Result<(u8, &'a [u8]), BerError> {
        let (tag, begin, end) = header(self.rest)?.ok_or(BerError::Truncated)?;
        let content = self.rest.get(begin..end).ok_or(BerError::Truncated)?;
        self.rest = self.rest.get(end..).unwrap_or_default();
        Ok((tag, content))
    }

    /// The content of the next element, which must have this tag.
    pub(super) fn expect(&mut self, wanted: u8) -> Result<&'a [u8], BerError> {
        let (found, content) = self.any()?;
        if found == wanted { Ok(content) } else { Err(BerError::Tag { wanted, found }) }
    }

    /// The content of the next element if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, BerError> {
        if self.peek() == Some(tag) { self.expect(tag).map(Some) } else { Ok(None) }
    }

    /// The elements inside the next one, which must have this tag.
    pub(super) fn inside(&mut self, tag: u8) -> Result<Self, BerError> {
        self.expect(tag).map(Self::new)
    }

    /// A number from 0 to 2^31 - 1 (`maxInt`).
    pub(super) fn number(&mut self, tag: u8) -> Result<u32, BerError> {
        let digits = self.expect(tag)?;
        if digits.is_empty() || digits.len() > 5 || digits.first().is_some_and(|first| first & 0x80 != 0) {
            return Err(BerError::Number);
        }
        let value = digits.iter().fold(0_u64, |value, digit| value << 8 | u64::from(*digit));
        u32::try_from(value).ok().filter(|value| *value <= i32::MAX as u32).ok_or(BerError::Number)
    }

    pub(super) fn text(&mut self, tag: u8) -> Result<String, BerError> {
        text(self.expect(tag)?)
    }

    pub(super) fn end(&self) -> Result<(), BerError> {
        if self.rest.is_empty() { Ok(()) } else { Err(BerError::Trailing) }
    }
}

pub(super) fn text(bytes: &[u8]) -> Result<String, BerError> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| BerError::Text)
}

/// Writes elements with minimal lengths.
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// A writer with room for `capacity` bytes. Where a password goes in, it must be enough for everything:
    /// growing would leave a copy behind.
    pub(super) fn new(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity) }
    }

    pub(super) fn bytes(&mut self, tag: u8, content: impl AsRef<[u8]>) {
        self.constructed(tag, |inner| inner.bytes.extend_from_slice(content.as_ref()));
    }

    pub(super) fn number(&mut self, tag: u8, value: u32) {
        let digits = value.to_be_bytes();
        let zeros = digits.iter().take(3).take_while(|digit| **digit == 0).count();
        let minimal = digits.get(zeros..).unwrap_or_default();
        self.constructed(tag, |inner| {
            // A set first bit would make the number negative.
            if minimal.first().is_some_and(|first| first & 0x80 != 0) {
                inner.bytes.push(0);
            }
            inner.bytes.extend_from_slice(minimal);
        });
    }

    /// An element of elements.
    pub(super) fn constructed(&mut self, tag: u8, content: impl FnOnce(&mut Self)) {
        self.bytes.push(tag);
        let begin = self.bytes.len();
        content(self);
        let length = self.bytes.len() - begin;
        let digits = length.to_be_bytes();
        if length < 0x80 {
            self.bytes.splice(begin..begin, digits.into_iter().skip(digits.len() - 1));
        } else {
            let zeros = digits.iter().take_while(|digit| **digit == 0).count();
            let count = digits.len() - zeros;
            let first = 0x80 | u8::try_from(count).expect("a usize has at most eight bytes");
            self.bytes.splice(begin..begin, std::iter::once(first).chain(digits.into_iter().skip(zeros)));
        }
    }

    pub(super) fn finish(self) -> Secret {
        Secret::new(self.bytes)
    }
}
