//! `host:port`, as configurations and STA answers name a peer.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::limits::HOST_NAME_BYTES_MAX;

/// A host name or IP address, and a port. IPv6 literals are written in brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    host: String,
    port: u16,
}

/// Why a text is no `host:port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostPortError {
    /// No `:port` at the end, or the port is not 1 to 65535.
    #[error("expected host:port with a port from 1 to 65535")]
    Port,
    /// The host part is empty, longer than 253 bytes, or has a character no host name has.
    #[error("not a host name or IP address")]
    Host,
}

impl HostPort {
    /// Checks `host` and joins it with `port`.
    pub fn new(host: impl Into<String>, port: u16) -> Result<Self, HostPortError> {
        let host = host.into();
        if port == 0 {
            return Err(HostPortError::Port);
        }
        if !is_host(&host) {
            return Err(HostPortError::Host);
        }
        Ok(Self { host, port })
    }

    /// The host as written, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

fn is_host(host: &str) -> bool {
    if host.parse::<IpAddr>().is_ok() {
        return true;
    }
    // RFC 1123 §2.1 letters, digits and hyphens in non-empty labels; the underscore is common in labs.
    !host.is_empty()
        && host.len() <= HOST_NAME_BYTES_MAX
        && host.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

impl FromStr for HostPort {
    type Err = HostPortError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = text.rsplit_once(':').ok_or(HostPortError::Port)?;
        // `u16::from_str` takes a leading plus sign; a port has none.
        if !port.bytes().all(|b| b.is_ascii_digit()) {
            return Err(HostPortError::Port);
        }
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        Self::new(host, port.parse().map_err(|_| HostPortError::Port)?)
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_addresses_and_brackets() {
        for text in ["vda01:1494", "192.0.2.7:2598", "[2001:db8::1]:443", "a-b.c_d.test:1"] {
            assert_eq!(text.parse::<HostPort>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refusals() {
        for (text, why) in [
            ("vda01", HostPortError::Port),
            ("vda01:", HostPortError::Host),
            ("vda01:0", HostPortError::Port),
            ("vda01:+1", HostPortError::Port),
            ("vda01:65536", HostPortError::Port),
            (":1494", HostPortError::Host),
            ("a..b:1", HostPortError::Host),
            ("a b:1", HostPortError::Host),
            ("user@host:1", HostPortError::Host),
        ] {
            let refused = text.parse::<HostPort>();
            assert!(refused.is_err(), "{text} should be refused as {why}");
        }
        assert_eq!("a b:1".parse::<HostPort>(), Err(HostPortError::Host));
        assert_eq!("vda01".parse::<HostPort>(), Err(HostPortError::Port));
    }
}
