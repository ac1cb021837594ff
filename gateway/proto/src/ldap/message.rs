//! LDAPMessage and the operations of a log-in (RFC 4511 sections 4.1.1, 4.2, 4.3, 4.12).

use super::ber::{BerError, INTEGER, OCTET_STRING, Reader, SEQUENCE, Writer, text};
use super::outcome::Outcome;
use super::search::{Entry, SearchRequest};
use crate::secret::Secret;

const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const UNBIND_REQUEST: u8 = 0x42;
const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const SEARCH_REFERENCE: u8 = 0x73;
const EXTENDED_REQUEST: u8 = 0x77;
const EXTENDED_RESPONSE: u8 = 0x78;

/// `[0] OCTET STRING` in a bind: the simple way.
const SIMPLE: u8 = 0x80;
/// `[0]` in an extended request: its name.
const REQUEST_NAME: u8 = 0x80;
/// `[10]` in an extended response.
const RESPONSE_NAME: u8 = 0x8a;
/// `[11]` in an extended response.
const RESPONSE_VALUE: u8 = 0x8b;

/// The only version of LDAP there is.
const VERSION: u32 = 3;
/// Room for what a message has besides its long texts: tags, lengths, numbers.
const ENVELOPE_BYTES: usize = 64;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Chosen by the client, the same in every answer; 0 in what a server says unasked.
    pub id: u32,
    /// What it is about.
    pub op: Op,
}

/// What a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// A simple bind.
    BindRequest {
        /// Whom to become; empty for nobody.
        dn: String,
        /// The password; empty for nobody.
        password: Secret,
    },
    /// The answer to a bind.
    BindResponse(Outcome),
    /// The client leaves.
    UnbindRequest,
    /// A search.
    SearchRequest(SearchRequest),
    /// Something found.
    SearchEntry(Entry),
    /// Elsewhere there may be more: the first of the URIs.
    SearchReference(String),
    /// A search is over.
    SearchDone(Outcome),
    /// An extended operation.
    ExtendedRequest {
        /// Its object identifier.
        name: String,
    },
    /// The answer to one.
    ExtendedResponse(ExtendedResponse),
    /// Anything else, a bind that is not simple included, by its tag.
    Other(u8),
}

/// The answer to an extended operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedResponse {
    /// How it ended.
    pub outcome: Outcome,
    /// Object identifier of the answer.
    pub name: Option<String>,
    /// What the operation gives.
    pub value: Option<Vec<u8>>,
}

impl Op {
    /// The tag of a bind, by which a server knows one that is not simple.
    pub const BIND: u8 = BIND_REQUEST;
}

impl Message {
    /// Reads one whole message. Controls are read over.
    pub fn decode(bytes: &[u8]) -> Result<Self, BerError> {
        let mut outer = Reader::new(bytes);
        let mut reader = outer.inside(SEQUENCE)?;
        outer.end()?;
        let id = reader.number(INTEGER)?;
        let (tag, content) = reader.any()?;
        Ok(Self { id, op: Op::read(tag, content)? })
    }

    /// The message as bytes. They may hold a password.
    pub fn encode(&self) -> Secret {
        let long = match &self.op {
            Op::BindRequest { dn, password } => dn.len() + password.len(),
            _ => 0,
        };
        let mut writer = Writer::new(long + ENVELOPE_BYTES);
        writer.constructed(SEQUENCE, |message| {
            message.number(INTEGER, self.id);
            self.op.write(message);
        });
        writer.finish()
    }
}

impl Op {
    fn read(tag: u8, content: &[u8]) -> Result<Self, BerError> {
        let mut reader = Reader::new(content);
        Ok(match tag {
            BIND_REQUEST => return Self::read_bind(reader),
            BIND_RESPONSE => Self::BindResponse(Outcome::read(&mut reader)?),
            UNBIND_REQUEST => Self::UnbindRequest,
            SEARCH_REQUEST => Self::SearchRequest(SearchRequest::read(reader)?),
            SEARCH_ENTRY => Self::SearchEntry(Entry::read(reader)?),
            SEARCH_REFERENCE => Self::SearchReference(reader.text(OCTET_STRING)?),
            SEARCH_DONE => Self::SearchDone(Outcome::read(&mut reader)?),
            EXTENDED_REQUEST => Self::ExtendedRequest { name: reader.text(REQUEST_NAME)? },
            EXTENDED_RESPONSE => Self::ExtendedResponse(ExtendedResponse::read(reader)?),
            other => Self::Other(other),
        })
    }

    fn read_bind(mut reader: Reader<'_>) -> Result<Self, BerError> {
        if reader.number(INTEGER)? != VERSION {
            return Ok(Self::Other(BIND_REQUEST));
        }
        let dn = reader.text(OCTET_STRING)?;
        Ok(match reader.optional(SIMPLE)? {
            Some(password) => Self::BindRequest { dn, password: Secret::from(password) },
            None => Self::Other(BIND_REQUEST),
        })
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::BindRequest { dn, password } => writer.constructed(BIND_REQUEST, |bind| {
                bind.number(INTEGER, VERSION);
                bind.bytes(OCTET_STRING, dn);
                bind.bytes(SIMPLE, password.expose());
            }),
            Self::BindResponse(outcome) => writer.constructed(BIND_RESPONSE, |it| outcome.write(it)),
            Self::UnbindRequest => writer.bytes(UNBIND_REQUEST, ""),
            Self::SearchRequest(search) => writer.constructed(SEARCH_REQUEST, |it| search.write(it)),
            Self::SearchEntry(entry) => writer.constructed(SEARCH_ENTRY, |it| entry.write(it)),
            Self::SearchReference(uri) => {
                writer.constructed(SEARCH_REFERENCE, |it| it.bytes(OCTET_STRING, uri));
            }
            Self::SearchDone(outcome) => writer.constructed(SEARCH_DONE, |it| outcome.write(it)),
            Self::ExtendedRequest { name } => {
                writer.constructed(EXTENDED_REQUEST, |it| it.bytes(REQUEST_NAME, name));
            }
            Self::ExtendedResponse(response) => {
                writer.constructed(EXTENDED_RESPONSE, |it| response.write(it));
            }
            Self::Other(tag) => writer.bytes(*tag, ""),
        }
    }
}

impl ExtendedResponse {
    /// A response that is its outcome.
    pub fn new(outcome: Outcome) -> Self {
        Self { outcome, name: None, value: None }
    }

    fn read(mut reader: Reader<'_>) -> Result<Self, BerError> {
        let outcome = Outcome::read(&mut reader)?;
        let name = reader.optional(RESPONSE_NAME)?.map(text).transpose()?;
        let value = reader.optional(RESPONSE_VALUE)?.map(<[u8]>::to_vec);
        Ok(Self { outcome, name, value })
    }

    fn write(&self, writer: &mut Writer) {
        self.outcome.write(writer);
        if let Some(name) = &self.name {
            writer.bytes(RESPONSE_NAME, name);
        }
        if let Some(value) = &self.value {
            writer.bytes(RESPONSE_VALUE, value);
        }
    }
}
