//! A value that must never be shown: passwords, passcodes, tickets, tokens, shared secrets. Ours.
//!
//! It has no `Display` and no serialisation, its `Debug` is the word `«hidden»`, comparing takes the same
//! time whatever the content, and its memory is wiped on drop. It is not encryption: who calls
//! [`Secret::expose`] holds the plain bytes, which is why that name is easy to search for.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Owned bytes, or text, that no log, trace, page or error may contain.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes over `content`. A `String` or `Vec<u8>` moves in without leaving a copy behind.
    pub fn new(content: impl Into<Vec<u8>>) -> Self {
        Self(content.into())
    }

    /// The plain bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The plain text, or `None` when the bytes are not UTF-8.
    pub fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The number of bytes. The length is not treated as secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Secret {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes)
    }
}

impl PartialEq for Secret {
    /// Constant time for contents of one length; different lengths differ at once.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("«hidden»")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_nothing_about_content_or_length() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "«hidden»");
        assert_eq!(format!("{:#?}", Some(Secret::default())), "Some(\n    «hidden»,\n)");
    }

    #[test]
    fn compares_by_content() {
        assert_eq!(Secret::new("abc"), Secret::from(b"abc".as_slice()));
        assert_ne!(Secret::new("abc"), Secret::new("abd"));
        assert_ne!(Secret::new("abc"), Secret::new("ab"));
    }

    #[test]
    fn exposes_text_only_when_it_is_text() {
        assert_eq!(Secret::from("pa\u{df}").expose_str(), Some("pa\u{df}"));
        assert_eq!(Secret::new([0xff, 0xfe]).expose_str(), None);
        assert_eq!(Secret::new([0xff, 0xfe]).expose(), [0xff, 0xfe]);
        assert_eq!(Secret::new("abc").len(), 3);
        assert!(Secret::default().is_empty());
    }
}
