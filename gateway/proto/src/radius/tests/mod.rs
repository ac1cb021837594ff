//! What the tests of the codec and of the transaction share.

mod accounting;
mod codec;
mod model;
mod transaction;

use data_encoding::HEXLOWER;

use super::*;
use crate::secret::Secret;

/// The shared secret of the examples in RFC 2865 section 7 and RFC 5997 section 6.
fn rfc_secret() -> Secret {
    Secret::new("xyzzy5461")
}

/// The shared secret of everything else.
fn shared() -> Secret {
    Secret::new("0123456789abcdef")
}

const AUTHENTICATOR: Authenticator = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Hexadecimal text with any white space.
fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    HEXLOWER.decode(digits.as_bytes()).expect("hexadecimal")
}

fn packet(text: &str) -> Packet {
    Packet::decode(&hex(text)).expect("a packet")
}

fn attribute(kind: AttributeType, value: &[u8]) -> Attribute {
    Attribute::new(kind, value).expect("fits")
}

fn values(packet: &Packet, kind: AttributeType) -> Vec<&[u8]> {
    packet.values(kind).collect()
}
