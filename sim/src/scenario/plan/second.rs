//! The second factor of a gateway: whom a rule is about, and who is asked; and who is told about sessions.

use std::time::Duration;

use super::Keyword;
use crate::scenario::source::Spanned;

/// A rule about the second factor. The first that is about a user counts.
#[derive(Debug, Clone, PartialEq)]
pub struct SecondFactor {
    /// Who is asked.
    pub by: SecondBy,
    /// Only about this user; about everybody when absent.
    pub user: Option<Spanned<String>>,
    /// Only about members of this group; about everybody when absent.
    pub group: Option<Spanned<String>>,
}

/// Who is asked once the first factor is passed.
#[derive(Debug, Clone, PartialEq)]
pub enum SecondBy {
    /// Nobody.
    Nobody,
    /// RADIUS servers, in this order.
    Radius {
        /// At least one.
        servers: Vec<Spanned<String>>,
        /// With what they are first asked; a passcode when absent.
        first: Option<Spanned<FirstRequest>>,
        /// How the gateway asks for a passcode.
        prompt: Option<Spanned<String>>,
    },
    /// An Anakam.TFA server.
    Anakam {
        /// Which.
        server: Spanned<String>,
        /// Where passcodes go; e-mail when absent.
        delivery: Option<Spanned<Delivery>>,
        /// For how long a device is known; never when absent.
        registration: Option<Spanned<Duration>>,
    },
}

/// RADIUS servers that are told about sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct Accounting {
    /// At least one.
    pub servers: Vec<Spanned<String>>,
    /// How often they are told how a session goes on; never when absent.
    pub interim: Option<Spanned<Duration>>,
}

/// The kinds of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecondKind {
    Anakam,
    Nobody,
    Radius,
}

impl Keyword for SecondKind {
    const WORDS: &'static [(&'static str, Self)] =
        &[("anakam", Self::Anakam), ("nobody", Self::Nobody), ("radius", Self::Radius)];
}

/// With what RADIUS servers of a second factor are first asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstRequest {
    /// A passcode, for which the gateway asks.
    Passcode,
    /// The password of the first factor.
    Password,
    /// Nothing.
    Empty,
}

impl Keyword for FirstRequest {
    const WORDS: &'static [(&'static str, Self)] =
        &[("passcode", Self::Passcode), ("password", Self::Password), ("empty", Self::Empty)];
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
