//! What an XML broker answers.

use std::net::IpAddr;

use super::{AppData, BrokerError, ErrorId, Kind, RESPONSE, close, open, optional, text};
use crate::host_port::HostPort;
use crate::limits::{BROKER_REPLY_ELEMENTS_MAX, BROKER_REPLY_MAX_BYTES};
use crate::secret::Secret;
use crate::xml::{Element, Limits};

/// One answer of an XML broker. HTTP carries it with status 200, failures too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// The host that will run the application.
    Address(ResponseAddress),
    /// The applications the user may start, possibly none.
    AppData(Vec<AppData>),
    /// The optional features, by id.
    Capabilities(Vec<String>),
    /// The credentials are right.
    CredentialsValid {
        /// Days until the password expires, when the user should be warned.
        days_until_password_expiry: Option<u32>,
    },
    /// The broker did not do what the request of that kind asked.
    Error {
        /// Which request.
        kind: Kind,
        /// Why.
        id: ErrorId,
    },
    /// The broker is fine with the address it was asked at.
    ProtocolInfo,
    /// The farm's hosts.
    ServerData(Vec<ServerData>),
    /// The farm's name.
    ServerFarmData(String),
    /// The logon ticket.
    Ticket(Secret),
}

/// Where a session will run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseAddress {
    /// The host and its ICA port.
    pub server_address: HostPort,
    /// Opaque text for the ticket request that follows, empty for none.
    pub ticket_tag: String,
    /// Where the host accepts TLS, if it does.
    pub ssl_relay_address: Option<HostPort>,
}

/// One host of the farm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerData {
    /// The host's name.
    pub server_name: String,
}

/// The port ICA listens on when an address has none.
const ICA_PORT: u16 = 1494;

impl Response {
    /// Reads a response document.
    ///
    /// # Errors
    /// [`BrokerError`]: also for an answer without the wanted elements, which a caller treats like a broker
    /// that is down.
    pub fn parse(document: &[u8]) -> Result<Self, BrokerError> {
        let limits = Limits {
            bytes: BROKER_REPLY_MAX_BYTES,
            elements: BROKER_REPLY_ELEMENTS_MAX,
            text_bytes: BROKER_REPLY_MAX_BYTES,
            ..Limits::default()
        };
        let (kind, message) = open(document, RESPONSE, limits)?;
        if let Some(id) = message.child("ErrorId")? {
            return Ok(Self::Error { kind, id: ErrorId::read(id.token()) });
        }
        let texts = |name: &'static str| message.children_named(name).map(|leaf| leaf.token().to_owned());
        Ok(match kind {
            Kind::Address => Self::Address(ResponseAddress::read(&message)?),
            Kind::AppData => {
                let apps = message.required("AppDataSet")?.children_named("AppData");
                Self::AppData(apps.map(AppData::read).collect::<Result<_, _>>()?)
            }
            Kind::Capabilities => Self::Capabilities(texts("CapabilityId").collect()),
            Kind::ProtocolInfo => Self::ProtocolInfo,
            Kind::ServerData => {
                let name = |data: &Element| {
                    Ok(ServerData { server_name: data.required("ServerName")?.text().to_owned() })
                };
                Self::ServerData(
                    message.children_named("ServerData").map(name).collect::<Result<_, BrokerError>>()?,
                )
            }
            Kind::ServerFarmData => {
                let farm = message.required("ServerFarmData")?.required("ServerFarmName")?;
                Self::ServerFarmData(farm.text().to_owned())
            }
            Kind::Ticket => Self::Ticket(Secret::from(message.required("Ticket")?.token())),
            Kind::ValidateCredentials => {
                let days = message.child("DaysUntilPasswordExpiry")?.map(|days| days.token().parse());
                let days = days.transpose().map_err(|_| BrokerError::Value("DaysUntilPasswordExpiry"))?;
                Self::CredentialsValid { days_until_password_expiry: days }
            }
        })
    }

    /// Which question this answers.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Address(_) => Kind::Address,
            Self::AppData(_) => Kind::AppData,
            Self::Capabilities(_) => Kind::Capabilities,
            Self::CredentialsValid { .. } => Kind::ValidateCredentials,
            Self::Error { kind, .. } => *kind,
            Self::ProtocolInfo => Kind::ProtocolInfo,
            Self::ServerData(_) => Kind::ServerData,
            Self::ServerFarmData(_) => Kind::ServerFarmData,
            Self::Ticket(_) => Kind::Ticket,
        }
    }

    /// Writes the response document.
    ///
    /// # Errors
    /// [`XmlError::Forbidden`](crate::xml::XmlError::Forbidden) for characters XML can't carry,
    /// [`BrokerError::Value`] for a logon ticket that is not text.
    pub fn write(&self) -> Result<String, BrokerError> {
        let message = self.kind().element(RESPONSE);
        close(match self {
            Self::Address(address) => address.element(message),
            Self::AppData(apps) => message.with(
                Element::new("AppDataSet")
                    .with(Element::new("Scope").with_attribute("traverse", "subtree"))
                    .with_all(apps.iter().map(AppData::element)),
            ),
            Self::Capabilities(ids) => {
                message.with_all(ids.iter().map(|id| Element::leaf("CapabilityId", id)))
            }
            Self::CredentialsValid { days_until_password_expiry: None } => message,
            Self::CredentialsValid { days_until_password_expiry: Some(days) } => message
                .with(Element::leaf("DaysUntilPasswordExpiry", &days.to_string()))
                .with(Element::leaf("ShowPasswordExpiryWarning", "true")),
            Self::Error { id, .. } => message.with(Element::leaf("ErrorId", id.as_str())),
            Self::ProtocolInfo => {
                message.with(Element::new("ServerAddress").with_attribute("addresstype", "no-change"))
            }
            Self::ServerData(servers) => message.with_all(servers.iter().map(ServerData::element)),
            Self::ServerFarmData(name) => {
                message.with(Element::new("ServerFarmData").with(Element::leaf("ServerFarmName", name)))
            }
            Self::Ticket(ticket) => {
                let ticket = ticket.expose_str().ok_or(BrokerError::Value("Ticket"))?;
                message.with(Element::leaf("Ticket", ticket))
            }
        })
    }
}

impl ResponseAddress {
    fn read(message: &Element) -> Result<Self, BrokerError> {
        let server_address = read_address(message.required("ServerAddress")?, "ServerAddress")?;
        let relay = message.child("SSLRelayAddress")?;
        let ssl_relay_address = relay.map(|relay| read_address(relay, "SSLRelayAddress")).transpose()?;
        Ok(Self { server_address, ticket_tag: text(message, "TicketTag")?, ssl_relay_address })
    }

    fn element(&self, message: Element) -> Element {
        let relay = self.ssl_relay_address.as_ref();
        message
            .with(address("ServerAddress", &self.server_address))
            .with(Element::leaf("ServerType", "win32"))
            .with(Element::leaf("ConnectionType", "tcp"))
            .with(Element::leaf("ClientType", "ica30"))
            .with_all(optional("TicketTag", &self.ticket_tag))
            .with_all(relay.map(|relay| address("SSLRelayAddress", relay)))
    }
}

impl ServerData {
    fn element(&self) -> Element {
        Element::new("ServerData")
            .with(Element::leaf("ServerName", &self.server_name))
            .with(Element::leaf("ServerType", "win32"))
            .with(Element::leaf("ClientType", "ica30"))
    }
}

/// Reads `host:port`, or a host alone when the broker says the form has no port.
fn read_address(element: &Element, field: &'static str) -> Result<HostPort, BrokerError> {
    let parsed = match element.attribute("addresstype") {
        Some("dot" | "dns") => HostPort::new(element.token(), ICA_PORT),
        _ => element.token().parse(),
    };
    parsed.map_err(|source| BrokerError::Address { field, source })
}

fn address(name: &str, address: &HostPort) -> Element {
    let form = if matches!(address.ip(), Some(IpAddr::V4(_))) { "dot-port" } else { "dns-port" };
    Element::leaf(name, &address.to_string()).with_attribute("addresstype", form)
}
