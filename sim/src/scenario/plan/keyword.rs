//! The words a file uses for the choices of a plan. One list each way, so a report says what the file says.

use super::{
    Agent, Compared, Counter, DuplicateSessions, HealPoint, HostKind, Mode, Operation, Severity, StaVersion,
    StateStore, Tally,
};

/// A choice that a file writes as one word.
pub trait Keyword: Copy + PartialEq + 'static {
    /// Every choice and its word.
    const WORDS: &'static [(&'static str, Self)];

    /// The word of this choice.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, choice)| *choice == self).map_or("", |(word, _)| word)
    }

    /// The choice of a word.
    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, choice)| *choice)
    }
}

/// The kinds of first factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FactorKind {
    Radius,
    Ldap,
    Users,
}

impl Keyword for FactorKind {
    const WORDS: &'static [(&'static str, Self)] =
        &[("radius", Self::Radius), ("ldap", Self::Ldap), ("users", Self::Users)];
}

impl Keyword for Agent {
    const WORDS: &'static [(&'static str, Self)] =
        &[("browser", Self::Browser), ("receiver", Self::Receiver)];
}

impl Keyword for Mode {
    const WORDS: &'static [(&'static str, Self)] = &[("wica", Self::Wica), ("cvpn", Self::Cvpn)];
}

impl Keyword for DuplicateSessions {
    const WORDS: &'static [(&'static str, Self)] =
        &[("allow", Self::Allow), ("deny", Self::Deny), ("kick", Self::Kick), ("transfer", Self::Transfer)];
}

impl Keyword for Severity {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("emergency", Self::Emergency),
        ("alert", Self::Alert),
        ("warning", Self::Warning),
        ("notice", Self::Notice),
    ];
}

impl Keyword for StateStore {
    const WORDS: &'static [(&'static str, Self)] = &[("memory", Self::Memory), ("disk", Self::Disk)];
}

impl Keyword for StaVersion {
    const WORDS: &'static [(&'static str, Self)] =
        &[("10", Self::V10), ("20", Self::V20), ("22", Self::V22), ("40", Self::V40)];
}

impl Keyword for Operation {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("sign-on", Self::SignOn),
        ("list", Self::List),
        ("launch", Self::Launch),
        ("issue", Self::Issue),
        ("redeem", Self::Redeem),
        ("refresh", Self::Refresh),
        ("log-in", Self::LogIn),
        ("answer", Self::Answer),
        ("account", Self::Account),
        ("bind", Self::Bind),
        ("search", Self::Search),
        ("deliver", Self::Deliver),
        ("device", Self::Device),
    ];
}

impl Keyword for Compared {
    const WORDS: &'static [(&'static str, Self)] = &[("verdict", Self::Verdict), ("nothing", Self::Nothing)];
}

impl Keyword for HealPoint {
    const WORDS: &'static [(&'static str, Self)] = &[("heal", Self::Heal), ("start", Self::Start)];
}

impl Keyword for HostKind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("gateway", Self::Gateway),
        ("storefront", Self::Storefront),
        ("broker", Self::Broker),
        ("sta", Self::Sta),
        ("radius", Self::Radius),
        ("ldap", Self::Ldap),
        ("anakam", Self::Anakam),
        ("syslog", Self::Syslog),
        ("ica-host", Self::IcaHost),
        ("receiver", Self::Receiver),
    ];
}

impl Keyword for Tally {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("hits", Self::Hits),
        ("undefined", Self::Undefined),
        ("written", Self::Written),
        ("cleared", Self::Cleared),
    ];
}

impl Keyword for Counter {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("sessions", Self::Sessions),
        ("tunnels", Self::Tunnels),
        ("requests", Self::Requests),
        ("connections", Self::Connections),
        ("call-backs", Self::CallBacks),
        ("launches", Self::Launches),
        ("issued", Self::Issued),
        ("redeemed", Self::Redeemed),
        ("refused", Self::Refused),
        ("accepts", Self::Accepts),
        ("rejects", Self::Rejects),
        ("challenges", Self::Challenges),
        ("suspended", Self::Suspended),
        ("resumed", Self::Resumed),
        ("reconnected", Self::Reconnected),
        ("messages", Self::Messages),
    ];
}
