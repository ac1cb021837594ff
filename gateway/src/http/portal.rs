//! What a session sees: the step after log-in, and the way to the portal in its mode.
//!
//! In ICA-proxy mode (`wica`) StoreFront appears at its own path; in clientless mode (`cvpn`) below `/cvpn/`.
//! The mode follows the client's `User-Agent` and the configuration (vendor doc; ica-04).

use std::net::SocketAddr;

use gateway_proto::cvpn::{self, CvpnUrl};
use http::header::{HeaderMap, USER_AGENT};
use http::{Method, Request, StatusCode};

use super::proxy::{self, Shape};
use super::{Body, Caller, Reply, get_only, pages, reply};
use crate::config::{Mode, Portal};
use crate::reason::Reason;
use crate::shared::Shared;

const CVPN_PAGE: &str = "/vpns/cvpnpage.html";

/// The words by which native clients name themselves (vendor doc).
const NATIVE_CLIENTS: [&str; 2] = ["CitrixReceiver", "CitrixWorkspaceApp"];

/// The mode of the client that sent these fields.
pub(super) fn mode(shared: &Shared, headers: &HeaderMap) -> Mode {
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let native = NATIVE_CLIENTS.iter().any(|name| agent.contains(name));
    if native { shared.config.modes.receiver } else { shared.config.modes.browser }
}

/// Answers a request that has a session.
pub(super) async fn route(
    shared: &Shared,
    peer: SocketAddr,
    caller: &Caller,
    request: Request<Body>,
) -> Result<Reply, Reason> {
    let portal = &shared.config.storefront;
    let path = request.uri().path();
    match path {
        "/" => {
            let mode = mode(shared, request.headers());
            get_only(request.method(), || Ok(reply::redirect(&format!("/cgi/setclient?{}", mode.as_str()))))
        }
        "/cgi/setclient" => set_client(shared, &request),
        CVPN_PAGE => get_only(request.method(), || Ok(reply::redirect(&clientless_path(portal)))),
        _ if path.starts_with(cvpn::PREFIX) => {
            let target = request.uri().path_and_query().map_or(path, |target| target.as_str());
            let url = CvpnUrl::parse(target).map_err(|_| Reason::TargetNotPublished)?;
            proxy::forward(shared, peer, caller, request, url, Shape::Clientless).await
        }
        _ if is_below(path, &portal.path) => {
            let target = request.uri().path_and_query().map_or(path, |target| target.as_str());
            let url = CvpnUrl::new(portal.target.clone(), target).map_err(|_| Reason::PathInvalid)?;
            proxy::forward(shared, peer, caller, request, url, Shape::OwnPath).await
        }
        _ => Err(Reason::NotFound),
    }
}

/// `/cgi/setclient?<mode>`: what the client may do from here on.
fn set_client(shared: &Shared, request: &Request<Body>) -> Result<Reply, Reason> {
    if !matches!(*request.method(), Method::GET | Method::POST | Method::HEAD) {
        return Err(Reason::MethodNotAllowed);
    }
    match request.uri().query() {
        Some("cvpn") => Ok(reply::redirect(CVPN_PAGE)),
        Some("wica") => {
            let store = format!("{}/", shared.config.storefront.path);
            Ok(reply::page(StatusCode::OK, pages::forward(&store)))
        }
        _ => Err(Reason::NotFound),
    }
}

/// The portal's address in clientless mode.
fn clientless_path(portal: &Portal) -> String {
    format!("{}{}/{}{}", cvpn::PREFIX, portal.target.scheme(), portal.target.authority(), portal.path)
}

fn is_below(path: &str, base: &str) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
