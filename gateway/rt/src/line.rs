//! One line of a log or a trace, safe to show by construction.
//!
//! A line is made of plain text and of *opaque* values (session ids, tickets, authenticators). An opaque
//! value enters as a [`Fingerprint`], a hash from which nobody gets the value back; whoever renders the line
//! gives it a stable name such as `‹ticket 2›`. So the same value is recognisable in every line of a run and
//! in none of them readable. Passwords and passcodes do not enter at all.
//!
//! Text that came from a peer is cut to a bound and freed of control characters here, once.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::limits::{LINE_PARTS_MAX, LINE_TEXT_CHARS_MAX};

/// The first 8 bytes of the SHA-256 of a value: equal values, equal prints, and no way back for the
/// high-entropy values it is made for. Never take the fingerprint of a password.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    /// The fingerprint of `value`.
    pub fn of(value: impl AsRef<[u8]>) -> Self {
        let digest = Sha256::digest(value.as_ref());
        let mut print = [0; 8];
        print.copy_from_slice(&digest[..8]);
        Self(print)
    }

    /// The fingerprint that [`Self::to_bytes`] gave.
    pub const fn from_bytes(print: [u8; 8]) -> Self {
        Self(print)
    }

    /// For who keeps it beyond the life of the process.
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// A piece of a [`Line`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text that may be shown.
    Text(String),
    /// A value that may only be named: its kind (`"ticket"`, `"session"`) and its fingerprint.
    Opaque(&'static str, Fingerprint),
}

/// A line to show: text and opaque values in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(Vec<Part>);

impl Line {
    /// A line that begins with `text`.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self::default().text(text)
    }

    /// Appends text. Control characters become `␦`; what exceeds the bound is cut with `…`.
    #[must_use]
    pub fn text(mut self, text: impl AsRef<str>) -> Self {
        if self.0.len() < LINE_PARTS_MAX {
            self.0.push(Part::Text(clean(text.as_ref())));
        }
        self
    }

    /// Appends the name of an opaque value.
    #[must_use]
    pub fn opaque(self, kind: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.fingerprint(kind, Fingerprint::of(value))
    }

    /// Appends the name of an opaque value of which only the fingerprint is left.
    #[must_use]
    pub fn fingerprint(mut self, kind: &'static str, print: Fingerprint) -> Self {
        if self.0.len() < LINE_PARTS_MAX {
            self.0.push(Part::Opaque(kind, print));
        }
        self
    }

    /// Appends the parts of another line.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        let room = LINE_PARTS_MAX.saturating_sub(self.0.len());
        self.0.extend(other.0.into_iter().take(room));
        self
    }

    /// The pieces, in order.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }
}

/// Without a table of names, an opaque value shows its kind and fingerprint: `‹ticket 1f0634de6633bf67›`.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Opaque(kind, print) => write!(f, "‹{kind} {print}›"),
        })
    }
}

fn clean(text: &str) -> String {
    let mut out: String =
        text.chars().take(LINE_TEXT_CHARS_MAX).map(|c| if c.is_control() { '␦' } else { c }).collect();
    if text.chars().nth(LINE_TEXT_CHARS_MAX).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opaque_values_are_recognisable_but_not_readable() {
        let ticket = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
        let first = Line::new("redeem ").opaque("ticket", ticket).to_string();
        let second = Line::new("redeem ").opaque("ticket", ticket).to_string();
        assert_eq!(first, second);
        assert!(!first.contains(ticket));
        assert_ne!(first, Line::new("redeem ").opaque("ticket", "other").to_string());
    }

    #[test]
    fn peer_text_cannot_forge_a_line() {
        assert_eq!(Line::new("a\r\nb\x1b[2J").to_string(), "a␦␦b␦[2J");
        let long = Line::new("x".repeat(LINE_TEXT_CHARS_MAX + 1)).to_string();
        assert_eq!(long.chars().count(), LINE_TEXT_CHARS_MAX + 1);
        assert!(long.ends_with('…'));
    }
}
