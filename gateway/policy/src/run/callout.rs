//! The request of a call-out, from its parts or as one text. Reference: appexpert section 11.
//!
//! What an expression gives goes into the request as it is: a configuration that lets a cookie write headers is
//! reproduced. Only parameters are encoded, as documented.

use crate::conf::object::callout::{Callout, CalloutServer};

/// A request that must be sent before evaluation can go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The call-out's name, as configured.
    pub callout: String,
    /// Whom it asks.
    pub server: CalloutServer,
    /// `https`.
    pub tls: bool,
    /// Every byte to be sent, a wrong `Content-Length` included.
    pub bytes: Vec<u8>,
}

/// The values of a call-out's expressions.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) post: bool,
    pub(super) host: Option<Vec<u8>>,
    pub(super) stem: Option<Vec<u8>>,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) parameters: Vec<(String, Vec<u8>)>,
    pub(super) body: Option<Vec<u8>>,
}

impl Parts {
    /// The bytes of the request.
    pub(super) fn request(self, callout: &Callout) -> Vec<u8> {
        let parameters = encoded(&self.parameters);
        let stem = self.stem.unwrap_or_else(|| b"/".to_vec());
        let host = self.host.unwrap_or_else(|| host(callout).into_bytes());
        let mut bytes = if self.post { b"POST ".to_vec() } else { b"GET ".to_vec() };
        bytes.extend_from_slice(&stem);
        if !self.post && !parameters.is_empty() {
            bytes.push(if stem.contains(&b'?') { b'&' } else { b'?' });
            bytes.extend_from_slice(&parameters);
        }
        bytes.extend_from_slice(b" HTTP/1.1\r\nHost: ");
        bytes.extend_from_slice(&host);
        for (name, value) in &self.headers {
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
        }
        let form = self.body.is_none() && self.post && !parameters.is_empty();
        let body = self.body.unwrap_or(if form { parameters } else { Vec::new() });
        if form && !names(&self.headers, "content-type") {
            bytes.extend_from_slice(b"\r\nContent-Type: application/x-www-form-urlencoded");
        }
        if (self.post || !body.is_empty()) && !names(&self.headers, "content-length") {
            bytes.extend_from_slice(format!("\r\nContent-Length: {}", body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(&body);
        bytes
    }
}

fn names(headers: &[(String, Vec<u8>)], name: &str) -> bool {
    headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
}

/// Whom a request without a host expression names.
fn host(callout: &Callout) -> String {
    match &callout.server {
        Some(CalloutServer::Address { address, port }) => format!("{address}:{port}"),
        Some(CalloutServer::Vserver(name)) => name.clone(),
        None => String::new(),
    }
}

fn encoded(parameters: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in parameters {
        if !bytes.is_empty() {
            bytes.push(b'&');
        }
        encode(name.as_bytes(), &mut bytes);
        bytes.push(b'=');
        encode(value, &mut bytes);
    }
    bytes
}

/// RFC 3986 section 2.1, everything but unreserved characters.
fn encode(text: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            out.push(*byte);
        } else {
            out.push(b'%');
            out.extend([byte >> 4, byte & 15].iter().filter_map(|digit| HEX.get(usize::from(*digit))));
        }
    }
}
