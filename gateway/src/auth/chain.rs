//! The chain of factors: what follows from what a factor says. Pure.
//!
//! The first factor is always asked. Whom it vouches for is looked up in the rules; the first rule that concerns
//! the user says who is asked next, or that nobody is. Nothing here comes from the client: a chain begins with the
//! log-in, is kept with it, and can't be entered in the middle (SR-2, SR-3).
//!
//! Not here: asking (the drivers beside this file), and what a question is.

use std::time::Duration;

use super::DeviceCookie;
use crate::config::{Names, Second, SecondRule};
use crate::reason::Reason;

/// Whom a factor vouches for, and what it says of them.
pub(crate) struct Vouched {
    /// The name as the factor verified it.
    pub(crate) user: String,
    /// The user's groups, from a factor that knows groups.
    pub(crate) groups: Option<Vec<String>>,
    /// Goes back with accounting, byte for byte (RFC 2865 section 5.25).
    pub(crate) class: Vec<Vec<u8>>,
    /// How long the session may last at most.
    pub(crate) lasts: Option<Duration>,
    /// The client will be known again by this.
    pub(crate) device: Option<DeviceCookie>,
}

impl Vouched {
    /// Somebody of whom no more is known than the name.
    pub(super) fn of(user: String) -> Self {
        Self { user, groups: None, class: Vec::new(), lasts: None, device: None }
    }

    /// What both factors say together. The name is the first one's.
    fn and(mut self, second: Self) -> Self {
        if let Some(more) = second.groups {
            self.groups.get_or_insert_default().extend(more);
        }
        self.class.extend(second.class);
        self.lasts = self.lasts.into_iter().chain(second.lasts).min();
        Self { device: second.device.or(self.device), ..self }
    }
}

/// What a factor said. `Q` is a question to the user.
pub(crate) enum Word<Q> {
    Passed(Vouched),
    Asks(Q),
    Refused(Reason),
}

/// What follows from it.
pub(crate) enum Next<'r, Q> {
    /// The first factor is passed; now this one is asked about the user of the chain.
    Second(&'r Second, Chain, String),
    /// The user has to answer; then the factor's next word is heard here.
    Prompt(Chain, Q),
    /// Every factor is passed.
    Passed(Vouched),
    /// It is over.
    Refused(Reason),
}

/// Where a log-in stands.
#[derive(Default)]
pub(crate) struct Chain {
    /// What the first factor said, once it is passed: from then on the second one speaks.
    first: Option<Vouched>,
}

impl Chain {
    /// The user, once the first factor said who that is.
    pub(super) fn user(&self) -> Option<&str> {
        self.first.as_ref().map(|first| first.user.as_str())
    }

    /// Hears the factor whose turn it is.
    pub(super) fn hear<'r, Q>(self, word: Word<Q>, rules: &'r [SecondRule], names: &Names) -> Next<'r, Q> {
        match (word, self.first) {
            (Word::Refused(reason), _) => Next::Refused(reason),
            (Word::Asks(question), first) => Next::Prompt(Self { first }, question),
            (Word::Passed(second), Some(first)) => Next::Passed(first.and(second)),
            (Word::Passed(first), None) => {
                match SecondRule::about(rules, names, &first.user, first.groups.as_deref()) {
                    None | Some(Second::Nobody) => Next::Passed(first),
                    Some(second) => {
                        let user = first.user.clone();
                        Next::Second(second, Self { first: Some(first) }, user)
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod model;
