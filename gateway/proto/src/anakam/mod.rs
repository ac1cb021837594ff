//! The REST conversation with an Anakam.TFA server, the second factor by passcode and registered device, in both
//! directions.
//!
//! A log-in gets an [`AuthenticationToken`] by `POST …/auth`, then sends [`Request`]s by `PUT …/challenge/<key>`:
//! deliver a passcode, name what is required, check the passcode and register the device. A registered device
//! needs one request only. This module reads and writes targets and XML; when to ask what, and what an answer is
//! worth, is its callers' business.
//!
//! Specification: none is public. The messages are those that a published integration text shows. What a server
//! says to a wrong passcode or an unknown device is not shown anywhere: the status `rejected`, and
//! `parameters_required` once more, are ours.

mod request;
mod response;
mod target;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use self::request::{Ask, Request};
pub use self::response::{Message, Response, Status, Step};
pub use self::target::{BASE, Target, TargetError};
use crate::secret::Secret;
use crate::xml::{self, Element, Prolog, Rules, XmlError};

/// The media type of requests and answers.
pub const CONTENT_TYPE: &str = "application/xml";

/// Why bytes are no message of this conversation. Holds no key and no passcode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnakamError {
    /// A key that is no UUID.
    #[error("a key is no UUID")]
    Key,
    /// Not the XML it should be.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// A parameter that must be there is not, or is there twice, or has no meaning here.
    #[error("parameter {0} is missing, doubled or meaningless")]
    Parameter(&'static str),
    /// A word that this conversation does not have.
    #[error("unknown {0}")]
    Word(&'static str),
}

/// An authentication key or a device key: a UUID in its usual text form. Who has one can speak for somebody, so it
/// is never printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(Secret);

impl Key {
    /// A key from random bytes, as a server makes it (RFC 9562, version 4).
    pub fn from_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = String::with_capacity(36);
        for (at, byte) in bytes.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.push_str(&format!("{byte:02x}"));
        }
        Self(Secret::new(text))
    }

    /// The plain text.
    pub fn expose(&self) -> &str {
        // Only hexadecimal digits and hyphens are let in.
        self.0.expose_str().unwrap_or_default()
    }
}

impl FromStr for Key {
    type Err = AnakamError;

    fn from_str(text: &str) -> Result<Self, AnakamError> {
        let groups: Vec<&str> = text.split('-').collect();
        let uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
            && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
        // UUIDs are compared without regard to case (RFC 9562 section 4).
        if uuid { Ok(Self(Secret::new(text.to_ascii_lowercase()))) } else { Err(AnakamError::Key) }
    }
}

/// The answer to `POST …/auth`: a log-in of a user begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationToken {
    /// Who logs in.
    pub user: String,
    /// For which application.
    pub application: String,
    /// What every further message of this log-in carries.
    pub key: Key,
}

impl AuthenticationToken {
    const ROOT: &'static str = "AuthenticationToken";
    const CREATED: &'static str = "TOKEN_CREATED";

    /// Reads a document. Only a created token is one; what else it says of itself (profile, date) is read over.
    ///
    /// # Errors
    /// [`AnakamError`] when it is another document or its key is none.
    pub fn parse(document: &[u8]) -> Result<Self, AnakamError> {
        let root = xml::read(document, &Rules::default())?;
        if root.name() != Self::ROOT || root.required("Status")?.token() != Self::CREATED {
            return Err(AnakamError::Word("token"));
        }
        Ok(Self {
            user: root.required("UserKey")?.token().to_owned(),
            application: root.required("ApplicationKey")?.token().to_owned(),
            key: root.required("AuthenticationKey")?.token().parse()?,
        })
    }

    /// Writes the document.
    ///
    /// # Errors
    /// [`AnakamError::Xml`] when user or application has a character that XML forbids.
    pub fn write(&self) -> Result<String, AnakamError> {
        let root = Element::new(Self::ROOT)
            .with(Element::leaf("DomainKey", target::DOMAIN))
            .with(Element::leaf("UserKey", &self.user))
            .with(Element::leaf("AuthenticationKey", self.key.expose()))
            .with(Element::leaf("ApplicationKey", &self.application))
            .with(Element::leaf("Status", Self::CREATED));
        Ok(xml::write(&root, Prolog::Bare)?)
    }
}

/// A word of the protocol and what it stands for.
trait Word: Copy + PartialEq + 'static {
    const WORDS: &'static [(&'static str, Self)];

    fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, it)| *it == self).map_or("", |(word, _)| word)
    }

    fn read(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, it)| *it)
    }
}

/// The `parameter` elements of a message: each name once.
struct Parameters<'a>(Vec<(&'a str, &'a Element)>);

impl<'a> Parameters<'a> {
    fn of(root: &'a Element) -> Result<Self, AnakamError> {
        let list = root.child("parameters")?.map_or(&[][..], Element::children);
        let mut parameters = Vec::new();
        for parameter in list.iter().filter(|element| element.name() == "parameter") {
            // One published request has blanks around a name.
            let name = parameter.attribute("name").map(str::trim).ok_or(AnakamError::Parameter("name"))?;
            if parameters.iter().any(|(known, _)| *known == name) {
                return Err(AnakamError::Parameter("name"));
            }
            parameters.push((name, parameter));
        }
        Ok(Self(parameters))
    }

    fn element(&self, name: &str) -> Option<&'a Element> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, element)| *element)
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.element(name)?.attribute("value")
    }

    fn required(&self, name: &'static str) -> Result<&'a str, AnakamError> {
        self.value(name).ok_or(AnakamError::Parameter(name))
    }
}

fn parameter(name: &str, value: &str) -> Element {
    Element::new("parameter").with_attribute("name", name).with_attribute("value", value)
}

const AUTHENTICATION_KEY: &str = "authenticationKey";
const DEVICE_KEY: &str = "deviceKey";
const PASSCODE: &str = "user.passcode";
const REGISTER: &str = "user.register.device";
const DURATION: &str = "user.register.device.duration";

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
