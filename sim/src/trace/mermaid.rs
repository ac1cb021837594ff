//! The conversation of a run as a Mermaid sequence diagram, for pages that draw them.
//!
//! Shown are messages and decisions, in the order and the words of the story, without times. The syntax is Mermaid's
//! `sequenceDiagram`; what would end a line early there is written as an entity.

use std::fmt::Write as _;

use super::flow::{Flow, Flows};
use super::naming::Names;
use super::{Event, Trace};

/// Draws the events of a trace from the first that `shows` takes.
pub fn render(trace: &Trace, shows: impl Fn(&Event) -> bool) -> String {
    let (names, flows) = (Names::of(trace), Flows::of(trace));
    let mut out = "sequenceDiagram\n".to_owned();
    for event in trace.events.iter().filter(|event| shows(event)) {
        let told = event.what.tell();
        let text = escaped(&names.line(&told.line));
        // Writing to a String cannot fail.
        let _ = match flows.show(event, &told) {
            Some(Flow::Message { from, to }) => writeln!(out, "    {from}->>{to}: {text}"),
            Some(Flow::At(host)) => writeln!(out, "    Note over {host}: {text}"),
            Some(Flow::Heading(host)) => writeln!(out, "    Note left of {host}: {text}"),
            Some(Flow::Fault) | None => Ok(()),
        };
    }
    out
}

/// `#` begins an entity, `;` ends a statement, and angle brackets are HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '#' => out.push_str("#35;"),
            ';' => out.push_str("#59;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_line_is_an_entity() {
        assert_eq!(escaped("Path=/; <b> #1"), "Path=/#59; #lt;b#gt; #35;1");
    }
}
