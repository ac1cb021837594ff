//! Syslog collectors of a plan.

use super::{Keyword, Misbehaviour};
use crate::scenario::source::{Span, Spanned};

/// A syslog collector.
#[derive(Debug, Clone, PartialEq)]
pub struct Collector {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// Port; 514 for UDP, 601 for TCP, 6514 for TLS when absent.
    pub port: Option<Spanned<u16>>,
    /// How messages come in; TLS when absent.
    pub transport: Option<Spanned<CollectorTransport>>,
    /// How it misbehaves.
    pub misbehaviours: Vec<Misbehaviour>,
    /// The whole statement.
    pub span: Span,
}

/// How messages come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectorTransport {
    /// A datagram each.
    Udp,
    /// A stream, each behind its length.
    Tcp,
    /// The same under TLS.
    Tls,
}

impl Keyword for CollectorTransport {
    const WORDS: &'static [(&'static str, Self)] =
        &[("udp", Self::Udp), ("tcp", Self::Tcp), ("tls", Self::Tls)];
}
