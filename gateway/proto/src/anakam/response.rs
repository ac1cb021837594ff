//! What the server answers in a log-in that has begun.

use super::{
    AUTHENTICATION_KEY, AnakamError, DEVICE_KEY, DURATION, Key, PASSCODE, Parameters, REGISTER, Word,
    parameter,
};
use crate::limits::ANAKAM_MESSAGES_MAX;
use crate::xml::{self, Element, Prolog, Rules};

const ROOT: &str = "response";

/// The answer to a [`super::Request`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// What it comes to.
    pub status: Status,
    /// Where the log-in stands.
    pub step: Step,
    /// The log-in it speaks of; its reader compares it with the one it asked about.
    pub key: Key,
    /// The device is registered and will be known by this key.
    pub device: Option<Key>,
    /// Hours for which a device can be registered, where the server says so.
    pub durations: Vec<u32>,
    /// What may be shown, at most [`ANAKAM_MESSAGES_MAX`].
    pub messages: Vec<Message>,
}

/// A text for the user. Addresses in it are masked by the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which text: `passcode.sent.to.email`.
    pub key: String,
    /// What goes into it: `aXXX@example.test`.
    pub value: String,
}

/// What an answer comes to. Nothing but [`Self::Authenticated`] lets anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Taken; go on.
    ParametersAccepted,
    /// Something is to be sent: a passcode.
    ParametersRequired,
    /// The factor is passed.
    Authenticated,
    /// No. Ours, and what any other word is read as.
    Rejected,
}

impl Word for Status {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("parameters_accepted", Self::ParametersAccepted),
        ("parameters_required", Self::ParametersRequired),
        ("authenticated", Self::Authenticated),
        ("rejected", Self::Rejected),
    ];
}

/// Where a log-in stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A destination was chosen.
    Delivery,
    /// A passcode is awaited, or was just checked.
    Challenge,
    /// Over.
    Terminated,
}

impl Word for Step {
    const WORDS: &'static [(&'static str, Self)] =
        &[("delivery", Self::Delivery), ("challenge", Self::Challenge), ("terminated", Self::Terminated)];
}

impl Response {
    /// An answer without device, durations and messages.
    pub fn new(status: Status, step: Step, key: Key) -> Self {
        Self { status, step, key, device: None, durations: Vec::new(), messages: Vec::new() }
    }

    /// The value of the message of this key.
    pub fn message(&self, key: &str) -> Option<&str> {
        self.messages.iter().find(|message| message.key == key).map(|message| message.value.as_str())
    }

    /// Reads a document. Only the root's own `status` says anything (SR-103).
    ///
    /// # Errors
    /// [`AnakamError`] when it is no answer of this conversation.
    pub fn parse(document: &[u8]) -> Result<Self, AnakamError> {
        let root = xml::read(document, &Rules::default())?;
        if root.name() != ROOT {
            return Err(AnakamError::Word("message"));
        }
        let status = root.attribute("status").ok_or(AnakamError::Word("status"))?;
        let parameters = Parameters::of(&root)?;
        Ok(Self {
            status: Status::read(status).unwrap_or(Status::Rejected),
            step: root.attribute("step").and_then(Step::read).ok_or(AnakamError::Word("step"))?,
            key: parameters.required(AUTHENTICATION_KEY)?.parse()?,
            device: parameters.value(DEVICE_KEY).map(str::parse).transpose()?,
            durations: durations(&parameters)?,
            messages: messages(&root)?,
        })
    }

    /// Writes the document.
    ///
    /// # Errors
    /// [`AnakamError::Xml`] when a message has a character that XML forbids.
    pub fn write(&self) -> Result<String, AnakamError> {
        let text = |name, key: &Key| parameter(name, key.expose()).with_attribute("type", "text");
        let required = if self.status == Status::ParametersRequired { self.asked() } else { Vec::new() };
        let parameters = Element::new("parameters")
            .with_all(required)
            .with_all(self.device.as_ref().map(|key| text(DEVICE_KEY, key)))
            .with(text(AUTHENTICATION_KEY, &self.key));
        let messages = self.messages.iter().map(|message| {
            let value = Element::leaf("value", &message.value);
            Element::new("message").with_attribute("key", &message.key).with(value)
        });
        let root = Element::new(ROOT)
            .with_attribute("status", self.status.as_str())
            .with_attribute("step", self.step.as_str())
            .with(parameters)
            .with(Element::new("messages").with_all(messages));
        Ok(xml::write(&root, Prolog::Bare)?)
    }

    /// The empty parameters that the client shall fill.
    fn asked(&self) -> Vec<Element> {
        let empty =
            |name, kind| Element::new("parameter").with_attribute("type", kind).with_attribute("name", name);
        let mut asked = vec![empty(PASSCODE, "text")];
        if !self.durations.is_empty() {
            let option = |hours: &u32| Element::new("option").with_attribute("value", &hours.to_string());
            let options = Element::new("options").with_all(self.durations.iter().map(option));
            asked.push(empty(REGISTER, "boolean"));
            asked.push(empty(DURATION, "single_option").with(options));
        }
        asked
    }
}

fn durations(parameters: &Parameters<'_>) -> Result<Vec<u32>, AnakamError> {
    let Some(parameter) = parameters.element(DURATION) else { return Ok(Vec::new()) };
    let Some(options) = parameter.child("options")? else { return Ok(Vec::new()) };
    let hours = |option: &Element| option.attribute("value")?.parse().ok();
    let all = options.children_named("option").map(hours).collect::<Option<_>>();
    all.ok_or(AnakamError::Parameter(DURATION))
}

fn messages(root: &Element) -> Result<Vec<Message>, AnakamError> {
    let list = root.child("messages")?.map_or(&[][..], Element::children);
    let message = |element: &Element| {
        let value = element.child("value")?.map_or("", Element::token).to_owned();
        Ok(Message { key: element.attribute("key").unwrap_or_default().to_owned(), value })
    };
    list.iter().filter(|it| it.name() == "message").take(ANAKAM_MESSAGES_MAX).map(message).collect()
}
