//! What a StoreFront saw and did, and how it reads.

use std::net::SocketAddr;

use gateway_proto::access_info::AccessCondition;
use gateway_proto::broker::{ErrorId, Kind};
use gateway_proto::secret::Secret;
use gateway_proto::sta;
use gateway_proto::ticket::Ticket;
use gateway_rt::http::FullBody;
use gateway_rt::{Field, Line, Tell, Told};
use http::Response;
use http::header::LOCATION;
use http::request::Parts;

use crate::http_line;

/// The kinds of [`Seen`].
pub const KINDS: &[&str] = &[
    "storefront.request",
    "storefront.answer",
    "storefront.refused",
    "storefront.call-back-sent",
    "storefront.call-back-answer",
    "storefront.broker-request",
    "storefront.broker-answer",
    "storefront.sta-request",
    "storefront.sta-answer",
    "storefront.unreachable",
    "storefront.logged-on",
    "storefront.logged-off",
    "storefront.launched",
    "storefront.misbehaved",
];

/// Something that happened at a StoreFront. Lines are made when it happens, so that no secret is kept here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// An HTTP request came in.
    Request {
        /// Who asks: the gateway.
        peer: SocketAddr,
        /// Its method.
        method: String,
        /// Its target, freed of secrets.
        target: Line,
        /// Its form fields, freed of secrets.
        form: Line,
        /// The name in `X-Citrix-Via`.
        via: Option<String>,
        /// The names of its cookies, in order.
        cookies: String,
        /// The scheme of its credentials, such as `Basic`.
        authorization: Option<String>,
    },
    /// Its answer went out.
    Answer {
        /// Who asked.
        peer: SocketAddr,
        /// Status code.
        status: u16,
        /// `Location`.
        location: Option<String>,
        /// The cookies it sets.
        cookies: Line,
    },
    /// A request was turned down.
    Refused {
        /// Who asked.
        peer: SocketAddr,
        /// Status code of the answer.
        status: u16,
        /// Why, as a stable word.
        reason: &'static str,
    },
    /// The gateway was asked about a session.
    CallBackSent {
        /// The gateway.
        peer: SocketAddr,
        /// The user.
        user: String,
        /// The session, as the gateway named it.
        handle: Secret,
    },
    /// It answered.
    CallBackAnswer {
        /// The gateway.
        peer: SocketAddr,
        /// HTTP status.
        status: u16,
        /// What applies to the session; nothing when the gateway refused.
        conditions: Option<Vec<AccessCondition>>,
    },
    /// A broker was asked.
    BrokerRequest {
        /// The broker.
        peer: SocketAddr,
        /// What.
        kind: Kind,
    },
    /// It answered.
    BrokerAnswer {
        /// The broker.
        peer: SocketAddr,
        /// To what.
        kind: Kind,
        /// The error, if it was one.
        error: Option<ErrorId>,
    },
    /// An STA was asked for a ticket.
    StaRequest {
        /// The STA.
        peer: SocketAddr,
    },
    /// It answered.
    StaAnswer {
        /// The STA.
        peer: SocketAddr,
        /// The ticket, or why there is none.
        answer: Result<Ticket, sta::ErrorId>,
    },
    /// A server gave no usable answer.
    Unreachable {
        /// What it is.
        what: &'static str,
        /// Its name.
        at: String,
        /// Why.
        why: String,
    },
    /// A user was logged on.
    LoggedOn {
        /// The user.
        user: String,
        /// The user's domain.
        domain: String,
        /// What the call-back said.
        conditions: Vec<AccessCondition>,
    },
    /// A user was logged off.
    LoggedOff {
        /// The user.
        user: String,
    },
    /// An ICA file was handed out.
    Launched {
        /// To whom: the gateway.
        peer: SocketAddr,
        /// The user.
        user: String,
        /// The app.
        app: String,
        /// Where it will run.
        host: String,
        /// The ticket in the file.
        ticket: Ticket,
    },
    /// The StoreFront does something wrong to an answer, on purpose.
    Misbehaved {
        /// Who asked.
        peer: SocketAddr,
        /// The word for it.
        how: &'static str,
    },
}

impl Seen {
    pub(super) fn request(peer: SocketAddr, head: &Parts, body: &[u8]) -> Self {
        let target = head.uri.path_and_query().map_or("", |target| target.as_str());
        let field = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let via = field("x-citrix-via");
        let scheme = field("authorization").and_then(|value| value.split(' ').next());
        Self::Request {
            peer,
            method: head.method.to_string(),
            target: http_line::target(target),
            form: http_line::form(body),
            via: via.map(str::to_owned),
            cookies: http_line::cookie_names(&head.headers),
            authorization: scheme.map(str::to_owned),
        }
    }

    pub(super) fn answer(peer: SocketAddr, response: &Response<FullBody>) -> Self {
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        Self::Answer {
            peer,
            status: response.status().as_u16(),
            location: location.map(str::to_owned),
            cookies: http_line::set_cookies(response.headers()),
        }
    }
}

impl Tell for Seen {
    fn tell(&self) -> Told {
        match self {
            Self::Request { peer, method, target, form, via, cookies, authorization } => {
                let told = request(*peer, method, target, form, via.as_deref());
                let told = told.with("cookies", cookies.as_str());
                authorization.iter().fold(told, |told, scheme| told.with("authorization", scheme.as_str()))
            }
            Self::Answer { peer, status, location, cookies } => {
                let at = location
                    .iter()
                    .fold(Line::new(status.to_string()), |line, at| line.text(format!(" Location: {at}")));
                Told::sent("storefront.answer", *peer, at.join(cookies.clone()))
                    .with("status", u64::from(*status))
            }
            Self::Refused { peer, status, reason } => {
                let line = Line::new(format!("refused with {status}: {reason}"));
                let told = Told { peer: Some(*peer), ..Told::here("storefront.refused", line) };
                told.with("status", u64::from(*status)).with("reason", *reason)
            }
            Self::CallBackSent { peer, user, handle } => {
                let line = Line::new(format!("GetAccessInformation of {user}, session "));
                Told::sent("storefront.call-back-sent", *peer, line.opaque("session handle", handle.expose()))
                    .with("user", user.as_str())
            }
            Self::CallBackAnswer { peer, status, conditions } => {
                call_back_answer(*peer, *status, conditions.as_deref())
            }
            Self::BrokerRequest { peer, kind } => {
                let line = Line::new(format!("Request{}", kind.as_str()));
                Told::sent("storefront.broker-request", *peer, line).with("request", kind.as_str())
            }
            Self::BrokerAnswer { peer, kind, error } => broker_answer(*peer, *kind, *error),
            Self::StaRequest { peer } => {
                Told::sent("storefront.sta-request", *peer, Line::new("RequestTicket"))
            }
            Self::StaAnswer { peer, answer } => sta_answer(*peer, answer),
            Self::Unreachable { what, at, why } => {
                Told::here("storefront.unreachable", Line::new(format!("{what} {at} gave no answer: {why}")))
                    .with("what", *what)
                    .with("server", at.as_str())
            }
            Self::LoggedOn { user, domain, conditions } => logged_on(user, domain, conditions),
            Self::LoggedOff { user } => {
                Told::here("storefront.logged-off", Line::new(format!("{user} logged off")))
                    .with("user", user.as_str())
            }
            Self::Launched { peer, user, app, host, ticket } => launched(*peer, user, app, host, ticket),
            Self::Misbehaved { peer, how } => {
                let told = Told::here("storefront.misbehaved", Line::new(format!("misbehaves: {how}")));
                Told { peer: Some(*peer), ..told }.with("how", *how)
            }
        }
    }
}

fn request(peer: SocketAddr, method: &str, target: &Line, form: &Line, via: Option<&str>) -> Told {
    let line = Line::new(format!("{method} ")).join(target.clone()).join(form.clone());
    let line = via.iter().fold(line, |line, via| line.text(format!(" via {via}")));
    let told = Told::received("storefront.request", peer, line)
        .with("method", method)
        .with("target", target.to_string());
    via.iter().fold(told, |told, via| told.with("via", *via))
}

fn call_back_answer(peer: SocketAddr, status: u16, conditions: Option<&[AccessCondition]>) -> Told {
    let what = match conditions {
        None => "refused".to_owned(),
        Some([]) => "no conditions".to_owned(),
        Some(conditions) => listed(conditions),
    };
    let line = Line::new(format!("{status} GetAccessInformationResult: {what}"));
    Told::received("storefront.call-back-answer", peer, line)
        .with("status", u64::from(status))
        .with("result", what)
}

fn broker_answer(peer: SocketAddr, kind: Kind, error: Option<ErrorId>) -> Told {
    let mut line = Line::new(format!("Response{}", kind.as_str()));
    if let Some(error) = error {
        line = line.text(format!(" ErrorId {error}"));
    }
    let told = Told::received("storefront.broker-answer", peer, line).with("request", kind.as_str());
    error.iter().fold(told, |told, error| told.with("error", error.as_str()))
}

fn sta_answer(peer: SocketAddr, answer: &Result<Ticket, sta::ErrorId>) -> Told {
    let line = Line::new("ResponseTicket ");
    match answer {
        Ok(ticket) => {
            let line = line.opaque("ticket", ticket.token().expose()).text(format!(" of {}", ticket.sta()));
            of_ticket(Told::received("storefront.sta-answer", peer, line), ticket)
        }
        Err(error) => {
            let line = line.text(format!("ErrorId {error}"));
            Told::received("storefront.sta-answer", peer, line).with("error", error.as_str())
        }
    }
}

fn logged_on(user: &str, domain: &str, conditions: &[AccessCondition]) -> Told {
    let name = if domain.is_empty() { user.to_owned() } else { format!("{domain}\\{user}") };
    let mut line = Line::new(format!("{name} logged on"));
    if !conditions.is_empty() {
        line = line.text(format!(" with {}", listed(conditions)));
    }
    Told::here("storefront.logged-on", line).with("user", user).with("conditions", listed(conditions))
}

fn launched(peer: SocketAddr, user: &str, app: &str, host: &str, ticket: &Ticket) -> Told {
    let line = Line::new(format!("ICA file for {user}: {app} on {host}, ticket "))
        .opaque("ticket", ticket.token().expose())
        .text(format!(" of {}", ticket.sta()));
    let told = Told::sent("storefront.launched", peer, line).with("user", user).with("app", app);
    of_ticket(told.with("host", host), ticket)
}

fn of_ticket(told: Told, ticket: &Ticket) -> Told {
    told.with("ticket", Field::opaque("ticket", ticket.token().expose())).with("sta", ticket.sta().as_str())
}

fn listed(conditions: &[AccessCondition]) -> String {
    let pairs: Vec<String> = conditions.iter().map(|c| format!("{}/{}", c.farm, c.condition)).collect();
    pairs.join(", ")
}
