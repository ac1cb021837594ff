//! Policies of every feature: a rule, what happens if it is TRUE, what if it is undefined.
//!
//! Specification: command reference, `responder-policy` and its siblings.

use crate::conf::place::{Place, Written};

/// Which part of the appliance a policy belongs to. A binding names only the policy; the feature follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// `responder policy`.
    Responder,
    /// `tm trafficPolicy`, `vpn trafficPolicy`.
    Traffic,
    /// `rewrite policy`.
    Rewrite,
    /// `cs policy`.
    ContentSwitching,
    /// `authorization policy`.
    Authorization,
    /// `authentication Policy` and the classic ones of each server type.
    Authentication,
    /// `vpn sessionPolicy`, `tm sessionPolicy`.
    Session,
    /// `audit syslogPolicy`, `audit nslogPolicy`.
    Audit,
    /// `appfw`, `bot`, `transform`, `cmp`, `cache`, `ssl`, `appflow` …: kept, never evaluated.
    Other,
}

impl Feature {
    /// Whether its policies run here; those of the others are read and checked.
    #[must_use]
    pub fn is_acted_on(self) -> bool {
        matches!(self, Self::Responder | Self::Authorization | Self::Traffic)
    }
}

/// `add … policy`.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its feature.
    pub feature: Feature,
    /// The rule; `None` in content switching by URL or domain, which only classic files have.
    pub rule: Option<Written>,
    /// What happens if the rule is TRUE.
    pub action: Action,
    /// What happens if the rule or the action is undefined; `None` for the feature's default.
    pub undef_action: Option<UndefAction>,
    /// `-logAction`: the message action that runs when the rule is TRUE.
    pub log_action: Option<String>,
    /// Where it was added.
    pub at: Place,
}

/// What a policy does, its name resolved once the whole file was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing: for logging, or to end a bank. Also `NOREWRITE`.
    Noop,
    /// The connection is reset.
    Reset,
    /// The request gets no answer.
    Drop,
    /// Authorization: may pass.
    Allow,
    /// Authorization: may not pass.
    Deny,
    /// A responder action.
    Respond(String),
    /// An assignment.
    Assign(String),
    /// A traffic action.
    Traffic(String),
    /// A virtual server that content switching picks.
    Switch(SwitchTarget),
    /// Known to another feature and kept by its name; not evaluated.
    Kept(String),
    /// Nothing has this name; a diagnostic says so. Evaluates as undefined.
    Missing(String),
}

impl Action {
    /// The name in the file; empty for what is built in.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Respond(name)
            | Self::Assign(name)
            | Self::Traffic(name)
            | Self::Kept(name)
            | Self::Missing(name)
            | Self::Switch(SwitchTarget::Vserver(name)) => name,
            _ => "",
        }
    }
}

/// Where content switching sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwitchTarget {
    /// `-targetLBVserver`, `-targetVserver`.
    Vserver(String),
    /// `-targetVserverExpr`.
    Expression(Written),
}

/// What happens when a policy is undefined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UndefAction {
    /// The request goes on.
    #[default]
    Noop,
    /// The connection is reset.
    Reset,
    /// The request gets no answer.
    Drop,
}
