//! What an evaluation looked at, as a tree: every sub-expression with its value, in the order of evaluation.
//!
//! Literals and prefixes are not told, because the text shows them. The tree is no deeper than the expression.

use super::held::Held;
use crate::{environment::Stop, limits, span::Span, value::Value};

/// One sub-expression that was evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Where it stands, in the text of the closest [`Named`], or of the expression that was asked.
    pub span: Span,
    /// What it gave; text only as far as [`limits::TRACE_TEXT_BYTES`].
    pub outcome: Result<Value, Stop>,
    /// Bytes of the text that are left out.
    pub cut: usize,
    /// For what a name stands for: the text that its own span and those below refer to.
    pub named: Option<Named>,
    /// What it looked at, in order.
    pub children: Vec<Self>,
}

/// The text that a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name, in upper case.
    pub name: String,
    /// The expression.
    pub text: String,
}

/// What an evaluation gave, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What it gave. An undefined result names the sub-expression that became undefined first.
    pub outcome: Result<Value, Stop>,
    /// The whole expression; `None` for one that is a literal.
    pub trace: Option<Trace>,
    /// Sub-expressions that [`limits::TRACE_NODES`] left out.
    pub omitted: usize,
}

/// Collects finished sub-expressions; a finished parent takes those since its beginning as children.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    done: Vec<Trace>,
    kept: usize,
    pub(super) omitted: usize,
}

impl Recorder {
    /// The beginning of a sub-expression.
    pub(super) fn mark(&self) -> usize {
        self.done.len()
    }

    /// Its end.
    pub(super) fn close(&mut self, mark: usize, span: Span, outcome: &Result<Held<'_>, Stop>) {
        if matches!(outcome.as_deref(), Ok(Value::Namespace(_))) {
            return;
        }
        let children = self.done.split_off(mark.min(self.done.len()));
        // Beyond the bound only the ancestors of what was kept enter, which are as few as the expression is deep.
        if self.kept >= limits::TRACE_NODES && children.is_empty() {
            self.omitted += 1;
            return;
        }
        self.kept += 1;
        let (outcome, cut) = match outcome {
            Ok(value) => clip(value),
            Err(stop) => (Err(stop.clone()), 0),
        };
        self.done.push(Trace { span, outcome, cut, named: None, children });
    }

    /// Says of the last sub-expression whose text it is.
    pub(super) fn name(&mut self, mark: usize, name: &str, text: &str) {
        if let Some(trace) = self.done.get_mut(mark) {
            trace.named = Some(Named { name: name.to_owned(), text: text.to_owned() });
        }
    }

    /// The whole expression.
    pub(super) fn finish(mut self) -> Option<Trace> {
        self.done.pop()
    }
}

fn clip(value: &Value) -> (Result<Value, Stop>, usize) {
    match value {
        Value::Text(text) if text.bytes.len() > limits::TRACE_TEXT_BYTES => {
            let (kept, left) = text.bytes.split_at(limits::TRACE_TEXT_BYTES);
            (Ok(Value::Text(text.derive(kept))), left.len())
        }
        value => (Ok(value.clone()), 0),
    }
}
