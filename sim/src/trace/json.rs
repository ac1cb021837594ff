//! The trace as JSON lines: the story's facts and names, for machines.
//!
//! One object per event, hidden duplicates included. `t_ms` is virtual time with microseconds as decimals.

use std::time::Duration;

use gateway_rt::{Field, Way};
use serde_json::{Map, Value, json};

use super::Trace;
use super::naming::Names;

/// All events, one JSON object per line.
pub fn render(trace: &Trace) -> String {
    let names = Names::of(trace);
    let mut out = String::new();
    for event in &trace.events {
        let told = event.what.tell();
        let fields: Map<String, Value> =
            told.fields.iter().map(|(name, field)| ((*name).to_owned(), value(&names, field))).collect();
        let way = match told.way {
            Way::Received => "received",
            Way::Sent => "sent",
            Way::Here => "here",
        };
        let line = json!({
            "t_ms": milliseconds(event.at),
            "host": event.host,
            "way": way,
            "peer": told.peer.map(|peer| trace.name_of(peer.ip())),
            "kind": told.kind,
            "text": names.line(&told.line),
            "fields": fields,
        });
        out.push_str(&line.to_string());
        out.push('\n');
    }
    out
}

fn value(names: &Names, field: &Field) -> Value {
    match field {
        Field::Text(text) => names.text(text).into(),
        Field::Number(number) => (*number).into(),
        Field::Opaque(kind, print) => names.name(kind, *print).into(),
    }
}

fn milliseconds(at: Duration) -> f64 {
    at.as_micros() as f64 / 1000.0
}
