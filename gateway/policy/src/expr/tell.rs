//! An explanation as lines to read: a tree of sub-expressions on the left, their values on the right.

use super::trace::{Explanation, Trace};
use crate::{environment::Stop, span::Span, value::Value};

/// Characters of a sub-expression that a line shows; the middle of longer ones is left out.
const SOURCE_CHARS: usize = 72;

/// Characters of a value that a line shows.
const VALUE_CHARS: usize = 60;

/// One sub-expression and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The branches of the tree before it: `│  ╰─ `.
    pub rails: String,
    /// The sub-expression, on one line and not too long.
    pub source: String,
    /// What it gave: a value, `UNDEF`, or `waits`.
    pub value: String,
    /// For colours.
    pub look: Look,
    /// Why it became undefined, at the one that did so first; which call-out it waits for.
    pub note: Option<String>,
}

/// What a value means for who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// TRUE.
    True,
    /// FALSE.
    False,
    /// No value.
    Undefined,
    /// A call-out must be answered first.
    Waiting,
    /// Any other value.
    Plain,
}

impl Line {
    /// Characters before the value.
    #[must_use]
    pub fn width(&self) -> usize {
        self.rails.chars().count() + self.source.chars().count()
    }
}

impl Explanation {
    /// The tree, from the whole expression to its parts. `text` is that of the expression that was asked.
    #[must_use]
    pub fn lines(&self, text: &str) -> Vec<Line> {
        let mut lines = Vec::new();
        match &self.trace {
            Some(trace) => add(trace, text, "", "", &mut lines),
            None => lines.push(line(String::new(), one_line(text), &self.outcome, 0, true)),
        }
        if self.omitted > 0 {
            let source = format!("… and {} more", self.omitted);
            let value = String::new();
            lines.push(Line { rails: String::new(), source, value, look: Look::Plain, note: None });
        }
        lines
    }
}

/// The lines with their values in one column.
#[must_use]
pub fn aligned(lines: &[Line]) -> String {
    let width = lines.iter().map(Line::width).max().unwrap_or_default();
    let told = lines.iter().map(|line| {
        let gap = " ".repeat(width - line.width() + 2);
        let note = line.note.as_ref().map(|note| format!("  ◂ {note}")).unwrap_or_default();
        format!("{}{}{gap}{}{note}", line.rails, line.source, line.value).trim_end().to_owned()
    });
    told.collect::<Vec<_>>().join("\n")
}

fn add(trace: &Trace, text: &str, rails: &str, below: &str, lines: &mut Vec<Line>) {
    let text = trace.named.as_ref().map_or(text, |named| named.text.as_str());
    let Span { start, end } = trace.span;
    let source = one_line(text.get(start..end).unwrap_or(text));
    let first = trace.children.iter().all(|child| child.outcome.is_ok());
    lines.push(line(rails.to_owned(), source, &trace.outcome, trace.cut, first));
    let last = trace.children.len().saturating_sub(1);
    for (position, child) in trace.children.iter().enumerate() {
        let (branch, rail) = if position == last { ("╰─ ", "   ") } else { ("├─ ", "│  ") };
        add(child, text, &format!("{below}{branch}"), &format!("{below}{rail}"), lines);
    }
}

fn line(rails: String, source: String, outcome: &Result<Value, Stop>, cut: usize, first: bool) -> Line {
    let (value, look, note) = match outcome {
        Ok(Value::Bool(true)) => ("TRUE".to_owned(), Look::True, None),
        Ok(Value::Bool(false)) => ("FALSE".to_owned(), Look::False, None),
        Ok(value) => (shortened(&value.to_string(), cut), Look::Plain, None),
        Err(Stop::Undefined(undefined)) => {
            ("UNDEF".to_owned(), Look::Undefined, Some(undefined.cause.clone()))
        }
        Err(Stop::Pending { callout }) => {
            ("waits".to_owned(), Look::Waiting, Some(format!("for the answer of `{callout}`")))
        }
    };
    Line { rails, source, value, look, note: note.filter(|_| first) }
}

/// Line ends and runs of blanks as one blank, and the middle left out where it is too long.
fn one_line(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= SOURCE_CHARS {
        return text;
    }
    let half = SOURCE_CHARS / 2;
    let (head, tail) = (chars.iter().take(half), chars.iter().skip(chars.len() - half + 1));
    head.chain(std::iter::once(&'…')).chain(tail).collect()
}

fn shortened(value: &str, cut: usize) -> String {
    let more = value.chars().count().saturating_sub(VALUE_CHARS);
    match (more, cut) {
        (0, 0) => value.to_owned(),
        _ => {
            let shown: String = value.chars().take(VALUE_CHARS).collect();
            format!("{shown}… (and {} more)", more + cut)
        }
    }
}
