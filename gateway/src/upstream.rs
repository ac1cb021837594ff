//! One HTTP request to a back end: connection from the pool or a new one, TLS where the target says so, the
//! answer whole and bounded, all within the back-end deadline.
//!
//! Pooled connections are kept per target and session, so that two users never share one (SR-127). A request
//! is repeated only if not a byte of it was sent.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use gateway_policy::facts::Message;
use gateway_policy::run::{Answer, Unusable};
use gateway_proto::cvpn::{Scheme, Target};
use gateway_rt::http::client::SendError;
use gateway_rt::http::{BodyError, Client};
use gateway_rt::{ConnectError, Stream, tls};
use http::header::{HOST, HeaderValue};
use http::{Request, Response};
use http_body_util::Full;
use ipnet::IpNet;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::error::Elapsed;

use crate::audit::{Event, Mark};
use crate::limits::CALLOUT_READ_BYTES;
use crate::shared::Shared;

/// Whose pooled connection: a target's, for one session or for the gateway itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PoolKey {
    target: String,
    session: Option<Mark>,
}

impl PoolKey {
    pub(crate) fn belongs_to(&self, session: Mark) -> bool {
        self.session == Some(session)
    }
}

/// Why a back end gave no usable answer. The text is for the audit log, not for a page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It can't be reached or says nothing.
    #[error("{0}")]
    Down(String),
    /// It says something that breaks a rule.
    #[error("{0}")]
    Answer(String),
    /// Its name leads to an address where nobody may go.
    #[error("{0}")]
    Address(String),
}

/// Asks `target` for the gateway itself, on a connection of its own.
pub(crate) async fn ask(
    shared: &Shared,
    target: &Target,
    request: Request<Bytes>,
    bytes_max: usize,
) -> Result<Response<Bytes>, Error> {
    let deadline = shared.config.limits.backend;
    let whole = async {
        let mut client = open(shared, target, |_| true).await?;
        send(&mut client, target, request, bytes_max, deadline).await.map_err(Error::from)
    };
    told(shared, target, tokio::time::timeout(deadline, whole).await)
}

/// Sends a call-out of a policy as it is written, on a connection of its own, and reads the answer.
pub(crate) async fn exchange(shared: &Shared, target: &Target, request: &[u8]) -> Result<Message, Error> {
    let deadline = shared.config.limits.backend;
    let whole = async {
        let mut stream = secured(shared, target, |_| true).await?;
        stream.write_all(request).await.map_err(broken)?;
        let (mut answer, mut piece) = (Answer::default(), vec![0; CALLOUT_READ_BYTES]);
        loop {
            let read = stream.read(&mut piece).await.map_err(broken)?;
            let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else {
                return answer.end().map_err(unusable);
            };
            if let Some(message) = answer.push(bytes).map_err(unusable)? {
                return Ok(message);
            }
        }
    };
    let answer = tokio::time::timeout(deadline, whole).await;
    answer.unwrap_or_else(|_| Err(Error::Down(format!("no answer within {} s", deadline.as_secs()))))
}

fn broken(error: std::io::Error) -> Error {
    Error::Down(error.to_string())
}

fn unusable(error: Unusable) -> Error {
    Error::Answer(error.to_string())
}

/// Asks `target` for the user of `session`, on a connection that session may keep. `networks` as in
/// [`may_go`].
pub(crate) async fn ask_for(
    shared: &Shared,
    session: Mark,
    target: &Target,
    networks: &[IpNet],
    request: Request<Bytes>,
    bytes_max: usize,
) -> Result<Response<Bytes>, Error> {
    let deadline = shared.config.limits.backend;
    let key = PoolKey { target: target.to_string(), session: Some(session) };
    let whole = async {
        if let Some(mut client) = shared.pool.take(&key) {
            match send(&mut client, target, request.clone(), bytes_max, deadline).await {
                Err(SendError::Broken(error)) if error.is_canceled() => {}
                answered => {
                    shared.pool.put(key, client);
                    return answered.map_err(Error::from);
                }
            }
        }
        let mut client = open(shared, target, |ip| may_go(ip, networks)).await?;
        let answer = send(&mut client, target, request, bytes_max, deadline).await?;
        shared.pool.put(key, client);
        Ok(answer)
    };
    told(shared, target, tokio::time::timeout(deadline, whole).await)
}

/// Tells the audit log what went wrong; callers only need to know which kind it was.
fn told(
    shared: &Shared,
    target: &Target,
    answer: Result<Result<Response<Bytes>, Error>, Elapsed>,
) -> Result<Response<Bytes>, Error> {
    let answer = answer.unwrap_or_else(|_| Err(Error::Down("no answer within the deadline".to_owned())));
    if let Err(error) = &answer {
        shared.tell(&Event::BackendFailed { backend: target.to_string(), why: error.to_string() });
    }
    answer
}

/// Whether a user's request may reach `ip`: inside `networks` if there are any, else anything but the
/// gateway's own machine and its link (SR-121).
fn may_go(ip: IpAddr, networks: &[IpNet]) -> bool {
    if !networks.is_empty() {
        return networks.iter().any(|network| network.contains(&ip));
    }
    let ip = ip.to_canonical();
    let link_local = match ip {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !(link_local || ip.is_loopback() || ip.is_unspecified() || ip.is_multicast())
}

async fn open(
    shared: &Shared,
    target: &Target,
    allowed: impl Fn(IpAddr) -> bool + Send,
) -> Result<Client, Error> {
    let stream = secured(shared, target, allowed).await?;
    Client::over(&shared.rt, stream).await.map_err(Error::from)
}

/// A connection to `target`, with TLS where it says so.
async fn secured(
    shared: &Shared,
    target: &Target,
    allowed: impl Fn(IpAddr) -> bool + Send,
) -> Result<Stream, Error> {
    let deadline = shared.config.limits.backend;
    let (stream, _) = shared.rt.connect_checked(target.host(), target.port(), deadline, allowed).await?;
    match target.scheme() {
        Scheme::Http => Ok(stream),
        Scheme::Https => {
            // A certificate names an IPv6 address without the brackets a URL needs.
            let name = target.host().trim_matches(['[', ']']);
            let secured = tls::connect(shared.tls_client.clone(), stream, name, deadline).await;
            secured.map_err(|error| Error::Down(error.to_string()))
        }
    }
}

async fn send(
    client: &mut Client,
    target: &Target,
    request: Request<Bytes>,
    bytes_max: usize,
    deadline: Duration,
) -> Result<Response<Bytes>, SendError> {
    let mut request = request.map(Full::new);
    if let Ok(host) = HeaderValue::try_from(target.authority()) {
        request.headers_mut().insert(HOST, host);
    }
    client.send(request, bytes_max, deadline).await
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Body(BodyError::TooLong(_)) => Self::Answer(error.to_string()),
            SendError::Broken(ref broken) if broken.is_parse() => Self::Answer(error.to_string()),
            _ => Self::Down(error.to_string()),
        }
    }
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        match &error {
            ConnectError::Unresolved { source, .. }
                if source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                Self::Address(error.to_string())
            }
            _ => Self::Down(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_name_never_leads_home_unless_published_so() {
        for refused in
            ["127.0.0.1", "::1", "0.0.0.0", "169.254.169.254", "fe80::1", "::ffff:127.0.0.1", "224.0.0.1"]
        {
            assert!(!may_go(refused.parse().unwrap(), &[]), "{refused}");
        }
        assert!(may_go("192.168.0.4".parse().unwrap(), &[]));
        let lab = ["127.0.0.0/8".parse().unwrap()];
        assert!(may_go("127.0.0.1".parse().unwrap(), &lab));
        assert!(!may_go("192.168.0.4".parse().unwrap(), &lab), "a list is complete");
    }
}
