//! How a mock misbehaves, as data: what goes wrong and which of the mock's answers it hits.
//!
//! One vocabulary serves every mock. A mock names the words it can act out (its `MISBEHAVIOURS`), and a
//! [`Switch`] refuses the others, so that a scenario never relies on a fault that does not happen. What is
//! "one answer" is counted per mock: a datagram, an HTTP request, an ICA connection.
//!
//! Not here: faults of the network (loss, delay, partition), which belong to whoever owns the network.
//! Specification: ours.

#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::limits::DEEP_XML_LEVELS;

/// Something a server does wrong to one of its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
    /// Starts its work only after `by`; what the work changes changes then.
    Slow {
        /// The wait.
        by: Duration,
    },
    /// Does its work at once and sends the answer only after `by`: whoever gave up has spent the ticket.
    Late {
        /// The wait.
        by: Duration,
    },
    /// Takes the request, never answers, and does nothing about it.
    Silent,
    /// Closes the connection without an answer and does nothing about the request.
    Refuse,
    /// Answers under an id that is not the one asked for (a RADIUS identifier, an STA id).
    WrongId,
    /// Only the first bytes of the answer leave, then the connection closes.
    Truncate {
        /// How many bytes leave, everything the peer would receive counted.
        at: usize,
    },
    /// Sends the answer twice.
    Duplicate,
    /// Sends a positive answer whose proof of origin is made up, and the true answer behind it.
    Forge,
    /// Answers with this error of its protocol and does nothing about the request.
    Error(String),
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
    /// Sends whoever asks to another server.
    Referral,
    /// Answers with a message larger than anybody takes.
    Oversized,
    /// Sends whoever asks to this URL and does nothing about the request.
    Redirect(String),
}

impl Misbehaviour {
    /// The word a scenario writes for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Slow { .. } => "slow",
            Self::Late { .. } => "late",
            Self::Silent => "silent",
            Self::Refuse => "refuse",
            Self::WrongId => "wrong-id",
            Self::Truncate { .. } => "truncate",
            Self::Duplicate => "duplicate",
            Self::Forge => "forge",
            Self::Error(_) => "error",
            Self::WrongSecret => "wrong-secret",
            Self::NoAuthenticator => "no-authenticator",
            Self::BadXml => "bad-xml",
            Self::Dtd => "dtd",
            Self::Deep => "deep",
            Self::Garbage => "garbage",
            Self::Redirect(_) => "redirect",
            Self::Referral => "referral",
            Self::Oversized => "oversized",
        }
    }

    /// The raw bytes that stand in for an XML answer under the root element `root`, where the misbehaviour
    /// is one of XML. They are written by hand: no codec shared with the gateway made them.
    pub fn hostile_xml(&self, root: &str) -> Option<Vec<u8>> {
        let document = match self {
            Self::BadXml => format!("<?xml version=\"1.0\"?><{root} version=\"4.0\"><Open></{root}>"),
            Self::Dtd => format!(
                "<?xml version=\"1.0\"?><!DOCTYPE {root} [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"{b}\">\
                 <!ENTITY c \"{c}\">]><{root} version=\"4.0\"><Value>&c;</Value></{root}>",
                b = "&a;".repeat(10),
                c = "&b;".repeat(10),
            ),
            Self::Deep => format!(
                "<?xml version=\"1.0\"?><{root} version=\"4.0\">{}{}</{root}>",
                "<a>".repeat(DEEP_XML_LEVELS),
                "</a>".repeat(DEEP_XML_LEVELS)
            ),
            _ => return None,
        };
        Some(document.into_bytes())
    }
}

/// What [`Misbehaviour::Garbage`] sends: no magic, no method, no XML, no valid RADIUS length.
pub const GARBAGE: &[u8] = b"\xff\xfe\0\x01garbage\r\n\x80\x81\xc3\x28<\0\xff\xff\xff\xff";

/// Which answers a rule hits, counted from 1 since the rules were set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nth {
    /// Every answer.
    All,
    /// The first so many.
    First(u64),
    /// Only this one.
    Only(u64),
    /// Every answer behind this one.
    After(u64),
}

impl Nth {
    fn hits(self, count: u64) -> bool {
        match self {
            Self::All => true,
            Self::First(last) => count <= last,
            Self::Only(nth) => count == nth,
            Self::After(last) => count > last,
        }
    }
}

/// A kind of request, where a mock serves several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Store site and broker: who is this user?
    SignOn,
    /// Store site and broker: the list of apps.
    List,
    /// Store site and broker: the launch of an app.
    Launch,
    /// STA: issue a ticket.
    Issue,
    /// STA: redeem a ticket.
    Redeem,
    /// STA: refresh a ticket.
    Refresh,
    /// RADIUS: name and password. Anakam.TFA: a log-in begins.
    LogIn,
    /// RADIUS: the answer to a challenge. Anakam.TFA: a passcode.
    Answer,
    /// RADIUS: accounting.
    Account,
    /// Anakam.TFA: send a passcode.
    Deliver,
    /// Anakam.TFA: is this device known?
    Device,
    /// Directory: a bind.
    Bind,
    /// Directory: a search.
    Search,
}

/// One line of a [`Script`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What goes wrong.
    pub what: Misbehaviour,
    /// For which answers, counted over those that `on` lets pass.
    pub when: Nth,
    /// Only for this kind of request; for every kind when absent.
    pub on: Option<Operation>,
}

impl Rule {
    /// A rule for the answers that `when` says.
    pub fn new(when: Nth, what: Misbehaviour) -> Self {
        Self { what, when, on: None }
    }

    /// A rule for every answer.
    pub fn always(what: Misbehaviour) -> Self {
        Self::new(Nth::All, what)
    }

    /// A rule for one answer, counted from 1.
    pub fn only(nth: u64, what: Misbehaviour) -> Self {
        Self::new(Nth::Only(nth), what)
    }

    /// A rule for the first `n` answers.
    pub fn first(n: u64, what: Misbehaviour) -> Self {
        Self::new(Nth::First(n), what)
    }

    /// A rule for all answers behind the `n`-th.
    pub fn after(n: u64, what: Misbehaviour) -> Self {
        Self::new(Nth::After(n), what)
    }

    /// The same rule for one kind of request only.
    #[must_use]
    pub fn on(self, operation: Operation) -> Self {
        Self { on: Some(operation), ..self }
    }
}

/// Rules and how many answers each has seen. No chance is involved.
#[derive(Clone, Debug, Default)]
pub struct Script {
    rules: Vec<(Rule, u64)>,
}

impl Script {
    /// A script that has seen nothing yet.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules: rules.into_iter().map(|rule| (rule, 0)).collect() }
    }

    /// Counts one answer to a request of this kind (`None`: of no kind that has a name) and says how it goes
    /// wrong, if it does: the first rule that hits decides.
    pub fn next(&mut self, operation: Option<Operation>) -> Option<Misbehaviour> {
        let mut decided = None;
        for (rule, count) in &mut self.rules {
            if rule.on.is_some() && rule.on != operation {
                continue;
            }
            *count = count.saturating_add(1);
            if decided.is_none() && rule.when.hits(*count) {
                decided = Some(rule.what.clone());
            }
        }
        decided
    }
}

/// A mock was told to misbehave in a way it can't act out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {mock} mock has no misbehaviour \"{misbehaviour}\"; it has: {}", .known.join(", "))]
pub struct Unsupported {
    /// The mock.
    pub mock: &'static str,
    /// What it was told.
    pub misbehaviour: &'static str,
    /// What it can do.
    pub known: &'static [&'static str],
}

/// The script of a running mock, replaceable while it runs.
#[derive(Debug)]
pub struct Switch {
    mock: &'static str,
    known: &'static [&'static str],
    script: Mutex<Script>,
}

impl Switch {
    /// A switch for the mock of that name, which acts out the words in `known`. Refuses rules with others.
    pub fn new(
        mock: &'static str,
        known: &'static [&'static str],
        rules: Vec<Rule>,
    ) -> Result<Self, Unsupported> {
        let switch = Self { mock, known, script: Mutex::default() };
        switch.replace(rules)?;
        Ok(switch)
    }

    /// Sets new rules, whose counting begins now. Refused rules change nothing.
    pub fn replace(&self, rules: Vec<Rule>) -> Result<(), Unsupported> {
        if let Some(stranger) = rules.iter().find(|rule| !self.known.contains(&rule.what.name())) {
            let misbehaviour = stranger.what.name();
            return Err(Unsupported { mock: self.mock, misbehaviour, known: self.known });
        }
        *self.script.lock().unwrap_or_else(PoisonError::into_inner) = Script::new(rules);
        Ok(())
    }

    /// Counts one answer, see [`Script::next`].
    pub fn next(&self, operation: Option<Operation>) -> Option<Misbehaviour> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).next(operation)
    }
}
