//! What every TCP mock needs around its protocol: the accept loop, and HTTP answers that go wrong on purpose.
//!
//! Not here: any protocol. Specification: ours.

mod spoiled;
#[cfg(test)]
pub(crate) mod tests;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway_rt::http::FullBody;
use gateway_rt::tls::{self, Identity};
use gateway_rt::{Accepted, Listener, Rt, Stream};
use http::{Request, Response, StatusCode, header};
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::behaviour::{GARBAGE, Misbehaviour};
use crate::limits::{
    ACCEPT_RETRY, CONNECTIONS_MAX, REQUEST_BODY_DEADLINE, SILENCE_MAX, TLS_DEADLINE, XML_REQUEST_BYTES_MAX,
};
use spoiled::{Spoil, Spoiled};

/// Accepts connections for as long as the future lives, each served by a task of its own. Dropping the
/// future also ends the connections.
pub(crate) async fn accept_loop<F>(
    rt: &Rt,
    mut listener: Box<dyn Listener>,
    task: &'static str,
    serve: impl Fn(Stream, SocketAddr) -> F,
) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let stop = CancellationToken::new();
    let _stop_connections = stop.clone().drop_guard();
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(Accepted { stream, peer }) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_RETRY).await;
            continue;
        };
        let Ok(slot) = slots.clone().try_acquire_owned() else { continue };
        let (stop, connection) = (stop.clone(), serve(stream, peer));
        rt.spawn(task, async move {
            stop.run_until_cancelled(connection).await;
            drop(slot);
        });
    }
}

/// What a mock does about one HTTP request.
pub(crate) enum Answer {
    /// Answers.
    Whole(Response<FullBody>),
    /// Sends the first bytes of an answer, head included, and closes.
    Cut(Response<FullBody>, usize),
    /// Sends bytes that are no HTTP, and closes.
    Garbage,
    /// Closes without an answer.
    Close,
    /// Holds the connection without an answer.
    Silence,
}

/// Serves HTTP, over TLS when there is an identity, with a handler that may also answer wrongly.
pub(crate) async fn http_server<H, F>(
    rt: &Rt,
    listener: Box<dyn Listener>,
    identity: Option<Identity>,
    task: &'static str,
    handler: H,
) -> io::Result<()>
where
    H: Fn(SocketAddr, Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let tls = identity.map(|identity| tls::server_config(rt, identity, tls::Profile::default()));
    let tls = tls.transpose().map_err(io::Error::other)?;
    let connection = |stream, peer| {
        let (tls, handler) = (tls.clone(), handler.clone());
        async move {
            let stream = match tls {
                None => stream,
                Some(config) => match tls::accept(config, stream, TLS_DEADLINE).await {
                    Ok(stream) => stream,
                    // Who can't agree on TLS was sent an alert and has no HTTP to be answered.
                    Err(_) => return,
                },
            };
            serve_http(stream, move |request| handler(peer, request)).await;
        }
    };
    accept_loop(rt, listener, task, connection).await
}

async fn serve_http<H, F>(stream: Stream, handler: H)
where
    H: Fn(Request<Incoming>) -> F + Send + Sync,
    F: Future<Output = Answer> + Send,
{
    let (stream, spoil) = Spoiled::new(stream);
    let handle = |request| {
        let (answer, spoil) = (handler(request), spoil.clone());
        async move {
            match answer.await {
                Answer::Whole(response) => response,
                Answer::Cut(response, at) => {
                    spoil.set(Spoil::Cut(at));
                    response
                }
                Answer::Garbage => {
                    spoil.set(Spoil::Instead(Bytes::from_static(GARBAGE)));
                    Response::default()
                }
                Answer::Close => {
                    spoil.set(Spoil::Cut(0));
                    Response::default()
                }
                Answer::Silence => {
                    tokio::time::sleep(SILENCE_MAX).await;
                    spoil.set(Spoil::Cut(0));
                    Response::default()
                }
            }
        }
    };
    // A connection that ends badly is the peer's affair, or this mock's misbehaviour.
    drop(gateway_rt::http::serve(Box::new(stream), handle).await);
}

/// One request to an XML server: its body, or the refusal to send instead.
pub(crate) async fn xml_request(request: Request<Incoming>, path: &str) -> Result<Bytes, StatusCode> {
    if !request.uri().path().eq_ignore_ascii_case(path) {
        return Err(StatusCode::NOT_FOUND);
    }
    if request.method() != http::Method::POST {
        return Err(StatusCode::NOT_ACCEPTABLE);
    }
    let body = gateway_rt::http::read_body(request.into_body(), XML_REQUEST_BYTES_MAX, REQUEST_BODY_DEADLINE);
    body.await.map_err(|_| StatusCode::BAD_REQUEST)
}

/// An answer without a body.
pub(crate) fn status(status: StatusCode) -> Answer {
    let mut response = Response::new(FullBody::default());
    *response.status_mut() = status;
    Answer::Whole(response)
}

/// An XML document as these servers send it, errors included: status 200.
pub(crate) fn xml(document: impl Into<Bytes>) -> Response<FullBody> {
    let mut response = Response::new(FullBody::new(document.into()));
    response.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static("text/xml"));
    response
}

/// How an XML server goes wrong, sorted by when it matters.
pub(crate) enum Course {
    /// Answer like this, and do nothing about the request.
    Instead(Answer),
    /// Do the work, with these changes to how the answer leaves.
    Work {
        /// Work only after this.
        slow: Duration,
        /// Answer only this long after the work.
        late: Duration,
        /// Send only this much of the answer.
        cut: Option<usize>,
        /// What is left for the protocol to do wrong.
        rest: Option<Misbehaviour>,
    },
}

/// Sorts out what is the same for all XML servers; `root` is the root element of their documents.
pub(crate) fn course(what: Option<Misbehaviour>, root: &str) -> Course {
    let work = |slow, late, cut, rest| Course::Work { slow, late, cut, rest };
    let none = Duration::ZERO;
    let Some(what) = what else { return work(none, none, None, None) };
    if let Some(document) = what.hostile_xml(root) {
        return Course::Instead(Answer::Whole(xml(document)));
    }
    match what {
        Misbehaviour::Silent => Course::Instead(Answer::Silence),
        Misbehaviour::Refuse => Course::Instead(Answer::Close),
        Misbehaviour::Garbage => Course::Instead(Answer::Garbage),
        Misbehaviour::Slow { by } => work(by, none, None, None),
        Misbehaviour::Late { by } => work(none, by, None, None),
        Misbehaviour::Truncate { at } => work(none, none, Some(at), None),
        other => work(none, none, None, Some(other)),
    }
}

/// Does the work of an XML server along its course: `work` makes the answer's document.
pub(crate) async fn along(course: Course, work: impl FnOnce(Option<Misbehaviour>) -> String) -> Answer {
    match course {
        Course::Instead(answer) => answer,
        Course::Work { slow, late, cut, rest } => {
            pause(slow).await;
            let response = xml(work(rest));
            pause(late).await;
            match cut {
                Some(at) => Answer::Cut(response, at),
                None => Answer::Whole(response),
            }
        }
    }
}

/// Waits for `by`; no time at all takes none, where the timer would round up.
pub(crate) async fn pause(by: Duration) {
    if !by.is_zero() {
        tokio::time::sleep(by).await;
    }
}
