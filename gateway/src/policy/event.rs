//! What policies did, as the audit log is told: names, results and reasons; of values only keys of maps and what a
//! message action writes out itself.

use std::net::SocketAddr;

use gateway_policy::conf::object::audit::Level;
use gateway_policy::facts::Message;
use gateway_policy::run::{Deed, Outcome, Request, Ruling, Tried, Verdict};
use gateway_rt::{Field, Line};

use crate::audit::{Mark, MarkLine, Severity};

/// Something a policy did, and in whose request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyEvent {
    /// Who sent the request.
    pub peer: SocketAddr,
    /// Whose session it came with.
    pub user: Option<String>,
    /// That session.
    pub session: Option<Mark>,
    /// What was done.
    pub did: Did,
}

/// What a policy did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named after what they hold; the variants say what happened")]
pub enum Did {
    /// Its rule is TRUE.
    Hit { policy: String },
    /// Its rule, or what followed from it, has no value.
    Undefined { policy: String, why: String },
    /// It wrote a variable.
    Assigned { policy: String, variable: String, key: Option<String>, operation: &'static str },
    /// A read or a write of a variable had a side: a key was cut, an entry pushed out.
    Noted { policy: String, variable: String, why: String },
    /// A call-out was answered with this status, or was not.
    Called { callout: String, server: String, answer: Result<u16, String> },
    /// Its message action was run.
    Logged { policy: String, severity: Severity, text: String },
    /// Its message action says something that the log does not take.
    NotLogged { policy: String, why: String },
    /// It answered the request, or had it reset or dropped.
    Answered { policy: String, verdict: &'static str, status: Option<u16> },
    /// It says something that means nothing here.
    NotEvaluated { policy: String, what: String },
    /// The policies were not tried to their end.
    Stopped { why: String },
}

/// Whose request it is: makes the events of one evaluation.
pub(crate) struct Told {
    pub(crate) peer: SocketAddr,
    pub(crate) user: Option<String>,
    pub(crate) session: Option<Mark>,
}

impl Told {
    /// A call-out that was just made.
    pub(super) fn called(&self, request: &Request, answer: &Result<Message, String>) -> PolicyEvent {
        let status = |message: &Message| {
            let line = String::from_utf8_lossy(&message.start_line).into_owned();
            line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
        };
        let answer = answer.as_ref().map(status).map_err(Clone::clone);
        let server = match &request.server {
            gateway_policy::conf::object::callout::CalloutServer::Address { address, port } => {
                format!("{address}:{port}")
            }
            gateway_policy::conf::object::callout::CalloutServer::Vserver(name) => name.clone(),
        };
        self.did(Did::Called { callout: request.callout.clone(), server, answer })
    }

    /// Everything else, once it is over.
    pub(super) fn outcome(&self, outcome: &Outcome) -> Vec<PolicyEvent> {
        let mut all = Vec::new();
        for tried in &outcome.explanation.tried {
            self.tried(tried, &outcome.verdict, &mut all);
        }
        let fault = outcome.explanation.fault.clone();
        all.extend(fault.map(|why| self.did(Did::Stopped { why })));
        all
    }

    fn tried(&self, tried: &Tried, verdict: &Verdict, all: &mut Vec<PolicyEvent>) {
        let policy = || tried.policy.clone().unwrap_or_else(|| "NOPOLICY".to_owned());
        let after_hit = match &tried.result {
            Ruling::False => false,
            Ruling::True => tried.policy.is_some(),
            Ruling::Undefined(undefined) => undefined.after_hit,
        };
        if after_hit {
            all.push(self.did(Did::Hit { policy: policy() }));
        }
        if let Ruling::Undefined(undefined) = &tried.result {
            all.push(self.did(Did::Undefined { policy: policy(), why: undefined.to_string() }));
        }
        all.extend(
            tried.deeds.iter().filter_map(|deed| did(deed, policy(), verdict)).map(|did| self.did(did)),
        );
    }

    fn did(&self, did: Did) -> PolicyEvent {
        PolicyEvent { peer: self.peer, user: self.user.clone(), session: self.session, did }
    }
}

/// Call-outs were told when they were made.
fn did(deed: &Deed, policy: String, verdict: &Verdict) -> Option<Did> {
    let readable = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    Some(match deed {
        Deed::Called { .. } => return None,
        Deed::Assigned { variable, key, operation, .. } => {
            Did::Assigned { policy, variable: variable.clone(), key: key.as_ref().map(readable), operation }
        }
        Deed::Noted { variable, note } => {
            Did::Noted { policy, variable: variable.clone(), why: note.to_string() }
        }
        Deed::Logged(message) => Did::Logged {
            policy,
            severity: severity(message.level),
            text: String::from_utf8_lossy(&message.text).into_owned(),
        },
        Deed::NotLogged { why, .. } => Did::NotLogged { policy, why: why.clone() },
        Deed::Answered { .. } => {
            let status = match verdict {
                Verdict::Respond(response) | Verdict::Redirect(response) => Some(response.status),
                Verdict::Forward | Verdict::Reset | Verdict::Drop => None,
            };
            Did::Answered { policy, verdict: verdict.word(), status }
        }
        Deed::NotEvaluated { what } => Did::NotEvaluated { policy, what: what.clone() },
        // The end of the session and an undefAction that answers have events of their own.
        Deed::SessionEnds { .. } | Deed::Allowed => return None,
        Deed::Undef("NOOP") => return None,
        Deed::Undef(_) => Did::Answered { policy, verdict: verdict.word(), status: None },
    })
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Emergency => Severity::Emergency,
        Level::Alert => Severity::Alert,
        Level::Critical => Severity::Critical,
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Notice => Severity::Notice,
        Level::Informational => Severity::Informational,
        Level::Debug => Severity::Debug,
    }
}

impl PolicyEvent {
    /// The event's stable name.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.did {
            Did::Hit { .. } => "policy.hit",
            Did::Undefined { .. } => "policy.undefined",
            Did::Assigned { .. } => "policy.assigned",
            Did::Noted { .. } => "policy.noted",
            Did::Called { .. } => "policy.called",
            Did::Logged { .. } => "policy.logged",
            Did::NotLogged { .. } => "policy.not-logged",
            Did::Answered { .. } => "policy.answered",
            Did::NotEvaluated { .. } => "policy.not-evaluated",
            Did::Stopped { .. } => "policy.stopped",
        }
    }

    /// How it reads.
    pub(crate) fn line(&self) -> Line {
        match &self.did {
            Did::Hit { policy } => Line::new(format!("policy {policy} is hit")),
            Did::Undefined { policy, why } => Line::new(format!("policy {policy} is undefined: {why}")),
            Did::Assigned { policy, variable, key, operation } => {
                let key = key.as_ref().map(|key| format!("[\"{key}\"]")).unwrap_or_default();
                Line::new(format!("policy {policy}: {operation} ${variable}{key}"))
            }
            Did::Noted { policy, variable, why } => Line::new(format!("policy {policy}: ${variable}: {why}")),
            Did::Called { callout, server, answer: Ok(status) } => {
                Line::new(format!("call-out {callout} to {server}: status {status}"))
            }
            Did::Called { callout, server, answer: Err(why) } => {
                Line::new(format!("call-out {callout} to {server} fails: {why}"))
            }
            Did::Logged { policy, severity, text } => {
                let line = Line::new(format!("policy {policy} says ({}): \"", severity.as_str()));
                self.named(line, text).text("\"")
            }
            Did::NotLogged { policy, why } => Line::new(format!("policy {policy} says nothing: {why}")),
            Did::Answered { policy, verdict, status } => {
                let status = status.map(|status| format!(" with {status}")).unwrap_or_default();
                Line::new(format!("policy {policy}: {verdict}{status}"))
            }
            Did::NotEvaluated { policy, what } => {
                Line::new(format!("policy {policy}: {what} means nothing here"))
            }
            Did::Stopped { why } => Line::new(format!("policies are stopped: {why}")),
        }
    }

    /// The text of a message, its own session by its name.
    fn named(&self, mut line: Line, text: &str) -> Line {
        let Some(mark) = self.session else { return line.text(text) };
        let shown = mark.to_string();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(&shown) {
            line = line.text(before).mark("session", mark);
            rest = after;
        }
        line.text(rest)
    }

    /// Its data.
    pub(crate) fn fields(&self) -> Vec<(&'static str, Field)> {
        let text = |name: &'static str, value: &str| (name, Field::from(value));
        match &self.did {
            Did::Hit { policy } => vec![text("policy", policy)],
            Did::Undefined { policy, why } | Did::NotLogged { policy, why } => {
                vec![text("policy", policy), text("why", why)]
            }
            Did::Assigned { policy, variable, key, operation } => vec![
                text("policy", policy),
                text("variable", variable),
                text("key", key.as_deref().unwrap_or_default()),
                text("operation", operation),
            ],
            Did::Noted { policy, variable, why } => {
                vec![text("policy", policy), text("variable", variable), text("why", why)]
            }
            Did::Called { callout, server, answer } => {
                let came = match answer {
                    Ok(status) => ("status", Field::from(u64::from(*status))),
                    Err(why) => text("why", why),
                };
                vec![text("call-out", callout), text("server", server), came]
            }
            Did::Logged { policy, severity, text: _ } => {
                vec![text("policy", policy), text("severity", severity.as_str())]
            }
            Did::Answered { policy, verdict, status } => {
                let mut fields = vec![text("policy", policy), text("verdict", verdict)];
                fields.extend(status.map(|status| ("status", Field::from(u64::from(status)))));
                fields
            }
            Did::NotEvaluated { policy, what } => vec![text("policy", policy), text("what", what)],
            Did::Stopped { why } => vec![text("why", why)],
        }
    }
}
