//! What expressions reach while one policy of one request is evaluated: the seam [`Environment`], over the
//! configuration, its state and what the call-outs answered so far.
//!
//! Nothing here may happen twice when an expression is evaluated again because a call-out was answered: answers
//! and counted limits are remembered in the [`Turn`], in the order they were asked. Reads of variables are simply
//! repeated; a second one finds what the first one made.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::callout::{Parts, Request};
use super::outcome::{Deed, Undefinedness};
use super::policies::Policies;
use super::state::State;
use super::variables::{Note, Variables};
use crate::conf::object::callout::{Callout, CalloutRequest, ReturnType};
use crate::conf::object::responder::Header;
use crate::conf::object::variable::{Scope, Variable};
use crate::conf::place::Written;
use crate::environment::{Environment, Stop, Table};
use crate::expr::{self, Expression};
use crate::facts::{Facts, Message};
use crate::limits::{CALLOUT_DEPTH, CALLOUTS_PER_REQUEST};
use crate::span::Span;
use crate::switches::ValueExists;
use crate::value::{Undefined, Value};

/// One step of a policy, from its first evaluation until every call-out it needs is answered.
#[derive(Debug, Default)]
pub(super) struct Turn {
    answers: BTreeMap<String, Memory<Result<Message, String>>>,
    limits: BTreeMap<String, Memory<bool>>,
    /// The request that has to be sent.
    pub(super) waiting: Option<Request>,
}

/// What was answered under one name, in order.
#[derive(Debug)]
struct Memory<T> {
    known: Vec<T>,
    next: usize,
}

impl<T: Clone> Memory<T> {
    fn recall(&mut self) -> Option<T> {
        let known = self.known.get(self.next)?.clone();
        self.next += 1;
        Some(known)
    }

    /// Remembers what was asked and used just now.
    fn used(&mut self, value: T) {
        self.known.push(value);
        self.next = self.known.len();
    }
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { known: Vec::new(), next: 0 }
    }
}

impl Turn {
    /// Before the same step is evaluated again: what is known is given again from the first on.
    pub(super) fn rewind(&mut self) {
        self.answers.values_mut().for_each(|memory| memory.next = 0);
        self.limits.values_mut().for_each(|memory| memory.next = 0);
    }

    /// Whether nothing was asked.
    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.limits.is_empty() && self.waiting.is_none()
    }

    /// The call-out that was waited for has this answer.
    pub(super) fn answered(&mut self, callout: &str, answer: Result<Message, String>) {
        self.answers.entry(callout.to_ascii_lowercase()).or_default().known.push(answer);
    }

    /// An answer of before serves again.
    fn recalled(&mut self, callout: &str, answer: Result<Message, String>) {
        self.answers.entry(callout.to_ascii_lowercase()).or_default().used(answer);
    }

    fn recall(&mut self, callout: &str) -> Option<Result<Message, String>> {
        self.answers.entry(callout.to_ascii_lowercase()).or_default().recall()
    }
}

/// Answers of one request's call-outs, by call-out in lower case and what was sent.
pub(super) type Answered = BTreeMap<(String, Vec<u8>), Result<Message, String>>;

/// See the module.
pub(super) struct Scene<'a> {
    pub(super) policies: &'a Policies,
    pub(super) state: &'a mut State,
    pub(super) facts: &'a mut Facts,
    pub(super) transaction: &'a mut Variables,
    pub(super) turn: &'a mut Turn,
    /// Call-outs this request has sent.
    pub(super) sent: usize,
    /// What was answered before; see the switch `callout-again`.
    pub(super) answers: &'a Answered,
    /// In milliseconds.
    pub(super) now: i64,
    pub(super) deeds: &'a mut Vec<Deed>,
    /// What parts of expressions are worth that depend on the request alone, by their numbers.
    pub(super) shared: &'a mut [Option<Arc<Value>>],
    /// Call-outs whose expressions are being evaluated.
    pub(super) depth: usize,
}

/// Why a step came to nothing.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Halt {
    Undefined(Undefinedness),
    /// [`Turn::waiting`] holds what must be sent first.
    Pending,
}

impl Halt {
    /// Undefined without an expression to blame.
    pub(super) fn because(cause: impl Into<String>) -> Self {
        Self::Undefined(Undefinedness::because(cause))
    }

    /// Why an expression came to nothing.
    fn at(text: &str, stop: Stop) -> Self {
        match stop {
            Stop::Pending { .. } => Self::Pending,
            Stop::Undefined(Undefined { span, cause }) => {
                Self::Undefined(Undefinedness { text: text.to_owned(), span, cause, after_hit: false })
            }
        }
    }
}

impl Scene<'_> {
    /// The value of an expression of the configuration.
    pub(super) fn value(&mut self, written: &Written) -> Result<Value, Halt> {
        self.value_of(&written.text)
    }

    /// The value of an expression by its text.
    pub(super) fn value_of(&mut self, text: &str) -> Result<Value, Halt> {
        let expression = self.policies.expression(text).map_err(Halt::Undefined)?;
        self.worth(&expression)
    }

    /// The value of an expression.
    pub(super) fn worth(&mut self, expression: &Expression) -> Result<Value, Halt> {
        let switches = self.policies.switches;
        expr::evaluate(expression, self, &switches).map_err(|stop| Halt::at(&expression.text, stop))
    }

    /// The same, and every part of it that was looked at.
    pub(super) fn explained(&mut self, expression: &Expression) -> (Result<Value, Halt>, expr::Explanation) {
        let switches = self.policies.switches;
        let explanation = expr::explain(expression, self, &switches);
        let value = explanation.outcome.clone().map_err(|stop| Halt::at(&expression.text, stop));
        (value, explanation)
    }

    /// The same as text.
    pub(super) fn text(&mut self, written: &Written) -> Result<Vec<u8>, Halt> {
        self.text_of(&written.text)
    }

    /// The value of an expression as text, by the expression's own.
    pub(super) fn text_of(&mut self, text: &str) -> Result<Vec<u8>, Halt> {
        let value = self.value_of(text)?;
        match value.to_text() {
            Some(printed) => Ok(printed.bytes),
            None => Err(Halt::Undefined(Undefinedness {
                text: text.to_owned(),
                span: Span::new(0, text.len()),
                cause: format!("{} has no form as text", value.kind()),
                after_hit: false,
            })),
        }
    }

    /// `name(expression)` pairs with their values.
    pub(super) fn headers(&mut self, headers: &[Header]) -> Result<Vec<(String, Vec<u8>)>, Halt> {
        headers.iter().map(|header| Ok((header.name.clone(), self.text(&header.value)?))).collect()
    }

    /// Where a variable's values are kept, by its scope.
    pub(super) fn variables(&mut self, variable: &Variable) -> &mut Variables {
        match variable.scope {
            Scope::Global => &mut self.state.variables,
            Scope::Transaction => self.transaction,
        }
    }

    /// Explains what a read or write had for a side; once, however often the step is evaluated.
    pub(super) fn note(&mut self, variable: &Variable, notes: Vec<Note>) {
        for note in notes {
            let deed = Deed::Noted { variable: variable.name.clone(), note };
            if !self.deeds.contains(&deed) {
                self.deeds.push(deed);
            }
        }
    }

    /// Builds the request of a call-out and asks for its answer, unless one of before may be used again.
    fn ask(&mut self, callout: &Callout) -> Result<Message, Halt> {
        let Some(server) = callout.server.clone() else {
            return Err(Halt::because(format!("call-out {} names no server", callout.name)));
        };
        let bytes = self.request(callout)?;
        if callout.cache_seconds.is_some()
            && let Some(message) = self.state.answers.get(&callout.name, &bytes, self.now)
        {
            let message = message.clone();
            self.turn.recalled(&callout.name, Ok(message.clone()));
            return Ok(message);
        }
        if let Some(answer) = self.answers.get(&(callout.name.to_ascii_lowercase(), bytes.clone())) {
            let answer = answer.clone();
            self.turn.recalled(&callout.name, answer.clone());
            return answer.map_err(|why| Halt::because(format!("call-out {}: {why}", callout.name)));
        }
        if self.sent >= CALLOUTS_PER_REQUEST {
            return Err(Halt::because(format!(
                "{CALLOUTS_PER_REQUEST} call-outs were sent for this request"
            )));
        }
        let request = Request { callout: callout.name.clone(), server, tls: callout.tls, bytes };
        self.turn.waiting = Some(request);
        Err(Halt::Pending)
    }

    fn request(&mut self, callout: &Callout) -> Result<Vec<u8>, Halt> {
        match &callout.request {
            CalloutRequest::Full(text) => self.text(text),
            CalloutRequest::Parts { post, host, stem, headers, parameters, body } => {
                let mut text = |part: &Option<Written>| part.as_ref().map(|part| self.text(part)).transpose();
                let (host, stem, body) = (text(host)?, text(stem)?, text(body)?);
                let (headers, parameters) = (self.headers(headers)?, self.headers(parameters)?);
                Ok(Parts { post: *post, host, stem, headers, parameters, body }.request(callout))
            }
        }
    }

    /// What the result expression makes of an answer, with the request it was sent for still in sight.
    fn result(&mut self, callout: &Callout, answer: Message) -> Result<Value, Halt> {
        let (Some(result), Some(returns)) = (&callout.result, callout.returns) else {
            return Err(Halt::because(format!("call-out {} has no result expression", callout.name)));
        };
        let before = self.facts.response.replace(answer);
        let value = self.value(result);
        self.facts.response = before;
        let value = value?;
        let fits = match returns {
            ReturnType::Bool => matches!(value, Value::Bool(_)),
            ReturnType::Num => matches!(value, Value::Num(_) | Value::Ulong(_)),
            ReturnType::Text => matches!(value, Value::Text(_)),
        };
        let kind = value.kind();
        fits.then_some(value).ok_or_else(|| {
            Halt::because(format!("call-out {} returns {returns:?}, its result is {kind}", callout.name))
        })
    }

    fn call(&mut self, callout: &Callout) -> Result<Value, Halt> {
        let answer = match self.turn.recall(&callout.name) {
            Some(answer) => {
                answer.map_err(|why| Halt::because(format!("call-out {}: {why}", callout.name)))?
            }
            None => self.ask(callout)?,
        };
        self.result(callout, answer)
    }
}

impl Environment for Scene<'_> {
    fn facts(&self) -> &Facts {
        self.facts
    }

    fn variable(&mut self, name: &str, key: Option<&[u8]>) -> Result<Value, String> {
        let (policies, now) = (self.policies, self.now);
        let variable = policies.variable(name)?;
        let (value, notes) = self.variables(variable).read(variable, key, now)?;
        self.note(variable, notes);
        Ok(value)
    }

    fn value_exists(&mut self, name: &str, key: &[u8]) -> Result<bool, String> {
        let (policies, now) = (self.policies, self.now);
        let variable = policies.variable(name)?;
        let uses = policies.switches.value_exists == ValueExists::Uses;
        let (exists, notes) = self.variables(variable).exists(variable, key, now, uses)?;
        self.note(variable, notes);
        Ok(exists)
    }

    fn named(&self, name: &str) -> Option<Arc<Expression>> {
        self.policies.named(name)
    }

    fn shared(&self, part: usize) -> Option<Arc<Value>> {
        self.shared.get(part)?.clone()
    }

    fn share(&mut self, part: usize, value: Arc<Value>) {
        if let Some(place) = self.shared.get_mut(part) {
            *place = Some(value);
        }
    }

    fn table(&self, name: &str) -> Option<&Table> {
        self.policies.conf.tables.get(name).map(|tabled| &tabled.table)
    }

    fn callout(&mut self, name: &str) -> Result<Value, Stop> {
        let policies = self.policies;
        let undefined = |cause: String| Stop::Undefined(Undefined { span: Span::default(), cause });
        let callout = policies.conf.callouts.get(name);
        let callout = callout.ok_or_else(|| undefined(format!("no call-out {name} was added")))?;
        if self.depth >= CALLOUT_DEPTH {
            return Err(undefined(format!("call-out {} needs its own answer", callout.name)));
        }
        self.depth += 1;
        let value = self.call(callout);
        self.depth -= 1;
        value.map_err(|halt| match halt {
            Halt::Pending => Stop::Pending { callout: callout.name.clone() },
            Halt::Undefined(inner) => undefined(inner.to_string()),
        })
    }

    fn check_limit(&mut self, name: &str) -> Result<bool, String> {
        if let Some(over) = self.turn.limits.entry(name.to_ascii_lowercase()).or_default().recall() {
            return Ok(over);
        }
        let policies = self.policies;
        let limit = policies.conf.limit_identifiers.get(name);
        let limit = limit.ok_or_else(|| format!("no limit identifier {name} was added"))?;
        let mut selected = Vec::new();
        for part in &limit.selector {
            selected.push(self.text(part).map_err(|halt| match halt {
                Halt::Undefined(inner) => inner.to_string(),
                Halt::Pending => "a call-out can't select what is counted".to_owned(),
            })?);
        }
        let over = self.state.rates.check(limit, selected, self.now)?;
        self.turn.limits.entry(name.to_ascii_lowercase()).or_default().used(over);
        Ok(over)
    }
}
