//! One variant of one scenario, ready to run, and what came of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::catalogue::Entry;
use super::{Exit, SEED_DEFAULT, snapshot};
use crate::report::{self, Failure, FailureKind, Replay};
use crate::rules;
use crate::run::{self, Options, Outcome, Ran};
use crate::scenario::Diagnostic;
use crate::scenario::plan::Plan;
use crate::scenario::source::Sources;
use crate::trace::story::{self, Ending};
use crate::trace::{Trace, json};

/// A variant of a scenario.
#[derive(Clone)]
pub struct Case {
    /// Its file.
    pub entry: Entry,
    /// What to do.
    pub plan: Plan,
    /// The files it was read from.
    pub sources: Arc<Sources>,
}

/// What came of a run.
pub struct Verdict {
    /// What went wrong; empty when all is well.
    pub failures: Vec<Failure>,
    /// The story.
    pub story: String,
    /// The trace as JSON lines.
    pub json: String,
    /// What happened.
    pub trace: Trace,
    /// How long it took in virtual time.
    pub virtual_time: Duration,
}

/// Loads every variant of a scenario.
///
/// # Errors
/// What is wrong with it.
pub fn load(entry: &Entry) -> Result<Vec<Case>, Vec<Diagnostic>> {
    let loaded = entry.load()?;
    let sources = Arc::new(loaded.sources);
    let case = |plan| Case { entry: entry.clone(), plan, sources: sources.clone() };
    Ok(loaded.variants.into_iter().map(case).collect())
}

impl Case {
    /// The matrix values of the variant: `policy=deny`; empty without a matrix.
    pub fn variant(&self) -> String {
        self.plan.values().join(",")
    }

    /// File and variant: `sessions/duplicate@policy=deny`.
    pub fn name(&self) -> String {
        match self.variant() {
            variant if variant.is_empty() => self.entry.name().to_owned(),
            variant => format!("{}@{variant}", self.entry.name()),
        }
    }

    /// Runs the case and says whether the scenario holds, the rules hold, and the story is the stored one.
    pub fn judge(&self, seed: u64) -> Verdict {
        let mut verdict = self.run(seed);
        // The stored story is that of one seed; another one draws other latencies.
        if self.plan.snapshot && seed == SEED_DEFAULT && verdict.failures.is_empty() {
            verdict.failures.extend(snapshot::compare(self, &verdict.story));
        }
        verdict
    }

    /// Runs the case and says whether the scenario and the rules hold.
    pub fn run(&self, seed: u64) -> Verdict {
        match self.outcome(&Options::seed(seed)) {
            Ok(outcome) => Verdict::of(outcome.into()),
            Err(failure) => Verdict::of_panic(*failure),
        }
    }

    /// Runs the case. A panic of the simulator itself is a failure of it.
    pub fn outcome(&self, options: &Options) -> Result<Outcome, Box<Failure>> {
        self.guarded(|| run::run(&self.plan, &self.sources, options))
    }

    /// Runs something of this case. A panic in it is a failure of the simulator.
    pub(super) fn guarded<T>(&self, run: impl FnOnce() -> T) -> Result<T, Box<Failure>> {
        catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no text");
            Box::new(Failure {
                span: Some(self.plan.span),
                at: Duration::ZERO,
                awaited: "a run that ends".to_owned(),
                came_instead: format!("panic: {text}"),
                nearest: Vec::new(),
                rule: None,
                code: FailureKind::Simulator,
            })
        })
    }

    /// Everything that went wrong, to read.
    pub fn explain(&self, verdict: &Verdict, seed: u64) -> String {
        let replay = Replay { path: self.entry.shown(), seed };
        let render = |failure| report::render(failure, &self.sources, &replay);
        verdict.failures.iter().map(render).collect::<Vec<_>>().join("\n")
    }
}

impl Verdict {
    /// Holds a run to the rules of every run, and tells it.
    pub(super) fn of(ran: Ran) -> Self {
        let Ran { trace, virtual_time, mut failures, secrets } = ran;
        let tell = |failures| story::render(&trace, &Ending { virtual_time, failures });
        let (mut story, json) = (tell(failures.len()), json::render(&trace));
        let rendered = [story, json];
        let broken = rules::check(&trace, &rendered, &secrets);
        let [told, json] = rendered;
        story = if broken.is_empty() { told } else { tell(failures.len() + broken.len()) };
        failures.extend(broken);
        Self { failures, story, json, trace, virtual_time }
    }

    pub(super) fn of_panic(failure: Failure) -> Self {
        Self {
            failures: vec![failure],
            story: String::new(),
            json: String::new(),
            trace: Trace::default(),
            virtual_time: Duration::ZERO,
        }
    }

    /// What this verdict ends the program with.
    pub fn exit(&self) -> Exit {
        let exit = |failure: &Failure| match failure.code {
            FailureKind::Expectation => Exit::Failed,
            FailureKind::Invariant => Exit::Invariant,
            FailureKind::Simulator => Exit::Simulator,
        };
        self.failures.iter().map(exit).max().unwrap_or(Exit::Passed)
    }
}
