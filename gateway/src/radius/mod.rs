//! One RADIUS request on the wire: a socket of its own, the transaction's datagrams and its timers.
//!
//! A fresh ephemeral port for every request makes guessing a reply harder (SR-94), and a reply that comes after the
//! end finds no socket. What a reply is worth is decided in `gateway_proto::radius`; whom to ask, and what follows
//! from a verdict, is decided by `auth::radius` and `accounting`.

mod silent;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use gateway_proto::radius::{
    MessageAuthenticatorPolicy, Output, Schedule, SignedRequest, Transaction, Verdict,
};
use gateway_rt::{Datagram, Purpose, Rt, entropy};
use tokio::time::Instant;

pub(crate) use self::silent::Silent;
use crate::config::{RadiusServer, RadiusTiming};
use crate::limits::RADIUS_DISCARDS_TOLD_MAX;

/// RFC 2865 §3: no packet is longer.
const DATAGRAM_BYTES_MAX: usize = 4096;

/// What happens on the way to a verdict.
pub(crate) enum News {
    /// The request was sent, for the n-th time.
    Sent(u32),
    /// A datagram was thrown away, and why.
    Discarded(String),
}

/// How a server is asked.
pub(crate) struct Exchange<'a> {
    pub(crate) rt: &'a Rt,
    pub(crate) server: &'a RadiusServer,
    pub(crate) timing: RadiusTiming,
    pub(crate) policy: MessageAuthenticatorPolicy,
}

impl Exchange<'_> {
    /// An identifier that nobody can foresee; it is the only one on its socket.
    pub(crate) fn id(rt: &Rt) -> u8 {
        let [id] = entropy::bytes(rt.entropy.as_ref(), Purpose("radius-id"));
        id
    }

    /// The server's verdict; silence, also that of a name without an address, is [`Verdict::TimedOut`].
    pub(crate) async fn run(
        &self,
        request: SignedRequest,
        budget: Duration,
        mut tell: impl FnMut(News) + Send,
    ) -> Verdict {
        let Some((socket, to)) = self.socket().await else { return Verdict::TimedOut };
        let schedule = Schedule {
            first_retransmit: self.timing.first_retransmit,
            tries: self.timing.tries,
            budget,
            ..Schedule::new(entropy::bytes(self.rt.entropy.as_ref(), Purpose("radius-jitter")))
        };
        let secret = self.server.secret.clone();
        let mut transaction = Transaction::new(request, secret, self.policy, schedule, Duration::ZERO);
        let begun = Instant::now();
        let (mut attempt, mut discards) = (0, 0);
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            while let Some(output) = transaction.poll_output() {
                match output {
                    Output::Send(datagram) => {
                        attempt += 1;
                        tell(News::Sent(attempt));
                        // A datagram that can't be sent is a datagram lost: the schedule covers it.
                        drop(socket.send_to(&datagram, to).await);
                    }
                    Output::Verdict(verdict) => return verdict,
                    Output::Discarded(why) => {
                        discards += 1;
                        if discards <= RADIUS_DISCARDS_TOLD_MAX {
                            tell(News::Discarded(why.to_string()));
                        }
                    }
                    Output::Noted(note) => tell(News::Discarded(format!("nothing, but: {note}"))),
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

    async fn socket(&self) -> Option<(Arc<dyn Datagram>, SocketAddr)> {
        let (net, at) = (&self.rt.net, &self.server.at);
        let ip = net.resolve(at.host()).await.ok()?.first().copied()?;
        let any = if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = net.bind_udp(SocketAddr::new(any, 0)).await.ok()?;
        Some((socket, SocketAddr::new(ip, at.port())))
    }
}
