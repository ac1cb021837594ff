//! The protocols of the one port, each with the signature it is recognised by (ica-09).

use gateway_proto::detect::{Detector, Signature};

/// The protocols this port knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Cgp,
    Http,
    Socks5,
}

impl Protocol {
    /// As events spell it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cgp => "CGP",
            Self::Http => "HTTP",
            Self::Socks5 => "SOCKS5",
        }
    }
}

/// Knows a protocol by its first bytes.
pub(crate) fn detector() -> Detector<Protocol> {
    Detector::new()
        .register(Signature::HTTP, Protocol::Http)
        .register(Signature::SOCKS5, Protocol::Socks5)
        .register(Signature::CGP, Protocol::Cgp)
}
