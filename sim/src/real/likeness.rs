//! Whether two runs of a scenario tell the same story, times aside.
//!
//! Compared is each conversation: what a host said and saw of one peer, and what it decided by itself, each in
//! its order. Conversations of different pairs may lie differently beside each other: which of two datagrams
//! on two links comes first is for the machine to say, and no scenario may depend on it. Where several receivers
//! run side by side that is so within a conversation too: then the same must happen, in whatever order.
//!
//! Two things are the machine's own. In how many pieces a stream arrives: pieces that follow each other count as
//! one. And what values are drawn where: opaque values are named by their first appearance in the conversation, or
//! not at all where there is no order.

use std::collections::BTreeMap;

use gateway_rt::{Field, Told, Way};

use crate::trace::naming::Names;
use crate::trace::{Event, Trace, What};

/// Differing conversations that are told: one cause mostly shows in several.
const TOLD_MAX: usize = 5;

/// Digits of a moment in seconds since 1970, which no other number of a story reaches.
const MOMENT_DIGITS: usize = 10;

/// Who tells and who is at the other end, if somebody is.
type Conversation = (String, Option<String>);

/// Where the stories part, one line per conversation; empty when they don't. `ordered` says whether one thing
/// happens after the other in each conversation.
pub fn differences(simulated: &Trace, real: &Trace, ordered: bool) -> Vec<String> {
    let (simulated, real) = (conversations(simulated, ordered), conversations(real, ordered));
    let mut pairs: Vec<&Conversation> = simulated.keys().chain(real.keys()).collect();
    pairs.sort();
    pairs.dedup();
    let none = Vec::new();
    let differing = pairs.into_iter().filter_map(|pair| {
        let told = |of: &BTreeMap<Conversation, Vec<String>>| of.get(pair).unwrap_or(&none).clone();
        let first = first_difference(&told(&simulated), &told(&real))?;
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

fn conversations(trace: &Trace, ordered: bool) -> BTreeMap<Conversation, Vec<String>> {
    let mut events: BTreeMap<Conversation, Vec<Event>> = BTreeMap::new();
    // Faults are the scenario's own doing, at the times it says.
    for event in trace.events.iter().filter(|event| !matches!(event.what, What::Fault(_))) {
        let peer = event.what.tell().peer.map(|peer| trace.name_of(peer.ip()));
        events.entry((event.host.clone(), peer)).or_default().push(event.clone());
    }
    let tell = |(pair, events): (Conversation, Vec<Event>)| {
        let names = ordered.then(|| {
            Names::of(&Trace { events: events.clone(), names: trace.names.clone(), ..Trace::default() })
        });
        let mut lines = lines(&events, names.as_ref());
        if !ordered {
            lines.sort();
        }
        (pair, lines)
    };
    events.into_iter().map(tell).collect()
}

/// Pieces of a stream: everything but how many bytes and which, and the bytes so far.
type Pieces = (String, u64);

fn lines(events: &[Event], names: Option<&Names>) -> Vec<String> {
    // By what they are pieces of, so that two streams side by side don't part each other's pieces.
    let mut open: Vec<Pieces> = Vec::new();
    let mut lines = Vec::new();
    for event in events {
        let told = event.what.tell();
        let bytes = told.fields.iter().find_map(|(name, field)| match (name, field) {
            (&"bytes", Field::Number(bytes)) => Some(*bytes),
            _ => None,
        });
        let line = line(&told, names, bytes.is_some());
        match (bytes, open.iter_mut().find(|(of, _)| *of == line)) {
            (Some(bytes), Some((_, so_far))) => *so_far += bytes,
            (Some(bytes), None) => open.push((line, bytes)),
            (None, _) => {
                lines.extend(open.drain(..).map(whole));
                lines.push(line);
            }
        }
    }
    lines.extend(open.into_iter().map(whole));
    lines
}

fn whole((of, bytes): Pieces) -> String {
    format!("{of} bytes={bytes}")
}

fn line(told: &Told, names: Option<&Names>, is_piece: bool) -> String {
    let way = match told.way {
        Way::Received => "← ",
        Way::Sent => "→ ",
        Way::Here => "",
    };
    let told_once = |name: &str| !is_piece || !matches!(name, "bytes" | "text");
    let fields = told.fields.iter().filter(|(name, _)| told_once(name));
    let fields: String = fields.map(|(name, field)| field_text(names, name, field)).collect();
    format!("{way}{}{fields}", told.kind)
}

fn field_text(names: Option<&Names>, name: &str, field: &Field) -> String {
    match (field, names) {
        (Field::Text(text), Some(names)) => format!(" {name}={}", without_moments(&names.text(text))),
        (Field::Text(text), None) => format!(" {name}={}", without_moments(&nameless(text))),
        (Field::Number(number), _) => format!(" {name}={number}"),
        (Field::Opaque(kind, print), Some(names)) => format!(" {name}={}", names.name(kind, *print)),
        (Field::Opaque(kind, _), None) => format!(" {name}=‹{kind}›"),
    }
}

/// Text without what opaque values are called in it.
fn nameless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        match c {
            '‹' => inside = true,
            '›' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::trace::StepNote;

    fn trace(texts: &[(u64, &str)]) -> Trace {
        let event = |(at, text): &(u64, &str)| Event {
            at: Duration::from_millis(*at),
            host: "laptop".to_owned(),
            what: StepNote { line: text.len(), text: (*text).to_owned(), mark: None }.into(),
        };
        Trace { events: texts.iter().map(event).collect(), ..Trace::default() }
    }

    #[test]
    fn moments_are_aside_and_order_is_not() {
        let (one, later) = (trace(&[(1, "a"), (2, "bb")]), trace(&[(5, "a"), (900, "bb")]));
        assert_eq!(differences(&one, &later, true), Vec::<String>::new());
        let turned = trace(&[(1, "bb"), (2, "a")]);
        assert_eq!(differences(&one, &turned, true).len(), 1);
        assert_eq!(differences(&one, &turned, false), Vec::<String>::new());
        let told = differences(&one, &trace(&[(1, "a")]), false);
        assert!(told[0].ends_with("real: nothing more"), "{told:?}");
    }

    #[test]
    fn numbers_stay_and_moments_go() {
        assert_eq!(without_moments("a?launchId=1767225600678&n=12"), "a?launchId=‹moment›&n=12");
        assert_eq!(nameless("token ‹token 1f0634de6633bf67› end"), "token  end");
    }
}
