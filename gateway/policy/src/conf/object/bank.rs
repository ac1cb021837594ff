//! Which policies are bound where, in what order, and where evaluation goes on.
//!
//! Specification: command reference, `lb-vserver`, `cs-vserver`, `vpn-vserver`, `responder-global`,
//! `responder-policylabel` (`bind`).

use crate::conf::place::{Place, Written};

use super::policy::Feature;
use super::vserver::VserverKind;

/// One bank: policies of one feature at one point, for one direction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BankId {
    /// Where it is bound.
    pub point: Point,
    /// Whose policies.
    pub feature: Feature,
    /// `-type`.
    pub when: When,
}

/// Where policies are bound.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Point {
    /// `bind … global -type …_OVERRIDE`: before every virtual server.
    GlobalOverride,
    /// `bind … global`: after every virtual server.
    GlobalDefault,
    /// A virtual server.
    Vserver(VserverKind, String),
    /// A policy label of the bank's feature.
    Label(String),
    /// `bind aaa user`.
    User(String),
    /// `bind aaa group`.
    Group(String),
}

/// When a bank runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum When {
    /// On requests.
    #[default]
    Request,
    /// On responses.
    Response,
    /// On requests that belong to a log-in, `/cgi/login` and such.
    AaaRequest,
    /// On responses to those.
    AaaResponse,
    /// On ICA, other TCP, UDP, DNS and other traffic: kept, never evaluated.
    Other,
}

/// `bind`: one policy in a bank.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// Its name; `None` for `NOPOLICY`, which only invokes.
    pub policy: Option<String>,
    /// Lower runs first.
    pub priority: u32,
    /// Where evaluation goes on when the rule is TRUE.
    pub goto: Goto,
    /// The bank evaluated when the rule is TRUE, before the goto is followed.
    pub invoke: Option<Invoke>,
    /// `-targetLBVserver`, in content switching only.
    pub target: Option<String>,
    /// `-nextFactor`, in authentication only.
    pub next_factor: Option<String>,
    /// Where it was bound.
    pub at: Place,
}

/// Where evaluation goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Goto {
    /// Nowhere.
    #[default]
    End,
    /// At the next higher priority.
    Next,
    /// As the invoked bank ended.
    UseInvocationResult,
    /// At a priority, or where a numeric expression says.
    Expression(Written),
}

/// `-invoke`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invoke {
    /// A policy label of the same feature.
    Label(String),
    /// The bank of a virtual server, for requests or responses as the invoking one.
    Vserver(String),
}
