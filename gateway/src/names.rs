//! Whose a name is: one [`Account`], however the name is spelt. Pure.
//!
//! People write `CORP\alice`, `alice@corp.example.com` or `alice`, in capitals, with full-width letters or with
//! characters that nobody sees. Sessions, locks, devices, rules and pushes are kept by account, and only this file
//! makes one. Which domains are the same is for the site to say; letters are compared as directories compare them
//! (RFC 4518 section 2), because spellings that are one entry there must be one count of wrong passwords here.
//!
//! Not here: what only a directory knows, such as that `asmith` is also `alice.smith@corp.example.com`, or that it
//! takes accents for nothing.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::reason::Reason;

/// What stands between a name and its domain: `CORP\alice`, `alice@corp.example.com`.
const SEPARATORS: [char; 2] = ['\\', '@'];

/// The one key of everything that belongs to a user. A clone is a counter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Account(Arc<str>);

impl From<String> for Account {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.0.as_ref().into()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which names are one account, and how back ends are asked about it. Default: no domain is known, so every name is
/// taken whole.
#[derive(Clone, Debug, Default)]
pub struct Names {
    domains: BTreeSet<String>,
    others: OtherDomains,
    asked: Spelling,
}

/// What becomes of a name with a domain that is not among those of the site. Only where there are any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtherDomains {
    /// Nobody is asked about it. A RADIUS server that cuts off any domain would take `A1\alice` and `A2\alice` for
    /// one user, to whom every invented domain would give new tries and another session.
    #[default]
    Refused,
    /// It is an account of its own.
    Apart,
}

/// Which spelling of a name the first factor is asked about. What comes after it is asked about the name that the
/// first factor verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spelling {
    /// Without a domain of the site: `alice`.
    #[default]
    Bare,
    /// As it was typed, for servers that want the domain.
    Typed,
}

/// The text is no domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no domain as it stands in CORP\\alice or alice@corp.example.com: write it without \\ and @"
)]
pub struct DomainError(String);

/// What a name says about its domain.
enum Spelt<'n> {
    /// It is of the site; this is the name without its domain, if it had one.
    Own(&'n str),
    /// It has another domain, or can be read in two ways.
    Other,
}

impl Names {
    /// With these domains of the site, each as users write it: `CORP`, `corp.example.com`.
    pub fn new<D: AsRef<str>>(
        domains: impl IntoIterator<Item = D>,
        others: OtherDomains,
        asked: Spelling,
    ) -> Result<Self, DomainError> {
        let domain = |written: D| {
            let domain = fold(written.as_ref());
            let is_one = !domain.is_empty() && !domain.contains(SEPARATORS);
            if is_one { Ok(domain) } else { Err(DomainError(written.as_ref().to_owned())) }
        };
        let domains = domains.into_iter().map(domain).collect::<Result<_, _>>()?;
        Ok(Self { domains, others, asked })
    }

    /// Whose this name is.
    pub fn account(&self, name: &str) -> Account {
        let own = match self.spelt(name) {
            Spelt::Own(bare) => bare,
            Spelt::Other => name,
        };
        Account(fold(own).into())
    }

    /// Whether two names are of one account.
    pub(crate) fn is_one(&self, one: &str, other: &str) -> bool {
        self.account(one) == self.account(other)
    }

    /// What the first factor is asked about when this was typed. An error when nobody is to be asked.
    pub(crate) fn asked<'n>(&self, typed: &'n str) -> Result<&'n str, Reason> {
        match self.spelt(typed) {
            _ if fold(typed).is_empty() => Err(Reason::LoginRefused),
            Spelt::Own(bare) if self.asked == Spelling::Bare => Ok(bare),
            Spelt::Other if self.others == OtherDomains::Refused => Err(Reason::DomainUnknown),
            _ => Ok(typed),
        }
    }

    fn spelt<'n>(&self, name: &'n str) -> Spelt<'n> {
        if self.domains.is_empty() {
            return Spelt::Own(name);
        }
        let (domain, bare) = match (name.split_once('\\'), name.split_once('@')) {
            (None, None) => (None, name),
            (Some((domain, bare)), None) | (None, Some((bare, domain))) => (Some(domain), bare),
            (Some(_), Some(_)) => return Spelt::Other,
        };
        let (folded, is_own) = (fold(bare), domain.is_none_or(|domain| self.domains.contains(&fold(domain))));
        // A full-width separator is one for whoever folds names as this file does.
        if is_own && !folded.is_empty() && !folded.contains(SEPARATORS) {
            Spelt::Own(bare.trim())
        } else {
            Spelt::Other
        }
    }
}

/// One spelling of a text: RFC 4518 section 2, steps map, normalize and insignificant space. Case is Unicode's simple
/// lower case.
pub(crate) fn fold(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !is_ignored(*c)).collect();
    let lower: String = seen.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// RFC 4518 section 2.2: mapped to nothing.
const fn is_ignored(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{ad}' | '\u{34f}'
        | '\u{6dd}' | '\u{70f}' | '\u{1806}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2063}' | '\u{206a}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffc}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}
