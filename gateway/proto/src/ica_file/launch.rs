//! What an ICA file says when the session goes through a gateway.

use super::{IcaFileError, Ini, Section};
use crate::host_port::{HostPort, HostPortError, parse_port};
use crate::secret::Secret;
use crate::ticket::Ticket;

/// Port of a gateway that names none.
const GATEWAY_PORT: u16 = 443;
/// Port of CGP on a host.
const CGP_PORT: u16 = 2598;

/// A launch through a gateway. Everything else an ICA file can say is left at the client's defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchFile {
    /// The published name, which is also the name of the file's connection section.
    pub application: String,
    /// `Address`: the gateway traversal ticket.
    pub ticket: Ticket,
    /// `SSLProxyHost`: the gateway.
    pub gateway: HostPort,
    /// `LogonTicket`, of type `CTXS1`.
    pub logon_ticket: Option<Secret>,
    /// Session reliability, when the host offers it and the ticket's version allows it.
    pub session_reliability: Option<SessionReliability>,
    /// `TransportReconnectEnabled`: auto client reconnect.
    pub auto_client_reconnect: bool,
    /// `LaunchReference`: opaque text of the broker.
    pub launch_reference: Option<String>,
    /// `UILocale`, such as `en`.
    pub locale: Option<String>,
}

/// Session reliability as an ICA file asks for it: `CGPAddress=*:port` and `CGPSecurityTicket=On`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionReliability {
    /// The host's CGP port.
    pub port: u16,
    /// `SessionReliabilityTTL` in seconds; `None` leaves the client's 180.
    pub ttl_seconds: Option<u32>,
}

impl Default for SessionReliability {
    fn default() -> Self {
        Self { port: CGP_PORT, ttl_seconds: None }
    }
}

impl LaunchFile {
    /// A launch without session reliability and without a logon ticket.
    pub fn new(application: &str, ticket: Ticket, gateway: HostPort) -> Self {
        Self {
            application: application.to_owned(),
            ticket,
            gateway,
            logon_ticket: None,
            session_reliability: None,
            auto_client_reconnect: true,
            launch_reference: None,
            locale: None,
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// [`IcaFileError::Forbidden`] when the application's name or another text has characters that would
    /// break a line, [`IcaFileError::Duplicate`] when the application is named like a section every file has,
    /// [`IcaFileError::Value`] for session reliability under a ticket older than version 40.
    pub fn write(&self) -> Result<Secret, IcaFileError> {
        let mut ini = Ini::default();
        let mut add = |name: &str, entries: &[(&str, &str)]| {
            let mut section = Section::new(name)?;
            entries.iter().try_for_each(|(key, value)| section.set(key, value))?;
            ini.push(section)
        };
        let reconnect = if self.auto_client_reconnect { "On" } else { "Off" };
        add("Encoding", &[("InputEncoding", "UTF8")])?;
        add(
            "WFClient",
            &[
                ("Version", "2"),
                ("ProxyType", "Auto"),
                ("RemoveICAFile", "yes"),
                ("TransportReconnectEnabled", reconnect),
            ],
        )?;
        add("ApplicationServers", &[(&self.application, "")])?;
        ini.push(self.connection()?)?;
        Ok(Secret::new(ini.write()))
    }

    fn connection(&self) -> Result<Section, IcaFileError> {
        let mut section = Section::new(&self.application)?;
        section.set("Address", text(&self.ticket.to_wire(), "Address")?)?;
        if let Some(reliability) = self.session_reliability {
            if !self.ticket.version().has_session_reliability() {
                return Err(IcaFileError::Value("CGPAddress"));
            }
            section.set("CGPAddress", &format!("*:{}", reliability.port))?;
            section.set("CGPSecurityTicket", "On")?;
            if let Some(seconds) = reliability.ttl_seconds {
                section.set("SessionReliabilityTTL", &seconds.to_string())?;
            }
        }
        section.set("SSLEnable", "On")?;
        section.set("SSLProxyHost", &self.gateway.to_string())?;
        section.set("BrowserProtocol", "HTTPonTCP")?;
        section.set("HTTPBrowserAddress", "!")?;
        section.set("InitialProgram", &format!("#{}", self.application))?;
        if let Some(ticket) = &self.logon_ticket {
            section.set("LogonTicket", text(ticket, "LogonTicket")?)?;
            section.set("LogonTicketType", "CTXS1")?;
        }
        if let Some(reference) = &self.launch_reference {
            section.set("LaunchReference", reference)?;
        }
        section.set("TransportDriver", "TCP/IP")?;
        section.set("WinStationDriver", "ICA 3.0")?;
        if let Some(locale) = &self.locale {
            section.set("UILocale", locale)?;
        }
        Ok(section)
    }

    /// Reads a file, skipping every key it does not know.
    ///
    /// # Errors
    /// [`IcaFileError`] when the file is malformed or is not a launch through a gateway.
    pub fn parse(file: &[u8]) -> Result<Self, IcaFileError> {
        let ini = Ini::parse(file)?;
        let servers = ini.section("ApplicationServers").ok_or(IcaFileError::Missing("ApplicationServers"))?;
        let (application, _) = servers.entries().next().ok_or(IcaFileError::Missing("ApplicationServers"))?;
        let section = ini.section(application).ok_or(IcaFileError::Missing("application section"))?;
        let required = |key| section.get(key).ok_or(IcaFileError::Missing(key));
        if !required("SSLEnable")?.eq_ignore_ascii_case("On") {
            return Err(IcaFileError::Value("SSLEnable"));
        }
        // The setting may stand in either place, the more special one first; the client's default is on.
        let places = [Some(section), ini.section("WFClient")];
        let reconnect = places.into_iter().flatten().find_map(|place| place.get("TransportReconnectEnabled"));
        Ok(Self {
            application: application.to_owned(),
            ticket: required("Address")?.parse()?,
            gateway: gateway(required("SSLProxyHost")?)?,
            logon_ticket: section.get("LogonTicket").map(Secret::from),
            session_reliability: session_reliability(section)?,
            auto_client_reconnect: reconnect.is_none_or(|value| value.eq_ignore_ascii_case("On")),
            launch_reference: section.get("LaunchReference").map(str::to_owned),
            locale: section.get("UILocale").map(str::to_owned),
        })
    }

    /// The ticket in place of an address.
    pub fn address(&self) -> &Ticket {
        &self.ticket
    }

    /// The gateway's host and port.
    pub fn ssl_proxy_host(&self) -> &HostPort {
        &self.gateway
    }
}

fn text<'a>(secret: &'a Secret, key: &'static str) -> Result<&'a str, IcaFileError> {
    secret.expose_str().ok_or(IcaFileError::Value(key))
}

fn gateway(value: &str) -> Result<HostPort, IcaFileError> {
    let parsed = match value.parse() {
        Err(HostPortError::Port) if !value.contains(':') => HostPort::new(value, GATEWAY_PORT),
        other => other,
    };
    parsed.map_err(|source| IcaFileError::Address { key: "SSLProxyHost", source })
}

fn session_reliability(section: &Section) -> Result<Option<SessionReliability>, IcaFileError> {
    let Some(address) = section.get("CGPAddress") else { return Ok(None) };
    // `*` is the host of `Address`; through a gateway no other host makes sense.
    let port = address.strip_prefix("*:").ok_or(IcaFileError::Value("CGPAddress"))?;
    let port = parse_port(port).map_err(|source| IcaFileError::Address { key: "CGPAddress", source })?;
    let ttl_seconds = section
        .get("SessionReliabilityTTL")
        .map(|seconds| seconds.parse().map_err(|_| IcaFileError::Value("SessionReliabilityTTL")))
        .transpose()?;
    Ok(Some(SessionReliability { port, ttl_seconds }))
}
