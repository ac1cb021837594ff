//! The Anakam.TFA driver: the second factor by passcode or registered device, after any first factor.
//!
//! A turn is what happens between two answers of the gateway to its client: a log-in that begins is asked for a
//! passcode or has a device that is known; an answer passes, is asked again, or ends the log-in. What each
//! answer of the server is worth is decided in [`verdict`]; this file moves requests and time. Keys and password
//! stay in the pending log-in (SR-1, SR-3, SR-4); what the client gets is a device cookie that only this gateway can
//! read ([`devices`], SR-5).

pub(super) mod devices;
mod verdict;

use std::time::Duration;

use bytes::Bytes;
use gateway_proto::anakam::{Ask, AuthenticationToken, CONTENT_TYPE, Key, Request, Response, Target};
use gateway_proto::secret::Secret;
use http::header::{AUTHORIZATION, CONTENT_TYPE as CONTENT_TYPE_FIELD, HeaderValue};
use http::{Method, StatusCode};

use self::devices::Device;
use self::verdict::Said;
use super::chain::{Vouched, Word};
use super::login::Client;
use super::{Awaits, Question};
use crate::audit::Event;
use crate::config::Anakam;
use crate::limits::{ANAKAM_ANSWER_BYTES_MAX, DEVICE_COOKIE_BYTES, USER_AGENT_BYTES_MAX};
use crate::reason::Reason;
use crate::shared::Shared;
use crate::upstream;

/// How the audit log calls this factor.
const FACTOR: &str = "Anakam";

/// A log-in whose passcode is awaited.
pub(crate) struct Open {
    /// The name as the first factor verified it: the passcode is asked for it and for nobody else.
    user: String,
    server: Anakam,
    key: Key,
    /// Passcodes that were checked.
    checked: u32,
}

/// What a client keeps to be known again.
pub(crate) struct DeviceCookie {
    pub(crate) value: Secret,
    pub(crate) life: Duration,
}

/// Why there is no verdict.
enum Failure {
    /// The server can't be reached, or says nothing.
    Down,
    /// It says something that can't be used; why is for the audit log.
    Answer(String),
    /// It says no, and why.
    Refused(String),
}

/// One turn of one log-in.
pub(super) struct Turn<'a> {
    pub(super) shared: &'a Shared,
    pub(super) client: &'a Client,
}

/// A turn, and the server that is asked in it.
struct Visit<'a> {
    shared: &'a Shared,
    server: &'a Anakam,
    client: &'a Client,
}

impl Turn<'_> {
    /// The first factor was passed: is the device known, or what is the user asked?
    pub(super) async fn begin(&self, server: &Anakam, user: String) -> Word<Question> {
        self.visit(server).begin(user).await
    }

    /// The user answers with a passcode.
    pub(super) async fn answer(&self, open: &Open, passcode: &Secret) -> Word<Question> {
        self.visit(&open.server).answer(open, passcode).await
    }

    fn visit<'v>(&'v self, server: &'v Anakam) -> Visit<'v> {
        Visit { shared: self.shared, server, client: self.client }
    }
}

impl Visit<'_> {
    async fn begin(&self, user: String) -> Word<Question> {
        self.tell_asked(&user, 1);
        let said = self.within(self.opening(&user)).await;
        match said {
            Ok(Opening::Known(device)) => self.passed(user, Some(device)),
            Ok(Opening::Asked { key, hint }) => {
                let prompt = verdict::prompt(hint.as_deref(), false);
                self.question(prompt, false, self.open(user, key, 0))
            }
            Err(failure) => self.failed(user, failure),
        }
    }

    async fn answer(&self, open: &Open, passcode: &Secret) -> Word<Question> {
        let (user, key, checked) = (open.user.clone(), open.key.clone(), open.checked + 1);
        self.tell_asked(&user, checked);
        let hours = self.server.registration.map(hours);
        let ask = Ask::Passcode { passcode: passcode.clone(), register: hours };
        match self.within(self.ask(&key, ask)).await {
            Ok(Said::Passed { device }) => {
                let device = device.zip(self.server.registration).map(|(key, life)| Device {
                    key,
                    account: self.shared.config.names.account(&user),
                    expires: self.shared.now() + life,
                });
                self.passed(user, device)
            }
            Ok(Said::Asked { hint }) => {
                let (name, why) = (self.server.name.clone(), "wrong passcode".to_owned());
                self.shared.tell(&Event::FactorRefused { user: user.clone(), server: name, why });
                let prompt = verdict::prompt(hint.as_deref(), true);
                self.question(prompt, true, self.open(user, key, checked))
            }
            Ok(Said::Delivered | Said::NotKnown) => {
                self.failed(user, Failure::Answer("an answer to another question".to_owned()))
            }
            Err(failure) => self.failed(user, failure),
        }
    }

    /// A known device ends it; else a passcode is on its way.
    async fn opening(&self, user: &str) -> Result<Opening, Failure> {
        if let Some(device) = self.known_device(user).await? {
            return Ok(Opening::Known(device));
        }
        // Nothing says what a device that was refused leaves of a key, so the passcode gets its own.
        let key = self.authenticate(user).await?;
        self.ask(&key, Ask::Deliver { destination: self.server.destination.clone() }).await?;
        match self.ask(&key, Ask::Parameters).await? {
            Said::Asked { hint } => Ok(Opening::Asked { key, hint }),
            _ => Err(Failure::Answer("an answer to another question".to_owned())),
        }
    }

    /// The client's device, if this user registered it here and the server still knows it. What the
    /// client's cookie said is used up, unless the server could not be asked (SR-5).
    async fn known_device(&self, user: &str) -> Result<Option<Device>, Failure> {
        let (Some(cookie), Some(_)) = (&self.client.device, self.server.registration) else {
            return Ok(None);
        };
        let account = self.shared.config.names.account(user);
        let taken = self.shared.devices().take(cookie, &account, self.shared.now());
        let Some(device) = taken else { return Ok(None) };
        let asked = async {
            let key = self.authenticate(user).await?;
            self.ask(&key, Ask::Device(device.key.clone())).await
        };
        match asked.await {
            Ok(Said::Passed { .. }) => Ok(Some(device)),
            Ok(_) => Ok(None),
            Err(failure) => {
                self.shared.devices().put_back(cookie, device);
                Err(failure)
            }
        }
    }

    async fn authenticate(&self, user: &str) -> Result<Key, Failure> {
        let application = self.server.application.clone();
        let target = Target::Auth { application, user: user.to_owned() };
        let document = self.send(Method::POST, &target, String::new()).await?;
        let token =
            AuthenticationToken::parse(&document).map_err(|error| Failure::Answer(error.to_string()))?;
        if token.user == user {
            Ok(token.key)
        } else {
            Err(Failure::Answer("a key of another user".to_owned()))
        }
    }

    async fn ask(&self, key: &Key, ask: Ask) -> Result<Said, Failure> {
        let asked = verdict::Asked::of(&ask);
        let agent = self.client.agent.as_deref();
        let request = Request {
            key: key.clone(),
            remote_ip: self.client.peer.ip().to_canonical().to_string(),
            user_agent: agent
                .and_then(|text| text.get(..text.floor_char_boundary(USER_AGENT_BYTES_MAX)))
                .map(str::to_owned),
            ask,
        };
        // What XML can't carry can't be the passcode.
        let document = request.write().map_err(|error| Failure::Refused(error.to_string()))?;
        let document = self.send(Method::PUT, &Target::Challenge(key.clone()), document).await?;
        let response = Response::parse(&document).map_err(|error| Failure::Answer(error.to_string()))?;
        verdict::of(asked, key, &response).map_err(|no| match no {
            verdict::No::Refused(why) => Failure::Refused(why),
            verdict::No::Senseless(why) => Failure::Answer(why),
        })
    }

    async fn send(&self, method: Method, target: &Target, document: String) -> Result<Bytes, Failure> {
        let request = http::Request::builder()
            .method(method)
            .uri(target.write())
            .header(CONTENT_TYPE_FIELD, CONTENT_TYPE)
            .header(AUTHORIZATION, self.authorization())
            .body(Bytes::from(document))
            .map_err(|_| Failure::Refused("a name that no URL can hold".to_owned()))?;
        let answer = upstream::ask(self.shared, &self.server.target, request, ANAKAM_ANSWER_BYTES_MAX).await;
        let answer = answer.map_err(|error| match error {
            upstream::Error::Down(_) | upstream::Error::Address(_) => Failure::Down,
            upstream::Error::Answer(why) => Failure::Answer(why),
        })?;
        match answer.status() {
            StatusCode::OK => Ok(answer.into_body()),
            status => Err(Failure::Answer(format!("HTTP status {}", status.as_u16()))),
        }
    }

    /// HTTP Basic (RFC 7617) with the gateway's own account.
    fn authorization(&self) -> HeaderValue {
        let mut pair = self.server.account.name.clone().into_bytes();
        pair.push(b':');
        pair.extend_from_slice(self.server.account.password.expose());
        let text = format!("Basic {}", data_encoding::BASE64.encode(&pair));
        let mut value = HeaderValue::try_from(text).expect("Base64 is ASCII");
        value.set_sensitive(true);
        value
    }

    /// A turn has the time of one question to a back end, however many it asks.
    async fn within<T>(&self, turn: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let deadline = self.shared.config.limits.backend;
        match tokio::time::timeout(deadline, turn).await {
            Ok(said) => said,
            Err(_) => {
                let server = self.server.name.clone();
                self.shared.tell(&Event::FactorSilent { server, after: deadline });
                Err(Failure::Down)
            }
        }
    }

    fn passed(&self, user: String, device: Option<Device>) -> Word<Question> {
        let server = self.server.name.clone();
        self.shared.tell(&Event::FactorPassed { user: user.clone(), factor: FACTOR, server });
        let device = device.map(|device| self.remember(device));
        Word::Passed(Vouched { device, ..Vouched::of(user) })
    }

    /// A fresh cookie for a device, also for one that was known: each counts once.
    fn remember(&self, device: Device) -> DeviceCookie {
        let value = self.shared.fresh_id::<DEVICE_COOKIE_BYTES>("device-cookie");
        let life = device.expires.saturating_sub(self.shared.now());
        self.shared.devices().register(&value, device);
        DeviceCookie { value, life }
    }

    fn open(&self, user: String, key: Key, checked: u32) -> Open {
        Open { user, server: self.server.clone(), key, checked }
    }

    fn question(&self, prompt: String, repeated: bool, open: Open) -> Word<Question> {
        Word::Asks(Question { prompt, echo: false, repeated, awaits: Awaits::Anakam(Box::new(open)) })
    }

    fn failed(&self, user: String, failure: Failure) -> Word<Question> {
        let server = self.server.name.clone();
        Word::Refused(match failure {
            Failure::Down => Reason::FactorDown,
            Failure::Answer(why) => {
                self.shared.tell(&Event::FactorDiscarded { server, why });
                Reason::FactorAnswer
            }
            Failure::Refused(why) => {
                self.shared.tell(&Event::FactorRefused { user, server, why });
                Reason::LoginRefused
            }
        })
    }

    fn tell_asked(&self, user: &str, attempt: u32) {
        let server = self.server.name.clone();
        self.shared.tell(&Event::FactorAsked { user: user.to_owned(), factor: FACTOR, server, attempt });
    }
}

/// What the first turn comes to.
enum Opening {
    Known(Device),
    Asked { key: Key, hint: Option<String> },
}

/// The protocol counts hours. Less than one is one: a registration of no time would be none.
fn hours(life: Duration) -> u32 {
    u32::try_from(life.as_secs() / 3600).unwrap_or(u32::MAX).max(1)
}
