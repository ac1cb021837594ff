//! What an evaluation may know of the world: one request, its connection, its session, and the time.

use std::net::IpAddr;

/// Everything the prefixes `HTTP`, `CLIENT`, `SERVER`, `AAA` and `SYS` read.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The request; absent for `--expr` without one. `HTTP.REQ…` is then undefined.
    pub request: Option<Message>,
    /// The response, at response time or in the result expression of a call-out.
    pub response: Option<Message>,
    /// The connection the request came on.
    pub client: Connection,
    /// The session the request's cookie names; `AAA.USER…` reads it.
    pub session: Option<Session>,
    /// Wall time, in seconds since 1970 UTC.
    pub now: i64,
    /// The virtual server that handles the request.
    pub vserver: String,
    /// The appliance's own address; `SYS.NSIP`.
    pub nsip: Option<IpAddr>,
    /// What `SYS.RANDOM` gives, 0 to 1.
    pub random: f64,
}

/// A request or a response, its parts as they came.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// The start line without its CRLF.
    pub start_line: Vec<u8>,
    /// Header names and values, in order.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body as far as it was read.
    pub body: Vec<u8>,
}

/// The two ends of the client's connection.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// The client's address.
    pub source: Option<IpAddr>,
    /// The client's port.
    pub source_port: u16,
    /// The address it connected to.
    pub destination: Option<IpAddr>,
    /// The port it connected to.
    pub destination_port: u16,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// What a location database says of the client's address: qualifiers with dots between, the continent first.
    pub location: Option<String>,
}

/// An authenticated session, as `AAA.USER` shows it.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The log-in name.
    pub user: String,
    /// The session's id.
    pub id: String,
    /// Groups, in the order the factors gave them.
    pub groups: Vec<String>,
    /// `ATTRIBUTE("name")` and, by position from 1, `ATTRIBUTE(n)`.
    pub attributes: Vec<(String, String)>,
    /// `LOGIN_ATTEMPTS`: attempts of the current log-in.
    pub attempts: u32,
}
