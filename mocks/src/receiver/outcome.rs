//! What comes of a Receiver's verbs.

use std::io;
use std::time::Duration;

use gateway_proto::ica_file::LaunchFile;
use gateway_rt::ConnectError;
use gateway_rt::http::client::SendError;
use gateway_rt::tls::TlsError;

use super::IcaSession;
use crate::limits::REDIRECTS_MAX;

/// Why a verb led to no outcome.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// No TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The trusted certificates make no TLS configuration.
    #[error("no TLS configuration: {0}")]
    TlsSetup(#[source] rustls::Error),
    /// No whole HTTP answer.
    #[error(transparent)]
    Http(#[from] SendError),
    /// The connection broke while bytes were sent.
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    /// The peer took bytes too slowly, or not at all.
    #[error("nothing moved within {0:?}")]
    Deadline(Duration),
    /// The pages send the client around.
    #[error("more than {REDIRECTS_MAX} redirects, the last to {0}")]
    RedirectLoop(String),
    /// Nothing waits for an answer.
    #[error("there is no challenge to answer")]
    NothingPending,
    /// The request can't be written as HTTP/1.1, or the destination not as SOCKS5.
    #[error("can't be sent: {0}")]
    Unsendable(String),
}

impl Trouble {
    /// A stable word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Connect(ConnectError::Unresolved { .. }) => "unresolved",
            Self::Connect(ConnectError::Refused { .. }) => "connection-refused",
            Self::Connect(ConnectError::Deadline { .. })
            | Self::Tls(TlsError::Deadline(_))
            | Self::Http(SendError::Deadline(_))
            | Self::Deadline(_) => "deadline",
            Self::Tls(_) | Self::TlsSetup(_) => "tls",
            Self::Http(_) | Self::Broken(_) => "broken",
            Self::RedirectLoop(_) => "redirect-loop",
            Self::NothingPending => "nothing-pending",
            Self::Unsendable(_) => "unsendable",
        }
    }
}

/// A server said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of the page the client ended on.
    pub status: u16,
    /// The reason code, where the server gives one.
    pub reason: Option<String>,
    /// The number in `NSC_VPNERR`, such as 4001.
    pub vpn_error: Option<u16>,
    /// What a user reads.
    pub text: String,
}

/// Where opening the gateway's first page led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Portal {
    /// To a log-in page.
    LoginPage,
    /// Past it: there is a session already.
    Session {
        /// The path of the page.
        landing: String,
    },
    /// To something else.
    Refused(Refusal),
}

/// Where a step of a log-in led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// To a session.
    Session {
        /// The path of the page the client was led to: the store.
        landing: String,
    },
    /// To another question.
    Challenge {
        /// What the page asks.
        prompt: String,
    },
    /// To the choice to take over the user's other session; see [`super::Receiver::transfer`].
    TransferOffered {
        /// What a user reads.
        text: String,
    },
    /// Nowhere.
    Refused(Refusal),
}

/// What logging out led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logout {
    /// The session cookies are gone.
    LoggedOut,
    /// They are not.
    Refused(Refusal),
}

/// A published app, as the store lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// The store's id.
    pub id: String,
    /// The published name.
    pub name: String,
    /// Path of the ICA file.
    pub(super) launch: String,
    /// Path that says whether a launch is ready, where there is one.
    pub(super) status: Option<String>,
}

/// What asking for the apps led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Apps {
    /// The list, in the store's order.
    Listed(Vec<App>),
    /// No list.
    Refused(Refusal),
}

/// What launching an app led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Launch {
    /// An ICA file for a session through the gateway.
    File(LaunchFile),
    /// The store could not launch it.
    Failed {
        /// The store's error id, `no-ica-file` when the answer was something else altogether.
        error_id: String,
        /// HTTP status.
        status: u16,
    },
    /// The list has no app of that name.
    NoSuchApp,
    /// There was no list.
    Refused(Refusal),
}

/// What connecting with an ICA file led to.
pub enum Connect {
    /// The host said hello.
    Open(IcaSession),
    /// The gateway refused the CONNECT.
    Refused {
        /// The REP byte.
        reply: u8,
    },
    /// CGP was refused, by the gateway or the host.
    Declined {
        /// The code, as `docs/cgp-profile.md` names it.
        code: &'static str,
    },
    /// The connection ended before the host said hello.
    Closed,
    /// Nobody closed and the host did not say hello in time.
    Silent,
    /// What came is not ICA, or not SOCKS5.
    Foreign,
}

/// What a SOCKS5 CONNECT led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Socks {
    /// Connected: the stream is the host's.
    Granted,
    /// Refused.
    Refused {
        /// The REP byte.
        reply: u8,
    },
    /// Closed without a reply.
    Closed,
    /// No reply in time.
    Silent,
    /// Something that is no SOCKS5.
    Foreign,
}

/// What came back of typed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Echo {
    /// Exactly the text.
    Matched,
    /// Other bytes.
    Differs {
        /// How many bytes were right before.
        at: usize,
    },
    /// Too little in time.
    Late {
        /// How many bytes, all right.
        received: usize,
    },
    /// The connection ended before all was back.
    Closed {
        /// How many bytes, all right.
        received: usize,
    },
}

/// What came back of many bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bulk {
    /// All of them, in order.
    Verified,
    /// Other bytes.
    Differs {
        /// How many bytes were right before.
        at: u64,
    },
    /// Too few in time.
    Late {
        /// How many bytes, all right.
        received: u64,
    },
    /// The connection ended before all were back.
    Closed {
        /// How many bytes, all right.
        received: u64,
    },
}

/// What came in on a raw connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether the peer has closed.
    pub closed: bool,
}
