//! The response a responder action makes: from the text of `respondwith`, from a page, from a redirect.
//!
//! The text is the response on an appliance. Here it is read, so that whoever sends it can frame it rightly,
//! and everything that would have gone wrong on the wire is told as a [`Warning`]. What request data did to the
//! text is kept: a line break smuggled into a header makes a header here too (a configuration's holes are
//! reproduced, not mended). Reference: `respondwith` and friends, appexpert section 9.

use std::fmt;

use super::head::{Head, length, status_line};

/// A response, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// 100 to 599.
    pub status: u16,
    /// The reason phrase, often empty.
    pub reason: Vec<u8>,
    /// Names and values in order, without those that frame the body: whoever sends it frames it.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What is doubtful about a response's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A body without `Content-Length` and without `Connection: close`: its end can't be known. The length was
    /// added here; whether an appliance adds it is not documented.
    LengthAdded,
    /// `Content-Length` says another number than the body has bytes.
    LengthWrong {
        /// As written.
        declared: String,
        /// As counted.
        actual: usize,
    },
    /// `Transfer-Encoding` was taken out: nothing here is encoded.
    TransferEncoding,
    /// The empty line between head and body is missing.
    HeadUnfinished,
    /// A line of the head ends with a line feed alone.
    BareLineFeed,
    /// A line of the head is no header and was left out.
    OddLine(String),
    /// The body begins with something that looks like a header: an empty line too early.
    HeaderInBody(String),
    /// A header's value brought line breaks along and was split at them.
    LineBreakInHeader(String),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LengthAdded => {
                f.write_str("no Content-Length and no Connection: close; the length was added")
            }
            Self::LengthWrong { declared, actual } => {
                write!(f, "Content-Length is {declared} and the body has {actual} bytes")
            }
            Self::TransferEncoding => f.write_str("Transfer-Encoding was taken out, nothing is encoded"),
            Self::HeadUnfinished => f.write_str("no empty line ends the head"),
            Self::BareLineFeed => f.write_str("a line of the head ends with a line feed alone"),
            Self::OddLine(line) => write!(f, "`{line}` is no header and was left out"),
            Self::HeaderInBody(line) => write!(f, "`{line}` stands after the empty line that ends the head"),
            Self::LineBreakInHeader(name) => {
                write!(f, "the value of {name} has line breaks and was split there")
            }
        }
    }
}

impl Response {
    /// Reads the text of a `respondwith`.
    ///
    /// # Errors
    /// A sentence, when it does not begin with a status line.
    pub fn read(text: &[u8]) -> Result<(Self, Vec<Warning>), String> {
        let head = Head::read(text);
        let Some((_, status, reason)) = status_line(head.start_line) else {
            return Err(format!("`{}` is no status line", shown(head.start_line)));
        };
        let body = text.get(head.len..).unwrap_or_default();
        let warnings = warnings(&head, body);
        let framing = |name: &[u8]| {
            [&b"content-length"[..], b"transfer-encoding"].iter().any(|own| name.eq_ignore_ascii_case(own))
        };
        let kept = head.headers.iter().filter(|(name, _)| !framing(name));
        let headers = kept.map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        Ok((Self { status, reason: reason.to_vec(), headers, body: body.to_vec() }, warnings))
    }

    /// A response from its parts. Values may hold line breaks: they split the header, as on the wire.
    pub(super) fn assemble(
        status: u16,
        reason: &[u8],
        headers: &[(Vec<u8>, Vec<u8>)],
        body: &[u8],
    ) -> Result<(Self, Vec<Warning>), String> {
        let broken = |bytes: &[u8]| bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n'));
        let mut text = format!("HTTP/1.1 {status} ").into_bytes();
        text.extend_from_slice(reason);
        for (name, value) in headers {
            text.extend_from_slice(b"\r\n");
            text.extend_from_slice(name);
            text.extend_from_slice(b": ");
            text.extend_from_slice(value);
        }
        text.extend_from_slice(format!("\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes());
        text.extend_from_slice(body);
        let (response, mut warnings) = Self::read(&text)?;
        let split = headers.iter().filter(|(_, value)| broken(value));
        warnings.extend(split.map(|(name, _)| Warning::LineBreakInHeader(shown(name))));
        Ok((response, warnings))
    }
}

fn warnings(head: &Head<'_>, body: &[u8]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let closes = head.get("connection").is_some_and(|value| value.eq_ignore_ascii_case(b"close"));
    match head.get("content-length") {
        Some(declared) if length(declared) != Some(body.len()) => {
            warnings.push(Warning::LengthWrong { declared: shown(declared), actual: body.len() });
        }
        None if !closes && !body.is_empty() => warnings.push(Warning::LengthAdded),
        _ => {}
    }
    if head.get("transfer-encoding").is_some() {
        warnings.push(Warning::TransferEncoding);
    }
    if !head.complete {
        warnings.push(Warning::HeadUnfinished);
    }
    if head.bare_lf {
        warnings.push(Warning::BareLineFeed);
    }
    warnings.extend(head.odd.iter().map(|line| Warning::OddLine(shown(line))));
    let first = Head::read(&[b"\n", body].concat()).headers.first().map(|(name, _)| shown(name));
    let begins = |name: &String| body.starts_with(name.as_bytes());
    warnings.extend(first.filter(begins).map(Warning::HeaderInBody));
    warnings
}

/// Bytes for a message to people: cut, and nothing unprintable.
pub(super) fn shown(bytes: &[u8]) -> String {
    const SHOWN: usize = 80;
    let head = bytes.get(..SHOWN).unwrap_or(bytes);
    let mut text: String = String::from_utf8_lossy(head).chars().flat_map(char::escape_debug).collect();
    if head.len() < bytes.len() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_with_several_cookies() {
        let text = b"HTTP/1.1 200 OK\r\nSet-Cookie: A=1; Path=/\r\nSet-Cookie: B=2\r\nConnection: close\r\n\r\n\n<script/>";
        let (response, warnings) = Response::read(text).unwrap();
        assert_eq!((response.status, response.reason.as_slice()), (200, &b"OK"[..]));
        let names: Vec<_> = response.headers.iter().map(|(name, _)| name.as_slice()).collect();
        assert_eq!(names, [&b"Set-Cookie"[..], b"Set-Cookie", b"Connection"]);
        assert_eq!(response.body, b"\n<script/>");
        assert_eq!(warnings, []);
    }

    #[test]
    fn hand_counted_lengths_are_told_and_not_sent() {
        let (response, warnings) = Response::read(b"HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\nno").unwrap();
        assert!(response.headers.is_empty());
        assert_eq!(warnings, [Warning::LengthWrong { declared: "5".to_owned(), actual: 2 }]);
        assert_eq!(Response::read(b"HTTP/1.1 403\r\n\r\nno").unwrap().1, [Warning::LengthAdded]);
        assert_eq!(Response::read(b"HTTP/1.1 204\r\n\r\n").unwrap().1, []);
        assert_eq!(Response::read(b"HTTP/1.1 204\r\nA: b").unwrap().1, [Warning::HeadUnfinished]);
        assert_eq!(
            Response::read(b"HTTP/1.1 200\n\nX-Late: 1\n").unwrap().1,
            [Warning::LengthAdded, Warning::BareLineFeed, Warning::HeaderInBody("X-Late".to_owned())]
        );
        assert!(Response::read(b"<html>").is_err() && Response::read(b"").is_err());
    }

    #[test]
    fn a_smuggled_line_break_makes_a_header() {
        let target = b"/a\r\nSet-Cookie: evil=1".to_vec();
        let (response, warnings) =
            Response::assemble(302, b"Found", &[(b"Location".to_vec(), target)], b"").unwrap();
        let pairs: Vec<_> = response.headers.iter().map(|(n, v)| (n.as_slice(), v.as_slice())).collect();
        assert_eq!(pairs, [(&b"Location"[..], &b"/a"[..]), (b"Set-Cookie", b"evil=1")]);
        assert_eq!(warnings, [Warning::LineBreakInHeader("Location".to_owned())]);
    }
}
