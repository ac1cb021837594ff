//! What StoreFront, scanners and monitors ask an XML broker.

use super::{BrokerError, Credentials, Kind, REQUEST, close, open, optional, text};
use crate::xml::{Element, Limits, XmlError};

/// One question to an XML broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Which host runs this application?
    Address(RequestAddress),
    /// Which applications may this user start?
    AppData(RequestAppData),
    /// Which optional features does the broker have?
    Capabilities,
    /// How does the broker want to be addressed?
    ProtocolInfo,
    /// Which hosts, of all types, are in the farm?
    ServerData,
    /// What is the farm called?
    ServerFarmData,
    /// A logon ticket in place of a password.
    Ticket(RequestTicket),
    /// Are these credentials right?
    ValidateCredentials(Credentials),
}

/// The question for applications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestAppData {
    /// How deep to look.
    pub scope: Scope,
    /// One application by its internal name; empty for all.
    pub app_name: String,
    /// What to tell of each: `defaults`, `access-list`, `icon-info`, `all` …
    pub details: Vec<String>,
    /// In whose name; scanners and monitors ask in nobody's.
    pub credentials: Option<Credentials>,
    /// The client's name, empty for none.
    pub client_name: String,
    /// The client's address in dotted form, empty for none.
    pub client_address: String,
}

/// How deep the broker looks into its application folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The top folder only.
    OneLevel,
    /// All folders.
    Subtree,
}

/// The question for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestAddress {
    /// What the host must run.
    pub name: AddressName,
    /// The client's name, empty for none.
    pub client_name: String,
    /// In whose name, where the broker cares.
    pub credentials: Option<Credentials>,
}

/// What a host is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressName {
    /// An application by its internal name.
    App(String),
    /// An application or, with a `*` at the end, any host of a farm.
    Unspecified(String),
}

/// Life of a logon ticket that clients ask for, in seconds.
pub const TICKET_TTL_SECONDS: u32 = 3600;

/// The wish for a logon ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestTicket {
    /// Whose password the ticket replaces.
    pub credentials: Credentials,
    /// The opaque tag of the address answer, empty for none.
    pub ticket_tag: String,
    /// Life in seconds, usually [`TICKET_TTL_SECONDS`].
    pub time_to_live_seconds: u32,
}

impl Request {
    /// Which question this is: the kind a failure answers to.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Address(_) => Kind::Address,
            Self::AppData(_) => Kind::AppData,
            Self::Capabilities => Kind::Capabilities,
            Self::ProtocolInfo => Kind::ProtocolInfo,
            Self::ServerData => Kind::ServerData,
            Self::ServerFarmData => Kind::ServerFarmData,
            Self::Ticket(_) => Kind::Ticket,
            Self::ValidateCredentials(_) => Kind::ValidateCredentials,
        }
    }

    /// Reads a request document.
    ///
    /// # Errors
    /// [`BrokerError`]; a broker answers with `unspecified`, or with an HTTP error when it can't tell the
    /// kind.
    pub fn parse(document: &[u8]) -> Result<Self, BrokerError> {
        let (kind, message) = open(document, REQUEST, Limits::default())?;
        Ok(match kind {
            Kind::Address => Self::Address(RequestAddress::read(&message)?),
            Kind::AppData => Self::AppData(RequestAppData::read(&message)?),
            Kind::Capabilities => Self::Capabilities,
            Kind::ProtocolInfo => Self::ProtocolInfo,
            Kind::ServerData => Self::ServerData,
            Kind::ServerFarmData => Self::ServerFarmData,
            Kind::Ticket => Self::Ticket(RequestTicket::read(&message)?),
            Kind::ValidateCredentials => Self::ValidateCredentials(Credentials::required(&message)?),
        })
    }

    /// Writes the request document. It may hold a password that anybody can read.
    ///
    /// # Errors
    /// [`XmlError::Forbidden`] for characters XML can't carry, [`BrokerError::PasswordEncoding`] for a
    /// password that is not text.
    pub fn write(&self) -> Result<String, BrokerError> {
        let message = self.kind().element(REQUEST);
        close(match self {
            Self::Address(request) => request.element(message)?,
            Self::AppData(request) => request.element(message)?,
            Self::Capabilities | Self::ServerFarmData => message.with(Element::new("Nil")),
            Self::ProtocolInfo => message.with(addressed("ServerAddress")),
            Self::ServerData => {
                message.with(Element::leaf("ServerType", "all")).with(Element::leaf("ClientType", "all"))
            }
            Self::Ticket(request) => request.element(message)?,
            Self::ValidateCredentials(credentials) => message.with(credentials.element()?),
        })
    }
}

impl RequestAppData {
    /// All applications of a user, with the details every client asks for.
    pub fn new(credentials: Credentials) -> Self {
        Self {
            scope: Scope::Subtree,
            app_name: String::new(),
            details: vec!["defaults".to_owned()],
            credentials: Some(credentials),
            client_name: String::new(),
            client_address: String::new(),
        }
    }

    fn read(message: &Element) -> Result<Self, BrokerError> {
        let scope = match message.child("Scope")?.and_then(|scope| scope.attribute("traverse")) {
            Some("onelevel") => Scope::OneLevel,
            Some("subtree") | None => Scope::Subtree,
            Some(_) => return Err(BrokerError::Value("Scope")),
        };
        Ok(Self {
            scope,
            app_name: text(message, "AppName")?,
            details: message
                .children_named("DesiredDetails")
                .map(|detail| detail.token().to_owned())
                .collect(),
            credentials: Credentials::read(message)?,
            client_name: text(message, "ClientName")?,
            client_address: text(message, "ClientAddress")?,
        })
    }

    fn element(&self, message: Element) -> Result<Element, BrokerError> {
        let traverse = match self.scope {
            Scope::OneLevel => "onelevel",
            Scope::Subtree => "subtree",
        };
        let address = optional("ClientAddress", &self.client_address);
        Ok(message
            .with(Element::new("Scope").with_attribute("traverse", traverse))
            .with_all(optional("AppName", &self.app_name))
            .with_all(self.details.iter().map(|detail| Element::leaf("DesiredDetails", detail)))
            .with(Element::leaf("ServerType", "all"))
            .with(Element::leaf("ClientType", "all"))
            .with_all(self.credentials.as_ref().map(Credentials::element).transpose()?)
            .with_all(optional("ClientName", &self.client_name))
            .with_all(address.map(|address| address.with_attribute("addresstype", "dot"))))
    }
}

impl RequestAddress {
    fn read(message: &Element) -> Result<Self, BrokerError> {
        let name = message.required("Name")?;
        let name = match (name.child("AppName")?, name.child("UnspecifiedName")?) {
            (Some(app), None) => AddressName::App(app.text().to_owned()),
            (None, Some(any)) => AddressName::Unspecified(any.text().to_owned()),
            _ => return Err(BrokerError::Xml(XmlError::Missing("AppName"))),
        };
        let client_name = text(message, "ClientName")?;
        Ok(Self { name, client_name, credentials: Credentials::read(message)? })
    }

    fn element(&self, message: Element) -> Result<Element, BrokerError> {
        let name = match &self.name {
            AddressName::App(name) => Element::leaf("AppName", name),
            AddressName::Unspecified(name) => Element::leaf("UnspecifiedName", name),
        };
        Ok(message
            .with(Element::new("Name").with(name))
            .with_all(optional("ClientName", &self.client_name))
            .with(addressed("ClientAddress"))
            .with(addressed("ServerAddress"))
            .with(Element::new("Flags"))
            .with_all(self.credentials.as_ref().map(Credentials::element).transpose()?))
    }
}

impl RequestTicket {
    fn read(message: &Element) -> Result<Self, BrokerError> {
        if message.child("TicketType")?.is_some_and(|kind| kind.token() != LOGON_TICKET) {
            return Err(BrokerError::Value("TicketType"));
        }
        // The wire's own spelling of the name, and the correct one.
        let life = match message.child("TimetoLive")? {
            Some(life) => Some(life),
            None => message.child("TimeToLive")?,
        };
        let time_to_live_seconds = match life {
            None => TICKET_TTL_SECONDS,
            Some(life) => life.token().parse().map_err(|_| BrokerError::Value("TimetoLive"))?,
        };
        let credentials = Credentials::required(message)?;
        Ok(Self { credentials, ticket_tag: text(message, "TicketTag")?, time_to_live_seconds })
    }

    fn element(&self, message: Element) -> Result<Element, BrokerError> {
        Ok(message
            .with(self.credentials.element()?)
            .with(Element::leaf("TicketType", LOGON_TICKET))
            .with_all(optional("TicketTag", &self.ticket_tag))
            .with(Element::leaf("TimetoLive", &self.time_to_live_seconds.to_string())))
    }
}

const LOGON_TICKET: &str = "CtxLogon";

/// An empty address element that says in which form an answer is wanted.
fn addressed(name: &str) -> Element {
    Element::new(name).with_attribute("addresstype", "dns-port")
}
