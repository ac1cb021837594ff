//! An Anakam.TFA server as a mock: sends passcodes, checks them, and knows registered devices for a while.
//!
//! Passcodes go to an outbox that [`Mock::passcode_of`] and [`Mock::outbox`] read, as its owner reads a phone: no journal entry
//! holds one. What it leaves out: profiles, domains other than the default, choosing another method in the
//! middle. What it says to a wrong passcode or an unknown device is ours, see [`gateway_proto::anakam`].
//!
//! Specification: a published integration text, as `gateway-proto` reads and writes its messages.

mod desk;
mod seen;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway_proto::anakam::{
    Ask, AuthenticationToken, Key, Message, Request, Response, Status, Step, Target,
};
use gateway_proto::secret::Secret;
use gateway_rt::tls::Identity;
use gateway_rt::{Listener, Purpose, Rt, entropy};
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue, LOCATION};
use http::{Method, StatusCode};
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::behaviour::{Misbehaviour, Operation, Rule, Switch, Unsupported};
use crate::journal::Journal;
use crate::limits::{REQUEST_BODY_DEADLINE, XML_REQUEST_BYTES_MAX};
use crate::serving::{Answer, along, course, http_server, status};

use desk::Desk;
pub use seen::{KINDS, Seen};

/// What this mock can do wrong; one answer is one HTTP request. With `wrong-id` it answers in another log-in.
pub const MISBEHAVIOURS: &[&str] = &[
    "slow", "late", "silent", "refuse", "wrong-id", "truncate", "error", "bad-xml", "dtd", "deep", "garbage",
    "redirect",
];

const ROOT: &str = "response";

/// A user and where a passcode reaches them.
#[derive(Clone, Debug)]
pub struct User {
    /// `userKey`, compared without regard to case.
    pub name: String,
    /// For `methods.email~Primary`.
    pub email: Option<String>,
    /// For `methods.sms~Primary`.
    pub phone: Option<String>,
}

/// How a server is set up.
#[derive(Clone)]
pub struct Config {
    /// The name of the account that may use the API.
    pub account: String,
    /// Its password.
    pub password: Secret,
    /// Who has a second factor here.
    pub users: Vec<User>,
    /// How long a passcode counts.
    pub passcode_life: Duration,
    /// Wrong passcodes that end a log-in.
    pub wrong_max: u32,
    /// Hours for which a device can be registered.
    pub durations: Vec<u32>,
    /// With an identity it speaks https, without one http.
    pub tls: Option<Identity>,
    /// What goes wrong. Counted per request.
    pub misbehaviours: Vec<Rule>,
}

impl Config {
    /// A well-behaved server over http. Passcodes count 5 min and may be wrong ten times, so that a gateway has the
    /// first word about either.
    pub fn new(account: &str, password: impl Into<Secret>, users: Vec<User>) -> Self {
        Self {
            account: account.to_owned(),
            password: password.into(),
            users,
            passcode_life: Duration::from_secs(300),
            wrong_max: 10,
            durations: vec![1, 8, 24],
            tls: None,
            misbehaviours: Vec::new(),
        }
    }
}

/// The server.
pub struct Mock {
    authorization: Secret,
    durations: Vec<u32>,
    tls: Option<Identity>,
    desk: Mutex<Desk>,
    switch: Switch,
    journal: Journal<Seen>,
}

impl Mock {
    /// A server that writes what it sees to `journal`. Refuses misbehaviours it can't act out.
    pub fn new(config: Config, journal: Journal<Seen>) -> Result<Self, Unsupported> {
        let mut pair = config.account.into_bytes();
        pair.push(b':');
        pair.extend_from_slice(config.password.expose());
        Ok(Self {
            authorization: Secret::new(format!("Basic {}", data_encoding::BASE64.encode(&pair))),
            durations: config.durations,
            tls: config.tls,
            desk: Mutex::new(Desk::new(config.users, config.passcode_life, config.wrong_max)),
            switch: Switch::new("anakam", MISBEHAVIOURS, config.misbehaviours)?,
            journal,
        })
    }

    /// Listens on `at` and serves until dropped.
    pub async fn serve(self: Arc<Self>, rt: Rt, at: SocketAddr) -> io::Result<()> {
        let listener = rt.net.listen(at).await?;
        self.serve_on(rt, listener).await
    }

    /// Serves on a socket that is already bound, until dropped.
    pub async fn serve_on(self: Arc<Self>, rt: Rt, listener: Box<dyn Listener>) -> io::Result<()> {
        let (world, identity) = (rt.clone(), self.tls.clone());
        let handler = move |peer, request| self.clone().answer(world.clone(), peer, request);
        http_server(&rt, listener, identity, "anakam", handler).await
    }

    /// Replaces the misbehaviours while the server runs. Counting begins again.
    pub fn misbehave(&self, rules: Vec<Rule>) -> Result<(), Unsupported> {
        self.switch.replace(rules)
    }

    /// What the server saw.
    pub fn journal(&self) -> &Journal<Seen> {
        &self.journal
    }

    /// The passcode that was sent to this user last, as they would read it on their phone.
    pub fn passcode_of(&self, user: &str) -> Option<Secret> {
        self.desk().passcode_of(user)
    }

    /// Every user to whom a passcode was sent, and the last one.
    pub fn outbox(&self) -> Vec<(String, Secret)> {
        self.desk().outbox()
    }

    /// How many devices are registered now.
    pub fn devices(&self) -> usize {
        self.desk().devices(Instant::now())
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(self: Arc<Self>, rt: Rt, peer: SocketAddr, request: http::Request<Incoming>) -> Answer {
        if !self.is_authorized(request.headers()) {
            self.journal.record(Seen::Refused { peer, user: None, why: "wrong account".to_owned() });
            return status(StatusCode::UNAUTHORIZED);
        }
        let path = request.uri().path_and_query().map_or("", |target| target.as_str());
        let call = match (request.method(), Target::parse(path)) {
            (&Method::POST, Ok(Target::Auth { application, user })) => Call::Begin { application, user },
            (&Method::PUT, Ok(Target::Challenge(key))) => {
                let body = request.into_body();
                match gateway_rt::http::read_body(body, XML_REQUEST_BYTES_MAX, REQUEST_BODY_DEADLINE).await {
                    Ok(body) => match Request::parse(&body) {
                        Ok(request) if request.key == key => Call::GoOn(request),
                        _ => return status(StatusCode::BAD_REQUEST),
                    },
                    Err(_) => return status(StatusCode::BAD_REQUEST),
                }
            }
            (_, Ok(_)) => return status(StatusCode::METHOD_NOT_ALLOWED),
            (_, Err(_)) => return status(StatusCode::NOT_FOUND),
        };
        self.journal.record(self.seen(peer, &call));
        let what = self.switch.next(Some(call.operation()));
        if let Some(what) = &what {
            self.journal.record(Seen::Misbehaved { peer, how: what.name() });
        }
        match what {
            Some(Misbehaviour::Redirect(url)) => redirect(&url),
            what => along(course(what, ROOT), |rest| self.work(&rt, peer, &call, rest)).await,
        }
    }

    fn is_authorized(&self, headers: &HeaderMap) -> bool {
        headers.get(AUTHORIZATION).is_some_and(|value| Secret::new(value.as_bytes()) == self.authorization)
    }

    fn seen(&self, peer: SocketAddr, call: &Call) -> Seen {
        match call {
            Call::Begin { user, .. } => Seen::Auth { peer, user: user.clone() },
            Call::GoOn(request) => {
                let what = match &request.ask {
                    Ask::Deliver { .. } => "delivery",
                    Ask::Parameters => "parameters",
                    Ask::Passcode { .. } => "passcode",
                    Ask::Device(_) => "device",
                };
                Seen::Asked { peer, user: self.desk().user_of(&request.key), what }
            }
        }
    }

    fn work(&self, rt: &Rt, peer: SocketAddr, call: &Call, rest: Option<Misbehaviour>) -> String {
        let written = match call {
            Call::Begin { application, user } => match self.begin(rt, peer, user, rest) {
                Ok(key) => {
                    let (user, application) = (user.clone(), application.clone());
                    AuthenticationToken { user, application, key }.write()
                }
                Err(why) => self.rejected(peer, fresh_key(rt), Some(user.clone()), why).write(),
            },
            Call::GoOn(request) => match rest {
                Some(Misbehaviour::Error(code)) => {
                    let user = self.desk().user_of(&request.key);
                    self.rejected(peer, request.key.clone(), user, code).write()
                }
                Some(_) => Response { key: fresh_key(rt), ..self.go_on(rt, peer, request) }.write(),
                None => self.go_on(rt, peer, request).write(),
            },
        };
        // Names came out of XML or a URL; one that XML can't carry gets an empty answer.
        written.unwrap_or_default()
    }

    fn begin(
        &self,
        rt: &Rt,
        peer: SocketAddr,
        user: &str,
        rest: Option<Misbehaviour>,
    ) -> Result<Key, String> {
        match rest {
            Some(Misbehaviour::Error(code)) => return Err(code),
            // A key that belongs to nobody.
            Some(_) => return Ok(fresh_key(rt)),
            None => {}
        }
        let begun = self.desk().begin(user, fresh_key(rt), Instant::now());
        let key = begun.map_err(str::to_owned)?;
        self.journal.record(Seen::Token { peer, user: user.to_owned(), key: key.clone() });
        Ok(key)
    }

    fn rejected(&self, peer: SocketAddr, key: Key, user: Option<String>, why: String) -> Response {
        self.journal.record(Seen::Refused { peer, user, why: why.clone() });
        rejected(key, why)
    }

    fn go_on(&self, rt: &Rt, peer: SocketAddr, request: &Request) -> Response {
        let now = Instant::now();
        let mut desk = self.desk();
        let user = desk.user_of(&request.key);
        let done = match &request.ask {
            Ask::Deliver { destination } => desk.choose(&request.key, destination),
            Ask::Parameters => desk
                .send(&request.key, passcode(rt), now)
                .inspect(|sent| {
                    self.journal
                        .record(Seen::Delivered { user: sent.user.clone(), destination: sent.to.clone() });
                })
                .map(desk::Done::Sent),
            Ask::Passcode { passcode, register } => {
                let hours = register.filter(|hours| self.durations.contains(hours));
                desk.check(&request.key, passcode, hours.map(|hours| (fresh_key(rt), hours)), now)
            }
            Ask::Device(device) => desk.recognise(&request.key, device, now),
        };
        drop(desk);
        let response = self.response(request.key.clone(), done);
        self.journal.record(Seen::response(peer, user, &request.ask, &response));
        response
    }

    fn response(&self, key: Key, done: Result<desk::Done, &'static str>) -> Response {
        let required = |key, sent: Option<desk::Sent>| Response {
            durations: self.durations.clone(),
            messages: sent
                .map(|sent| Message { key: sent.key.to_owned(), value: sent.to })
                .into_iter()
                .collect(),
            ..Response::new(Status::ParametersRequired, Step::Challenge, key)
        };
        match done {
            Ok(desk::Done::Chosen) => Response::new(Status::ParametersAccepted, Step::Delivery, key),
            Ok(desk::Done::Sent(sent) | desk::Done::Wrong(sent)) => required(key, Some(sent)),
            Ok(desk::Done::Right { device }) => {
                Response { device, ..Response::new(Status::Authenticated, Step::Challenge, key) }
            }
            Ok(desk::Done::Recognised) => Response::new(Status::Authenticated, Step::Terminated, key),
            Ok(desk::Done::Stranger) => required(key, None),
            Err(why) => rejected(key, why.to_owned()),
        }
    }
}

/// What came in.
enum Call {
    Begin { application: String, user: String },
    GoOn(Request),
}

impl Call {
    fn operation(&self) -> Operation {
        match self {
            Self::Begin { .. } => Operation::LogIn,
            Self::GoOn(request) => match &request.ask {
                Ask::Deliver { .. } | Ask::Parameters => Operation::Deliver,
                Ask::Passcode { .. } => Operation::Answer,
                Ask::Device(_) => Operation::Device,
            },
        }
    }
}

fn rejected(key: Key, why: String) -> Response {
    let messages = vec![Message { key: why, value: String::new() }];
    Response { messages, ..Response::new(Status::Rejected, Step::Terminated, key) }
}

fn redirect(url: &str) -> Answer {
    let mut response = http::Response::new(gateway_rt::http::FullBody::default());
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(url) = HeaderValue::try_from(url) {
        response.headers_mut().insert(LOCATION, url);
    }
    Answer::Whole(response)
}

fn fresh_key(rt: &Rt) -> Key {
    Key::from_random(entropy::bytes(rt.entropy.as_ref(), Purpose("anakam-key")))
}

/// Six digits.
fn passcode(rt: &Rt) -> Secret {
    let number = u32::from_be_bytes(entropy::bytes(rt.entropy.as_ref(), Purpose("anakam-passcode")));
    Secret::new(format!("{:06}", number % 1_000_000))
}
