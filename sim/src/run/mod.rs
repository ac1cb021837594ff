//! Runs one plan in the simulated world: builds the hosts, lets the receivers do their steps, applies the
//! faults when they are due, and judges what happened.
//!
//! ```text
//! Plan ── build ── World of hosts ──┐
//!                   actors (steps) ─┤── trace ── judge (expectations) ── Outcome
//!                   schedule (faults)┘
//! ```
//!
//! A run is a function of plan, seed and build: nothing else is read. It knows no files and prints nothing.

mod actor;
mod build;
mod expect;
mod gateway_host;
mod judge;
mod ledger;
mod mock_hosts;
mod schedule;
mod step;
#[cfg(test)]
mod tests;
mod timeline;

use std::time::{Duration, UNIX_EPOCH};

use crate::report::{Failure, FailureKind};
use crate::scenario::plan::Plan;
use crate::scenario::source::{Sources, Span};
use crate::trace::{Recorder, Trace};
use crate::world::{Digest, Latency, Planted, Recorded, World, WorldConfig};

use ledger::Ledger;

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

/// What a run came to.
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

/// Runs `plan` on the caller's thread until its receivers are done and its expectations are decided. `sources`
/// are the files it was read from, for the line numbers of the story.
pub fn run(plan: &Plan, sources: &Sources, options: &Options) -> Outcome {
    let mut world = World::new(world_config(plan, options));
    let recorder = Recorder::new(world.stopwatch());
    let ledger = Ledger::new(plan);
    if let Err(why) = build::hosts(&mut world, plan, sources, &recorder, &ledger) {
        ledger.fail(broken(Some(plan.span.clone()), Duration::ZERO, why));
        return outcome(world, &recorder, &ledger, plan);
    }
    let mut schedule = schedule::Schedule::new(plan);
    let needed = judge::time_needed(plan);
    let mut done_at = None;
    let mut busy_at = Duration::ZERO;
    loop {
        let now = world.now();
        if world.under_way() > 0 {
            busy_at = now;
        }
        for note in schedule.apply(&mut world, now) {
            match note {
                Ok(note) => recorder.record(NETWORK, note),
                Err(why) => ledger.fail(broken(Some(plan.span.clone()), now, why)),
            }
        }
        if done_at.is_none() && ledger.all_done() && now >= needed {
            done_at = Some(now);
        }
        let settled = |done: Duration| now >= done.max(busy_at) + QUIET || now >= done + SETTLE_MAX;
        if done_at.is_some_and(settled) || !world.panics().is_empty() {
            break;
        }
        if now >= plan.limit {
            ledger.stuck(now);
            break;
        }
        world.step();
    }
    outcome(world, &recorder, &ledger, plan)
}

fn outcome(world: World, recorder: &Recorder, ledger: &Ledger, plan: &Plan) -> Outcome {
    let trace = recorder.finish();
    let ended = world.finish();
    let mut failures = ledger.failures();
    for panic in &ended.panics {
        let text = format!("task {} on {} ended by a panic: {}", panic.task, panic.host, panic.message);
        failures.push(broken(Some(plan.span.clone()), ended.elapsed, text));
    }
    failures.extend(judge::judge(plan, &trace, ledger));
    Outcome {
        digest: ended.digest,
        packets: ended.recorded,
        virtual_time: ended.elapsed,
        failures,
        secrets: ledger.secrets(),
        trace,
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
