//! An audit event as a syslog message (RFC 5424), for the log file and the collector alike.
//!
//! Control characters left peer text when it entered its [`Told`] line; fields are cleaned here (SR-141). Session ids
//! and tickets are there as fingerprints only.

use std::time::SystemTime;

use gateway_proto::syslog::{Element, Message};
use gateway_rt::time::rfc3339;
use gateway_rt::{Field, Told};

use super::Severity;
use crate::limits::AUDIT_FIELD_CHARS_MAX;

/// RFC 5424 section 6.2.1: security messages.
const FACILITY: u8 = 10;
/// 32473 is the enterprise number that RFC 5612 keeps for whoever has none.
const DATA: &str = "audit@32473";

/// The message. `sequence` counts everything that was told, so that a reader sees what is missing; `process` may be
/// empty.
pub fn message(told: &Told, at: SystemTime, sequence: u64, host: &str, process: &str) -> Message {
    let mut params = vec![("seq".to_owned(), sequence.to_string())];
    params.extend(told.peer.map(|peer| ("peer".to_owned(), peer.to_string())));
    params.extend(told.fields.iter().map(|(name, field)| ((*name).to_owned(), shown(field))));
    Message {
        facility: FACILITY,
        severity: severity(told).number(),
        timestamp: rfc3339(at),
        host: host.to_owned(),
        app: "gateway".to_owned(),
        process: process.to_owned(),
        id: told.kind.to_owned(),
        data: vec![Element { id: DATA.to_owned(), params }],
        text: told.line.to_string(),
    }
}

/// As the event says; a refusal is a warning, everything else is informational.
pub fn severity(told: &Told) -> Severity {
    let field = |wanted| told.fields.iter().find(|(name, _)| *name == wanted).map(|(_, field)| field);
    let said = field("severity").map(shown);
    let said = Severity::ALL.into_iter().find(|severity| said.as_deref() == Some(severity.as_str()));
    let usual = if field("reason").is_some() { Severity::Warning } else { Severity::Informational };
    said.unwrap_or(usual)
}

/// A field as a log shows it.
pub fn shown(field: &Field) -> String {
    match field {
        Field::Text(text) => clean(text),
        Field::Number(number) => number.to_string(),
        Field::Opaque(_, print) => print.to_string(),
    }
}

fn clean(text: &str) -> String {
    let kept = text.chars().take(AUDIT_FIELD_CHARS_MAX);
    let mut out: String = kept.map(|c| if c.is_control() { '␦' } else { c }).collect();
    if text.chars().nth(AUDIT_FIELD_CHARS_MAX).is_some() {
        out.push('…');
    }
    out
}
