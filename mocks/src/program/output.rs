//! What the program prints: a line for everything a mock or the Receiver sees, as text or JSON.
//!
//! Opaque values (tickets, session ids) show as their kind and fingerprint in both, so nothing printed lets
//! anybody in. A standard output that nobody reads any more does not end a mock.
//!
//! Specification: ours.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use gateway_mocks::journal::Journal;
use gateway_rt::time::since_epoch;
use gateway_rt::{Field, Rt, Tell, Told, Way};
use serde_json::{Map, Value, json};

use super::Format;
use super::limits::JOURNAL_LINES_KEPT;

/// One line of results.
pub(super) fn print(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}

/// One line for the person in front of the terminal.
pub(super) fn tell(line: &str) {
    drop(writeln!(std::io::stderr(), "mocks: {line}"));
}

/// Where lines go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    /// To standard output: they are the result.
    Results,
    /// To standard error: they accompany one.
    Diagnostics,
}

/// The lines of one mock: printed when they happen, and the latest kept for the control port.
pub(super) struct Lines {
    rt: Rt,
    mock: &'static str,
    format: Format,
    to: To,
    kept: Mutex<VecDeque<String>>,
}

impl Lines {
    /// No lines so far.
    pub(super) fn new(rt: &Rt, mock: &'static str, format: Format, to: To) -> Arc<Self> {
        Arc::new(Self { rt: rt.clone(), mock, format, to, kept: Mutex::default() })
    }

    /// A journal of which every entry becomes a line.
    pub(super) fn journal<E: Tell + Clone>(self: &Arc<Self>) -> Journal<E> {
        let lines = self.clone();
        Journal::tapped(Arc::new(move |seen: &E| lines.line(&seen.tell())))
    }

    /// The latest lines as JSON, one after the other.
    pub(super) fn kept(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    fn line(&self, told: &Told) {
        let now_ms = u64::try_from(since_epoch(self.rt.clock.as_ref()).as_millis()).unwrap_or(u64::MAX);
        let json = as_json(self.mock, now_ms, told).to_string();
        let line = match self.format {
            Format::Text => &as_text(self.mock, now_ms, told),
            Format::Json => &json,
        };
        match self.to {
            To::Results => print(line),
            To::Diagnostics => drop(writeln!(std::io::stderr(), "{line}")),
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= JOURNAL_LINES_KEPT {
            kept.pop_front();
        }
        kept.push_back(json);
    }
}

fn as_text(mock: &str, now_ms: u64, told: &Told) -> String {
    let (ms, seconds) = (now_ms % 1_000, now_ms / 1_000);
    let (second, minute, hour) = (seconds % 60, seconds / 60 % 60, seconds / 3_600 % 24);
    let way = match told.way {
        Way::Received => '←',
        Way::Sent => '→',
        Way::Here => '·',
    };
    let peer = told.peer.map(|peer| format!("{peer}  ")).unwrap_or_default();
    format!("{hour:02}:{minute:02}:{second:02}.{ms:03}Z  {mock:<10}  {way} {peer}{}", told.line)
}

fn as_json(mock: &str, now_ms: u64, told: &Told) -> Value {
    let fields: Map<String, Value> =
        told.fields.iter().map(|(name, field)| ((*name).to_owned(), value(field))).collect();
    let way = match told.way {
        Way::Received => "received",
        Way::Sent => "sent",
        Way::Here => "here",
    };
    json!({
        "unix_ms": now_ms,
        "mock": mock,
        "way": way,
        "peer": told.peer.map(|peer| peer.to_string()),
        "kind": told.kind,
        "text": told.line.to_string(),
        "fields": fields,
    })
}

fn value(field: &Field) -> Value {
    match field {
        Field::Text(text) => text.as_str().into(),
        Field::Number(number) => (*number).into(),
        Field::Opaque(kind, print) => format!("‹{kind} {print}›").into(),
    }
}

#[cfg(test)]
mod tests {
    use gateway_rt::Line;

    use super::*;

    #[test]
    fn a_line_reads_the_same_in_both_forms_and_shows_no_secret() {
        let line = Line::new("issued ").opaque("ticket", "TOPSECRET");
        let told = Told::sent("sta.issued", "127.0.0.1:5000".parse().unwrap(), line)
            .with("ticket", Field::opaque("ticket", "TOPSECRET"))
            .with("count", 3);
        let text = as_text("sta", 86_399_007, &told);
        assert!(text.starts_with("23:59:59.007Z  sta         → 127.0.0.1:5000  issued ‹ticket "), "{text}");
        let json = as_json("sta", 7, &told);
        assert_eq!(
            (&json["kind"], &json["way"], &json["unix_ms"]),
            (&"sta.issued".into(), &"sent".into(), &7.into())
        );
        assert_eq!(json["fields"]["count"], 3);
        assert!(!format!("{text}{json}").contains("TOPSECRET"));
    }
}
