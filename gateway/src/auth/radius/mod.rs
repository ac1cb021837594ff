//! The RADIUS driver: one socket per request, server after server, one budget for all.
//!
//! What a reply is worth is decided in `gateway_proto::radius`; this file moves datagrams and time. A fresh
//! ephemeral port for every request makes guessing a reply harder (SR-94). The next server is asked only when
//! one stayed silent, never after it said something (SR-95), and never while a person may be looking at a question
//! of the first one on a phone. An answer to a challenge goes to the server that asked and to no other, because
//! only it knows its State. A reply that comes after the end finds no socket.

mod silent;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

#[cfg(test)]
use gateway_proto::radius::MessageAuthenticatorPolicy;
use gateway_proto::radius::{Accept, AccessRequest, Output, Schedule, SignedRequest, Transaction, Verdict};
use gateway_proto::secret::Secret;
use gateway_rt::{Datagram, Purpose, entropy, time};
use tokio::time::Instant;

pub(crate) use self::silent::Silent;
use super::chain::{Vouched, Word};
use super::login::Client;
use super::{Awaits, Question};
use crate::audit::Event;
use crate::config::{FirstRequest, Radius, RadiusServer, SecondRadius};
#[cfg(test)]
use crate::config::{RadiusGroups, RadiusTiming};
use crate::limits::RADIUS_DISCARDS_TOLD_MAX;
use crate::reason::Reason;
use crate::shared::Shared;

/// RFC 2865 §3: no packet is longer.
const DATAGRAM_BYTES_MAX: usize = 4096;

/// How the audit log calls the first and the second factor.
pub(super) const FIRST: &str = "RADIUS";
const SECOND: &str = "second RADIUS";

/// A question that is open, of these servers or on their behalf.
pub(crate) struct Open {
    radius: Radius,
    factor: &'static str,
    /// The server that asked, and its State. Without them the gateway itself asked for a passcode, and any server
    /// may check it.
    asked: Option<(usize, Secret)>,
}

#[cfg(test)]
impl Open {
    /// One that waits for nothing.
    pub(super) fn for_tests() -> Self {
        let message_authenticator = MessageAuthenticatorPolicy::Required;
        let (timing, groups) = (RadiusTiming::default(), RadiusGroups::default());
        let nas_identifier = "gw".to_owned();
        let radius = Radius { servers: Vec::new(), nas_identifier, timing, message_authenticator, groups };
        Self { radius, factor: FIRST, asked: None }
    }
}

/// One word of a RADIUS factor about one user.
pub(super) struct Turn<'a> {
    pub(super) shared: &'a Shared,
    pub(super) client: &'a Client,
    pub(super) user: &'a str,
}

impl Turn<'_> {
    /// The first factor: a name and a password.
    pub(super) async fn begin(&self, radius: &Radius, password: &Secret) -> Word<Question> {
        self.ask(radius, FIRST, password, None).await
    }

    /// The second factor, about a user whom the first one let pass with `password`.
    pub(super) async fn second(&self, second: &SecondRadius, password: &Secret) -> Word<Question> {
        match &second.first {
            FirstRequest::Password => self.ask(&second.radius, SECOND, password, None).await,
            FirstRequest::Empty => self.ask(&second.radius, SECOND, &Secret::default(), None).await,
            FirstRequest::Passcode { prompt } => {
                let open = Open { radius: second.radius.clone(), factor: SECOND, asked: None };
                let (prompt, awaits) = (prompt.clone(), Awaits::Radius(Box::new(open)));
                Word::Asks(Question { prompt, echo: false, repeated: false, awaits })
            }
        }
    }

    /// The user answers.
    pub(super) async fn answer(&self, open: &Open, answer: &Secret) -> Word<Question> {
        self.ask(&open.radius, open.factor, answer, open.asked.as_ref()).await
    }

    async fn ask(
        &self,
        radius: &Radius,
        factor: &'static str,
        password: &Secret,
        asked: Option<&(usize, Secret)>,
    ) -> Word<Question> {
        let shared = self.shared;
        let mut order = match asked {
            Some((server, _)) => vec![*server],
            None => shared.silent().order(&radius.servers, shared.now()),
        };
        // Each server gets its share, so that a dead first one leaves time for the second. A person who is asked
        // elsewhere is asked by one server only.
        let share = match radius.timing.push {
            Some(push) => {
                order.truncate(1);
                push
            }
            None => radius.timing.budget / u32::try_from(order.len().max(1)).unwrap_or(u32::MAX),
        };
        let state = asked.map(|(_, state)| state);
        for index in order {
            let Some(server) = radius.servers.get(index) else { break };
            let exchange = Exchange { turn: self, radius, server, factor, password, state };
            match exchange.run(share).await {
                Ok(Verdict::TimedOut) => {
                    shared.silent().was(&server.at, shared.now());
                    shared.tell(&Event::FactorSilent { server: server.name.clone(), after: share });
                }
                Ok(verdict) => {
                    shared.silent().is_not(&server.at);
                    return exchange.word(verdict, index);
                }
                Err(reason) => return Word::Refused(reason),
            }
        }
        Word::Refused(Reason::FactorDown)
    }
}

/// One request to one server.
struct Exchange<'a> {
    turn: &'a Turn<'a>,
    radius: &'a Radius,
    server: &'a RadiusServer,
    factor: &'static str,
    password: &'a Secret,
    state: Option<&'a Secret>,
}

impl Exchange<'_> {
    /// The server's verdict; silence, also that of a name without an address, is [`Verdict::TimedOut`].
    async fn run(&self, budget: Duration) -> Result<Verdict, Reason> {
        let Some((socket, to)) = self.socket().await else { return Ok(Verdict::TimedOut) };
        let request = self.request()?;
        let schedule = Schedule {
            first_retransmit: self.radius.timing.first_retransmit,
            tries: self.radius.timing.tries,
            budget,
            ..Schedule::new(entropy::bytes(self.turn.shared.rt.entropy.as_ref(), Purpose("radius-jitter")))
        };
        let policy = self.radius.message_authenticator;
        let transaction =
            Transaction::new(request, self.server.secret.clone(), policy, schedule, Duration::ZERO);
        Ok(self.drive(transaction, socket.as_ref(), to).await)
    }

    async fn socket(&self) -> Option<(Arc<dyn Datagram>, SocketAddr)> {
        let (net, at) = (&self.turn.shared.rt.net, &self.server.at);
        let ip = net.resolve(at.host()).await.ok()?.first().copied()?;
        let any = if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = net.bind_udp(SocketAddr::new(any, 0)).await.ok()?;
        Some((socket, SocketAddr::new(ip, at.port())))
    }

    fn request(&self) -> Result<SignedRequest, Reason> {
        let rt = &self.turn.shared.rt;
        let [id] = entropy::bytes(rt.entropy.as_ref(), Purpose("radius-id"));
        let authenticator = entropy::bytes(rt.entropy.as_ref(), Purpose("radius-authenticator"));
        let seconds = time::since_epoch(rt.clock.as_ref()).as_secs();
        let station = self.turn.client.peer.ip().to_string();
        let request = AccessRequest {
            user_name: self.turn.user,
            user_password: self.password,
            state: self.state,
            nas_identifier: &self.radius.nas_identifier,
            nas_ip_address: None,
            calling_station_id: Some(&station),
            event_timestamp: u32::try_from(seconds).ok(),
        };
        // What can't be asked can't be right: a name or password that RADIUS has no form for.
        request.sign(id, authenticator, &self.server.secret).map_err(|_| Reason::LoginRefused)
    }

    async fn drive(&self, mut transaction: Transaction, socket: &dyn Datagram, to: SocketAddr) -> Verdict {
        let begun = Instant::now();
        let (mut attempt, mut discards) = (0, 0);
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            while let Some(output) = transaction.poll_output() {
                match output {
                    Output::Send(datagram) => {
                        attempt += 1;
                        self.tell_asked(attempt);
                        // A datagram that can't be sent is a datagram lost: the schedule covers it.
                        drop(socket.send_to(&datagram, to).await);
                    }
                    Output::Verdict(verdict) => return verdict,
                    Output::Discarded(why) => {
                        discards += 1;
                        if discards <= RADIUS_DISCARDS_TOLD_MAX {
                            self.tell_discarded(why.to_string());
                        }
                    }
                    Output::Noted(note) => self.tell_discarded(format!("nothing, but: {note}")),
                }
            }
            let wake = begun + transaction.poll_timeout().unwrap_or_default();
            tokio::select! { biased;
                received = socket.recv_from(&mut buffer) => if let Ok((length, from)) = received {
                    let datagram = buffer.get(..length).unwrap_or_default();
                    transaction.handle_datagram(from == to, datagram, begun.elapsed());
                },
                () = tokio::time::sleep_until(wake) => transaction.handle_timeout(begun.elapsed()),
            }
        }
    }

    fn word(&self, verdict: Verdict, index: usize) -> Word<Question> {
        match verdict {
            Verdict::Accept(accept) => Word::Passed(self.vouched(accept)),
            Verdict::Challenge(challenge) => {
                let asked = Some((index, challenge.state));
                let open = Open { radius: self.radius.clone(), factor: self.factor, asked };
                let (prompt, echo) = (challenge.message, challenge.echo);
                Word::Asks(Question { prompt, echo, repeated: false, awaits: Awaits::Radius(Box::new(open)) })
            }
            Verdict::Reject { .. } => Word::Refused(Reason::LoginRefused),
            Verdict::Unusable(why) => {
                self.tell_discarded(why.to_string());
                Word::Refused(Reason::FactorAnswer)
            }
            Verdict::TimedOut => Word::Refused(Reason::FactorDown),
        }
    }

    fn vouched(&self, accept: Accept) -> Vouched {
        let (user, server) = (self.turn.user.to_owned(), self.server.name.clone());
        self.turn.shared.tell(&Event::FactorPassed { user: user.clone(), factor: self.factor, server });
        let groups = self.radius.groups.of(&accept);
        Vouched { groups, class: accept.class, lasts: accept.session_timeout, ..Vouched::of(user) }
    }

    fn tell_asked(&self, attempt: u32) {
        self.turn.shared.tell(&Event::FactorAsked {
            user: self.turn.user.to_owned(),
            factor: self.factor,
            server: self.server.name.clone(),
            attempt,
        });
    }

    fn tell_discarded(&self, why: String) {
        self.turn.shared.tell(&Event::FactorDiscarded { server: self.server.name.clone(), why });
    }
}
