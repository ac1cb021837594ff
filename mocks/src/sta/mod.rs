//! The Secure Ticket Authority as a mock: issues tickets, hands out what they stand for once, lets them expire.
//!
//! What it leaves out: nobody who can reach it is asked who they are, and nothing survives a restart; both
//! are true of the real one too. What it says beyond the published messages (error ids, refresh) is inferred,
//! see [`gateway_proto::sta`].
//!
//! Specification: observed messages and vendor documentation, as `gateway-proto` reads and writes them.

mod seen;
#[cfg(test)]
mod tests;
mod tickets;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway_proto::sta::{ErrorId, PATH, Request, RequestTicket, Response, StaError, TicketData};
use gateway_proto::ticket::{StaId, StaVersion, Ticket};
use gateway_proto::xml::{self, Element, Prolog};
use gateway_rt::tls::Identity;
use gateway_rt::{Listener, Rt};
use http::Request as HttpRequest;
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::behaviour::{Misbehaviour, Operation, Rule, Switch, Unsupported};
use crate::journal::Journal;
use crate::serving::{Answer, along, course, http_server, status, xml_request};

pub use seen::{KINDS, Seen};
use tickets::Tickets;

/// What this mock can do wrong; one answer is one `POST`. With `wrong-id` it speaks as another STA: it issues
/// under that one's id and knows no ticket.
pub const MISBEHAVIOURS: &[&str] = &[
    "slow", "late", "silent", "refuse", "wrong-id", "truncate", "error", "bad-xml", "dtd", "deep", "garbage",
];

const ROOT: &str = "CtxSTAProtocol";
const OTHER_STA: &str = "STA00000000DEAD";

/// How an STA is set up.
#[derive(Clone)]
pub struct Config {
    /// Its id, by which gateways choose it.
    pub id: StaId,
    /// The newest generation of ticket it issues.
    pub version: StaVersion,
    /// How long a ticket can be redeemed after it was issued or refreshed.
    pub lifetime: Duration,
    /// Tickets it holds at a time; beyond them it answers `service-unavailable`.
    pub tickets_max: usize,
    /// With an identity it speaks https, without one http.
    pub tls: Option<Identity>,
    /// What goes wrong. Counted per `POST`.
    pub misbehaviours: Vec<Rule>,
}

impl Config {
    /// A well-behaved STA of the current generation over http: tickets live 100 s, the vendor's default.
    pub fn new(id: StaId) -> Self {
        Self {
            id,
            version: StaVersion::V40,
            lifetime: Duration::from_secs(100),
            tickets_max: 10_000,
            tls: None,
            misbehaviours: Vec::new(),
        }
    }
}

/// The STA.
pub struct Mock {
    id: StaId,
    version: StaVersion,
    tls: Option<Identity>,
    tickets: Mutex<Tickets>,
    switch: Switch,
    journal: Journal<Seen>,
}

impl Mock {
    /// An STA that writes what it sees to `journal`. Refuses misbehaviours it can't act out.
    pub fn new(config: Config, journal: Journal<Seen>) -> Result<Self, Unsupported> {
        Ok(Self {
            id: config.id,
            version: config.version,
            tls: config.tls,
            tickets: Mutex::new(Tickets::new(config.lifetime, config.tickets_max)),
            switch: Switch::new("sta", MISBEHAVIOURS, config.misbehaviours)?,
            journal,
        })
    }

    /// Listens on `at` and serves until dropped.
    pub async fn serve(self: Arc<Self>, rt: Rt, at: SocketAddr) -> io::Result<()> {
        let listener = rt.net.listen(at).await?;
        self.serve_on(rt, listener).await
    }

    /// Serves on a socket that is already bound, until dropped.
    pub async fn serve_on(self: Arc<Self>, rt: Rt, listener: Box<dyn Listener>) -> io::Result<()> {
        let (world, identity) = (rt.clone(), self.tls.clone());
        let handler = move |peer, request| self.clone().answer(world.clone(), peer, request);
        http_server(&rt, listener, identity, "sta", handler).await
    }

    /// Replaces the misbehaviours while the STA runs. Counting begins again.
    pub fn misbehave(&self, rules: Vec<Rule>) -> Result<(), Unsupported> {
        self.switch.replace(rules)
    }

    /// Its id.
    pub fn id(&self) -> &StaId {
        &self.id
    }

    /// What the STA saw.
    pub fn journal(&self) -> &Journal<Seen> {
        &self.journal
    }

    /// How many tickets could be redeemed now.
    pub fn live_tickets(&self) -> usize {
        self.tickets().live(Instant::now())
    }

    /// Forgets every ticket, as a restart of the service does: they live in memory.
    pub fn forget_tickets(&self) {
        self.tickets().clear();
    }

    /// Issues a ticket without a message. Fails when the STA is full.
    pub fn issue(&self, rt: &Rt, wish: RequestTicket) -> Result<Ticket, ErrorId> {
        let version = wish.version.min(self.version);
        self.tickets().issue(Instant::now(), rt, &self.id, version, wish)
    }

    /// Redeems a ticket without a message; it is spent then.
    pub fn redeem(&self, ticket: &Ticket) -> Result<TicketData, ErrorId> {
        if !self.issued_here(ticket) {
            return Err(ErrorId::TicketUnknown);
        }
        self.tickets().redeem(Instant::now(), ticket.token())
    }

    /// Gives a refreshable ticket its full lifetime again. Others are refused as unknown.
    pub fn refresh(&self, ticket: &Ticket) -> Result<(), ErrorId> {
        if !self.issued_here(ticket) {
            return Err(ErrorId::TicketUnknown);
        }
        self.tickets().refresh(Instant::now(), ticket.token())
    }

    /// Whether a ticket can be of this STA: a caller with a single STA may leave its id out.
    fn issued_here(&self, ticket: &Ticket) -> bool {
        ticket.sta() == &self.id || ticket.sta().as_str().is_empty()
    }

    fn tickets(&self) -> MutexGuard<'_, Tickets> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(self: Arc<Self>, rt: Rt, peer: SocketAddr, request: HttpRequest<Incoming>) -> Answer {
        let document = match xml_request(request, PATH).await {
            Ok(document) => document,
            Err(refusal) => return status(refusal),
        };
        let request = Request::parse(&document);
        if let Ok(request) = &request {
            self.journal.record(Seen::request(peer, request));
        }
        let what = self.switch.next(request.as_ref().ok().map(operation));
        if let Some(what) = &what {
            self.journal.record(Seen::Misbehaved { peer, how: what.name() });
        }
        along(course(what, ROOT), |rest| self.work(&rt, peer, request, rest)).await
    }

    fn work(
        &self,
        rt: &Rt,
        peer: SocketAddr,
        request: Result<Request, StaError>,
        rest: Option<Misbehaviour>,
    ) -> String {
        let response = match (&request, rest) {
            (request, Some(Misbehaviour::Error(id))) => return self.error(peer, request.as_ref().ok(), &id),
            (Ok(Request::Ticket(wish)), Some(Misbehaviour::WrongId)) => self.issue_as_other(rt, wish),
            (Ok(Request::Refresh(_)), Some(Misbehaviour::WrongId)) => {
                Response::TicketError(ErrorId::TicketUnknown)
            }
            (Ok(Request::Data(_)), Some(Misbehaviour::WrongId)) => {
                Response::DataError(ErrorId::TicketUnknown)
            }
            (Ok(Request::Ticket(wish)), _) => {
                self.issue(rt, wish.clone()).map_or_else(Response::TicketError, Response::Ticket)
            }
            (Ok(Request::Refresh(ticket)), _) => {
                let refreshed = self.refresh(ticket).map(|()| ticket.clone());
                refreshed.map_or_else(Response::TicketError, Response::Ticket)
            }
            (Ok(Request::Data(ticket)), _) => {
                self.redeem(ticket).map_or_else(Response::DataError, Response::Data)
            }
            (Err(StaError::Version), _) => Response::TicketError(ErrorId::VersionMismatch),
            (Err(_), _) => Response::TicketError(ErrorId::Unspecified),
        };
        let refresh = matches!(request, Ok(Request::Refresh(_)));
        self.journal.record(Seen::response(peer, &response, refresh));
        // What a ticket stands for came out of XML, so it goes back into XML.
        response.write().unwrap_or_default()
    }

    /// A ticket as another STA would issue it; nobody here will know it.
    fn issue_as_other(&self, rt: &Rt, wish: &RequestTicket) -> Response {
        let other = OTHER_STA.parse::<StaId>().map_err(|_| ErrorId::Unspecified);
        let ticket = other.and_then(|id| tickets::draw(rt, &id, wish.version.min(self.version)));
        ticket.map_or_else(Response::TicketError, Response::Ticket)
    }

    /// An error with any id, also one that the protocol does not have.
    fn error(&self, peer: SocketAddr, request: Option<&Request>, id: &str) -> String {
        self.journal.record(Seen::Refused { peer, error: id.to_owned() });
        let name = match request {
            Some(Request::Data(_)) => "ResponseData",
            _ => "ResponseTicket",
        };
        let message = Element::new(name).with(Element::leaf("ErrorId", id));
        let root = Element::new(ROOT).with_attribute("version", "4.0").with(message);
        xml::write(&root, Prolog::Doctype { system: "CtxSTA.dtd" }).unwrap_or_default()
    }
}

fn operation(request: &Request) -> Operation {
    match request {
        Request::Ticket(_) => Operation::Issue,
        Request::Refresh(_) => Operation::Refresh,
        Request::Data(_) => Operation::Redeem,
    }
}
