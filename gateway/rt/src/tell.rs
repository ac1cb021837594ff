//! What a component tells about an event: the one form that logs, traces, expectations and JSON read.
//!
//! Gateway and mocks keep typed event enums of their own; each says through [`Tell`] how an event is named,
//! who was at the other end, how it reads, and which fields it has. Correctness rules look at the types,
//! everything that shows something looks at [`Told`].

use std::net::SocketAddr;

use crate::{Fingerprint, Line};

/// Where an event happened, seen from the component that tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A message that came in from the peer.
    Received,
    /// A message that went out to the peer.
    Sent,
    /// A decision, or something that concerns no message.
    Here,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// Text that may be shown.
    Text(String),
    /// A number.
    Number(u64),
    /// A value that may only be named, see [`Line`].
    Opaque(&'static str, Fingerprint),
}

impl Field {
    /// A field for an opaque value.
    pub fn opaque(kind: &'static str, value: impl AsRef<[u8]>) -> Self {
        Self::Opaque(kind, Fingerprint::of(value))
    }
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Field {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Field {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// An event in the form that is shown and matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its stable name, `area.what`, e.g. `"ticket.redeemed"`.
    pub kind: &'static str,
    /// In, out, or neither.
    pub way: Way,
    /// The other end, where there is one.
    pub peer: Option<SocketAddr>,
    /// How it reads.
    pub line: Line,
    /// Its data, in a fixed order.
    pub fields: Vec<(&'static str, Field)>,
}

impl Told {
    /// A decision or an inner event.
    pub fn here(kind: &'static str, line: Line) -> Self {
        Self { kind, way: Way::Here, peer: None, line, fields: Vec::new() }
    }

    /// A message from `peer`.
    pub fn received(kind: &'static str, peer: SocketAddr, line: Line) -> Self {
        Self { kind, way: Way::Received, peer: Some(peer), line, fields: Vec::new() }
    }

    /// A message to `peer`.
    pub fn sent(kind: &'static str, peer: SocketAddr, line: Line) -> Self {
        Self { kind, way: Way::Sent, peer: Some(peer), line, fields: Vec::new() }
    }

    /// Adds a field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Field>) -> Self {
        self.fields.push((name, value.into()));
        self
    }
}

/// An event that can be told.
pub trait Tell {
    /// The event as logs and traces show it.
    fn tell(&self) -> Told;
}
