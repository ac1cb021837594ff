//! Hand-made traces for tests: a short run that is right, and its parts, to be broken.

use std::net::SocketAddr;
use std::time::Duration;

use gateway::audit::{self, Mark};
use gateway::config::DuplicatePolicy;
use gateway_mocks::{anakam, ica_host, radius, receiver, sta};
use gateway_proto::host_port::HostPort;
use gateway_proto::secret::Secret;
use gateway_proto::sta::TicketData;
use gateway_proto::ticket::Ticket;
use gateway_rt::Line;

use super::{Event, FaultNote, StepNote, Trace, What};

pub(crate) const TICKET: &str = ";40;STA01;0123456789ABCDEF0123456789ABCDEF";

/// An address of one of the hosts of [`trace`].
pub(crate) fn at(host: &str, port: u16) -> SocketAddr {
    let last = HOSTS.iter().position(|name| *name == host).expect("a host of the samples") + 1;
    SocketAddr::from(([10, 0, 0, u8::try_from(last).expect("few hosts")], port))
}

const HOSTS: [&str; 6] = ["gw", "laptop", "radius01", "sta01", "vda01", "storefront"];

pub(crate) fn ticket() -> Ticket {
    TICKET.parse().expect("a ticket")
}

pub(crate) fn mark() -> Mark {
    Mark::of(ticket().token())
}

pub(crate) fn vda() -> HostPort {
    HostPort::new("vda01", 1494).expect("a host and port")
}

pub(crate) fn data() -> TicketData {
    TicketData { ica_address: Some(vda()), ..TicketData::default() }
}

/// A trace of events that follow each other by 10 ms, and end a minute later.
pub(crate) fn trace(events: Vec<(&str, What)>) -> Trace {
    let mut trace = Trace::default();
    for name in HOSTS {
        trace.names.insert(at(name, 0).ip(), name.to_owned());
    }
    for (host, what) in events {
        let at = trace.ended + Duration::from_millis(10);
        trace.events.push(Event { at, host: host.to_owned(), what });
        trace.ended = at;
    }
    trace.ended += Duration::from_secs(60);
    trace
}

/// alice logs in with RADIUS and connects; everything is closed in the end.
pub(crate) fn good_run() -> Vec<(&'static str, What)> {
    let mut events = log_in();
    events.extend(launch());
    events.extend(goodbye());
    events
}

pub(crate) fn log_in() -> Vec<(&'static str, What)> {
    let (laptop, gw) = (at("laptop", 50_000), at("gw", 443));
    vec![
        ("laptop", StepNote { line: 7, text: "login".into(), mark: None }.into()),
        ("laptop", request(gw, "POST", "/cgi/login", " login=alice passwd=«hidden»")),
        ("gw", audit::Event::LoginTried { peer: laptop, user: "alice".into() }.into()),
        ("radius01", accept("alice")),
        ("gw", passed("alice", "radius01")),
        ("gw", created("alice")),
    ]
}

pub(crate) fn request(peer: SocketAddr, method: &str, target: &str, form: &str) -> What {
    let (target, form) = (Line::new(target), Line::new(form));
    receiver::Seen::Request { peer, method: method.into(), target, form }.into()
}

pub(crate) fn accept(user: &str) -> What {
    radius::Seen::AccessAccept { peer: at("gw", 40_000), id: 1, user: user.into() }.into()
}

pub(crate) fn passed(user: &str, server: &str) -> What {
    audit::Event::FactorPassed { user: user.into(), factor: "radius", server: server.into() }.into()
}

/// The server of the second factor is asked about a user, says yes, and the gateway hears it.
pub(crate) fn second_factor(user: &str) -> [(&'static str, What); 3] {
    let (user, factor, server) = (user.to_owned(), "Anakam", "tfa01".to_owned());
    let authenticated =
        anakam::Seen::Authenticated { peer: at("gw", 40_003), user: user.clone(), by: "passcode" };
    let asked = audit::Event::FactorAsked { user: user.clone(), factor, server: server.clone(), attempt: 1 };
    [
        ("gw", asked.into()),
        ("tfa01", authenticated.into()),
        ("gw", audit::Event::FactorPassed { user, factor, server }.into()),
    ]
}

pub(crate) fn created(user: &str) -> What {
    opened_session(user, "a session id", DuplicatePolicy::Allow)
}

pub(crate) fn opened_session(user: &str, id: &str, policy: DuplicatePolicy) -> What {
    // Another port than the try's: browsers use several connections.
    let peer = at("laptop", 50_001);
    let (session, groups) = (Mark::of(&Secret::new(id)), Vec::new());
    audit::Event::SessionCreated { peer, user: user.into(), session, policy, groups }.into()
}

pub(crate) fn ended_session(user: &str, id: &str) -> What {
    let (session, after) = (Mark::of(&Secret::new(id)), Duration::from_secs(1));
    audit::Event::SessionEnded { user: user.into(), session, cause: "log-out", after }.into()
}

pub(crate) fn launch() -> Vec<(&'static str, What)> {
    let (laptop, gw) = (at("laptop", 50_002), at("gw", 40_001));
    vec![
        ("sta01", sta::Seen::RequestData { peer: gw, ticket: ticket() }.into()),
        ("sta01", sta::Seen::Data { peer: gw, data: data() }.into()),
        ("gw", redeemed()),
        ("vda01", ica_host::Seen::Accepted { peer: at("gw", 40_002), session: 1 }.into()),
        ("gw", opened()),
        ("laptop", receiver::Seen::Typed { peer: at("gw", 443), text: "hello".into() }.into()),
        ("gw", audit::Event::ProtocolDetected { peer: laptop, protocol: "SOCKS5" }.into()),
    ]
}

pub(crate) fn redeemed() -> What {
    let (peer, sta) = (at("laptop", 50_002), "STA01".to_owned());
    audit::Event::TicketRedeemed { peer, ticket: mark(), sta, host: vda() }.into()
}

pub(crate) fn opened() -> What {
    let peer = at("laptop", 50_002);
    audit::Event::TunnelOpened { peer, ticket: mark(), host: vda(), session: None }.into()
}

pub(crate) fn goodbye() -> Vec<(&'static str, What)> {
    vec![("laptop", client_closed()), ("gw", relay_closed()), ("vda01", host_closed())]
}

pub(crate) fn client_closed() -> What {
    receiver::Seen::Closed { peer: at("gw", 443), by_peer: false }.into()
}

pub(crate) fn relay_closed() -> What {
    let (peer, host, cause) = (at("laptop", 50_002), vda(), "closed by both ends");
    audit::Event::TunnelClosed { peer, host, up: 5, down: 5, cause }.into()
}

pub(crate) fn host_closed() -> What {
    let cause = ica_host::Cause::ClientClosed;
    ica_host::Seen::Closed { peer: at("gw", 40_002), session: 1, bytes: 5, cause }.into()
}

pub(crate) fn fault() -> What {
    FaultNote::new("cut gw / vda01").into()
}
