//! Runs one plan: builds the hosts in a world, lets the receivers do their steps, applies the faults when they
//! are due, and judges what happened.
//!
//! ```text
//! Plan ── build ── World of hosts ──┐
//!                   actors (steps) ─┤── trace ── judge (expectations) ── Outcome
//!                   schedule (faults)┘
//! ```
//!
//! In the simulated world a run is a function of plan, seed and build: nothing else is read. It knows no files and
//! prints nothing.

mod actor;
mod anakam;
#[cfg(test)]
mod both_worlds;
mod build;
mod expect;
mod factors;
mod faults;
mod gateway_host;
mod judge;
mod ledger;
mod mock_hosts;
mod policies;
mod request;
mod schedule;
pub(crate) mod stage;
mod step;
mod streams;
#[cfg(test)]
mod tests;
mod timeline;

use std::time::{Duration, UNIX_EPOCH};

use crate::real;
use crate::report::{Failure, FailureKind};
use crate::scenario::plan::Plan;
use crate::scenario::source::{Sources, Span};
use crate::trace::{Recorder, Trace};
use crate::world::{Digest, Latency, Planted, Recorded, TestPki, World, WorldConfig};

pub(crate) use anakam::Phones;
use ledger::Ledger;
use schedule::Schedule;
use stage::Stage;
use streams::Streams;

/// A run that is done goes on until nothing has been under way for this long, so that what hangs on the last
/// connection ends in the trace: whoever gets a last message answers it at once or not at all.
const QUIET: Duration = Duration::from_millis(100);

/// It goes on no longer than this: a stall that nobody ends keeps messages under way for ever.
const SETTLE_MAX: Duration = Duration::from_secs(2);

/// Where faults happen, as the trace names it.
const NETWORK: &str = "network";

/// How to run a plan.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Decides everything that is random.
    pub seed: u64,
    /// Keep the packets, to compare two runs byte by byte.
    pub record: bool,
    /// A deliberate breach of determinism.
    pub planted: Option<Planted>,
}

impl Options {
    /// A plain run with this seed.
    pub fn seed(seed: u64) -> Self {
        Self { seed, record: false, planted: None }
    }
}

/// What a run came to, in whichever world.
pub struct Ran {
    /// Everything that happened.
    pub trace: Trace,
    /// How long it took by the clock of its world.
    pub virtual_time: Duration,
    /// What did not hold; empty for a run that did what its scenario says.
    pub failures: Vec<Failure>,
    /// What must occur in no output of this run.
    pub secrets: Vec<Vec<u8>>,
}

/// What a run in the simulated world came to.
pub struct Outcome {
    /// Everything that happened.
    pub trace: Trace,
    /// Over every byte and moment.
    pub digest: Digest,
    /// The packets, if they were to be recorded.
    pub packets: Vec<Recorded>,
    /// How long it took in virtual time.
    pub virtual_time: Duration,
    /// What did not hold; empty for a run that did what its scenario says.
    pub failures: Vec<Failure>,
    /// What must occur in no output of this run.
    pub secrets: Vec<Vec<u8>>,
}

impl From<Outcome> for Ran {
    fn from(outcome: Outcome) -> Self {
        let Outcome { trace, virtual_time, failures, secrets, .. } = outcome;
        Self { trace, virtual_time, failures, secrets }
    }
}

/// Runs `plan` in the simulated world, on the caller's thread, until its receivers are done and its expectations
/// are decided. `sources` are the files it was read from, for the line numbers of the story.
pub fn run(plan: &Plan, sources: &Sources, options: &Options) -> Outcome {
    let mut world = World::new(world_config(plan, options));
    let Ran { trace, virtual_time, failures, secrets } = drive(&mut world, plan, sources);
    let ended = world.finish();
    Outcome { trace, digest: ended.digest, packets: ended.recorded, virtual_time, failures, secrets }
}

/// Runs `plan` in the real world, where idle time goes by up to `factor` times as fast as real time.
///
/// # Errors
/// The machine gives no thread or no event queue.
pub fn run_for_real(plan: &Plan, sources: &Sources, seed: u64, factor: u32) -> std::io::Result<Ran> {
    let simulated = world_config(plan, &Options::seed(seed));
    let (start, tick, latency) = (simulated.start, simulated.tick, simulated.latency);
    let mut world = real::World::new(&real::Config { seed: Some(seed), start, tick, factor, latency })?;
    Ok(drive(&mut world, plan, sources))
}

/// Puts the hosts of `plan` on an empty stage and leaves the rest to the caller: what a lab is made of. Gives the
/// phones on which passcodes arrive.
pub(crate) fn set_up(
    stage: &mut dyn Stage,
    plan: &Plan,
    sources: &Sources,
    recorder: &Recorder,
    pki: TestPki,
) -> Result<Phones, String> {
    let ledger = Ledger::new(plan);
    build::hosts(stage, plan, sources, recorder, &ledger, &Streams::new(recorder), pki)
}

/// Runs `plan` on an empty stage.
fn drive(stage: &mut dyn Stage, plan: &Plan, sources: &Sources) -> Ran {
    let stopwatch = stage.stopwatch();
    let recorder = Recorder::new(move || stopwatch());
    let ledger = Ledger::new(plan);
    let pki = TestPki::new(UNIX_EPOCH + Duration::from_secs(plan.start_unix_seconds));
    let streams = Streams::new(&recorder);
    let mut healed = Duration::ZERO;
    match build::hosts(stage, plan, sources, &recorder, &ledger, &streams, pki) {
        Ok(_) => healed = play(stage, plan, &recorder, &ledger),
        Err(why) => ledger.fail(broken(Some(plan.span), Duration::ZERO, why)),
    }
    let trace = recorder.finish();
    let virtual_time = stage.now();
    let mut failures = ledger.failures();
    for panic in stage.panics() {
        let text = format!("task {} on {} ended by a panic: {}", panic.task, panic.host, panic.message);
        failures.push(broken(Some(plan.span), virtual_time, text));
    }
    failures.extend(streams.failures());
    failures.extend(judge::judge(plan, &trace, &ledger, healed));
    Ran { virtual_time, failures, secrets: ledger.secrets(), trace }
}

/// Lets time pass and faults happen until everybody is done. Gives the end of the last fault.
fn play(stage: &mut dyn Stage, plan: &Plan, recorder: &Recorder, ledger: &Ledger) -> Duration {
    let mut schedule = Schedule::new(plan);
    run_until_done(stage, plan, recorder, ledger, &mut schedule);
    if ledger.failures().is_empty() {
        schedule.vacuous(stage.now()).into_iter().for_each(|failure| ledger.fail(failure));
    }
    schedule.healed()
}

fn run_until_done(
    stage: &mut dyn Stage,
    plan: &Plan,
    recorder: &Recorder,
    ledger: &Ledger,
    schedule: &mut Schedule,
) {
    let mut done_at = None;
    let mut busy_at = Duration::ZERO;
    loop {
        let now = stage.now();
        if stage.busy() {
            busy_at = now;
        }
        recorder.look(|trace| schedule.look(trace));
        for note in schedule.apply(stage, now) {
            match note {
                Ok(note) => recorder.record(NETWORK, note),
                Err(why) => ledger.fail(broken(Some(plan.span), now, why)),
            }
        }
        if done_at.is_none() && ledger.all_done() && now >= judge::time_needed(plan, schedule.healed()) {
            done_at = Some(now);
        }
        let settled = |done: Duration| now >= done.max(busy_at) + QUIET || now >= done + SETTLE_MAX;
        if done_at.is_some_and(settled) || !stage.panics().is_empty() {
            return;
        }
        if now >= plan.limit {
            ledger.stuck(now);
            return;
        }
        stage.step();
    }
}

fn world_config(plan: &Plan, options: &Options) -> WorldConfig {
    let mut config = WorldConfig::new(options.seed);
    config.start = UNIX_EPOCH + Duration::from_secs(plan.start_unix_seconds);
    config.tick = plan.tick;
    config.limit = plan.limit;
    config.record = options.record;
    config.planted = options.planted;
    if let Some(latency) = &plan.world.latency {
        config.latency = Latency::between(latency.value.min, latency.value.max);
    }
    config
}

/// Something the scenario awaits did not come.
fn unmet(span: Option<Span>, at: Duration, awaited: impl Into<String>, came: impl Into<String>) -> Failure {
    Failure {
        span,
        at,
        awaited: awaited.into(),
        came_instead: came.into(),
        nearest: Vec::new(),
        rule: None,
        code: FailureKind::Expectation,
    }
}

/// The run itself could not be carried out.
fn broken(span: Option<Span>, at: Duration, why: impl Into<String>) -> Failure {
    Failure { code: FailureKind::Simulator, ..unmet(span, at, "a run that can be carried out", why) }
}
