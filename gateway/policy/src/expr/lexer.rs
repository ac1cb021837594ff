//! Text to tokens with their places.
//!
//! The words are those of the vendor's policy converter: escapes in string and character literals, `re` and `xp`
//! literals with any delimiter, addresses before numbers. Raw line breaks in literals are accepted, because a
//! configuration file may have undone its own escapes already.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{error::SyntaxError, moment::Moment, syntax::Infix};
use crate::{limits, span::Span, value::Value};

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) span: Span,
    pub(super) kind: Lexeme,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lexeme {
    /// As written; compared without case.
    Word(String),
    Literal(Value),
    Regex(String),
    Path(String),
    Moment(Moment),
    Operator(Infix),
    Not,
    Complement,
    Dot,
    Comma,
    Dollar,
    Open,
    Close,
    OpenKey,
    CloseKey,
    End,
}

/// The whole text as tokens, the last one [`Lexeme::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.token()?;
        let last = token.kind == Lexeme::End;
        tokens.push(token);
        if last {
            return Ok(tokens);
        }
        if tokens.len() > limits::EXPRESSION_NODES {
            return Err(SyntaxError::new(
                Span::new(lexer.at, lexer.at),
                "the expression is too long to read",
            ));
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn token(&mut self) -> Result<Token, SyntaxError> {
        self.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        let start = self.at;
        let kind = self.lexeme()?;
        Ok(Token { span: Span::new(start, self.at), kind })
    }

    fn lexeme(&mut self) -> Result<Lexeme, SyntaxError> {
        let Some(first) = self.peek() else { return Ok(Lexeme::End) };
        if let Some(address) = self.address() {
            return Ok(address);
        }
        match first {
            b'"' => self.string().map(|bytes| Lexeme::Literal(Value::text(bytes))),
            b'\'' => self.character(),
            b'0'..=b'9' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            _ => self.mark(),
        }
    }

    fn mark(&mut self) -> Result<Lexeme, SyntaxError> {
        let rest = self.rest();
        if let Some((text, operator)) = Infix::SPELLED.into_iter().find(|(text, _)| rest.starts_with(text)) {
            self.at += text.len();
            return Ok(Lexeme::Operator(operator));
        }
        let start = self.at;
        let mark = rest.chars().next().unwrap_or_default();
        self.at += mark.len_utf8();
        Ok(match mark {
            '!' => Lexeme::Not,
            '~' => Lexeme::Complement,
            '.' => Lexeme::Dot,
            ',' => Lexeme::Comma,
            '$' => Lexeme::Dollar,
            '(' => Lexeme::Open,
            ')' => Lexeme::Close,
            '[' => Lexeme::OpenKey,
            ']' => Lexeme::CloseKey,
            other => return Err(stray(other, Span::new(start, self.at))),
        })
    }

    fn word(&mut self) -> Result<Lexeme, SyntaxError> {
        let word = self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let delimited = self.peek().is_some_and(|byte| byte.is_ascii_graphic());
        if delimited && word.eq_ignore_ascii_case("re") {
            return self.delimited().map(Lexeme::Regex);
        }
        if delimited && word.eq_ignore_ascii_case("xp") {
            return self.delimited().map(Lexeme::Path);
        }
        if word.eq_ignore_ascii_case("GMT") || word.eq_ignore_ascii_case("LOCAL") {
            let (moment, length) = Moment::read(self.rest(), word.eq_ignore_ascii_case("LOCAL"));
            self.at += length;
            return Ok(moment.map_or_else(|| Lexeme::Word(word.to_owned()), Lexeme::Moment));
        }
        Ok(Lexeme::Word(word.to_owned()))
    }

    /// The text up to the next occurrence of the delimiter; there is no escape for it.
    fn delimited(&mut self) -> Result<String, SyntaxError> {
        let start = self.at;
        let delimiter = self.peek().map(char::from).unwrap_or_default();
        let inner = self.rest().get(1..).unwrap_or_default();
        let Some(length) = inner.find(delimiter) else {
            let problem = format!("this literal is not closed: `{delimiter}` must follow once more");
            return Err(SyntaxError::new(Span::new(start, self.text.len()), problem));
        };
        self.at += length + 2;
        Ok(inner.get(..length).unwrap_or_default().to_owned())
    }

    fn string(&mut self) -> Result<Vec<u8>, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    return Ok(bytes);
                }
                b'\\' => bytes.push(self.escape()?),
                plain => {
                    self.at += 1;
                    bytes.push(plain);
                }
            }
        }
        Err(SyntaxError::new(Span::new(start, self.text.len()), "this text is not closed")
            .help("write `\"` at its end; inside, a quote is written `\\\"`"))
    }

    fn character(&mut self) -> Result<Lexeme, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let byte = match self.peek() {
            Some(b'\\') => self.escape()?,
            Some(byte) => {
                self.at += 1;
                byte
            }
            None => b'\'',
        };
        if self.peek() == Some(b'\'') {
            self.at += 1;
            return Ok(Lexeme::Literal(Value::text([byte])));
        }
        let end = self.rest().find('\'').map_or(self.text.len(), |more| self.at + more + 1);
        Err(SyntaxError::new(Span::new(start, end), "a literal in single quotes holds exactly one character")
            .help("text is written in double quotes"))
    }

    /// `\\ \" \' \t \r \n \xNN \ooo`, the numbers up to 127.
    fn escape(&mut self) -> Result<u8, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let letter = self.peek().unwrap_or_default();
        let simple = match letter {
            b'\\' | b'"' | b'\'' => Some(letter),
            b't' => Some(b'\t'),
            b'r' => Some(b'\r'),
            b'n' => Some(b'\n'),
            _ => None,
        };
        if let Some(byte) = simple {
            self.at += 1;
            return Ok(byte);
        }
        let (digits, radix) = if letter == b'x' {
            self.at += 1;
            (self.take_at_most(2, |byte| byte.is_ascii_hexdigit()), 16)
        } else {
            (self.take_at_most(3, |byte| matches!(byte, b'0'..=b'7')), 8)
        };
        let value = u8::from_str_radix(digits, radix).ok().filter(u8::is_ascii);
        value.ok_or_else(|| {
            let end = self.text.len().min(self.at.max(start + 2));
            let end = (end..=self.text.len()).find(|at| self.text.is_char_boundary(*at)).unwrap_or(end);
            SyntaxError::new(Span::new(start, end), "there is no such escape").help(
                "the escapes are \\\\ \\\" \\' \\t \\r \\n \\x00 to \\x7f and \\0 to \\177; \
                 a backslash itself is written \\\\",
            )
        })
    }

    fn number(&mut self) -> Result<Lexeme, SyntaxError> {
        let start = self.at;
        let rest = self.rest();
        if rest.starts_with("0x") || rest.starts_with("0X") {
            self.at += 2;
            let digits = self.take_while(|byte| byte.is_ascii_hexdigit());
            return self.whole(start, u64::from_str_radix(digits, 16).ok());
        }
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        let fraction = self.peek() == Some(b'.') && self.peek_at(1).is_some_and(|byte| byte.is_ascii_digit());
        if fraction {
            self.at += 1;
            self.take_while(|byte| byte.is_ascii_digit());
        }
        let exponent = self.exponent();
        if !fraction && !exponent {
            return self.whole(start, digits.parse().ok());
        }
        let value =
            self.text.get(start..self.at).and_then(|text| text.parse().ok()).filter(|v: &f64| v.is_finite());
        let problem = || SyntaxError::new(Span::new(start, self.at), "this number is too large");
        value.map(|number| Lexeme::Literal(Value::Double(number))).ok_or_else(problem)
    }

    fn exponent(&mut self) -> bool {
        if !matches!(self.peek(), Some(b'e' | b'E')) {
            return false;
        }
        let sign = usize::from(matches!(self.peek_at(1), Some(b'+' | b'-')));
        let digits = self.peek_at(1 + sign).is_some_and(|byte| byte.is_ascii_digit());
        if digits {
            self.at += 1 + sign;
            self.take_while(|byte| byte.is_ascii_digit());
        }
        digits
    }

    fn whole(&self, start: usize, value: Option<u64>) -> Result<Lexeme, SyntaxError> {
        let span = Span::new(start, self.at);
        let value = value.ok_or_else(|| SyntaxError::new(span, "this is no number of 64 bits"))?;
        Ok(Lexeme::Literal(i64::try_from(value).map_or(Value::Ulong(value), Value::Num)))
    }

    /// `10.1.2.3`, `10.0.0.0/8`, `2001:db8::/32`.
    fn address(&mut self) -> Option<Lexeme> {
        let rest = self.rest();
        let run = |text: &str, ok: fn(u8) -> bool| text.bytes().take_while(|byte| ok(*byte)).count();
        let wide = rest.get(..run(rest, |b| b.is_ascii_hexdigit() || b == b':' || b == b'.'))?;
        let narrow = rest.get(..run(rest, |b| b.is_ascii_digit() || b == b'.'))?;
        let candidate = if wide.contains(':') { wide } else { narrow };
        let (address, length) = [candidate, candidate.trim_end_matches('.')]
            .into_iter()
            .find_map(|text| text.parse::<IpAddr>().ok().map(|address| (address, text.len())))?;
        self.at += length;
        let after = self.rest().strip_prefix('/').unwrap_or_default();
        let bits = after.get(..run(after, |b| b.is_ascii_digit())).unwrap_or_default();
        let network = bits.parse().ok().and_then(|bits| IpNet::new(address, bits).ok());
        Some(Lexeme::Literal(match network {
            Some(network) => {
                self.at += 1 + bits.len();
                Value::Subnet(network)
            }
            None => Value::Ip(address),
        }))
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    fn peek_at(&self, offset: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + offset).copied()
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'t str {
        self.take_at_most(usize::MAX, wanted)
    }

    /// Only for ASCII, so that the cut never falls inside a character.
    fn take_at_most(&mut self, most: usize, wanted: impl Fn(u8) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.bytes().take(most).take_while(|byte| wanted(*byte)).count();
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }
}

fn stray(mark: char, span: Span) -> SyntaxError {
    let error = SyntaxError::new(span, format!("`{}` has no meaning here", mark.escape_default()));
    match mark {
        '\u{201c}' | '\u{201d}' | '\u{201e}' => {
            error.help("a typographic quote, pasted from a page: write `\"`")
        }
        '\u{2018}' | '\u{2019}' => error.help("a typographic quote, pasted from a page: write `'`"),
        '=' => error.help("equality is `==` or `.EQ(…)`"),
        '\\' => error
            .help("a backslash belongs in text; outside the quotes the file's own escapes were not undone"),
        ';' => error.help("a page may have written `&` as `&amp;`"),
        _ => error,
    }
}
