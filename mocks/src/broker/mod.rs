//! The XML broker (XML service) as a mock: who may start what, on which host, with which logon ticket.
//!
//! It knows users with passwords, applications with access lists, and servers with a load; it gives an
//! address to the least loaded one. What it leaves out: session lists, launch references, icons, load
//! evaluators; the load is a number that grows by one with every address and is otherwise set from outside.
//!
//! Specification: published clients and captures, as `gateway-proto` reads and writes them.

mod farm;
mod logon_tickets;
mod seen;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway_proto::broker::{ErrorId, PATH, Request, RequestTicket, Response};
use gateway_proto::secret::Secret;
use gateway_proto::xml::{self, Element, Prolog};
use gateway_rt::tls::Identity;
use gateway_rt::{Listener, Rt};
use http::{Request as HttpRequest, StatusCode};
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::behaviour::{Misbehaviour, Operation, Rule, Switch, Unsupported};
use crate::journal::Journal;
use crate::limits::LOGON_TICKETS_MAX;
use crate::serving::{Answer, along, course, http_server, status, xml_request};

pub use farm::{App, Farm, Server, User};
pub use logon_tickets::LOGON_TICKET_CHARS;
use logon_tickets::LogonTickets;
pub use seen::{KINDS, Seen};

/// What this mock can do wrong; one answer is one `POST` it understands.
pub const MISBEHAVIOURS: &[&str] =
    &["slow", "late", "silent", "refuse", "truncate", "error", "bad-xml", "dtd", "deep", "garbage"];

const ROOT: &str = "NFuseProtocol";

/// How a broker is set up.
#[derive(Clone)]
pub struct Config {
    /// Users, applications and servers.
    pub farm: Farm,
    /// The longest life of a logon ticket; callers ask for their own, usually an hour.
    pub ticket_lifetime_max: Duration,
    /// With an identity it speaks https, without one http.
    pub tls: Option<Identity>,
    /// What goes wrong. Counted per `POST`.
    pub misbehaviours: Vec<Rule>,
}

impl Config {
    /// A well-behaved broker over http.
    pub fn new(farm: Farm) -> Self {
        let ticket_lifetime_max = Duration::from_secs(24 * 3600);
        Self { farm, ticket_lifetime_max, tls: None, misbehaviours: Vec::new() }
    }
}

/// The broker.
pub struct Mock {
    state: Mutex<State>,
    ticket_lifetime_max: Duration,
    tls: Option<Identity>,
    switch: Switch,
    journal: Journal<Seen>,
}

struct State {
    farm: Farm,
    tickets: LogonTickets,
}

impl Mock {
    /// A broker that writes what it sees to `journal`. Refuses misbehaviours it can't act out.
    pub fn new(config: Config, journal: Journal<Seen>) -> Result<Self, Unsupported> {
        let tickets = LogonTickets::new(LOGON_TICKETS_MAX);
        Ok(Self {
            state: Mutex::new(State { farm: config.farm, tickets }),
            ticket_lifetime_max: config.ticket_lifetime_max,
            tls: config.tls,
            switch: Switch::new("broker", MISBEHAVIOURS, config.misbehaviours)?,
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
        http_server(&rt, listener, identity, "broker", handler).await
    }

    /// Replaces the misbehaviours while the broker runs. Counting begins again.
    pub fn misbehave(&self, rules: Vec<Rule>) -> Result<(), Unsupported> {
        self.switch.replace(rules)
    }

    /// What the broker saw.
    pub fn journal(&self) -> &Journal<Seen> {
        &self.journal
    }

    /// The load of a server, or `None` when the farm has no such server.
    pub fn load(&self, server: &str) -> Option<u64> {
        self.state().farm.server(server).map(|server| server.load)
    }

    /// Sets the load of a server. Whether the farm has such a server is the answer.
    pub fn set_load(&self, server: &str, load: u64) -> bool {
        self.state().farm.server(server).map(|server| server.load = load).is_some()
    }

    /// Lets a server take new sessions, or not. Whether the farm has such a server is the answer.
    pub fn set_available(&self, server: &str, available: bool) -> bool {
        self.state().farm.server(server).map(|server| server.available = available).is_some()
    }

    /// Who a logon ticket stands for; it is spent then. `None` when it is unknown, spent or expired.
    pub fn redeem_logon_ticket(&self, ticket: &str) -> Option<String> {
        self.state().tickets.redeem(Instant::now(), ticket)
    }

    async fn answer(self: Arc<Self>, rt: Rt, peer: SocketAddr, request: HttpRequest<Incoming>) -> Answer {
        let document = match xml_request(request, PATH).await {
            Ok(document) => document,
            Err(refusal) => return status(refusal),
        };
        let request = match Request::parse(&document) {
            Ok(request) => request,
            Err(error) => {
                self.journal.record(Seen::Malformed { peer, why: error.to_string() });
                return status(StatusCode::BAD_REQUEST);
            }
        };
        self.journal.record(Seen::request(peer, &request));
        let what = self.switch.next(operation(&request));
        if let Some(what) = &what {
            self.journal.record(Seen::Misbehaved { peer, how: what.name() });
        }
        along(course(what, ROOT), |rest| self.work(&rt, peer, &request, rest)).await
    }

    fn work(&self, rt: &Rt, peer: SocketAddr, request: &Request, rest: Option<Misbehaviour>) -> String {
        let kind = request.kind();
        if let Some(Misbehaviour::Error(error)) = rest {
            let document = error_document(kind.as_str(), &error);
            self.journal.record(Seen::Refused { peer, kind, error });
            return document;
        }
        let response = self.decide(rt, request).unwrap_or_else(|id| Response::Error { kind, id });
        self.journal.record(Seen::response(peer, &response));
        // A farm configured with characters that XML can't carry is out of order.
        let failed = || Response::Error { kind, id: ErrorId::Unspecified }.write();
        response.write().or_else(|_| failed()).unwrap_or_default()
    }

    fn decide(&self, rt: &Rt, request: &Request) -> Result<Response, ErrorId> {
        let mut state = self.state();
        let farm = &mut state.farm;
        Ok(match request {
            Request::Address(request) => Response::Address(farm.address(request)?),
            Request::AppData(request) => Response::AppData(farm.apps(request)?),
            Request::Capabilities => Response::Capabilities(farm.capabilities.clone()),
            Request::ProtocolInfo => Response::ProtocolInfo,
            Request::ServerData => Response::ServerData(farm.server_data()),
            Request::ServerFarmData => Response::ServerFarmData(farm.name.clone()),
            Request::Ticket(request) => Response::Ticket(self.ticket(rt, &mut state, request)?),
            Request::ValidateCredentials(credentials) => Response::CredentialsValid {
                days_until_password_expiry: farm.authenticate(credentials)?.days_until_password_expiry,
            },
        })
    }

    fn ticket(&self, rt: &Rt, state: &mut State, request: &RequestTicket) -> Result<Secret, ErrorId> {
        let user = state.farm.authenticate(&request.credentials)?.name.clone();
        let life = Duration::from_secs(request.time_to_live_seconds.into()).min(self.ticket_lifetime_max);
        state.tickets.issue(Instant::now(), rt, user, life).ok_or(ErrorId::ServiceUnavailable)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A failure with any id, also one that the protocol does not have.
fn error_document(kind: &str, id: &str) -> String {
    let message = Element::new(&format!("Response{kind}")).with(Element::leaf("ErrorId", id));
    let root = Element::new(ROOT).with_attribute("version", "5.4").with(message);
    xml::write(&root, Prolog::Doctype { system: "NFuse.dtd" }).unwrap_or_default()
}

fn operation(request: &Request) -> Option<Operation> {
    match request {
        Request::ValidateCredentials(_) => Some(Operation::SignOn),
        Request::AppData(_) => Some(Operation::List),
        Request::Address(_) | Request::Ticket(_) => Some(Operation::Launch),
        _ => None,
    }
}
