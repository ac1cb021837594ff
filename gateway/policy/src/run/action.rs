//! What a policy does once its rule is TRUE: assignments, responder and traffic actions, ALLOW and DENY. Reference: appexpert
//! sections 2.2, 2.3, 2.8 and 9.

use std::time::Duration;

use super::outcome::{Deed, EndSession, Verdict};
use super::page::Part;
use super::response::{Response, Warning};
use super::scene::{Halt, Scene};
use super::variables::Change;
use crate::conf::object::policy::{Action, Policy};
use crate::conf::object::responder::{ResponderAction, ResponderKind};
use crate::conf::object::traffic::TrafficAction;
use crate::conf::object::variable::{Assignment, Operation};
use crate::limits::PAGE_EXPRESSIONS;
use crate::switches::{AssignmentTiming, InitiateLogout, RedirectReason};
use crate::value::Value;

/// What an action came to.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) verdict: Option<Verdict>,
    pub(super) end_session: Option<EndSession>,
    /// Authorization lets the request pass.
    pub(super) allowed: bool,
    pub(super) deeds: Vec<Deed>,
    /// With the switch `assignment-timing` at `end-of-bank`.
    pub(super) deferred: Option<Deferred>,
}

/// An assignment whose values are known and that is not yet made.
#[derive(Debug)]
pub(super) struct Deferred {
    /// The policy whose action it is.
    pub(super) policy: String,
    variable: String,
    key: Option<Vec<u8>>,
    change: Change,
}

/// Does what the policy's action says. Nothing is done unless all of its expressions have values.
pub(super) fn perform(scene: &mut Scene<'_>, policy: &Policy) -> Result<Done, Halt> {
    let conf = &scene.policies.conf;
    match &policy.action {
        Action::Noop => Ok(Done::default()),
        Action::Reset => Ok(answered("RESET", Verdict::Reset, Vec::new())),
        Action::Drop => Ok(answered("DROP", Verdict::Drop, Vec::new())),
        Action::Respond(name) => {
            let action = conf.responder_actions.get(name).ok_or_else(|| missing(name))?;
            respond(scene, action)
        }
        Action::Assign(name) => {
            let assignment = conf.assignments.get(name).ok_or_else(|| missing(name))?;
            assign(scene, &policy.name, assignment)
        }
        Action::Traffic(name) => {
            let action = conf.traffic_actions.get(name).ok_or_else(|| missing(name))?;
            Ok(traffic(scene, &policy.name, action))
        }
        Action::Missing(name) => Err(missing(name)),
        Action::Allow => Ok(Done { allowed: true, deeds: vec![Deed::Allowed], ..Done::default() }),
        Action::Deny => Ok(answered("DENY", Verdict::denied(), Vec::new())),
        Action::Switch(_) | Action::Kept(_) => {
            let what = "an action of another feature".to_owned();
            Ok(Done { deeds: vec![Deed::NotEvaluated { what }], ..Done::default() })
        }
    }
}

impl Deferred {
    /// Makes the assignment.
    pub(super) fn settle(self, scene: &mut Scene<'_>) -> Result<(), String> {
        let (policies, now) = (scene.policies, scene.now);
        let variable = policies.variable(&self.variable)?;
        let range = policies.switches.ulong_range;
        let notes =
            scene.variables(variable).write(variable, self.key.as_deref(), self.change, now, range)?;
        scene.note(variable, notes);
        Ok(())
    }
}

fn missing(name: &str) -> Halt {
    Halt::because(format!("no action {name} was added"))
}

fn answered(action: &str, verdict: Verdict, warnings: Vec<Warning>) -> Done {
    let deeds = vec![Deed::Answered { action: action.to_owned(), warnings }];
    Done { verdict: Some(verdict), deeds, ..Done::default() }
}

/// The key is evaluated before the value, as documented.
fn assign(scene: &mut Scene<'_>, policy: &str, assignment: &Assignment) -> Result<Done, Halt> {
    let key = assignment.key.as_ref().map(|key| scene.text(key)).transpose()?;
    let (operation, change) = match &assignment.operation {
        Operation::Set(value) => ("set", Change::Set(scene.value(value)?)),
        Operation::Add(value) => ("add", Change::Add(scene.value(value)?)),
        Operation::Sub(value) => ("sub", Change::Sub(scene.value(value)?)),
        Operation::Append(value) => ("append", Change::Append(scene.value(value)?)),
        Operation::Clear => ("clear", Change::Clear),
    };
    let value: Option<Value> = change.value().cloned();
    let variable = assignment.variable.clone();
    let deferred =
        Deferred { policy: policy.to_owned(), variable: variable.clone(), key: key.clone(), change };
    let deeds = vec![Deed::Assigned { variable, key, operation, value }];
    match scene.policies.switches.assignment_timing {
        AssignmentTiming::Immediate => {
            deferred.settle(scene).map_err(Halt::because)?;
            Ok(Done { deeds, ..Done::default() })
        }
        AssignmentTiming::EndOfBank => Ok(Done { deeds, deferred: Some(deferred), ..Done::default() }),
    }
}

fn respond(scene: &mut Scene<'_>, action: &ResponderAction) -> Result<Done, Halt> {
    let reason = |scene: &mut Scene<'_>, usual: &str| match &action.reason {
        Some(reason) => scene.text(reason),
        None => Ok(usual.as_bytes().to_vec()),
    };
    let (response, redirects) = match &action.kind {
        ResponderKind::Noop => return Ok(Done::default()),
        ResponderKind::Sql(_) => return Err(Halt::because("database responses are not evaluated")),
        ResponderKind::RespondWith(text) => {
            let text = scene.text(text)?;
            (Response::read(&text), false)
        }
        ResponderKind::Page(name) => {
            let body = page(scene, name)?;
            let mut fields = vec![(b"Content-Type".to_vec(), b"text/html".to_vec())];
            fields.extend(named(scene, action)?);
            let reason = reason(scene, "OK")?;
            (Response::assemble(action.status.unwrap_or(200), &reason, &fields, &body), false)
        }
        ResponderKind::Redirect(target) => {
            let mut fields = vec![(b"Location".to_vec(), scene.text(target)?)];
            fields.extend(named(scene, action)?);
            let usual = match scene.policies.switches.redirect_reason {
                RedirectReason::ObjectMoved => "Object Moved",
                RedirectReason::MovedTemporarily => "Moved Temporarily",
                RedirectReason::Found => "Found",
            };
            let reason = reason(scene, usual)?;
            (Response::assemble(action.status.unwrap_or(302), &reason, &fields, b""), true)
        }
    };
    let (response, warnings) = response.map_err(Halt::because)?;
    let verdict = if redirects { Verdict::Redirect(response) } else { Verdict::Respond(response) };
    Ok(answered(&action.name, verdict, warnings))
}

/// The headers an action adds.
fn named(
    scene: &mut Scene<'_>,
    action: &ResponderAction,
) -> Result<impl Iterator<Item = (Vec<u8>, Vec<u8>)>, Halt> {
    let named = scene.headers(&action.headers)?;
    Ok(named.into_iter().map(|(name, value)| (name.into_bytes(), value)))
}

fn page(scene: &mut Scene<'_>, name: &str) -> Result<Vec<u8>, Halt> {
    let page = scene.policies.page(name);
    let page = page.ok_or_else(|| Halt::because(format!("the page {name} was not given")))?;
    if page.expressions().count() > PAGE_EXPRESSIONS {
        return Err(Halt::because(format!("the page {name} has more than {PAGE_EXPRESSIONS} expressions")));
    }
    let mut body = Vec::new();
    for part in &page.parts {
        match part {
            Part::Literal(bytes) => body.extend_from_slice(bytes),
            Part::Expression(text) => body.extend_from_slice(&scene.text_of(text)?),
        }
    }
    Ok(body)
}

fn traffic(scene: &Scene<'_>, policy: &str, action: &TrafficAction) -> Done {
    let mut done = Done::default();
    if action.initiate_logout && scene.facts.session.is_some() {
        let after = match scene.policies.switches.initiate_logout {
            InitiateLogout::AfterRequest => Duration::ZERO,
            InitiateLogout::TwoMinutes => Duration::from_secs(120),
        };
        done.end_session = Some(EndSession { policy: policy.to_owned(), after });
        done.deeds.push(Deed::SessionEnds { action: action.name.clone() });
    }
    let kept = [
        ("-appTimeout", action.app_timeout_minutes.is_some()),
        ("-SSO ON", action.single_sign_on == Some(true)),
        ("-persistentCookie ON", action.persistent_cookie == Some(true)),
        ("-forcedTimeout", action.forced_timeout_minutes.is_some()),
    ];
    let kept = kept.into_iter().filter(|(_, given)| *given);
    done.deeds
        .extend(kept.map(|(what, _)| Deed::NotEvaluated { what: format!("{what} of {}", action.name) }));
    done
}
