//! A machine of a plan as a host: its software is a Receiver that does the steps of the scenario, in order.
//!
//! A crowd does them side by side. Steps are done once, also when the machine comes back after a power cut. When the last one is done the
//! software ends, and its connections with it, as a user who goes home.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::stream::FuturesUnordered;
use gateway_mocks::journal::Journal;
use gateway_mocks::receiver::{Agent, Config, IcaSession, Receiver, Wire};
use gateway_proto::host_port::HostPort;
use gateway_proto::ica_file::LaunchFile;
use gateway_rt::Rt;

use super::anakam::Phones;
use super::build::{Site, public_name};
use super::ledger::{Ledger, Seat};
use super::stage::Stage;
use super::unmet;
use crate::report::Failure;
use crate::scenario::plan::{self, Plan, Step, StepKind};
use crate::scenario::source::{Sources, Span, Spanned};
use crate::trace::{Recorder, StepNote};

/// Adds the machine. Its receiver blocks run one after the other.
pub(super) fn machine(
    stage: &mut dyn Stage,
    site: &Site<'_>,
    machine: &plan::Machine,
    ledger: &Ledger,
) -> Result<(), String> {
    let mut blocks = Vec::new();
    for (index, block) in site.plan.receivers.iter().enumerate() {
        if block.machine.value == machine.name.value {
            blocks.push((index, config(site, block)?));
        }
    }
    let plan = Arc::new(site.plan.clone());
    let (sources, phones) = (site.sources.clone(), site.phones.clone());
    let (recorder, ledger, blocks) = (site.recorder.clone(), ledger.clone(), Arc::new(blocks));
    let software = move |rt: Rt| {
        let (plan, sources, phones) = (plan.clone(), sources.clone(), phones.clone());
        let (recorder, ledger, blocks) = (recorder.clone(), ledger.clone(), blocks.clone());
        Box::pin(async move {
            let setting = Setting {
                plan: &plan,
                sources: &sources,
                recorder: &recorder,
                ledger: &ledger,
                phones: &phones,
            };
            for (index, config) in blocks.iter() {
                let crowd = ledger.begin(*index).map(|seat| live(setting, seat, config.clone(), rt.clone()));
                crowd.collect::<FuturesUnordered<_>>().try_collect::<()>().await?;
            }
            Ok(())
        }) as gateway_rt::BoxFuture<'static, io::Result<()>>
    };
    stage.add_host(&machine.name.value, Box::new(software)).map_err(|error| error.to_string())
}

fn config(site: &Site<'_>, block: &plan::Receiver) -> Result<Config, String> {
    let world = &site.plan.world;
    let wanted = block.gateway.as_ref();
    let gateway = world.gateways.iter().find(|host| wanted.is_none_or(|name| name.value == host.name.value));
    let gateway = gateway.ok_or_else(|| format!("{} has no gateway to go to", block.machine.value))?;
    let port = gateway.port.as_ref().map_or(443, |port| port.value);
    let named = |host: &str| HostPort::new(host, port).map_err(|error| format!("{host}: {error}"));
    let public = named(public_name(&gateway.name, gateway.fqdn.as_ref()))?;
    let mut config = Config::new(&block.machine.value, public.clone(), public, site.pki.roots());
    config.watch = Some(site.streams.watch());
    config.agent = block.agent.as_ref().map_or(Agent::Browser, |agent| agent_of(agent.value));
    Ok(config)
}

pub(super) fn agent_of(agent: plan::Agent) -> Agent {
    match agent {
        plan::Agent::Browser => Agent::Browser,
        plan::Agent::Receiver => Agent::Receiver,
    }
}

/// What every receiver block of a run works with.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) plan: &'a Plan,
    pub(super) sources: &'a Sources,
    pub(super) recorder: &'a Recorder,
    pub(super) ledger: &'a Ledger,
    pub(super) phones: &'a Phones,
}

/// Runs one receiver block.
async fn live(setting: Setting<'_>, seat: Seat, config: Config, rt: Rt) -> io::Result<()> {
    let Some(block) = setting.plan.receivers.get(seat.0) else { return Ok(()) };
    let journal = Journal::tapped(setting.recorder.tap(&block.machine.value));
    let receiver = Receiver::new(config, rt, journal).map_err(io::Error::other)?;
    let mut actor = Actor {
        setting,
        block,
        receiver,
        came: None,
        since: 0,
        file: None,
        session: None,
        wire: None,
        crowd: Vec::new(),
        apps: Vec::new(),
        logging_in: None,
        rounds: 0,
    };
    actor.run(seat).await;
    if let Some(session) = actor.session.take() {
        session.close().await;
    }
    setting.ledger.done(seat);
    Ok(())
}

/// A user at a machine, in the middle of the steps.
pub(super) struct Actor<'a> {
    pub(super) setting: Setting<'a>,
    pub(super) block: &'a plan::Receiver,
    pub(super) receiver: Receiver,
    /// What the last action came to.
    pub(super) came: Option<Came>,
    /// How many events there were when the last action began.
    pub(super) since: usize,
    /// The ICA file fetched last.
    pub(super) file: Option<LaunchFile>,
    /// The ICA connection.
    pub(super) session: Option<IcaSession>,
    /// The bare connection of the wire-level words.
    pub(super) wire: Option<Wire>,
    /// Those that were opened with it.
    pub(super) crowd: Vec<Wire>,
    /// The apps listed last.
    pub(super) apps: Vec<String>,
    /// Whose log-in it is.
    pub(super) logging_in: Option<String>,
    /// Challenges answered in this log-in.
    pub(super) rounds: usize,
}

/// What an action came to, in the words of a failure report.
pub(super) struct Came {
    /// As it reads: `the log-in was refused`.
    pub(super) text: String,
    /// Whether it went as somebody who writes `login` and nothing more would think.
    pub(super) well: bool,
    /// A prompt, where there is one to be answered.
    pub(super) prompt: Option<String>,
    /// Whether the user may end his session elsewhere.
    pub(super) offered: bool,
    /// Whether somebody said no.
    pub(super) refused: bool,
    /// The code that came with it.
    pub(super) reason: Option<String>,
    /// Whether the other side closed the connection.
    pub(super) closed: bool,
    /// What was done, to point at when nobody expected how it went.
    pub(super) span: Span,
}

impl Actor<'_> {
    async fn run(&mut self, seat: Seat) {
        for step in &self.block.steps {
            let machine = &self.block.machine.value;
            self.setting.ledger.at(seat, machine, step.span);
            if !matches!(step.kind, StepKind::Expect(_)) {
                if let Some(failure) = self.unexpected(step) {
                    self.setting.ledger.fail(failure);
                    return;
                }
                let line = self.setting.sources.locate(&step.span).line;
                let mark = match &step.kind {
                    StepKind::Mark(name) => Some(name.value.clone()),
                    _ => None,
                };
                let note = StepNote { line, text: super::step::title(&step.kind), mark: mark.clone() };
                self.setting.recorder.record(machine, note);
                if mark.is_none() {
                    self.since = self.setting.recorder.with(<[_]>::len);
                }
            }
            if let Err(failure) = self.step(step).await {
                self.setting.ledger.fail(failure);
                return;
            }
            self.remember();
        }
        if let Some(failure) = self.came.as_ref().filter(|came| !came.well).map(|came| self.surprise(came)) {
            self.setting.ledger.fail(failure);
        }
    }

    /// A failure if the last action went badly and this next one takes no notice of it.
    fn unexpected(&self, next: &Step) -> Option<Failure> {
        let came = self.came.as_ref().filter(|came| !came.well)?;
        let answers = came.prompt.is_some() && matches!(next.kind, StepKind::Answer { .. });
        let answers = answers || came.offered && matches!(next.kind, StepKind::Transfer { .. });
        let moves_on = matches!(
            next.kind,
            StepKind::Wait(_) | StepKind::Mark(_) | StepKind::Close | StepKind::Disconnect
        );
        (!answers && !moves_on).then(|| self.surprise(came))
    }

    fn surprise(&self, came: &Came) -> Failure {
        unmet(
            Some(came.span),
            self.now(),
            "this step to go well (no expectation behind it says otherwise)",
            came.text.clone(),
        )
    }

    /// Virtual time since the start of the run.
    pub(super) fn now(&self) -> Duration {
        self.setting.recorder.now()
    }

    /// Keeps the page for the judge, and the cookies' values for the rule that they show up nowhere. Policies
    /// write names and words into cookies; every id and every key has digits.
    fn remember(&self) {
        if let Some(page) = self.receiver.page() {
            self.setting.ledger.page(&self.block.machine.value, self.now(), page);
        }
        self.setting.ledger.visited(&self.block.machine.value, self.receiver.visit());
        let is_word = |value: &&str| !value.bytes().any(|byte| byte.is_ascii_digit());
        for secret in self.receiver.cookies().values().filter(|value| !is_word(value)) {
            self.setting.ledger.secret(secret.as_bytes());
        }
    }

    /// The user's name for a step that may name another.
    pub(super) fn user(&self, named: Option<&Spanned<String>>) -> Option<String> {
        named.or(self.block.user.as_ref()).map(|user| user.value.clone())
    }
}
