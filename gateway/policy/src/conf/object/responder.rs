//! `responder action`. Specification: command reference, `responder-action`.

use crate::conf::place::{Place, Written};

/// `add responder action`.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponderAction {
    /// Its name.
    pub name: String,
    /// What it answers.
    pub kind: ResponderKind,
    /// `-responseStatusCode`; 200 for a page and 302 for a redirect otherwise.
    pub status: Option<u16>,
    /// `-reasonPhrase`.
    pub reason: Option<Written>,
    /// `-headers`.
    pub headers: Vec<Header>,
    /// `-bypassSafetyCheck YES`, of older releases.
    pub bypass_safety_check: bool,
    /// Where it was added.
    pub at: Place,
}

/// What a responder action answers.
#[derive(Clone, Debug, PartialEq)]
pub enum ResponderKind {
    /// The text is the response, status line and all.
    RespondWith(Written),
    /// An imported page, by name.
    Page(String),
    /// A redirect to what the text says.
    Redirect(Written),
    /// Nothing.
    Noop,
    /// For database protocols: kept, never evaluated.
    Sql(Written),
}

/// `name(expression)`, in `-headers` and `-parameters`.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The name.
    pub name: String,
    /// The expression in parentheses.
    pub value: Written,
}
