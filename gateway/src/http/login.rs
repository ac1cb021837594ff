//! Log-in, question and log-out by pages and redirects: the classic surface (vendor doc). What a log-in comes to
//! is decided in `auth::login`.
//!
//! Every refused log-in looks the same: a redirect to the log-in page with the message number for "not
//! accepted" (SR-71). What really happened is in the audit log. That no server answers is a page of its own: a user
//! who is told that the password is wrong tries others, and is locked out.

use std::net::SocketAddr;

use gateway_proto::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Method, Request, StatusCode};
use sha2::Sha256;

use super::form::{self, Form};
use super::{Body, Reply, caller, client, cookies, pages, portal, reply, to_keep};
use crate::audit::Event;
use crate::auth::login::{self, Outcome};
use crate::limits::LOGIN_ID_BYTES;
use crate::reason::Reason;
use crate::shared::Shared;

/// The log-in page's path.
pub(super) const PAGE: &str = "/vpn/index.html";

/// Whoever has no session is led here. An old session cookie is taken away.
pub(super) fn front_door() -> Reply {
    reply::with_cookies(reply::redirect(PAGE), [cookies::clear(cookies::SESSION)])
}

/// The log-in page, with a fresh form token and what the last attempt came to.
pub(super) fn page(shared: &Shared, headers: &HeaderMap) -> Reply {
    let nonce = shared.fresh_id::<LOGIN_ID_BYTES>("form-nonce");
    let token = form_token(shared, &nonce);
    // The cookie is the client's word: only a number that is known is shown.
    let known = Reason::LoginRefused.vpn_error().map(|number| Secret::new(number.to_string()));
    let failed = known.is_some() && cookies::read(headers, cookies::ERROR) == known;
    let message = failed.then(|| Reason::LoginRefused.advice());
    let page = reply::page(StatusCode::OK, pages::login(token.expose_str().unwrap_or_default(), message));
    let shown = failed.then(|| cookies::clear(cookies::ERROR)).flatten();
    reply::with_cookies(page, [cookies::set(cookies::FORM, &nonce), shown])
}

/// `POST /cgi/login`: the first factor.
pub(super) async fn submit(
    shared: &Shared,
    peer: SocketAddr,
    request: Request<Body>,
) -> Result<Reply, Reason> {
    let (head, form) = form_of(shared, request).await?;
    let expected = cookies::read(&head.headers, cookies::FORM).map(|nonce| form_token(shared, &nonce));
    form::check_token(&form, expected.as_ref())?;
    let password = form.get("passwd").cloned().unwrap_or_default();
    let mut client = client(peer, &head.headers);
    let outcome = login::begin(shared, &mut client, form.text("login").unwrap_or_default(), password).await;
    Ok(to_keep(&client, render(shared, &head.headers, outcome)))
}

/// `POST /cgi/dlge`: the answer to a question.
pub(super) async fn answer(
    shared: &Shared,
    peer: SocketAddr,
    request: Request<Body>,
) -> Result<Reply, Reason> {
    let (head, form, id) = further_form(shared, request).await?;
    form::check_token(&form, Some(&form_token(shared, &id)))?;
    let response = form.get("response").cloned().unwrap_or_default();
    let mut client = client(peer, &head.headers);
    let outcome = login::go_on(shared, &mut client, &id, response).await?;
    Ok(to_keep(&client, render(shared, &head.headers, outcome)))
}

/// `POST /cgi/tlogin`: whether the session elsewhere shall end.
pub(super) async fn transfer(
    shared: &Shared,
    peer: SocketAddr,
    request: Request<Body>,
) -> Result<Reply, Reason> {
    let (head, form, id) = further_form(shared, request).await?;
    // Clients send `adr` back as it stood in the form, so here a token can be asked for.
    if form.get("adr") != Some(&form_token(shared, &id)) {
        return Err(Reason::FormToken);
    }
    let accepted = form.text("cm") == Some("Transfer");
    let outcome = login::transfer(shared, &client(peer, &head.headers), &id, accepted).await?;
    Ok(if matches!(outcome, Outcome::Refused) && !accepted {
        // Nothing went wrong: no message.
        reply::with_cookies(reply::redirect(PAGE), [cookies::clear(cookies::PENDING)])
    } else {
        render(shared, &head.headers, outcome)
    })
}

/// What a form says, if it does not come from another site.
async fn form_of(shared: &Shared, request: Request<Body>) -> Result<(Parts, Form), Reason> {
    let (head, body) = request.into_parts();
    form::same_origin(&head.headers, &shared.config.fqdn)?;
    let form = Form::read(&head.headers, body, shared.config.limits.form_body).await?;
    Ok((head, form))
}

/// What a form says that goes on with a log-in, and with which.
async fn further_form(shared: &Shared, request: Request<Body>) -> Result<(Parts, Form, Secret), Reason> {
    let (head, form) = form_of(shared, request).await?;
    let id = cookies::read(&head.headers, cookies::PENDING).ok_or(Reason::ChallengeUnknown)?;
    Ok((head, form, id))
}

fn render(shared: &Shared, headers: &HeaderMap, outcome: Outcome) -> Reply {
    match outcome {
        Outcome::Session { id } => {
            let mode = portal::mode(shared, headers);
            let onward = reply::redirect(&format!("/cgi/setclient?{}", mode.as_str()));
            reply::with_cookies(onward, session_cookies(&id))
        }
        Outcome::Asked { id, prompt, echo } => {
            let token = form_token(shared, &id);
            let markup = pages::challenge(&prompt, echo, token.expose_str().unwrap_or_default());
            reply::with_cookies(reply::page(StatusCode::OK, markup), [cookies::set(cookies::PENDING, &id)])
        }
        Outcome::TransferOffered { id } => {
            let token = form_token(shared, &id);
            let markup = pages::transfer(token.expose_str().unwrap_or_default());
            let offer = reply::with_reason(reply::page(StatusCode::OK, markup), Reason::DuplicateSession);
            reply::with_cookies(offer, [cookies::set(cookies::PENDING, &id)])
        }
        Outcome::Blocked => {
            let page = reply::blocked(reply::refusal(Reason::DuplicateSession));
            reply::with_cookies(page, [cookies::PENDING, cookies::FORM].map(cookies::clear))
        }
        Outcome::Unavailable(reason) => {
            reply::with_cookies(reply::refusal(reason), [cookies::PENDING, cookies::FORM].map(cookies::clear))
        }
        Outcome::Refused => {
            let number = Reason::LoginRefused.vpn_error().and_then(cookies::set_error);
            let back = reply::with_reason(reply::redirect(PAGE), Reason::LoginRefused);
            reply::with_cookies(back, [number, cookies::clear(cookies::PENDING)])
        }
    }
}

/// The session's cookie, and those of the log-in taken away.
pub(super) fn session_cookies(id: &Secret) -> impl Iterator<Item = Option<HeaderValue>> {
    let cleared = [cookies::PENDING, cookies::FORM].map(cookies::clear);
    [cookies::set(cookies::SESSION, id)].into_iter().chain(cleared)
}

/// `/cgi/logout` and the configured path. By POST with our own token, or, for native clients and links, by GET;
/// never for another site, and only for whoever holds the session's cookie (SR-12).
pub(super) async fn log_out(
    shared: &Shared,
    peer: SocketAddr,
    request: Request<Body>,
) -> Result<Reply, Reason> {
    let (head, body) = request.into_parts();
    form::same_origin(&head.headers, &shared.config.fqdn)?;
    let caller = caller(shared, peer, &head.headers)?;
    match head.method {
        Method::GET => {}
        Method::POST => {
            let form = Form::read(&head.headers, body, shared.config.limits.form_body).await?;
            form::check_token(&form, caller.as_ref().map(|caller| &caller.secrets.form_token))?;
        }
        _ => return Err(Reason::MethodNotAllowed),
    }
    if let Some(caller) = caller {
        let ended = shared.sessions().end(&caller.id);
        shared.sessions_over(ended.map(|session| (session, "log-out")).into_iter().collect()).await?;
    } else {
        shared.tell(&Event::RequestRefused {
            peer,
            path: head.uri.path().to_owned(),
            reason: Reason::SessionMissing,
        });
    }
    let page = reply::page(StatusCode::OK, pages::signed_out());
    Ok(reply::with_cookies(page, [cookies::SESSION, cookies::PENDING, cookies::FORM].map(cookies::clear)))
}

/// The token that belongs to a cookie of ours: only this gateway can make it, and it fits no other cookie.
fn form_token(shared: &Shared, nonce: &Secret) -> Secret {
    // HMAC takes keys of any length (RFC 2104 §2), so this can't fail.
    let mut mac =
        Hmac::<Sha256>::new_from_slice(shared.form_key.expose()).expect("HMAC takes any key length");
    mac.update(nonce.expose());
    Secret::new(data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()))
}
