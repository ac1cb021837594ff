//! Audit messages of `-logAction`: what is told, and when it is withheld. Reference: appexpert section 10.

use std::fmt;

use super::response::shown;
use crate::conf::object::Configuration;
use crate::conf::object::audit::{Level, MessageAction};
use crate::limits::MESSAGE_BYTES;

/// A message for the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How loud it is.
    pub level: Level,
    /// The policy that was hit.
    pub policy: String,
    /// What it says, cut to [`MESSAGE_BYTES`].
    pub text: Vec<u8>,
    /// It also goes to the binary log.
    pub newnslog: bool,
}

impl Message {
    /// The message of an action, or why no log takes it: neither the local one nor a syslog action that is bound.
    pub(super) fn told(
        action: &MessageAction,
        policy: &str,
        mut text: Vec<u8>,
        conf: &Configuration,
    ) -> Result<Self, String> {
        if !conf.logs().any(|log| log.user_defined) {
            return Err("userDefinedAuditlog is not YES".to_owned());
        }
        if !conf.keeps_messages(action.level) {
            return Err(format!("the log takes no {}", word(action.level)));
        }
        text.truncate(MESSAGE_BYTES);
        Ok(Self { level: action.level, policy: policy.to_owned(), text, newnslog: action.newnslog })
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} \"{}\"", word(self.level), shown(&self.text))
    }
}

/// The level as configurations write it.
fn word(level: Level) -> &'static str {
    match level {
        Level::Emergency => "EMERGENCY",
        Level::Alert => "ALERT",
        Level::Critical => "CRITICAL",
        Level::Error => "ERROR",
        Level::Warning => "WARNING",
        Level::Notice => "NOTICE",
        Level::Informational => "INFORMATIONAL",
        Level::Debug => "DEBUG",
    }
}
