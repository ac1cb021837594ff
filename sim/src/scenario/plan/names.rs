//! Which names are one account at a gateway of a plan, and what a session is bound to.

use gateway::config::{Binding, OtherDomains, Spelling};

use super::keyword::Keyword;
use crate::scenario::source::Spanned;

/// The domains of a site, and what becomes of names with them and with others.
#[derive(Debug, Clone, PartialEq)]
pub struct Domains {
    /// As users write them; at least one.
    pub own: Vec<Spanned<String>>,
    /// What becomes of a name with another one; refused when absent.
    pub others: Option<Spanned<OtherDomains>>,
    /// Which spelling the first factor is asked about; bare when absent.
    pub asked: Option<Spanned<Spelling>>,
}

impl Keyword for OtherDomains {
    const WORDS: &'static [(&'static str, Self)] = &[("refused", Self::Refused), ("apart", Self::Apart)];
}

impl Keyword for Spelling {
    const WORDS: &'static [(&'static str, Self)] = &[("bare", Self::Bare), ("typed", Self::Typed)];
}

impl Keyword for Binding {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("address", Self { address: true, user_agent: false }),
        ("user-agent", Self { address: false, user_agent: true }),
    ];
}
