//! One attribute of a packet: type, length, value (RFC 2865 section 5). What a value means is not known here.

use std::fmt;

use crate::limits::RADIUS_ATTRIBUTE_MAX_BYTES;

/// The type byte of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeType(pub u8);

impl AttributeType {
    /// User-Name, RFC 2865 section 5.1.
    pub const USER_NAME: Self = Self(1);
    /// User-Password, RFC 2865 section 5.2: see [`hide_password`](super::hide_password).
    pub const USER_PASSWORD: Self = Self(2);
    /// NAS-IP-Address, RFC 2865 section 5.4.
    pub const NAS_IP_ADDRESS: Self = Self(4);
    /// Service-Type, RFC 2865 section 5.6.
    pub const SERVICE_TYPE: Self = Self(6);
    /// Filter-Id, RFC 2865 section 5.11: how servers name a user's groups.
    pub const FILTER_ID: Self = Self(11);
    /// Reply-Message, RFC 2865 section 5.18.
    pub const REPLY_MESSAGE: Self = Self(18);
    /// State, RFC 2865 section 5.24.
    pub const STATE: Self = Self(24);
    /// Class, RFC 2865 section 5.25.
    pub const CLASS: Self = Self(25);
    /// Vendor-Specific, RFC 2865 section 5.26: see [`AttributeName::Vendor`](super::AttributeName::Vendor).
    pub const VENDOR_SPECIFIC: Self = Self(26);
    /// Session-Timeout, RFC 2865 section 5.27, in seconds.
    pub const SESSION_TIMEOUT: Self = Self(27);
    /// Calling-Station-Id, RFC 2865 section 5.31.
    pub const CALLING_STATION_ID: Self = Self(31);
    /// NAS-Identifier, RFC 2865 section 5.32.
    pub const NAS_IDENTIFIER: Self = Self(32);
    /// Proxy-State, RFC 2865 section 5.33.
    pub const PROXY_STATE: Self = Self(33);
    /// Acct-Status-Type, RFC 2866 section 5.1.
    pub const ACCT_STATUS_TYPE: Self = Self(40);
    /// Acct-Input-Octets, RFC 2866 section 5.3: the lower 32 bits of what the user sent.
    pub const ACCT_INPUT_OCTETS: Self = Self(42);
    /// Acct-Output-Octets, RFC 2866 section 5.4: the lower 32 bits of what was sent to the user.
    pub const ACCT_OUTPUT_OCTETS: Self = Self(43);
    /// Acct-Session-Id, RFC 2866 section 5.5.
    pub const ACCT_SESSION_ID: Self = Self(44);
    /// Acct-Session-Time, RFC 2866 section 5.7, in seconds.
    pub const ACCT_SESSION_TIME: Self = Self(46);
    /// Acct-Terminate-Cause, RFC 2866 section 5.10.
    pub const ACCT_TERMINATE_CAUSE: Self = Self(49);
    /// Acct-Input-Gigawords, RFC 2869 section 5.1: the upper 32 bits.
    pub const ACCT_INPUT_GIGAWORDS: Self = Self(52);
    /// Acct-Output-Gigawords, RFC 2869 section 5.2: the upper 32 bits.
    pub const ACCT_OUTPUT_GIGAWORDS: Self = Self(53);
    /// Event-Timestamp, RFC 2869 section 5.3, in seconds since 1970.
    pub const EVENT_TIMESTAMP: Self = Self(55);
    /// NAS-Port-Type, RFC 2865 section 5.41.
    pub const NAS_PORT_TYPE: Self = Self(61);
    /// Prompt, RFC 2869 section 5.10: 0 hides what the user types, 1 shows it.
    pub const PROMPT: Self = Self(76);
    /// Message-Authenticator, RFC 3579 section 3.2.
    pub const MESSAGE_AUTHENTICATOR: Self = Self(80);
}

/// A value that does not fit its length byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("attribute {} is longer than {RADIUS_ATTRIBUTE_MAX_BYTES} bytes", .0.0)]
pub struct AttributeTooLong(pub AttributeType);

/// A type and a value of at most 253 bytes. `Debug` hides the value: it may be a State or a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    kind: AttributeType,
    value: Vec<u8>,
}

impl Attribute {
    /// Any value of up to 253 bytes.
    pub fn new(kind: AttributeType, value: impl Into<Vec<u8>>) -> Result<Self, AttributeTooLong> {
        let value = value.into();
        if value.len() > RADIUS_ATTRIBUTE_MAX_BYTES {
            return Err(AttributeTooLong(kind));
        }
        Ok(Self { kind, value })
    }

    /// The RFC's types integer, time and address: four bytes, most significant first.
    pub fn integer(kind: AttributeType, value: u32) -> Self {
        Self { kind, value: value.to_be_bytes().to_vec() }
    }

    /// A Message-Authenticator with this content.
    pub(super) fn message_authenticator(value: [u8; 16]) -> Self {
        Self { kind: AttributeType::MESSAGE_AUTHENTICATOR, value: value.to_vec() }
    }

    /// The type.
    pub fn kind(&self) -> AttributeType {
        self.kind
    }

    /// The value.
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Bytes on the wire.
    pub(super) fn wire_length(&self) -> usize {
        2 + self.value.len()
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attribute({}, {} bytes)", self.kind.0, self.value.len())
    }
}
