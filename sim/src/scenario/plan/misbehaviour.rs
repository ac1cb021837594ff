//! How mocks misbehave in a plan: what each does instead of the right thing, and at which requests.

use std::time::Duration;

use crate::scenario::source::{Span, Spanned};

/// One way in which a mock does not do what it should, and when. At most one of `first`, `nth` and `after` is
/// there; without any it happens every time.
#[derive(Debug, Clone, PartialEq)]
pub struct Misbehaviour {
    /// What it does.
    pub kind: MisbehaviourKind,
    /// Only at this kind of request; at every kind when absent.
    pub on: Option<Spanned<Operation>>,
    /// Only at the first so many requests (of that kind).
    pub first: Option<Spanned<u32>>,
    /// Only at the n-th request (of that kind), from 1.
    pub nth: Option<Spanned<u32>>,
    /// Only after so many requests (of that kind).
    pub after: Option<Spanned<u32>>,
    /// The whole statement.
    pub span: Span,
}

/// What a misbehaving mock does instead of the right thing. Which mock can do what is in the language's table of
/// words.
#[derive(Debug, Clone, PartialEq)]
pub enum MisbehaviourKind {
    /// Starts its work only after this time.
    Slow(Spanned<Duration>),
    /// Does its work at once and sends the answer only after this time.
    Late(Spanned<Duration>),
    /// Takes the request, never answers, and does nothing about it.
    Silent,
    /// Closes the connection without an answer.
    Refuse,
    /// Answers under an id that is not the one asked for: another STA's, another RADIUS request's.
    WrongId,
    /// Sends only the first bytes of the answer, then closes.
    Truncate {
        /// Bytes sent.
        to: Spanned<u32>,
    },
    /// Sends the answer twice.
    Duplicate,
    /// Sends an accept whose proof of origin is made up, and the true answer behind it.
    Forge,
    /// Answers with this error of its protocol.
    Error {
        /// The error's name in the protocol.
        code: Spanned<String>,
    },
    /// Computes its answer with another shared secret.
    WrongSecret,
    /// Leaves the Message-Authenticator out of its answer.
    NoAuthenticator,
    /// Answers with XML that is not well-formed.
    BadXml,
    /// Answers with XML whose document type declares entities that expand into one another.
    Dtd,
    /// Answers with XML that nests far too deep.
    Deep,
    /// Answers with bytes of no protocol.
    Garbage,
    /// Sends whoever asks to another server of its kind.
    Referral,
    /// Answers with a message larger than anybody takes.
    Oversized,
    /// Sends whoever asks elsewhere.
    Redirect {
        /// The URL.
        to: Spanned<String>,
    },
}

/// A kind of request, where a mock serves several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// StoreFront and broker: single sign-on.
    SignOn,
    /// StoreFront and broker: list of apps.
    List,
    /// StoreFront and broker: launch of an app.
    Launch,
    /// STA: issue a ticket.
    Issue,
    /// STA: redeem a ticket.
    Redeem,
    /// STA: refresh a reconnect ticket.
    Refresh,
    /// RADIUS: name and password.
    LogIn,
    /// RADIUS: answer to a challenge.
    Answer,
    /// Directory: a bind.
    Bind,
    /// Directory: a search.
    Search,
    /// RADIUS: accounting.
    Account,
    /// Anakam.TFA: send a passcode.
    Deliver,
    /// Anakam.TFA: is this device known?
    Device,
}
