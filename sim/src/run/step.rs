//! Doing one step: the verbs of a Receiver, at user level and at wire level.

use std::time::Duration;

use gateway_mocks::receiver::{
    Apps, Bulk, Call, Connect, Launch, Login, Logout, Portal, Refusal, Socks, Theft, Trouble,
};
use gateway_proto::secret::Secret;
use gateway_proto::socks5::client::Form;

use super::actor::{Actor, Came, agent_of};
use super::request::decorate;
use super::unmet;
use crate::report::Failure;
use crate::scenario::plan::{FirstFactor, SocksTarget, Step, StepKind};
use crate::scenario::source::{Span, Spanned};

/// How long a stream may take when the scenario does not say.
const STREAM_MAX: Duration = Duration::from_secs(60);

/// How long the wire-level words wait for an answer that may never come.
const WIRE_PATIENCE: Duration = Duration::from_millis(500);

/// How a step is called in the story.
pub(super) fn title(kind: &StepKind) -> String {
    match kind {
        StepKind::Login { .. } => "logs in".to_owned(),
        StepKind::Answer { .. } => "answers the challenge".to_owned(),
        StepKind::Transfer { accept: true } => "takes the other session over".to_owned(),
        StepKind::Transfer { accept: false } => "leaves the other session alone".to_owned(),
        StepKind::Apps => "asks for the apps".to_owned(),
        StepKind::Launch { app } => format!("launches {}", app.value),
        StepKind::Connect => "connects with the ICA file".to_owned(),
        StepKind::Type { text, .. } => format!("types {:?}", text.value),
        StepKind::Stream { kilobytes, .. } => format!("sends {} kB and compares them", kilobytes.value),
        StepKind::Wait(span) => format!("waits {} s", span.value.as_secs_f64()),
        StepKind::CookiesOf(machine) => format!("goes on with the cookies of {}", machine.value),
        StepKind::ResumeOf(machine) => format!("shows the reconnect ticket of {}", machine.value),
        StepKind::Mark(name) => format!("reaches {:?}", name.value),
        StepKind::Logout => "logs out".to_owned(),
        StepKind::Disconnect => "closes the ICA connection".to_owned(),
        StepKind::Get(request) => format!("sends GET {}", without_values(&request.target.value)),
        StepKind::Post(request) => format!("sends POST {}", without_values(&request.target.value)),
        StepKind::Open { count: Some(count), .. } => format!("opens {} connections", count.value),
        StepKind::Open { .. } => "opens a connection".to_owned(),
        StepKind::Tls { unfinished: true } => "begins a TLS handshake and stops".to_owned(),
        StepKind::Tls { unfinished: false } => "makes a TLS handshake".to_owned(),
        StepKind::Socks { .. } => "sends a SOCKS CONNECT".to_owned(),
        StepKind::Guess { count, sta } => format!("guesses {} tickets of {}", count.value, sta.value),
        StepKind::Send(_) => "sends bytes".to_owned(),
        StepKind::HalfClose => "ends its side of the connection".to_owned(),
        StepKind::Close => "closes the connection".to_owned(),
        StepKind::Expect(_) => "expects".to_owned(),
    }
}

/// A target as a title may show it: a query of pairs can hold a password, one without is a word (`?wica`).
fn without_values(target: &str) -> String {
    match target.split_once('?') {
        Some((path, query)) if query.contains('=') => format!("{path}?…"),
        _ => target.to_owned(),
    }
}

impl Actor<'_> {
    /// Does the step. An error fails the run at this step.
    pub(super) async fn step(&mut self, step: &Step) -> Result<(), Failure> {
        let span = step.span;
        let came = match &step.kind {
            StepKind::Expect(expectation) => return self.expect(expectation, span).await,
            StepKind::Wait(wait) => {
                tokio::time::sleep(wait.value).await;
                return Ok(());
            }
            StepKind::Mark(_) => {
                // Faults happen between two ticks.
                tokio::time::sleep(self.setting.plan.tick).await;
                return Ok(());
            }
            StepKind::CookiesOf(machine) => {
                let visit = self.setting.ledger.visit(&machine.value);
                let none = || self.impossible(span, "cookies", "that machine has none yet");
                self.receiver.go_on_with(visit.ok_or_else(none)?);
                return Ok(());
            }
            StepKind::Login { user, password, agent } => {
                if let Some(agent) = agent {
                    self.receiver.set_agent(agent_of(agent.value));
                }
                self.login(user.as_ref(), password.as_ref(), span).await?
            }
            StepKind::Answer { text, user } => self.answer(text.as_ref(), user.as_ref(), span).await?,
            StepKind::ResumeOf(machine) => self.resume_of(&machine.value, span).await?,
            StepKind::Transfer { accept: true } => came_of_login(self.receiver.transfer().await, span),
            StepKind::Transfer { accept: false } => came_of_decline(self.receiver.decline().await, span),
            StepKind::Apps => self.list(span).await,
            StepKind::Launch { app } => self.launch(&app.value, span).await,
            StepKind::Connect => self.connect(span).await?,
            StepKind::Type { text, every, times } => {
                let pause = every.as_ref().map_or(Duration::ZERO, |every| every.value);
                let times = times.as_ref().map_or(1, |times| times.value);
                self.type_text(&text.value, pause, times, span).await?
            }
            StepKind::Stream { kilobytes, within } => {
                let within = within.as_ref().map_or(STREAM_MAX, |within| within.value);
                self.stream(u64::from(kilobytes.value) * 1000, within, span).await?
            }
            StepKind::Logout => self.log_out(span).await,
            StepKind::Disconnect => {
                if let Some(session) = self.session.take() {
                    session.close().await;
                }
                Came::well("the ICA connection is closed", span)
            }
            StepKind::Get(request) => {
                let call = decorate(Call::get(request.target.value.as_str()), request);
                self.call(call, span).await
            }
            StepKind::Post(request) => {
                let call = self.post(request);
                let none = || self.impossible(span, "a passcode", "none was sent to this user");
                let call = call.ok_or_else(none)?;
                self.call(call, span).await
            }
            wire => self.on_the_wire(wire, span).await?,
        };
        self.came = Some(came);
        Ok(())
    }

    async fn login(
        &mut self,
        user: Option<&Spanned<String>>,
        password: Option<&Spanned<String>>,
        span: Span,
    ) -> Result<Came, Failure> {
        let user = self.user(user).ok_or_else(|| self.impossible(span, "a user", "nobody is named"))?;
        let of_directory = self.setting.plan.world.user(&user).map(|user| &user.password);
        let password = password.or(of_directory);
        let password = password
            .ok_or_else(|| self.impossible(span, "a password", "the directory does not know the user"))?;
        self.rounds = 0;
        self.logging_in = Some(user.clone());
        match self.receiver.open_portal().await {
            Ok(Portal::LoginPage) => {}
            Ok(Portal::Session { .. }) => return Ok(Came::well("there already is a session", span)),
            Ok(Portal::Refused(refusal)) => {
                return Ok(Came::refused("the portal was refused", &refusal, span));
            }
            Err(trouble) => return Ok(Came::trouble("the portal", &trouble, span)),
        }
        let outcome = self.receiver.login(&user, &Secret::new(password.value.as_str())).await;
        Ok(came_of_login(outcome, span))
    }

    async fn answer(
        &mut self,
        text: Option<&Spanned<String>>,
        user: Option<&Spanned<String>>,
        span: Span,
    ) -> Result<Came, Failure> {
        let round = self.rounds;
        self.rounds += 1;
        let answer = match text {
            Some(text) => Secret::new(text.value.as_str()),
            None => self
                .known_answer(round, user)
                .ok_or_else(|| self.impossible(span, "an answer", "nobody asks this user that often"))?,
        };
        self.setting.ledger.secret(answer.expose());
        let outcome = self.receiver.answer(&answer).await;
        Ok(came_of_login(outcome, span))
    }

    /// What this user is expected to say in this round: what the RADIUS servers of the first factor ask for, then
    /// what came to the phone.
    fn known_answer(&self, round: usize, user: Option<&Spanned<String>>) -> Option<Secret> {
        let user = user.map(|user| user.value.clone()).or_else(|| self.logging_in.clone())?;
        let world = &self.setting.plan.world;
        let mut users = world.radius.iter().flat_map(|server| &server.users);
        let user_of_radius = users.find(|known| known.name.value == user);
        let asked =
            user_of_radius.filter(|_| self.gateway_asks_radius()).and_then(|user| user.rounds.get(round));
        match asked {
            Some(round) => Some(Secret::new(round.answer.value.as_str())),
            None => self.setting.phones.passcode(&user),
        }
    }

    fn gateway_asks_radius(&self) -> bool {
        let (world, wanted) = (&self.setting.plan.world, self.block.gateway.as_ref());
        let mut gateways = world.gateways.iter();
        let gateway = gateways.find(|host| wanted.is_none_or(|name| name.value == host.name.value));
        gateway.is_some_and(|gateway| matches!(gateway.first_factor, Some(FirstFactor::Radius(_))))
    }

    async fn list(&mut self, span: Span) -> Came {
        match self.receiver.apps().await {
            Ok(Apps::Listed(apps)) => {
                self.apps = apps.into_iter().map(|app| app.name).collect();
                Came::well(format!("apps: {}", self.apps.join(", ")), span)
            }
            Ok(Apps::Refused(refusal)) => Came::refused("the list of apps was refused", &refusal, span),
            Err(trouble) => Came::trouble("the list of apps", &trouble, span),
        }
    }

    async fn launch(&mut self, app: &str, span: Span) -> Came {
        match self.receiver.launch(app).await {
            Ok(Launch::File(file)) => {
                self.setting.ledger.secret(file.ticket.token().expose());
                self.file = Some(file);
                Came::well("an ICA file came", span)
            }
            Ok(Launch::Failed { error_id, status }) => Came {
                reason: Some(error_id.clone()),
                refused: true,
                ..Came::badly(format!("the launch failed with {error_id} (status {status})"), span)
            },
            Ok(Launch::NoSuchApp) => Came::badly(format!("the store does not list {app}"), span),
            Ok(Launch::Refused(refusal)) => Came::refused("the launch was refused", &refusal, span),
            Err(trouble) => Came::trouble("the launch", &trouble, span),
        }
    }

    async fn connect(&mut self, span: Span) -> Result<Came, Failure> {
        let file =
            self.file.clone().ok_or_else(|| self.impossible(span, "an ICA file", "nothing was launched"))?;
        Ok(match self.receiver.connect(&file).await {
            Ok(Connect::Open(session)) => {
                self.session = Some(session);
                Came::well("the ICA connection stands", span)
            }
            Ok(Connect::Refused { reply }) => {
                Came { refused: true, closed: true, ..Came::badly(format!("SOCKS reply {reply:#04x}"), span) }
            }
            Ok(Connect::Declined { code }) => declined(code, span),
            Ok(Connect::Closed) => {
                Came { closed: true, ..Came::badly("the connection was closed without a reply", span) }
            }
            Ok(Connect::Silent) => Came::badly("nobody answered", span),
            Ok(Connect::Foreign) => Came::badly("what answered is no ICA host", span),
            Err(trouble) => Came::trouble("the connection", &trouble, span),
        })
    }

    async fn type_text(
        &mut self,
        text: &str,
        pause: Duration,
        times: u32,
        span: Span,
    ) -> Result<Came, Failure> {
        for turn in 0..times {
            if turn > 0 {
                tokio::time::sleep(pause).await;
            }
            let Some(session) = &mut self.session else {
                return Err(self.impossible(span, "an ICA connection", "there is none"));
            };
            if let Err(trouble) = session.type_text(text).await {
                return Ok(Came { closed: true, ..Came::trouble("typing", &trouble, span) });
            }
        }
        Ok(Came::well("typed", span))
    }

    async fn stream(&mut self, bytes: u64, within: Duration, span: Span) -> Result<Came, Failure> {
        let Some(session) = &mut self.session else {
            return Err(self.impossible(span, "an ICA connection", "there is none"));
        };
        let outcome = session.send_and_verify(bytes, within).await;
        Ok(match outcome {
            Bulk::Verified => Came::well("every byte came back", span),
            Bulk::Differs { at } => Came::badly(format!("other bytes came back after {at}"), span),
            Bulk::Late { received } => Came::badly(format!("only {received} bytes came back in time"), span),
            Bulk::Closed { received } => Came {
                closed: true,
                ..Came::badly(format!("only {received} bytes came back, then the end"), span)
            },
        })
    }

    async fn log_out(&mut self, span: Span) -> Came {
        match self.receiver.logout().await {
            Ok(Logout::LoggedOut) => Came::well("logged out", span),
            Ok(Logout::Refused(refusal)) => Came::refused("the log-out was refused", &refusal, span),
            Err(trouble) => Came::trouble("the log-out", &trouble, span),
        }
    }

    async fn on_the_wire(&mut self, kind: &StepKind, span: Span) -> Result<Came, Failure> {
        let done = match kind {
            StepKind::Open { port, count } => {
                let count = count.as_ref().map_or(1, |count| count.value);
                self.open(port.as_ref().map(|port| port.value), count).await
            }
            StepKind::Tls { unfinished } => self.handshake(*unfinished).await,
            StepKind::Socks { target, bare } => return self.socks(target, *bare, span).await,
            StepKind::Guess { count, sta } => return self.guess(count.value, &sta.value, span).await,
            StepKind::Send(payload) => self.send(payload.bytes()).await,
            StepKind::HalfClose => match (&mut self.session, &mut self.wire) {
                (Some(session), _) => session.half_close().await,
                (None, Some(wire)) => wire.half_close().await,
                (None, None) => return Err(self.impossible(span, "a connection", "there is none")),
            },
            StepKind::Close => {
                for wire in self.crowd.drain(..).chain(self.wire.take()) {
                    wire.close().await;
                }
                Ok(())
            }
            _ => return Err(self.impossible(span, "a step", "this is none")),
        };
        Ok(match done {
            Ok(()) => Came::well("done", span),
            Err(trouble) => Came { closed: true, ..Came::trouble("the connection", &trouble, span) },
        })
    }

    async fn handshake(&mut self, unfinished: bool) -> Result<(), Trouble> {
        let mut wire = match self.wire.take() {
            Some(wire) => wire,
            None => self.receiver.tcp_open().await?,
        };
        self.wire = Some(if unfinished {
            wire.tls_unfinished().await?;
            wire
        } else {
            wire.tls().await?
        });
        Ok(())
    }

    /// Opens connections until there are `count` more; the last is the one the other words mean.
    async fn open(&mut self, port: Option<u16>, count: u32) -> Result<(), Trouble> {
        for _ in 0..count {
            let wire = match port {
                Some(port) => self.receiver.tcp_open_port(port).await,
                None => self.receiver.tcp_open().await,
            };
            self.crowd.extend(self.wire.replace(wire?));
        }
        Ok(())
    }

    /// Presents tickets nobody issued. What came of the last one counts.
    async fn guess(&mut self, count: u32, sta: &str, span: Span) -> Result<Came, Failure> {
        let mut came = Came::well("nothing was guessed", span);
        for turn in 1..=count {
            let ticket = Spanned::new(format!(";40;{sta};{turn:032}"), span);
            self.wire = None;
            came = self.socks(&SocksTarget::Ticket(ticket), false, span).await?;
        }
        Ok(came)
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        if self.wire.is_none() {
            self.wire = Some(self.receiver.tcp_open().await?);
        }
        match &mut self.wire {
            Some(wire) => wire.send(bytes).await,
            None => Ok(()),
        }
    }

    async fn socks(&mut self, target: &SocksTarget, bare: bool, span: Span) -> Result<Came, Failure> {
        let form = if bare { Form::Bare } else { Form::Greeted };
        let (destination, port) = match target {
            SocksTarget::IcaFile => match &self.file {
                Some(file) => (file.ticket.to_wire(), 1494),
                None => return Err(self.impossible(span, "an ICA file", "nothing was launched")),
            },
            SocksTarget::Ticket(text) => (Secret::new(text.value.as_str()), 1494),
            SocksTarget::Address(text) => {
                let (host, port) = text.value.rsplit_once(':').unwrap_or((&text.value, "1494"));
                (Secret::new(host), port.parse().unwrap_or(1494))
            }
        };
        if self.wire.is_none()
            && let Err(trouble) = self.handshake(false).await
        {
            return Ok(Came::trouble("the connection", &trouble, span));
        }
        let Some(wire) = &mut self.wire else {
            return Err(self.impossible(span, "a connection", "there is none"));
        };
        Ok(match wire.socks(destination.expose(), port, form).await {
            Ok(Socks::Granted) => Came::well("SOCKS granted", span),
            Ok(Socks::Refused { reply }) => {
                Came { refused: true, ..Came::badly(format!("SOCKS reply {reply:#04x}"), span) }
            }
            Ok(Socks::Closed) => {
                Came { closed: true, refused: true, ..Came::badly("closed without a reply", span) }
            }
            Ok(Socks::Silent) => Came::badly("no SOCKS reply", span),
            Ok(Socks::Foreign) => Came::badly("the answer is not SOCKS 5", span),
            Err(trouble) => Came { closed: true, ..Came::trouble("the connection", &trouble, span) },
        })
    }

    async fn resume_of(&mut self, machine: &str, span: Span) -> Result<Came, Failure> {
        let theft = match self.setting.ledger.visit(machine) {
            Some(visit) => self.receiver.resume_of(&visit).await,
            None => Ok(None),
        };
        Ok(match theft {
            Ok(None) => {
                return Err(self.impossible(span, "a reconnect ticket", "that machine has none yet"));
            }
            Ok(Some(Theft::Succeeded)) => Came::well("the session of another one", span),
            Ok(Some(Theft::Refused { code })) => declined(code, span),
            Ok(Some(Theft::Closed)) => {
                Came { closed: true, ..Came::badly("the connection was closed without a reply", span) }
            }
            Ok(Some(Theft::Silent)) => Came::badly("nobody answered", span),
            Err(trouble) => Came::trouble("the connection", &trouble, span),
        })
    }

    /// The scenario asks for what can't be done where it stands.
    pub(super) fn impossible(&self, span: Span, awaited: &str, came: &str) -> Failure {
        unmet(Some(span), self.now(), awaited, came)
    }

    /// How long the wire-level expectations look for what they were not told a time for.
    pub(super) const fn patience() -> Duration {
        WIRE_PATIENCE
    }
}

fn declined(code: &str, span: Span) -> Came {
    Came { refused: true, closed: true, ..Came::badly(format!("CGP was refused: {code}"), span) }
}

fn came_of_login(outcome: Result<Login, Trouble>, span: Span) -> Came {
    match outcome {
        Ok(Login::Session { .. }) => Came::well("there is a session", span),
        Ok(Login::Challenge { prompt }) => {
            Came { prompt: Some(prompt.clone()), ..Came::badly(format!("a challenge: {prompt:?}"), span) }
        }
        Ok(Login::TransferOffered { text }) => {
            Came { offered: true, ..Came::badly(format!("a transfer was offered: {text:?}"), span) }
        }
        Ok(Login::Refused(refusal)) => Came::refused("the log-in was refused", &refusal, span),
        Err(trouble) => Came::trouble("the log-in", &trouble, span),
    }
}

/// Who cancels is back at the log-in page, and nothing more is expected.
fn came_of_decline(outcome: Result<Login, Trouble>, span: Span) -> Came {
    match outcome {
        Ok(Login::Refused(refusal)) if refusal.reason.is_none() => Came::well("the offer is declined", span),
        other => came_of_login(other, span),
    }
}

impl Came {
    pub(super) fn well(text: impl Into<String>, span: Span) -> Self {
        Self { well: true, ..Self::badly(text, span) }
    }

    fn badly(text: impl Into<String>, span: Span) -> Self {
        let text = text.into();
        Self {
            text,
            well: false,
            prompt: None,
            offered: false,
            refused: false,
            reason: None,
            closed: false,
            span,
        }
    }

    fn refused(what: &str, refusal: &Refusal, span: Span) -> Self {
        let code = refusal.reason.as_deref().map(|code| format!(" [{code}]")).unwrap_or_default();
        let text = format!("{what}{code}, status {}", refusal.status);
        Self { refused: true, reason: refusal.reason.clone(), ..Self::badly(text, span) }
    }

    pub(super) fn trouble(what: &str, trouble: &Trouble, span: Span) -> Self {
        Self {
            reason: Some(trouble.code().to_owned()),
            ..Self::badly(format!("{what} failed: {trouble}"), span)
        }
    }
}
