//! The path of a clientless request and the URL it stands for, with exactly one spelling each.

use std::fmt;
use std::str::FromStr;

use super::PREFIX;
use crate::host_port::{check_host, parse_port};
use crate::limits::CVPN_URL_MAX_BYTES;

/// Why a path or URL is not served. Everything refused here is refused before any look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The host is not a lower-case DNS name without a final dot, nor a canonical address literal.
    #[error("host not in its canonical form")]
    Host,
    /// Not below `/cvpn/`, or not an absolute URL.
    #[error("not an address of the clientless proxy")]
    Form,
    /// The URL is well-formed, and nobody published its target.
    #[error("target is not published")]
    NotPublished,
    /// The path has a character that must be percent-encoded, a backslash or a fragment.
    #[error("path has a forbidden character")]
    Path,
    /// The port is not a decimal number from 1 to 65535 without leading zeros.
    #[error("malformed port")]
    Port,
    /// A scheme other than `http` and `https`, or not in lower case.
    #[error("scheme not supported")]
    Scheme,
    /// Longer than allowed.
    #[error("address too long")]
    TooLong,
    /// There is a user name in front of the host.
    #[error("user information in front of the host")]
    UserInfo,
}

/// How a target is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// HTTP without TLS.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// The lower-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port used when none is written.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    fn read(text: &str) -> Result<Self, Refusal> {
        match text {
            "http" => Ok(Self::Http),
            "https" => Ok(Self::Https),
            _ => Err(Refusal::Scheme),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Scheme, host and port of a site behind the gateway. Equal targets are spelled equally.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    scheme: Scheme,
    host: String,
    port: u16,
}

impl Target {
    /// A target whose `host` is canonical: lower case, an IPv6 literal in brackets.
    ///
    /// # Errors
    /// [`Refusal::Host`], or [`Refusal::Port`] for port 0.
    pub fn new(scheme: Scheme, host: &str, port: u16) -> Result<Self, Refusal> {
        check_host(host).map_err(|_| Refusal::Host)?;
        if port == 0 {
            return Err(Refusal::Port);
        }
        Ok(Self { scheme, host: host.to_owned(), port })
    }

    /// How to speak to it.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The lower-case host; an IPv6 literal stands in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host`, or `host:port` when the port is not the scheme's own: the value of a `Host` header.
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Reads `host[:port]`, strictly.
    pub(super) fn read(scheme: Scheme, authority: &str) -> Result<Self, Refusal> {
        if authority.contains('@') {
            return Err(Refusal::UserInfo);
        }
        match authority.rsplit_once(':').filter(|_| !authority.ends_with(']')) {
            Some((host, port)) => Self::new(scheme, host, parse_port(port).map_err(|_| Refusal::Port)?),
            None => Self::new(scheme, authority, scheme.default_port()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

impl FromStr for Target {
    type Err = Refusal;

    /// Reads an origin as people write it, in any case, with or without a final slash.
    fn from_str(origin: &str) -> Result<Self, Refusal> {
        let url = CvpnUrl::from_url(origin)?;
        if url.path_and_query == "/" { Ok(url.target) } else { Err(Refusal::Path) }
    }
}

/// An absolute URL behind the gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct CvpnUrl {
    target: Target,
    path_and_query: String,
}

impl CvpnUrl {
    /// Joins a target and a path; an empty path is `/`.
    ///
    /// # Errors
    /// [`Refusal::Path`] or [`Refusal::TooLong`].
    pub fn new(target: Target, path_and_query: &str) -> Result<Self, Refusal> {
        if path_and_query.len() > CVPN_URL_MAX_BYTES {
            return Err(Refusal::TooLong);
        }
        if !path_and_query.bytes().all(is_path_byte) {
            return Err(Refusal::Path);
        }
        let path_and_query = match path_and_query.bytes().next() {
            Some(b'/') => path_and_query.to_owned(),
            None | Some(b'?') => format!("/{path_and_query}"),
            Some(_) => return Err(Refusal::Path),
        };
        Ok(Self { target, path_and_query })
    }

    /// Reads the path and query of a request: `/cvpn/https/intranet.example:8443/a?b`.
    ///
    /// # Errors
    /// Any [`Refusal`] but `NotPublished`.
    pub fn parse(path: &str) -> Result<Self, Refusal> {
        if path.len() > CVPN_URL_MAX_BYTES {
            return Err(Refusal::TooLong);
        }
        let (scheme, rest) =
            path.strip_prefix(PREFIX).and_then(|rest| rest.split_once('/')).ok_or(Refusal::Form)?;
        Self::read(Scheme::read(scheme)?, rest)
    }

    /// Reads an absolute URL as people and pages write it: scheme and host in any case, no fragment.
    ///
    /// # Errors
    /// Any [`Refusal`] but `NotPublished`.
    pub fn from_url(url: &str) -> Result<Self, Refusal> {
        if url.len() > CVPN_URL_MAX_BYTES {
            return Err(Refusal::TooLong);
        }
        let (scheme, rest) = url.split_once("://").ok_or(Refusal::Form)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let target =
            Target::read(Scheme::read(&scheme.to_ascii_lowercase())?, &authority.to_ascii_lowercase())?;
        Self::new(target, path)
    }

    fn read(scheme: Scheme, rest: &str) -> Result<Self, Refusal> {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        Self::new(Target::read(scheme, authority)?, path)
    }

    /// Where the URL leads.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What to ask there; starts with `/`.
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// The form below `/cvpn/`.
    pub fn to_path(&self) -> String {
        format!("{PREFIX}{}/{}{}", self.target.scheme, self.target.authority(), self.path_and_query)
    }
}

impl fmt::Display for CvpnUrl {
    /// The absolute URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.target, self.path_and_query)
    }
}

impl fmt::Debug for CvpnUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The query may carry a token.
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        write!(f, "CvpnUrl({}{path})", self.target)
    }
}

/// Printable ASCII except what browsers read as something else, and what could end an attribute.
fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#' | b'"' | b'<' | b'>')
}
