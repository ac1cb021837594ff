//! Directory servers.

use super::Decoder;
use super::statement::Statement;
use super::world::put;
use crate::scenario::plan::{LdapAccount, LdapGroup, LdapServer, LdapUser};
use crate::scenario::source::Spanned;

impl Decoder<'_> {
    /// A directory server, or what a `set` changes of one.
    pub(super) fn ldap(&mut self, statement: &Statement<'_>, mut host: LdapServer) -> LdapServer {
        if let Some(base) = statement.prop("base-dn") {
            host.base_dn = base;
        }
        statement.update("security", &mut host.security);
        statement.update("port", &mut host.port);
        let inner = self.inner(statement);
        self.once_each(&inner, &["account"]);
        for line in &inner {
            match line.word.name {
                "account" => host.account = account(line).or(host.account.take()),
                "user" => {
                    let Some(user) = user(line) else { continue };
                    put(&mut host.users, user, |user| &user.name);
                }
                "group" => {
                    let Some(dn) = line.arg(0) else { continue };
                    put(&mut host.groups, LdapGroup { dn, members: line.args_from(1) }, |group| &group.dn);
                }
                _ => {}
            }
        }
        host.misbehaviours.extend(self.misbehaviours(&inner));
        host
    }
}

/// A server of which nothing but the name is known.
pub(super) fn new(name: Spanned<String>, statement: &Statement<'_>) -> LdapServer {
    LdapServer {
        name,
        port: None,
        base_dn: Spanned::new(String::new(), statement.name_place),
        security: None,
        account: None,
        users: Vec::new(),
        groups: Vec::new(),
        misbehaviours: Vec::new(),
        span: statement.place,
    }
}

fn account(line: &Statement<'_>) -> Option<LdapAccount> {
    Some(LdapAccount { dn: line.arg(0)?, password: line.prop("password")? })
}

fn user(line: &Statement<'_>) -> Option<LdapUser> {
    Some(LdapUser {
        name: line.arg(0)?,
        password: line.prop("password"),
        dn: line.prop("dn"),
        state: line.prop("state"),
    })
}
