//! Directory servers of a plan.

use gateway_proto::ldap::AccountState;

use super::{Keyword, Misbehaviour};
use crate::scenario::source::{Span, Spanned};

/// A directory server.
#[derive(Debug, Clone, PartialEq)]
pub struct LdapServer {
    /// Host name in the network and in the trace.
    pub name: Spanned<String>,
    /// TCP port; that of its security when absent.
    pub port: Option<Spanned<u16>>,
    /// The entry below which its users are.
    pub base_dn: Spanned<String>,
    /// How the connection is secured; `ldaps` when absent.
    pub security: Option<Spanned<LdapSecurity>>,
    /// With which the gateway looks users up; without it anybody may.
    pub account: Option<LdapAccount>,
    /// Users it knows. None means every user of the world's directory.
    pub users: Vec<LdapUser>,
    /// Groups and who is in them.
    pub groups: Vec<LdapGroup>,
    /// How it misbehaves.
    pub misbehaviours: Vec<Misbehaviour>,
    /// The whole statement.
    pub span: Span,
}

/// How a connection to a directory is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LdapSecurity {
    /// TLS from the first byte.
    Ldaps,
    /// StartTLS before anything else.
    StartTls,
}

impl Keyword for LdapSecurity {
    const WORDS: &'static [(&'static str, Self)] = &[("ldaps", Self::Ldaps), ("start-tls", Self::StartTls)];
}

/// An account of a directory that is no person's.
#[derive(Debug, Clone, PartialEq)]
pub struct LdapAccount {
    /// Its distinguished name.
    pub dn: Spanned<String>,
    /// Its password.
    pub password: Spanned<String>,
}

/// A user of a directory server.
#[derive(Debug, Clone, PartialEq)]
pub struct LdapUser {
    /// Log-in name.
    pub name: Spanned<String>,
    /// Password; that of the world's directory when absent (the check makes sure that there is one).
    pub password: Option<Spanned<String>>,
    /// The entry's distinguished name; one below `CN=Users` when absent.
    pub dn: Option<Spanned<String>>,
    /// What is wrong with the account.
    pub state: Option<Spanned<AccountState>>,
}

/// A group of a directory server.
#[derive(Debug, Clone, PartialEq)]
pub struct LdapGroup {
    /// Its distinguished name.
    pub dn: Spanned<String>,
    /// Names of users.
    pub members: Vec<Spanned<String>>,
}

impl Keyword for AccountState {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("disabled", Self::Disabled),
        ("locked", Self::Locked),
        ("expired", Self::AccountExpired),
        ("password-expired", Self::PasswordExpired),
        ("must-change-password", Self::MustChangePassword),
        ("wrong-hours", Self::WrongHours),
        ("wrong-workstation", Self::WrongWorkstation),
    ];
}
