//! What an STA answers.

use super::{ErrorId, StaError, TicketData, close, open, read_ticket, ticket_message};
use crate::ticket::Ticket;
use crate::xml::{Element, XmlError};

/// One answer of an STA. HTTP carries it with status 200, errors too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// What the redeemed ticket stood for.
    Data(TicketData),
    /// The `RequestData` failed.
    DataError(ErrorId),
    /// A new ticket, or the refreshed one.
    Ticket(Ticket),
    /// The `RequestTicket` or its refresh failed.
    TicketError(ErrorId),
}

impl Response {
    /// Reads a response document.
    ///
    /// # Errors
    /// [`StaError`]: also for an answer without the wanted elements, which a caller treats like an STA that
    /// is down.
    pub fn parse(document: &[u8]) -> Result<Self, StaError> {
        let message = open(document)?;
        let error = message.find("ErrorId")?.map(|id| ErrorId::read(id.token()));
        match (message.name(), error) {
            (RESPONSE_DATA, Some(id)) => Ok(Self::DataError(id)),
            (RESPONSE_DATA, None) => TicketData::read(&message).map(Self::Data),
            (RESPONSE_TICKET, Some(id)) => Ok(Self::TicketError(id)),
            (RESPONSE_TICKET, None) => {
                read_ticket(&message)?.map(Self::Ticket).ok_or(StaError::Xml(XmlError::Missing("Ticket")))
            }
            _ => Err(StaError::Message),
        }
    }

    /// Writes the response document.
    ///
    /// # Errors
    /// [`XmlError::Forbidden`] when the connection information has characters XML can't carry.
    pub fn write(&self) -> Result<String, XmlError> {
        let error = |name, id: &ErrorId| Element::new(name).with(Element::leaf("ErrorId", id.as_str()));
        close(match self {
            Self::Data(data) => Element::new(RESPONSE_DATA).with(data.element()),
            Self::DataError(id) => error(RESPONSE_DATA, id),
            Self::Ticket(ticket) => ticket_message(RESPONSE_TICKET, ticket),
            Self::TicketError(id) => error(RESPONSE_TICKET, id),
        })
    }
}

const RESPONSE_DATA: &str = "ResponseData";
const RESPONSE_TICKET: &str = "ResponseTicket";
