//! The steps of a receiver: what a user does, and what the wire can be made to say.

use std::time::Duration;

use super::PageClaim;
use crate::scenario::source::{Span, Spanned};

/// One actor: a machine, the user in front of it, and what they do, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Receiver {
    /// The machine.
    pub machine: Spanned<String>,
    /// Who logs in when a step names nobody.
    pub user: Option<Spanned<String>>,
    /// What the client says it is; [`Agent::Browser`] when absent.
    pub agent: Option<Spanned<Agent>>,
    /// The gateway it talks to; the only one of the world when absent (the check makes sure that there is one).
    pub gateway: Option<Spanned<String>>,
    /// How many do so side by side on the machine, each with cookies and connections of its own; one when absent.
    pub count: Option<Spanned<u32>>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// The whole statement.
    pub span: Span,
}

impl Receiver {
    /// How many do the steps.
    pub fn crowd(&self) -> u32 {
        self.count.as_ref().map_or(1, |count| count.value)
    }
}

/// The kind of client, told by its `User-Agent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    /// A web browser.
    Browser,
    /// A native Receiver.
    Receiver,
}

/// One step and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What happens.
    pub kind: StepKind,
    /// The whole statement, in a fragment's own file when it came from one.
    pub span: Span,
}

/// What one step does.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// Opens the log-in page and posts name and password.
    Login {
        /// Name; the receiver's user when absent.
        user: Option<Spanned<String>>,
        /// Password; the directory's when absent.
        password: Option<Spanned<String>>,
        /// What the client says it is, from here on.
        agent: Option<Spanned<Agent>>,
    },
    /// Answers a challenge.
    Answer {
        /// The answer; when absent what the RADIUS server expects in this round, or what came to the phone.
        text: Option<Spanned<String>>,
        /// Whose answer; that of the user who logs in when absent.
        user: Option<Spanned<String>>,
    },
    /// Answers the offer to end the user's session elsewhere.
    Transfer {
        /// Whether it shall end.
        accept: bool,
    },
    /// Asks the store for the list of apps.
    Apps,
    /// Starts an app: fetches its ICA file.
    Launch {
        /// Published name.
        app: Spanned<String>,
    },
    /// Connects with the ICA file fetched last (a second time: with the same ticket).
    Connect,
    /// Sends a stream and compares every byte that comes back.
    Stream {
        /// Thousand bytes.
        kilobytes: Spanned<u32>,
        /// How long it may take; a minute when absent.
        within: Option<Spanned<Duration>>,
    },
    /// Types into the session.
    Type {
        /// The text.
        text: Spanned<String>,
        /// Pause between repetitions.
        every: Option<Spanned<Duration>>,
        /// How many times; once when absent.
        times: Option<Spanned<u32>>,
    },
    /// Does nothing for this time.
    Wait(Spanned<Duration>),
    /// Goes on with the cookies that another machine has now: the same client at another address, or a thief.
    CookiesOf(Spanned<String>),
    /// Shows the newest reconnect ticket of another machine, without the token of its session.
    ResumeOf(Spanned<String>),
    /// Names the moment, for faults that begin then.
    Mark(Spanned<String>),
    /// Ends the gateway session as the log-out link does.
    Logout,
    /// Closes the ICA connection as Receiver does; the gateway session stays.
    Disconnect,
    /// One HTTP request, redirects not followed.
    Get(Request),
    /// One HTTP request with a form or a body, redirects not followed.
    Post(Request),
    /// Opens a bare TCP connection to the gateway and says nothing.
    Open {
        /// Another port than the gateway's.
        port: Option<Spanned<u16>>,
        /// How many at a time; one when absent. The last one is the open connection.
        count: Option<Spanned<u32>>,
    },
    /// Makes a TLS handshake on the open connection (opening one when there is none).
    Tls {
        /// Stops half-way: sends its first flight and nothing after.
        unfinished: bool,
    },
    /// Sends a SOCKS5 CONNECT on the open connection (making TLS first when there is none).
    Socks {
        /// What it asks for.
        target: SocksTarget,
        /// Without the greeting, as some native clients do.
        bare: bool,
    },
    /// Presents made-up tickets, each on a connection of its own.
    Guess {
        /// How many.
        count: Spanned<u32>,
        /// The id of the STA they claim to be of.
        sta: Spanned<String>,
    },
    /// Sends bytes on the open connection: inside TLS once there was a handshake.
    Send(Payload),
    /// Ends our side of the ICA connection, or of the open connection where there is none; the other side may
    /// go on sending.
    HalfClose,
    /// Closes the open connections.
    Close,
    /// Checks what the steps before it led to.
    Expect(StepExpectation),
}

/// An HTTP request at wire level.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Request target, as sent.
    pub target: Spanned<String>,
    /// Whether the cookies of earlier answers go along; they do when absent.
    pub cookies: Option<Spanned<bool>>,
    /// Whether cookies that were taken away or replaced go along.
    pub stale_cookies: bool,
    /// Further header fields, in order.
    pub headers: Vec<HeaderField>,
    /// Form fields, in order. Empty for `get`.
    pub fields: Vec<FormField>,
    /// Body instead of form fields.
    pub body: Option<Spanned<String>>,
}

/// A header field of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct HeaderField {
    /// Name.
    pub name: Spanned<String>,
    /// Value.
    pub value: Spanned<String>,
    /// How many times the value stands in a row; once when absent.
    pub times: Option<Spanned<u32>>,
}

/// A form field of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct FormField {
    /// Name.
    pub name: Spanned<String>,
    /// Value, before encoding.
    pub value: FormValue,
    /// How many times the value stands in a row; once when absent.
    pub times: Option<Spanned<u32>>,
}

/// The value of a form field.
#[derive(Debug, Clone, PartialEq)]
pub enum FormValue {
    /// This text.
    Text(Spanned<String>),
    /// The passcode that the phone of this user got last.
    Passcode(Spanned<String>),
}

/// What a SOCKS CONNECT names as its destination.
#[derive(Debug, Clone, PartialEq)]
pub enum SocksTarget {
    /// The address of the ICA file fetched last.
    IcaFile,
    /// This domain name, as a ticket or anything else: `;40;STA01;…`.
    Ticket(Spanned<String>),
    /// A host and port, as an ordinary proxy would be asked: `vda01:1494`.
    Address(Spanned<String>),
}

/// Bytes to send, or to wait for.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// Written in hexadecimal.
    Hex(Spanned<HexBytes>),
    /// Written as text, sent as UTF-8.
    Text(Spanned<String>),
}

impl Payload {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Hex(hex) => &hex.value.0,
            Self::Text(text) => text.value.as_bytes(),
        }
    }
}

/// Bytes that a file writes in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HexBytes(pub Vec<u8>);

/// What must be so at this point. With `within` the step waits that long for it; without, as long as the
/// runner's own patience lasts.
#[derive(Debug, Clone, PartialEq)]
pub enum StepExpectation {
    /// A challenge page.
    Challenge {
        /// The text it shows.
        text: Option<Spanned<String>>,
    },
    /// An offer to end the user's session elsewhere.
    Transfer,
    /// A gateway session: the session cookies are there.
    Session,
    /// No gateway session.
    NoSession,
    /// The last HTTP answer.
    Page(PageClaim),
    /// The list of apps has this one.
    App(Spanned<String>),
    /// The list of apps does not have this one.
    NoApp(Spanned<String>),
    /// The ICA file fetched last.
    IcaFile {
        /// Regular expression that `Address` matches.
        address: Option<Spanned<String>>,
        /// `SSLProxyHost`, exactly.
        ssl_proxy: Option<Spanned<String>>,
    },
    /// The ICA connection stands.
    Connected {
        /// How long to wait.
        within: Option<Spanned<Duration>>,
    },
    /// The ICA host echoed this text.
    Echo {
        /// The text.
        text: Spanned<String>,
        /// How many times in a row; once when absent.
        times: Option<Spanned<u32>>,
        /// How long to wait.
        within: Option<Spanned<Duration>>,
    },
    /// The last attempt (log-in, launch, connection) was turned down.
    Refused {
        /// The host that turned it down.
        by: Option<Spanned<String>>,
        /// Its reason code.
        reason: Option<Spanned<String>>,
        /// How long to wait.
        within: Option<Spanned<Duration>>,
    },
    /// The other side closed the connection.
    Closed {
        /// How long to wait.
        within: Option<Spanned<Duration>>,
    },
    /// Exactly these bytes came back on the open connection.
    Reply {
        /// The bytes.
        bytes: Payload,
        /// How long to wait.
        within: Option<Spanned<Duration>>,
    },
}
