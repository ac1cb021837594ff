//! Access-Accept, -Reject and -Challenge on the wire: how a server signs one, how the client checks one
//! (RFC 2865 sections 4.2 to 4.4, RFC 3579 section 3.2, RFC 5080 section 2.2.2).

use super::attribute::{Attribute, AttributeType};
use super::crypto::{
    Flaw, authenticate, check_message_authenticator, has_response_authenticator, response_authenticator,
};
use super::packet::{Code, Packet, PacketError};
use super::request::SignedRequest;
use crate::secret::Secret;

/// Where a reply has its Message-Authenticator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// Before all other attributes, as servers should.
    #[default]
    First,
    /// Behind all other attributes.
    Last,
    /// Nowhere, as servers did before 2024.
    Absent,
}

/// A reply to be signed by a server. Nothing is added but the Message-Authenticator: echoing Proxy-State, or
/// lying with a wrong shared secret, is the caller's doing.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Accept, Reject, Challenge, or something a client must discard.
    pub code: Code,
    /// All attributes but the Message-Authenticator.
    pub attributes: Vec<Attribute>,
    /// Where that one goes.
    pub message_authenticator: Placement,
}

impl Reply {
    /// The datagram that answers `request`.
    pub fn sign(&self, request: &Packet, shared: &Secret) -> Result<Vec<u8>, PacketError> {
        let mut attributes = self.attributes.clone();
        let at = match self.message_authenticator {
            Placement::First => Some(0),
            Placement::Last => Some(attributes.len()),
            Placement::Absent => None,
        };
        if let Some(at) = at {
            attributes.insert(at, Attribute::message_authenticator([0; 16]));
        }
        let mut reply = Packet::new(self.code, request.id(), *request.authenticator(), attributes)?;
        if let Some(at) = at {
            authenticate(&mut reply, at, request.authenticator(), shared);
        }
        reply.set_authenticator(response_authenticator(&reply, request.authenticator(), shared));
        Ok(reply.encode())
    }
}

/// Whether replies without Message-Authenticator are believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageAuthenticatorPolicy {
    /// They are discarded.
    #[default]
    Required,
    /// They are believed: open to CVE-2024-3596, only for servers that can't be repaired.
    IfPresent,
}

/// Why a datagram was dropped. The transaction goes on waiting for the real reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Discard {
    /// It did not come from the address and port that was asked.
    #[error("from another address than the server asked")]
    Source,
    /// It is not a packet.
    #[error("malformed packet: {0}")]
    Malformed(#[from] PacketError),
    /// It answers another request.
    #[error("identifier {0} is not the one asked with")]
    Id(u8),
    /// It is none of the answers to such a request.
    #[error("code {} does not answer the request", .0.0)]
    Code(Code),
    /// The Response Authenticator is wrong: other request, other shared secret, or forged.
    #[error("wrong Response Authenticator")]
    ResponseAuthenticator,
    /// It has a Proxy-State though we sent none, under a right Response Authenticator: an attack.
    #[error("Proxy-State in a reply to a request without one")]
    ProxyState,
    /// It has no Message-Authenticator, and one is required.
    #[error("no Message-Authenticator")]
    MessageAuthenticatorMissing,
    /// It has more than one Message-Authenticator.
    #[error("more than one Message-Authenticator")]
    MessageAuthenticatorRepeated,
    /// The Message-Authenticator is wrong.
    #[error("wrong Message-Authenticator")]
    MessageAuthenticatorWrong,
    /// It came after the verdict or after the time-out.
    #[error("the request is already decided")]
    Late,
}

impl Discard {
    /// Whether an operator must hear of it: no mishap looks like this.
    pub fn is_attack(self) -> bool {
        matches!(self, Self::ProxyState)
    }
}

/// Something about a believed reply that an operator should repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    /// Valid, but other attributes stand before it.
    #[error("Message-Authenticator is not the first attribute of the reply")]
    MessageAuthenticatorNotFirst,
    /// Believed without one, by policy.
    #[error("reply without Message-Authenticator was believed")]
    MessageAuthenticatorAbsent,
}

/// Believes a datagram or says why not. The order matters: the Response Authenticator is checked before
/// Proxy-State, so that nobody without a collision can raise the alarm, and Proxy-State before the
/// Message-Authenticator, whose absence would hide the attack.
pub(super) fn verify(
    datagram: &[u8],
    request: &SignedRequest,
    shared: &Secret,
    policy: MessageAuthenticatorPolicy,
) -> Result<(Packet, Option<Note>), Discard> {
    let reply = Packet::decode(datagram)?;
    if reply.id() != request.id() {
        return Err(Discard::Id(reply.id()));
    }
    if !has_response_authenticator(&reply, request.authenticator(), shared) {
        return Err(Discard::ResponseAuthenticator);
    }
    if reply.values(AttributeType::PROXY_STATE).next().is_some() {
        return Err(Discard::ProxyState);
    }
    // Accounting has none: its answer only says that a record was taken (RFC 2866 section 4.2).
    if request.code() == Code::ACCOUNTING_REQUEST {
        return Ok((reply, None));
    }
    let note = match check_message_authenticator(&reply, request.authenticator(), shared) {
        Ok(()) => {
            let first = reply.attributes().first().map(Attribute::kind);
            let in_place = first == Some(AttributeType::MESSAGE_AUTHENTICATOR);
            (!in_place).then_some(Note::MessageAuthenticatorNotFirst)
        }
        Err(Flaw::Missing) if policy == MessageAuthenticatorPolicy::IfPresent => {
            Some(Note::MessageAuthenticatorAbsent)
        }
        Err(Flaw::Missing) => return Err(Discard::MessageAuthenticatorMissing),
        Err(Flaw::Repeated) => return Err(Discard::MessageAuthenticatorRepeated),
        Err(Flaw::Wrong) => return Err(Discard::MessageAuthenticatorWrong),
    };
    Ok((reply, note))
}
