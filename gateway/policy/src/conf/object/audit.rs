//! `audit messageaction` and `audit syslogParams`. Specification: command reference, `audit-messageaction`,
//! `audit-syslogParams`.

use std::collections::BTreeSet;

use crate::conf::place::{Place, Written};

/// `add audit messageaction`.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageAction {
    /// Its name.
    pub name: String,
    /// Its level.
    pub level: Level,
    /// The message.
    pub text: Written,
    /// `-logtoNewnslog YES`: also to the binary log.
    pub newnslog: bool,
    /// `-bypassSafetyCheck YES`.
    pub bypass_safety_check: bool,
    /// Where it was added.
    pub at: Place,
}

/// The level of a message, as its number in RFC 5424 §6.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The system is unusable.
    Emergency,
    /// Act at once.
    Alert,
    /// Critical conditions.
    Critical,
    /// Error conditions.
    Error,
    /// Warning conditions.
    Warning,
    /// Normal but significant.
    Notice,
    /// For information.
    Informational,
    /// For debugging.
    Debug,
}

impl Level {
    /// All levels, the worst first.
    pub const ALL: [Self; 8] = [
        Self::Emergency,
        Self::Alert,
        Self::Critical,
        Self::Error,
        Self::Warning,
        Self::Notice,
        Self::Informational,
        Self::Debug,
    ];
}

/// Which messages are kept: the local log's rule, `set audit syslogParams`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogParams {
    /// `-userDefinedAuditlog YES`, here or on a bound syslog action: without it no message action says anything.
    pub user_defined: bool,
    /// `-logLevel`; all but DEBUG unless configured.
    pub levels: BTreeSet<Level>,
    /// `-logFacility LOCALn`.
    pub facility: u8,
}

impl Default for SyslogParams {
    fn default() -> Self {
        let levels = Level::ALL.into_iter().filter(|level| *level != Level::Debug).collect();
        Self { user_defined: false, levels, facility: 0 }
    }
}
