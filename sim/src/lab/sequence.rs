//! The sequence of the last launch: who said what to whom, as a drawing and as text.
//!
//! It begins with the last log-in and goes on until the next one. What is shown and what it is called is decided
//! by the trace, as for the stories of scenarios.

use maud::{Markup, html};

use super::limits::{ARROW_CHARS_MAX, SEQUENCE_LINES_MAX};
use super::site::RECEIVER;
use crate::report::seconds;
use crate::trace::flow::{Flow, Flows};
use crate::trace::naming::Names;
use crate::trace::{Event, Trace, What};

/// Pixels between two hosts of the drawing, and from its edge to the first one.
const LANE: usize = 122;
/// Pixels between two lines.
const ROW: usize = 27;
/// Pixels above the first line.
const TOP: usize = 50;

/// One line of the sequence.
pub(super) struct Line {
    at: String,
    flow: Flow,
    text: String,
}

/// Whether an event begins a log-in: by the built-in Receiver with its first step, by others with their form.
pub(super) fn begins(event: &Event, names: impl Fn(std::net::IpAddr) -> Option<String>) -> bool {
    let told = event.what.tell();
    match &event.what {
        What::Step(note) => note.text.starts_with("logs in"),
        What::Gateway(_) if told.kind == "login.tried" => {
            told.peer.and_then(|peer| names(peer.ip())).as_deref() != Some(RECEIVER)
        }
        _ => false,
    }
}

/// The lines of a trace, times counted from its first one.
pub(super) fn lines(trace: &Trace) -> Vec<Line> {
    let (names, flows) = (Names::of(trace), Flows::of(trace));
    let start = trace.events.first().map(|event| event.at).unwrap_or_default();
    let line = |event: &Event| {
        let told = event.what.tell();
        let flow = flows.show(event, &told)?;
        Some(Line { at: seconds(event.at.saturating_sub(start)), flow, text: names.line(&told.line) })
    };
    trace.events.iter().filter_map(line).take(SEQUENCE_LINES_MAX).collect()
}

/// The hosts in the order in which they appear.
fn hosts(lines: &[Line]) -> Vec<&str> {
    let mut hosts: Vec<&str> = Vec::new();
    for line in lines {
        let two: [Option<&str>; 2] = match &line.flow {
            Flow::Message { from, to } => [Some(from), Some(to)],
            Flow::At(host) | Flow::Heading(host) => [Some(host), None],
            Flow::Fault => [None, None],
        };
        for host in two.into_iter().flatten() {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
    }
    hosts
}

/// The drawing. Everything in it also stands in [`text`], so it is one picture to a screen reader.
pub(super) fn drawing(lines: &[Line]) -> Markup {
    let hosts = hosts(lines);
    let x = |host: &str| LANE / 2 + hosts.iter().position(|known| *known == host).unwrap_or_default() * LANE;
    let (width, height) = (hosts.len() * LANE + LANE, TOP + (lines.len() + 1) * ROW);
    html! {
        svg role="img" aria-label="Sequence diagram of the last launch; the same follows as text" width=(width)
            height=(height) viewBox=(format!("0 0 {width} {height}")) {
            @for host in &hosts {
                line.lane x1=(x(host)) y1=(TOP - 12) x2=(x(host)) y2=(height - ROW / 2) {}
                text.host x=(x(host)) y=(TOP - 24) { (host) }
            }
            @for (row, line) in lines.iter().enumerate() { (arrow(line, TOP + (row + 1) * ROW, &x)) }
        }
    }
}

fn arrow(line: &Line, y: usize, x: &impl Fn(&str) -> usize) -> Markup {
    let text = shortened(&line.text);
    html! {
        @match &line.flow {
            Flow::Message { from, to } => {
                @let (from, to) = (x(from), x(to));
                @let tip = if to > from { to - 7 } else { to + 7 };
                line.arrow x1=(from) y1=(y) x2=(tip) y2=(y) {}
                path.tip d=(format!("M {to} {y} L {tip} {} L {tip} {} Z", y - 4, y + 4)) {}
                text.said x=(from.min(to) + 8) y=(y - 6) { (text) }
            }
            Flow::At(host) => {
                circle.dot cx=(x(host)) cy=(y - 4) r="4" {}
                text.done x=(x(host) + 10) y=(y) { (text) }
            }
            Flow::Heading(host) => { text.step x=(x(host) - LANE / 2 + 8) y=(y) { (host) " " (text) } }
            Flow::Fault => { text.step x="8" y=(y) { (text) } }
        }
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= ARROW_CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(ARROW_CHARS_MAX - 1).chain(['…']).collect()
}

/// The text.
pub(super) fn text(lines: &[Line]) -> Markup {
    html! {
        table {
            thead { tr { th scope="col" { "Seconds" } th scope="col" { "Who" } th scope="col" { "What" } } }
            tbody {
                @for line in lines {
                    @match &line.flow {
                        Flow::Heading(host) => tr.step { td { (line.at) } td { (host) } td { (line.text) } },
                        Flow::Fault => tr { td { (line.at) } td { "network" } td { (line.text) } },
                        Flow::At(host) => tr { td { (line.at) } td { (host) } td { (line.text) } },
                        Flow::Message { from, to } => {
                            tr { td { (line.at) } td { (from) " → " (to) } td { (line.text) } }
                        }
                    }
                }
            }
        }
    }
}
