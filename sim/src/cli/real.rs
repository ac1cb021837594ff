//! `sim run --world real`: a case in both worlds, and whether they agree.
//!
//! The real run is held to the scenario's expectations and to the rules of every run like any other, and its
//! story to that of the simulated run, times aside, unless the scenario says why it can't be.

use std::time::Duration;

use super::case::{Case, Verdict};
use crate::real::likeness;
use crate::report::{Failure, FailureKind};
use crate::run;
use crate::scenario::plan::Compared;

/// What the real world is, for whoever reads its results.
pub(super) fn stated(factor: u32) -> String {
    match factor {
        1 => "real world: loopback sockets, real time".to_owned(),
        _ => format!(
            "real world: loopback sockets; time waits for who works, and goes by up to {factor} times as fast while everybody waits"
        ),
    }
}

/// Why a case is not run for real, if it is not.
pub fn left_out(case: &Case) -> Option<&str> {
    let said = case.plan.real_world.as_ref()?;
    (said.compare.value == Compared::Nothing).then_some(said.why.value.as_str())
}

/// Runs a case in both worlds. What fails is what fails in the real one, and what differs between them.
pub fn judge(case: &Case, seed: u64, factor: u32) -> Verdict {
    let simulated = case.run(seed);
    let ran = case.guarded(|| run::run_for_real(&case.plan, &case.sources, seed, factor));
    let mut real = match ran {
        Ok(Ok(ran)) => Verdict::of(ran),
        Ok(Err(error)) => {
            Verdict::of_panic(failure(case, FailureKind::Simulator, "a real world", error.to_string()))
        }
        Err(failure) => return Verdict::of_panic(*failure),
    };
    let same_verdict = simulated.failures.is_empty() == real.failures.is_empty();
    if !same_verdict && real.failures.is_empty() {
        let came = "it fails in the simulated world and holds in the real one".to_owned();
        real.failures.push(failure(case, FailureKind::Expectation, "the same verdict in both worlds", came));
    }
    if case.plan.real_world.is_some() {
        return real;
    }
    let ordered = case.plan.receivers.len() <= 1;
    for difference in likeness::differences(&simulated.trace, &real.trace, ordered) {
        real.failures.push(failure(
            case,
            FailureKind::Expectation,
            "the story of the simulated world",
            difference,
        ));
    }
    real
}

fn failure(case: &Case, code: FailureKind, awaited: &str, came_instead: String) -> Failure {
    Failure {
        span: Some(case.plan.span),
        at: Duration::ZERO,
        awaited: awaited.to_owned(),
        came_instead,
        nearest: Vec::new(),
        rule: None,
        code,
    }
}
