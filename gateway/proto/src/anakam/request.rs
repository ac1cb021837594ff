//! What a gateway asks of a log-in that has begun.

use super::{
    AUTHENTICATION_KEY, AnakamError, DEVICE_KEY, DURATION, Key, PASSCODE, Parameters, REGISTER, parameter,
};
use crate::secret::Secret;
use crate::xml::{self, Element, Prolog, Rules};

const ROOT: &str = "request";
const EXECUTE: &str = "execute";
const GET_PARAMS: &str = "get-params";
const REMOTE_IP: &str = "remoteIpAddress";
const USER_AGENT: &str = "userAgent";
const DESTINATION: &str = "destination.selection";

/// A message of `PUT …/challenge/<key>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The log-in.
    pub key: Key,
    /// The client's address, for the server's own log.
    pub remote_ip: String,
    /// What the client says it is; informative only.
    pub user_agent: Option<String>,
    /// What is asked.
    pub ask: Ask,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `execute`: prepare a passcode for this destination (`methods.email~Primary`).
    Deliver {
        /// Method and address book entry.
        destination: String,
    },
    /// `get-params`: send the passcode, and say what is required now.
    Parameters,
    /// `execute`: is this the passcode?
    Passcode {
        /// What the user typed.
        passcode: Secret,
        /// For how many hours the device shall be known from here on.
        register: Option<u32>,
    },
    /// `execute`: is this device registered?
    Device(Key),
}

impl Request {
    /// Reads a document.
    ///
    /// # Errors
    /// [`AnakamError`] when it is no request of this conversation.
    pub fn parse(document: &[u8]) -> Result<Self, AnakamError> {
        let root = xml::read(document, &Rules::default())?;
        if root.name() != ROOT {
            return Err(AnakamError::Word("message"));
        }
        let parameters = Parameters::of(&root)?;
        let ask = match root.attribute("command") {
            Some(EXECUTE) => executed(&parameters)?,
            Some(GET_PARAMS) => Ask::Parameters,
            _ => return Err(AnakamError::Word("command")),
        };
        Ok(Self {
            key: parameters.required(AUTHENTICATION_KEY)?.parse()?,
            remote_ip: parameters.required(REMOTE_IP)?.to_owned(),
            user_agent: parameters.value(USER_AGENT).map(str::to_owned),
            ask,
        })
    }

    /// Writes the document.
    ///
    /// # Errors
    /// [`AnakamError::Xml`] when a value has a character that XML forbids; [`AnakamError::Parameter`] when the
    /// passcode is no text.
    pub fn write(&self) -> Result<String, AnakamError> {
        let (command, own) = match &self.ask {
            Ask::Deliver { destination } => (EXECUTE, vec![parameter(DESTINATION, destination)]),
            Ask::Parameters => (GET_PARAMS, Vec::new()),
            Ask::Passcode { passcode, register } => {
                let passcode = passcode.expose_str().ok_or(AnakamError::Parameter(PASSCODE))?;
                let mut own = vec![parameter(PASSCODE, passcode)];
                if let Some(hours) = register {
                    own.push(parameter(REGISTER, "true"));
                    own.push(parameter(DURATION, &hours.to_string()));
                }
                (EXECUTE, own)
            }
            Ask::Device(key) => (EXECUTE, vec![parameter(DEVICE_KEY, key.expose())]),
        };
        let parameters = Element::new("parameters")
            .with(parameter(REMOTE_IP, &self.remote_ip))
            .with_all(self.user_agent.as_deref().map(|agent| parameter(USER_AGENT, agent)))
            .with_all(own)
            .with(parameter(AUTHENTICATION_KEY, self.key.expose()));
        let root = Element::new(ROOT).with_attribute("command", command).with(parameters);
        Ok(xml::write(&root, Prolog::Bare)?)
    }
}

/// What `execute` executes: the one thing that has a parameter.
fn executed(parameters: &Parameters<'_>) -> Result<Ask, AnakamError> {
    let destination = parameters.value(DESTINATION).map(|it| Ask::Deliver { destination: it.to_owned() });
    let passcode = match parameters.value(PASSCODE) {
        Some(passcode) => {
            let register = match parameters.value(REGISTER) {
                Some("true") => Some(parameters.required(DURATION)?),
                Some("false") | None => None,
                Some(_) => return Err(AnakamError::Parameter(REGISTER)),
            };
            let register = register.map(str::parse).transpose();
            let register = register.map_err(|_| AnakamError::Parameter(DURATION))?;
            Some(Ask::Passcode { passcode: Secret::new(passcode), register })
        }
        None => None,
    };
    let device = parameters.value(DEVICE_KEY).map(str::parse).transpose()?.map(Ask::Device);
    let mut all = [destination, passcode, device].into_iter().flatten();
    match (all.next(), all.next()) {
        (Some(ask), None) => Ok(ask),
        _ => Err(AnakamError::Word("command")),
    }
}
