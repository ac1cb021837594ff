//! Log-in, question and log-out: the requests that make and end sessions, and the only ones (SR-22, SR-23).
//!
//! Every refused log-in looks the same: a redirect to the log-in page with the message number for "not
//! accepted" (SR-71). What really happened is in the audit log.

use std::net::SocketAddr;

use gateway_proto::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use http::header::HeaderMap;
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use sha2::Sha256;

use super::form::{self, Form};
use super::{Reply, caller, cookies, pages, portal, reply};
use crate::app::Shared;
use crate::audit::Event;
use crate::auth::{self, Answered, Attempt, Question, Step};
use crate::limits::{
    CALLBACK_HANDLE_BYTES, LOGIN_ID_BYTES, PASSWORD_BYTES_MAX, SESSION_ID_BYTES, USER_BYTES_MAX,
};
use crate::reason::Reason;
use crate::session::Identity;

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
    request: Request<Incoming>,
) -> Result<Reply, Reason> {
    let (head, body) = request.into_parts();
    form::same_origin(&head.headers, &shared.config.fqdn)?;
    let form = Form::read(&head.headers, body, shared.config.limits.form_body).await?;
    let expected = cookies::read(&head.headers, cookies::FORM).map(|nonce| form_token(shared, &nonce));
    form::check_token(&form, expected.as_ref())?;

    let user = form.text("login").map(str::trim).unwrap_or_default().to_owned();
    let password = form.get("passwd").cloned().unwrap_or_default();
    shared.tell(&Event::LoginTried { peer, user: user.clone() });
    // Nobody is asked about an empty password: a directory may take it for an anonymous bind (SR-70).
    let usable = !user.is_empty()
        && user.len() <= USER_BYTES_MAX
        && !user.chars().any(char::is_control)
        && !password.is_empty()
        && password.len() <= PASSWORD_BYTES_MAX;
    let step = if usable {
        let attempt =
            Attempt { user: &user, password: &password, answering: None, station: peer.ip().to_string() };
        auth::verify(&shared.config.factor, &shared.rt, &shared.audit, attempt).await
    } else {
        Step::Refused(Reason::LoginRefused)
    };
    match step {
        Step::Passed { user } => Ok(open_session(shared, peer, &head.headers, Identity { user, password })),
        Step::Challenge(question) => {
            let id = shared.fresh_id::<LOGIN_ID_BYTES>("login-id");
            let page = challenge_page(shared, &id, &question);
            shared.tell(&Event::ChallengeShown { peer, user: user.clone(), round: 1 });
            shared.flow().ask(&id, user, password, question, shared.now(), &shared.config.limits);
            Ok(page)
        }
        Step::Refused(reason) => Ok(refused(shared, peer, user, reason)),
    }
}

/// `POST /cgi/dlge`: the answer to a question.
pub(super) async fn answer(
    shared: &Shared,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Reply, Reason> {
    let (head, body) = request.into_parts();
    form::same_origin(&head.headers, &shared.config.fqdn)?;
    let form = Form::read(&head.headers, body, shared.config.limits.form_body).await?;
    let id = cookies::read(&head.headers, cookies::PENDING).ok_or(Reason::ChallengeUnknown)?;
    form::check_token(&form, Some(&form_token(shared, &id)))?;

    let answered = shared.flow().answer(&id, shared.now(), &shared.config.limits);
    let pending = match answered {
        Answered::GoesOn(pending) => pending,
        Answered::Over(reason, user) => {
            if let Some(user) = user {
                shared.tell(&Event::LoginRefused { peer, user, reason });
            }
            return Err(reason);
        }
    };
    let response = form.get("response").cloned().unwrap_or_default();
    let step = if response.is_empty() || response.len() > PASSWORD_BYTES_MAX {
        Step::Refused(Reason::LoginRefused)
    } else {
        let attempt = Attempt {
            user: &pending.user,
            password: &response,
            answering: Some((&pending.question.state, pending.question.server)),
            station: peer.ip().to_string(),
        };
        auth::verify(&shared.config.factor, &shared.rt, &shared.audit, attempt).await
    };
    match step {
        Step::Passed { user } => {
            let identity = Identity { user, password: pending.password };
            Ok(open_session(shared, peer, &head.headers, identity))
        }
        Step::Challenge(question) => {
            let id = shared.fresh_id::<LOGIN_ID_BYTES>("login-id");
            let (user, page) = (pending.user.clone(), challenge_page(shared, &id, &question));
            let asked = shared.flow().ask_again(&id, pending, question, &shared.config.limits);
            match asked {
                Ok(round) => {
                    shared.tell(&Event::ChallengeShown { peer, user, round });
                    Ok(page)
                }
                Err(reason) => Ok(refused(shared, peer, user, reason)),
            }
        }
        Step::Refused(reason) => Ok(refused(shared, peer, pending.user, reason)),
    }
}

/// `/cgi/logout`. By POST with our own token, or, for native clients, by GET; never for another site (SR-12).
pub(super) async fn log_out(
    shared: &Shared,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Reply, Reason> {
    let (head, body) = request.into_parts();
    form::same_origin(&head.headers, &shared.config.fqdn)?;
    let caller = caller(shared, &head.headers);
    match head.method {
        Method::GET => {}
        Method::POST => {
            let form = Form::read(&head.headers, body, shared.config.limits.form_body).await?;
            form::check_token(&form, caller.as_ref().map(|caller| &caller.session.form_token))?;
        }
        _ => return Err(Reason::MethodNotAllowed),
    }
    if let Some(caller) = caller {
        let ended = shared.sessions().end(&caller.id);
        if let Some(session) = ended {
            shared.pool.forget(|key| key.belongs_to(session.mark));
            let (user, after) = (session.identity.user.clone(), session.age(shared.now()));
            shared.tell(&Event::SessionEnded { user, session: session.mark, cause: "log-out", after });
        }
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

fn open_session(shared: &Shared, peer: SocketAddr, headers: &HeaderMap, identity: Identity) -> Reply {
    let id = shared.fresh_id::<SESSION_ID_BYTES>("session-id");
    let handle = shared.fresh_id::<CALLBACK_HANDLE_BYTES>("callback-handle");
    let token = shared.fresh_id::<LOGIN_ID_BYTES>("form-token");
    let user = identity.user.clone();
    let created = shared.sessions().create(identity, &id, handle, token, shared.now(), &shared.config.limits);
    match created {
        Ok(session) => {
            shared.tell(&Event::SessionCreated { peer, user, session: session.mark });
            let mode = portal::mode(shared, headers);
            let onward = reply::redirect(&format!("/cgi/setclient?{}", mode.as_str()));
            let cleared = [cookies::PENDING, cookies::FORM].map(cookies::clear);
            reply::with_cookies(onward, [cookies::set(cookies::SESSION, &id)].into_iter().chain(cleared))
        }
        Err(crate::session::Full) => refused(shared, peer, user, Reason::SessionTableFull),
    }
}

fn refused(shared: &Shared, peer: SocketAddr, user: String, reason: Reason) -> Reply {
    shared.tell(&Event::LoginRefused { peer, user, reason });
    let number = Reason::LoginRefused.vpn_error().and_then(cookies::set_error);
    let back = reply::with_reason(reply::redirect(PAGE), Reason::LoginRefused);
    reply::with_cookies(back, [number, cookies::clear(cookies::PENDING)])
}

fn challenge_page(shared: &Shared, id: &Secret, question: &Question) -> Reply {
    let token = form_token(shared, id);
    let markup = pages::challenge(&question.prompt, question.echo, token.expose_str().unwrap_or_default());
    reply::with_cookies(reply::page(StatusCode::OK, markup), [cookies::set(cookies::PENDING, id)])
}

/// The token that belongs to a cookie of ours: only this gateway can make it, and it fits no other cookie.
fn form_token(shared: &Shared, nonce: &Secret) -> Secret {
    // HMAC takes keys of any length (RFC 2104 §2), so this can't fail.
    let mut mac =
        Hmac::<Sha256>::new_from_slice(shared.form_key.expose()).expect("HMAC takes any key length");
    mac.update(nonce.expose());
    Secret::new(data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()))
}
