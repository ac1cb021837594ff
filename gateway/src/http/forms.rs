//! Log-in by the forms protocol (nFactor; vendor doc and two independent clients): the same log-in as the classic
//! pages', spoken in XML documents to clients that have no browser.
//!
//! The log-in page of newer portal themes (`/logon/LogonPoint/`) is our own log-in page.

use std::net::SocketAddr;

use gateway_proto::forms::{self, AuthenticateResponse, Field, Form as Asked};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, StatusCode};

use super::form::{self, Form};
use super::{Body, Reply, caller, client, cookies, login, reply, to_keep};
use crate::auth::login::{self as flow, Outcome};
use crate::reason::Reason;
use crate::shared::Shared;

/// Where the protocol lives; both are in use.
const BASES: [&str; 2] = ["/p/u/", "/nf/auth/"];

/// The log-in page of newer themes.
const LOGON_POINTS: [&str; 3] =
    ["/logon/LogonPoint/", "/logon/LogonPoint/index.html", "/logon/LogonPoint/tmindex.html"];

/// The choice to end the session elsewhere, for a client that can show a text and send one.
const OFFER: &str = "You are logged in already. Answer yes to end the other session and go on here.";
/// The answer that ends it.
const YES: &str = "yes";

/// Whether `path` belongs to this surface.
pub(super) fn is_path(path: &str) -> bool {
    LOGON_POINTS.contains(&path) || BASES.iter().any(|base| path.starts_with(base))
}

/// Answers a request of the forms protocol.
pub(super) async fn serve(
    shared: &Shared,
    peer: SocketAddr,
    request: Request<Body>,
) -> Result<Reply, Reason> {
    let path = request.uri().path().to_owned();
    if LOGON_POINTS.contains(&path.as_str()) {
        return super::get_only(request.method(), || Ok(login::page(shared, request.headers())));
    }
    let (base, step) =
        BASES.iter().find_map(|base| Some((*base, path.strip_prefix(base)?))).ok_or(Reason::NotFound)?;
    let post = request.method() == Method::POST;
    match step {
        // One client asks for the form with GET; asking changes nothing.
        "getAuthenticationRequirements.do" => document(&AuthenticateResponse::MoreInfo(first(base, None))),
        "doAuthentication.do" if post => authenticate(shared, peer, request, base).await,
        "setClient.do" if post => set_client(shared, peer, request).await,
        "doLogoff.do" if post => login::log_out(shared, peer, request).await,
        "doAuthentication.do" | "setClient.do" | "doLogoff.do" => Err(Reason::MethodNotAllowed),
        _ => Err(Reason::NotFound),
    }
}

/// The filled form: the first factor, or the answer to a question when one is open.
async fn authenticate(
    shared: &Shared,
    peer: SocketAddr,
    request: Request<Body>,
    base: &str,
) -> Result<Reply, Reason> {
    let (head, body) = request.into_parts();
    form::same_origin(&head.headers, &shared.config.fqdn)?;
    let form = Form::read(&head.headers, body, shared.config.limits.form_body).await?;
    let pending = cookies::read(&head.headers, cookies::PENDING);
    let mut client = client(peer, &head.headers);
    let outcome = match (form.get("response"), pending) {
        (Some(response), Some(id)) if flow::is_transfer(shared, &id) => {
            let accepted = response.expose_str().is_some_and(|text| text.trim().eq_ignore_ascii_case(YES));
            flow::transfer(shared, &client, &id, accepted).await?
        }
        (Some(response), Some(id)) => flow::go_on(shared, &mut client, &id, response.clone()).await?,
        _ => {
            let password = form.get("passwd").cloned().unwrap_or_default();
            flow::begin(shared, &mut client, form.text("login").unwrap_or_default(), password).await
        }
    };
    Ok(to_keep(&client, render(base, outcome)?))
}

fn render(base: &str, outcome: Outcome) -> Result<Reply, Reason> {
    match outcome {
        Outcome::Session { id } => {
            Ok(reply::with_cookies(document(&AuthenticateResponse::Success)?, login::session_cookies(&id)))
        }
        Outcome::Asked { id, prompt, echo } => {
            let asked = document(&AuthenticateResponse::MoreInfo(question(base, &prompt, echo)))?;
            Ok(reply::with_cookies(asked, [cookies::set(cookies::PENDING, &id)]))
        }
        Outcome::TransferOffered { id } => {
            let asked = document(&AuthenticateResponse::MoreInfo(question(base, OFFER, true)))?;
            Ok(reply::with_cookies(asked, [cookies::set(cookies::PENDING, &id)]))
        }
        Outcome::Blocked => Ok(reply::blocked(told(base, Reason::DuplicateSession)?)),
        Outcome::Unavailable(reason) => told(base, reason),
        Outcome::Refused => {
            let again = first(base, Some(Reason::LoginRefused));
            let again =
                reply::with_reason(document(&AuthenticateResponse::MoreInfo(again))?, Reason::LoginRefused);
            let number = Reason::LoginRefused.vpn_error().and_then(cookies::set_error);
            Ok(reply::with_cookies(again, [number, cookies::clear(cookies::PENDING)]))
        }
    }
}

/// The first form again, with what stands in the way.
fn told(base: &str, reason: Reason) -> Result<Reply, Reason> {
    let notice = Some((reason.advice().to_owned(), true));
    let again = document(&AuthenticateResponse::MoreInfo(Asked { notice, ..first(base, None) }))?;
    Ok(reply::with_cookies(reply::with_reason(again, reason), [cookies::clear(cookies::PENDING)]))
}

/// `setClient.do`: which client this is; answers with the store's path. Needs a session.
async fn set_client(shared: &Shared, peer: SocketAddr, request: Request<Body>) -> Result<Reply, Reason> {
    let (head, body) = request.into_parts();
    form::same_origin(&head.headers, &shared.config.fqdn)?;
    caller(shared, peer, &head.headers)?.ok_or(Reason::SessionMissing)?;
    let form = Form::read(&head.headers, body, shared.config.limits.form_body).await?;
    match form.text("nsg-setclient") {
        Some("wica" | "cvpn") => {
            document(&AuthenticateResponse::Portal { path: shared.config.storefront.path.clone() })
        }
        _ => Err(Reason::FormInvalid),
    }
}

/// The form for name and password. A refusal is told by the number clients know.
fn first(base: &str, refused: Option<Reason>) -> Asked {
    let number = refused.and_then(Reason::vpn_error);
    Asked {
        post_back: format!("{base}doAuthentication.do"),
        cancel_post_back: format!("{base}doLogoff.do"),
        notice: number.map(|number| (format!("errorMessageLabel{number}"), true)),
        fields: vec![
            Field { id: "login", kind: "username", label: "User name:".to_owned(), secret: false },
            Field { id: "passwd", kind: "password", label: "Password:".to_owned(), secret: true },
        ],
        button: ("nsg-x1-logon-button", "Log On"),
    }
}

fn question(base: &str, prompt: &str, echo: bool) -> Asked {
    Asked {
        post_back: format!("{base}doAuthentication.do"),
        cancel_post_back: format!("{base}doLogoff.do"),
        notice: Some((prompt.to_owned(), false)),
        fields: vec![Field { id: "response", kind: "passcode", label: "Answer:".to_owned(), secret: !echo }],
        button: ("nsg-x1-logon-button", "Continue"),
    }
}

fn document(response: &AuthenticateResponse) -> Result<Reply, Reason> {
    // A prompt with characters that XML can't carry is the server's fault.
    let document = response.write().map_err(|_| Reason::FactorAnswer)?;
    let mut reply = reply::xml(StatusCode::OK, document);
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(forms::CONTENT_TYPE));
    Ok(reply)
}
