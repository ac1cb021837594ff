//! What a syslog collector got, and how it reads.

use std::net::SocketAddr;

use gateway_proto::syslog::Message;
use gateway_rt::{Line, Tell, Told};

/// The kinds of [`Seen`].
pub const KINDS: &[&str] =
    &["syslog.connected", "syslog.message", "syslog.malformed", "syslog.closed", "syslog.misbehaved"];

/// RFC 5424 section 6.2.1, by number.
const SEVERITIES: [&str; 8] =
    ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];

/// Parameters of structured data that are shown and can be asked for: what an audit log is searched by.
const SHOWN: [&str; 4] = ["user", "reason", "cause", "count"];

/// Something that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A sender connected.
    Connected {
        /// Who.
        peer: SocketAddr,
    },
    /// A message.
    Message {
        /// Who sent it.
        peer: SocketAddr,
        /// What it says.
        message: Box<Message>,
    },
    /// Bytes that are no message.
    Malformed {
        /// Who sent them.
        peer: SocketAddr,
        /// What is wrong.
        why: String,
    },
    /// The connection is over.
    Closed {
        /// Whose.
        peer: SocketAddr,
    },
    /// The collector misbehaved on purpose.
    Misbehaved {
        /// Toward whom.
        peer: SocketAddr,
        /// How.
        how: &'static str,
    },
}

impl Tell for Seen {
    fn tell(&self) -> Told {
        match self {
            Self::Connected { peer } => {
                Told::received("syslog.connected", *peer, Line::new("connects to send its log"))
            }
            Self::Message { peer, message } => message_told(*peer, message),
            Self::Malformed { peer, why } => {
                Told::received("syslog.malformed", *peer, Line::new(format!("no syslog message: {why}")))
                    .with("why", why.as_str())
            }
            Self::Closed { peer } => {
                let mut told = Told::here("syslog.closed", Line::new("the sender's connection is over"));
                told.peer = Some(*peer);
                told
            }
            Self::Misbehaved { peer, how } => {
                let mut told =
                    Told::here("syslog.misbehaved", Line::new(format!("misbehaves on purpose: {how}")));
                told.peer = Some(*peer);
                told.with("how", *how)
            }
        }
    }
}

fn message_told(peer: SocketAddr, message: &Message) -> Told {
    let severity = SEVERITIES.get(usize::from(message.severity)).copied().unwrap_or_default();
    let shown = SHOWN.iter().filter_map(|name| Some((*name, message.param(name)?)));
    let data: String = shown.clone().map(|(name, value)| format!(" {name}={value}")).collect();
    let told =
        Told::received("syslog.message", peer, Line::new(format!("syslog {severity} {}{data}", message.id)))
            .with("severity", severity)
            .with("facility", u64::from(message.facility))
            .with("event", message.id.as_str())
            .with("via", message.host.as_str());
    shown.fold(told, |told, (name, value)| told.with(name, value))
}
