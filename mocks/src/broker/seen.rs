//! What a broker saw, and how it reads. Passwords are not in it.

use std::net::SocketAddr;

use gateway_proto::broker::{AddressName, Credentials, Kind, Request, Response};
use gateway_proto::host_port::HostPort;
use gateway_proto::secret::Secret;
use gateway_rt::{Field, Line, Tell, Told};

/// The kinds of [`Seen`].
pub const KINDS: &[&str] = &[
    "broker.request-apps",
    "broker.apps",
    "broker.request-address",
    "broker.address",
    "broker.request-ticket",
    "broker.ticket",
    "broker.validate-credentials",
    "broker.credentials-valid",
    "broker.request-info",
    "broker.info",
    "broker.refused",
    "broker.malformed",
    "broker.misbehaved",
];

/// A message at the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Somebody asked for a user's applications.
    RequestApps {
        /// Who asked.
        peer: SocketAddr,
        /// In whose name.
        user: String,
    },
    /// The applications.
    Apps {
        /// Who asked.
        peer: SocketAddr,
        /// Their internal names.
        apps: Vec<String>,
    },
    /// Somebody asked for a host.
    RequestAddress {
        /// Who asked.
        peer: SocketAddr,
        /// For which application.
        app: String,
        /// In whose name.
        user: String,
    },
    /// The host.
    Address {
        /// Who asked.
        peer: SocketAddr,
        /// Where it speaks ICA.
        address: HostPort,
    },
    /// Somebody asked for a logon ticket.
    RequestTicket {
        /// Who asked.
        peer: SocketAddr,
        /// In whose name.
        user: String,
    },
    /// The logon ticket.
    Ticket {
        /// Who asked.
        peer: SocketAddr,
        /// The ticket.
        ticket: Secret,
    },
    /// Somebody asked whether credentials are right.
    ValidateCredentials {
        /// Who asked.
        peer: SocketAddr,
        /// In whose name.
        user: String,
    },
    /// They are right.
    CredentialsValid {
        /// Who asked.
        peer: SocketAddr,
    },
    /// Somebody asked about the farm or the broker itself.
    RequestInfo {
        /// Who asked.
        peer: SocketAddr,
        /// What.
        kind: Kind,
    },
    /// The answer to that.
    Info {
        /// Who asked.
        peer: SocketAddr,
        /// What.
        kind: Kind,
    },
    /// The answer was a failure.
    Refused {
        /// Who asked.
        peer: SocketAddr,
        /// What.
        kind: Kind,
        /// The error id.
        error: String,
    },
    /// A body that is no message.
    Malformed {
        /// Who sent it.
        peer: SocketAddr,
        /// What is wrong with it.
        why: String,
    },
    /// The broker does something wrong to the answer, on purpose.
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
            Request::Address(request) => {
                let (AddressName::App(app) | AddressName::Unspecified(app)) = &request.name;
                let user = request.credentials.as_ref().map(name).unwrap_or_default();
                Self::RequestAddress { peer, app: app.clone(), user }
            }
            Request::AppData(request) => {
                let user = request.credentials.as_ref().map_or("nobody".to_owned(), name);
                Self::RequestApps { peer, user }
            }
            Request::Ticket(request) => Self::RequestTicket { peer, user: name(&request.credentials) },
            Request::ValidateCredentials(credentials) => {
                Self::ValidateCredentials { peer, user: name(credentials) }
            }
            Request::Capabilities | Request::ProtocolInfo | Request::ServerData | Request::ServerFarmData => {
                Self::RequestInfo { peer, kind: request.kind() }
            }
        }
    }

    pub(super) fn response(peer: SocketAddr, response: &Response) -> Self {
        match response {
            Response::Address(answer) => Self::Address { peer, address: answer.server_address.clone() },
            Response::AppData(apps) => {
                Self::Apps { peer, apps: apps.iter().map(|app| app.in_name.clone()).collect() }
            }
            Response::CredentialsValid { .. } => Self::CredentialsValid { peer },
            Response::Error { kind, id } => Self::Refused { peer, kind: *kind, error: id.to_string() },
            Response::Ticket(ticket) => Self::Ticket { peer, ticket: ticket.clone() },
            Response::Capabilities(_)
            | Response::ProtocolInfo
            | Response::ServerData(_)
            | Response::ServerFarmData(_) => Self::Info { peer, kind: response.kind() },
        }
    }
}

fn name(credentials: &Credentials) -> String {
    match credentials {
        Credentials::Anonymous => "anonymous".to_owned(),
        Credentials::User(user) => user.name.clone(),
    }
}

impl Tell for Seen {
    fn tell(&self) -> Told {
        match self {
            Self::RequestApps { peer, user } => {
                let line = Line::new(format!("RequestAppData for {user}"));
                Told::received("broker.request-apps", *peer, line).with("user", user.as_str())
            }
            Self::Apps { peer, apps } => {
                let names = apps.join(", ");
                let line = Line::new(format!("ResponseAppData {} applications: {names}", apps.len()));
                Told::sent("broker.apps", *peer, line).with("count", apps.len() as u64).with("apps", names)
            }
            Self::RequestAddress { peer, app, user } => {
                let line = Line::new(format!("RequestAddress {app} for {user}"));
                let told = Told::received("broker.request-address", *peer, line);
                told.with("app", app.as_str()).with("user", user.as_str())
            }
            Self::Address { peer, address } => {
                let line = Line::new(format!("ResponseAddress {address}"));
                Told::sent("broker.address", *peer, line).with("address", address.to_string())
            }
            Self::RequestTicket { peer, user } => {
                let line = Line::new(format!("RequestTicket for {user}"));
                Told::received("broker.request-ticket", *peer, line).with("user", user.as_str())
            }
            Self::Ticket { peer, ticket } => {
                let line = Line::new("ResponseTicket ").opaque("logon ticket", ticket.expose());
                let field = Field::opaque("logon ticket", ticket.expose());
                Told::sent("broker.ticket", *peer, line).with("ticket", field)
            }
            Self::ValidateCredentials { peer, user } => {
                let line = Line::new(format!("RequestValidateCredentials for {user}"));
                Told::received("broker.validate-credentials", *peer, line).with("user", user.as_str())
            }
            Self::CredentialsValid { peer } => {
                let line = Line::new("ResponseValidateCredentials valid");
                Told::sent("broker.credentials-valid", *peer, line)
            }
            Self::RequestInfo { peer, kind } => {
                let line = Line::new(format!("Request{}", kind.as_str()));
                Told::received("broker.request-info", *peer, line).with("what", kind.as_str())
            }
            Self::Info { peer, kind } => {
                let line = Line::new(format!("Response{}", kind.as_str()));
                Told::sent("broker.info", *peer, line).with("what", kind.as_str())
            }
            Self::Refused { peer, kind, error } => {
                let line = Line::new(format!("Response{} ErrorId {error}", kind.as_str()));
                Told::sent("broker.refused", *peer, line)
                    .with("what", kind.as_str())
                    .with("error", error.as_str())
            }
            Self::Malformed { peer, why } => {
                let line = Line::new(format!("not a message: {why}"));
                Told::received("broker.malformed", *peer, line).with("why", why.as_str())
            }
            Self::Misbehaved { peer, how } => {
                let mut told = Told::here("broker.misbehaved", Line::new(format!("misbehaves: {how}")));
                told.peer = Some(*peer);
                told.with("how", *how)
            }
        }
    }
}
