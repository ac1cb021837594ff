//! The port for administrators and monitors, on this machine only.
//!
//! | path | |
//! |---|---|
//! | `GET /livez`, `/healthz` | the process answers |
//! | `GET /readyz`, `/readyz?verbose` | it can serve users; verbose names what can't be reached |
//! | `GET /metrics` | Prometheus |
//! | `GET /version` | |
//! | `GET /api/v1/sessions`, `DELETE /api/v1/sessions/<id>` | live sessions, and the end of one |
//! | `POST /api/v1/reload`, `POST /api/v1/drain` | as SIGHUP and SIGTERM |
//!
//! Whoever can connect may do all that: every account at a loopback address, one at a Unix socket. Web pages that a browser on this machine
//! shows may not: a request with an `Origin`, or for a host that is not loopback, is refused.

mod metrics;
mod place;
mod tally;

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use bytes::Bytes;
use gateway::{Config, Control};
use gateway_rt::http::FullBody;
use gateway_rt::{Listener, Rt, http as rt_http};
use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::log::Log;
use super::probe::{self, Role};

pub(super) use place::Place;
pub(super) use tally::Tally;

/// This program's version.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What an administrator wants of the program.
pub(super) enum Order {
    /// As SIGHUP; what came of it is sent back.
    Reload(oneshot::Sender<Result<Vec<String>, String>>),
    /// As SIGTERM.
    Drain,
}

/// What the administration knows and may do.
pub(super) struct Admin {
    pub(super) rt: Rt,
    pub(super) control: Control,
    pub(super) tally: Arc<Tally>,
    pub(super) log: Log,
    pub(super) orders: mpsc::Sender<Order>,
    /// What the gateway serves with now.
    pub(super) config: RwLock<Arc<Config>>,
    pub(super) begun: SystemTime,
}

impl Admin {
    /// What the gateway serves with now.
    fn config(&self) -> Arc<Config> {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers what the gateway serves with from here on.
    pub(super) fn reloaded(&self, config: Config) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }

    /// Serves until dropped.
    pub(super) async fn serve(self: Arc<Self>, mut listener: Box<dyn Listener>) {
        loop {
            match listener.accept().await {
                Ok(accepted) => {
                    let admin = self.clone();
                    self.rt.spawn("admin", async move {
                        let answer = |request| admin.answer(request);
                        // What a monitor does wrong in HTTP is its own affair.
                        drop(rt_http::serve(accepted.stream, answer).await);
                    });
                }
                // Descriptors ran out: breathe, then go on.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
            }
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<FullBody> {
        if !is_local(request.headers()) {
            return text(StatusCode::FORBIDDEN, "only programs on this machine may ask");
        }
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let is = |wanted: Method| method == wanted;
        match path.as_str() {
            "/livez" | "/healthz" if is(Method::GET) => text(StatusCode::OK, "ok"),
            "/readyz" if is(Method::GET) => {
                self.ready(request.uri().query().is_some_and(|query| query.contains("verbose"))).await
            }
            "/metrics" if is(Method::GET) => {
                reply(StatusCode::OK, metrics::CONTENT_TYPE, metrics::page(self))
            }
            "/version" if is(Method::GET) => {
                json_reply(StatusCode::OK, &json!({ "name": "gateway", "version": VERSION }))
            }
            "/api/v1/sessions" if is(Method::GET) => json_reply(StatusCode::OK, &self.sessions()),
            "/api/v1/reload" if is(Method::POST) => self.reload().await,
            "/api/v1/drain" if is(Method::POST) => self.drain().await,
            _ => match path.strip_prefix("/api/v1/").and_then(|path| path.split_once('/')) {
                Some(("sessions", id)) if is(Method::DELETE) => self.end_session(id).await,
                Some(("devices", user)) if is(Method::DELETE) => self.revoke_devices(user).await,
                _ => text(StatusCode::NOT_FOUND, "there is nothing here for this request"),
            },
        }
    }

    async fn ready(&self, verbose: bool) -> Response<FullBody> {
        if self.control.is_stopping() {
            return text(StatusCode::SERVICE_UNAVAILABLE, "[-] stopping");
        }
        let mut dependencies = probe::all(&self.rt, &self.config()).await;
        for dependency in dependencies.iter_mut().filter(|dependency| dependency.role == Role::Factor) {
            let server = dependency.name.split_once(' ').map_or("", |(_, server)| server);
            if let Some(age) = self.tally.silent_since(&self.rt, server) {
                let trouble = format!("did not answer a log-in {} s ago", age.as_secs());
                dependency.trouble.get_or_insert(trouble);
            }
        }
        let ready = probe::suffices(&dependencies);
        let (status, word) =
            if ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready") };
        // Without being asked, only what is wrong is told.
        let shown = dependencies.iter().filter(|dependency| verbose || dependency.trouble.is_some());
        let lines: Vec<_> = shown.map(probe::Dependency::line).chain([word.to_owned()]).collect();
        text(status, &lines.join("\n"))
    }

    fn sessions(&self) -> Value {
        let sessions = self.control.sessions().into_iter().map(|session| {
            json!({
                "id": session.mark.to_string(),
                "user": session.user,
                "age_seconds": session.age.as_secs(),
                "idle_seconds": session.idle.as_secs(),
            })
        });
        sessions.collect()
    }

    async fn end_session(&self, id: &str) -> Response<FullBody> {
        let session = self.control.sessions().into_iter().find(|session| session.mark.to_string() == id);
        let ended = match session {
            Some(session) => self.control.end_session(session.mark).await,
            None => Ok(false),
        };
        match ended {
            Ok(true) => text(StatusCode::OK, "ended"),
            Ok(false) => text(StatusCode::NOT_FOUND, "there is no such session"),
            Err(_) => not_kept("ended"),
        }
    }

    async fn revoke_devices(&self, user: &str) -> Response<FullBody> {
        let Ok(user) = percent_encoding::percent_decode_str(user).decode_utf8() else {
            return text(StatusCode::BAD_REQUEST, "this is no name");
        };
        match self.control.revoke_devices(&user).await {
            Ok(devices) => text(StatusCode::OK, &format!("{devices} devices are not known any more")),
            Err(_) => not_kept("forgotten"),
        }
    }

    async fn reload(&self) -> Response<FullBody> {
        let (done, outcome) = oneshot::channel();
        if self.orders.send(Order::Reload(done)).await.is_err() {
            return text(StatusCode::SERVICE_UNAVAILABLE, "stopping");
        }
        match outcome.await {
            Ok(Ok(warnings)) => {
                text(StatusCode::OK, &[vec!["reloaded".to_owned()], warnings].concat().join("\n"))
            }
            Ok(Err(errors)) => text(StatusCode::CONFLICT, &errors),
            Err(_) => text(StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        }
    }

    async fn drain(&self) -> Response<FullBody> {
        match self.orders.send(Order::Drain).await {
            Ok(()) => text(StatusCode::ACCEPTED, "stopping"),
            Err(_) => text(StatusCode::SERVICE_UNAVAILABLE, "stopping already"),
        }
    }
}

/// Whether no web page can have made this request: no `Origin`, and a host that no outsider's name leads to.
fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((literal, _)) => literal,
        None => host.split(':').next().unwrap_or_default(),
    };
    let loopback = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    loopback && !headers.contains_key(ORIGIN)
}

/// Done, but not for good.
fn not_kept(what: &str) -> Response<FullBody> {
    let warning = format!("{what}, but that could not be written: after a crash it would be undone");
    text(StatusCode::INTERNAL_SERVER_ERROR, &warning)
}

fn text(status: StatusCode, text: &str) -> Response<FullBody> {
    reply(status, "text/plain; charset=utf-8", format!("{text}\n"))
}

fn json_reply(status: StatusCode, value: &Value) -> Response<FullBody> {
    reply(status, "application/json", format!("{value}\n"))
}

fn reply(status: StatusCode, media_type: &'static str, body: String) -> Response<FullBody> {
    let mut response = Response::new(FullBody::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(media_type));
    response
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_web_page_may_not_ask() {
        let asked = |host: &'static str, origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(host));
            origin.map(|origin| headers.insert(ORIGIN, HeaderValue::from_static(origin)));
            is_local(&headers)
        };
        for host in ["127.0.0.1:9443", "localhost:9443", "localhost", "[::1]:9443"] {
            assert!(asked(host, None), "{host}");
            assert!(!asked(host, Some("https://evil.example")), "{host}");
        }
        for host in ["", "rebound.example:9443", "192.0.2.1:9443", "127.0.0.1.evil.example", "[::1"] {
            assert!(!asked(host, None), "{host}");
        }
    }
}
