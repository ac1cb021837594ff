//! What StoreFront and the gateway ask an STA.

use super::{StaError, TicketData, close, open, read_ticket, ticket_message};
use crate::ticket::{StaVersion, Ticket};
use crate::xml::{Element, XmlError};

/// One question to an STA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Redeem a ticket: where does the session's host listen?
    Data(Ticket),
    /// Keep a refreshable reconnect ticket alive. Source: the name is documented by a third party, the rest
    /// inferred.
    Refresh(Ticket),
    /// Issue a ticket.
    Ticket(RequestTicket),
}

/// The wish for a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestTicket {
    /// What the ticket will stand for; an empty one is how a health probe asks.
    pub data: TicketData,
    /// Whether the ticket may be refreshed: a reconnect ticket of a session with reliability.
    pub refreshable: bool,
    /// The generation of ticket the caller understands; 40 where the request does not say.
    pub version: StaVersion,
}

impl RequestTicket {
    /// A ticket of the current generation that can't be refreshed.
    pub fn new(data: TicketData) -> Self {
        Self { data, refreshable: false, version: StaVersion::V40 }
    }

    fn read(message: &Element) -> Result<Self, StaError> {
        let version = match message.find("AllowedTicketType")? {
            None => StaVersion::V40,
            Some(wanted) => StaVersion::ALL
                .into_iter()
                .find(|version| ticket_type(*version) == wanted.token())
                .ok_or(StaError::Version)?,
        };
        let refreshable = message.find("Refreshable")?.is_some_and(|flag| flag.token() == "true");
        Ok(Self { data: TicketData::read(message)?, refreshable, version })
    }

    fn element(&self) -> Element {
        let control = || Element::new("Control").with(Element::leaf("Refreshable", "true"));
        Element::new(REQUEST_TICKET)
            .with(Element::leaf("AllowedTicketType", ticket_type(self.version)))
            .with(Element::leaf("AllowedAuthorityIDType", "STA-v1"))
            .with(self.data.element())
            .with_all(self.refreshable.then(control))
    }
}

impl Request {
    /// Reads a request document.
    ///
    /// # Errors
    /// [`StaError`]: an STA answers [`StaError::Version`] with `version-mismatch` and all others with
    /// `unspecified`.
    pub fn parse(document: &[u8]) -> Result<Self, StaError> {
        let message = open(document)?;
        let ticket = || read_ticket(&message)?.ok_or(StaError::Xml(XmlError::Missing("Ticket")));
        match message.name() {
            REQUEST_DATA => ticket().map(Self::Data),
            REQUEST_REFRESH => ticket().map(Self::Refresh),
            // One source shows a refresh under this name too; only a refresh names an existing ticket.
            REQUEST_TICKET if message.find("Ticket")?.is_some() => ticket().map(Self::Refresh),
            REQUEST_TICKET => RequestTicket::read(&message).map(Self::Ticket),
            _ => Err(StaError::Message),
        }
    }

    /// Writes the request document.
    ///
    /// # Errors
    /// [`XmlError::Forbidden`] when the connection information has characters XML can't carry.
    pub fn write(&self) -> Result<String, XmlError> {
        close(match self {
            Self::Data(ticket) => ticket_message(REQUEST_DATA, ticket),
            Self::Refresh(ticket) => ticket_message(REQUEST_REFRESH, ticket),
            Self::Ticket(wish) => wish.element(),
        })
    }
}

const REQUEST_DATA: &str = "RequestData";
const REQUEST_REFRESH: &str = "RequestTicketRefresh";
const REQUEST_TICKET: &str = "RequestTicket";

/// The name of a ticket generation in a request. Source: `STA-v4` observed, the others inferred by order.
const fn ticket_type(version: StaVersion) -> &'static str {
    match version {
        StaVersion::V10 => "STA-v1",
        StaVersion::V20 => "STA-v2",
        StaVersion::V22 => "STA-v3",
        StaVersion::V40 => "STA-v4",
    }
}
