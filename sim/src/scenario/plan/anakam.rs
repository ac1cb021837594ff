//! Anakam.TFA servers of a plan, and how a gateway uses one.

use std::time::Duration;

use super::{Keyword, Misbehaviour};
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

/// The second factor of a gateway.
#[derive(Debug, Clone, PartialEq)]
pub struct SecondFactor {
    /// The Anakam.TFA server.
    pub server: Spanned<String>,
    /// Where passcodes go; e-mail when absent.
    pub delivery: Option<Spanned<Delivery>>,
    /// For how long a device is known; never when absent.
    pub registration: Option<Spanned<Duration>>,
    /// Only for this user; for everybody when absent.
    pub user: Option<Spanned<String>>,
    /// Only for members of this group; for everybody when absent.
    pub group: Option<Spanned<String>>,
}

/// The kinds of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecondKind {
    Anakam,
}

impl Keyword for SecondKind {
    const WORDS: &'static [(&'static str, Self)] = &[("anakam", Self::Anakam)];
}

/// How a passcode reaches a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// To the e-mail address.
    Email,
    /// To the phone.
    Sms,
}

impl Keyword for Delivery {
    const WORDS: &'static [(&'static str, Self)] = &[("email", Self::Email), ("sms", Self::Sms)];
}
