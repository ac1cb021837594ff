//! One request on its way through the policies.
//!
//! ```text
//! go_on ──► Progress::Call(request) ── send it ──► answered ──► go_on ──► … ──► Progress::Done(outcome)
//! ```
//!
//! A policy is done in steps: rule, message, action, goto. A step that needs a call-out is evaluated again from its
//! beginning once the call-out is answered, and what it does is done when all its expressions have values. So
//! nothing is written, logged or counted twice; see [`super::scene`] for what happens within expressions. A step
//! that is done stays done, whatever other requests change meanwhile. The time is that of the last call.

use std::sync::Arc;

use super::action::{self, Deferred};
use super::callout::Request;
use super::head::status_line;
use super::message::Message;
use super::outcome::{Deed, Explained, Moved, Outcome, Ruling, Tried, Undefinedness, Verdict};
use super::policies::{At, Occasion, Policies};
use super::scene::{Answered, Halt, Scene, Turn};
use super::state::State;
use super::variables::Variables;
use super::walk::{Place, Target, Walk};
use crate::conf::object::bank::Goto;
use crate::conf::object::policy::{Feature, UndefAction};
use crate::expr::Expression;
use crate::facts::{self, Facts};
use crate::limits::POLICIES_TRIED;
use crate::switches::{AuthorizationUndef, CalloutAgain, UndefNoop};
use crate::value::Value;

/// See the module.
#[derive(Debug)]
pub struct Evaluation {
    policies: Arc<Policies>,
    facts: Facts,
    occasion: Occasion,
    /// Features whose banks are still to be walked, the next one last.
    to_come: Vec<Feature>,
    /// Authorization is under way; whether a policy allowed the request.
    authorized: Option<bool>,
    walk: Walk,
    stage: Stage,
    turn: Turn,
    /// Of the policy that is looked at.
    deeds: Vec<Deed>,
    transaction: Variables,
    deferred: Vec<Deferred>,
    /// Call-outs sent.
    sent: usize,
    /// What they were answered, with the switch `callout-again` at `recalls`.
    answers: Answered,
    /// In milliseconds.
    now: i64,
    /// Whether rules are told part by part.
    explains: bool,
    /// The rule of the policy that is looked at.
    explained: Option<Explained>,
    /// Policies that were looked at.
    tried: usize,
    /// What parts of expressions are worth that depend on the request alone, by their numbers.
    shared: Vec<Option<Arc<Value>>>,
    outcome: Outcome,
}

/// How far an evaluation is.
#[derive(Debug)]
pub enum Progress {
    /// This must be sent, and its answer given to [`Evaluation::answered`].
    Call(Request),
    /// All is said.
    Done(Box<Outcome>),
}

/// The step a policy is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Rule,
    Log,
    Act,
    Goto,
}

impl Evaluation {
    /// Begins with a request. `facts` has no response; its time is set by [`Evaluation::go_on`].
    #[must_use]
    pub fn new(policies: Arc<Policies>, facts: Facts, occasion: Occasion) -> Self {
        Self {
            shared: vec![None; policies.shared],
            to_come: policies.order(),
            policies,
            facts,
            occasion,
            authorized: None,
            walk: Walk::default(),
            stage: Stage::Rule,
            turn: Turn::default(),
            deeds: Vec::new(),
            transaction: Variables::default(),
            deferred: Vec::new(),
            sent: 0,
            answers: Answered::new(),
            now: 0,
            explains: false,
            explained: None,
            tried: 0,
            outcome: Outcome::forward(),
        }
    }

    /// Tells every part of every rule in the outcome, those that are FALSE included. It costs many times the
    /// evaluation itself.
    #[must_use]
    pub fn explaining(mut self) -> Self {
        self.explains = true;
        self
    }

    /// Goes on until a call-out has to be sent or all is said. `now` is wall time in milliseconds since 1970.
    pub fn go_on(&mut self, state: &mut State, now: i64) -> Progress {
        self.now = now;
        self.facts.now = now.div_euclid(1000);
        let policies = self.policies.clone();
        loop {
            let Some(place) = self.walk.place(&policies) else {
                self.settle(state);
                self.authorize();
                if self.next_feature() {
                    continue;
                }
                return Progress::Done(Box::new(std::mem::replace(&mut self.outcome, Outcome::forward())));
            };
            if let Err(request) = self.at(state, &policies, place) {
                return Progress::Call(request);
            }
        }
    }

    /// The answer to the request that [`Progress::Call`] gave, or in a sentence why there is none. Without a
    /// request to answer it does nothing.
    pub fn answered(&mut self, state: &mut State, now: i64, answer: Result<facts::Message, String>) {
        let Some(request) = self.turn.waiting.take() else { return };
        self.sent += 1;
        let status =
            |message: &facts::Message| status_line(&message.start_line).map_or(0, |(_, status, _)| status);
        let came = answer.as_ref().map(status).map_err(Clone::clone);
        self.deeds.push(Deed::Called { callout: request.callout.clone(), answer: came });
        let callout = self.policies.conf.callouts.get(&request.callout);
        if let (Some(seconds), Ok(message)) = (callout.and_then(|callout| callout.cache_seconds), &answer) {
            state.answers.keep(&request.callout, &request.bytes, message.clone(), seconds, now);
        }
        if self.policies.switches.callout_again == CalloutAgain::Recalls {
            self.answers.insert((request.callout.to_ascii_lowercase(), request.bytes), answer.clone());
        }
        self.turn.answered(&request.callout, answer);
    }

    /// Authorization is over: what no policy allowed, the default decides.
    fn authorize(&mut self) {
        if self.authorized.take() == Some(false) && !self.policies.allows_by_default() {
            let fault = "no authorization policy allows it, and the default denies";
            self.outcome.explanation.fault = Some(fault.to_owned());
            self.finish(Verdict::denied());
        }
    }

    /// What answers leaves nothing for the features after it. Nobody is authorized without a session.
    fn next_feature(&mut self) -> bool {
        let Some(feature) = self.to_come.pop() else { return false };
        let session = self.facts.session.as_ref();
        if feature == Feature::Authorization {
            let asked = self.occasion == Occasion::Request && session.is_some() && self.policies.authorizes();
            if !asked {
                return true;
            }
            self.authorized = Some(false);
        }
        let (user, groups) =
            (session.map(|session| session.user.as_str()), session.map(|session| &session.groups));
        let groups = groups.map(Vec::as_slice).unwrap_or_default();
        let banks = self.policies.banks(feature, self.occasion, user, groups);
        self.walk = Walk::new(banks, self.policies.switches.goto_end);
        true
    }

    /// Does what is next where the walk stands; the request that must be sent first, if there is one.
    fn at(&mut self, state: &mut State, policies: &Policies, place: Place) -> Result<(), Request> {
        let (Place::Binding(spot) | Place::Back { spot, .. }) = place else {
            self.settle(state);
            return Ok(());
        };
        let Some(at) = policies.at(spot) else {
            self.walk.end();
            return Ok(());
        };
        match place {
            Place::Bank => Ok(()),
            Place::Binding(_) => {
                let done = match self.stage {
                    Stage::Rule => self.rule(state, at),
                    Stage::Log => self.log(state, at),
                    Stage::Act => self.act(state, at),
                    Stage::Goto => self.go(state, policies, at),
                };
                self.mended(state, at, done)
            }
            Place::Back { ended, .. } => {
                self.stage = Stage::Goto;
                let target = self.target(state, at, Some(ended));
                let done = target.and_then(|target| self.follow(policies, target));
                if done.is_ok() {
                    self.stage = Stage::Rule;
                }
                self.mended(state, at, done.map(drop))
            }
        }
    }

    /// What became undefined is dealt with; what waits is told.
    fn mended(&mut self, state: &mut State, at: At<'_>, done: Result<(), Halt>) -> Result<(), Request> {
        match (done, self.turn.waiting.clone()) {
            (Ok(()), _) => {}
            (Err(Halt::Pending), Some(request)) => return Err(request),
            (Err(Halt::Pending), None) => {
                self.undefined(
                    state,
                    at,
                    Undefinedness::because("a call-out is needed where none can be sent"),
                );
            }
            (Err(Halt::Undefined(why)), _) => self.undefined(state, at, why),
        }
        Ok(())
    }

    fn rule(&mut self, state: &mut State, at: At<'_>) -> Result<(), Halt> {
        self.tried += 1;
        if self.tried > POLICIES_TRIED {
            self.outcome.explanation.fault = Some(format!("{POLICIES_TRIED} policies were tried"));
            self.walk.end();
            self.to_come.clear();
            return Ok(());
        }
        let hit = match (&at.binding.policy, at.rule) {
            (None, _) => true,
            (Some(name), None) => return Err(Halt::because(format!("{name} has no rule"))),
            (Some(_), Some(Err(unreadable))) => return Err(Halt::Undefined(unreadable.clone())),
            (Some(_), Some(Ok(rule))) => match self.worth(state, rule)? {
                Value::Bool(hit) => hit,
                other => return Err(Halt::because(format!("the rule is {}, not bool", other.kind()))),
            },
        };
        if !hit {
            // Most policies of most requests end here, and nobody asks about them.
            if self.explains || !self.deeds.is_empty() {
                self.explain(at, Ruling::False, Moved::Next);
            }
            self.walk.pass();
            return Ok(());
        }
        if let Some(name) = &at.binding.policy {
            state.count(name).hits += 1;
        }
        self.stage = Stage::Log;
        Ok(())
    }

    fn worth(&mut self, state: &mut State, rule: &Expression) -> Result<Value, Halt> {
        if !self.explains {
            return self.step(state, |scene| scene.worth(rule));
        }
        let mut explained = None;
        let value = self.step(state, |scene| {
            let (value, explanation) = scene.explained(rule);
            explained = Some(Explained { text: rule.text.clone(), explanation });
            value
        });
        self.explained = explained;
        value
    }

    /// A message that has no text is not logged, and the policy goes on (ours).
    fn log(&mut self, state: &mut State, at: At<'_>) -> Result<(), Halt> {
        let policies = self.policies.clone();
        if let Some((policy, name)) = at.policy.and_then(|policy| Some((policy, policy.log_action.as_ref()?)))
        {
            let told = match policies.conf.message_actions.get(name) {
                None => Err(format!("no message action {name} was added")),
                Some(action) => match self.step(state, |scene| scene.text(&action.text)) {
                    Ok(text) => Message::told(action, &policy.name, text, &policies.conf),
                    Err(Halt::Undefined(why)) => Err(why.to_string()),
                    Err(Halt::Pending) => return Err(Halt::Pending),
                },
            };
            self.deeds.push(match told {
                Ok(message) => {
                    self.outcome.messages.push(message.clone());
                    Deed::Logged(message)
                }
                Err(why) => Deed::NotLogged { action: name.clone(), why },
            });
        }
        self.stage = Stage::Act;
        Ok(())
    }

    fn act(&mut self, state: &mut State, at: At<'_>) -> Result<(), Halt> {
        let Some(policy) = at.policy else {
            self.stage = Stage::Goto;
            return Ok(());
        };
        let done = self.step(state, |scene| action::perform(scene, policy))?;
        self.deeds.extend(done.deeds);
        self.deferred.extend(done.deferred);
        if done.allowed {
            self.authorized = Some(true);
        }
        if done.end_session.is_some() {
            self.outcome.end_session = done.end_session;
        }
        match done.verdict {
            Some(verdict) => {
                self.explain(at, Ruling::True, Moved::Finished);
                self.finish(verdict);
            }
            None => self.stage = Stage::Goto,
        }
        Ok(())
    }

    fn go(&mut self, state: &mut State, policies: &Policies, at: At<'_>) -> Result<(), Halt> {
        let moved = match &at.binding.invoke {
            Some(invoke) => self.walk.enter(policies.invoked(at.bank, invoke)).map_err(Halt::because)?,
            None => {
                let target = self.target(state, at, None)?;
                self.follow(policies, target)?
            }
        };
        self.explain(at, Ruling::True, moved);
        Ok(())
    }

    fn follow(&mut self, policies: &Policies, target: Target) -> Result<Moved, Halt> {
        self.walk.follow(policies, target).map_err(Halt::because)
    }

    /// The goto of a policy; `ended` says how the label it invoked came to its end.
    fn target(&mut self, state: &mut State, at: At<'_>, ended: Option<bool>) -> Result<Target, Halt> {
        match &at.binding.goto {
            Goto::End => Ok(Target::End),
            Goto::Next => Ok(Target::Next),
            // Without a label there is no result: as if nothing were said.
            Goto::UseInvocationResult if ended.unwrap_or(true) => Ok(Target::End),
            Goto::UseInvocationResult => Ok(Target::Next),
            Goto::Expression(written) => match self.step(state, |scene| scene.value(written))? {
                Value::Num(number) => Ok(Target::Priority(number)),
                other => Err(Halt::because(format!("the goto is {}, not a number", other.kind()))),
            },
        }
    }

    /// The undefAction of the policy, else of its feature. An end without an answer ends the feature's banks, or
    /// leads to the next policy (switch `undef-noop`).
    fn undefined(&mut self, state: &mut State, at: At<'_>, why: Undefinedness) {
        if let Some(name) = &at.binding.policy {
            state.count(name).undefined += 1;
        }
        let policies = self.policies.clone();
        let usual = match at.bank.feature {
            Feature::Responder => policies.conf.responder_undef_action,
            _ => UndefAction::Noop,
        };
        let denies = at.bank.feature == Feature::Authorization
            && policies.switches.authorization_undef == AuthorizationUndef::Deny;
        let (word, verdict) = match at.policy.and_then(|policy| policy.undef_action).unwrap_or(usual) {
            UndefAction::Noop if denies => ("DENY", Some(Verdict::denied())),
            UndefAction::Noop => ("NOOP", None),
            UndefAction::Reset => ("RESET", Some(Verdict::Reset)),
            UndefAction::Drop => ("DROP", Some(Verdict::Drop)),
        };
        self.deeds.push(Deed::Undef(word));
        let next = policies.switches.undef_noop == UndefNoop::Next;
        let moved = match verdict {
            Some(_) => Moved::Finished,
            None if next => Moved::Next,
            None => Moved::End,
        };
        let after_hit = self.stage != Stage::Rule;
        self.explain(at, Ruling::Undefined(Undefinedness { after_hit, ..why }), moved);
        match verdict {
            Some(verdict) => self.finish(verdict),
            None if next => self.walk.pass(),
            None => self.walk.break_off(),
        }
    }

    fn finish(&mut self, verdict: Verdict) {
        self.outcome.verdict = verdict;
        self.walk.end();
        self.to_come.clear();
        self.authorized = None;
    }

    /// The policy is done with: what was seen of it, and the next one begins anew.
    fn explain(&mut self, at: At<'_>, result: Ruling, moved: Moved) {
        self.outcome.explanation.tried.push(Tried {
            feature: at.bank.feature,
            point: at.bank.point.clone(),
            policy: at.binding.policy.clone(),
            priority: at.binding.priority,
            result,
            rule: self.explained.take(),
            deeds: std::mem::take(&mut self.deeds),
            moved,
        });
        self.stage = Stage::Rule;
    }

    /// Makes the assignments that waited for the end of a bank.
    fn settle(&mut self, state: &mut State) {
        for deferred in std::mem::take(&mut self.deferred) {
            let policy = deferred.policy.clone();
            let settled = self.step(state, |scene| deferred.settle(scene).map_err(Halt::because));
            if settled.is_err() {
                state.count(&policy).undefined += 1;
            }
        }
    }

    /// One step: its call-outs are answered or it waits; then they are forgotten.
    fn step<T>(
        &mut self,
        state: &mut State,
        work: impl FnOnce(&mut Scene<'_>) -> Result<T, Halt>,
    ) -> Result<T, Halt> {
        self.turn.rewind();
        let mut scene = Scene {
            policies: &self.policies,
            state,
            facts: &mut self.facts,
            transaction: &mut self.transaction,
            turn: &mut self.turn,
            sent: self.sent,
            answers: &self.answers,
            now: self.now,
            deeds: &mut self.deeds,
            shared: &mut self.shared,
            depth: 0,
        };
        let done = work(&mut scene);
        if !matches!(done, Err(Halt::Pending)) && !self.turn.is_empty() {
            self.turn = Turn::default();
        }
        done
    }
}
