//! The byte layouts of RFC 1928 sections 3, 4 and 6 that both sides share. No behaviour.

/// The only version, first byte of every message.
pub(super) const VERSION: u8 = 0x05;
/// Method "no authentication required".
pub(super) const NO_AUTHENTICATION: u8 = 0x00;
/// Method selection "no acceptable methods".
pub(super) const NO_ACCEPTABLE_METHOD: u8 = 0xff;
/// Command CONNECT.
pub(super) const CONNECT: u8 = 0x01;
/// RSV of requests and replies.
pub(super) const RESERVED: u8 = 0x00;
/// Reply "succeeded".
pub(super) const SUCCEEDED: u8 = 0x00;

/// Address type IPv4.
pub(super) const ADDRESS_IPV4: u8 = 0x01;
/// Address type domain name.
pub(super) const ADDRESS_DOMAIN: u8 = 0x03;
/// Address type IPv6.
pub(super) const ADDRESS_IPV6: u8 = 0x04;

/// A failure reply (RFC 1928 section 6). Success is not one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reply {
    /// 01
    #[error("general SOCKS server failure")]
    GeneralFailure = 0x01,
    /// 02
    #[error("connection not allowed by ruleset")]
    NotAllowed = 0x02,
    /// 03
    #[error("network unreachable")]
    NetworkUnreachable = 0x03,
    /// 04
    #[error("host unreachable")]
    HostUnreachable = 0x04,
    /// 05
    #[error("connection refused")]
    ConnectionRefused = 0x05,
    /// 06
    #[error("TTL expired")]
    TtlExpired = 0x06,
    /// 07
    #[error("command not supported")]
    CommandNotSupported = 0x07,
    /// 08
    #[error("address type not supported")]
    AddressTypeNotSupported = 0x08,
}

impl Reply {
    const ALL: [Self; 8] = [
        Self::GeneralFailure,
        Self::NotAllowed,
        Self::NetworkUnreachable,
        Self::HostUnreachable,
        Self::ConnectionRefused,
        Self::TtlExpired,
        Self::CommandNotSupported,
        Self::AddressTypeNotSupported,
    ];

    /// The REP byte.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The reply with this REP byte; `None` for success and unassigned codes.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reply| reply.code() == code)
    }
}

/// A whole reply message. BND.ADDR and BND.PORT are zero: the client has no use for our addresses.
pub(super) fn encode_reply(code: u8) -> Vec<u8> {
    vec![VERSION, code, RESERVED, ADDRESS_IPV4, 0, 0, 0, 0, 0, 0]
}
