//! What the audit log says about state that outlives the process.

use gateway_rt::{Line, Told};

use super::{Mark, Severity};

/// What happened to the state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named after what they hold; the variants say what happened")]
pub enum StateEvent {
    /// What another life of this gateway kept is there again. `locked` are accounts.
    Opened { sessions: Vec<Mark>, locked: Vec<String>, devices: usize, tickets: usize },
    /// The file can't be trusted, was moved away, and an empty one begins.
    Damaged { aside: String, why: String },
    /// Changes can't be kept: nobody new is let in.
    Failed { why: String },
    /// Changes are kept again.
    Recovered,
}

impl StateEvent {
    /// The stable names.
    pub(super) const KINDS: [&str; 4] = ["state.opened", "state.damaged", "state.failed", "state.recovered"];

    pub(super) const fn kind(&self) -> &'static str {
        let [opened, damaged, failed, recovered] = Self::KINDS;
        match self {
            Self::Opened { .. } => opened,
            Self::Damaged { .. } => damaged,
            Self::Failed { .. } => failed,
            Self::Recovered => recovered,
        }
    }

    pub(super) fn line(&self) -> Line {
        match self {
            Self::Opened { sessions, locked, devices, tickets } => Line::new(format!(
                "goes on with {} sessions, {} locked accounts, {devices} known devices and {tickets} spent tickets",
                sessions.len(),
                locked.len()
            )),
            Self::Damaged { aside, why } => {
                Line::new(format!("can't trust its state, which is in {aside} now, and begins anew: {why}"))
            }
            Self::Failed { why } => Line::new(format!("can't keep its state and lets nobody new in: {why}")),
            Self::Recovered => Line::new("keeps its state again"),
        }
    }

    pub(super) fn with_fields(&self, told: Told) -> Told {
        match self {
            Self::Opened { sessions, locked, devices, tickets } => told
                .with("sessions", sessions.len() as u64)
                .with("locked", locked.len() as u64)
                .with("devices", *devices as u64)
                .with("tickets", *tickets as u64),
            Self::Damaged { why, .. } | Self::Failed { why } => {
                told.with("why", why.as_str()).with("severity", Severity::Alert.as_str())
            }
            Self::Recovered => told,
        }
    }
}
