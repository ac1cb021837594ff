//! Building answers: redirects, pages, refusals, and the fields every answer carries (SR-67, SR-82).

use std::time::SystemTime;

use bytes::Bytes;
use gateway_rt::WallClock;
use gateway_rt::http::FullBody;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, DATE, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, SET_COOKIE, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};
use hyper::ext::ReasonPhrase;
use maud::Markup;

use super::{Reply, pages};
use crate::reason::Reason;

/// Names the reason of a refusal for tools; people find it on the page.
const REASON_FIELD: HeaderName = HeaderName::from_static("x-gateway-reason");

/// Says that a log-in was turned away because of another session; the name is that of a known policy.
const BLOCKER_FIELD: HeaderName = HeaderName::from_static("ns-blocker");

/// Own pages load nothing but the own style sheet and send forms nowhere else.
const OWN_PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                               frame-ancestors 'none'; object-src 'none'";

/// A redirect inside this gateway. The wording of the status line and `Location` as first field are what
/// scanners know this family of gateways by (vendor doc).
pub(super) fn redirect(location: &str) -> Reply {
    let mut reply = Response::new(FullBody::new(Bytes::new()));
    *reply.status_mut() = StatusCode::FOUND;
    reply.extensions_mut().insert(ReasonPhrase::from_static(b"Object Moved"));
    // Every caller passes a path of ours or one that was parsed; a value that can't stand in a header leads
    // to the front door.
    let location = HeaderValue::try_from(location).unwrap_or(HeaderValue::from_static("/"));
    reply.headers_mut().insert(LOCATION, location);
    reply
}

/// A page of ours.
pub(super) fn page(status: StatusCode, markup: Markup) -> Reply {
    let mut reply = Response::new(FullBody::new(Bytes::from(markup.into_string())));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(OWN_PAGE_POLICY));
    reply
}

/// The page of a refusal.
pub(super) fn refusal(reason: Reason) -> Reply {
    with_reason(page(reason.status(), pages::refused(reason)), reason)
}

/// Adds the reason's code for tools.
pub(super) fn with_reason(mut reply: Reply, reason: Reason) -> Reply {
    reply.headers_mut().insert(REASON_FIELD, HeaderValue::from_static(reason.code()));
    reply
}

/// Says that another session is in the way, as clients of that policy know it.
pub(super) fn blocked(mut reply: Reply) -> Reply {
    reply.headers_mut().insert(BLOCKER_FIELD, HeaderValue::from_static("Kicked Out"));
    reply
}

/// The style sheet of our pages; the only thing that may be cached.
pub(super) fn style() -> Reply {
    let mut reply = Response::new(FullBody::new(Bytes::from_static(pages::STYLE.as_bytes())));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    reply
}

/// A `text/xml` document for a server.
pub(super) fn xml(status: StatusCode, document: String) -> Reply {
    let mut reply = Response::new(FullBody::new(Bytes::from(document)));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"));
    reply
}

/// Adds cookies; one that can't be written is left out.
pub(super) fn with_cookies(
    mut reply: Reply,
    cookies: impl IntoIterator<Item = Option<HeaderValue>>,
) -> Reply {
    for cookie in cookies.into_iter().flatten() {
        reply.headers_mut().append(SET_COOKIE, cookie);
    }
    reply
}

/// Adds what every answer carries.
pub(super) fn finish(mut reply: Reply, clock: &dyn WallClock) -> Reply {
    let headers = reply.headers_mut();
    for (name, value) in [
        (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    dated(reply, clock)
}

/// Adds the date, which every answer carries.
pub(super) fn dated(mut reply: Reply, clock: &dyn WallClock) -> Reply {
    if let Ok(date) = HeaderValue::try_from(http_date(clock.now())) {
        reply.headers_mut().insert(DATE, date);
    }
    reply
}

fn http_date(now: SystemTime) -> String {
    httpdate::fmt_http_date(now)
}
