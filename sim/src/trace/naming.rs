//! Stable names for opaque values, by first appearance: `‹session 1›`, `‹ticket 2›`.
//!
//! The same value has the same name wherever it appears in a run, and drawing one more random byte somewhere
//! changes no name anywhere. A name is given for the kind under which the value appears first.

use std::collections::BTreeMap;

use gateway_rt::line::Part;
use gateway_rt::{Field, Fingerprint, Line};

use super::Trace;

/// Hexadecimal digits of a fingerprint as [`Line`] shows it.
const PRINT_DIGITS: usize = 16;

/// The names of a run.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: BTreeMap<String, String>,
    counts: BTreeMap<String, u32>,
}

impl Names {
    /// Names everything opaque in a trace.
    pub fn of(trace: &Trace) -> Self {
        let mut names = Self::default();
        for event in &trace.events {
            let told = event.what.tell();
            for part in told.line.parts() {
                match part {
                    Part::Opaque(kind, print) => names.give(kind, &print.to_string()),
                    Part::Text(text) => names.give_all(text),
                }
            }
            for (_, field) in &told.fields {
                match field {
                    Field::Opaque(kind, print) => names.give(kind, &print.to_string()),
                    Field::Text(text) => names.give_all(text),
                    Field::Number(_) => {}
                }
            }
        }
        names
    }

    /// The name of a value; kind and fingerprint when it did not appear in the trace.
    pub fn name(&self, kind: &str, print: Fingerprint) -> String {
        let print = print.to_string();
        self.names.get(&print).cloned().unwrap_or_else(|| format!("‹{kind} {print}›"))
    }

    /// A line as it reads in this run.
    pub fn line(&self, line: &Line) -> String {
        let shown = line.parts().iter().map(|part| match part {
            Part::Text(text) => self.text(text),
            Part::Opaque(kind, print) => self.name(kind, *print),
        });
        shown.collect()
    }

    /// Text as it reads in this run: lines that were made into text before they came here get their names too.
    pub fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, marked, after)) = next_mark(rest) {
            out.push_str(before);
            let name = print_in(marked).and_then(|(_, print)| self.names.get(print));
            match name {
                Some(name) => out.push_str(name),
                None => out.extend(["‹", marked, "›"]),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn give(&mut self, kind: &str, print: &str) {
        if !self.names.contains_key(print) {
            let count = self.counts.entry(kind.to_owned()).or_default();
            *count += 1;
            self.names.insert(print.to_owned(), format!("‹{kind} {count}›"));
        }
    }

    fn give_all(&mut self, text: &str) {
        let mut rest = text;
        while let Some((_, marked, after)) = next_mark(rest) {
            if let Some((kind, print)) = print_in(marked) {
                self.give(kind, print);
            }
            rest = after;
        }
    }
}

/// The next `‹…›`: what stands before it, in it, and after it.
fn next_mark(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('‹')?;
    let (marked, after) = rest.split_once('›')?;
    Some((before, marked, after))
}

/// Kind and fingerprint of an opaque value without a name: `ticket 1f0634de6633bf67`.
fn print_in(marked: &str) -> Option<(&str, &str)> {
    let (kind, print) = marked.rsplit_once(' ')?;
    let is_print = print.len() == PRINT_DIGITS && print.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_print.then_some((kind, print))
}
