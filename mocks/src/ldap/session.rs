//! One connection to the directory: message in, decision, messages out, and what goes wrong on purpose.

use std::net::SocketAddr;
use std::sync::Arc;

use gateway_proto::ldap::{ExtendedResponse, Inbox, Message, Op, Outcome, ResultCode, START_TLS, WHO_AM_I};
use gateway_rt::{Stream, tls};
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::directory::Who;
use super::{Mock, Security, Seen};
use crate::behaviour::{GARBAGE, Misbehaviour, Operation};
use crate::limits::{LDAP_IDLE_MAX, LDAP_READ_BYTES, OVERSIZED_BYTES, SILENCE_MAX, TLS_DEADLINE};
use crate::serving::pause;

/// Where a misbehaving server sends people: a name that exists nowhere (RFC 2606).
const ELSEWHERE: &str = "ldap://elsewhere.invalid/";

/// A connection that is over, for whatever reason.
struct Over;

impl Mock {
    pub(super) async fn session(
        self: Arc<Self>,
        stream: Stream,
        peer: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
    ) {
        let (stream, secured) = match (&self.security, tls.clone()) {
            (Security::Tls(_), Some(config)) => match tls::accept(config, stream, TLS_DEADLINE).await {
                Ok(stream) => (stream, true),
                // Who can't agree on TLS was sent an alert.
                Err(_) => return,
            },
            _ => (stream, false),
        };
        let mut session =
            Session { mock: &self, stream, inbox: Inbox::default(), peer, tls, secured, who: Who::Nobody };
        while session.turn().await.is_ok() {}
        // A client that is gone needs no good-bye.
        drop(timeout(TLS_DEADLINE, session.stream.shutdown()).await);
    }
}

struct Session<'a> {
    mock: &'a Mock,
    stream: Stream,
    inbox: Inbox,
    peer: SocketAddr,
    tls: Option<Arc<ServerConfig>>,
    secured: bool,
    who: Who,
}

impl Session<'_> {
    /// One request and its answer.
    async fn turn(&mut self) -> Result<(), Over> {
        let message = self.receive().await?;
        let Some(operation) = self.note(&message.op) else { return Err(Over) };
        let what = self.mock.switch.next(operation);
        if let Some(how) = what.as_ref().map(Misbehaviour::name) {
            self.mock.journal.record(Seen::Misbehaved { peer: self.peer, how });
        }
        match what {
            None => self.serve(message, 0, usize::MAX).await,
            Some(Misbehaviour::Slow { by }) => {
                pause(by).await;
                self.serve(message, 0, usize::MAX).await
            }
            Some(Misbehaviour::WrongId) => self.serve(message, 1, usize::MAX).await,
            Some(Misbehaviour::Truncate { at }) => self.serve(message, 0, at).await,
            Some(Misbehaviour::Late { by }) => {
                let answers = self.decide(&message.op);
                pause(by).await;
                self.send(message.id, answers, usize::MAX).await
            }
            Some(Misbehaviour::Error(code)) => {
                let code = ResultCode::parse(&code).unwrap_or(ResultCode::OTHER);
                self.fail(&message, Outcome::new(code)).await
            }
            Some(Misbehaviour::Referral) => {
                let elsewhere = Some(ELSEWHERE.to_owned());
                self.fail(&message, Outcome { referral: elsewhere, ..Outcome::new(ResultCode::REFERRAL) })
                    .await
            }
            Some(Misbehaviour::Garbage) => self.write(GARBAGE).await.and(Err(Over)),
            Some(Misbehaviour::Oversized) => self.flood().await,
            Some(Misbehaviour::Silent) => {
                drop(timeout(SILENCE_MAX, tokio::io::copy(&mut self.stream, &mut tokio::io::sink())).await);
                Err(Over)
            }
            // `Refuse`; the switch lets nothing else through.
            Some(_) => Err(Over),
        }
    }

    async fn receive(&mut self) -> Result<Message, Over> {
        let mut chunk = vec![0; LDAP_READ_BYTES];
        loop {
            match self.inbox.take() {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => {}
                Err(error) => {
                    self.mock.journal.record(Seen::Discarded { peer: self.peer, why: error.to_string() });
                    return Err(Over);
                }
            }
            match timeout(LDAP_IDLE_MAX, self.stream.read(&mut chunk)).await {
                Ok(Ok(count)) if count > 0 => self.inbox.feed(chunk.get(..count).unwrap_or_default()),
                _ => return Err(Over),
            }
        }
    }

    /// Writes the request down and says what it is; `None` when nothing is to be answered and the client goes.
    fn note(&self, op: &Op) -> Option<Option<Operation>> {
        let peer = self.peer;
        let (seen, operation) = match op {
            Op::BindRequest { dn, .. } => (Seen::Bind { peer, dn: dn.clone() }, Some(Operation::Bind)),
            Op::SearchRequest(search) => {
                let (base, filter) = (search.base.clone(), search.filter.to_string());
                (Seen::Search { peer, base, filter }, Some(Operation::Search))
            }
            Op::ExtendedRequest { name } if name == START_TLS => (Seen::StartTls { peer }, None),
            Op::ExtendedRequest { name } if name == WHO_AM_I => (Seen::WhoAmI { peer }, None),
            Op::UnbindRequest => {
                self.mock.journal.record(Seen::Unbind { peer });
                return None;
            }
            _ => (Seen::Discarded { peer, why: "an operation that is not served".to_owned() }, None),
        };
        self.mock.journal.record(seen);
        Some(operation)
    }

    /// Decides and answers, under an id that is off by `shift`, with at most `limit` bytes.
    async fn serve(&mut self, message: Message, shift: u32, limit: usize) -> Result<(), Over> {
        let answers = self.decide(&message.op);
        let begins_tls = matches!(&answers[..], [Op::ExtendedResponse(response)]
            if response.name.as_deref() == Some(START_TLS) && response.outcome.code == ResultCode::SUCCESS);
        self.send(message.id.saturating_add(shift), answers, limit).await?;
        if begins_tls { self.begin_tls().await } else { Ok(()) }
    }

    fn decide(&mut self, op: &Op) -> Vec<Op> {
        let peer = self.peer;
        let (mut answers, outcome) = match op {
            Op::BindRequest { .. } | Op::Other(Op::BIND) => return vec![Op::BindResponse(self.bind(op))],
            Op::SearchRequest(search) => {
                let (entries, outcome) = self.mock.directory.search(&self.who, search);
                if outcome.code == ResultCode::SUCCESS || !entries.is_empty() {
                    self.mock.journal.record(Seen::Found { peer, count: entries.len() });
                }
                (entries.into_iter().map(Op::SearchEntry).collect(), outcome)
            }
            Op::ExtendedRequest { name } => return vec![Op::ExtendedResponse(self.extended(name))],
            _ => (Vec::new(), Outcome::new(ResultCode::PROTOCOL_ERROR)),
        };
        self.tell(&outcome);
        answers.push(end(op, outcome));
        answers
    }

    fn bind(&mut self, op: &Op) -> Outcome {
        // Whatever comes of it, who somebody was before is over (RFC 4511 section 4.2.1).
        self.who = Who::Nobody;
        let Op::BindRequest { dn, password } = op else {
            return self.tell(&Outcome::new(ResultCode::AUTH_METHOD_NOT_SUPPORTED));
        };
        let readable = matches!(self.mock.security, Security::StartTls(_)) && !self.secured;
        if readable && !password.is_empty() {
            return self.tell(&Outcome::new(ResultCode::CONFIDENTIALITY_REQUIRED));
        }
        match self.mock.directory.bind(dn, password) {
            Ok(who) => {
                let user = match &who {
                    Who::Somebody { user, .. } => user.clone(),
                    Who::Nobody => None,
                };
                self.who = who;
                self.mock.journal.record(Seen::Bound { peer: self.peer, user });
                Outcome::new(ResultCode::SUCCESS)
            }
            Err(outcome) => self.tell(&outcome),
        }
    }

    fn extended(&self, name: &str) -> ExtendedResponse {
        let success = ExtendedResponse::new(Outcome::new(ResultCode::SUCCESS));
        match name {
            START_TLS if matches!(self.mock.security, Security::StartTls(_)) && !self.secured => {
                ExtendedResponse { name: Some(START_TLS.to_owned()), ..success }
            }
            START_TLS => ExtendedResponse::new(self.tell(&Outcome::new(ResultCode::OPERATIONS_ERROR))),
            WHO_AM_I => {
                let identity = match &self.who {
                    Who::Somebody { dn, .. } => format!("dn:{dn}"),
                    Who::Nobody => String::new(),
                };
                ExtendedResponse { value: Some(identity.into_bytes()), ..success }
            }
            _ => ExtendedResponse::new(self.tell(&Outcome::new(ResultCode::PROTOCOL_ERROR))),
        }
    }

    /// Writes a result down, unless it is success, about which there is more to be said elsewhere.
    fn tell(&self, outcome: &Outcome) -> Outcome {
        if outcome.code != ResultCode::SUCCESS {
            self.mock.journal.record(Seen::Result { peer: self.peer, outcome: outcome.clone() });
        }
        outcome.clone()
    }

    /// Answers with this and does nothing about the request.
    async fn fail(&mut self, message: &Message, outcome: Outcome) -> Result<(), Over> {
        self.tell(&outcome);
        self.send(message.id, vec![end(&message.op, outcome)], usize::MAX).await
    }

    async fn send(&mut self, id: u32, answers: Vec<Op>, limit: usize) -> Result<(), Over> {
        let mut bytes = Vec::new();
        for op in answers {
            bytes.extend_from_slice(Message { id, op }.encode().expose());
        }
        match bytes.get(..limit) {
            Some(first) => self.write(first).await.and(Err(Over)),
            None => self.write(&bytes).await,
        }
    }

    async fn begin_tls(&mut self) -> Result<(), Over> {
        let config = self.tls.clone().ok_or(Over)?;
        // What came in clear is not taken for what comes through TLS.
        if !self.inbox.is_empty() {
            return Err(Over);
        }
        let plain = std::mem::replace(&mut self.stream, Box::new(tokio::io::empty()));
        self.stream = tls::accept(config, plain, TLS_DEADLINE).await.map_err(|_| Over)?;
        self.secured = true;
        Ok(())
    }

    /// A message larger than anybody's bound, all of it.
    async fn flood(&mut self) -> Result<(), Over> {
        let length = u32::try_from(OVERSIZED_BYTES).map_err(|_| Over)?;
        self.write(&[&[0x30, 0x84], &length.to_be_bytes()[..]].concat()).await?;
        let filler = [0; LDAP_READ_BYTES];
        for _ in 0..OVERSIZED_BYTES / LDAP_READ_BYTES {
            self.write(&filler).await?;
        }
        Err(Over)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Over> {
        let written = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(LDAP_IDLE_MAX, written).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Over),
        }
    }
}

/// The message that ends an operation.
fn end(op: &Op, outcome: Outcome) -> Op {
    match op {
        Op::SearchRequest(_) => Op::SearchDone(outcome),
        Op::BindRequest { .. } | Op::Other(Op::BIND) => Op::BindResponse(outcome),
        _ => Op::ExtendedResponse(ExtendedResponse::new(outcome)),
    }
}
