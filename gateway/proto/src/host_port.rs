//! A host and a port as peers write them: `xa1.example:1494`, `192.0.2.10:2598`, `[2001:db8::1]:443`.
//!
//! Checks the spelling only; whether anybody may connect there is the gateway's decision. A spelling that two
//! resolvers could read differently (`127.1`, `0x7f.1`, empty labels, a final dot, percent signs) is refused.
//!
//! Specification: RFC 3986 section 3.2 narrowed by RFC 1123 section 2.1; underscores are ours, because
//! Windows host names have them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::limits::{HOST_LABEL_MAX_BYTES, HOST_MAX_BYTES};

/// A lower-case DNS name or an address literal, and a port that is not 0.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPort {
    host: String,
    port: u16,
}

/// Why a text is not a host, or not a host with a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostPortError {
    /// Not a DNS name, not a canonical address literal.
    #[error("not a host name or address")]
    Host,
    /// No `:port` where one is needed, or not a decimal number from 1 to 65535 without leading zeros.
    #[error("not a port")]
    Port,
}

impl HostPort {
    /// Checks `host` (IPv6 literals in brackets or bare) and makes it lower-case.
    ///
    /// # Errors
    /// [`HostPortError`] says which half is wrong.
    pub fn new(host: &str, port: u16) -> Result<Self, HostPortError> {
        if port == 0 {
            return Err(HostPortError::Port);
        }
        let host = match host.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => host.to_ascii_lowercase(),
        };
        check_host(&host)?;
        Ok(Self { host, port })
    }

    /// The lower-case host; an IPv6 literal stands in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address, when the host is one and no name.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.trim_matches(['[', ']']).parse().ok()
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostPort({self})")
    }
}

impl FromStr for HostPort {
    type Err = HostPortError;

    fn from_str(text: &str) -> Result<Self, HostPortError> {
        let (host, port) = text.rsplit_once(':').ok_or(HostPortError::Port)?;
        // `2001:db8::1` has a last colon too; without brackets it has no port.
        if host.contains(':') && !host.starts_with('[') {
            return Err(HostPortError::Host);
        }
        Self::new(host, parse_port(port)?)
    }
}

/// A decimal port from 1 to 65535 in its only spelling.
pub(crate) fn parse_port(text: &str) -> Result<u16, HostPortError> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) || text.starts_with('0') {
        return Err(HostPortError::Port);
    }
    text.parse().map_err(|_| HostPortError::Port)
}

/// Checks a host in its canonical, lower-case spelling.
pub(crate) fn check_host(host: &str) -> Result<(), HostPortError> {
    if let Some(literal) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Ipv6Addr = literal.parse().map_err(|_| HostPortError::Host)?;
        return if address.to_string() == literal { Ok(()) } else { Err(HostPortError::Host) };
    }
    if host.is_empty() || host.len() > HOST_MAX_BYTES || !host.split('.').all(is_label) {
        return Err(HostPortError::Host);
    }
    // A name whose last label is numeric is read as an IPv4 address, octal and hexadecimal forms included.
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    if numeric && host.parse::<Ipv4Addr>().is_err() { Err(HostPortError::Host) } else { Ok(()) }
}

fn is_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    (1..=HOST_LABEL_MAX_BYTES).contains(&label.len())
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spells_hosts_one_way() {
        for (text, expected) in [
            ("XA1.Example:1494", "xa1.example:1494"),
            ("192.0.2.10:2598", "192.0.2.10:2598"),
            ("[2001:db8::1]:443", "[2001:db8::1]:443"),
            ("win_01:80", "win_01:80"),
        ] {
            assert_eq!(text.parse::<HostPort>().expect(text).to_string(), expected);
        }
        let address = HostPort::new("2001:DB8:0::1", 443).unwrap();
        assert_eq!((address.host(), address.ip()), ("[2001:db8::1]", Some("2001:db8::1".parse().unwrap())));
        assert_eq!("xa1.example:1".parse::<HostPort>().unwrap().ip(), None);
    }

    #[test]
    fn refuses_spellings_that_can_be_read_twice() {
        for host in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "-a",
            "a-",
            "a b",
            "a%62",
            "u@a",
            "a\\b",
            "a/b",
            "127.1",
            "0x7f.1",
            "1.2.3.256",
            "010.0.0.1",
            "[::1",
            "[0:0::1]",
            "[::1%eth0]",
            "é",
            "a:b",
        ] {
            assert_eq!(format!("{host}:80").parse::<HostPort>(), Err(HostPortError::Host), "{host}");
        }
        for text in ["a", "a:", "a:0", "a:080", "a:65536", "a:+1", "a: 1"] {
            assert_eq!(text.parse::<HostPort>(), Err(HostPortError::Port), "{text}");
        }
        assert_eq!(HostPort::new("a", 0), Err(HostPortError::Port));
    }

    proptest! {
        #[test]
        fn what_is_accepted_reads_back(text in "[a-z0-9.:_\\[\\]-]{1,12}:[0-9]{1,5}") {
            if let Ok(parsed) = text.parse::<HostPort>() {
                prop_assert_eq!(parsed.to_string().parse(), Ok(parsed));
            }
        }
    }
}
