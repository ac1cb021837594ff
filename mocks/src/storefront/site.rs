//! Which request is which: routes, the checks before them, and the misbehaviour around them.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use gateway_proto::secret::Secret;
use gateway_rt::Rt;
use gateway_rt::http::{FullBody, read_body};
use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::time::Instant;

use super::answers::{self, Answer};
use super::sessions::{Session, User};
use super::{Seen, StoreFront, page};
use crate::behaviour::{Misbehaviour, Operation};
use crate::limits::{REQUEST_BODY_DEADLINE, STOREFRONT_REQUEST_BYTES_MAX};
use crate::serving::{self, Course, course, pause, status};

/// A request with all that answers depend on.
pub(super) struct Asked {
    pub(super) peer: SocketAddr,
    pub(super) headers: HeaderMap,
    /// Session id and session, when the client has one that is not over.
    pub(super) session: Option<(String, Session)>,
    query: String,
    body: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Route {
    Configuration,
    Icon,
    KeepAlive,
    LaunchIca(String),
    LaunchStatus(String),
    List,
    LogOff,
    LogOn,
    Methods,
    /// The site without its last slash.
    Moved,
    Page,
    Style,
    UserName,
}

impl Route {
    fn of(base: &str, path: &str) -> Option<Self> {
        let without_slash = base.strip_suffix('/').unwrap_or(base);
        if path.eq_ignore_ascii_case(without_slash) {
            return Some(Self::Moved);
        }
        let tail = below(path, base)?;
        let id = |prefix, suffix: &str| below(tail, prefix).and_then(|id| id.strip_suffix(suffix));
        Some(match tail.to_ascii_lowercase().as_str() {
            "" => Self::Page,
            "authentication/getauthmethods" => Self::Methods,
            "authentication/getusername" => Self::UserName,
            "authentication/logoff" => Self::LogOff,
            "gatewayauth/login" => Self::LogOn,
            "home/configuration" => Self::Configuration,
            "home/keepalive" => Self::KeepAlive,
            page::STYLE_NAME => Self::Style,
            "resources/list" => Self::List,
            lower if lower.starts_with("resources/icon/") => Self::Icon,
            _ => match (id("resources/getlaunchstatus/", ""), id("resources/launchica/", ".ica")) {
                (Some(id), _) => Self::LaunchStatus(id.to_owned()),
                (None, Some(id)) => Self::LaunchIca(id.to_owned()),
                (None, None) => return None,
            },
        })
    }

    fn allows(&self, method: &Method) -> bool {
        let get = matches!(*method, Method::GET | Method::HEAD);
        match self {
            Self::Icon | Self::KeepAlive | Self::LaunchIca(_) | Self::Moved | Self::Page | Self::Style => get,
            Self::Configuration | Self::UserName => get || method == Method::POST,
            Self::LaunchStatus(_) | Self::List | Self::LogOff | Self::LogOn | Self::Methods => {
                method == Method::POST
            }
        }
    }
}

/// What stands below `prefix`, which is compared without regard to case, as the vendor's server does.
fn below<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    path.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix))?;
    path.get(prefix.len()..)
}

impl StoreFront {
    pub(super) async fn answer(
        self: Arc<Self>,
        rt: Rt,
        peer: SocketAddr,
        request: Request<Incoming>,
    ) -> serving::Answer {
        let (head, body) = request.into_parts();
        let body = read_body(body, STOREFRONT_REQUEST_BYTES_MAX, REQUEST_BODY_DEADLINE).await;
        let Ok(body) = body else { return status(StatusCode::BAD_REQUEST) };
        self.journal.record(Seen::request(peer, &head, &body));
        let route = Route::of(&self.base(), head.uri.path());
        let what = self.switch.next(route.as_ref().and_then(operation));
        if let Some(what) = &what {
            self.journal.record(Seen::Misbehaved { peer, how: what.name() });
        }
        match course(what, "html") {
            Course::Instead(answer) => answer,
            Course::Work { slow, late, cut, rest } => {
                pause(slow).await;
                let response = match rest {
                    Some(Misbehaviour::Error(code)) => error(&code),
                    Some(Misbehaviour::Redirect(to)) => {
                        Answer::redirect(StatusCode::FOUND, &to).into_response()
                    }
                    _ => self.work(&rt, route, self.asked(peer, head.clone(), body), &head.method).await,
                };
                pause(late).await;
                self.journal.record(Seen::answer(peer, &response));
                match cut {
                    Some(at) => serving::Answer::Cut(response, at),
                    None => serving::Answer::Whole(response),
                }
            }
        }
    }

    fn asked(&self, peer: SocketAddr, head: Parts, body: Bytes) -> Asked {
        let id = cookie(&head.headers, "ASP.NET_SessionId");
        let session = id.and_then(|id| {
            let session = self.sessions().find(&id, Instant::now())?;
            Some((id, session))
        });
        let query = head.uri.query().unwrap_or_default().to_owned();
        Asked { peer, headers: head.headers, session, query, body }
    }

    async fn work(&self, rt: &Rt, route: Option<Route>, asked: Asked, method: &Method) -> Response<FullBody> {
        let answer = match route {
            None => Answer::failure(StatusCode::NOT_FOUND, "not-found"),
            Some(route) if !route.allows(method) => {
                Answer::failure(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed")
            }
            Some(route) => match self.route(rt, route, &asked).await {
                Ok(answer) => answer,
                Err((status, reason)) => {
                    self.journal.record(Seen::Refused { peer: asked.peer, status: status.as_u16(), reason });
                    Answer::failure(status, reason)
                }
            },
        };
        answer.into_response()
    }

    async fn route(
        &self,
        rt: &Rt,
        route: Route,
        asked: &Asked,
    ) -> Result<Answer, (StatusCode, &'static str)> {
        match route {
            Route::Moved => Ok(Answer::redirect(StatusCode::MOVED_PERMANENTLY, &self.base())),
            Route::Page => Ok(self.page(rt, asked).await),
            Route::Configuration => {
                let (id, session) = self.session(rt, asked);
                Ok(Answer::xml(&answers::configuration()).session_cookies(&self.base(), &id, &session))
            }
            Route::KeepAlive => Ok(Answer::empty(StatusCode::OK)),
            Route::Icon => Ok(Answer::new(StatusCode::OK, "image/svg+xml", page::ICON)),
            Route::Style => Ok(Answer::new(StatusCode::OK, "text/css; charset=utf-8", page::STYLE)),
            Route::Methods => {
                asked.by_script()?;
                Ok(Answer::xml(&answers::methods()))
            }
            Route::LogOn => self.log_on(rt, asked).await,
            Route::List => {
                let (id, session) = asked.by_script()?;
                match &session.user {
                    None => Ok(token_required()),
                    Some(user) => self.list(rt, id, asked.logged_on(user)?).await,
                }
            }
            Route::UserName => {
                let user = asked.user(asked.by_script()?)?;
                let content_type = "text/plain; charset=utf-8";
                Ok(Answer::new(StatusCode::OK, content_type, user.name.clone()))
            }
            Route::LaunchStatus(id) => {
                let (session, user) = asked.session_of_user(asked.by_script()?)?;
                self.launch_status(rt, session, user, &id).await
            }
            Route::LaunchIca(id) => {
                let (session, user) = asked.session_of_user(asked.by_link()?)?;
                self.launch_ica(rt, asked.peer, session, user, &id).await
            }
            Route::LogOff => self.log_off(asked),
        }
    }

    /// The client's session, or a new one.
    pub(super) fn session(&self, rt: &Rt, asked: &Asked) -> (String, Session) {
        if let Some(session) = &asked.session {
            return session.clone();
        }
        let mut sessions = self.sessions();
        let id = sessions.begin(rt, Instant::now());
        let session = sessions.find(&id, Instant::now()).expect("a session that just began is not over");
        (id, session)
    }
}

type Known<'a> = (&'a String, &'a Session);
type Refused = (StatusCode, &'static str);

impl Asked {
    /// The session of a request that a script of the site made: it says so in header fields that no form and
    /// no link of another site can set.
    pub(super) fn by_script(&self) -> Result<Known<'_>, Refused> {
        let header = |name: &str| self.headers.get(name).map(|value| value.as_bytes());
        self.known(header("csrf-token"), header("x-citrix-isusinghttps"))
    }

    /// The session of a request that a link of the site made: the same in its query.
    fn by_link(&self) -> Result<Known<'_>, Refused> {
        let value = |name| find(self.query.as_bytes(), name);
        let (csrf, https) = (value("CsrfToken"), value("IsUsingHttps"));
        self.known(csrf.as_deref().map(str::as_bytes), https.as_deref().map(str::as_bytes))
    }

    /// The session of a request that a form of the site made: the token is a field of it.
    pub(super) fn by_form(&self) -> Option<Result<Known<'_>, Refused>> {
        let csrf = find(&self.body, "CsrfToken")?;
        Some(self.known(Some(csrf.as_bytes()), Some(b"Yes")))
    }

    fn known(&self, csrf: Option<&[u8]>, is_using_https: Option<&[u8]>) -> Result<Known<'_>, Refused> {
        let refused = |reason| Err((StatusCode::FORBIDDEN, reason));
        if !matches!(is_using_https, Some(b"Yes" | b"No")) {
            return refused("is-using-https");
        }
        match &self.session {
            None => refused("no-session"),
            Some((_, session)) if csrf.is_none_or(|csrf| Secret::from(csrf) != session.csrf) => {
                refused("csrf-token")
            }
            Some((id, session)) => Ok((id, session)),
        }
    }

    /// The user, once the client proved that the log-on happened there.
    pub(super) fn logged_on<'a>(&self, user: &'a User) -> Result<&'a User, Refused> {
        let shown = cookie(&self.headers, "CtxsAuthId").map(Secret::from);
        if shown.is_some_and(|id| id == user.auth_id) {
            Ok(user)
        } else {
            Err((StatusCode::FORBIDDEN, "auth-id"))
        }
    }

    fn user<'a>(&self, (_, session): Known<'a>) -> Result<&'a User, Refused> {
        self.logged_on(session.user.as_ref().ok_or((StatusCode::FORBIDDEN, "not-logged-on"))?)
    }

    fn session_of_user<'a>(&self, known: Known<'a>) -> Result<(&'a String, &'a User), Refused> {
        Ok((known.0, self.user(known)?))
    }
}

fn token_required() -> Answer {
    let unauthorized = serde_json::json!({ "unauthorized": true });
    Answer::json(StatusCode::OK, &unauthorized).with(
        answers::AUTHENTICATE_HEADER,
        "reason=\"TokenRequired\", location=\"Authentication/GetAuthMethods\"",
    )
}

/// The answer to [`Misbehaviour::Error`]: a bare status for a number, else a failure with that id.
fn error(code: &str) -> Response<FullBody> {
    let status = code.parse().ok().filter(|code| (400..600).contains(code));
    match status.and_then(|code: u16| StatusCode::from_u16(code).ok()) {
        Some(status) => Answer::empty(status).into_response(),
        None => Answer::failure(StatusCode::SERVICE_UNAVAILABLE, code).into_response(),
    }
}

fn find(encoded: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(encoded).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let fields = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

fn operation(route: &Route) -> Option<Operation> {
    match route {
        Route::LogOn => Some(Operation::SignOn),
        Route::List => Some(Operation::List),
        Route::LaunchIca(_) => Some(Operation::Launch),
        _ => None,
    }
}
