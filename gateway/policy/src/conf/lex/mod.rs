//! Tokens of a saved configuration: how values are quoted, escaped and kept together on a command line.
//!
//! It knows no commands beyond what tells a new command from the rest of a wrapped value. Expressions have
//! escapes of their own, a layer further in.
//!
//! Specification: the tokenizer of the vendor's policy converter (`nspepi2/cli_lex.py`); joining lines is ours.

#[cfg(test)]
mod tests;
mod token;

use crate::limits::JOINED_LINES;
use crate::span::Span;

use super::command;
use super::diagnostic::Diagnostic;
use super::place::Place;
pub use token::{Quoting, Token};

/// One command line, or several that a quoted value joined.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its bytes, without the line's end.
    pub span: Span,
    /// Its tokens, without comments.
    pub tokens: Vec<Token>,
    /// What is wrong with it.
    pub problems: Vec<Diagnostic>,
    /// It can't be read; one of the problems says why.
    pub broken: bool,
}

/// The lines of a file that hold a token.
pub struct Lexer<'a> {
    text: &'a str,
    file: usize,
    at: usize,
    /// No value is joined across lines before here, because an attempt already failed: keeps the time linear.
    join_from: usize,
}

impl<'a> Lexer<'a> {
    /// Reads the text of the file with this position in the sources.
    pub fn new(text: &'a str, file: usize) -> Self {
        Self { text, file, at: 0, join_from: 0 }
    }

    fn line(&mut self) -> Line {
        let start = self.at;
        let mut cursor = token::Cursor::new(self.text, self.file, start, start >= self.join_from);
        let (tokens, problem) = cursor.tokens();
        let span = Span::new(start, cursor.line_end());
        let mut line = Line { span, tokens, problems: Vec::new(), broken: false };
        if let Some((code, span, message, help)) = problem {
            let place = Place { file: self.file, span };
            line.problems.push(Diagnostic::error(code, place, message).help(help));
            self.join_from = self.join_from.max(cursor.line_end());
            line.span.end = end_of_line(self.text, start);
            line.broken = true;
        } else if cursor.joined() > 0 {
            line.problems.push(self.joined(start, cursor.joined()));
        }
        if let Some(at) = cursor.touching() {
            let place = Place { file: self.file, span: Span::new(at, at + 1) };
            let text = "a value ends at its quote, and what follows without a blank is another value";
            let help = "if the quote belongs to the value, write \\\"";
            line.problems.push(Diagnostic::warning("quote-touches", place, text).help(help));
        }
        self.at = next_line(self.text, line.span.end);
        line
    }

    fn joined(&self, start: usize, lines: usize) -> Diagnostic {
        let place = Place { file: self.file, span: Span::new(start, end_of_line(self.text, start)) };
        let text = format!("a quoted value runs on for {lines} more lines, which were joined");
        let help = "a saved file writes a line break inside a value as \\n";
        Diagnostic::warning("joined-lines", place, text).help(help)
    }
}

impl Iterator for Lexer<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        while self.at < self.text.len() {
            let line = self.line();
            if line.broken || !line.tokens.is_empty() {
                return Some(line);
            }
        }
        None
    }
}

/// Where the command that starts at a byte ends: with its line, or with the last line that a value of it takes in.
pub(super) fn command_end(text: &str, start: usize) -> usize {
    let mut cursor = token::Cursor::new(text, 0, start, true);
    match cursor.tokens() {
        (_, None) => cursor.line_end(),
        (_, Some(_)) => end_of_line(text, start),
    }
}

/// Where the line that `at` is in ends: before its LF or CR LF.
fn end_of_line(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let end = rest.iter().position(|byte| *byte == b'\n').map_or(text.len(), |length| at + length);
    if end > at && text.as_bytes().get(end - 1) == Some(&b'\r') { end - 1 } else { end }
}

/// Where the line after the one that ends at `end` starts.
fn next_line(text: &str, end: usize) -> usize {
    let rest = text.as_bytes().get(end..).unwrap_or_default();
    rest.iter().position(|byte| *byte == b'\n').map_or(text.len(), |length| end + length + 1)
}

/// The end of the line that may be joined to a value still open at `end`: not if that line is a command.
fn join(text: &str, end: usize, joined: usize) -> Option<usize> {
    let next = next_line(text, end);
    if joined >= JOINED_LINES || next >= text.len() {
        return None;
    }
    let next_end = end_of_line(text, next);
    let line = text.get(next..next_end)?;
    (!command::begins(line)).then_some(next_end)
}
