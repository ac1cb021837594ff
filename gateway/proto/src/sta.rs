//! Messages of the Secure Ticket Authority, in both directions.
//!
//! StoreFront asks for a ticket ([`Request::Ticket`]) and stuffs the host's addresses into it; the gateway
//! redeems it ([`Request::Data`]) and gets them back; during a session with reliability the gateway keeps a
//! reconnect ticket alive ([`Request::Refresh`]). This module reads and writes the XML, nothing else:
//! issuing, expiry, single use and the choice of an STA by the id inside a ticket are its callers' business.
//!
//! Sources, because no specification is public. Issuing a ticket: observed messages of a published client.
//! Redeeming: the element *names* are documented by a third party, their *nesting* is inferred from the
//! issuing pair, and so are all error forms and the refresh. So the reader asks only for the fields, wherever
//! they stand.

mod conn_info;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use self::conn_info::ConnInfo;
pub use self::request::{Request, RequestTicket};
pub use self::response::Response;
use crate::host_port::{HostPort, HostPortError};
use crate::ticket::{StaId, StaVersion, Ticket, TicketError};
use crate::xml::{self, Element, Prolog, Rules, XmlError};

/// Where an STA listens. Peers differ in case: compare with [`is_path`].
pub const PATH: &str = "/scripts/ctxsta.dll";
/// The media type of requests and replies.
pub const CONTENT_TYPE: &str = "text/xml";

const ROOT: &str = "CtxSTAProtocol";
const DTD: &str = "CtxSTA.dtd";
/// The protocol version written; 1.0 to 4.x are read.
const VERSION: &str = "4.0";

/// Whether a request path is that of an STA.
pub fn is_path(path: &str) -> bool {
    path.eq_ignore_ascii_case(PATH)
}

/// Why bytes are no STA message, or a message can't be written. Holds no ticket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StaError {
    /// An address inside the ticket data is not `host:port`.
    #[error("{field} is {source}")]
    Address {
        /// The name of the value.
        field: &'static str,
        /// What is wrong with it.
        source: HostPortError,
    },
    /// None of the messages of this protocol.
    #[error("not an STA message")]
    Message,
    /// The parts of a ticket do not make one.
    #[error("ticket refused: {0}")]
    Ticket(#[from] TicketError),
    /// A protocol version, or a ticket type, that is not spoken here. An STA answers
    /// [`ErrorId::VersionMismatch`].
    #[error("unknown STA version")]
    Version,
    /// Not the XML it should be.
    #[error(transparent)]
    Xml(#[from] XmlError),
}

/// What a ticket stands for: where the session's host listens, and for whom the ticket was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketData {
    /// Where ICA listens, usually port 1494.
    pub ica_address: Option<HostPort>,
    /// Where CGP listens, usually port 2598: session reliability is possible.
    pub cgp_address: Option<HostPort>,
    /// Where TLS to the host listens, usually port 443.
    pub ssl_relay_address: Option<HostPort>,
    /// The connection information, an XML document of its own; [`ConnInfo`] reads it. May be any text.
    pub x_data: Option<String>,
}

impl TicketData {
    const ICA_ADDRESS: &'static str = "ICAAddress";
    const CGP_ADDRESS: &'static str = "CGPAddress";
    const SSL_RELAY_ADDRESS: &'static str = "SSLRelayAddress";
    const X_DATA: &'static str = "XData";

    /// Collects the `Value` elements anywhere below `message`; those of unknown name are skipped.
    fn read(message: &Element) -> Result<Self, StaError> {
        let mut data = Self::default();
        for value in message.descendants().filter(|element| element.name() == "Value") {
            match value.attribute("name") {
                Some(Self::ICA_ADDRESS) => set_address(&mut data.ica_address, Self::ICA_ADDRESS, value)?,
                Some(Self::CGP_ADDRESS) => set_address(&mut data.cgp_address, Self::CGP_ADDRESS, value)?,
                Some(Self::SSL_RELAY_ADDRESS) => {
                    set_address(&mut data.ssl_relay_address, Self::SSL_RELAY_ADDRESS, value)?;
                }
                Some(Self::X_DATA) => set(&mut data.x_data, Self::X_DATA, value.text().to_owned())?,
                _ => {}
            }
        }
        Ok(data)
    }

    fn element(&self) -> Element {
        let value = |name, text: &str| Element::leaf("Value", text).with_attribute("name", name);
        let address =
            |name, address: &Option<HostPort>| address.as_ref().map(|a| value(name, &a.to_string()));
        Element::new("TicketData")
            .with_all(address(Self::ICA_ADDRESS, &self.ica_address))
            .with_all(address(Self::CGP_ADDRESS, &self.cgp_address))
            .with_all(address(Self::SSL_RELAY_ADDRESS, &self.ssl_relay_address))
            .with_all(self.x_data.as_deref().map(|text| value(Self::X_DATA, text)))
    }
}

fn set_address(slot: &mut Option<HostPort>, field: &'static str, value: &Element) -> Result<(), StaError> {
    let address = value.token().parse().map_err(|source| StaError::Address { field, source })?;
    set(slot, field, address)
}

fn set<T>(slot: &mut Option<T>, field: &'static str, value: T) -> Result<(), StaError> {
    if slot.replace(value).is_some() { Err(XmlError::Duplicate(field).into()) } else { Ok(()) }
}

/// Why an STA could not do what it was asked. All forms are inferred from those of the XML broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorId {
    /// The STA is up but can't work.
    ServiceUnavailable,
    /// The ticket was known and its life is over.
    TicketExpired,
    /// Never issued, or already redeemed.
    TicketUnknown,
    /// Anything else, and any id this module does not know.
    Unspecified,
    /// The request's version is not spoken.
    VersionMismatch,
}

impl ErrorId {
    /// Every id, in alphabetical order.
    pub const ALL: [Self; 5] = [
        Self::ServiceUnavailable,
        Self::TicketExpired,
        Self::TicketUnknown,
        Self::Unspecified,
        Self::VersionMismatch,
    ];

    /// The id as sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceUnavailable => "service-unavailable",
            Self::TicketExpired => "ticket-expired",
            Self::TicketUnknown => "ticket-unknown",
            Self::Unspecified => "unspecified",
            Self::VersionMismatch => "version-mismatch",
        }
    }

    fn read(text: &str) -> Self {
        Self::ALL.into_iter().find(|id| id.as_str().eq_ignore_ascii_case(text)).unwrap_or(Self::Unspecified)
    }
}

impl fmt::Display for ErrorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a document and returns the one message inside its root.
fn open(document: &[u8]) -> Result<Element, StaError> {
    let root = xml::read(document, &Rules { doctype: Some(ROOT), ..Rules::default() })?;
    let (ROOT, [message]) = (root.name(), root.children()) else { return Err(StaError::Message) };
    let spoken = |version: &str| {
        version.split_once('.').is_some_and(|(major, _)| matches!(major, "1" | "2" | "3" | "4"))
    };
    if root.attribute("version").is_some_and(|version| !spoken(version)) {
        return Err(StaError::Version);
    }
    Ok(message.clone())
}

/// Writes a document around one message.
fn close(message: Element) -> Result<String, XmlError> {
    let root = Element::new(ROOT).with_attribute("version", VERSION).with(message);
    xml::write(&root, Prolog::Doctype { system: DTD })
}

/// The ticket whose parts stand anywhere below `message`, if a `Ticket` element does. A peer that leaves out
/// the version means the current one; one that leaves out the id means its only STA.
fn read_ticket(message: &Element) -> Result<Option<Ticket>, StaError> {
    let Some(token) = message.find("Ticket")? else { return Ok(None) };
    let sta = message.find("AuthorityID")?.map_or("", Element::token);
    let version = message.find("TicketVersion")?.map_or(StaVersion::V40.as_str(), Element::token);
    let ticket = Ticket::new(StaVersion::from_str(version)?, StaId::from_str(sta)?, token.token())?;
    Ok(Some(ticket))
}

/// A message that holds the three parts of a ticket and nothing else.
fn ticket_message(name: &str, ticket: &Ticket) -> Element {
    // A ticket holds ASCII only, so its text is always there.
    let token = ticket.token().expose_str().unwrap_or_default();
    Element::new(name)
        .with(Element::leaf("AuthorityID", ticket.sta().as_str()))
        .with(Element::leaf("Ticket", token))
        .with(Element::leaf("TicketVersion", ticket.version().as_str()))
}
