//! Which resource a request is for: path and query, written and read.

use super::Key;

/// The only domain the published text uses.
pub(super) const DOMAIN: &str = "default";

/// Where every resource of the server is.
pub const BASE: &str = "/tfa/api/5.5/default/";

/// A resource of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `POST`: a log-in begins.
    Auth {
        /// `applicationKey`, `/` in the published text.
        application: String,
        /// `userKey`: who logs in.
        user: String,
    },
    /// `PUT`: a log-in goes on.
    Challenge(Key),
}

/// Not a resource of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a resource of this server")]
pub struct TargetError;

impl Target {
    /// Path and query. Whatever the user's name holds, it stays inside its value (SR-6).
    pub fn write(&self) -> String {
        match self {
            Self::Auth { application, user } => {
                format!("{BASE}auth?applicationKey={}&userKey={}", encoded(application), encoded(user))
            }
            Self::Challenge(key) => format!("{BASE}challenge/{}", key.expose()),
        }
    }

    /// Reads path and query.
    ///
    /// # Errors
    /// [`TargetError`] when it is neither resource, or a query value is missing, doubled or badly encoded.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let rest = text.strip_prefix(BASE).ok_or(TargetError)?;
        if let Some(key) = rest.strip_prefix("challenge/") {
            return key.parse().map(Self::Challenge).map_err(|_| TargetError);
        }
        let query = rest.strip_prefix("auth?").ok_or(TargetError)?;
        let (mut application, mut user) = (None, None);
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').ok_or(TargetError)?;
            let slot = match name {
                "applicationKey" => &mut application,
                "userKey" => &mut user,
                _ => return Err(TargetError),
            };
            if slot.replace(decoded(value).ok_or(TargetError)?).is_some() {
                return Err(TargetError);
            }
        }
        let (application, user) = application.zip(user).ok_or(TargetError)?;
        Ok(Self::Auth { application, user })
    }
}

/// Percent-encoding (RFC 3986 section 2). A slash may stand in a query, and does in the published text.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}
