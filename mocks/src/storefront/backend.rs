//! Asking brokers, STAs and the gateway: one XML request on one connection, with a deadline.

use std::net::SocketAddr;

use bytes::Bytes;
use gateway_proto::broker::{self, ErrorId};
use gateway_proto::sta::{self, RequestTicket};
use gateway_proto::ticket::Ticket;
use gateway_rt::http::client::SendError;
use gateway_rt::http::{Client, FullBody};
use gateway_rt::tls::{self, TlsError};
use gateway_rt::{ConnectError, Rt};
use http::header::{CONNECTION, CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue, Request, Response};

use super::{Endpoint, Seen, StoreFront};
use crate::limits::STOREFRONT_REPLY_BYTES_MAX;

/// Why a server gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum BackendError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("no TLS configuration: {0}")]
    TlsSetup(#[from] rustls::Error),
    #[error(transparent)]
    Http(#[from] SendError),
    #[error("HTTP status {0}")]
    Status(u16),
    #[error(transparent)]
    Broker(#[from] broker::BrokerError),
    #[error(transparent)]
    Sta(#[from] sta::StaError),
    #[error("it answered another question")]
    OtherQuestion,
    #[error("the request can't be written")]
    Unsendable,
}

/// A reason why something failed, as clients and journals see it: the broker's own error ids, and ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason(pub(super) &'static str);

impl From<ErrorId> for Reason {
    fn from(id: ErrorId) -> Self {
        Self(id.as_str())
    }
}

impl Reason {
    /// No broker gave a usable answer.
    pub(super) const NO_BROKER: Self = Self("no-broker");
    /// No STA issued a ticket.
    pub(super) const NO_STA: Self = Self("no-sta");
}

/// One request to a back end.
pub(super) struct Question<'a> {
    pub(super) path: &'static str,
    pub(super) content_type: &'static str,
    pub(super) headers: &'a [(&'static str, HeaderValue)],
    pub(super) document: String,
}

impl StoreFront {
    /// Asks the brokers in order until one answers. An error id is an answer, except that a broker which is
    /// out of service does not speak for the others.
    pub(super) async fn ask_brokers(
        &self,
        rt: &Rt,
        request: &broker::Request,
    ) -> Result<broker::Response, Reason> {
        let mut reason = Reason::NO_BROKER;
        for broker in &self.config.brokers {
            match self.ask_broker(rt, broker, request).await {
                Ok(broker::Response::Error { id: ErrorId::ServiceUnavailable, .. }) => {
                    reason = ErrorId::ServiceUnavailable.into();
                }
                Ok(broker::Response::Error { id, .. }) => return Err(id.into()),
                Ok(answer) => return Ok(answer),
                Err(error) => self.unreachable("broker", broker, &error),
            }
        }
        Err(reason)
    }

    async fn ask_broker(
        &self,
        rt: &Rt,
        broker: &Endpoint,
        request: &broker::Request,
    ) -> Result<broker::Response, BackendError> {
        let question = Question {
            path: broker::PATH,
            content_type: broker::CONTENT_TYPE,
            headers: &[],
            document: request.write()?,
        };
        let kind = request.kind();
        let sent = |peer| self.journal.record(Seen::BrokerRequest { peer, kind });
        let (peer, answer) = self.ask(rt, broker, question, sent).await?;
        let answer = broker::Response::parse(&accepted(answer)?)?;
        let error = match &answer {
            broker::Response::Error { id, .. } => Some(*id),
            _ => None,
        };
        self.journal.record(Seen::BrokerAnswer { peer, kind, error });
        if answer.kind() == kind { Ok(answer) } else { Err(BackendError::OtherQuestion) }
    }

    /// Asks the STAs in order until one issues a ticket.
    pub(super) async fn ask_stas(&self, rt: &Rt, wish: &RequestTicket) -> Result<Ticket, Reason> {
        for sta in &self.config.stas {
            match self.ask_sta(rt, sta, wish).await {
                Ok(Some(ticket)) => return Ok(ticket),
                Ok(None) => {}
                Err(error) => self.unreachable("STA", sta, &error),
            }
        }
        Err(Reason::NO_STA)
    }

    async fn ask_sta(
        &self,
        rt: &Rt,
        sta: &Endpoint,
        wish: &RequestTicket,
    ) -> Result<Option<Ticket>, BackendError> {
        let request = sta::Request::Ticket(wish.clone());
        let question = Question {
            path: sta::PATH,
            content_type: sta::CONTENT_TYPE,
            headers: &[],
            document: request.write().map_err(sta::StaError::from)?,
        };
        let sent = |peer| self.journal.record(Seen::StaRequest { peer });
        let (peer, answer) = self.ask(rt, sta, question, sent).await?;
        let answer = match sta::Response::parse(&accepted(answer)?)? {
            sta::Response::Ticket(ticket) => Ok(ticket),
            sta::Response::TicketError(id) => Err(id),
            _ => return Err(BackendError::OtherQuestion),
        };
        self.journal.record(Seen::StaAnswer { peer, answer: answer.clone() });
        Ok(answer.ok())
    }

    /// One question and its answer. `sent` is told the server's address before the question leaves.
    pub(super) async fn ask(
        &self,
        rt: &Rt,
        to: &Endpoint,
        question: Question<'_>,
        sent: impl FnOnce(SocketAddr),
    ) -> Result<(SocketAddr, Response<Bytes>), BackendError> {
        let deadline = self.config.deadline;
        let (stream, peer) = rt.connect(to.at.host(), to.at.port(), deadline).await?;
        let stream = match &to.roots {
            None => stream,
            Some(roots) => {
                let config = tls::client_config(rt, roots.clone())?;
                let name = to.name.host().trim_matches(['[', ']']);
                tls::connect(config, stream, name, deadline).await?
            }
        };
        let mut client = Client::over(rt, stream).await?;
        let request = post(to, question)?;
        sent(peer);
        Ok((peer, client.send(request, STOREFRONT_REPLY_BYTES_MAX, deadline).await?))
    }

    pub(super) fn unreachable(&self, what: &'static str, at: &Endpoint, error: &BackendError) {
        let (at, why) = (at.name.to_string(), error.to_string());
        self.journal.record(Seen::Unreachable { what, at, why });
    }
}

fn post(to: &Endpoint, question: Question<'_>) -> Result<Request<FullBody>, BackendError> {
    let mut request = Request::post(question.path).body(FullBody::from(question.document));
    let headers = request.as_mut().map(Request::headers_mut).map_err(|_| BackendError::Unsendable)?;
    let usual_port = if to.roots.is_some() { 443 } else { 80 };
    let is_usual = to.name.port() == usual_port;
    let host = if is_usual { to.name.host().to_owned() } else { to.name.to_string() };
    let host = HeaderValue::try_from(host).map_err(|_| BackendError::Unsendable)?;
    headers.insert(HOST, host);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(question.content_type));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    for (name, value) in question.headers {
        headers.insert(HeaderName::from_static(name), value.clone());
    }
    request.map_err(|_| BackendError::Unsendable)
}

fn accepted(answer: Response<Bytes>) -> Result<Bytes, BackendError> {
    let status = answer.status();
    if status.is_success() { Ok(answer.into_body()) } else { Err(BackendError::Status(status.as_u16())) }
}
