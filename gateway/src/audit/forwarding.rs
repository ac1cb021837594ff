//! What the audit log says about the collector it is also sent to.

use gateway_rt::{Line, Told};

use super::Severity;

/// What happened between gateway and collector.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named after what they hold; the variants say what happened")]
pub enum ForwardingEvent {
    /// Messages are sent.
    Connected { collector: String },
    /// Messages can't be sent; they wait.
    Down { collector: String, why: String },
    /// So many had waited too long and made room for younger ones.
    Lost { collector: String, messages: u64 },
}

impl ForwardingEvent {
    /// The stable names.
    pub(super) const KINDS: [&str; 3] = ["collector.connected", "collector.down", "collector.lost"];

    pub(super) const fn kind(&self) -> &'static str {
        let [connected, down, lost] = Self::KINDS;
        match self {
            Self::Connected { .. } => connected,
            Self::Down { .. } => down,
            Self::Lost { .. } => lost,
        }
    }

    pub(super) fn line(&self) -> Line {
        match self {
            Self::Connected { collector } => Line::new(format!("sends its log to {collector}")),
            Self::Down { collector, why } => Line::new(format!("can't send its log to {collector}: {why}")),
            Self::Lost { collector, messages } => {
                Line::new(format!("has dropped {messages} messages that {collector} never got"))
            }
        }
    }

    pub(super) fn with_fields(&self, told: Told) -> Told {
        let error = Severity::Error.as_str();
        match self {
            Self::Connected { collector } => told.with("server", collector.as_str()),
            Self::Down { collector, why } => {
                told.with("server", collector.as_str()).with("why", why.as_str()).with("severity", error)
            }
            Self::Lost { collector, messages } => {
                told.with("server", collector.as_str()).with("count", *messages).with("severity", error)
            }
        }
    }
}
