//! One expression that somebody asks about, with everything of a configuration in reach and no policy around it.

use std::collections::BTreeMap;

use super::policies::Policies;
use super::scene::{Answered, Scene, Turn};
use super::state::State;
use super::variables::Variables;
use crate::expr::{self, Expression};
use crate::facts::{Facts, Message};
use crate::limits::CALLOUTS_PER_REQUEST;

/// What an expression is worth for a request, and why. `now` is wall time in milliseconds since 1970; `answers` are
/// those of call-outs by their lower-case names. One without an answer is waited for, and the explanation says so.
#[must_use]
pub fn probe(
    policies: &Policies,
    expression: &Expression,
    facts: Facts,
    now: i64,
    answers: &BTreeMap<String, Message>,
) -> expr::Explanation {
    let facts = Facts { now: now.div_euclid(1000), ..facts };
    let mut known: Vec<String> = Vec::new();
    loop {
        let mut turn = Turn::default();
        for name in &known {
            turn.answered(name, answers.get(name).cloned().ok_or_else(String::new));
        }
        let explanation = attempt(policies, expression, &mut facts.clone(), now, &mut turn);
        let waited = turn.waiting.map(|request| request.callout.to_ascii_lowercase());
        match waited.filter(|name| answers.contains_key(name)) {
            Some(name) if known.len() < CALLOUTS_PER_REQUEST => known.push(name),
            _ => return explanation,
        }
    }
}

/// Nothing of one attempt is left for the next: variables start empty each time.
fn attempt(
    policies: &Policies,
    expression: &Expression,
    facts: &mut Facts,
    now: i64,
    turn: &mut Turn,
) -> expr::Explanation {
    let mut scene = Scene {
        policies,
        state: &mut State::default(),
        facts,
        transaction: &mut Variables::default(),
        turn,
        sent: 0,
        answers: &Answered::new(),
        now,
        deeds: &mut Vec::new(),
        shared: &mut [],
        depth: 0,
    };
    expr::explain(expression, &mut scene, &policies.switches)
}
