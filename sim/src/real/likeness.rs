//! Whether two runs of a scenario tell the same story, times aside.
//!
//! Compared is each conversation: what a host said and saw of one peer, and what it decided by itself, each in
//! its order. Conversations of different pairs may lie differently beside each other: which of two datagrams
//! on two links comes first is for the machine to say, and no scenario may depend on it. Opaque values are
//! named by their first appearance in the conversation.

use std::collections::BTreeMap;

use gateway_rt::{Field, Way};

use crate::trace::naming::Names;
use crate::trace::{Event, Trace, What};

/// Differing conversations that are told: one cause mostly shows in several.
const TOLD_MAX: usize = 5;

/// Digits of a moment in seconds since 1970, which no other number of a story reaches.
const MOMENT_DIGITS: usize = 10;

/// Who tells and who is at the other end, if somebody is.
type Conversation = (String, Option<String>);

/// Where the stories part, one line per conversation; empty when they don't.
pub fn differences(simulated: &Trace, real: &Trace) -> Vec<String> {
    let (simulated, real) = (conversations(simulated), conversations(real));
    let mut pairs: Vec<&Conversation> = simulated.keys().chain(real.keys()).collect();
    pairs.sort();
    pairs.dedup();
    let none = Vec::new();
    let differing = pairs.into_iter().filter_map(|pair| {
        let first = first_difference(simulated.get(pair).unwrap_or(&none), real.get(pair).unwrap_or(&none))?;
        let peer = pair.1.as_ref().map(|peer| format!(" with {peer}")).unwrap_or_default();
        Some(format!("{}{peer}, {first}", pair.0))
    });
    differing.take(TOLD_MAX).collect()
}

fn first_difference(simulated: &[String], real: &[String]) -> Option<String> {
    let at = (0..simulated.len().max(real.len())).find(|&n| simulated.get(n) != real.get(n))?;
    let told = |lines: &[String]| lines.get(at).cloned().unwrap_or_else(|| "nothing more".to_owned());
    Some(format!("event {}: simulated: {}; real: {}", at + 1, told(simulated), told(real)))
}

fn conversations(trace: &Trace) -> BTreeMap<Conversation, Vec<String>> {
    let mut events: BTreeMap<Conversation, Vec<Event>> = BTreeMap::new();
    // Faults are the scenario's own doing, at the times it says.
    for event in trace.events.iter().filter(|event| !matches!(event.what, What::Fault(_))) {
        let peer = event.what.tell().peer.map(|peer| trace.name_of(peer.ip()));
        events.entry((event.host.clone(), peer)).or_default().push(event.clone());
    }
    let tell = |(pair, events): (Conversation, Vec<Event>)| {
        let alone = Trace { events, names: trace.names.clone(), ..Trace::default() };
        (pair, lines(&alone))
    };
    events.into_iter().map(tell).collect()
}

fn lines(trace: &Trace) -> Vec<String> {
    let names = Names::of(trace);
    let line = |event: &Event| {
        let told = event.what.tell();
        let way = match told.way {
            Way::Received => "← ",
            Way::Sent => "→ ",
            Way::Here => "",
        };
        let fields: String =
            told.fields.iter().map(|(name, field)| field_text(&names, name, field)).collect();
        format!("{way}{}{fields}", told.kind)
    };
    trace.events.iter().map(line).collect()
}

fn field_text(names: &Names, name: &str, field: &Field) -> String {
    match field {
        Field::Text(text) => format!(" {name}={}", without_moments(&names.text(text))),
        Field::Number(number) => format!(" {name}={number}"),
        Field::Opaque(kind, print) => format!(" {name}={}", names.name(kind, *print)),
    }
}

/// Text without moments: StoreFront's `launchId` is the time in milliseconds since 1970.
fn without_moments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let length = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(length);
        out.push_str(before);
        out.push_str(if length >= MOMENT_DIGITS { "‹moment›" } else { digits });
        rest = after;
    }
    out.push_str(rest);
    out
}
