//! The lab's own web server: a few pages for the people at this machine, and one form.
//!
//! It answers only who names it by its own address (so that no foreign page can reach it by a name that leads
//! here), and takes the form only from its own pages.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use gateway_rt::Rt;
use gateway_rt::http::{FullBody, read_body, serve};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderValue, LOCATION, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use maud::Markup;
use tokio::sync::oneshot;

use super::launch::{Wish, Wishes};
use super::limits::{FORM_BYTES_MAX, FORM_DEADLINE};
use super::pages::{self, Overview};
use super::site::Person;
use super::{phone, sequence};
use crate::run::Phones;
use crate::run::stage::Software;
use crate::trace::Recorder;

/// Pages load nothing but the style sheet and send forms nowhere else.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// What the pages show and do.
pub(super) struct Lab {
    pub(super) port: u16,
    pub(super) portal: String,
    pub(super) people: Vec<Person>,
    pub(super) apps: Vec<String>,
    pub(super) hosts: Vec<(String, String)>,
    pub(super) recorder: Recorder,
    pub(super) phones: Phones,
    pub(super) wishes: Wishes,
    /// Why the last launch failed, until the first page has said so.
    pub(super) failed: Mutex<Option<String>>,
}

/// The server as the software of a host.
pub(super) fn software(lab: Lab) -> Software {
    let lab = Arc::new(lab);
    Box::new(move |rt: Rt| {
        let lab = lab.clone();
        Box::pin(async move {
            let mut listener = rt.net.listen(SocketAddr::from((Ipv4Addr::LOCALHOST, lab.port))).await?;
            loop {
                // An error concerns the one connection.
                let Ok(accepted) = listener.accept().await else { continue };
                let lab = lab.clone();
                rt.spawn("lab-page", async move {
                    // How the connection ended is known to the browser.
                    drop(serve(accepted.stream, |request| answer(lab.clone(), request)).await);
                });
            }
        })
    })
}

async fn answer(lab: Arc<Lab>, request: Request<Incoming>) -> Response<FullBody> {
    let mut reply = if lab.is_named_in(request.headers()) {
        lab.route(request).await
    } else {
        page(
            StatusCode::MISDIRECTED_REQUEST,
            pages::problem("Not here", "This page is for this machine only."),
        )
    };
    let headers = reply.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: with that, browsers hide the origin of our own forms.
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    reply
}

impl Lab {
    fn own_names(&self) -> [String; 2] {
        ["127.0.0.1", "localhost"].map(|name| format!("{name}:{}", self.port))
    }

    fn is_named_in(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| self.own_names().iter().any(|name| name == host))
    }

    /// Whether a form comes from one of our pages, or from a tool that says nothing about where it is.
    fn is_from_here(&self, headers: &HeaderMap) -> bool {
        let own = |origin: &HeaderValue| {
            self.own_names().iter().any(|name| origin.as_bytes() == format!("http://{name}").as_bytes())
        };
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        headers.get(ORIGIN).is_none_or(own) && matches!(site, None | Some(b"same-origin" | b"none"))
    }

    async fn route(&self, request: Request<Incoming>) -> Response<FullBody> {
        let held = request.uri().query() == Some("hold");
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/") => page(StatusCode::OK, self.index()),
            (&Method::GET, "/phone") => {
                let messages =
                    self.recorder.with(|events| phone::messages(events, &self.people, &self.phones));
                page(StatusCode::OK, pages::phone(&messages, self.recorder.now(), held))
            }
            (&Method::GET, "/sequence") => {
                let names = self.recorder.names();
                let trace = self
                    .recorder
                    .since(|event| sequence::begins(event, |address| names.get(&address).cloned()));
                page(StatusCode::OK, pages::sequence(&sequence::lines(&trace), held))
            }
            (&Method::GET, pages::STYLE_PATH) => style(),
            (&Method::POST, "/launch") => self.launch(request).await,
            (_, "/" | "/phone" | "/sequence" | pages::STYLE_PATH | "/launch") => {
                not_allowed(request.uri().path())
            }
            _ => page(StatusCode::NOT_FOUND, pages::problem("Not found", "There is no such page.")),
        }
    }

    fn index(&self) -> Markup {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        pages::index(&Overview {
            portal: &self.portal,
            people: &self.people,
            apps: &self.apps,
            hosts: &self.hosts,
            failed: failed.as_deref(),
        })
    }

    async fn launch(&self, request: Request<Incoming>) -> Response<FullBody> {
        if !self.is_from_here(request.headers()) {
            let text = "Another site has sent this form.";
            return page(StatusCode::FORBIDDEN, pages::problem("Refused", text));
        }
        let Ok(form) = read_body(request.into_body(), FORM_BYTES_MAX, FORM_DEADLINE).await else {
            return page(StatusCode::BAD_REQUEST, pages::problem("Refused", "The form is not complete."));
        };
        let field = |wanted: &str| {
            let mut fields = form_urlencoded::parse(&form);
            fields.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        let person = field("user").and_then(|user| self.people.iter().find(|person| person.name == user));
        let app = field("app").filter(|app| self.apps.contains(app));
        let (Some(person), Some(app)) = (person, app) else {
            return page(StatusCode::BAD_REQUEST, pages::problem("Refused", "There is no such user or app."));
        };
        match self.wish(person.clone(), app).await {
            Ok(()) => see_other("/sequence?hold"),
            Err(why) => {
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
                see_other("/")
            }
        }
    }

    async fn wish(&self, person: Person, app: String) -> Result<(), String> {
        let gone = || "the built-in Receiver is gone".to_owned();
        let (done, end) = oneshot::channel();
        self.wishes.send(Wish { person, app, done }).await.map_err(|_| gone())?;
        end.await.unwrap_or_else(|_| Err(gone()))
    }
}

fn page(status: StatusCode, markup: Markup) -> Response<FullBody> {
    let mut reply = Response::new(FullBody::new(Bytes::from(markup.into_string())));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    reply
}

fn style() -> Response<FullBody> {
    let mut reply = Response::new(FullBody::new(Bytes::from_static(pages::STYLE.as_bytes())));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    reply
}

/// After a form: another page, by GET.
fn see_other(location: &'static str) -> Response<FullBody> {
    let mut reply = Response::new(FullBody::default());
    *reply.status_mut() = StatusCode::SEE_OTHER;
    reply.headers_mut().insert(LOCATION, HeaderValue::from_static(location));
    reply
}

fn not_allowed(path: &str) -> Response<FullBody> {
    let mut reply = page(StatusCode::METHOD_NOT_ALLOWED, pages::problem("Refused", "Not with this method."));
    let allow = if path == "/launch" { "POST" } else { "GET" };
    reply.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    reply
}
