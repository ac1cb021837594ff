//! RADIUS authentication (RFC 2865, with 2869, 3579 and 5080) and accounting (RFC 2866): codec, both sides' messages, client transaction.
//!
//! [`AccessRequest`] builds what the gateway sends, [`Transaction`] waits for what comes back and trusts
//! nothing of it before its integrity is proven (CVE-2024-3596, "Blast-RADIUS"). [`verify_request`] and
//! [`Reply`] are the server's side, for mocks; a reply can be forged on purpose.
//!
//! Not here: EAP, RADIUS over TLS, and the choice of a server.

mod accounting;
mod attribute;
mod crypto;
mod name;
mod packet;
mod reply;
mod request;
mod transaction;
mod verdict;

pub use accounting::{
    AccountingRequest, GatewayMoment, GatewayNotice, Moment, TerminateCause, verify_accounting,
};
pub use attribute::{Attribute, AttributeTooLong, AttributeType};
pub use crypto::{Authenticator, HiddenPasswordError, PasswordTooLong, hide_password, unhide_password};
pub use name::{AttributeName, AttributeNameError};
pub use packet::{Code, Packet, PacketError};
pub use reply::{Discard, MessageAuthenticatorPolicy, Note, Placement, Reply};
pub use request::{AccessRequest, RequestError, RequestFlaw, SignedRequest, verify_request};
pub use transaction::{Output, Schedule, Transaction};
pub use verdict::{Accept, Challenge, Unusable, Verdict};

#[cfg(test)]
mod tests;
