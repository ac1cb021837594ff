//! `policy httpCallout`. Specification: command reference, `policy-httpCallout`.

use crate::conf::place::{Place, Written};

use super::responder::Header;

/// `add policy httpCallout`. Legal while incomplete; evaluates as undefined then.
#[derive(Clone, Debug, PartialEq)]
pub struct Callout {
    /// Its name as written.
    pub name: String,
    /// Whom it asks.
    pub server: Option<CalloutServer>,
    /// `-returnType`.
    pub returns: Option<ReturnType>,
    /// `-scheme https`.
    pub tls: bool,
    /// What it asks.
    pub request: CalloutRequest,
    /// `-resultExpr`.
    pub result: Option<Written>,
    /// `-cacheForSecs`.
    pub cache_seconds: Option<u32>,
    /// Where it was added.
    pub at: Place,
}

/// Whom a call-out asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalloutServer {
    /// `-IPAddress` and `-port`.
    Address {
        /// The address, as written.
        address: String,
        /// The port.
        port: u16,
    },
    /// `-vServer`.
    Vserver(String),
}

/// The type a call-out's result must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnType {
    /// `BOOL`.
    Bool,
    /// `NUM`.
    Num,
    /// `TEXT`.
    Text,
}

/// What a call-out asks.
#[derive(Clone, Debug, PartialEq)]
pub enum CalloutRequest {
    /// `-fullReqExpr`: the bytes as given.
    Full(Written),
    /// The request from its parts.
    Parts {
        /// `-httpMethod POST`.
        post: bool,
        /// `-hostExpr`.
        host: Option<Written>,
        /// `-urlStemExpr`.
        stem: Option<Written>,
        /// `-headers`.
        headers: Vec<Header>,
        /// `-parameters`.
        parameters: Vec<Header>,
        /// `-bodyExpr`.
        body: Option<Written>,
    },
}
