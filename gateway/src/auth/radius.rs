//! The RADIUS driver: one socket per request, server after server, one budget for all.
//!
//! What a reply is worth is decided in `gateway_proto::radius`; this file moves datagrams and time. A fresh
//! ephemeral port for every request makes guessing a reply harder (SR-94). The next server is asked only when
//! one stayed silent, never after it said something (SR-95); an answer to a challenge goes to the server that
//! asked and to no other, because only it knows its State.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use gateway_proto::radius::{AccessRequest, Output, Schedule, SignedRequest, Transaction, Verdict};
use gateway_rt::{Datagram, Purpose, Rt, entropy, time};
use tokio::time::Instant;

use super::{Attempt, Awaits, First, Question, Step};
use crate::audit::{Event, Sink};
use crate::config::{Radius, RadiusServer};
use crate::limits::RADIUS_DISCARDS_TOLD_MAX;
use crate::reason::Reason;

/// RFC 2865 §3: no packet is longer.
const DATAGRAM_BYTES_MAX: usize = 4096;

/// Asks the servers about `attempt`.
pub(super) async fn verify(config: &Radius, rt: &Rt, audit: &Sink, attempt: Attempt<'_>) -> First {
    let asked = match attempt.answering {
        Some(Awaits::Radius { server, .. }) => *server..server + 1,
        _ => 0..config.servers.len(),
    };
    // Each server gets its share, so that a dead first one leaves time for the second.
    let share = config.timing.budget / u32::try_from(asked.len().max(1)).unwrap_or(u32::MAX);
    for index in asked {
        let Some(server) = config.servers.get(index) else { break };
        let exchange = Exchange { config, server, rt, audit, attempt: &attempt };
        match exchange.run(share).await {
            Ok(Verdict::TimedOut) => {
                audit(&Event::FactorSilent { server: server.name.clone(), after: share });
            }
            Ok(verdict) => return exchange.step(verdict, index),
            Err(reason) => return First::Step(Step::Refused(reason)),
        }
    }
    First::Step(Step::Refused(Reason::FactorDown))
}

/// One request to one server.
struct Exchange<'a> {
    config: &'a Radius,
    server: &'a RadiusServer,
    rt: &'a Rt,
    audit: &'a Sink,
    attempt: &'a Attempt<'a>,
}

impl Exchange<'_> {
    /// The server's verdict; silence, also that of a name without an address, is [`Verdict::TimedOut`].
    async fn run(&self, budget: Duration) -> Result<Verdict, Reason> {
        let Some((socket, to)) = self.socket().await else { return Ok(Verdict::TimedOut) };
        let request = self.request()?;
        let schedule = Schedule {
            first_retransmit: self.config.timing.first_retransmit,
            tries: self.config.timing.tries,
            budget,
            ..Schedule::new(entropy::bytes(self.rt.entropy.as_ref(), Purpose("radius-jitter")))
        };
        let policy = self.config.message_authenticator;
        let transaction =
            Transaction::new(request, self.server.secret.clone(), policy, schedule, Duration::ZERO);
        Ok(self.drive(transaction, socket.as_ref(), to).await)
    }

    async fn socket(&self) -> Option<(Arc<dyn Datagram>, SocketAddr)> {
        let at = &self.server.at;
        let ip = self.rt.net.resolve(at.host()).await.ok()?.first().copied()?;
        let any = if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = self.rt.net.bind_udp(SocketAddr::new(any, 0)).await.ok()?;
        Some((socket, SocketAddr::new(ip, at.port())))
    }

    fn request(&self) -> Result<SignedRequest, Reason> {
        let [id] = entropy::bytes(self.rt.entropy.as_ref(), Purpose("radius-id"));
        let authenticator = entropy::bytes(self.rt.entropy.as_ref(), Purpose("radius-authenticator"));
        let seconds = time::since_epoch(self.rt.clock.as_ref()).as_secs();
        let state = match self.attempt.answering {
            Some(Awaits::Radius { state, .. }) => Some(state),
            _ => None,
        };
        let station = self.attempt.client.peer.ip().to_string();
        let request = AccessRequest {
            user_name: self.attempt.user,
            user_password: self.attempt.password,
            state,
            nas_identifier: &self.config.nas_identifier,
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

    fn step(&self, verdict: Verdict, index: usize) -> First {
        First::Step(match verdict {
            Verdict::Accept(_) => {
                let user = self.attempt.user.to_owned();
                let server = self.server.name.clone();
                (self.audit)(&Event::FactorPassed { user: user.clone(), factor: "RADIUS", server });
                return First::Passed { user, groups: None };
            }
            Verdict::Challenge(challenge) => Step::Challenge(Question {
                prompt: challenge.message,
                echo: challenge.echo,
                repeated: false,
                awaits: Awaits::Radius { state: challenge.state, server: index },
            }),
            Verdict::Reject { .. } => Step::Refused(Reason::LoginRefused),
            Verdict::Unusable(why) => {
                self.tell_discarded(why.to_string());
                Step::Refused(Reason::FactorAnswer)
            }
            Verdict::TimedOut => Step::Refused(Reason::FactorDown),
        })
    }

    fn tell_asked(&self, attempt: u32) {
        (self.audit)(&Event::FactorAsked {
            user: self.attempt.user.to_owned(),
            factor: "RADIUS",
            server: self.server.name.clone(),
            attempt,
        });
    }

    fn tell_discarded(&self, why: String) {
        (self.audit)(&Event::FactorDiscarded { server: self.server.name.clone(), why });
    }
}
