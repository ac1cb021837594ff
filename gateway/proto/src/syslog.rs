//! Syslog messages (RFC 5424) and how they stand in a stream: each behind its length (RFC 6587 section 3.4.1, RFC
//! 5425 section 4.3).
//!
//! What is written is always well-formed: what a header field can't hold is replaced. What is read must be: the
//! reader is for collectors that check. The text carries no byte order mark, so by the letter it is of an unknown
//! encoding (`MSG-ANY`); it is UTF-8, which collectors take it for, while many show the mark.
//!
//! Not here: RFC 3164, framing by line ends, and what a message means.

#[cfg(test)]
mod tests;

use crate::limits::{
    SYSLOG_ELEMENTS_MAX, SYSLOG_LENGTH_DIGITS_MAX, SYSLOG_MESSAGE_MAX_BYTES, SYSLOG_PARAMS_MAX,
};

/// The port for datagrams (RFC 5426 section 3.3).
pub const UDP_PORT: u16 = 514;
/// The port for streams (RFC 6587; registered for `syslog-conn`).
pub const TCP_PORT: u16 = 601;
/// The port for TLS (RFC 5425 section 4.1).
pub const TLS_PORT: u16 = 6514;

/// How long header fields may be (RFC 5424 section 6).
const HOST_MAX: usize = 255;
const APP_MAX: usize = 48;
const PROCESS_MAX: usize = 128;
const ID_MAX: usize = 32;
/// The same for names in structured data.
const NAME_MAX: usize = 32;

/// A message. An empty field stands for one that is not known (`-`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// 0 to 23 (RFC 5424 section 6.2.1).
    pub facility: u8,
    /// 0 (emergency) to 7 (debug).
    pub severity: u8,
    /// As RFC 3339 writes it, with microseconds at most.
    pub timestamp: String,
    /// Who says it.
    pub host: String,
    /// Which program.
    pub app: String,
    /// Which process.
    pub process: String,
    /// What kind of message.
    pub id: String,
    /// Its data.
    pub data: Vec<Element>,
    /// How it reads.
    pub text: String,
}

/// A piece of structured data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// `name@enterprise number`, or a registered name.
    pub id: String,
    /// Names and values, in order.
    pub params: Vec<(String, String)>,
}

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyslogError {
    /// The priority is missing or out of range.
    #[error("no priority")]
    Priority,
    /// Another version than 1.
    #[error("not version 1 of the protocol")]
    Version,
    /// This header field is missing, empty, too long, or has characters it must not have.
    #[error("malformed {0}")]
    Header(&'static str),
    /// The structured data is malformed or too much.
    #[error("malformed structured data")]
    Data,
    /// The text is not UTF-8.
    #[error("the text is not UTF-8")]
    Text,
    /// Longer than anybody has to take.
    #[error("longer than {SYSLOG_MESSAGE_MAX_BYTES} bytes")]
    TooLong,
    /// A frame does not begin with its length.
    #[error("a frame without its length")]
    Frame,
}

impl Message {
    /// The message as it is sent, its text cut so that it has at most `most` bytes.
    pub fn write(&self, most: usize) -> String {
        let priority = u16::from(self.facility.min(23)) * 8 + u16::from(self.severity.min(7));
        let mut out = format!("<{priority}>1 ");
        let header = [(&self.timestamp, 32), (&self.host, HOST_MAX), (&self.app, APP_MAX)];
        let header = header.into_iter().chain([(&self.process, PROCESS_MAX), (&self.id, ID_MAX)]);
        for (field, most) in header {
            push_word(&mut out, field, most, |_| true);
            out.push(' ');
        }
        if self.data.is_empty() {
            out.push('-');
        }
        for element in &self.data {
            element.write(&mut out);
        }
        if !self.text.is_empty() {
            out.push(' ');
            out.push_str(&self.text);
        }
        out.truncate(out.floor_char_boundary(most));
        out
    }

    /// The message of these bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, SyslogError> {
        if bytes.len() > SYSLOG_MESSAGE_MAX_BYTES {
            return Err(SyslogError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| SyslogError::Text)?;
        let (priority, rest) =
            text.strip_prefix('<').and_then(|rest| rest.split_once('>')).ok_or(SyslogError::Priority)?;
        let digits = !priority.is_empty() && priority.bytes().all(|byte| byte.is_ascii_digit());
        let canonical = priority.len() == 1 || !priority.starts_with('0');
        let priority: u8 = priority.parse().map_err(|_| SyslogError::Priority)?;
        if !digits || !canonical || priority > 191 {
            return Err(SyslogError::Priority);
        }
        let mut rest = rest.strip_prefix("1 ").ok_or(SyslogError::Version)?;
        let mut word = |name: &'static str, most: usize| {
            let (word, after) = rest.split_once(' ').ok_or(SyslogError::Header(name))?;
            let printable = word.bytes().all(|byte| byte.is_ascii_graphic());
            if word.is_empty() || word.len() > most || !printable {
                return Err(SyslogError::Header(name));
            }
            rest = after;
            Ok(if word == "-" { String::new() } else { word.to_owned() })
        };
        let (timestamp, host) = (word("timestamp", 32)?, word("host", HOST_MAX)?);
        let (app, process) = (word("app", APP_MAX)?, word("process", PROCESS_MAX)?);
        let id = word("message id", ID_MAX)?;
        let (data, text) = elements(rest)?;
        let text = match text.strip_prefix(' ') {
            Some(text) => text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
            None if text.is_empty() => String::new(),
            None => return Err(SyslogError::Data),
        };
        Ok(Self {
            facility: priority / 8,
            severity: priority % 8,
            timestamp,
            host,
            app,
            process,
            id,
            data,
            text,
        })
    }

    /// The value of the first parameter of this name.
    pub fn param(&self, name: &str) -> Option<&str> {
        let params = self.data.iter().flat_map(|element| &element.params);
        params.into_iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Element {
    fn write(&self, out: &mut String) {
        out.push('[');
        push_word(out, &self.id, NAME_MAX, is_name);
        for (name, value) in &self.params {
            out.push(' ');
            push_word(out, name, NAME_MAX, is_name);
            out.push_str("=\"");
            for c in value.chars() {
                if matches!(c, '"' | '\\' | ']') {
                    out.push('\\');
                }
                out.push(c);
            }
            out.push('"');
        }
        out.push(']');
    }
}

/// RFC 5424 section 6.3: what a name must not have.
fn is_name(c: char) -> bool {
    !matches!(c, '=' | ']' | '"')
}

/// A word of at most `most` bytes: what can't stand in one becomes a question mark.
fn push_word(out: &mut String, word: &str, most: usize, allowed: impl Fn(char) -> bool) {
    if word.is_empty() {
        out.push('-');
    }
    let fit = |c: char| if c.is_ascii_graphic() && allowed(c) { c } else { '?' };
    out.extend(word.chars().take(most).map(fit));
}

/// The structured data at the beginning of `text`, and what follows it.
fn elements(text: &str) -> Result<(Vec<Element>, &str), SyslogError> {
    if let Some(rest) = text.strip_prefix('-') {
        return Ok((Vec::new(), rest));
    }
    let (mut all, mut rest) = (Vec::new(), text);
    while let Some(after) = rest.strip_prefix('[') {
        let (element, after) = element(after)?;
        all.push(element);
        rest = after;
        if all.len() > SYSLOG_ELEMENTS_MAX {
            return Err(SyslogError::Data);
        }
    }
    if all.is_empty() { Err(SyslogError::Data) } else { Ok((all, rest)) }
}

fn element(text: &str) -> Result<(Element, &str), SyslogError> {
    let (id, mut rest) = name(text, |c| c == ' ' || c == ']')?;
    let mut element = Element { id, params: Vec::new() };
    loop {
        if let Some(after) = rest.strip_prefix(']') {
            return Ok((element, after));
        }
        let (param, after) = name(rest.strip_prefix(' ').ok_or(SyslogError::Data)?, |c| c == '=')?;
        let (value, after) = value(after.strip_prefix("=\"").ok_or(SyslogError::Data)?)?;
        element.params.push((param, value));
        rest = after;
        if element.params.len() > SYSLOG_PARAMS_MAX {
            return Err(SyslogError::Data);
        }
    }
}

fn name(text: &str, ends: impl Fn(char) -> bool) -> Result<(String, &str), SyslogError> {
    let end = text.find(ends).ok_or(SyslogError::Data)?;
    let (name, rest) = text.split_at(end);
    let plain = name.chars().all(|c| c.is_ascii_graphic() && is_name(c));
    if name.is_empty() || name.len() > NAME_MAX || !plain {
        return Err(SyslogError::Data);
    }
    Ok((name.to_owned(), rest))
}

/// A value up to its closing quote; a backslash that escapes nothing stands for itself.
fn value(text: &str) -> Result<(String, &str), SyslogError> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, text.get(at + 1..).unwrap_or_default())),
            ']' => return Err(SyslogError::Data),
            '\\' => match chars.next() {
                Some((_, c @ ('"' | '\\' | ']'))) => value.push(c),
                Some((_, c)) => value.extend(['\\', c]),
                None => return Err(SyslogError::Data),
            },
            c => value.push(c),
        }
    }
    Err(SyslogError::Data)
}

/// A message as a stream carries it.
pub fn frame(message: &str) -> String {
    format!("{} {message}", message.len())
}

/// Finds the messages of a stream.
#[derive(Debug, Default)]
pub struct Frames {
    buffer: Vec<u8>,
}

impl Frames {
    /// Takes what came in.
    pub fn handle_bytes(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame; `None` until more comes in. After an error nothing in the stream can be trusted.
    pub fn poll(&mut self) -> Result<Option<Vec<u8>>, SyslogError> {
        let Some(space) =
            self.buffer.iter().take(SYSLOG_LENGTH_DIGITS_MAX + 1).position(|byte| *byte == b' ')
        else {
            let digits = self.buffer.iter().all(u8::is_ascii_digit);
            let could_be = digits && self.buffer.len() <= SYSLOG_LENGTH_DIGITS_MAX;
            return if could_be { Ok(None) } else { Err(SyslogError::Frame) };
        };
        let digits = self.buffer.get(..space).unwrap_or_default();
        // No sign, no leading zero: RFC 6587 has `NONZERO-DIGIT *DIGIT`.
        if !digits.iter().all(u8::is_ascii_digit) || !matches!(digits.first(), Some(b'1'..=b'9')) {
            return Err(SyslogError::Frame);
        }
        let length = digits.iter().fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
        if length > SYSLOG_MESSAGE_MAX_BYTES {
            return Err(SyslogError::TooLong);
        }
        let end = space + 1 + length;
        if self.buffer.len() < end {
            return Ok(None);
        }
        let rest = self.buffer.split_off(end);
        let mut framed = std::mem::replace(&mut self.buffer, rest);
        Ok(Some(framed.split_off(space + 1)))
    }
}
