//! Carrying frames between a client and a host that were joined, and what becomes of the session afterwards.
//!
//! A connection of CGP has no half-close: when either side is gone, both are, and the session waits at the host
//! for the client to come back, unless a `CLOSE` said that it is over. Only `DATA` counts as use: keep-alive
//! keeps neither a tunnel nor its user's session.

use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use gateway_proto::cgp::{Code, Passage, goodbye, reconnect_ticket};
use gateway_proto::limits::CGP_SILENCE_MAX;
use gateway_proto::ticket::Ticket;
use gateway_rt::Stream;
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::super::direction::Direction;
use super::join::Joined;
use super::keeper::{Carrier, Keep};
use crate::audit::{Event, Mark};
use crate::limits::RECONNECT_GRACE;
use crate::shared::Shared;

/// How carrying ended.
#[derive(Clone, Copy)]
struct End {
    cause: &'static str,
    fate: Fate,
    /// What the client is told, if it can be told anything.
    farewell: Option<Code>,
}

/// What becomes of the session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It waits for its client.
    Waits,
    /// It is over.
    Over,
    /// Another connection carries it.
    Elsewhere,
}

impl End {
    const fn waits(cause: &'static str, farewell: Option<Code>) -> Self {
        Self { cause, fate: Fate::Waits, farewell }
    }

    const fn over(cause: &'static str) -> Self {
        Self { cause, fate: Fate::Over, farewell: Some(Code::Ended) }
    }

    /// Either end said `CLOSE`, and everything that it said was passed on.
    fn closed(code: Code) -> Self {
        let fate = match code {
            Code::Displaced => Fate::Elsewhere,
            code if code.ends_session() => Fate::Over,
            _ => Fate::Waits,
        };
        Self { cause: "closed by an end", fate, farewell: None }
    }
}

/// Carries one connection of a session until it ends, and leaves the session as that says.
pub(super) async fn carry(shared: &Shared, client: Stream, joined: Joined) {
    let Joined { peer, host, keep, connection, answer } = joined;
    let up = Direction::new("client broke off", "host broke off");
    let down = Direction::new("host broke off", "client broke off");
    let mut line = Line {
        client,
        host,
        up: up.with_frames(Passage::new(), "client broke the protocol"),
        down: down
            .with_early(answer.to_client.expose().to_vec())
            .with_frames(answer.down, "host broke the protocol"),
    };
    let end = line.run(shared, &keep, connection).await;
    let (up, down) = line.data();
    let (host, session, cause) = (keep.host().clone(), keep.session(), end.cause);
    match end.fate {
        Fate::Waits => {
            keep.leave(connection, Carrier::nobody(answer.kept));
            shared.tell(&Event::TunnelSuspended { peer, host, session, up, down, cause });
        }
        Fate::Over => {
            keep.end();
            shared.tell(&Event::TunnelClosed { peer, host, up, down, cause });
        }
        Fate::Elsewhere => {
            // The host may tell this connection before the gateway hears of the next one.
            keep.decided(connection).await;
            // Through another gateway, if nobody here has it.
            let is_elsewhere = keep.is_carried_by(connection);
            if is_elsewhere {
                keep.end();
            }
            let cause = if is_elsewhere { cause } else { "resumed" };
            shared.tell(&Event::TunnelClosed { peer, host, up, down, cause });
        }
    }
    line.close(end.farewell, shared.config.limits.protocol_known).await;
}

/// Client, host, and the two ways between them.
struct Line {
    client: Stream,
    host: Stream,
    up: Direction,
    down: Direction,
}

impl Line {
    async fn run(&mut self, shared: &Shared, keep: &Keep, connection: u64) -> End {
        let mut tickets = keep.tickets();
        // One that is there already is news to this client.
        tickets.mark_changed();
        let mut carriers = keep.carriers();
        let mut absolute = pin!(sleep_until(keep.begun() + shared.config.limits.tunnel_absolute));
        let mut quiet = Quiet::new(shared.config.limits.tunnel_idle);
        loop {
            tokio::select! { biased;
                () = keep.over() => {
                    let stops = shared.is_stopping();
                    let farewell = Some(if stops { Code::Stopping } else { Code::Ended });
                    return End { farewell, ..End::over(if stops { "gateway stops" } else { "session over" }) };
                }
                _ = carriers.wait_for(|carrier| *carrier != Carrier::Connection(connection)) => {
                    return End { cause: "resumed", fate: Fate::Elsewhere, farewell: Some(Code::Displaced) };
                }
                () = absolute.as_mut() => return End::over("absolute limit"),
                ticket = next(&mut tickets) => {
                    self.down.insert(reconnect_ticket(&ticket).expose().to_vec());
                    quiet.awaits = Some((Mark::of(ticket.token()), Instant::now()));
                }
                end = poll_fn(|cx| self.poll(cx, &mut quiet, |sign| note(shared, keep, sign))) => return end,
            }
        }
    }

    /// Moves what can be moved now. Ready when either side is gone.
    fn poll(&mut self, cx: &mut Context<'_>, quiet: &mut Quiet, note: impl Fn(Sign)) -> Poll<End> {
        // Both are polled, whatever the first says: each must be able to wake this task.
        let up = self.up.poll(cx, &mut self.client, &mut self.host);
        let down = self.down.poll(cx, &mut self.host, &mut self.client);
        let closed = |way: &Direction| way.passage().and_then(Passage::closed).filter(|_| !way.is_stuck());
        if let Some(code) = closed(&self.up).or(closed(&self.down)) {
            return Poll::Ready(End::closed(code));
        }
        match (up, down) {
            (Poll::Ready(Err("client broke the protocol")), _) => {
                Poll::Ready(End::waits("client broke the protocol", Some(Code::Protocol)))
            }
            (Poll::Ready(Err(cause)), _) | (_, Poll::Ready(Err(cause))) => {
                Poll::Ready(End::waits(cause, Some(Code::BackendDown)))
            }
            (Poll::Ready(Ok(())), _) => Poll::Ready(End::waits("client broke off", None)),
            (_, Poll::Ready(Ok(()))) => Poll::Ready(End::waits("host broke off", None)),
            (Poll::Pending, Poll::Pending) => quiet.poll(cx, self, note),
        }
    }

    /// Bytes of the stream to the host and to the client, resent ones counted again.
    fn data(&self) -> (u64, u64) {
        let data = |way: &Direction| way.passage().map_or(0, Passage::data);
        (data(&self.up), data(&self.down))
    }

    /// Says what is left to say and closes both. Bounded: who reads nothing does not hold the other.
    async fn close(mut self, farewell: Option<Code>, deadline: Duration) {
        let farewell = farewell.filter(|_| self.down.is_at_boundary());
        let client = async {
            if let Some(code) = farewell {
                self.client.write_all(&goodbye(code)).await?;
            }
            self.client.shutdown().await
        };
        let both = async { tokio::join!(client, self.host.shutdown()) };
        drop(tokio::time::timeout(deadline, both).await);
    }
}

/// Completes with the next ticket there is.
async fn next(tickets: &mut watch::Receiver<Option<Ticket>>) -> Ticket {
    loop {
        if tickets.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        if let Some(ticket) = tickets.borrow_and_update().clone() {
            return ticket;
        }
    }
}

/// What the passing frames say.
enum Sign {
    /// The session was used: bytes of client and host.
    Used(u64, u64),
    /// The client has this ticket.
    Delivered(Mark),
}

fn note(shared: &Shared, keep: &Keep, sign: Sign) {
    match sign {
        Sign::Used(up, down) => keep.pulse().moved((up, down), shared.now()),
        Sign::Delivered(ticket) => shared.kept().delivered(keep.id(), ticket),
    }
}

/// How long nobody was heard, and nothing was used.
struct Quiet {
    idle: Duration,
    timer: Pin<Box<Sleep>>,
    /// Bytes of client and host, and when they came.
    heard: [(u64, Instant); 2],
    /// Bytes of the stream, and when they passed.
    used: ((u64, u64), Instant),
    /// The newest ticket, and since when it is on its way to the client.
    awaits: Option<(Mark, Instant)>,
}

impl Quiet {
    fn new(idle: Duration) -> Self {
        let now = Instant::now();
        let timer = Box::pin(sleep(Duration::ZERO));
        Self { idle, timer, heard: [(0, now); 2], used: ((0, 0), now), awaits: None }
    }

    fn poll(&mut self, cx: &mut Context<'_>, line: &Line, note: impl Fn(Sign)) -> Poll<End> {
        let now = Instant::now();
        for (heard, read) in self.heard.iter_mut().zip([line.up.read(), line.down.read()]) {
            if heard.0 != read {
                *heard = (read, now);
            }
        }
        let (before, data) = (self.used.0, line.data());
        if before != data {
            self.used = (data, now);
            note(Sign::Used(data.0.saturating_sub(before.0), data.1.saturating_sub(before.1)));
        }
        let [(_, client), _] = self.heard;
        if let Some((ticket, _)) = self.awaits.take_if(|(_, sent)| client > *sent + RECONNECT_GRACE) {
            note(Sign::Delivered(ticket));
        }
        let [client, host] = self.heard.map(|(_, at)| at + CGP_SILENCE_MAX);
        let idle = self.used.1 + self.idle;
        self.timer.as_mut().reset(client.min(host).min(idle));
        self.timer.as_mut().poll(cx).map(|()| {
            if now >= idle || client.min(host) > idle {
                End::over("idle")
            } else if client <= host {
                // Who is not read from can't be heard.
                let cause = if line.up.is_stuck() { "host does not read" } else { "client silent" };
                End::waits(cause, Some(Code::Silent))
            } else {
                let cause = if line.down.is_stuck() { "client does not read" } else { "host silent" };
                End::waits(cause, Some(Code::BackendDown))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use gateway_proto::secret::Secret;
    use tokio::io::duplex;

    use super::*;

    /// A keep-alive.
    const ACK: [u8; 11] = [0x22, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    const ROOM: usize = 1024;

    /// Tickets that are known to have arrived, when one was sent `before`, the host spoke just now, and the client
    /// only if it was `heard`.
    async fn delivered(before: Duration, heard: bool) -> Vec<Mark> {
        let ((mut client, near), (mut host, far)) = (duplex(ROOM), duplex(ROOM));
        let way = || Direction::new("source", "sink").with_frames(Passage::new(), "broken");
        let mut line = Line { client: Box::new(near), host: Box::new(far), up: way(), down: way() };
        let mut quiet = Quiet::new(Duration::from_secs(3600));
        let sent = Instant::now().checked_sub(before).expect("this machine is up for a minute");
        quiet.awaits = Some((ticket(), sent));
        let [client_heard, _] = &mut quiet.heard;
        client_heard.1 = sent;
        host.write_all(&ACK).await.expect("room");
        if heard {
            client.write_all(&ACK).await.expect("room");
        }
        let told = RefCell::new(Vec::new());
        let note = |sign| {
            if let Sign::Delivered(ticket) = sign {
                told.borrow_mut().push(ticket);
            }
        };
        let polled = poll_fn(|cx| Poll::Ready(line.poll(cx, &mut quiet, note))).await;
        assert_eq!(polled.is_pending(), heard, "who is silent for that long loses the line");
        told.into_inner()
    }

    fn ticket() -> Mark {
        Mark::of(&Secret::new("ticket"))
    }

    #[tokio::test]
    async fn a_ticket_is_delivered_when_the_client_is_heard_half_a_minute_later() {
        let nothing: [Mark; 0] = [];
        assert_eq!(delivered(Duration::ZERO, true).await, nothing, "that may have crossed it");
        assert_eq!(delivered(RECONNECT_GRACE * 3 / 2, true).await, [ticket()]);
    }

    #[tokio::test]
    async fn a_client_that_is_not_heard_may_not_have_it_whatever_the_host_says() {
        let nothing: [Mark; 0] = [];
        assert_eq!(delivered(RECONNECT_GRACE * 3 / 2, false).await, nothing);
    }
}
