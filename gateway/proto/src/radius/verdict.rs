//! What a believed reply means for the log-in (RFC 2865 sections 4.2 to 4.4, RFC 2869 section 5.10).

use std::time::Duration;

use super::attribute::{Attribute, AttributeType};
use super::name::AttributeName;
use super::packet::{Code, Packet};
use crate::limits::RADIUS_MESSAGE_MAX_CHARS;
use crate::secret::Secret;

/// How a transaction ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The user is who he says.
    Accept(Accept),
    /// He is not.
    Reject {
        /// Reply-Message, to be escaped and shown.
        message: String,
    },
    /// He must answer one more question.
    Challenge(Challenge),
    /// The server answered, but broke the protocol: the log-in is refused.
    Unusable(Unusable),
    /// An Accounting-Request was acknowledged. Nothing else ends with it.
    Recorded,
    /// Nothing believable came in time.
    TimedOut,
}

/// The content of an Access-Accept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    /// Class, opaque, for accounting.
    pub class: Vec<Vec<u8>>,
    /// How long the session may last.
    pub session_timeout: Option<Duration>,
    /// Reply-Message, to be escaped and shown.
    pub message: String,
    /// Everything it says; see [`texts`](Self::texts).
    pub attributes: Vec<Attribute>,
}

impl Accept {
    /// The values of this attribute that are UTF-8, in order.
    pub fn texts(&self, name: AttributeName) -> impl Iterator<Item = &str> {
        let values = self.attributes.iter().flat_map(move |attribute| name.values(attribute));
        values.filter_map(|value| std::str::from_utf8(value).ok())
    }
}

/// The content of an Access-Challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Goes back unchanged with the answer: 1 to 253 bytes.
    pub state: Secret,
    /// The question, to be escaped and shown.
    pub message: String,
    /// Whether the answer may be seen while it is typed.
    pub echo: bool,
}

/// How a genuine reply can be useless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A challenge without State, or with an empty one: its answer could not be told from a new log-in.
    #[error("challenge without State")]
    StateMissing,
    /// A challenge with more than one State.
    #[error("challenge with more than one State")]
    StateRepeated,
    /// A Session-Timeout that is not one 32-bit number: ignoring it would lift the limit.
    #[error("Session-Timeout is not one 32-bit number")]
    SessionTimeout,
}

/// `None` when the reply does not answer a request of this code.
pub(super) fn judge(asked: Code, reply: &Packet) -> Option<Verdict> {
    if asked == Code::ACCOUNTING_REQUEST {
        return (reply.code() == Code::ACCOUNTING_RESPONSE).then_some(Verdict::Recorded);
    }
    let verdict = match reply.code() {
        Code::ACCESS_ACCEPT => accept(reply).map(Verdict::Accept),
        Code::ACCESS_REJECT => Ok(Verdict::Reject { message: message(reply) }),
        Code::ACCESS_CHALLENGE => challenge(reply).map(Verdict::Challenge),
        _ => return None,
    };
    Some(verdict.unwrap_or_else(Verdict::Unusable))
}

fn accept(reply: &Packet) -> Result<Accept, Unusable> {
    let mut timeouts = reply.values(AttributeType::SESSION_TIMEOUT);
    let session_timeout = match (timeouts.next(), timeouts.next()) {
        (None, _) => None,
        (Some(value), None) => {
            let seconds = value.try_into().map(u32::from_be_bytes).map_err(|_| Unusable::SessionTimeout)?;
            Some(Duration::from_secs(seconds.into()))
        }
        (Some(_), Some(_)) => return Err(Unusable::SessionTimeout),
    };
    Ok(Accept {
        class: reply.values(AttributeType::CLASS).map(<[u8]>::to_vec).collect(),
        session_timeout,
        message: message(reply),
        attributes: reply.attributes().to_vec(),
    })
}

fn challenge(reply: &Packet) -> Result<Challenge, Unusable> {
    let mut states = reply.values(AttributeType::STATE);
    let state = states.next().filter(|state| !state.is_empty()).ok_or(Unusable::StateMissing)?;
    if states.next().is_some() {
        return Err(Unusable::StateRepeated);
    }
    let echo = reply.values(AttributeType::PROMPT).eq([1u32.to_be_bytes()]);
    Ok(Challenge { state: Secret::new(state), message: message(reply), echo })
}

/// All Reply-Messages as one text: no control characters but line ends, cut at 500 characters.
fn message(reply: &Packet) -> String {
    let bytes: Vec<u8> = reply.values(AttributeType::REPLY_MESSAGE).flatten().copied().collect();
    let text = String::from_utf8_lossy(&bytes);
    let shown = text.chars().filter(|c| *c == '\n' || !c.is_control());
    shown.take(RADIUS_MESSAGE_MAX_CHARS).collect()
}
