//! Where two runs that should be the same part: the first event or packet that differs, with its neighbours.

use std::fmt::Write as _;

use super::Trace;
use crate::report::seconds;
use crate::world::Recorded;

/// Lines shown before the first difference.
const LINES_BEFORE: usize = 5;
/// Lines shown from the first difference on.
const LINES_AFTER: usize = 3;
/// Bytes of a packet's payload that are shown, from the first one that differs.
const BYTES_SHOWN: usize = 24;

/// The first difference between two traces, told with its neighbours; `None` when there is none.
pub fn of_traces(one: &Trace, other: &Trace) -> Option<String> {
    let lines = |trace: &Trace| -> Vec<String> {
        let tell = |event: &super::Event| {
            let told = event.what.tell();
            let peer = told.peer.map(|peer| format!(" {:?} {peer}", told.way)).unwrap_or_default();
            format!(
                "{:>9}.{:06}  {}{peer}  {}",
                event.at.as_secs(),
                event.at.subsec_micros(),
                event.host,
                told.line
            )
        };
        trace.events.iter().map(tell).collect()
    };
    first_difference("event", &lines(one), &lines(other))
}

/// The first difference between two records of packets, told with its neighbours; `None` when there is none.
pub fn of_packets(one: &[Recorded], other: &[Recorded]) -> Option<String> {
    let at = (0..one.len().max(other.len())).find(|&n| one.get(n) != other.get(n))?;
    let (left, right) = (one.get(at), other.get(at));
    // Of two packets that differ only in their payload, show it from where they part.
    let from = match (left, right) {
        (Some(left), Some(right)) => {
            left.bytes.iter().zip(&right.bytes).position(|(a, b)| a != b).unwrap_or_default()
        }
        _ => 0,
    };
    let window = |packets: &[Recorded]| -> Vec<String> {
        let start = at.saturating_sub(LINES_BEFORE);
        packets
            .iter()
            .skip(start)
            .take(at - start + LINES_AFTER)
            .map(|packet| packet_line(packet, from))
            .collect()
    };
    let (one, other) = (window(one), window(other));
    Some(told("packet", at, at.min(LINES_BEFORE), &one, &other))
}

fn packet_line(packet: &Recorded, from: usize) -> String {
    let shown = packet.bytes.iter().skip(from).take(BYTES_SHOWN);
    let hex: String = shown.map(|byte| format!("{byte:02x}")).collect();
    let offset = if from > 0 && !hex.is_empty() { format!("+{from}: ") } else { String::new() };
    format!(
        "{:>9}  {} → {} #{} {:?} {} bytes {offset}{hex}",
        seconds(packet.at),
        packet.source,
        packet.target,
        packet.conn,
        packet.what,
        packet.bytes.len(),
    )
}

fn first_difference(what: &str, one: &[String], other: &[String]) -> Option<String> {
    let at = (0..one.len().max(other.len())).find(|&n| one.get(n) != other.get(n))?;
    let start = at.saturating_sub(LINES_BEFORE);
    let window = |lines: &[String]| -> Vec<String> {
        lines.iter().skip(start).take(at - start + LINES_AFTER).cloned().collect()
    };
    Some(told(what, at, at - start, &window(one), &window(other)))
}

/// Two windows that agree in their first `same` lines.
fn told(what: &str, at: usize, same: usize, one: &[String], other: &[String]) -> String {
    let mut out = format!("first difference at {what} {}:\n", at + 1);
    // Writing to a String cannot fail.
    for line in one.iter().take(same) {
        let _ = writeln!(out, "    {line}");
    }
    for (mark, lines) in [('-', one), ('+', other)] {
        let rest = lines.get(same..).unwrap_or_default();
        for line in rest {
            let _ = writeln!(out, "  {mark} {line}");
        }
        if rest.is_empty() {
            let _ = writeln!(out, "  {mark} (nothing more)");
        }
    }
    out
}
