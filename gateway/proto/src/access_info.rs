//! The call-back: StoreFront asks the gateway what it knows about a session (`GetAccessInformation`, SOAP
//! 1.1).
//!
//! Reads and writes both directions. It does not decide: which peer may call, whether the session exists, and
//! that an unknown session and a foreign one get the same fault is the gateway's business. The session id
//! here is a handle made for this call, never the session cookie, and nevertheless a [`Secret`].
//!
//! Sources: the request is vendor documentation. The result's element names are ours, because its content is
//! not public; it carries SmartAccess pairs of farm (the virtual server's name) and condition (the session
//! policy's).

use crate::secret::Secret;
use crate::xml::{self, Element, Prolog, Rules, XmlError};

/// Where the gateway answers the call-back.
pub const PATH: &str = "/CitrixAuthService/AuthService.asmx";
/// The value of the `SOAPAction` header, without its quotes.
pub const SOAP_ACTION: &str =
    "http://citrix.com/SecureAccessManager/AuthenticationService/V3.0/GetAccessInformation";
/// The media type of requests and replies.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SERVICE: &str = "http://citrix.com/SecureAccessManager/AuthenticationService/V3.0";
/// Hexadecimal characters of a session handle.
const SESSION_ID_CHARS: usize = 32;

/// Why bytes are no call-back message. Holds nothing of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessInfoError {
    /// A SOAP envelope with something else inside, or none at all.
    #[error("not a GetAccessInformation message")]
    Message,
    /// The session id is not 32 hexadecimal characters.
    #[error("malformed session id")]
    SessionId,
    /// Not the XML it should be.
    #[error(transparent)]
    Xml(#[from] XmlError),
}

/// Whether the value of a `SOAPAction` header, with or without quotes, names this call.
pub fn is_soap_action(value: &str) -> bool {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value) == SOAP_ACTION
}

/// The question: what is known about this session?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    session_id: Secret,
    /// The user StoreFront believes the session belongs to.
    pub username: String,
    /// That user's domain, perhaps empty.
    pub domain: String,
}

impl Request {
    /// Checks the form of `session_id`: 32 hexadecimal characters.
    ///
    /// # Errors
    /// [`AccessInfoError::SessionId`].
    pub fn new(session_id: impl Into<Secret>, username: &str, domain: &str) -> Result<Self, AccessInfoError> {
        let session_id = session_id.into();
        let hexadecimal = session_id.expose().iter().all(u8::is_ascii_hexdigit);
        if session_id.len() != SESSION_ID_CHARS || !hexadecimal {
            return Err(AccessInfoError::SessionId);
        }
        Ok(Self { session_id, username: username.to_owned(), domain: domain.to_owned() })
    }

    /// The handle the gateway gave out for this call.
    pub fn session_id(&self) -> &Secret {
        &self.session_id
    }

    /// Reads a request envelope.
    ///
    /// # Errors
    /// [`AccessInfoError`]; the gateway answers every one with the same fault.
    pub fn parse(document: &[u8]) -> Result<Self, AccessInfoError> {
        let call = open(document)?;
        if !call.is(SERVICE, "GetAccessInformation") {
            return Err(AccessInfoError::Message);
        }
        let domain = call.child("domain")?.map_or("", Element::text);
        Self::new(call.required("sessionId")?.token(), call.required("username")?.text(), domain)
    }

    /// Writes the request envelope.
    ///
    /// # Errors
    /// [`XmlError::Forbidden`] when user or domain have characters XML can't carry.
    pub fn write(&self) -> Result<String, XmlError> {
        // `new` let hexadecimal characters in and nothing else, so the text is always there.
        let session_id = self.session_id.expose_str().unwrap_or_default();
        close(
            service("GetAccessInformation")
                .with(service_leaf("sessionId", session_id))
                .with(service_leaf("username", &self.username))
                .with(service_leaf("domain", &self.domain)),
        )
    }
}

/// One SmartAccess pair.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessCondition {
    /// The gateway's virtual server.
    pub farm: String,
    /// The session policy that applied to the user.
    pub condition: String,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// The session is known; the policies that applied, possibly none. HTTP status 200.
    Conditions(Vec<AccessCondition>),
    /// The call failed. HTTP status 500.
    Fault(Fault),
}

/// A SOAP 1.1 fault (section 4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whose fault it is.
    pub code: FaultCode,
    /// A sentence for people.
    pub reason: String,
}

/// Whose fault it is. The other two codes of SOAP 1.1 blame the request and read as `Client`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultCode {
    /// The request's.
    Client,
    /// The service's; also every code that is not known.
    Server,
}

impl FaultCode {
    /// The code as written, without a prefix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::Server => "Server",
        }
    }

    /// Reads a code with any prefix; what follows a dot is detail.
    fn read(text: &str) -> Self {
        let local = text.rsplit_once(':').map_or(text, |(_, local)| local);
        match local.split('.').next() {
            Some("Client" | "MustUnderstand" | "VersionMismatch") => Self::Client,
            _ => Self::Server,
        }
    }
}

impl Response {
    /// The one fault for every session the caller may not ask about, whatever the reason.
    pub fn unknown_session() -> Self {
        Self::Fault(Fault { code: FaultCode::Client, reason: "The session is not known.".to_owned() })
    }

    /// The HTTP status the answer travels with (SOAP 1.1 section 6.2).
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Conditions(_) => 200,
            Self::Fault(_) => 500,
        }
    }

    /// Reads a reply envelope.
    ///
    /// # Errors
    /// [`AccessInfoError`].
    pub fn parse(document: &[u8]) -> Result<Self, AccessInfoError> {
        let reply = open(document)?;
        if reply.is(SOAP, "Fault") {
            let code = FaultCode::read(reply.required("faultcode")?.token());
            return Ok(Self::Fault(Fault { code, reason: reply.required("faultstring")?.text().to_owned() }));
        }
        if !reply.is(SERVICE, "GetAccessInformationResponse") {
            return Err(AccessInfoError::Message);
        }
        let pairs = reply.required("GetAccessInformationResult")?.children_named("AccessCondition");
        let conditions = pairs.map(|pair| {
            let text = |name| Ok::<_, XmlError>(pair.required(name)?.text().to_owned());
            Ok(AccessCondition { farm: text("Farm")?, condition: text("Condition")? })
        });
        conditions.collect::<Result<_, _>>().map(Self::Conditions)
    }

    /// Writes the reply envelope.
    ///
    /// # Errors
    /// [`XmlError::Forbidden`] for characters XML can't carry.
    pub fn write(&self) -> Result<String, XmlError> {
        let condition = |pair: &AccessCondition| {
            service("AccessCondition")
                .with(service_leaf("Farm", &pair.farm))
                .with(service_leaf("Condition", &pair.condition))
        };
        close(match self {
            Self::Conditions(pairs) => service("GetAccessInformationResponse")
                .with(service("GetAccessInformationResult").with_all(pairs.iter().map(condition))),
            Self::Fault(fault) => Element::new("Fault")
                .in_namespace(SOAP)
                .with(Element::leaf("faultcode", fault.code.as_str()))
                .with(Element::leaf("faultstring", &fault.reason)),
        })
    }
}

/// Reads an envelope and returns the one element in its body. Headers are ignored: none is understood, and
/// one that
/// *must* be understood (SOAP 1.1 section 4.2.3) is not sent by these peers.
fn open(document: &[u8]) -> Result<Element, AccessInfoError> {
    let envelope = xml::read(document, &Rules::default())?;
    if !envelope.is(SOAP, "Envelope") {
        return Err(AccessInfoError::Message);
    }
    let body = envelope.required("Body")?;
    match body.children() {
        [message] if body.is(SOAP, "Body") => Ok(message.clone()),
        _ => Err(AccessInfoError::Message),
    }
}

fn close(message: Element) -> Result<String, XmlError> {
    let body = Element::new("Body").in_namespace(SOAP).with(message);
    xml::write(&Element::new("Envelope").in_namespace(SOAP).with(body), Prolog::Declaration)
}

fn service(name: &str) -> Element {
    Element::new(name).in_namespace(SERVICE)
}

fn service_leaf(name: &str, text: &str) -> Element {
    Element::leaf(name, text).in_namespace(SERVICE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::xml::tests::text;

    const SESSION: &str = "00112233445566778899aabbccddeeff";

    /// As a .NET client writes it.
    const REQUEST: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <soap:Body>
    <GetAccessInformation xmlns="http://citrix.com/SecureAccessManager/AuthenticationService/V3.0">
      <sessionId>00112233445566778899aabbccddeeff</sessionId>
      <username>alice</username>
      <domain>CORP</domain>
    </GetAccessInformation>
  </soap:Body>
</soap:Envelope>"#;

    #[test]
    fn reads_the_documented_request() {
        let request = Request::parse(REQUEST.as_bytes()).unwrap();
        assert_eq!(request, Request::new(SESSION, "alice", "CORP").unwrap());
        assert!(!format!("{request:?}").contains("0011"));
        assert!(is_soap_action(&format!("\"{SOAP_ACTION}\"")));
        assert!(!is_soap_action("http://example/GetAccessInformation"));
    }

    #[test]
    fn golden_replies() {
        let envelope = |inside: &str| {
            format!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\">\
                 <Body>{inside}</Body></Envelope>"
            )
        };
        let known =
            Response::Conditions(vec![AccessCondition { farm: "vs_gw".into(), condition: "pol_a".into() }]);
        let unknown = Response::unknown_session();
        for (response, status, golden) in [
            (
                known,
                200,
                "<GetAccessInformationResponse xmlns=\"http://citrix.com/SecureAccessManager/AuthenticationService/V3.0\">\
                 <GetAccessInformationResult><AccessCondition><Farm>vs_gw</Farm><Condition>pol_a</Condition>\
                 </AccessCondition></GetAccessInformationResult></GetAccessInformationResponse>",
            ),
            (
                unknown,
                500,
                "<Fault><faultcode xmlns=\"\">Client</faultcode>\
                 <faultstring xmlns=\"\">The session is not known.</faultstring></Fault>",
            ),
        ] {
            assert_eq!(response.write().unwrap(), envelope(golden));
            assert_eq!(response.http_status(), status);
            assert_eq!(Response::parse(envelope(golden).as_bytes()), Ok(response));
        }
    }

    #[test]
    fn prefixes_do_not_matter_but_namespaces_do() {
        let prefixed = REQUEST.replace("soap:", "S:").replace("xmlns:soap", "xmlns:S");
        assert!(Request::parse(prefixed.as_bytes()).is_ok());
        let foreign = REQUEST.replace("V3.0", "V4.0");
        assert_eq!(Request::parse(foreign.as_bytes()), Err(AccessInfoError::Message));
        let other_soap = REQUEST.replace("/soap/envelope/", "/soap12/");
        assert_eq!(Request::parse(other_soap.as_bytes()), Err(AccessInfoError::Message));
    }

    #[test]
    fn refuses_the_rest() {
        for (from, to, error) in [
            (SESSION, "0011", AccessInfoError::SessionId),
            (SESSION, "g0112233445566778899aabbccddeeff", AccessInfoError::SessionId),
            ("<username>alice</username>", "", AccessInfoError::Xml(XmlError::Missing("username"))),
            ("<domain>", "<domain/><domain>", AccessInfoError::Xml(XmlError::Duplicate("domain"))),
            ("?>", "?><!DOCTYPE Envelope>", AccessInfoError::Xml(XmlError::Doctype)),
            ("<soap:Body>", "<soap:Body><x/>", AccessInfoError::Message),
        ] {
            assert_eq!(Request::parse(REQUEST.replacen(from, to, 1).as_bytes()), Err(error), "{to}");
        }
        let fault = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault>\
                     <faultcode>s:Server</faultcode><faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>";
        let expected = Fault { code: FaultCode::Server, reason: "no".into() };
        assert_eq!(Response::parse(fault.as_bytes()), Ok(Response::Fault(expected)));
    }

    proptest! {
        #[test]
        fn messages_read_back(session in "[0-9a-fA-F]{32}", names in proptest::collection::vec((text(), text()), 0..4)) {
            let (username, domain) = names.first().cloned().unwrap_or_default();
            let request = Request::new(session, &username, &domain).unwrap();
            prop_assert_eq!(Request::parse(request.write().unwrap().as_bytes()), Ok(request));
            let pairs = names.into_iter().map(|(farm, condition)| AccessCondition { farm, condition }).collect();
            let response = Response::Conditions(pairs);
            prop_assert_eq!(Response::parse(response.write().unwrap().as_bytes()), Ok(response));
            let fault = Response::Fault(Fault { code: FaultCode::Server, reason: username });
            prop_assert_eq!(Response::parse(fault.write().unwrap().as_bytes()), Ok(fault));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, cut in 0..REQUEST.len()) {
            let _ = Request::parse(&bytes);
            let _ = Response::parse(&bytes);
            prop_assert!(Request::parse(&REQUEST.as_bytes()[..cut]).is_err());
        }
    }
}
