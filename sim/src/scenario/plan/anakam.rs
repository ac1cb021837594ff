//! Anakam.TFA servers of a plan. How a gateway uses one: see `second`.

use std::time::Duration;

use super::Misbehaviour;
use crate::scenario::source::{Span, Spanned};

/// An Anakam.TFA server: sends passcodes, checks them, knows devices.
#[derive(Debug, Clone, PartialEq)]
pub struct AnakamServer {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// TCP port; 443 when absent.
    pub port: Option<Spanned<u16>>,
    /// The gateway's account at its API.
    pub account: Spanned<String>,
    /// The password of that account.
    pub password: Spanned<String>,
    /// How long a passcode counts; 5 min when absent.
    pub passcode_life: Option<Spanned<Duration>>,
    /// Users it knows.
    pub users: Vec<AnakamUser>,
    /// How it misbehaves.
    pub misbehaviours: Vec<Misbehaviour>,
    /// The whole statement.
    pub span: Span,
}

/// A user of such a server.
#[derive(Debug, Clone, PartialEq)]
pub struct AnakamUser {
    /// Log-in name.
    pub name: Spanned<String>,
    /// Where passcodes by e-mail go; `<name>@example.test` when absent.
    pub email: Option<Spanned<String>>,
    /// Where passcodes by SMS go.
    pub phone: Option<Spanned<String>>,
}
