//! The HTTP surface: every request passes this file, in this order: is it well-formed, what do policies say, is it
//! public, does it have a session, where does it go.
//!
//! The list of public paths is short and explicit; everything else asks the session first (SR-24). No request
//! header grants anything (SR-30).

mod callback;
mod cookies;
mod form;
mod forms;
mod login;
mod pages;
mod policies;
mod portal;
mod proxy;
mod reply;
mod target;

use std::net::SocketAddr;

use gateway_proto::access_info;
use gateway_proto::secret::Secret;
use gateway_rt::http::FullBody;
use http::header::USER_AGENT;
use http::{Method, Request, Response};
use http_body_util::Either;
use hyper::body::Incoming;

use crate::audit::{Event, Mark};
use crate::auth::login::Client;
use crate::reason::Reason;
use crate::session::{Lookup, News, Place, Secrets, Session};
use crate::shared::Shared;

use policies::Judged;
pub(crate) use target::is_plain as is_plain_path;

type Reply = Response<FullBody>;

/// A request's body: as it comes, or whole because policies looked at it.
type Body = Either<Incoming, FullBody>;

/// What becomes of a request.
pub(crate) enum Answer {
    /// It is answered.
    Reply(Reply),
    /// Its connection ends without an answer.
    Reset,
    /// It gets no answer.
    Drop,
}

/// A live session and the id that came with this request.
struct Caller {
    id: Secret,
    session: Session,
    secrets: Secrets,
}

/// Answers one request of `peer`.
pub(crate) async fn answer(shared: &Shared, peer: SocketAddr, request: Request<Incoming>) -> Answer {
    let path = request.uri().path().to_owned();
    let judged = match target::check(&request) {
        Ok(()) => policies::judge(shared, peer, request).await,
        Err(reason) => Err(reason),
    };
    let reply = match judged {
        Ok(Judged::Forward { request, ends }) => {
            let reply = route(shared, peer, request).await;
            policies::log_out(shared, ends).await;
            reply
        }
        Ok(Judged::Answer(answer)) => return answer,
        Err(reason) => Err(reason),
    };
    let reply = match reply {
        Ok(reply) => reply,
        Err(reason) => {
            shared.tell(&Event::RequestRefused { peer, path, reason });
            refused(reason)
        }
    };
    Answer::Reply(reply::finish(reply, shared.rt.clock.as_ref()))
}

async fn route(shared: &Shared, peer: SocketAddr, request: Request<Body>) -> Result<Reply, Reason> {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    match path.as_str() {
        "/" if caller(shared, peer, request.headers())?.is_none() => {
            get_only(&method, || Ok(login::front_door()))
        }
        "/vpn/index.html" => get_only(&method, || Ok(login::page(shared, request.headers()))),
        pages::STYLE_PATH => get_only(&method, || Ok(reply::style())),
        "/cgi/login" => post_only(&method)?.then(login::submit(shared, peer, request)).await,
        "/cgi/dlge" => post_only(&method)?.then(login::answer(shared, peer, request)).await,
        "/cgi/tlogin" => post_only(&method)?.then(login::transfer(shared, peer, request)).await,
        "/cgi/logout" => login::log_out(shared, peer, request).await,
        path if is_logout(shared, path) => login::log_out(shared, peer, request).await,
        path if forms::is_path(path) => forms::serve(shared, peer, request).await,
        access_info::PATH => post_only(&method)?.then(callback::serve(shared, peer, request)).await,
        _ => match caller(shared, peer, request.headers())? {
            Some(caller) => portal::route(shared, peer, &caller, request).await,
            None => Err(missing(shared, request.headers())),
        },
    }
}

/// The session of this request, and of no other (SR-31). An error when it is bound to another place.
fn caller(shared: &Shared, peer: SocketAddr, headers: &http::HeaderMap) -> Result<Option<Caller>, Reason> {
    let Some(id) = cookies::read(headers, cookies::SESSION) else { return Ok(None) };
    let (place, bound) = (place(peer, headers), shared.config.sessions.bind);
    let found = shared.sessions().touch(&id, place, bound, shared.now(), &shared.config.limits);
    match found {
        Lookup::Live(session, secrets, news) => {
            tell_moved(shared, peer, headers, &session, news, None);
            Ok(Some(Caller { id, session, secrets }))
        }
        Lookup::Elsewhere(session, news) => {
            let reason = Reason::SessionElsewhere;
            tell_moved(shared, peer, headers, &session, news, Some(reason));
            Err(reason)
        }
        Lookup::Nobody => Ok(None),
    }
}

/// Tells that a session is used from somewhere new.
fn tell_moved(
    shared: &Shared,
    peer: SocketAddr,
    headers: &http::HeaderMap,
    session: &Session,
    news: Option<News>,
    reason: Option<Reason>,
) {
    let Some(news) = news else { return };
    shared.tell(&Event::SessionMoved {
        peer,
        user: session.user.to_string(),
        session: session.mark,
        owner: session.peer(),
        changed: news.as_str(),
        agent: headers.get(USER_AGENT).map(|agent| Mark::of(&Secret::new(agent.as_bytes()))),
        reason,
    });
}

/// Whence a request comes.
fn place(peer: SocketAddr, headers: &http::HeaderMap) -> Place {
    Place::new(peer, headers.get(USER_AGENT).map(http::HeaderValue::as_bytes))
}

/// Why there is no session.
fn missing(shared: &Shared, headers: &http::HeaderMap) -> Reason {
    match cookies::read(headers, cookies::SESSION) {
        None => Reason::SessionMissing,
        Some(id) if shared.sessions().was_displaced(&id, shared.now(), &shared.config.limits) => {
            Reason::SessionDisplaced
        }
        Some(_) => Reason::SessionEnded,
    }
}

/// Whether the configuration makes this path one that logs out.
fn is_logout(shared: &Shared, path: &str) -> bool {
    shared.config.sessions.logout_path.as_ref().is_some_and(|logout| logout.as_str() == path)
}

/// Who sent a request that may lead to a session.
fn client(peer: SocketAddr, headers: &http::HeaderMap) -> Client {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).map(str::to_owned);
    Client {
        peer,
        place: place(peer, headers),
        session: cookies::read(headers, cookies::SESSION),
        device: cookies::read(headers, cookies::DEVICE),
        agent,
        keeps: None,
    }
}

/// Gives a client what it shall keep.
fn to_keep(client: &Client, reply: Reply) -> Reply {
    let device = client.keeps.as_ref();
    let cookie = device.and_then(|device| cookies::set_lasting(cookies::DEVICE, &device.value, device.life));
    reply::with_cookies(reply, [cookie])
}

fn refused(reason: Reason) -> Reply {
    match reason {
        Reason::SessionMissing | Reason::SessionEnded | Reason::SessionDisplaced => {
            reply::with_reason(login::front_door(), reason)
        }
        // Else the way to the log-in page would be barred as well.
        Reason::SessionElsewhere => {
            reply::with_cookies(reply::refusal(reason), [cookies::clear(cookies::SESSION)])
        }
        _ => reply::refusal(reason),
    }
}

fn get_only(method: &Method, reply: impl FnOnce() -> Result<Reply, Reason>) -> Result<Reply, Reason> {
    if method == Method::GET || method == Method::HEAD { reply() } else { Err(Reason::MethodNotAllowed) }
}

/// Proof that the method is POST, so that no handler of a change runs for another one.
struct Post;

impl Post {
    async fn then(self, reply: impl Future<Output = Result<Reply, Reason>>) -> Result<Reply, Reason> {
        reply.await
    }
}

fn post_only(method: &Method) -> Result<Post, Reason> {
    if method == Method::POST { Ok(Post) } else { Err(Reason::MethodNotAllowed) }
}
