//! The control port of a running mock: what it saw, and what it does wrong, over HTTP on loopback.
//!
//! | Request | Answer |
//! |---|---|
//! | `GET /journal` | the latest lines as JSON, one object per line |
//! | `GET /misbehaviours` | what the mock can do wrong, and what it was told to |
//! | `PUT /misbehaviours` | replaces that with a JSON list of rules; counting begins again |
//! | `DELETE /misbehaviours` | ends that |
//! | `GET /outbox` | the passcodes that were sent, of a mock that sends some, as JSON: one object per user |
//!
//! Who asks is not asked for a password, so nobody but programs on this machine may ask: requests that come
//! from a web page, or under a name that is not loopback's (DNS rebinding), are refused.
//!
//! Specification: ours.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use gateway_proto::secret::Secret;
use gateway_rt::http::{FullBody, read_body, serve};
use gateway_rt::{Accepted, Listener, Rt};
use http::header::{ALLOW, CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::catalogue::Kind;
use super::failure::Failure;
use super::limits::{CONTROL_BODY_BYTES_MAX, CONTROL_CONNECTIONS_MAX, CONTROL_DEADLINE};
use super::output::{Lines, tell};
use super::rules::{Written, rules};
use super::start::{Misbehave, Outbox, Started, listen};
use super::text::with_hint;

struct Control {
    kind: Kind,
    lines: Arc<Lines>,
    misbehave: Misbehave,
    outbox: Option<Outbox>,
    told: Mutex<Vec<Written>>,
}

/// Gives a mock its control port. What the mock was told so far is `told`.
pub(super) async fn open(
    rt: &Rt,
    at: SocketAddr,
    started: Started,
    told: &[Written],
) -> Result<Started, Failure> {
    if !at.ip().is_loopback() {
        return Err(Failure::usage(format!("{at}: a control port listens on loopback only")));
    }
    let listener = listen(rt, at).await?;
    tell(&format!("{} is controlled on http://{}", started.kind.name(), listener.local_addr()));
    let control = Arc::new(Control {
        kind: started.kind,
        lines: started.lines.clone(),
        misbehave: started.misbehave,
        outbox: started.outbox,
        told: Mutex::new(told.to_vec()),
    });
    let running = control.clone();
    rt.spawn("control", accept(rt.clone(), listener, control));
    Ok(Started { misbehave: Box::new(move |rules| (running.misbehave)(rules)), outbox: None, ..started })
}

async fn accept(rt: Rt, mut listener: Box<dyn Listener>, control: Arc<Control>) {
    let slots = Arc::new(Semaphore::new(CONTROL_CONNECTIONS_MAX));
    loop {
        let accepted = listener.accept().await;
        let Ok(slot) = slots.clone().try_acquire_owned() else { continue };
        let Ok(Accepted { stream, .. }) = accepted else {
            tokio::time::sleep(gateway_mocks::limits::ACCEPT_RETRY).await;
            continue;
        };
        let control = control.clone();
        rt.spawn("control-connection", async move {
            let answer = |request| {
                let control = control.clone();
                async move { control.answer(request).await }
            };
            // A connection that ends badly is the client's affair.
            drop(serve(stream, answer).await);
            drop(slot);
        });
    }
}

impl Control {
    async fn answer(&self, request: Request<Incoming>) -> Response<FullBody> {
        if !is_local(request.headers()) {
            return wrong(StatusCode::FORBIDDEN, "only programs on this machine may ask");
        }
        let allowed = match request.uri().path() {
            "/journal" => "GET",
            "/outbox" if self.outbox.is_some() => "GET",
            "/misbehaviours" => "GET, PUT, DELETE",
            _ => return wrong(StatusCode::NOT_FOUND, "there are /journal and /misbehaviours"),
        };
        match (request.uri().path(), request.method()) {
            ("/journal", &Method::GET) => reply(StatusCode::OK, "application/x-ndjson", self.lines.kept()),
            ("/outbox", &Method::GET) => self.sent(),
            ("/misbehaviours", &Method::GET) => self.state(),
            ("/misbehaviours", &Method::DELETE) => self.replace(Vec::new()),
            ("/misbehaviours", &Method::PUT) => {
                let body = read_body(request.into_body(), CONTROL_BODY_BYTES_MAX, CONTROL_DEADLINE).await;
                match body.map_err(|error| error.to_string()).and_then(|body| written(&body)) {
                    Ok(written) => self.replace(written),
                    Err(why) => wrong(StatusCode::BAD_REQUEST, &why),
                }
            }
            _ => {
                let mut answer = wrong(StatusCode::METHOD_NOT_ALLOWED, &format!("allowed: {allowed}"));
                answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
                answer
            }
        }
    }

    fn replace(&self, written: Vec<Written>) -> Response<FullBody> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let done = rules(self.kind, &written)
            .and_then(|rules| (self.misbehave)(rules).map_err(|error| error.to_string()));
        if let Err(why) = done {
            return wrong(StatusCode::BAD_REQUEST, &why);
        }
        *told = written;
        drop(told);
        self.state()
    }

    /// What whoever holds the phones would read.
    fn sent(&self) -> Response<FullBody> {
        let all = self.outbox.iter().flat_map(|outbox| outbox());
        let line = |(user, passcode): (String, Secret)| {
            format!("{}\n", json!({"user": user, "passcode": passcode.expose_str()}))
        };
        reply(StatusCode::OK, "application/x-ndjson", all.map(line).collect())
    }

    fn state(&self) -> Response<FullBody> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let on: Vec<_> = self.kind.operations().iter().map(|(name, _)| *name).collect();
        document(
            StatusCode::OK,
            &json!({"mock": self.kind.name(), "can": self.kind.misbehaviours(), "on": on, "rules": told}),
        )
    }
}

fn written(body: &Bytes) -> Result<Vec<Written>, String> {
    serde_json::from_slice(body).map_err(|error| with_hint(&error.to_string()))
}

/// Whether a request names loopback, and does not come from a web page.
fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_loopback = address.map_or(name.eq_ignore_ascii_case("localhost"), |ip| ip.is_loopback());
    is_loopback && !headers.contains_key(ORIGIN)
}

fn wrong(status: StatusCode, why: &str) -> Response<FullBody> {
    document(status, &json!({"error": why}))
}

fn document(status: StatusCode, document: &Value) -> Response<FullBody> {
    reply(status, "application/json", format!("{document}\n"))
}

fn reply(status: StatusCode, content_type: &'static str, body: String) -> Response<FullBody> {
    let mut response = Response::new(FullBody::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_and_no_web_page_may_ask() {
        let local = |host: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(host));
            is_local(&headers)
        };
        for host in ["127.0.0.1:9081", "localhost:9081", "LOCALHOST", "[::1]:9081", "[::1]", "127.9.9.9"] {
            assert!(local(host), "{host}");
        }
        for host in ["", "evil.example", "127.0.0.1.evil.example:80", "192.0.2.1:80", "localhost.:80"] {
            assert!(!local(host), "{host}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("localhost"));
        headers.insert(ORIGIN, HeaderValue::from_static("http://localhost"));
        assert!(!is_local(&headers));
    }
}
