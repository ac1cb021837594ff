//! The names that a scenario may use for what happens: kinds of events, their fields, reasons.
//!
//! Each component lists its own kinds; this is their sum. Fields have no lists of their own: [`FIELDS`] is
//! held to the components by a test of every scenario ([`stranger`]). `client` is no field of any event: it
//! stands for the name of the host at the other end.

use gateway::reason::Reason;
use gateway_mocks::{broker, ica_host, radius, receiver, sta, storefront};

use super::Trace;
use crate::scenario::Vocabulary;

/// Kinds of events that the simulator itself tells.
const OWN_KINDS: &[&str] = &["fault", "step", "note"];

/// Names of all fields of all events.
pub const FIELDS: &[&str] = &[
    "address",
    "answered",
    "app",
    "apps",
    "at",
    "attempt",
    "backend",
    "bare",
    "by",
    "bytes",
    "cause",
    "client",
    "closed",
    "conditions",
    "count",
    "down",
    "error",
    "factor",
    "gateway",
    "host",
    "how",
    "id",
    "landing",
    "line",
    "location",
    "method",
    "names",
    "outcome",
    "path",
    "prompt",
    "protocol",
    "reason",
    "refreshable",
    "reply",
    "request",
    "result",
    "round",
    "server",
    "session",
    "sta",
    "state",
    "status",
    "target",
    "text",
    "ticket",
    "up",
    "user",
    "version",
    "via",
    "vpn-error",
    "what",
    "why",
    "CGPAddress",
    "ICAAddress",
    "SSLRelayAddress",
];

/// Kinds of all events.
pub fn kinds() -> Vec<&'static str> {
    let told = [
        gateway::audit::KINDS,
        receiver::KINDS,
        storefront::KINDS,
        broker::KINDS,
        sta::KINDS,
        radius::KINDS,
        ica_host::KINDS,
        OWN_KINDS,
    ];
    told.concat()
}

/// What scenarios are checked against. `kinds` is what [`kinds`] gave.
pub fn vocabulary<'a>(kinds: &'a [&'a str]) -> Vocabulary<'a> {
    Vocabulary {
        event_kinds: kinds,
        audit_events: gateway::audit::KINDS,
        event_fields: FIELDS,
        reasons: Reason::CODES,
    }
}

/// The first kind or field of a trace that the vocabulary does not have: a scenario could not name it.
pub fn stranger(trace: &Trace) -> Option<String> {
    let kinds = kinds();
    trace.events.iter().find_map(|event| {
        let told = event.what.tell();
        if !kinds.contains(&told.kind) {
            return Some(told.kind.to_owned());
        }
        let field = told.fields.iter().find(|(name, _)| !FIELDS.contains(name))?;
        Some(format!("{}: {}", told.kind, field.0))
    })
}
