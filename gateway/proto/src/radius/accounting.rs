//! Accounting-Request and its answer (RFC 2866; interim updates and Gigawords: RFC 2869 sections 2.1, 5.1, 5.2).
//!
//! A request tells one moment of one session; [`Transaction`](super::Transaction) sends it until it is acknowledged.
//! Its time stands in Event-Timestamp, so that a retransmission is the same datagram: there is no
//! Acct-Delay-Time, which would change it (RFC 2866 section 5.2).
//!
//! Not here: what keeps records until a server takes them.

use super::attribute::{Attribute, AttributeType};
use super::crypto::{Authenticator, request_authenticator};
use super::packet::{Code, Packet};
use super::request::{NAS_PORT_TYPE_VIRTUAL, RequestError, SignedRequest, filled};
use crate::secret::Secret;

/// Which moment is told: Acct-Status-Type, RFC 2866 section 5.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The session begins.
    Start,
    /// It goes on; so much was moved so far.
    Interim,
    /// It is over, and why.
    Stop(TerminateCause),
}

impl Moment {
    /// The value of Acct-Status-Type.
    pub const fn status(self) -> u32 {
        match self {
            Self::Start => 1,
            Self::Stop(_) => 2,
            Self::Interim => 3,
        }
    }
}

/// Acct-Terminate-Cause, RFC 2866 section 5.10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum TerminateCause {
    /// The user logged out.
    UserRequest = 1,
    /// Nothing moved for too long.
    IdleTimeout = 4,
    /// It reached its longest time.
    SessionTimeout = 5,
    /// An administrator ended it.
    AdminReset = 6,
    /// The gateway stops.
    NasReboot = 11,
}

/// What one request tells. Octets are counted from the user's end: input is what the user sent.
#[derive(Clone, Debug)]
pub struct AccountingRequest<'a> {
    /// Which moment.
    pub moment: Moment,
    /// The user's name as it was verified.
    pub user_name: &'a str,
    /// Acct-Session-Id: the same in every request of the session, 1 to 253 bytes.
    pub session_id: &'a str,
    /// The Class of the Access-Accept, byte for byte.
    pub class: &'a [Vec<u8>],
    /// The gateway's name, 1 to 253 bytes.
    pub nas_identifier: &'a str,
    /// The address of the user's end.
    pub calling_station_id: &'a str,
    /// When it was, in seconds since 1970.
    pub event_timestamp: u32,
    /// How long the session has lasted, in seconds.
    pub session_time: u32,
    /// Bytes from the user.
    pub input: u64,
    /// Bytes to the user.
    pub output: u64,
}

impl AccountingRequest<'_> {
    /// The datagram. `id` must be free on the socket. The authenticator is made of the bytes (RFC 2866 section 3).
    pub fn sign(&self, id: u8, shared: &Secret) -> Result<SignedRequest, RequestError> {
        use AttributeType as Type;
        let mut attributes = vec![
            Attribute::integer(Type::ACCT_STATUS_TYPE, self.moment.status()),
            filled(Type::USER_NAME, self.user_name.as_bytes())?,
            filled(Type::ACCT_SESSION_ID, self.session_id.as_bytes())?,
        ];
        for class in self.class {
            attributes.push(Attribute::new(Type::CLASS, class.as_slice())?);
        }
        attributes.push(filled(Type::NAS_IDENTIFIER, self.nas_identifier.as_bytes())?);
        attributes.push(filled(Type::CALLING_STATION_ID, self.calling_station_id.as_bytes())?);
        attributes.push(Attribute::integer(Type::NAS_PORT_TYPE, NAS_PORT_TYPE_VIRTUAL));
        attributes.push(Attribute::integer(Type::EVENT_TIMESTAMP, self.event_timestamp));
        if self.moment != Moment::Start {
            attributes.push(Attribute::integer(Type::ACCT_SESSION_TIME, self.session_time));
            for (octets, gigawords, bytes) in [
                (Type::ACCT_INPUT_OCTETS, Type::ACCT_INPUT_GIGAWORDS, self.input),
                (Type::ACCT_OUTPUT_OCTETS, Type::ACCT_OUTPUT_GIGAWORDS, self.output),
            ] {
                attributes.push(Attribute::integer(octets, low(bytes)));
                attributes.push(Attribute::integer(gigawords, low(bytes >> 32)));
            }
        }
        if let Moment::Stop(cause) = self.moment {
            attributes.push(Attribute::integer(Type::ACCT_TERMINATE_CAUSE, cause as u32));
        }
        signed(attributes, id, shared)
    }
}

/// What a gateway tells of itself: that it begins or ends, and with it that none of its sessions is from before or goes
/// on after (RFC 2866 section 5.1).
#[derive(Clone, Debug)]
pub struct GatewayNotice<'a> {
    /// Which.
    pub moment: GatewayMoment,
    /// Acct-Session-Id, which no request may lack (RFC 2866 section 5.5): the same in both, 1 to 253 bytes.
    pub session_id: &'a str,
    /// The gateway's name, 1 to 253 bytes.
    pub nas_identifier: &'a str,
    /// When it was, in seconds since 1970.
    pub event_timestamp: u32,
}

/// Acct-Status-Type of a [`GatewayNotice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum GatewayMoment {
    /// Accounting-On: it begins.
    On = 7,
    /// Accounting-Off: it ends.
    Off = 8,
}

impl GatewayNotice<'_> {
    /// The datagram, as [`AccountingRequest::sign`] makes it.
    pub fn sign(&self, id: u8, shared: &Secret) -> Result<SignedRequest, RequestError> {
        use AttributeType as Type;
        let attributes = vec![
            Attribute::integer(Type::ACCT_STATUS_TYPE, self.moment as u32),
            filled(Type::ACCT_SESSION_ID, self.session_id.as_bytes())?,
            filled(Type::NAS_IDENTIFIER, self.nas_identifier.as_bytes())?,
            Attribute::integer(Type::EVENT_TIMESTAMP, self.event_timestamp),
        ];
        signed(attributes, id, shared)
    }
}

fn signed(attributes: Vec<Attribute>, id: u8, shared: &Secret) -> Result<SignedRequest, RequestError> {
    let mut packet = Packet::new(Code::ACCOUNTING_REQUEST, id, [0; 16], attributes)?;
    let authenticator: Authenticator = request_authenticator(&packet, shared);
    packet.set_authenticator(authenticator);
    Ok(SignedRequest::new(&packet))
}

/// The lower half.
fn low(bytes: u64) -> u32 {
    u32::try_from(bytes & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

/// The server's check of an Accounting-Request: whether it was made with this shared secret.
pub fn verify_accounting(request: &Packet, shared: &Secret) -> bool {
    use subtle::ConstantTimeEq as _;
    request.code() == Code::ACCOUNTING_REQUEST
        && bool::from(request_authenticator(request, shared).ct_eq(request.authenticator()))
}
