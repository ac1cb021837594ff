//! Which protocol a connection speaks, told from its first bytes. Ours; the signatures are public knowledge.
//!
//! One port serves several protocols: each handler is registered together with the [`Signature`] its clients
//! begin with. At most [`DETECT_MAX_BYTES`] are looked at, and the answer for a stream does not depend on how
//! it was cut into reads. Nothing is consumed: the handler gets the same bytes again. How long to wait for a
//! decision is the driver's business.

use crate::limits::DETECT_MAX_BYTES;

/// `1A "CGP/01"`: how both sides of the common gateway protocol begin. Detection asks only for the part
/// without the version, so that an unknown version is refused by the CGP handler, with its own reason.
pub const CGP_PREAMBLE: [u8; 7] = *b"\x1aCGP/01";

/// Words that look like an HTTP method but begin something this port must not serve: the PROXY protocol
/// and the HTTP/2 preface.
const NOT_METHODS: [&[u8]; 2] = [b"PROXY", b"PRI"];

/// What the first bytes of a protocol look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(Pattern);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pattern {
    Bytes(&'static [u8]),
    HttpMethod,
}

impl Signature {
    /// The common gateway protocol, any version.
    pub const CGP: Self = Self::bytes(b"\x1aCGP/");
    /// SOCKS version 5 (RFC 1928).
    pub const SOCKS5: Self = Self::bytes(b"\x05");
    /// HTTP/1: a method of up to 15 ASCII capitals (and, behind the first, `-` or `_`), then a space.
    pub const HTTP: Self = Self(Pattern::HttpMethod);

    /// Exactly these bytes.
    ///
    /// # Panics
    /// When there are none or more than [`DETECT_MAX_BYTES`]; in a `const`, that is a compile error.
    pub const fn bytes(bytes: &'static [u8]) -> Self {
        assert!(!bytes.is_empty() && bytes.len() <= DETECT_MAX_BYTES, "a signature has 1 to 16 bytes");
        Self(Pattern::Bytes(bytes))
    }

    fn examine(self, prefix: &[u8]) -> Fit {
        match self.0 {
            Pattern::Bytes(bytes) if prefix.starts_with(bytes) => Fit::Yes,
            Pattern::Bytes(bytes) if bytes.starts_with(prefix) => Fit::NotYet,
            Pattern::Bytes(_) => Fit::No,
            Pattern::HttpMethod => examine_method(prefix),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Yes,
    NotYet,
    No,
}

fn examine_method(prefix: &[u8]) -> Fit {
    let is_method_byte =
        |(at, byte): (usize, &u8)| byte.is_ascii_uppercase() || (at > 0 && matches!(byte, b'-' | b'_'));
    let length = prefix.iter().enumerate().take_while(|&it| is_method_byte(it)).count();
    let (method, rest) = prefix.split_at(length);
    match rest.first() {
        Some(b' ') if length > 0 && !NOT_METHODS.contains(&method) => Fit::Yes,
        None if length < DETECT_MAX_BYTES => Fit::NotYet,
        _ => Fit::No,
    }
}

/// The answer of [`Detector::detect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detection<'a, T> {
    /// The protocol is known; this was registered with its signature.
    Matched(&'a T),
    /// More bytes are needed.
    NeedMore,
    /// No registered protocol begins like this, whatever follows.
    Unknown,
}

/// Signatures and what was registered with each, in order of registration: the first that fits wins, and a
/// later one is not chosen while an earlier one may still fit.
#[derive(Clone, Debug)]
pub struct Detector<T> {
    entries: Vec<(Signature, T)>,
}

impl<T> Default for Detector<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Detector<T> {
    /// Knows no protocol.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Adds a protocol.
    #[must_use]
    pub fn register(mut self, signature: Signature, handler: T) -> Self {
        self.entries.push((signature, handler));
        self
    }

    /// Judges the first bytes of a stream: all that were received so far, not only the new ones.
    pub fn detect(&self, prefix: &[u8]) -> Detection<'_, T> {
        let looked_at = prefix.get(..DETECT_MAX_BYTES).unwrap_or(prefix);
        for (signature, handler) in &self.entries {
            match signature.examine(looked_at) {
                Fit::Yes => return Detection::Matched(handler),
                Fit::NotYet => return Detection::NeedMore,
                Fit::No => {}
            }
        }
        Detection::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gateway() -> Detector<&'static str> {
        Detector::new()
            .register(Signature::SOCKS5, "socks")
            .register(Signature::CGP, "cgp")
            .register(Signature::HTTP, "http")
    }

    fn seen(prefix: &[u8]) -> &'static str {
        match gateway().detect(prefix) {
            Detection::Matched(handler) => handler,
            Detection::NeedMore => "more",
            Detection::Unknown => "unknown",
        }
    }

    #[test]
    fn tells_the_three_protocols_apart() {
        assert_eq!(seen(b"\x05"), "socks");
        assert_eq!(seen(b"\x05\x01\x00\x03"), "socks");
        assert_eq!(seen(&CGP_PREAMBLE), "cgp");
        assert_eq!(seen(b"\x1aCGP/"), "cgp");
        assert_eq!(seen(b"GET / HTTP/1.1\r\nHost: gateway.example\r\n"), "http");
        assert_eq!(seen(b"M-SEARCH * HTTP/1.1\r\n"), "http");
        assert_eq!(seen(b"RPC_IN_DATA /x HTTP/1.1\r\n"), "http");
    }

    #[test]
    fn asks_for_more_until_it_can_tell() {
        for undecided in [&b""[..], b"\x1a", b"\x1aCGP", b"G", b"GET", b"PROXY", b"VERSION-CONTROL"] {
            assert_eq!(seen(undecided), "more", "{}", undecided.escape_ascii());
        }
    }

    #[test]
    fn refuses_everything_else() {
        for stranger in [
            &b"\x04\x01\x05\xd6"[..],            // SOCKS4
            b"\x16\x03\x01\x02\x00",             // TLS inside TLS
            b"\x7f\x7fICA\0",                    // raw ICA: there the host speaks first
            b"\x0d\x0a\x0d\x0a\x00\x0d\x0aQUIT", // PROXY protocol 2
            b"PROXY TCP4 192.0.2.1 192.0.2.2",   // PROXY protocol 1
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n",     // HTTP/2 preface
            b"SSH-2.0-OpenSSH\r\n",
            b"get / HTTP/1.1",
            b" GET / HTTP/1.1",
            b"-GET / HTTP/1.1",
            b"\r\nGET / HTTP/1.1",
            b"\x1aCGQ/01",
            b"\x1aC\x05",
        ] {
            assert_eq!(seen(stranger), "unknown", "{}", stranger.escape_ascii());
        }
    }

    #[test]
    fn a_method_is_refused_behind_its_limit() {
        assert_eq!(seen(b"ABCDEFGHIJKLMNO /"), "http");
        assert_eq!(seen(b"ABCDEFGHIJKLMNOP"), "unknown");
        assert_eq!(seen(b"ABCDEFGHIJKLMNOP /"), "unknown");
    }

    #[test]
    fn an_earlier_longer_signature_is_waited_for() {
        let detector = Detector::new()
            .register(Signature::bytes(b"\x05\x01"), 'a')
            .register(Signature::bytes(b"\x05"), 'b');
        assert_eq!(detector.detect(b"\x05"), Detection::NeedMore);
        assert_eq!(detector.detect(b"\x05\x01"), Detection::Matched(&'a'));
        assert_eq!(detector.detect(b"\x05\x02"), Detection::Matched(&'b'));
        assert_eq!(Detector::<char>::new().detect(b""), Detection::Unknown);
    }

    proptest! {
        #[test]
        fn a_decision_is_never_taken_back(
            stream in prop_oneof![
                any::<Vec<u8>>(),
                "[A-Z_-]{0,17}[ /][ -~]{0,20}".prop_map(String::into_bytes),
                (0..=7usize, any::<Vec<u8>>()).prop_map(|(keep, tail)| [&CGP_PREAMBLE[..keep], &tail].concat()),
            ],
        ) {
            let whole = seen(&stream);
            for cut in 0..=stream.len() {
                let early = seen(&stream[..cut]);
                prop_assert!(early == "more" || early == whole, "{early} at {cut}, {whole} at the end");
            }
            prop_assert!(stream.len() < DETECT_MAX_BYTES || whole != "more");
        }
    }
}
