//! One token after the other, in one command line.

use crate::conf::place::Written;
use crate::span::Span;

use super::{end_of_line, join};

/// How a token was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// As it is. Quotes within it protect blanks and stay.
    Bare,
    /// Between quotes, with escapes.
    Quoted,
    /// After `q` and a delimiter, without escapes.
    Raw,
}

/// A word, value or parameter name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its value and the way back to where it stands.
    pub written: Written,
    /// How it was written.
    pub quoting: Quoting,
}

impl Token {
    /// Its value.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.written.text
    }

    /// The name after the hyphen, if the token names a parameter.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        let name = self.text().strip_prefix('-')?;
        (self.quoting == Quoting::Bare && !name.is_empty()).then_some(name)
    }
}

/// Why a line can't be read: code, where, sentence, what to do.
pub(super) type Problem = (&'static str, Span, &'static str, &'static str);

pub(super) struct Cursor<'a> {
    text: &'a str,
    file: usize,
    at: usize,
    /// The end of the line, or of the last one joined to it.
    end: usize,
    joined: usize,
    may_join: bool,
    /// Where text first follows a closing quote without a blank.
    touching: Option<usize>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, file: usize, at: usize, may_join: bool) -> Self {
        let end = end_of_line(text, at);
        Self { text, file, at, end, joined: 0, may_join, touching: None }
    }

    pub(super) fn line_end(&self) -> usize {
        self.end
    }

    pub(super) fn joined(&self) -> usize {
        self.joined
    }

    pub(super) fn touching(&self) -> Option<usize> {
        self.touching
    }

    /// All tokens up to the end or a comment, and what stopped it before.
    pub(super) fn tokens(&mut self) -> (Vec<Token>, Option<Problem>) {
        let mut tokens = Vec::new();
        loop {
            while self.peek().is_some_and(blank) {
                self.at += 1;
            }
            match self.peek() {
                None | Some(b'#') => return (tokens, None),
                Some(first) => match self.token(first) {
                    Ok(token) => tokens.push(token),
                    Err(problem) => return (tokens, Some(problem)),
                },
            }
        }
    }

    fn token(&mut self, first: u8) -> Result<Token, Problem> {
        match first {
            b'-' => Ok(self.parameter()),
            b'"' | b'\'' => self.quoted(first),
            b'q' => match self.raw() {
                Some(token) => Ok(token),
                None => self.bare(),
            },
            _ => self.bare(),
        }
    }

    fn parameter(&mut self) -> Token {
        let start = self.at;
        while self.peek().is_some_and(|byte| !blank(byte)) {
            self.at += 1;
        }
        self.plain(start, self.at, Quoting::Bare)
    }

    fn quoted(&mut self, quote: u8) -> Result<Token, Problem> {
        let opening = self.at;
        self.at += 1;
        let start = self.at;
        let (mut value, mut escapes) = (Vec::new(), Vec::new());
        loop {
            let Some(byte) = self.peek() else {
                self.extend(opening)?;
                continue;
            };
            self.at += 1;
            if byte == quote {
                break;
            }
            let escaped = if byte == b'\\' { self.escape()? } else { None };
            if escaped.is_some() {
                escapes.push(value.len());
                self.at += 1;
            }
            value.push(escaped.unwrap_or(byte));
        }
        if self.peek().is_some_and(|byte| !blank(byte)) {
            self.touching.get_or_insert(self.at);
        }
        // Escapes replace ASCII by ASCII, so the value is still text.
        let value = String::from_utf8_lossy(&value).into_owned();
        let written = Written::new(value, self.file, start, escapes);
        Ok(Token { written, quoting: Quoting::Quoted })
    }

    /// What the byte after a backslash stands for; nothing if the backslash is itself.
    fn escape(&self) -> Result<Option<u8>, Problem> {
        let at = Span::new(self.at - 1, self.at);
        let help = "write \\\\ for a backslash";
        match self.peek() {
            None => Err(("backslash-at-end", at, "a backslash can't be the last character of a line", help)),
            Some(b't') => Ok(Some(b'\t')),
            Some(b'n') => Ok(Some(b'\n')),
            Some(b'r') => Ok(Some(b'\r')),
            Some(byte @ (b'"' | b'\'' | b'\\')) => Ok(Some(byte)),
            Some(_) => Ok(None),
        }
    }

    /// `q` and a delimiter: only if the first closing delimiter ends the line or stands before a blank.
    fn raw(&mut self) -> Option<Token> {
        let open = self.ahead(1)?;
        let close = match open {
            b'{' => b'}',
            b'<' => b'>',
            b'/' | b'|' | b'~' | b'$' | b'^' | b'+' | b'=' | b'&' | b'%' | b'@' | b'`' | b'?' => open,
            _ => return None,
        };
        let start = self.at + 2;
        let (end, mut joined) = (self.end, self.joined);
        let closing = loop {
            let body = self.text.as_bytes().get(start..self.end)?;
            match body.iter().position(|byte| *byte == close) {
                Some(length) => break start + length,
                // A published copy broke the line inside a string of the expression.
                None if body.first() == Some(&b'"') && self.may_join => {
                    let Some(longer) = join(self.text, self.end, joined) else { return self.undo(end) };
                    (self.end, joined) = (longer, joined + 1);
                }
                None => return self.undo(end),
            }
        };
        let after = self.text.as_bytes().get(closing + 1..self.end).and_then(<[u8]>::first);
        let line_ends =
            self.text.as_bytes().get(closing + 1).is_none_or(|byte| matches!(byte, b'\r' | b'\n'));
        if !line_ends && !after.copied().is_some_and(blank) {
            return self.undo(end);
        }
        (self.at, self.joined) = (closing + 1, joined);
        Some(self.plain(start, closing, Quoting::Raw))
    }

    fn undo<T>(&mut self, end: usize) -> Option<T> {
        self.end = end;
        None
    }

    /// Up to the next blank outside quotes and parentheses.
    fn bare(&mut self) -> Result<Token, Problem> {
        let start = self.at;
        let mut open = Vec::new();
        loop {
            match self.peek() {
                None => break,
                Some(byte) if blank(byte) && open.is_empty() => break,
                Some(quote @ (b'"' | b'\'')) => self.inner_quote(quote)?,
                Some(b'(') => {
                    open.push(self.at);
                    self.at += 1;
                }
                Some(b')') => {
                    let text = "a closing parenthesis without its opening one";
                    let span = Span::new(self.at, self.at + 1);
                    open.pop().ok_or(("parenthesis", span, text, QUOTE_IT))?;
                    self.at += 1;
                }
                Some(_) => self.at += 1,
            }
        }
        match open.first() {
            None => Ok(self.plain(start, self.at, Quoting::Bare)),
            Some(at) => {
                let text = "a parenthesis is not closed before the line ends";
                Err(("parenthesis", Span::new(*at, at + 1), text, QUOTE_IT))
            }
        }
    }

    /// A quote inside a bare token: it protects blanks and parentheses, and stays with its escapes.
    fn inner_quote(&mut self, quote: u8) -> Result<(), Problem> {
        let opening = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => self.extend(opening)?,
                Some(b'\\') => self.at = (self.at + 2).min(self.end),
                Some(byte) => {
                    self.at += 1;
                    if byte == quote {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Takes the next line into the token that is open since `opening`.
    fn extend(&mut self, opening: usize) -> Result<(), Problem> {
        let longer = if self.may_join { join(self.text, self.end, self.joined) } else { None };
        let Some(longer) = longer else {
            let text = "a quote is not closed before the next command";
            let help = "close it; a quote inside a value is written \\\"";
            return Err(("quote-open", Span::new(opening, opening + 1), text, help));
        };
        (self.end, self.joined) = (longer, self.joined + 1);
        Ok(())
    }

    fn plain(&self, start: usize, end: usize, quoting: Quoting) -> Token {
        let text = self.text.get(start..end).unwrap_or_default().to_owned();
        Token { written: Written::new(text, self.file, start, Vec::new()), quoting }
    }

    fn peek(&self) -> Option<u8> {
        self.ahead(0)
    }

    fn ahead(&self, by: usize) -> Option<u8> {
        let at = self.at + by;
        if at < self.end { self.text.as_bytes().get(at).copied() } else { None }
    }
}

const QUOTE_IT: &str = "put the whole value in quotes and write \\\" for each quote in it";

fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
