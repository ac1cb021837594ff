//! What an STA saw, and how it reads.

use std::net::SocketAddr;

use gateway_proto::sta::{Request, Response, TicketData};
use gateway_proto::ticket::Ticket;
use gateway_rt::{Field, Line, Tell, Told};

/// The kinds of [`Seen`].
pub const KINDS: &[&str] = &[
    "sta.request-ticket",
    "sta.ticket-issued",
    "sta.request-refresh",
    "sta.ticket-refreshed",
    "sta.request-data",
    "sta.data",
    "sta.refused",
    "sta.misbehaved",
];

/// A message at the STA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Somebody asked for a ticket.
    RequestTicket {
        /// Who.
        peer: SocketAddr,
        /// What the ticket shall stand for.
        data: TicketData,
        /// Whether it shall be a reconnect ticket.
        refreshable: bool,
    },
    /// A ticket was issued.
    TicketIssued {
        /// To whom.
        peer: SocketAddr,
        /// The ticket.
        ticket: Ticket,
    },
    /// Somebody asked to keep a reconnect ticket alive.
    RequestRefresh {
        /// Who.
        peer: SocketAddr,
        /// The ticket.
        ticket: Ticket,
    },
    /// A reconnect ticket has its full lifetime again.
    TicketRefreshed {
        /// Who asked.
        peer: SocketAddr,
        /// The ticket.
        ticket: Ticket,
    },
    /// Somebody presented a ticket.
    RequestData {
        /// Who.
        peer: SocketAddr,
        /// The ticket.
        ticket: Ticket,
    },
    /// The ticket was good; this is what it stood for.
    Data {
        /// Who presented it.
        peer: SocketAddr,
        /// What it stood for.
        data: TicketData,
    },
    /// The answer was an error.
    Refused {
        /// Who asked.
        peer: SocketAddr,
        /// The error id.
        error: String,
    },
    /// The STA does something wrong to the answer, on purpose.
    Misbehaved {
        /// Who asked.
        peer: SocketAddr,
        /// The word for it.
        how: &'static str,
    },
}

impl Seen {
    pub(super) fn request(peer: SocketAddr, request: &Request) -> Self {
        match request {
            Request::Data(ticket) => Self::RequestData { peer, ticket: ticket.clone() },
            Request::Refresh(ticket) => Self::RequestRefresh { peer, ticket: ticket.clone() },
            Request::Ticket(wish) => {
                Self::RequestTicket { peer, data: wish.data.clone(), refreshable: wish.refreshable }
            }
        }
    }

    pub(super) fn response(peer: SocketAddr, response: &Response, refresh: bool) -> Self {
        match response {
            Response::Data(data) => Self::Data { peer, data: data.clone() },
            Response::Ticket(ticket) if refresh => Self::TicketRefreshed { peer, ticket: ticket.clone() },
            Response::Ticket(ticket) => Self::TicketIssued { peer, ticket: ticket.clone() },
            Response::DataError(id) | Response::TicketError(id) => {
                Self::Refused { peer, error: id.to_string() }
            }
        }
    }
}

impl Tell for Seen {
    fn tell(&self) -> Told {
        match self {
            Self::RequestTicket { peer, data, refreshable } => {
                let line = addresses(Line::new("RequestTicket"), data);
                let line = if *refreshable { line.text(" Refreshable") } else { line };
                let told = Told::received("sta.request-ticket", *peer, line);
                with_addresses(told, data).with("refreshable", if *refreshable { "true" } else { "false" })
            }
            Self::TicketIssued { peer, ticket } => {
                of_ticket(Told::sent("sta.ticket-issued", *peer, about("ResponseTicket ", ticket)), ticket)
            }
            Self::RequestRefresh { peer, ticket } => {
                let line = about("RequestTicketRefresh ", ticket);
                of_ticket(Told::received("sta.request-refresh", *peer, line), ticket)
            }
            Self::TicketRefreshed { peer, ticket } => {
                let line = about("ResponseTicket refreshed ", ticket);
                of_ticket(Told::sent("sta.ticket-refreshed", *peer, line), ticket)
            }
            Self::RequestData { peer, ticket } => {
                of_ticket(Told::received("sta.request-data", *peer, about("RequestData ", ticket)), ticket)
            }
            Self::Data { peer, data } => {
                let line = addresses(Line::new("ResponseData"), data);
                with_addresses(Told::sent("sta.data", *peer, line), data)
            }
            Self::Refused { peer, error } => {
                Told::sent("sta.refused", *peer, Line::new(format!("ErrorId {error}")))
                    .with("error", error.as_str())
            }
            Self::Misbehaved { peer, how } => {
                let mut told = Told::here("sta.misbehaved", Line::new(format!("misbehaves: {how}")));
                told.peer = Some(*peer);
                told.with("how", *how)
            }
        }
    }
}

fn about(what: &str, ticket: &Ticket) -> Line {
    Line::new(what).opaque("ticket", ticket.token().expose()).text(format!(" of {}", ticket.sta()))
}

fn of_ticket(told: Told, ticket: &Ticket) -> Told {
    told.with("ticket", Field::opaque("ticket", ticket.token().expose()))
        .with("sta", ticket.sta().as_str())
        .with("version", ticket.version().as_str())
}

/// The addresses of ticket data under the names they have on the wire.
fn named(data: &TicketData) -> impl Iterator<Item = (&'static str, String)> {
    let all = [
        ("CGPAddress", &data.cgp_address),
        ("ICAAddress", &data.ica_address),
        ("SSLRelayAddress", &data.ssl_relay_address),
    ];
    all.into_iter().filter_map(|(name, address)| Some((name, address.as_ref()?.to_string())))
}

fn addresses(line: Line, data: &TicketData) -> Line {
    named(data).fold(line, |line, (name, address)| line.text(format!(" {name}={address}")))
}

fn with_addresses(told: Told, data: &TicketData) -> Told {
    named(data).fold(told, |told, (name, address)| told.with(name, address))
}
