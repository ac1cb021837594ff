//! Messages and the logs that keep them.

use crate::conf::load::fields::Fields;
use crate::conf::object::audit::{Level, MessageAction, SyslogParams};

const LEVELS: [(&str, Level); 8] = [
    ("EMERGENCY", Level::Emergency),
    ("ALERT", Level::Alert),
    ("CRITICAL", Level::Critical),
    ("ERROR", Level::Error),
    ("WARNING", Level::Warning),
    ("NOTICE", Level::Notice),
    ("INFORMATIONAL", Level::Informational),
    ("DEBUG", Level::Debug),
];

pub(super) fn message_action(fields: &mut Fields<'_>) -> Option<MessageAction> {
    fields.required("logLevel")?;
    Some(MessageAction {
        name: fields.name(),
        level: fields.choice("logLevel", &LEVELS)?,
        text: fields.required("stringBuilderExpr")?.written.clone(),
        newnslog: fields.switch("logtoNewnslog").unwrap_or(false),
        bypass_safety_check: fields.switch("bypassSafetyCheck").unwrap_or(false),
        at: fields.at(),
    })
}

pub(super) fn syslog(fields: &mut Fields<'_>) -> SyslogParams {
    let mut made = SyslogParams::default();
    made.user_defined = fields.switch("userDefinedAuditlog").unwrap_or(made.user_defined);
    let facilities: Vec<_> = (0..8_u8).map(|number| (format!("LOCAL{number}"), number)).collect();
    let facilities: Vec<_> = facilities.iter().map(|(word, number)| (word.as_str(), *number)).collect();
    made.facility = fields.choice("logFacility", &facilities).unwrap_or(made.facility);
    let levels = fields.record.values("logLevel");
    if !levels.is_empty() {
        made.levels.clear();
    }
    for level in levels {
        match level.text().to_ascii_uppercase().as_str() {
            "ALL" => made.levels.extend(Level::ALL),
            "NONE" => made.levels.clear(),
            _ => made.levels.extend(fields.chosen(level, "logLevel", &LEVELS)),
        }
    }
    made
}
