//! Access-Request: what the gateway sends, and how a server checks it (RFC 2865 section 4.1, RFC 3579).
//!
//! Every request carries a Message-Authenticator as its first attribute; there is no way to leave it out.

use std::net::Ipv4Addr;

use super::attribute::{Attribute, AttributeTooLong, AttributeType};
use super::crypto::{
    Authenticator, Flaw, PasswordTooLong, authenticate, check_message_authenticator, hide_password,
};
use super::packet::{Code, Packet, PacketError};
use crate::secret::Secret;

/// NAS-Port-Type "Virtual": the user is not on a physical port (RFC 2865 section 5.41).
pub(super) const NAS_PORT_TYPE_VIRTUAL: u32 = 5;

/// What a request asks. The order of the fields is the order on the wire.
#[derive(Clone, Debug)]
pub struct AccessRequest<'a> {
    /// The name as typed: 1 to 253 bytes without control characters.
    pub user_name: &'a str,
    /// Password, passcode or answer to a challenge: at most 128 bytes.
    pub user_password: &'a Secret,
    /// The State of the challenge that this request answers.
    pub state: Option<&'a Secret>,
    /// The gateway's name, 1 to 253 bytes.
    pub nas_identifier: &'a str,
    /// The gateway's address.
    pub nas_ip_address: Option<Ipv4Addr>,
    /// The address of the user's end.
    pub calling_station_id: Option<&'a str>,
    /// Seconds since 1970.
    pub event_timestamp: Option<u32>,
}

/// Why a request can't be made of what the user or the configuration gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The user name, NAS-Identifier or State is empty.
    #[error("attribute {} would be empty", .0.0)]
    Empty(AttributeType),
    /// The user name has control characters.
    #[error("user name has control characters")]
    UserNameControl,
    /// The password is longer than 128 bytes.
    #[error(transparent)]
    Password(#[from] PasswordTooLong),
    /// A value is longer than 253 bytes.
    #[error(transparent)]
    Attribute(#[from] AttributeTooLong),
    /// All attributes together are too long.
    #[error(transparent)]
    Packet(#[from] PacketError),
}

/// An encoded request and what is needed to know its reply.
#[derive(Clone)]
pub struct SignedRequest {
    code: Code,
    id: u8,
    authenticator: Authenticator,
    datagram: Vec<u8>,
}

impl SignedRequest {
    pub(super) fn new(packet: &Packet) -> Self {
        let (code, id, authenticator) = (packet.code(), packet.id(), *packet.authenticator());
        Self { code, id, authenticator, datagram: packet.encode() }
    }

    /// Access-Request or Accounting-Request.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The identifier.
    pub fn id(&self) -> u8 {
        self.id
    }

    /// The Request Authenticator.
    pub fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    /// The bytes to send, the same at every try.
    pub fn datagram(&self) -> &[u8] {
        &self.datagram
    }
}

impl AccessRequest<'_> {
    /// Hides the password and signs the whole. `id` must be unpredictable and free on the socket;
    /// `authenticator` must be 16 fresh random bytes.
    pub fn sign(
        &self,
        id: u8,
        authenticator: Authenticator,
        shared: &Secret,
    ) -> Result<SignedRequest, RequestError> {
        if self.user_name.chars().any(char::is_control) {
            return Err(RequestError::UserNameControl);
        }
        let password = hide_password(self.user_password, shared, &authenticator)?;
        let mut attributes = vec![
            Attribute::message_authenticator([0; 16]),
            filled(AttributeType::USER_NAME, self.user_name.as_bytes())?,
            filled(AttributeType::USER_PASSWORD, &password)?,
        ];
        if let Some(state) = self.state {
            attributes.push(filled(AttributeType::STATE, state.expose())?);
        }
        attributes.push(filled(AttributeType::NAS_IDENTIFIER, self.nas_identifier.as_bytes())?);
        if let Some(address) = self.nas_ip_address {
            attributes.push(Attribute::integer(AttributeType::NAS_IP_ADDRESS, address.to_bits()));
        }
        if let Some(station) = self.calling_station_id {
            attributes.push(filled(AttributeType::CALLING_STATION_ID, station.as_bytes())?);
        }
        attributes.push(Attribute::integer(AttributeType::NAS_PORT_TYPE, NAS_PORT_TYPE_VIRTUAL));
        if let Some(seconds) = self.event_timestamp {
            attributes.push(Attribute::integer(AttributeType::EVENT_TIMESTAMP, seconds));
        }
        let mut packet = Packet::new(Code::ACCESS_REQUEST, id, authenticator, attributes)?;
        authenticate(&mut packet, 0, &authenticator, shared);
        Ok(SignedRequest::new(&packet))
    }
}

/// An attribute that must hold something.
pub(super) fn filled(kind: AttributeType, value: &[u8]) -> Result<Attribute, RequestError> {
    if value.is_empty() {
        return Err(RequestError::Empty(kind));
    }
    Ok(Attribute::new(kind, value)?)
}

/// Why a server drops a request without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestFlaw {
    /// Another code than Access-Request.
    #[error("code {} is not Access-Request", .0.0)]
    Code(Code),
    /// No Message-Authenticator.
    #[error("no Message-Authenticator")]
    MessageAuthenticatorMissing,
    /// More than one Message-Authenticator.
    #[error("more than one Message-Authenticator")]
    MessageAuthenticatorRepeated,
    /// The Message-Authenticator was not made with this shared secret over these bytes.
    #[error("wrong Message-Authenticator")]
    MessageAuthenticatorWrong,
}

/// The server's check: an Access-Request with exactly one right Message-Authenticator.
pub fn verify_request(request: &Packet, shared: &Secret) -> Result<(), RequestFlaw> {
    if request.code() != Code::ACCESS_REQUEST {
        return Err(RequestFlaw::Code(request.code()));
    }
    check_message_authenticator(request, request.authenticator(), shared).map_err(|flaw| match flaw {
        Flaw::Missing => RequestFlaw::MessageAuthenticatorMissing,
        Flaw::Repeated => RequestFlaw::MessageAuthenticatorRepeated,
        Flaw::Wrong => RequestFlaw::MessageAuthenticatorWrong,
    })
}
