//! Anakam.TFA servers.

use super::Decoder;
use super::statement::Statement;
use super::world::put;
use crate::scenario::plan::{AnakamServer, AnakamUser};
use crate::scenario::source::Spanned;

impl Decoder<'_> {
    /// A server, or what a `set` changes of one.
    pub(super) fn anakam(&mut self, statement: &Statement<'_>, mut host: AnakamServer) -> AnakamServer {
        if let Some(account) = statement.prop("account") {
            host.account = account;
        }
        if let Some(password) = statement.prop("password") {
            host.password = password;
        }
        statement.update("port", &mut host.port);
        statement.update("passcode-life", &mut host.passcode_life);
        let inner = self.inner(statement);
        for user in inner.iter().filter(|line| line.word.name == "user").filter_map(user) {
            put(&mut host.users, user, |user| &user.name);
        }
        host.misbehaviours.extend(self.misbehaviours(&inner));
        host
    }
}

/// A server of which nothing but the name is known.
pub(super) fn new(name: Spanned<String>, statement: &Statement<'_>) -> AnakamServer {
    let unknown = Spanned::new(String::new(), statement.name_place);
    AnakamServer {
        name,
        port: None,
        account: unknown.clone(),
        password: unknown,
        passcode_life: None,
        users: Vec::new(),
        misbehaviours: Vec::new(),
        span: statement.place,
    }
}

fn user(line: &Statement<'_>) -> Option<AnakamUser> {
    Some(AnakamUser { name: line.arg(0)?, email: line.prop("email"), phone: line.prop("phone") })
}
