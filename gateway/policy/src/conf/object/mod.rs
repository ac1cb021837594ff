//! The objects of a configuration, typed, as `add`, `set`, `bind`, `unset` and `rm` left them at the file's end.
//!
//! Specification: the vendor's command reference (12.0) with later parameters from its Terraform provider.

pub mod audit;
pub mod bank;
pub mod callout;
pub mod data;
pub mod policy;
pub mod responder;
pub mod traffic;
pub mod variable;
pub mod vserver;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::place::Place;
use audit::{Level, MessageAction, SyslogParams};
use bank::{BankId, Binding};
use callout::Callout;
use data::{Kept, LimitIdentifier, NamedExpression, NamedTable};
use policy::{Feature, Policy, UndefAction};
use responder::ResponderAction;
use traffic::TrafficAction;
use variable::{Assignment, Variable};
use vserver::{Vserver, VserverKind};

/// Objects whose names occur in expressions and therefore are not case-sensitive.
#[derive(Clone, Debug, PartialEq)]
pub struct Names<T>(IndexMap<String, T>);

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<T> Names<T> {
    /// The object of that name, in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.get(&name.to_ascii_lowercase())
    }

    /// The object of that name, in any case, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.0.get_mut(&name.to_ascii_lowercase())
    }

    /// Takes an object in; one of the same name is replaced.
    pub fn insert(&mut self, name: &str, object: T) {
        self.0.insert(name.to_ascii_lowercase(), object);
    }

    /// All of them, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.values()
    }
}

/// Everything a file, or several, configured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// The first line's `NS13.1 Build 37.38`, if there is one.
    pub release: Option<String>,
    /// `enable ns feature`, in upper case; `None` when no line enables or disables anything, as in an excerpt.
    pub features: Option<BTreeSet<String>>,
    /// `add ns variable`.
    pub variables: Names<Variable>,
    /// `add ns assignment`.
    pub assignments: IndexMap<String, Assignment>,
    /// `add policy expression`.
    pub expressions: Names<NamedExpression>,
    /// `add policy patset`, `dataset`, `stringmap`: what is bound, in order.
    pub tables: Names<NamedTable>,
    /// `add policy httpCallout`.
    pub callouts: Names<Callout>,
    /// `add responder action`.
    pub responder_actions: IndexMap<String, ResponderAction>,
    /// `add … policy` of every feature, by feature and name; see [`Configuration::policy`].
    pub policies: IndexMap<(Feature, String), Policy>,
    /// `add … policylabel`, by feature and name.
    pub labels: IndexMap<(Feature, String), Place>,
    /// What is bound where, each bank by rising priority.
    pub banks: IndexMap<BankId, Vec<Binding>>,
    /// `add lb|cs|vpn|authentication vserver`, by kind and name.
    pub vservers: IndexMap<(VserverKind, String), Vserver>,
    /// `add audit messageaction`.
    pub message_actions: IndexMap<String, MessageAction>,
    /// `set audit syslogParams`: the local log.
    pub syslog: SyslogParams,
    /// `add audit syslogAction` that a bound policy uses: other logs.
    pub syslog_actions: IndexMap<String, SyslogParams>,
    /// `add tm trafficAction`, `add vpn trafficAction`.
    pub traffic_actions: IndexMap<String, TrafficAction>,
    /// `add ns limitIdentifier`, with its selector resolved.
    pub limit_identifiers: Names<LimitIdentifier>,
    /// `set responder param -undefAction`.
    pub responder_undef_action: UndefAction,
    /// `set policy param -timeout`, in milliseconds.
    pub policy_timeout_ms: Option<u32>,
    /// Objects that are read and never evaluated, for the expressions in them.
    pub kept: Vec<Kept>,
    /// HTML pages by the name they were imported under; the caller's, for they are not in a saved file.
    pub pages: BTreeMap<String, Vec<u8>>,
}

impl Configuration {
    /// The policy of a feature by its name.
    #[must_use]
    pub fn policy(&self, feature: Feature, name: &str) -> Option<&Policy> {
        self.policies.get(&(feature, name.to_owned()))
    }

    /// Whether any log keeps custom messages of a level.
    #[must_use]
    pub fn keeps_messages(&self, level: Level) -> bool {
        self.logs().any(|log| log.user_defined && log.levels.contains(&level))
    }

    /// The local log, and those that a bound policy uses.
    pub fn logs(&self) -> impl Iterator<Item = &SyslogParams> {
        std::iter::once(&self.syslog).chain(self.syslog_actions.values())
    }

    /// What is bound at a bank, by rising priority.
    #[must_use]
    pub fn bank(&self, id: &BankId) -> &[Binding] {
        self.banks.get(id).map(Vec::as_slice).unwrap_or_default()
    }
}
