//! The clientless reverse proxy: one request of one session to one published host, and its answer back.
//!
//! A new request head is built from what was parsed; nothing of the client's that speaks about identity or
//! about the connection passes (SR-123). Of the answer, cookies and redirects are turned around and what could
//! change this origin for good is dropped (SR-122, SR-124). Links in pages are rewritten in clientless mode
//! only; in ICA-proxy mode the portal has its own paths already.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64;
use gateway_proto::cvpn::{BodyKind, CvpnUrl, Rewriter, Target};
use gateway_proto::ica_file::LaunchFile;
use gateway_proto::secret::Secret;
use gateway_rt::http::{BodyError, FullBody, read_body};
use http::header::{
    self, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION,
    SET_COOKIE,
};
use http::{Method, Request, Response};
use ipnet::IpNet;

use super::{Body, Caller, Reply, cookies, form};
use crate::audit::Mark;
use crate::limits::{PROXY_ANSWER_BYTES_MAX, PROXY_REQUEST_BYTES_MAX};
use crate::reason::Reason;
use crate::shared::Shared;
use crate::upstream;

/// How the host appears to the client.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Below `/cvpn/`.
    Clientless,
    /// At its own path.
    OwnPath,
}

/// What a client may tell a back end; everything else of its head ends here.
const FORWARDED: [HeaderName; 11] = [
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    CONTENT_TYPE,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::RANGE,
    header::USER_AGENT,
    HeaderName::from_static("csrf-token"),
    HeaderName::from_static("x-citrix-isusinghttps"),
    HeaderName::from_static("x-citrix-explicitauthprotocol"),
    HeaderName::from_static("x-requested-with"),
];

/// What a back end may not tell a client: about the connection, about this origin, about itself (SR-124).
const DROPPED: [HeaderName; 16] = [
    header::CONNECTION,
    CONTENT_LENGTH,
    header::DATE,
    header::LINK,
    header::CONTENT_LOCATION,
    header::REFRESH,
    header::SERVER,
    header::STRICT_TRANSPORT_SECURITY,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("alt-svc"),
    HeaderName::from_static("clear-site-data"),
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("public-key-pins"),
    HeaderName::from_static("service-worker-allowed"),
    HeaderName::from_static("x-powered-by"),
];

/// Forwards one request.
pub(super) async fn forward(
    shared: &Shared,
    peer: SocketAddr,
    caller: &Caller,
    request: Request<Body>,
    url: CvpnUrl,
    shape: Shape,
) -> Result<Reply, Reason> {
    let networks = published(shared, url.target()).ok_or(Reason::TargetNotPublished)?;
    let (head, body) = request.into_parts();
    if !matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        // Another site must not act in a user's name (SR-25, SR-81).
        form::same_origin(&head.headers, &shared.config.fqdn)?;
    }
    let body = read_request(body, shared.config.limits.form_body).await?;
    let mut onward = Request::new(body);
    *onward.method_mut() = head.method;
    *onward.uri_mut() = url.path_and_query().parse().map_err(|_| Reason::PathInvalid)?;
    *onward.headers_mut() = onward_fields(shared, peer, caller, &head.headers, &url);

    let answer = upstream::ask_for(
        shared,
        caller.session.mark,
        url.target(),
        networks,
        onward,
        PROXY_ANSWER_BYTES_MAX,
    );
    let answer = answer.await.map_err(|error| match error {
        upstream::Error::Down(_) => Reason::UpstreamDown,
        upstream::Error::Answer(_) => Reason::UpstreamAnswer,
        upstream::Error::Address(_) => Reason::TargetAddress,
    })?;
    note_ticket(shared, caller, &answer).await;
    turn_around(shared, answer, &url, shape)
}

/// The networks a published target may lead to; `None` for a target that is not published.
fn published<'a>(shared: &'a Shared, target: &Target) -> Option<&'a [IpNet]> {
    let portal = &shared.config.storefront;
    if portal.target == *target {
        return Some(&portal.networks);
    }
    shared
        .config
        .published
        .iter()
        .find(|entry| entry.target == *target)
        .map(|entry| entry.networks.as_slice())
}

async fn read_request(body: Body, deadline: Duration) -> Result<Bytes, Reason> {
    read_body(body, PROXY_REQUEST_BYTES_MAX, deadline).await.map_err(|error| match error {
        BodyError::TooLong(_) => Reason::BodyTooLong,
        BodyError::Deadline(_) | BodyError::Broken => Reason::BodyBroken,
    })
}

/// The head of the onward request: what the client may say, and what the gateway says about it.
fn onward_fields(
    shared: &Shared,
    peer: SocketAddr,
    caller: &Caller,
    client: &HeaderMap,
    url: &CvpnUrl,
) -> HeaderMap {
    let mut fields = HeaderMap::new();
    for name in FORWARDED {
        if let Some(value) = client.get(&name) {
            fields.insert(name, value.clone());
        }
    }
    let mut say = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            fields.insert(name, value);
        }
    };
    if let Some(cookies) = cookies::foreign(client) {
        say(COOKIE, cookies);
    }
    say(HeaderName::from_static("x-forwarded-for"), peer.ip().to_string());
    // Only the portal is told who the user is, and only its log-in endpoint gets the credentials.
    let portal = &shared.config.storefront;
    if *url.target() == portal.target {
        say(HeaderName::from_static("x-citrix-via"), shared.config.fqdn.clone());
        say(HeaderName::from_static("x-citrix-via-vip"), shared.config.vip.to_string());
        say(HeaderName::from_static("x-citrix-gateway"), shared.config.fqdn.clone());
        if is_sign_on(&portal.path, url.path_and_query()) {
            let handle = caller.secrets.handle.expose_str().unwrap_or_default();
            say(HeaderName::from_static("x-citrix-gateway-session"), handle.to_owned());
            fields.insert(AUTHORIZATION, basic(caller));
        }
    }
    fields
}

/// The portal's log-in for users that a gateway vouches for (`CitrixAGBasic`, vendor doc).
fn is_sign_on(base: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path.strip_prefix(base) == Some("/GatewayAuth/Login")
}

/// RFC 7617 §2.
fn basic(caller: &Caller) -> HeaderValue {
    let mut plain = format!("{}:", caller.session.user).into_bytes();
    plain.extend_from_slice(caller.secrets.password.expose());
    let plain = Secret::new(plain);
    // Base64 is always a legal value.
    let value = HeaderValue::try_from(format!("Basic {}", BASE64.encode(plain.expose())));
    let mut value = value.unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// Remembers which session a launch file was given to, so that its tunnel ends with the session.
async fn note_ticket(shared: &Shared, caller: &Caller, answer: &Response<Bytes>) {
    let media_type =
        answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let may_be_launch =
        ["application/x-ica", "application/octet-stream"].iter().any(|ica| media_type.starts_with(ica));
    if may_be_launch && let Ok(launch) = LaunchFile::parse(answer.body()) {
        shared.sessions().remember_ticket(&caller.id, Mark::of(launch.ticket.token()));
        // Whoever has a session goes on with it, also when nothing can be kept (SR-151).
        _ = shared.saved().await;
    }
}

/// The answer as the client may see it.
fn turn_around(
    shared: &Shared,
    answer: Response<Bytes>,
    url: &CvpnUrl,
    shape: Shape,
) -> Result<Reply, Reason> {
    let (mut head, body) = answer.into_parts();
    if head.headers.contains_key(header::CONTENT_ENCODING) {
        // We asked for none; a coding would hide links and unpack without bound.
        return Err(Reason::UpstreamAnswer);
    }
    let is_published = |target: &Target| published(shared, target).is_some();
    let rewriter = Rewriter::new(url, &is_published);
    let fields = std::mem::take(&mut head.headers);
    for (name, value) in &fields {
        let turned = match *name {
            _ if DROPPED.contains(name) => None,
            SET_COOKIE => own_cookie(value, url, shape),
            LOCATION => Some(location(value, &rewriter, url, shape)?),
            _ => Some(value.clone()),
        };
        if let Some(value) = turned {
            head.headers.append(name, value);
        }
    }
    let media_type = fields.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = media_type.and_then(BodyKind::from_content_type).filter(|_| shape == Shape::Clientless);
    let body = match kind {
        Some(kind) => rewriter.body(kind, &body).map_err(|_| Reason::UpstreamAnswer)?.into(),
        None => body,
    };
    head.headers.remove(CONTENT_LENGTH);
    head.extensions = http::Extensions::new();
    Ok(Response::from_parts(head, FullBody::new(body)))
}

fn location(
    value: &HeaderValue,
    rewriter: &Rewriter<'_>,
    url: &CvpnUrl,
    shape: Shape,
) -> Result<HeaderValue, Reason> {
    let text = value.to_str().map_err(|_| Reason::UpstreamAnswer)?;
    let turned = rewriter.location(text).map_err(|_| Reason::RedirectNotPublished)?;
    let turned = match shape {
        Shape::Clientless => turned,
        // At its own path only the same host can be shown.
        Shape::OwnPath => {
            let onward = CvpnUrl::parse(&turned).map_err(|_| Reason::RedirectNotPublished)?;
            if onward.target() != url.target() {
                return Err(Reason::RedirectNotPublished);
            }
            onward.path_and_query().to_owned()
        }
    };
    HeaderValue::try_from(turned).map_err(|_| Reason::UpstreamAnswer)
}

/// A back end's cookie, confined to the path its host has here. One with a name of ours is dropped (SR-124).
fn own_cookie(value: &HeaderValue, url: &CvpnUrl, shape: Shape) -> Option<HeaderValue> {
    let text = value.to_str().ok()?;
    let mut parts = text.split(';').map(str::trim);
    let pair = parts.next()?;
    let (name, _) = pair.split_once('=')?;
    if name.is_empty() || cookies::is_own(name.trim()) {
        return None;
    }
    let mut turned = vec![pair.to_owned()];
    let mut path = "/";
    for attribute in parts {
        match attribute.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("path") => path = value,
            Some((name, _)) if name.eq_ignore_ascii_case("domain") => {}
            _ if attribute.eq_ignore_ascii_case("secure") => {}
            _ => turned.push(attribute.to_owned()),
        }
    }
    let path = CvpnUrl::new(url.target().clone(), path).ok()?;
    turned.push(match shape {
        Shape::Clientless => format!("Path={}", path.to_path()),
        Shape::OwnPath => format!("Path={}", path.path_and_query()),
    });
    turned.push("Secure".to_owned());
    HeaderValue::try_from(turned.join("; ")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> CvpnUrl {
        CvpnUrl::parse("/cvpn/https/sf.test/Citrix/StoreWeb/").unwrap()
    }

    fn turned(cookie: &'static str, shape: Shape) -> Option<String> {
        own_cookie(&HeaderValue::from_static(cookie), &url(), shape).map(|v| v.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_back_ends_cookie_stays_with_its_host() {
        assert_eq!(
            turned("CsrfToken=AB; path=/Citrix/StoreWeb/; domain=.test; HttpOnly", Shape::Clientless)
                .as_deref(),
            Some("CsrfToken=AB; HttpOnly; Path=/cvpn/https/sf.test/Citrix/StoreWeb/; Secure")
        );
        assert_eq!(
            turned("A=1", Shape::Clientless).as_deref(),
            Some("A=1; Path=/cvpn/https/sf.test/; Secure")
        );
        assert_eq!(turned("A=1; secure", Shape::OwnPath).as_deref(), Some("A=1; Path=/; Secure"));
    }

    #[test]
    fn a_back_end_cannot_set_a_cookie_of_the_gateway() {
        for cookie in ["NSC_AAAC=stolen", "nsc_dlge=x; Path=/", " NSC_TEMP =1", "=x", "noequals"] {
            assert_eq!(
                own_cookie(&HeaderValue::from_static(cookie), &url(), Shape::OwnPath),
                None,
                "{cookie}"
            );
        }
    }

    #[test]
    fn only_the_sign_on_endpoint_gets_credentials() {
        assert!(is_sign_on("/Citrix/StoreWeb", "/Citrix/StoreWeb/GatewayAuth/Login?x=1"));
        for other in [
            "/Citrix/StoreWeb/GatewayAuth/LoginX",
            "/x/GatewayAuth/Login",
            "/Citrix/StoreWebX/GatewayAuth/Login",
        ] {
            assert!(!is_sign_on("/Citrix/StoreWeb", other), "{other}");
        }
    }
}
