//! From a datagram to its answer: check, duplicate, decide, sign, and what goes wrong on purpose.

use std::net::SocketAddr;
use std::sync::{Arc, MutexGuard, PoisonError};

use gateway_proto::radius::{
    AttributeType, Code, Packet, PacketError, Placement, Reply, unhide_password, verify_accounting,
    verify_request,
};
use gateway_proto::secret::Secret;
use gateway_rt::{Datagram, Rt};
use tokio::time::Instant;

use super::duplicates::{Duplicates, Known, key};
use super::users::Decision;
use super::{Mock, Seen};
use crate::behaviour::{GARBAGE, Misbehaviour, Operation};
use crate::serving::pause;

/// A request to answer.
pub(super) struct Job {
    request: Packet,
    /// What was decided when the request came first.
    earlier: Option<Arc<Decision>>,
}

impl Mock {
    /// The job a datagram is, when its request is believable and not being worked on.
    pub(super) fn admit(&self, peer: SocketAddr, datagram: &[u8]) -> Option<Job> {
        let request = match self.believe(datagram) {
            Ok(request) => request,
            Err(why) => {
                self.journal.record(Seen::Discarded { peer, why });
                return None;
            }
        };
        let id = request.id();
        let known = self.duplicates().note(Instant::now(), key(peer, &request));
        match known {
            Known::New if request.code() == Code::ACCOUNTING_REQUEST => {
                self.journal.record(Seen::accounting(peer, &request));
                Some(Job { request, earlier: None })
            }
            Known::New => {
                let state = request.values(AttributeType::STATE).next().map(Secret::from);
                self.journal.record(Seen::AccessRequest { peer, id, user: user_name(&request), state });
                Some(Job { request, earlier: None })
            }
            Known::Decided(decision) => {
                self.journal.record(Seen::Duplicate { peer, id, answered: true });
                Some(Job { request, earlier: Some(decision) })
            }
            Known::InProgress => {
                self.journal.record(Seen::Duplicate { peer, id, answered: false });
                None
            }
            Known::Full => {
                let why = "too many requests at a time".to_owned();
                self.journal.record(Seen::Discarded { peer, why });
                None
            }
        }
    }

    fn believe(&self, datagram: &[u8]) -> Result<Packet, String> {
        let request = Packet::decode(datagram).map_err(|error| error.to_string())?;
        if request.code() == Code::ACCOUNTING_REQUEST {
            let right = verify_accounting(&request, &self.secret);
            return right.then_some(request).ok_or_else(|| "wrong authenticator of accounting".to_owned());
        }
        verify_request(&request, &self.secret).map_err(|flaw| flaw.to_string())?;
        Ok(request)
    }

    pub(super) async fn respond(
        self: Arc<Self>,
        rt: Rt,
        socket: Arc<dyn Datagram>,
        peer: SocketAddr,
        job: Job,
    ) {
        let Job { request, earlier } = job;
        let answers = request.values(AttributeType::STATE).next().is_some();
        let operation = match request.code() {
            Code::ACCOUNTING_REQUEST => Operation::Account,
            _ if answers => Operation::Answer,
            _ => Operation::LogIn,
        };
        let what = self.switch.next(Some(operation));
        if let Some(what) = &what {
            self.journal.record(Seen::Misbehaved { peer, how: what.name() });
        }
        let decision = match (&what, earlier) {
            (Some(Misbehaviour::Silent), Some(_)) => return,
            // Nothing was done about it, so its retransmission is a new request.
            (Some(Misbehaviour::Silent), None) => return self.duplicates().forget(&key(peer, &request)),
            (_, Some(decision)) => decision,
            (_, None) => self.work(&rt, peer, &request, what.as_ref()).await,
        };
        match self.sign(&request, &decision, what.as_ref()) {
            Ok(datagrams) => {
                for datagram in &datagrams {
                    // UDP promises nothing, so neither does this.
                    drop(socket.send_to(datagram, peer).await);
                }
            }
            Err(error) => self.journal.record(Seen::Discarded { peer, why: error.to_string() }),
        }
    }

    /// Decides about a new request, in the time that takes.
    async fn work(
        &self,
        rt: &Rt,
        peer: SocketAddr,
        request: &Packet,
        what: Option<&Misbehaviour>,
    ) -> Arc<Decision> {
        if let Some(Misbehaviour::Slow { by }) = what {
            pause(*by).await;
        }
        let user = user_name(request);
        let decision = if request.code() == Code::ACCOUNTING_REQUEST {
            Arc::new(Decision::Record)
        } else {
            pause(self.users.delay(&user)).await;
            Arc::new(self.decide(rt, &user, request))
        };
        if let Some(Misbehaviour::Late { by }) = what {
            pause(*by).await;
        }
        self.duplicates().decided(Instant::now(), key(peer, request), decision.clone());
        if let Some(seen) = Seen::reply(peer, request.id(), user, &decision) {
            self.journal.record(seen);
        }
        decision
    }

    fn decide(&self, rt: &Rt, user: &str, request: &Packet) -> Decision {
        let mut challenges = self.challenges.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hidden = request.values(AttributeType::USER_PASSWORD);
        let (Some(hidden), None) = (hidden.next(), hidden.next()) else {
            return self.users.reject("not exactly one User-Password");
        };
        let Ok(password) = unhide_password(hidden, &self.secret, request.authenticator()) else {
            return self.users.reject("unreadable User-Password");
        };
        let mut states = request.values(AttributeType::STATE);
        match (states.next(), states.next()) {
            (None, _) => self.users.begin(user, &password, &mut challenges, rt),
            (Some(state), None) => self.users.answer(user, &password, state, &mut challenges, rt),
            (Some(_), Some(_)) => self.users.reject("more than one State"),
        }
    }

    /// The datagrams that answer `request`, in order.
    fn sign(
        &self,
        request: &Packet,
        decision: &Decision,
        what: Option<&Misbehaviour>,
    ) -> Result<Vec<Vec<u8>>, PacketError> {
        let mut reply = reply(decision, request);
        let honest = |reply: &Reply| reply.sign(request, &self.secret);
        Ok(match what {
            Some(Misbehaviour::WrongId) => {
                let (code, id, authenticator) = (request.code(), request.id(), *request.authenticator());
                let other = Packet::new(code, id.wrapping_add(1), authenticator, Vec::new())?;
                vec![reply.sign(&other, &self.secret)?]
            }
            Some(Misbehaviour::Truncate { at }) => {
                let mut datagram = honest(&reply)?;
                datagram.truncate(*at);
                vec![datagram]
            }
            Some(Misbehaviour::Duplicate) => vec![honest(&reply)?; 2],
            Some(Misbehaviour::Forge) => {
                let attributes = Vec::new();
                let message_authenticator = Placement::First;
                let forged = Reply { code: Code::ACCESS_ACCEPT, attributes, message_authenticator };
                vec![forged.sign(request, &Secret::new(WRONG_SECRET))?, honest(&reply)?]
            }
            Some(Misbehaviour::WrongSecret) => vec![reply.sign(request, &Secret::new(WRONG_SECRET))?],
            Some(Misbehaviour::NoAuthenticator) => {
                reply.message_authenticator = Placement::Absent;
                vec![honest(&reply)?]
            }
            Some(Misbehaviour::Garbage) => vec![GARBAGE.to_vec()],
            _ => vec![honest(&reply)?],
        })
    }

    fn duplicates(&self) -> MutexGuard<'_, Duplicates> {
        self.duplicates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody's secret.
const WRONG_SECRET: &[u8] = b"not the shared secret";

/// The reply to be signed. Proxy-State goes back in order (RFC 2865 section 5.33).
fn reply(decision: &Decision, request: &Packet) -> Reply {
    let mut message_authenticator = Placement::First;
    let (code, attributes) = match decision {
        Decision::Record => {
            message_authenticator = Placement::Absent;
            (Code::ACCOUNTING_RESPONSE, &Vec::new())
        }
        Decision::Accept { attributes } => (Code::ACCESS_ACCEPT, attributes),
        Decision::Challenge { attributes, .. } => (Code::ACCESS_CHALLENGE, attributes),
        Decision::Reject { attributes, .. } => (Code::ACCESS_REJECT, attributes),
    };
    let passed_on = request.attributes().iter().filter(|it| it.kind() == AttributeType::PROXY_STATE);
    let attributes = attributes.iter().chain(passed_on).cloned().collect();
    Reply { code, attributes, message_authenticator }
}

/// The User-Name as text; nobody has a name that is not UTF-8.
pub(super) fn user_name(request: &Packet) -> String {
    let name = request.values(AttributeType::USER_NAME).next().unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}
