//! The part of LDAP that a log-in needs, both directions: simple bind, search, StartTLS, Who am I (RFC 4511,
//! 4513, 4515, 4532).
//!
//! [`Inbox`] cuts a stream into [`Message`]s, [`Message::encode`] makes the bytes. Every length is checked
//! against its bound before anything is allocated for it, and bytes with a password in them are a
//! [`Secret`](crate::secret::Secret). What Active Directory says behind "invalid credentials" is an
//! [`AccountState`].
//!
//! Not here: SASL, controls (read over, never sent), changes to a directory, and following referrals.

mod account_state;
mod ber;
mod filter;
mod inbox;
mod message;
mod outcome;
mod search;
#[cfg(test)]
mod tests;

pub use account_state::AccountState;
pub use ber::BerError;
pub use filter::{Filter, FilterError};
pub use inbox::Inbox;
pub use message::{ExtendedResponse, Message, Op};
pub use outcome::{Outcome, ResultCode};
pub use search::{Attribute, Entry, Scope, SearchRequest};

/// The port of LDAP, StartTLS included.
pub const PORT: u16 = 389;
/// The port of LDAP inside TLS.
pub const TLS_PORT: u16 = 636;
/// Extended operation StartTLS (RFC 4511 section 4.14).
pub const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// Extended operation "Who am I?" (RFC 4532).
pub const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";
