//! Messages of the XML broker (the NFuse protocol of the XML service), in both directions.
//!
//! StoreFront asks it for a user's applications, for the least-loaded host of one, and for a logon ticket.
//! This module reads and writes the XML; who may see what, and which host is least loaded, its callers
//! decide.
//!
//! It speaks the questions a launch needs and those that scanners and monitors ask; session lists, launch
//! references and folders are not among them. Child order is not enforced and unknown elements are skipped,
//! because clients of fifteen years disagree on both. Replies keep the tags bare (`<AppData>`), because old
//! clients match text.
//!
//! Sources: published clients and captures; no specification is public.

mod app_data;
mod credentials;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::fmt;

pub use self::app_data::{Access, AppData};
pub use self::credentials::{Credentials, Password, PasswordEncoding, User};
pub use self::request::{
    AddressName, Request, RequestAddress, RequestAppData, RequestTicket, Scope, TICKET_TTL_SECONDS,
};
pub use self::response::{Response, ResponseAddress, ServerData};
use crate::ctx1::Ctx1Error;
use crate::host_port::HostPortError;
use crate::xml::{self, Element, Limits, Prolog, Rules, XmlError};

/// Where an XML broker listens. Peers differ in case: compare with [`is_path`].
pub const PATH: &str = "/scripts/wpnbr.dll";
/// The media type of requests and replies.
pub const CONTENT_TYPE: &str = "text/xml";

const ROOT: &str = "NFuseProtocol";
const DTD: &str = "NFuse.dtd";
/// The version written; any version is read, because replies may be newer than requests.
const VERSION: &str = "5.4";

/// Whether a request path is that of an XML broker.
pub fn is_path(path: &str) -> bool {
    path.eq_ignore_ascii_case(PATH)
}

/// Why bytes are no broker message, or a message can't be written. Holds no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// An address is not `host:port`.
    #[error("{field} is {source}")]
    Address {
        /// The element.
        field: &'static str,
        /// What is wrong with it.
        source: HostPortError,
    },
    /// A password that claims to be `ctx1` is not.
    #[error("password is {0}")]
    Ctx1(#[from] Ctx1Error),
    /// None of the messages of [`Kind`].
    #[error("not a message of the XML broker spoken here")]
    Message,
    /// A password encoding that needs a key exchange, or a password to be written that is not text.
    #[error("password encoding not supported")]
    PasswordEncoding,
    /// An element's text is not what it should be.
    #[error("{0} has an unusable value")]
    Value(&'static str),
    /// Not the XML it should be.
    #[error(transparent)]
    Xml(#[from] XmlError),
}

/// Which question is asked or answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Which host runs this application?
    Address,
    /// Which applications may this user start?
    AppData,
    /// Which optional features does the broker have?
    Capabilities,
    /// How does the broker want to be addressed?
    ProtocolInfo,
    /// Which hosts are in the farm?
    ServerData,
    /// What is the farm called?
    ServerFarmData,
    /// A logon ticket in place of a password.
    Ticket,
    /// Are these credentials right?
    ValidateCredentials,
}

impl Kind {
    /// Every kind, in alphabetical order.
    pub const ALL: [Self; 8] = [
        Self::Address,
        Self::AppData,
        Self::Capabilities,
        Self::ProtocolInfo,
        Self::ServerData,
        Self::ServerFarmData,
        Self::Ticket,
        Self::ValidateCredentials,
    ];

    /// The element's name after `Request` or `Response`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "Address",
            Self::AppData => "AppData",
            Self::Capabilities => "Capabilities",
            Self::ProtocolInfo => "ProtocolInfo",
            Self::ServerData => "ServerData",
            Self::ServerFarmData => "ServerFarmData",
            Self::Ticket => "Ticket",
            Self::ValidateCredentials => "ValidateCredentials",
        }
    }

    fn read(name: &str, direction: &str) -> Result<Self, BrokerError> {
        let kind = name.strip_prefix(direction).ok_or(BrokerError::Message)?;
        Self::ALL.into_iter().find(|known| known.as_str() == kind).ok_or(BrokerError::Message)
    }

    fn element(self, direction: &str) -> Element {
        Element::new(&format!("{direction}{}", self.as_str()))
    }
}

const REQUEST: &str = "Request";
const RESPONSE: &str = "Response";

/// Why a broker did not do what it was asked. Spelling and case are the wire's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each name is the wire's own words, and nobody publishes more about them")]
pub enum ErrorId {
    AccountDisabled,
    AccountLockedOut,
    ExpiredCredentials,
    FailedCredentials,
    FolderEnumerationDisabled,
    GroupEnumerationDisabled,
    InvalidLogonHours,
    MfserverOverloaded,
    MustChangeCredentials,
    NoAltAddress,
    NoServer,
    NotLicensed,
    NotTrusted,
    ServiceUnavailable,
    TicketingDisabled,
    Unspecified,
    VersionMismatch,
}

impl ErrorId {
    /// Every id, in alphabetical order.
    pub const ALL: [Self; 17] = [
        Self::AccountDisabled,
        Self::AccountLockedOut,
        Self::ExpiredCredentials,
        Self::FailedCredentials,
        Self::FolderEnumerationDisabled,
        Self::GroupEnumerationDisabled,
        Self::InvalidLogonHours,
        Self::MfserverOverloaded,
        Self::MustChangeCredentials,
        Self::NoAltAddress,
        Self::NoServer,
        Self::NotLicensed,
        Self::NotTrusted,
        Self::ServiceUnavailable,
        Self::TicketingDisabled,
        Self::Unspecified,
        Self::VersionMismatch,
    ];

    /// The id as sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountDisabled => "account-disabled",
            Self::AccountLockedOut => "account-locked-out",
            Self::ExpiredCredentials => "expired-credentials",
            Self::FailedCredentials => "failed-credentials",
            Self::FolderEnumerationDisabled => "FolderEnumeration-Disabled",
            Self::GroupEnumerationDisabled => "GroupEnumeration-Disabled",
            Self::InvalidLogonHours => "invalid-logon-hours",
            Self::MfserverOverloaded => "mfserver-overloaded",
            Self::MustChangeCredentials => "must-change-credentials",
            Self::NoAltAddress => "no-alt-address",
            Self::NoServer => "no-server",
            Self::NotLicensed => "not-licensed",
            Self::NotTrusted => "not-trusted",
            Self::ServiceUnavailable => "service-unavailable",
            Self::TicketingDisabled => "Ticketing-Disabled",
            Self::Unspecified => "unspecified",
            Self::VersionMismatch => "version-mismatch",
        }
    }

    /// An id this module does not know is an unspecified failure: it must never be taken for success.
    fn read(text: &str) -> Self {
        Self::ALL.into_iter().find(|id| id.as_str().eq_ignore_ascii_case(text)).unwrap_or(Self::Unspecified)
    }
}

impl fmt::Display for ErrorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a document and returns its one message.
fn open(document: &[u8], direction: &str, limits: Limits) -> Result<(Kind, Element), BrokerError> {
    let root = xml::read(document, &Rules { doctype: Some(ROOT), latin1: true, limits })?;
    match (root.name(), root.children()) {
        (ROOT, [message]) => Ok((Kind::read(message.name(), direction)?, message.clone())),
        _ => Err(BrokerError::Message),
    }
}

/// Writes a document around one message.
fn close(message: Element) -> Result<String, BrokerError> {
    let root = Element::new(ROOT).with_attribute("version", VERSION).with(message);
    Ok(xml::write(&root, Prolog::Doctype { system: DTD })?)
}

/// The exact text of an optional child; absent and empty are the same.
fn text(parent: &Element, name: &'static str) -> Result<String, XmlError> {
    Ok(parent.child(name)?.map_or("", Element::text).to_owned())
}

/// A leaf for text that may be absent: then there is no element.
fn optional(name: &str, text: &str) -> Option<Element> {
    (!text.is_empty()).then(|| Element::leaf(name, text))
}
