//! A finding as a person reads it: where, what, the line with a mark under it, what to do. Ours.

use crate::conf::{Diagnostic, Sources};

/// Characters of a line that are shown; a policy may be one line of thousands.
const SHOWN: usize = 100;
/// Of these, before the mark.
const BEFORE: usize = 60;

/// A finding in two to four lines.
#[must_use]
pub fn finding(finding: &Diagnostic, sources: &Sources) -> String {
    let Diagnostic { severity, code, at, message, help } = finding;
    let mut text = match sources.get(at.file) {
        None => format!("{}: {message} [{code}]\n", severity.as_str()),
        Some(source) => {
            let (line, column) = source.position(at.span.start);
            let marked = source.text.get(at.span.start..at.span.end).unwrap_or_default();
            let marked = marked.lines().next().unwrap_or_default().chars().count();
            let head =
                format!("{}:{line}:{column}: {}: {message} [{code}]\n", source.name, severity.as_str());
            head + &excerpt(source.line(line), column, marked)
        }
    };
    if !help.is_empty() {
        text += &format!("    {help}\n");
    }
    text
}

/// The part of a line around a column, from 1, with a mark under so many characters.
fn excerpt(line: &str, column: usize, marked: usize) -> String {
    let start = (column - 1).saturating_sub(BEFORE);
    let shown: String = line.chars().skip(start).take(SHOWN).map(printable).collect();
    let left = if start > 0 { "…" } else { "" };
    let right = if line.chars().count() > start + SHOWN { "…" } else { "" };
    let indent = column - 1 - start + left.chars().count();
    let carets = "^".repeat(marked.clamp(1, (start + SHOWN).saturating_sub(column - 1).max(1)));
    format!("    {left}{shown}{right}\n    {}{carets}\n", " ".repeat(indent))
}

/// What a terminal shows in one cell.
fn printable(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}
