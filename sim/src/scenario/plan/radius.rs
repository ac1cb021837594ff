//! RADIUS servers of a plan: their users and what each is asked.

use std::time::Duration;

use super::Misbehaviour;
use crate::scenario::source::{Span, Spanned};

/// A RADIUS server.
#[derive(Debug, Clone, PartialEq)]
pub struct RadiusServer {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// UDP port; 1812 when absent.
    pub port: Option<Spanned<u16>>,
    /// Secret shared with the gateway.
    pub secret: Spanned<String>,
    /// Users it knows.
    pub users: Vec<RadiusUser>,
    /// How it misbehaves.
    pub misbehaviours: Vec<Misbehaviour>,
    /// The whole statement.
    pub span: Span,
}

/// A user of a RADIUS server.
#[derive(Debug, Clone, PartialEq)]
pub struct RadiusUser {
    /// Log-in name.
    pub name: Spanned<String>,
    /// Password; that of the directory when absent (the check makes sure that there is one).
    pub password: Option<Spanned<String>>,
    /// Challenges, asked one after another once the password is right; none means accept.
    pub rounds: Vec<RadiusRound>,
    /// Groups that the Access-Accept names (Filter-Id).
    pub groups: Vec<Spanned<String>>,
    /// Class of the Access-Accept.
    pub class: Option<Spanned<String>>,
    /// Session-Timeout of the Access-Accept, in whole seconds.
    pub session_timeout: Option<Spanned<Duration>>,
    /// How long every answer to this user takes, as when a person must approve.
    pub approves_after: Option<Spanned<Duration>>,
}

/// One challenge and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct RadiusRound {
    /// Text of the challenge (`Reply-Message`).
    pub challenge: Spanned<String>,
    /// What the user must answer.
    pub answer: Spanned<String>,
}
