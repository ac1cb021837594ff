//! What the policies made of a request, and how they came to it.

use std::fmt;
use std::time::Duration;

use super::message::Message;
use super::response::{Response, Warning, shown};
use super::variables::Note;
use crate::conf::object::bank::Point;
use crate::conf::object::policy::Feature;
use crate::expr;
use crate::span::Span;
use crate::value::Value;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on as if there were no policies.
    Forward,
    /// It is answered with this.
    Respond(Response),
    /// It is answered with a redirect.
    Redirect(Response),
    /// Its connection is reset.
    Reset,
    /// It gets no answer.
    Drop,
}

impl Verdict {
    /// What becomes of a request that is not authorized. The page is ours: the vendor's is not public.
    pub(super) fn denied() -> Self {
        let text = b"Access to this resource is denied.\n";
        Self::Respond(Response {
            status: 403,
            reason: b"Forbidden".to_vec(),
            headers: vec![(b"Content-Type".to_vec(), b"text/plain".to_vec())],
            body: text.to_vec(),
        })
    }

    /// One word for it, in explanations, events and tests.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Forward => "forwarded",
            Self::Respond(_) => "responded",
            Self::Redirect(_) => "redirected",
            Self::Reset => "reset",
            Self::Drop => "dropped",
        }
    }
}

/// The order to end the session of a request that is forwarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndSession {
    /// The policy that gave it.
    pub policy: String,
    /// How long after the request.
    pub after: Duration,
}

/// Everything that follows from one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What becomes of it.
    pub verdict: Verdict,
    /// Whether its session ends.
    pub end_session: Option<EndSession>,
    /// What the audit log is told, in order.
    pub messages: Vec<Message>,
    /// How it came to this.
    pub explanation: Explanation,
}

/// The policies that were looked at, in that order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// One for each look at a binding; unless the evaluation explains, without those that were FALSE and did nothing.
    pub tried: Vec<Tried>,
    /// Why evaluation stopped before its end, if it did.
    pub fault: Option<String>,
}

/// One look at a binding.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// Whose bank.
    pub feature: Feature,
    /// Where it is bound.
    pub point: Point,
    /// The policy; `None` for `NOPOLICY`.
    pub policy: Option<String>,
    /// Its priority there.
    pub priority: u32,
    /// What its rule is worth.
    pub result: Ruling,
    /// How the rule came to that, if the evaluation explains.
    pub rule: Option<Explained>,
    /// What was done about it, in order.
    pub deeds: Vec<Deed>,
    /// Where evaluation went from there.
    pub moved: Moved,
}

/// A rule and every part of it that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The rule.
    pub text: String,
    /// What its parts are worth.
    pub explanation: expr::Explanation,
}

/// What a rule is worth.
#[derive(Clone, Debug, PartialEq)]
pub enum Ruling {
    /// A hit.
    True,
    /// The next policy is looked at.
    False,
    /// The rule, or what had to be done because it is TRUE, has no value.
    Undefined(Undefinedness),
}

/// What has no value, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undefinedness {
    /// The whole expression; empty when the reason is none.
    pub text: String,
    /// The part of it that became undefined first.
    pub span: Span,
    /// Why, in a sentence's words.
    pub cause: String,
    /// The rule itself was TRUE.
    pub after_hit: bool,
}

impl Undefinedness {
    /// Undefined without an expression to blame.
    pub(super) fn because(cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), ..Self::default() }
    }
}

/// Where evaluation goes from a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// To the next priority.
    Next,
    /// To this priority.
    To(u32),
    /// Nowhere: the feature's banks are done.
    End,
    /// Back from a label that ended, or into the one that is invoked.
    Label,
    /// The request is answered.
    Finished,
}

/// Something a policy did, or that was done because of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// A variable was written. `value` is what the expression gave; `None` for `-clear`.
    Assigned {
        /// Without `$`.
        variable: String,
        /// Of a map.
        key: Option<Vec<u8>>,
        /// `set`, `add`, `sub`, `append`, `clear`.
        operation: &'static str,
        /// See above.
        value: Option<Value>,
    },
    /// A read or write had a side.
    Noted {
        /// Without `$`.
        variable: String,
        /// Which.
        note: Note,
    },
    /// A call-out was answered or failed.
    Called {
        /// Its name.
        callout: String,
        /// The status of the answer, or why there is none.
        answer: Result<u16, String>,
    },
    /// The audit log was told.
    Logged(Message),
    /// It was not, and why.
    NotLogged {
        /// The message action.
        action: String,
        /// Why.
        why: String,
    },
    /// An action answered, with what is doubtful about the answer.
    Answered {
        /// The action, or `RESET` or `DROP`.
        action: String,
        /// Doubts.
        warnings: Vec<Warning>,
    },
    /// Authorization lets the request pass.
    Allowed,
    /// The session ends.
    SessionEnds {
        /// The traffic action.
        action: String,
    },
    /// Something the action says has no counterpart here.
    NotEvaluated {
        /// What.
        what: String,
    },
    /// The undefined policy did this instead.
    Undef(&'static str),
}

impl Outcome {
    /// Nothing follows from it.
    pub(super) fn forward() -> Self {
        Self {
            verdict: Verdict::Forward,
            end_session: None,
            messages: Vec::new(),
            explanation: Explanation::default(),
        }
    }
}

impl Explanation {
    /// The looks at a policy of this name.
    pub fn of<'a>(&'a self, policy: &'a str) -> impl Iterator<Item = &'a Tried> {
        self.tried.iter().filter(move |tried| tried.policy.as_deref() == Some(policy))
    }
}

/// One line a policy, in the order they were tried, under a line for each bank.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bank = None;
        for tried in &self.tried {
            if bank != Some((tried.feature, &tried.point)) {
                bank = Some((tried.feature, &tried.point));
                writeln!(f, "{}", tried.bank())?;
            }
            writeln!(f, "{tried}")?;
        }
        match &self.fault {
            Some(fault) => writeln!(f, "stopped: {fault}"),
            None => Ok(()),
        }
    }
}

impl Tried {
    /// The bank: `responder at virtual server "web"`.
    #[must_use]
    pub fn bank(&self) -> String {
        format!("{} at {}", feature(self.feature), point(&self.point))
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policy = self.policy.as_deref().unwrap_or("NOPOLICY");
        write!(f, "{:>7} {policy}: {}", self.priority, self.result)?;
        if !matches!(self.result, Ruling::False) {
            write!(f, ", {}", self.moved)?;
        }
        for deed in &self.deeds {
            write!(f, "\n          {deed}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::True => f.write_str("TRUE"),
            Self::False => f.write_str("FALSE"),
            Self::Undefined(undefined) => write!(f, "UNDEF, {undefined}"),
        }
    }
}

impl fmt::Display for Undefinedness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.after_hit {
            f.write_str("the rule is TRUE, but ")?;
        }
        let part = self.text.get(self.span.start..self.span.end).unwrap_or_default();
        match part {
            "" => f.write_str(&self.cause),
            part => write!(f, "`{part}`: {}", self.cause),
        }
    }
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Next => f.write_str("NEXT"),
            Self::To(priority) => write!(f, "to {priority}"),
            Self::End => f.write_str("END"),
            Self::Label => f.write_str("invokes"),
            Self::Finished => f.write_str("the request is answered"),
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assigned { variable, key, operation, value } => {
                write!(f, "{operation} ${variable}")?;
                if let Some(key) = key {
                    write!(f, "[\"{}\"]", shown(key))?;
                }
                value.as_ref().map_or(Ok(()), |value| write!(f, " {value}"))
            }
            Self::Noted { variable, note } => write!(f, "${variable}: {note}"),
            Self::Called { callout, answer: Ok(status) } => write!(f, "call-out {callout}: status {status}"),
            Self::Called { callout, answer: Err(why) } => write!(f, "call-out {callout} failed: {why}"),
            Self::Logged(message) => write!(f, "{message}"),
            Self::NotLogged { action, why } => write!(f, "message {action} is not logged: {why}"),
            Self::Answered { action, warnings } => {
                write!(f, "action {action}")?;
                warnings.iter().try_for_each(|warning| write!(f, "\n          doubtful: {warning}"))
            }
            Self::Allowed => f.write_str("ALLOW"),
            Self::SessionEnds { action } => write!(f, "action {action}: the session ends"),
            Self::NotEvaluated { what } => write!(f, "not evaluated: {what}"),
            Self::Undef(action) => write!(f, "undefAction {action}"),
        }
    }
}

fn feature(feature: Feature) -> &'static str {
    match feature {
        Feature::Responder => "responder",
        Feature::Traffic => "traffic management",
        Feature::Rewrite => "rewrite",
        Feature::ContentSwitching => "content switching",
        Feature::Authorization => "authorization",
        Feature::Authentication => "authentication",
        Feature::Session => "session",
        Feature::Audit => "audit",
        Feature::Other => "other",
    }
}

fn point(point: &Point) -> String {
    match point {
        Point::GlobalOverride => "global, override".to_owned(),
        Point::GlobalDefault => "global, default".to_owned(),
        Point::Vserver(_, name) => format!("virtual server \"{name}\""),
        Point::Label(name) => format!("label {name}"),
        Point::User(name) => format!("user {name}"),
        Point::Group(name) => format!("group {name}"),
    }
}
