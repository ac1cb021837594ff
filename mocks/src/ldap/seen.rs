//! What a directory saw, and how it reads. No password is among it.

use std::net::SocketAddr;

use gateway_proto::ldap::{AccountState, Outcome};
use gateway_rt::{Line, Tell, Told};

/// The kinds of [`Seen`].
pub const KINDS: &[&str] = &[
    "ldap.start-tls",
    "ldap.bind",
    "ldap.bound",
    "ldap.search",
    "ldap.found",
    "ldap.who-am-i",
    "ldap.result",
    "ldap.unbind",
    "ldap.discarded",
    "ldap.misbehaved",
];

/// Something that happened at the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Somebody wants TLS.
    StartTls {
        /// Who.
        peer: SocketAddr,
    },
    /// Somebody wants to be an entry.
    Bind {
        /// Who.
        peer: SocketAddr,
        /// The entry; empty for nobody.
        dn: String,
    },
    /// The bind succeeded.
    Bound {
        /// Who.
        peer: SocketAddr,
        /// The user; `None` for nobody and for the account that only searches.
        user: Option<String>,
    },
    /// Somebody searches.
    Search {
        /// Who.
        peer: SocketAddr,
        /// Where.
        base: String,
        /// For what, as RFC 4515 writes it.
        filter: String,
    },
    /// Entries were sent.
    Found {
        /// To whom.
        peer: SocketAddr,
        /// How many.
        count: usize,
    },
    /// Somebody asks who they are.
    WhoAmI {
        /// Who.
        peer: SocketAddr,
    },
    /// An operation ended in another way than success.
    Result {
        /// Whose.
        peer: SocketAddr,
        /// How.
        outcome: Outcome,
    },
    /// The client leaves.
    Unbind {
        /// Who.
        peer: SocketAddr,
    },
    /// What came was no LDAP, or nothing this server serves.
    Discarded {
        /// From whom.
        peer: SocketAddr,
        /// Why.
        why: String,
    },
    /// The server does something wrong to the answer, on purpose.
    Misbehaved {
        /// Who asked.
        peer: SocketAddr,
        /// The word for it.
        how: &'static str,
    },
}

impl Tell for Seen {
    fn tell(&self) -> Told {
        match self {
            Self::StartTls { peer } => Told::received("ldap.start-tls", *peer, Line::new("StartTLS")),
            Self::Bind { peer, dn } => {
                let who = if dn.is_empty() { "nobody" } else { dn };
                Told::received("ldap.bind", *peer, Line::new(format!("bind as {who}")))
                    .with("dn", dn.as_str())
            }
            Self::Bound { peer, user } => {
                let told = Told::sent("ldap.bound", *peer, Line::new("bind result: success"));
                user.iter().fold(told, |told, user| told.with("user", user.as_str()))
            }
            Self::Search { peer, base, filter } => {
                let line = Line::new(format!("search {filter} below {base}"));
                let told = Told::received("ldap.search", *peer, line);
                told.with("base", base.as_str()).with("filter", filter.as_str())
            }
            Self::Found { peer, count } => {
                let entries = if *count == 1 { "entry" } else { "entries" };
                let line = Line::new(format!("search result: {count} {entries}"));
                Told::sent("ldap.found", *peer, line).with("count", *count as u64)
            }
            Self::WhoAmI { peer } => Told::received("ldap.who-am-i", *peer, Line::new("Who am I?")),
            Self::Result { peer, outcome } => result(*peer, outcome),
            Self::Unbind { peer } => Told::received("ldap.unbind", *peer, Line::new("unbind")),
            Self::Discarded { peer, why } => {
                let line = Line::new(format!("discarded: {why}"));
                Told::received("ldap.discarded", *peer, line).with("why", why.as_str())
            }
            Self::Misbehaved { peer, how } => {
                let mut told = Told::here("ldap.misbehaved", Line::new(format!("misbehaves: {how}")));
                told.peer = Some(*peer);
                told.with("how", *how)
            }
        }
    }
}

fn result(peer: SocketAddr, outcome: &Outcome) -> Told {
    let code = outcome.code.to_string();
    let why = AccountState::find(&outcome.diagnostic).map(|state| state.to_string());
    let because = why.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
    let told = Told::sent("ldap.result", peer, Line::new(format!("result: {code}{because}")));
    why.iter().fold(told.with("result", code), |told, why| told.with("why", why.as_str()))
}
