//! Policies in the gateway: one evaluation of one request, its call-outs sent and its decisions told.
//!
//! What they mean is decided in `gateway-policy`; how a request and a verdict look in HTTP is in `http::policies`.
//! Nothing here fails a request: an undefined policy, a call-out that is not answered and an evaluation that is
//! stopped have their say in the configuration, and otherwise the request goes on.

mod event;

use std::sync::Arc;

use gateway_policy::facts::{Facts, Message};
use gateway_policy::run::{Evaluation, Occasion, Outcome, Progress, Request};
use gateway_rt::time::since_epoch;
use tokio::sync::Semaphore;

pub use event::{Did, PolicyEvent};

use crate::audit::Event;
use crate::config::PolicyRules;
use crate::limits::CALLOUTS_AT_ONCE;
use crate::shared::Shared;
use crate::upstream;
pub(crate) use event::Told;

/// What policies keep from one request to the next, whichever configuration they are of.
pub(crate) struct Kept {
    pub(crate) state: std::sync::Mutex<gateway_policy::run::State>,
    /// Call-outs may be under way. One that asks the gateway itself takes another place with every turn, so that
    /// a circle ends here.
    callouts: Semaphore,
}

impl Default for Kept {
    fn default() -> Self {
        Self { state: std::sync::Mutex::default(), callouts: Semaphore::new(CALLOUTS_AT_ONCE) }
    }
}

/// Runs the policies on a request. `told` says whose it is.
pub(crate) async fn run(
    shared: &Shared,
    rules: &PolicyRules,
    facts: Facts,
    occasion: Occasion,
    told: Told,
) -> Outcome {
    let mut evaluation = Evaluation::new(Arc::clone(&rules.policies), facts, occasion);
    loop {
        let progress = evaluation.go_on(&mut shared.policy_state(), now(shared));
        match progress {
            Progress::Done(outcome) => {
                for event in told.outcome(&outcome) {
                    shared.tell(&Event::Policy(event));
                }
                return *outcome;
            }
            Progress::Call(request) => {
                let answer = call(shared, rules, &request).await;
                shared.tell(&Event::Policy(told.called(&request, &answer)));
                evaluation.answered(&mut shared.policy_state(), now(shared), answer);
            }
        }
    }
}

/// Wall time in milliseconds since 1970.
fn now(shared: &Shared) -> i64 {
    i64::try_from(since_epoch(shared.rt.clock.as_ref()).as_millis()).unwrap_or(i64::MAX)
}

async fn call(shared: &Shared, rules: &PolicyRules, request: &Request) -> Result<Message, String> {
    let Ok(_place) = shared.policies().callouts.try_acquire() else {
        return Err(format!("{CALLOUTS_AT_ONCE} call-outs are under way"));
    };
    let target = rules.target(&request.server, request.tls)?;
    upstream::exchange(shared, &target, &request.bytes).await.map_err(|error| error.to_string())
}
