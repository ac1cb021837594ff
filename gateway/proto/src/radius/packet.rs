//! The packet: code, identifier, length, authenticator, attributes (RFC 2865 section 3). No cryptography.

use super::attribute::{Attribute, AttributeType};
use super::crypto::Authenticator;
use crate::buf::Reader;
use crate::limits::{RADIUS_ATTRIBUTES_MAX, RADIUS_PACKET_MAX_BYTES, RADIUS_PACKET_MIN_BYTES};

/// The first byte of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub u8);

impl Code {
    /// Access-Request.
    pub const ACCESS_REQUEST: Self = Self(1);
    /// Access-Accept.
    pub const ACCESS_ACCEPT: Self = Self(2);
    /// Access-Reject.
    pub const ACCESS_REJECT: Self = Self(3);
    /// Accounting-Request, RFC 2866 section 4.1.
    pub const ACCOUNTING_REQUEST: Self = Self(4);
    /// Accounting-Response, RFC 2866 section 4.2.
    pub const ACCOUNTING_RESPONSE: Self = Self(5);
    /// Access-Challenge.
    pub const ACCESS_CHALLENGE: Self = Self(11);
}

/// Why bytes are not a packet, or attributes do not make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// Shorter than a packet without attributes.
    #[error("shorter than {RADIUS_PACKET_MIN_BYTES} bytes")]
    TooShort,
    /// The length field is outside of what the RFC allows.
    #[error("length field {0} is not within {RADIUS_PACKET_MIN_BYTES}..={RADIUS_PACKET_MAX_BYTES}")]
    LengthField(u16),
    /// The length field promises more than came.
    #[error("length field {0} is more than was received")]
    Truncated(u16),
    /// An attribute is shorter than its own header or ends behind the packet.
    #[error("an attribute has a wrong length")]
    AttributeLength,
    /// More attributes than are read.
    #[error("more than {RADIUS_ATTRIBUTES_MAX} attributes")]
    TooManyAttributes,
    /// Attributes to be sent that exceed the largest packet.
    #[error("longer than {RADIUS_PACKET_MAX_BYTES} bytes")]
    TooLong,
}

/// A well-formed packet: whatever it says, it can be encoded. Nothing in it is trusted yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    code: Code,
    id: u8,
    authenticator: Authenticator,
    attributes: Vec<Attribute>,
}

impl Packet {
    /// Refuses more attributes than fit.
    pub fn new(
        code: Code,
        id: u8,
        authenticator: Authenticator,
        attributes: Vec<Attribute>,
    ) -> Result<Self, PacketError> {
        if attributes.len() > RADIUS_ATTRIBUTES_MAX {
            return Err(PacketError::TooManyAttributes);
        }
        let packet = Self { code, id, authenticator, attributes };
        if packet.wire_length() > RADIUS_PACKET_MAX_BYTES {
            return Err(PacketError::TooLong);
        }
        Ok(packet)
    }

    /// Reads one datagram. Bytes behind the length field are padding and ignored.
    pub fn decode(datagram: &[u8]) -> Result<Self, PacketError> {
        let mut reader = Reader::new(datagram);
        let code = Code(reader.u8().ok_or(PacketError::TooShort)?);
        let id = reader.u8().ok_or(PacketError::TooShort)?;
        let length = reader.u16().ok_or(PacketError::TooShort)?;
        let authenticator = reader.array().ok_or(PacketError::TooShort)?;
        let body = usize::from(length)
            .checked_sub(RADIUS_PACKET_MIN_BYTES)
            .filter(|body| *body <= RADIUS_PACKET_MAX_BYTES - RADIUS_PACKET_MIN_BYTES)
            .ok_or(PacketError::LengthField(length))?;
        let body = reader.take(body).ok_or(PacketError::Truncated(length))?;
        Self::new(code, id, authenticator, decode_attributes(body)?)
    }

    /// The bytes of the datagram.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(&self.authenticator, Attribute::value)
    }

    /// The bytes with another authenticator and other attribute values, which must keep their lengths: what
    /// the hashes of RFC 2865 and RFC 3579 are made over.
    pub(super) fn encode_with<'a>(
        &'a self,
        authenticator: &Authenticator,
        value: impl Fn(&'a Attribute) -> &'a [u8],
    ) -> Vec<u8> {
        let length = u16::try_from(self.wire_length()).expect("`new` keeps packets within 4096 bytes");
        let mut bytes = Vec::with_capacity(self.wire_length());
        bytes.extend([self.code.0, self.id]);
        bytes.extend(length.to_be_bytes());
        bytes.extend(authenticator);
        for attribute in &self.attributes {
            let length = u8::try_from(attribute.wire_length()).expect("values have at most 253 bytes");
            bytes.extend([attribute.kind().0, length]);
            bytes.extend(value(attribute));
        }
        bytes
    }

    /// What kind of packet this is.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Matches replies to requests.
    pub fn id(&self) -> u8 {
        self.id
    }

    /// Request Authenticator or Response Authenticator.
    pub fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    /// All attributes in order.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The values of all attributes of this type, in order.
    pub fn values(&self, kind: AttributeType) -> impl Iterator<Item = &[u8]> {
        self.attributes.iter().filter(move |a| a.kind() == kind).map(Attribute::value)
    }

    pub(super) fn set_authenticator(&mut self, authenticator: Authenticator) {
        self.authenticator = authenticator;
    }

    /// Replaces the attribute at this place by one of the same length.
    pub(super) fn replace(&mut self, at: usize, attribute: Attribute) {
        let slot = &mut self.attributes[at];
        assert_eq!(slot.wire_length(), attribute.wire_length(), "the packet keeps its length");
        *slot = attribute;
    }

    fn wire_length(&self) -> usize {
        RADIUS_PACKET_MIN_BYTES + self.attributes.iter().map(Attribute::wire_length).sum::<usize>()
    }
}

fn decode_attributes(body: &[u8]) -> Result<Vec<Attribute>, PacketError> {
    let mut reader = Reader::new(body);
    let mut attributes = Vec::new();
    while let Some(kind) = reader.u8() {
        if attributes.len() == RADIUS_ATTRIBUTES_MAX {
            return Err(PacketError::TooManyAttributes);
        }
        let length =
            reader.u8().and_then(|length| length.checked_sub(2)).ok_or(PacketError::AttributeLength)?;
        let value = reader.take(length.into()).ok_or(PacketError::AttributeLength)?;
        let attribute =
            Attribute::new(AttributeType(kind), value).map_err(|_| PacketError::AttributeLength)?;
        attributes.push(attribute);
    }
    Ok(attributes)
}
