//! The head of an HTTP/1 message, read leniently: line feeds alone end lines, odd lines are kept out and told.
//!
//! It is for texts that a configuration wrote (responses, call-out requests), for files with requests and for
//! answers of call-outs; the gateway's own requests come parsed. Specification: RFC 9112 sections 2 to 5.

use crate::facts::Message;
use crate::limits::MESSAGE_HEADERS;

/// Everything up to and with the first empty line.
#[derive(Debug)]
pub(super) struct Head<'a> {
    pub(super) start_line: &'a [u8],
    pub(super) headers: Vec<(&'a [u8], &'a [u8])>,
    /// Lines that are no headers: no colon, or a name that is no token.
    pub(super) odd: Vec<&'a [u8]>,
    /// Lines ended with a line feed alone.
    pub(super) bare_lf: bool,
    /// The empty line was there.
    pub(super) complete: bool,
    /// Bytes of the head; the body begins here.
    pub(super) len: usize,
}

impl<'a> Head<'a> {
    /// Reads the head of `bytes`. Headers beyond [`MESSAGE_HEADERS`] count as odd lines.
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let mut head = Head {
            start_line: &[],
            headers: Vec::new(),
            odd: Vec::new(),
            bare_lf: false,
            complete: false,
            len: 0,
        };
        for (number, raw) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            head.len += raw.len();
            let line = head.without_ending(raw);
            match number {
                0 => head.start_line = line,
                _ if line.is_empty() && raw.ends_with(b"\n") => {
                    head.complete = true;
                    break;
                }
                _ => match header(line) {
                    Some(pair) if head.headers.len() < MESSAGE_HEADERS => head.headers.push(pair),
                    _ => head.odd.push(line),
                },
            }
        }
        head
    }

    fn without_ending(&mut self, raw: &'a [u8]) -> &'a [u8] {
        if let Some(line) = raw.strip_suffix(b"\r\n") {
            return line;
        }
        let line = raw.strip_suffix(b"\n");
        self.bare_lf |= line.is_some();
        line.unwrap_or(raw)
    }

    /// The first header of this name.
    pub(super) fn get(&self, name: &str) -> Option<&'a [u8]> {
        let named = |(own, _): &&(&[u8], &[u8])| own.eq_ignore_ascii_case(name.as_bytes());
        self.headers.iter().find(named).map(|(_, value)| *value)
    }

    /// The message with this head.
    pub(super) fn to_message(&self, body: Vec<u8>) -> Message {
        let headers = self.headers.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        Message { start_line: self.start_line.to_vec(), headers, body }
    }
}

/// A request or response as it stands in a file or on the wire, its body everything after the empty line.
#[must_use]
pub fn message(bytes: &[u8]) -> Message {
    let head = Head::read(bytes);
    head.to_message(bytes.get(head.len..).unwrap_or_default().to_vec())
}

/// The three parts of a status line: version, code, reason.
pub(super) fn status_line(line: &[u8]) -> Option<(&[u8], u16, &[u8])> {
    let mut parts = line.splitn(3, |byte| *byte == b' ');
    let version = parts.next()?;
    let code = std::str::from_utf8(parts.next()?).ok()?;
    let code = code.parse().ok().filter(|status| code.len() == 3 && (100..=599).contains(status))?;
    version.starts_with(b"HTTP/").then_some((version, code, parts.next().unwrap_or_default()))
}

/// The length that a `Content-Length` value gives.
pub(super) fn length(value: &[u8]) -> Option<usize> {
    let digits = std::str::from_utf8(value).ok()?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?.trim_ascii());
    let readable = !value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t');
    (is_token(name) && readable).then_some((name, value))
}

/// RFC 9110 section 5.6.2.
fn is_token(name: &[u8]) -> bool {
    let tchar = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(tchar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_head_and_leaves_the_body() {
        let text = b"GET / HTTP/1.1\r\nHost: gw\r\nCookie:  a=b \r\n\r\nrest\r\n\r\n";
        let head = Head::read(text);
        assert_eq!(head.start_line, b"GET / HTTP/1.1");
        assert_eq!(head.headers, [(&b"Host"[..], &b"gw"[..]), (b"Cookie", b"a=b")]);
        assert!(head.complete && !head.bare_lf && head.odd.is_empty());
        assert_eq!(message(text).body, b"rest\r\n\r\n");
        assert_eq!(head.get("COOKIE"), Some(&b"a=b"[..]));
    }

    #[test]
    fn lenient_about_endings_and_strict_about_names() {
        let head = Head::read(b"HTTP/1.1 200 OK\nA: 1\nno header\nB C: 2\n folded: 3\nD: x\0y\n\nbody");
        assert_eq!(head.headers, [(&b"A"[..], &b"1"[..])]);
        assert_eq!(head.odd, [&b"no header"[..], b"B C: 2", b" folded: 3", b"D: x\0y"]);
        assert!(head.bare_lf && head.complete);
        let cut = Head::read(b"HTTP/1.1 200 OK\r\nA: 1");
        assert!(!cut.complete);
        assert_eq!((cut.headers.len(), cut.len), (1, 21));
        assert_eq!(Head::read(b"").start_line, b"");
    }

    #[test]
    fn reads_status_lines_and_lengths() {
        assert_eq!(status_line(b"HTTP/1.1 200 OK then"), Some((&b"HTTP/1.1"[..], 200, &b"OK then"[..])));
        assert_eq!(status_line(b"HTTP/1.1 404"), Some((&b"HTTP/1.1"[..], 404, &b""[..])));
        for wrong in
            [&b"HTTP/1.1"[..], b"HTTP/1.1 20 x", b"HTTP/1.1 0200 x", b"HTTP/1.1 999 x", b"GET / HTTP/1.1"]
        {
            assert_eq!(status_line(wrong), None, "{wrong:?}");
        }
        assert_eq!(length(b"12"), Some(12));
        assert!(
            [&b"+1"[..], b"-1", b"", b"1 2", b"99999999999999999999999"]
                .iter()
                .all(|text| length(text).is_none())
        );
    }
}
