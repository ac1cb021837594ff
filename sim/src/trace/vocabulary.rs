//! The names that a scenario may use for what happens: kinds of events, their fields, reasons.
//!
//! Each component lists its own kinds; this is their sum. Fields have no lists of their own: [`FIELDS`] is
//! held to the components by a test of every scenario ([`stranger`]). `client` is no field of any event: it
//! stands for the name of the host at the other end.

use gateway::reason::Reason;
use gateway_mocks::{anakam, broker, ica_host, ldap, radius, receiver, sta, storefront, syslog};
use gateway_proto::{broker as broker_proto, sta as sta_proto};
use gateway_rt::Field;

use super::Trace;
use crate::scenario::Vocabulary;

/// Kinds of events that the simulator itself tells.
const OWN_KINDS: &[&str] = &["fault", "step", "note"];

/// Names of all fields of all events.
pub const FIELDS: &[&str] = &[
    "address",
    "after",
    "agent",
    "answered",
    "app",
    "apps",
    "at",
    "attempt",
    "attempts",
    "authorization",
    "backend",
    "bare",
    "base",
    "by",
    "bytes",
    "call-out",
    "cause",
    "changed",
    "class",
    "client",
    "closed",
    "code",
    "conditions",
    "cookies",
    "count",
    "devices",
    "dn",
    "down",
    "error",
    "event",
    "facility",
    "factor",
    "filter",
    "gateway",
    "groups",
    "host",
    "how",
    "id",
    "key",
    "landing",
    "line",
    "location",
    "locked",
    "mark",
    "method",
    "names",
    "operation",
    "outcome",
    "owner",
    "path",
    "policy",
    "prompt",
    "protocol",
    "reason",
    "refreshable",
    "reply",
    "request",
    "resent",
    "result",
    "round",
    "scope",
    "seconds",
    "server",
    "session",
    "sessions",
    "severity",
    "sta",
    "state",
    "status",
    "target",
    "text",
    "ticket",
    "tickets",
    "to",
    "up",
    "user",
    "variable",
    "verdict",
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
        receiver::RECONNECT_KINDS,
        storefront::KINDS,
        broker::KINDS,
        sta::KINDS,
        radius::KINDS,
        ldap::KINDS,
        anakam::KINDS,
        syslog::KINDS,
        ica_host::KINDS,
        OWN_KINDS,
    ];
    told.concat()
}

/// Reason codes of everybody who refuses something: the gateway's, and those that a StoreFront, its broker and
/// its STA know.
pub fn reasons() -> Vec<&'static str> {
    let broker = broker_proto::ErrorId::ALL.map(broker_proto::ErrorId::as_str);
    let sta = sta_proto::ErrorId::ALL.map(sta_proto::ErrorId::as_str);
    [Reason::CODES, storefront::REASONS, receiver::REASONS, &broker, &sta].concat()
}

/// All names, collected once.
pub struct Names {
    kinds: Vec<&'static str>,
    reasons: Vec<&'static str>,
}

impl Names {
    /// Collects them.
    pub fn collect() -> Self {
        Self { kinds: kinds(), reasons: reasons() }
    }

    /// What scenarios are checked against.
    pub fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary {
            event_kinds: &self.kinds,
            audit_events: gateway::audit::KINDS,
            event_fields: FIELDS,
            reasons: &self.reasons,
        }
    }
}

/// The first kind, field or reason of a trace that the vocabulary does not have: a scenario could not name it.
pub fn stranger(trace: &Trace) -> Option<String> {
    let (kinds, reasons) = (kinds(), reasons());
    trace.events.iter().find_map(|event| {
        let told = event.what.tell();
        if !kinds.contains(&told.kind) {
            return Some(told.kind.to_owned());
        }
        let strange = |(name, field): &&(&str, Field)| match field {
            Field::Text(code) if *name == "reason" => !reasons.contains(&code.as_str()),
            _ => !FIELDS.contains(name),
        };
        let field = told.fields.iter().find(strange)?;
        Some(format!("{}: {}", told.kind, field.0))
    })
}
