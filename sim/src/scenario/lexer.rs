//! Tokens of KDL 2, with comments. A text that is not KDL gets tokens as well, just not sensible ones: whoever
//! needs sense parses first.
//!
//! Specification: KDL 2.0.0, "Full Grammar".

/// One token. White space other than the ends of lines has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A name, a value: strings with their quotes.
    Atom(&'t str),
    Equals,
    Open,
    Close,
    Semicolon,
    Newline,
    /// `/-`
    Dash,
    /// `// …`, without the end of the line.
    Line(&'t str),
    /// `/* … */`
    Comment(&'t str),
    /// The comment after a `\` that joins two lines, without its slashes.
    Joined(&'t str),
    /// A parenthesis of a type annotation, and where it stands.
    Parenthesis(usize),
}

/// All tokens.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    while let Some(next) = lexer.rest().chars().next() {
        let token = match next {
            '(' | ')' => lexer.single(Token::Parenthesis(lexer.at)),
            '{' => lexer.single(Token::Open),
            '}' => lexer.single(Token::Close),
            ';' => lexer.single(Token::Semicolon),
            '=' => lexer.single(Token::Equals),
            '\\' => match lexer.join() {
                Some(token) => token,
                None => continue,
            },
            _ if lexer.rest().starts_with("\r\n") => {
                lexer.take(2);
                Token::Newline
            }
            _ if is_newline(next) => {
                lexer.take(next.len_utf8());
                Token::Newline
            }
            _ if next.is_whitespace() || next == '\u{feff}' => {
                lexer.take(next.len_utf8());
                continue;
            }
            _ if lexer.rest().starts_with("//") => Token::Line(lexer.line().trim_end()),
            _ if lexer.rest().starts_with("/-") => {
                lexer.take(2);
                Token::Dash
            }
            _ if lexer.rest().starts_with("/*") => Token::Comment(lexer.comment()),
            _ => Token::Atom(lexer.atom()),
        };
        tokens.push(token);
    }
    tokens
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes this many bytes, which end a character, or all that is left.
    fn take(&mut self, length: usize) -> &'t str {
        let rest = self.rest();
        let taken = rest.get(..length).unwrap_or(rest);
        self.at += taken.len();
        taken
    }

    fn single(&mut self, token: Token<'t>) -> Token<'t> {
        self.take(1);
        token
    }

    fn line(&mut self) -> &'t str {
        let rest = self.rest();
        self.take(rest.find(is_newline).unwrap_or(rest.len()))
    }

    /// `\`, an optional comment, the end of the line.
    fn join(&mut self) -> Option<Token<'t>> {
        self.take(1);
        let blanks = self.rest().find(|c: char| is_newline(c) || !c.is_whitespace());
        self.take(blanks.unwrap_or(self.rest().len()));
        let comment = self.rest().starts_with("//").then(|| self.line());
        if self.rest().starts_with("\r\n") {
            self.take(2);
        } else if let Some(end) = self.rest().chars().next().filter(|c| is_newline(*c)) {
            self.take(end.len_utf8());
        }
        comment.map(|comment| Token::Joined(comment.trim_start_matches('/').trim()))
    }

    fn comment(&mut self) -> &'t str {
        let rest = self.rest();
        let mut depth = 0_usize;
        let mut at = 0;
        while let Some(ahead) = rest.get(at..).filter(|ahead| !ahead.is_empty()) {
            let step = match ahead {
                _ if ahead.starts_with("/*") => {
                    depth += 1;
                    2
                }
                _ if ahead.starts_with("*/") => {
                    depth -= 1;
                    2
                }
                _ => ahead.chars().next().map_or(1, char::len_utf8),
            };
            at += step;
            if depth == 0 {
                break;
            }
        }
        self.take(at)
    }

    fn atom(&mut self) -> &'t str {
        let rest = self.rest();
        let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
        let after = rest.get(hashes..).unwrap_or_default();
        let length = match after {
            _ if after.starts_with("\"\"\"") => {
                3 + string_end(after.get(3..).unwrap_or_default(), "\"\"\"", hashes)
            }
            _ if after.starts_with('"') => 1 + string_end(after.get(1..).unwrap_or_default(), "\"", hashes),
            _ => after.find(ends_atom).unwrap_or(after.len()),
        };
        // At least one character, so that there is always progress.
        self.take((hashes + length).max(rest.chars().next().map_or(1, char::len_utf8)))
    }
}

/// How far it is to behind the end of a string whose opening quotes have been read. A string of one line that
/// is not closed ends with its line.
fn string_end(text: &str, quotes: &str, hashes: usize) -> usize {
    let end = format!("{quotes}{}", "#".repeat(hashes));
    let one_line = quotes.len() == 1;
    let mut at = 0;
    while let Some(ahead) = text.get(at..).filter(|ahead| !ahead.is_empty()) {
        if ahead.starts_with(&end) {
            return at + end.len();
        }
        let first = ahead.chars().next().map_or(1, char::len_utf8);
        if one_line && ahead.starts_with(is_newline) {
            return at;
        }
        at += first;
        if hashes == 0 && ahead.starts_with('\\') {
            at += escaped(ahead.get(first..).unwrap_or_default());
        }
    }
    text.len()
}

/// How much of a string belongs to the `\` before it: one character, or white space of any length.
fn escaped(text: &str) -> usize {
    let blanks = text.len() - text.trim_start().len();
    if blanks > 0 { blanks } else { text.chars().next().map_or(0, char::len_utf8) }
}

/// Whether braces or block comments nest deeper than `most`. Open braces inside strings and comments count
/// too when nothing closes them there, because a parser that is lost may see them.
pub(super) fn deeper_than(most: usize, text: &str) -> bool {
    let mut braces = 0_usize;
    for token in tokens(text) {
        match token {
            Token::Open => braces += 1,
            Token::Close => braces = braces.saturating_sub(1),
            Token::Comment(comment) => {
                braces += unclosed(comment);
                if comment.matches("/*").count() > most {
                    return true;
                }
            }
            Token::Atom(inner) | Token::Line(inner) | Token::Joined(inner) => braces += unclosed(inner),
            _ => {}
        }
        if braces > most {
            return true;
        }
    }
    false
}

fn unclosed(text: &str) -> usize {
    text.matches('{').count().saturating_sub(text.matches('}').count())
}

fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn ends_atom(c: char) -> bool {
    c.is_whitespace()
        || is_newline(c)
        || matches!(c, '(' | ')' | '{' | '}' | '[' | ']' | '/' | '\\' | '"' | '#' | ';' | '=')
}
