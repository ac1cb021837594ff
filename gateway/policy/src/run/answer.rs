//! The answer to a call-out, read from bytes as they come: RFC 9112 section 6, for one response.
//!
//! Not a client: it opens nothing and waits for nobody. Interim responses are skipped.

use super::head::{Head, length, status_line};
use crate::facts::Message;
use crate::limits::CALLOUT_ANSWER_BYTES;

/// Why an answer can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Larger than [`CALLOUT_ANSWER_BYTES`].
    #[error("the answer is longer than {CALLOUT_ANSWER_BYTES} bytes")]
    TooLong,
    /// No HTTP/1 response, or framed wrongly.
    #[error("the answer is no HTTP response")]
    Malformed,
    /// It ended before it was complete.
    #[error("the answer broke off")]
    Truncated,
}

/// An answer that is coming.
#[derive(Debug, Default)]
pub struct Answer {
    bytes: Vec<u8>,
    /// Where the search for the end of the head goes on.
    searched: usize,
    begun: Option<Begun>,
}

#[derive(Debug)]
struct Begun {
    message: Message,
    framing: Framing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

impl Answer {
    /// Takes bytes; the message once it is complete.
    ///
    /// # Errors
    /// When they can't become one.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Option<Message>, Unusable> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > CALLOUT_ANSWER_BYTES {
            return Err(Unusable::TooLong);
        }
        while self.begun.is_none() {
            if !self.take_head()? {
                return Ok(None);
            }
        }
        let Some(begun) = &mut self.begun else { return Ok(None) };
        let complete = match begun.framing {
            Framing::Length(length) => {
                let complete = self.bytes.len() >= length;
                self.bytes.truncate(length);
                complete
            }
            Framing::Chunked => take_chunks(&mut self.bytes, &mut begun.message.body)?,
            Framing::UntilClose => false,
        };
        Ok(if complete { self.take() } else { None })
    }

    /// The peer closed: what came is all there is.
    ///
    /// # Errors
    /// When it is not a whole message.
    pub fn end(mut self) -> Result<Message, Unusable> {
        let closes = self.begun.as_ref().is_some_and(|begun| begun.framing == Framing::UntilClose);
        closes.then(|| self.take()).flatten().ok_or(Unusable::Truncated)
    }

    fn take(&mut self) -> Option<Message> {
        let mut begun = self.begun.take()?;
        if begun.framing != Framing::Chunked {
            begun.message.body = std::mem::take(&mut self.bytes);
        }
        Some(begun.message)
    }

    /// Whether there was a head to take.
    fn take_head(&mut self) -> Result<bool, Unusable> {
        // Two bytes back, because an ending may have been split.
        let from = self.searched.saturating_sub(2);
        let rest = self.bytes.get(from..).unwrap_or_default();
        let ended =
            rest.windows(2).any(|pair| pair == b"\n\n") || rest.windows(3).any(|three| three == b"\n\r\n");
        self.searched = self.bytes.len();
        if !ended {
            return Ok(false);
        }
        let head = Head::read(&self.bytes);
        let (_, status, _) = status_line(head.start_line).ok_or(Unusable::Malformed)?;
        let framing = framing(&head, status)?;
        let (message, len) = (head.to_message(Vec::new()), head.len);
        self.bytes.drain(..len.min(self.bytes.len()));
        self.searched = 0;
        if status >= 200 {
            self.begun = Some(Begun { message, framing });
        }
        Ok(true)
    }
}

fn framing(head: &Head<'_>, status: u16) -> Result<Framing, Unusable> {
    if status < 200 || status == 204 || status == 304 {
        return Ok(Framing::Length(0));
    }
    match (head.get("transfer-encoding"), head.get("content-length")) {
        (Some(coding), _) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        (Some(_), _) => Err(Unusable::Malformed),
        (None, Some(value)) => length(value).map(Framing::Length).ok_or(Unusable::Malformed),
        (None, None) => Ok(Framing::UntilClose),
    }
}

/// Moves whole chunks from `bytes` to `body`; whether the last one was among them. Trailers are not waited for.
fn take_chunks(bytes: &mut Vec<u8>, body: &mut Vec<u8>) -> Result<bool, Unusable> {
    /// A size in hexadecimal and what extensions anybody writes.
    const SIZE_LINE: usize = 256;
    let mut taken = 0;
    let done = loop {
        let rest = bytes.get(taken..).unwrap_or_default();
        let Some(end) = rest.iter().take(SIZE_LINE).position(|byte| *byte == b'\n') else {
            if rest.len() >= SIZE_LINE {
                return Err(Unusable::Malformed);
            }
            break false;
        };
        let size = chunk_size(rest.get(..end).unwrap_or_default())?;
        if size == 0 {
            break true;
        }
        let data = end + 1;
        let Some(chunk) = rest.get(data..data.saturating_add(size)) else { break false };
        let after = rest.get(data + size..).unwrap_or_default();
        let ending = match after {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            [] | [b'\r'] => break false,
            _ => return Err(Unusable::Malformed),
        };
        body.extend_from_slice(chunk);
        taken += data + size + ending;
    };
    bytes.drain(..taken);
    if body.len() > CALLOUT_ANSWER_BYTES { Err(Unusable::TooLong) } else { Ok(done) }
}

fn chunk_size(line: &[u8]) -> Result<usize, Unusable> {
    let size = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let hex = !size.is_empty() && size.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(size).ok().filter(|_| hex);
    text.and_then(|text| usize::from_str_radix(text, 16).ok()).ok_or(Unusable::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], step: usize) -> Result<Message, Unusable> {
        let mut answer = Answer::default();
        for piece in bytes.chunks(step) {
            if let Some(message) = answer.push(piece)? {
                return Ok(message);
            }
        }
        answer.end()
    }

    #[test]
    fn every_framing_in_pieces_of_any_size() {
        let cases: [(&[u8], &[u8]); 6] = [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbodyrest", b"body"),
            (b"HTTP/1.1 200 OK\n\nuntil the end", b"until the end"),
            (b"HTTP/1.1 204 No\r\nContent-Length: 4\r\n\r\n", b""),
            (b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", b"abc0123456789"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b""),
        ];
        for (bytes, body) in cases {
            for step in 1..=bytes.len() {
                assert_eq!(
                    read(bytes, step).unwrap().body,
                    body,
                    "{step}: {}",
                    String::from_utf8_lossy(bytes)
                );
            }
        }
    }

    #[test]
    fn what_is_no_answer() {
        let cases: [(&[u8], Unusable); 8] = [
            (b"", Unusable::Truncated),
            (b"HTTP/1.1 200 OK\r\n", Unusable::Truncated),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", Unusable::Truncated),
            (b"ICA says hello\r\n\r\n", Unusable::Malformed),
            (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Unusable::Malformed),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", Unusable::Malformed),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Unusable::Malformed),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n", Unusable::Malformed),
        ];
        for (bytes, error) in cases {
            assert_eq!(read(bytes, 7).unwrap_err(), error, "{}", String::from_utf8_lossy(bytes));
        }
        let endless = vec![b'x'; CALLOUT_ANSWER_BYTES + 1];
        assert_eq!(read(&endless, 65_536).unwrap_err(), Unusable::TooLong);
        let huge = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx";
        assert_eq!(read(huge, 9).unwrap_err(), Unusable::Truncated);
    }
}
