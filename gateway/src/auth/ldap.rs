//! The LDAP driver: finds the user's entry, then binds as what was found (RFC 4511, RFC 4513).
//!
//! TLS stands before anything is said, or right after StartTLS; there is no way back to plain text (SR-100).
//! Servers are tried in order; the next one is asked only while nobody has answered, so a directory that says
//! no, or breaks off, has the last word. Referrals are not followed (SR-101). Why a directory refused is for the
//! audit log alone: for the user an unknown name, a wrong password and a locked account are one (SR-71).
//!
//! Not here: SASL, changing an expired password, groups of groups.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use gateway_proto::ldap::{
    AccountState, Entry, Inbox, Message, Op, Outcome, ResultCode, START_TLS, Scope, SearchRequest,
};
use gateway_proto::secret::Secret;
use gateway_rt::{Rt, Stream, tls};
use rustls::ClientConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::audit::{Event, Sink};
use crate::config::{Ldap, LdapSecurity, LdapServer};
use crate::limits::{LDAP_ENTRIES_MAX, LDAP_READ_BYTES, LDAP_SEARCH_MESSAGES_MAX, USER_BYTES_MAX};
use crate::reason::Reason;

/// How long leaving may take; the log-in is decided by then.
const GOODBYE: Duration = Duration::from_secs(1);

/// What the driver stands on.
pub struct Ground<'a> {
    /// Sockets.
    pub rt: &'a Rt,
    /// Whom to believe.
    pub tls: &'a Arc<ClientConfig>,
    /// Told what is asked and what came of it.
    pub audit: &'a Sink,
    /// Everything, all servers together, ends within this time.
    pub within: Duration,
}

/// A user whom the directory vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The name as the directory spells it.
    pub name: String,
    /// The entry's distinguished name.
    pub dn: String,
    /// What the group attribute holds: distinguished names of groups.
    pub groups: Vec<String>,
}

/// Whether `password` is that of `user`. The error is one that may be shown; what is behind it was told to the
/// audit log.
pub async fn log_in(
    directory: &Ldap,
    ground: &Ground<'_>,
    user: &str,
    password: &Secret,
) -> Result<Found, Reason> {
    // A bind without a password succeeds and proves nothing (RFC 4513 section 5.1.2, SR-70).
    if user.is_empty() || password.is_empty() {
        return Err(Reason::LoginRefused);
    }
    // Each server gets its share, so that a dead first one leaves time for the second.
    let share = ground.within / u32::try_from(directory.servers.len().max(1)).unwrap_or(u32::MAX);
    for server in &directory.servers {
        let exchange = Exchange { directory, server, ground, user, password };
        let (user, server) = (user.to_owned(), server.name.clone());
        let asked =
            Event::FactorAsked { user: user.clone(), factor: "LDAP", server: server.clone(), attempt: 1 };
        (ground.audit)(&asked);
        let mut line = Line::default();
        let ended = timeout(share, exchange.run(&mut line)).await;
        let answered = line.answered;
        line.leave().await;
        let (event, verdict) = match ended {
            Ok(Ok(found)) => {
                (Event::FactorPassed { user: found.name.clone(), factor: "LDAP", server }, Ok(found))
            }
            Ok(Err(Failure::Refused(why))) => {
                (Event::FactorRefused { user, server, why }, Err(Reason::LoginRefused))
            }
            Ok(Err(Failure::Answer(why))) => {
                (Event::FactorDiscarded { server, why }, Err(Reason::FactorAnswer))
            }
            Ok(Err(Failure::Gone(why))) => {
                (Event::BackendFailed { backend: server, why }, Err(Reason::FactorDown))
            }
            Err(_) => (Event::FactorSilent { server, after: share }, Err(Reason::FactorDown)),
        };
        (ground.audit)(&event);
        match verdict {
            // Nobody answered here: that says nothing about the user.
            Err(Reason::FactorDown) if !answered => {}
            // Where it broke off may depend on the user, so it must not look like a server that is down (SR-71).
            Err(Reason::FactorDown) => return Err(Reason::FactorAnswer),
            verdict => return verdict,
        }
    }
    Err(Reason::FactorDown)
}

/// Why there is nobody to be vouched for.
enum Failure {
    /// The directory said no.
    Refused(String),
    /// It said something that can't be used.
    Answer(String),
    /// It can't be reached, or has gone.
    Gone(String),
}

/// One log-in at one server.
struct Exchange<'a> {
    directory: &'a Ldap,
    server: &'a LdapServer,
    ground: &'a Ground<'a>,
    user: &'a str,
    password: &'a Secret,
}

impl Exchange<'_> {
    async fn run(&self, line: &mut Line) -> Result<Found, Failure> {
        self.connect(line).await?;
        if let Some(account) = &self.directory.account {
            let outcome = line.bind(account.dn(), account.password()).await?;
            if outcome.code != ResultCode::SUCCESS {
                return Err(Failure::Answer(format!("the gateway's own account: {}", why(&outcome))));
            }
        }
        let mut entries = self.search(line).await?;
        let entry = match (entries.pop(), entries.len()) {
            (Some(entry), 0) => entry,
            (Some(_), more) => return Err(Failure::Refused(format!("{} entries have this name", more + 1))),
            (None, _) => {
                // Asked all the same, so that time does not tell who exists (SR-71). No answer can change that
                // there is no user.
                line.bind(&format!("cn=nobody,{}", self.directory.base), self.password).await?;
                return Err(Failure::Refused("no such user".to_owned()));
            }
        };
        let found = self.found(&entry)?;
        let outcome = line.bind(&entry.dn, self.password).await?;
        match outcome.code {
            ResultCode::SUCCESS => Ok(found),
            ResultCode::INVALID_CREDENTIALS
            | ResultCode::INAPPROPRIATE_AUTHENTICATION
            | ResultCode::CONSTRAINT_VIOLATION
            | ResultCode::UNWILLING_TO_PERFORM => Err(Failure::Refused(why(&outcome))),
            _ => Err(Failure::Answer(format!("to the user's bind: {}", why(&outcome)))),
        }
    }

    async fn connect(&self, line: &mut Line) -> Result<(), Failure> {
        let (at, within) = (&self.server.at, self.ground.within);
        let connected = self.ground.rt.connect(at.host(), at.port(), within).await;
        let (stream, _) = connected.map_err(|error| Failure::Gone(error.to_string()))?;
        match self.server.security {
            LdapSecurity::Tls => line.stream = Some(self.handshake(stream).await?),
            LdapSecurity::StartTls => {
                line.stream = Some(stream);
                line.start_tls().await?;
                // What was said in clear text counts for nothing, whatever comes of the handshake.
                line.answered = false;
                if let Some(stream) = line.stream.take() {
                    line.stream = Some(self.handshake(stream).await?);
                }
            }
            LdapSecurity::PlainForTests => line.stream = Some(stream),
        }
        Ok(())
    }

    async fn handshake(&self, stream: Stream) -> Result<Stream, Failure> {
        let host = self.server.at.host();
        let secured = tls::connect(self.ground.tls.clone(), stream, host, self.ground.within).await;
        secured.map_err(|error| Failure::Gone(error.to_string()))
    }

    /// The entries of this name, as many as matter.
    async fn search(&self, line: &mut Line) -> Result<Vec<Entry>, Failure> {
        let search = SearchRequest {
            base: self.directory.base.clone(),
            scope: Scope::Subtree,
            size_limit: LDAP_ENTRIES_MAX,
            time_limit: u32::try_from(self.ground.within.as_secs()).unwrap_or(0),
            filter: self.directory.filter.about(self.user),
            attributes: vec![self.directory.name_attribute.clone(), self.directory.group_attribute.clone()],
        };
        line.send(Op::SearchRequest(search)).await?;
        let mut entries = Vec::new();
        for _ in 0..LDAP_SEARCH_MESSAGES_MAX {
            match line.receive().await? {
                Op::SearchEntry(entry) => entries.push(entry),
                // Another server may know more; it is not asked (SR-101).
                Op::SearchReference(_) => {}
                Op::SearchDone(outcome) => {
                    return match outcome.code {
                        ResultCode::SUCCESS | ResultCode::SIZE_LIMIT_EXCEEDED => Ok(entries),
                        _ => Err(Failure::Answer(format!("to the search: {}", why(&outcome)))),
                    };
                }
                _ => return Err(Failure::Answer("to the search: an answer to something else".to_owned())),
            }
        }
        Err(Failure::Answer("to the search: more than it was asked for".to_owned()))
    }

    /// What the entry says of the user. It must say who it is, in a form that fits a session.
    fn found(&self, entry: &Entry) -> Result<Found, Failure> {
        let attribute = &self.directory.name_attribute;
        let name = entry.values(attribute).next().and_then(|value| std::str::from_utf8(value).ok());
        let usable = |name: &&str| {
            !name.is_empty() && name.len() <= USER_BYTES_MAX && !name.chars().any(char::is_control)
        };
        let name =
            name.filter(usable).ok_or_else(|| Failure::Answer(format!("an entry without {attribute}")))?;
        // With an empty name a bind would be one as nobody, and succeed.
        if entry.dn.is_empty() {
            return Err(Failure::Answer("an entry without a name".to_owned()));
        }
        let groups = entry.values(&self.directory.group_attribute);
        let groups = groups.filter_map(|group| std::str::from_utf8(group).ok()).map(str::to_owned);
        Ok(Found { name: name.to_owned(), dn: entry.dn.clone(), groups: groups.collect() })
    }
}

/// A connection to a directory: one question at a time.
#[derive(Default)]
struct Line {
    stream: Option<Stream>,
    inbox: Inbox,
    /// The id of the last question.
    id: u32,
    /// Whether the directory has answered anything.
    answered: bool,
}

impl Line {
    async fn bind(&mut self, dn: &str, password: &Secret) -> Result<Outcome, Failure> {
        self.send(Op::BindRequest { dn: dn.to_owned(), password: password.clone() }).await?;
        match self.receive().await? {
            Op::BindResponse(outcome) => Ok(outcome),
            _ => Err(Failure::Answer("to a bind: an answer to something else".to_owned())),
        }
    }

    /// Agrees on TLS; the next bytes on the stream are those of the handshake.
    async fn start_tls(&mut self) -> Result<(), Failure> {
        self.send(Op::ExtendedRequest { name: START_TLS.to_owned() }).await?;
        match self.receive().await? {
            Op::ExtendedResponse(response) if response.outcome.code == ResultCode::SUCCESS => {}
            Op::ExtendedResponse(response) => {
                return Err(Failure::Answer(format!("to StartTLS: {}", why(&response.outcome))));
            }
            _ => return Err(Failure::Answer("to StartTLS: an answer to something else".to_owned())),
        }
        // Bytes that came in clear must not be taken for bytes that came through TLS.
        if self.inbox.is_empty() { Ok(()) } else { Err(Failure::Answer("bytes ahead of TLS".to_owned())) }
    }

    async fn send(&mut self, op: Op) -> Result<(), Failure> {
        self.id += 1;
        let bytes = Message { id: self.id, op }.encode();
        let stream = self.stream.as_mut().ok_or_else(gone)?;
        stream.write_all(bytes.expose()).await.map_err(|_| gone())?;
        stream.flush().await.map_err(|_| gone())
    }

    /// The next message in answer to the last question.
    async fn receive(&mut self) -> Result<Op, Failure> {
        let mut chunk = vec![0; LDAP_READ_BYTES];
        loop {
            let next = self.inbox.take().map_err(|error| Failure::Answer(error.to_string()))?;
            if let Some(message) = next {
                self.answered = true;
                if message.id != self.id {
                    return Err(Failure::Answer("an answer to no question of ours".to_owned()));
                }
                return Ok(message.op);
            }
            let stream = self.stream.as_mut().ok_or_else(gone)?;
            let count = stream.read(&mut chunk).await.map_err(|_| gone())?;
            if count == 0 {
                return Err(gone());
            }
            self.inbox.feed(chunk.get(..count).unwrap_or_default());
        }
    }

    /// Says good-bye. Nothing depends on whether it is heard.
    async fn leave(mut self) {
        let goodbye = async {
            self.send(Op::UnbindRequest).await?;
            match &mut self.stream {
                Some(stream) => stream.shutdown().await.map_err(|_| gone()),
                None => Ok(()),
            }
        };
        drop(timeout(GOODBYE, goodbye).await);
    }
}

fn gone() -> Failure {
    Failure::Gone("the connection broke off".to_owned())
}

/// What a directory said, for the audit log.
fn why(outcome: &Outcome) -> String {
    let code = outcome.code;
    match AccountState::find(&outcome.diagnostic) {
        Some(state) => format!("{code}, {state} ({})", state.code()),
        None if outcome.diagnostic.is_empty() => code.to_string(),
        None => format!("{code}: {}", outcome.diagnostic),
    }
}
