//! What must hold in every run, whatever the scenario says. Numbers are those of ARCHITECTURE.md.
//!
//! | Rule | Name | What it asks |
//! |---|---|---|
//! | 1 | [`TICKET_FIRST`] | an ICA host is connected to once for each redeemed ticket that names it, and an STA named it |
//! | 2 | [`TICKET_ONCE`] | a ticket is redeemed at most once, at the gateway and at its STA |
//! | 3 | [`VERDICT_FIRST`] | a session opens only after its user passed a factor in that log-in, and its server said so |
//! | 4 | [`STREAM_ONCE`] | over any number of reconnects each side's stream arrives once, in order, complete |
//! | 5 | [`ONE_SESSION`] | where a user may have one session, none opens beside a live one |
//! | 6 | [`NO_SECRET`] | no secret of the run is in anything that is shown |
//! | 7 | [`WAITS_END`] | relays, ICA sessions and log-ins end when what they wait for has ended |
//! | 8 | [`STATE_KEPT`] | a gateway that keeps its state has after a crash what it acknowledged before |
//!
//! Rules read typed events, never text, and know nothing of the scenario. A rule that was handed an incomplete
//! trace says so instead of judging it. Rule 4 alone is checked while the run goes on, in `run::streams`: a trace
//! holds no streams.

mod endings;
mod logins;
mod secrets;
mod sessions;
mod state;
mod tickets;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::report::{Failure, FailureKind, line};
use crate::trace::Trace;
use crate::trace::naming::Names;

pub use self::endings::{ENDS_WITHIN, LOGIN_ENDS_WITHIN};
pub use self::secrets::SECRET_BYTES_MIN;

/// Rule 1: no connection to an ICA host without a redeemed ticket that names it.
pub const TICKET_FIRST: &str = "ticket-first";
/// Rule 2: a ticket is redeemed at most once.
pub const TICKET_ONCE: &str = "ticket-once";
/// Rule 3: no session without a verdict for that user in that log-in.
pub const VERDICT_FIRST: &str = "verdict-first";
/// Rule 4: each side's stream arrives once, in order, complete, over any number of reconnects.
pub const STREAM_ONCE: &str = "stream-once";
/// Rule 5: where a user may have one session, never two.
pub const ONE_SESSION: &str = "one-session";
/// Rule 6: no secret in any output.
pub const NO_SECRET: &str = "no-secret";
/// Rule 7: every wait ends.
pub const WAITS_END: &str = "waits-end";
/// Rule 8: what was acknowledged before a crash is there after it.
pub const STATE_KEPT: &str = "state-kept";

/// A broken rule and the event that broke it.
struct Broken {
    rule: &'static str,
    /// Index into the trace's events.
    event: usize,
    awaited: String,
}

/// Everything in a run that breaks a rule. `rendered` is what was shown of the run, `secrets` what must not be
/// in it.
pub fn check(trace: &Trace, rendered: &[String], secrets: &[Vec<u8>]) -> Vec<Failure> {
    if trace.dropped > 0 {
        return vec![incomplete(trace)];
    }
    let mut broken = tickets::check(trace);
    broken.extend(logins::check(trace));
    broken.extend(sessions::check(trace));
    broken.extend(endings::check(trace));
    broken.extend(state::check(trace));
    broken.sort_by_key(|broken| broken.event);
    let mut failures = tell(trace, &broken);
    failures.extend(secrets::check(trace.ended, rendered, secrets));
    failures
}

fn tell(trace: &Trace, broken: &[Broken]) -> Vec<Failure> {
    if broken.is_empty() {
        return Vec::new();
    }
    let names = Names::of(trace);
    let failure = |broken: &Broken| {
        let event = trace.events.get(broken.event);
        let from = broken.event.saturating_sub(NEAREST);
        let before = trace.events.iter().take(broken.event).skip(from);
        let nearest = before.map(|event| line(&names, event)).collect();
        Failure {
            came_instead: event.map(|event| line(&names, event)).unwrap_or_default(),
            nearest,
            ..failure(broken.rule, event.map_or(trace.ended, |event| event.at), &broken.awaited)
        }
    };
    broken.iter().map(failure).collect()
}

/// Events shown that came before the one that breaks a rule.
const NEAREST: usize = 3;

fn failure(rule: &'static str, at: Duration, awaited: &str) -> Failure {
    Failure {
        span: None,
        at,
        awaited: awaited.to_owned(),
        came_instead: String::new(),
        nearest: Vec::new(),
        rule: Some(rule),
        code: FailureKind::Invariant,
    }
}

fn incomplete(trace: &Trace) -> Failure {
    Failure {
        span: None,
        at: trace.ended,
        awaited: "a whole trace".to_owned(),
        came_instead: format!("{} events were not kept; make the scenario shorter", trace.dropped),
        nearest: Vec::new(),
        rule: None,
        code: FailureKind::Simulator,
    }
}
