//! What outlives the connections of a session: its reconnect ticket, kept alive at the STA, and the wait for its
//! client. One task a session, from its opening until it is over or given up.
//!
//! The ticket is refreshed before half its life is over, also while the client is away: its wait may be longer
//! than a ticket lives. A ticket that was used, or that the STA does not know any more, is replaced by a new one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gateway_proto::host_port::HostPort;
use gateway_proto::sta::TicketData;
use gateway_proto::ticket::Ticket;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::kept::KeepId;
use crate::audit::{Event, Mark};
use crate::config::Sta;
use crate::limits::RECONNECT_RETRY;
use crate::reason::Reason;
use crate::session::Pulse;
use crate::shared::Shared;
use crate::sta;

/// Who carries a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// The connection of this number.
    Connection(u64),
    /// None, since a while; it is given up then.
    Nobody { since: Instant, until: Instant },
}

impl Carrier {
    /// The last connection is gone now.
    pub(super) fn nobody(kept: Duration) -> Self {
        let since = Instant::now();
        Self::Nobody { since, until: since + kept }
    }

    /// How long the session was without a connection.
    pub(super) fn idle(self) -> Duration {
        match self {
            Self::Connection(_) => Duration::ZERO,
            Self::Nobody { since, .. } => since.elapsed(),
        }
    }
}

/// What a session is bound to, for as long as it lives.
pub(super) struct Bound {
    pub(super) host: HostPort,
    /// The STA of its tickets.
    pub(super) sta: Sta,
    /// What the STA knew about the host's user and application.
    pub(super) x_data: Option<String>,
    /// The user's session, if this gateway knows it.
    pub(super) session: Option<Mark>,
    /// Beats for that session.
    pub(super) pulse: Pulse,
}

impl Bound {
    /// What a reconnect ticket of the session stands for: its host and nothing else, so that it opens nothing
    /// by SOCKS.
    pub(super) fn data(&self) -> TicketData {
        let (cgp_address, x_data) = (Some(self.host.clone()), self.x_data.clone());
        TicketData { cgp_address, x_data, ..TicketData::default() }
    }
}

/// A session of CGP that this gateway carries or keeps.
pub(crate) struct Keep {
    id: KeepId,
    bound: Bound,
    /// Ends everything that hangs on it.
    over: CancellationToken,
    begun: Instant,
    connections: AtomicU64,
    /// Connections whose host was not heard yet.
    approaching: watch::Sender<u64>,
    carrier: watch::Sender<Carrier>,
    /// The ticket the client should have; `None` while there is none that would be good.
    ticket: watch::Sender<Option<Ticket>>,
}

impl Keep {
    /// The number of the connection that came with the session.
    pub(super) const FIRST_CONNECTION: u64 = 1;

    /// A session whose first connection is there. It ends with `parent`.
    pub(super) fn new(id: KeepId, bound: Bound, parent: &CancellationToken) -> Self {
        Self {
            id,
            bound,
            over: parent.child_token(),
            begun: Instant::now(),
            connections: AtomicU64::new(Self::FIRST_CONNECTION),
            approaching: watch::Sender::new(0),
            carrier: watch::Sender::new(Carrier::Connection(Self::FIRST_CONNECTION)),
            ticket: watch::Sender::new(None),
        }
    }

    pub(super) fn id(&self) -> KeepId {
        self.id
    }

    pub(super) fn host(&self) -> &HostPort {
        &self.bound.host
    }

    pub(super) fn session(&self) -> Option<Mark> {
        self.bound.session
    }

    pub(super) fn pulse(&self) -> &Pulse {
        &self.bound.pulse
    }

    /// When it was opened at this gateway. Its absolute limit counts from here, over all its connections.
    pub(super) fn begun(&self) -> Instant {
        self.begun
    }

    /// Completes when the session is over.
    pub(super) async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Ends the session at this gateway.
    pub(super) fn end(&self) {
        self.over.cancel();
    }

    /// A new connection wants the session. If nobody carries it, it is that connection's at once, so that it is not
    /// given up meanwhile; who carries it does so until the host agrees, because a ticket alone, perhaps a stolen
    /// one, must take it from nobody.
    pub(super) fn approach(self: &Arc<Self>) -> Approach {
        let number = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        self.approaching.send_modify(|count| *count += 1);
        let mut before = Carrier::Connection(number);
        self.carrier.send_if_modified(|carrier| {
            before = *carrier;
            let is_free = matches!(before, Carrier::Nobody { .. });
            if is_free {
                *carrier = Carrier::Connection(number);
            }
            is_free
        });
        Approach { keep: self.clone(), number, before, has_arrived: false }
    }

    /// Completes when the connection of this number carries it no more, or nobody waits for the host's word about it.
    pub(super) async fn decided(&self, number: u64) {
        let (mut carriers, mut approaching) = (self.carriers(), self.approaching.subscribe());
        tokio::select! { biased;
            _ = carriers.wait_for(|carrier| *carrier != Carrier::Connection(number)) => {}
            _ = approaching.wait_for(|count| *count == 0) => {}
        }
    }

    /// Whether the connection of this number carries it.
    pub(super) fn is_carried_by(&self, number: u64) -> bool {
        *self.carrier.borrow() == Carrier::Connection(number)
    }

    /// The connection of this number carries it no more, if it still does.
    pub(super) fn leave(&self, number: u64, next: Carrier) {
        self.carrier.send_if_modified(|carrier| {
            let carries = *carrier == Carrier::Connection(number);
            if carries {
                *carrier = next;
            }
            carries
        });
    }

    pub(super) fn carriers(&self) -> watch::Receiver<Carrier> {
        self.carrier.subscribe()
    }

    pub(super) fn tickets(&self) -> watch::Receiver<Option<Ticket>> {
        self.ticket.subscribe()
    }

    /// The ticket is of no use any more: another one is asked for.
    pub(super) fn used_up(&self, ticket: &Ticket) {
        self.replace(Some(ticket), None);
    }

    /// The ticket the client should have, within `deadline`.
    pub(super) async fn next_ticket(&self, deadline: Duration) -> Option<Ticket> {
        let mut tickets = self.tickets();
        let given = tokio::time::timeout(deadline, tickets.wait_for(Option::is_some)).await;
        given.ok()?.ok()?.clone()
    }

    /// Whether `before` was still the ticket.
    fn replace(&self, before: Option<&Ticket>, after: Option<Ticket>) -> bool {
        self.ticket.send_if_modified(|ticket| {
            let expected = ticket.as_ref() == before;
            if expected {
                *ticket = after;
            }
            expected
        })
    }
}

/// A connection that wants a session and has not got it yet. Dropped, it came to nothing: the session waits as long
/// as it would have.
pub(super) struct Approach {
    keep: Arc<Keep>,
    number: u64,
    before: Carrier,
    has_arrived: bool,
}

impl Approach {
    pub(super) fn keep(&self) -> &Arc<Keep> {
        &self.keep
    }

    /// The host agreed: the session is this connection's, and the one before it ends. One that came later stays.
    /// Answers its number and how long the session was without a connection.
    pub(super) fn arrive(mut self) -> (u64, Duration) {
        self.has_arrived = true;
        self.keep.carrier.send_if_modified(|carrier| {
            let is_later = !matches!(*carrier, Carrier::Connection(other) if other >= self.number);
            if is_later {
                *carrier = Carrier::Connection(self.number);
            }
            is_later
        });
        (self.number, self.before.idle())
    }
}

impl Drop for Approach {
    fn drop(&mut self) {
        self.keep.approaching.send_modify(|count| *count -= 1);
        if !self.has_arrived {
            self.keep.leave(self.number, self.before);
        }
    }
}

/// Keeps a session's ticket alive until the session is over or nobody came back for it.
pub(super) async fn keep(shared: Arc<Shared>, keep: Arc<Keep>) {
    let life = shared.config.reliability.unwrap_or_default().ticket_life;
    let mut carriers = keep.carriers();
    let mut tickets = keep.tickets();
    let mut due = Instant::now();
    loop {
        let carrier = *carriers.borrow_and_update();
        // Also one that was used up while the STA was being asked.
        if tickets.has_changed().unwrap_or(false) && tickets.borrow_and_update().is_none() {
            due = Instant::now();
        }
        let has_ticket = tickets.borrow().is_some();
        let is_due = tokio::select! { biased;
            () = keep.over() => break,
            () = given_up(&shared, &keep, carrier) => break,
            _ = carriers.changed() => false,
            _ = tickets.wait_for(Option::is_none), if has_ticket => true,
            () = sleep_until(due) => true,
        };
        if is_due {
            tokio::select! { biased;
                () = keep.over() => break,
                () = given_up(&shared, &keep, carrier) => break,
                rest = attend(&shared, &keep, life) => due = Instant::now() + rest,
            }
        }
    }
    shared.kept().remove(keep.id);
    keep.end();
    burn(&shared, &keep).await;
}

/// Completes when nobody came back in time.
async fn given_up(shared: &Shared, keep: &Keep, carrier: Carrier) {
    let Carrier::Nobody { since, until } = carrier else { return std::future::pending().await };
    sleep_until(until).await;
    let (host, session) = (keep.host().clone(), keep.session());
    shared.tell(&Event::TunnelGivenUp { host, session, after: since.elapsed() });
}

/// Asks the STA for what the ticket needs, and says how long that will do.
async fn attend(shared: &Shared, keep: &Keep, life: Duration) -> Duration {
    let before = keep.ticket.borrow().clone();
    let asked = match &before {
        None => sta::issue_reconnect(shared, &keep.bound.sta, &keep.bound.data()).await,
        Some(ticket) => sta::refresh(shared, &keep.bound.sta, ticket).await,
    };
    match asked {
        Ok(ticket) => {
            take(shared, keep, before.as_ref(), ticket);
            // Sooner than half, so that one lost question leaves time for others.
            life * 2 / 5
        }
        Err(reason) => {
            if matches!(reason, Reason::TicketUnknown | Reason::TicketExpired) {
                keep.replace(before.as_ref(), None);
            }
            let (sta, host) = (keep.bound.sta.id.to_string(), keep.host().clone());
            shared.tell(&Event::ReconnectTicketFailed { sta, host, session: keep.session(), reason });
            RECONNECT_RETRY
        }
    }
}

/// The STA's ticket takes the place of the one before, unless that one was used meanwhile.
fn take(shared: &Shared, keep: &Keep, before: Option<&Ticket>, ticket: Ticket) {
    if keep.ticket.borrow().as_ref() != before {
        return;
    }
    let mark = Mark::of(ticket.token());
    let (sta, host, session) = (keep.bound.sta.id.to_string(), keep.host().clone(), keep.session());
    if before == Some(&ticket) {
        return shared.tell(&Event::ReconnectTicketRefreshed { ticket: mark, sta, host, session });
    }
    if let Some(bound) = shared.kept().issued(keep.id, mark) {
        shared.sessions().replace_ticket(bound, mark);
    }
    shared.tell(&Event::ReconnectTicketIssued { ticket: mark, sta, host, session });
    keep.replace(before, Some(ticket));
}

/// A ticket of a session that is over must not resume it anywhere. Only where the gateway stops does it stay: the
/// client may go to another one.
async fn burn(shared: &Shared, keep: &Keep) {
    let left = keep.ticket.borrow().clone();
    if let Some(ticket) = left.filter(|_| !shared.is_stopping()) {
        // Nothing hangs on the answer: without one the ticket dies by itself.
        drop(sta::burn(shared, &keep.bound.sta, &ticket).await);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn bound() -> Bound {
        let id = "STA01".parse().expect("an id");
        let sta = Sta { id, target: "http://sta01".parse().expect("a target") };
        let host = "192.0.2.10:2598".parse().expect("an address");
        Bound { host, sta, x_data: None, session: None, pulse: Pulse::default() }
    }

    pub(crate) fn keep(id: KeepId) -> Arc<Keep> {
        Arc::new(Keep::new(id, bound(), &CancellationToken::new()))
    }

    #[test]
    fn the_newest_connection_carries_and_one_before_it_changes_nothing_by_leaving() {
        let keep = keep(1);
        assert!(keep.is_carried_by(Keep::FIRST_CONNECTION));
        let approach = keep.approach();
        assert!(keep.is_carried_by(Keep::FIRST_CONNECTION), "the host has not agreed");
        let (second, _) = approach.arrive();
        let waiting = Carrier::Nobody { since: keep.begun(), until: keep.begun() };
        keep.leave(Keep::FIRST_CONNECTION, waiting);
        assert!(keep.is_carried_by(second));
        keep.leave(second, waiting);
        assert_eq!(*keep.carriers().borrow(), waiting);
    }

    #[test]
    fn who_is_refused_by_the_host_leaves_the_session_as_it_was() {
        let keep = keep(1);
        drop(keep.approach());
        assert!(keep.is_carried_by(Keep::FIRST_CONNECTION));
        assert_eq!(*keep.approaching.borrow(), 0);
        let waiting = Carrier::Nobody { since: keep.begun(), until: keep.begun() };
        keep.leave(Keep::FIRST_CONNECTION, waiting);
        let approach = keep.approach();
        assert_ne!(*keep.carriers().borrow(), waiting, "it is not given up while somebody asks for it");
        drop(approach);
        assert_eq!(*keep.carriers().borrow(), waiting);
    }

    #[test]
    fn of_two_that_the_host_agreed_to_the_later_one_stays() {
        let keep = keep(1);
        let (earlier, later) = (keep.approach(), keep.approach());
        let (later, _) = later.arrive();
        earlier.arrive();
        assert!(keep.is_carried_by(later));
    }

    #[test]
    fn a_ticket_that_was_replaced_is_not_used_up_again() {
        let keep = keep(1);
        let ticket = |token: &str| Ticket::parse(format!(";40;STA01;{token}").as_bytes()).expect("a ticket");
        assert!(keep.replace(None, Some(ticket("A"))));
        keep.used_up(&ticket("B"));
        assert_eq!(*keep.tickets().borrow(), Some(ticket("A")));
        keep.used_up(&ticket("A"));
        assert_eq!(*keep.tickets().borrow(), None);
    }

    #[test]
    fn a_session_ends_with_what_it_hangs_on() {
        let parent = CancellationToken::new();
        let keep = Keep::new(1, bound(), &parent);
        parent.cancel();
        assert!(keep.over.is_cancelled());
    }
}
