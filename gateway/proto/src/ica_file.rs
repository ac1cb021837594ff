//! The ICA file StoreFront gives a Receiver, reduced to a launch through a gateway.
//!
//! [`Ini`] is the text format: ordered sections of ordered `Key=Value` lines, CRLF, and no way for a value to
//! start a new line. [`LaunchFile`] is what a gateway launch says in it. A direct launch
//! (`Address=host:1494`) is refused: in this project nobody may reach a host without a ticket.
//!
//! Sources: key names from vendor documentation and published launch files; the selection is ours.

mod ini;
mod launch;
#[cfg(test)]
mod tests;

pub use self::ini::{Ini, Section};
pub use self::launch::{LaunchFile, SessionReliability};
use crate::host_port::HostPortError;
use crate::ticket::TicketError;

/// The media type of an ICA file; some StoreFront URLs use `application/octet-stream` instead.
pub const CONTENT_TYPE: &str = "application/x-ica; charset=utf-8";

/// Why a text is no ICA file of a gateway launch, or a value can't be written. Holds no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IcaFileError {
    /// `SSLProxyHost` or `CGPAddress` is not what a gateway launch has.
    #[error("{key} is {source}")]
    Address {
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        source: HostPortError,
    },
    /// A section, or a key in its section, appears twice.
    #[error("a section or key appears twice")]
    Duplicate,
    /// A control character, or a separator inside a name.
    #[error("a character that does not belong there")]
    Forbidden,
    /// Too many bytes or lines.
    #[error("longer than allowed")]
    Limit,
    /// A section or a key that a gateway launch needs.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A line that is neither section, key, comment nor empty, or the first byte is not `[`.
    #[error("not an ICA file")]
    Syntax,
    /// `Address` is not a gateway traversal ticket.
    #[error("Address is no ticket: {0}")]
    Ticket(#[from] TicketError),
    /// A key has a value a gateway launch can't have.
    #[error("{0} has an unusable value")]
    Value(&'static str),
}
