//! What the gateway asks STAs: redeeming tickets, and reconnect tickets for sessions that outlive connections.
//!
//! The STA that issued a ticket must redeem it, so the id in the ticket chooses the STA from the configuration
//! (SR-132); an id that is not there is refused without any network use. A ticket with an empty id (the oldest
//! STAs) is taken to each STA in turn until one knows it. There is no fail-over between STAs with different
//! ids: no other STA knows the ticket. A ticket is spent when it is first presented, whatever comes of it
//! (SR-133), and when the session it was given out under ends: a launch file left behind on a shared machine
//! must not open the last user's app for the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use gateway_proto::sta::{self, ErrorId, Request, RequestTicket, Response, TicketData};
use gateway_proto::ticket::Ticket;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use crate::audit::Mark;
use crate::config::Sta;
use crate::limits::{
    Limits, SPENT_TICKETS_MAX, STA_ANSWER_BYTES_MAX, UNKNOWN_TICKET_PEERS_MAX, UNKNOWN_TICKET_WINDOW,
    UNKNOWN_TICKETS_MAX,
};
use crate::reason::Reason;
use crate::shared::Shared;
use crate::store::{self, Area, Kept, StoreError, Unsaved};
use crate::upstream;

/// Tickets that were presented, and peers that present what no STA knows. Pure.
#[derive(Default)]
pub(crate) struct Spent {
    tickets: BTreeMap<Mark, (Spend, Duration)>,
    /// The same, oldest first.
    order: BTreeSet<(Duration, Mark)>,
    unknown: BTreeMap<IpAddr, (Duration, u32)>,
    unsaved: Unsaved,
}

/// Why a ticket counts no more.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum Spend {
    Presented,
    SessionEnded,
}

impl Spent {
    /// Marks `ticket` as presented at `now`; an error if it was presented before, or if `peer` may not
    /// present any for a while.
    pub(crate) fn present(
        &mut self,
        peer: IpAddr,
        ticket: Mark,
        now: Duration,
        limits: &Limits,
    ) -> Result<(), Reason> {
        self.forget(now, limits);
        if self.unknown.get(&peer).is_some_and(|(_, count)| *count >= UNKNOWN_TICKETS_MAX) {
            return Err(Reason::TicketFlood);
        }
        match self.tickets.get(&ticket) {
            Some((Spend::Presented, _)) => Err(Reason::TicketReplayed),
            Some((Spend::SessionEnded, _)) => Err(Reason::SessionEnded),
            None => {
                self.spend(ticket, Spend::Presented, now);
                Ok(())
            }
        }
    }

    /// The session under which `ticket` was given out is over.
    pub(crate) fn session_ended(&mut self, ticket: Mark, now: Duration, limits: &Limits) {
        self.forget(now, limits);
        if !self.tickets.contains_key(&ticket) {
            self.spend(ticket, Spend::SessionEnded, now);
        }
    }

    /// Tickets that are remembered.
    pub(crate) fn len(&self) -> usize {
        self.tickets.len()
    }

    fn spend(&mut self, ticket: Mark, how: Spend, now: Duration) {
        self.tickets.insert(ticket, (how, now));
        self.order.insert((now, ticket));
        self.unsaved.note(|| ticket.to_bytes().to_vec());
    }

    /// No STA could be asked about `ticket`, which is known here: it may be shown again.
    pub(crate) fn withdraw(&mut self, ticket: Mark) {
        self.tickets.remove(&ticket);
        self.order.retain(|(_, presented)| *presented != ticket);
    }

    /// Counts a ticket of `peer` that no STA knew.
    pub(crate) fn unknown(&mut self, peer: IpAddr, now: Duration) {
        if !self.unknown.contains_key(&peer) && self.unknown.len() >= UNKNOWN_TICKET_PEERS_MAX {
            return;
        }
        self.unknown.entry(peer).or_insert((now, 0)).1 += 1;
    }

    fn forget(&mut self, now: Duration, limits: &Limits) {
        self.unknown.retain(|_, (since, _)| now.saturating_sub(*since) < UNKNOWN_TICKET_WINDOW);
        while let Some((presented, ticket)) = self.order.first().copied() {
            let young = now.saturating_sub(presented) < limits.spent_ticket;
            if young && self.order.len() < SPENT_TICKETS_MAX {
                break;
            }
            self.order.pop_first();
            self.tickets.remove(&ticket);
            self.unsaved.note(|| ticket.to_bytes().to_vec());
        }
    }
}

impl Kept for Spent {
    const AREA: Area = Area::Tickets;

    fn unsaved(&mut self) -> &mut Unsaved {
        &mut self.unsaved
    }

    fn record(&self, key: &[u8]) -> Option<Vec<u8>> {
        let ticket = Mark::from_bytes(key.try_into().ok()?);
        self.tickets.get(&ticket).map(store::write)
    }

    fn keys(&self) -> Vec<Vec<u8>> {
        self.tickets.keys().map(|ticket| ticket.to_bytes().to_vec()).collect()
    }

    fn restore(&mut self, key: &[u8], record: &[u8]) -> Result<(), StoreError> {
        let ticket = key.try_into().map_err(|_| StoreError::Damaged("a ticket's mark".to_owned()))?;
        let (how, presented) = store::read(record)?;
        self.spend(Mark::from_bytes(ticket), how, presented);
        Ok(())
    }
}

/// What a redeemed ticket leads to.
pub(crate) struct Redeemed {
    pub(crate) sta: Sta,
    pub(crate) data: TicketData,
}

/// Redeems `ticket`, which `peer` presented.
pub(crate) async fn redeem(shared: &Shared, peer: IpAddr, ticket: &Ticket) -> Result<Redeemed, Reason> {
    let config = &shared.config;
    let stas: Vec<&Sta> = match ticket.sta().as_str() {
        "" => config.stas.iter().collect(),
        _ => config.stas.iter().filter(|sta| sta.id == *ticket.sta()).collect(),
    };
    if stas.is_empty() {
        return Err(Reason::StaUnknown);
    }
    let mark = Mark::of(ticket.token());
    shared.spent().present(peer, mark, shared.now(), &config.limits)?;
    // Spent for good, before anybody can learn what it leads to.
    shared.saved().await?;

    let mut refused = Reason::StaDown;
    for sta in stas {
        match burn(shared, sta, ticket).await {
            Ok(data) => return Ok(Redeemed { sta: sta.clone(), data }),
            Err(reason) => refused = reason,
        }
    }
    if refused == Reason::TicketUnknown {
        shared.spent().unknown(peer, shared.now());
    }
    Err(refused)
}

/// Uses a ticket up at its STA, without regard to who showed it.
pub(crate) async fn burn(shared: &Shared, sta: &Sta, ticket: &Ticket) -> Result<TicketData, Reason> {
    match ask(shared, sta, &Request::Data(ticket.clone())).await? {
        Response::Data(data) => Ok(data),
        Response::DataError(error) => Err(refusal(error)),
        Response::Ticket(_) | Response::TicketError(_) => Err(Reason::StaAnswer),
    }
}

/// Asks for a refreshable reconnect ticket that stands for `data`.
pub(crate) async fn issue_reconnect(shared: &Shared, sta: &Sta, data: &TicketData) -> Result<Ticket, Reason> {
    let wish = RequestTicket { refreshable: true, ..RequestTicket::new(data.clone()) };
    a_ticket_of(sta, ask(shared, sta, &Request::Ticket(wish)).await?)
}

/// Gives a reconnect ticket another life. The answer is the ticket to use from then on.
pub(crate) async fn refresh(shared: &Shared, sta: &Sta, ticket: &Ticket) -> Result<Ticket, Reason> {
    a_ticket_of(sta, ask(shared, sta, &Request::Refresh(ticket.clone())).await?)
}

/// A ticket under another id would be taken to another STA, which knows nothing of it.
fn a_ticket_of(sta: &Sta, response: Response) -> Result<Ticket, Reason> {
    match response {
        Response::Ticket(ticket) if *ticket.sta() == sta.id && ticket.version().has_session_reliability() => {
            Ok(ticket)
        }
        Response::TicketError(error) => Err(refusal(error)),
        _ => Err(Reason::StaAnswer),
    }
}

fn refusal(error: ErrorId) -> Reason {
    match error {
        ErrorId::TicketUnknown => Reason::TicketUnknown,
        ErrorId::TicketExpired => Reason::TicketExpired,
        ErrorId::ServiceUnavailable | ErrorId::Unspecified | ErrorId::VersionMismatch => Reason::StaAnswer,
    }
}

async fn ask(shared: &Shared, sta: &Sta, question: &Request) -> Result<Response, Reason> {
    let body = question.write().map_err(|_| Reason::TicketMalformed)?;
    let request = http::Request::builder()
        .method(Method::POST)
        .uri(sta::PATH)
        .header(CONTENT_TYPE, sta::CONTENT_TYPE)
        .body(Bytes::from(body))
        .map_err(|_| Reason::StaDown)?;
    let answer = upstream::ask(shared, &sta.target, request, STA_ANSWER_BYTES_MAX).await;
    let answer = answer.map_err(|error| match error {
        upstream::Error::Down(_) | upstream::Error::Address(_) => Reason::StaDown,
        upstream::Error::Answer(_) => Reason::StaAnswer,
    })?;
    if answer.status() != StatusCode::OK {
        return Err(Reason::StaAnswer);
    }
    Response::parse(answer.body()).map_err(|_| Reason::StaAnswer)
}

#[cfg(test)]
mod tests {
    use gateway_proto::secret::Secret;

    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn mark(n: usize) -> Mark {
        Mark::of(&Secret::new(n.to_string()))
    }

    #[test]
    fn a_ticket_counts_once_while_it_could_live() {
        let (mut spent, limits) = (Spent::default(), Limits::default());
        let at = |s| Duration::from_secs(s);
        assert_eq!(spent.present(PEER, mark(1), at(0), &limits), Ok(()));
        assert_eq!(spent.present(PEER, mark(1), at(499), &limits), Err(Reason::TicketReplayed));
        assert_eq!(spent.present(PEER, mark(2), at(499), &limits), Ok(()));
        assert_eq!(spent.present(PEER, mark(1), at(500), &limits), Ok(()), "no STA keeps it that long");
    }

    #[test]
    fn a_ticket_dies_with_the_session_it_was_given_to() {
        let (mut spent, limits) = (Spent::default(), Limits::default());
        assert_eq!(spent.present(PEER, mark(1), Duration::ZERO, &limits), Ok(()));
        for ticket in [1, 2] {
            spent.session_ended(mark(ticket), Duration::ZERO, &limits);
        }
        assert_eq!(spent.present(PEER, mark(1), Duration::ZERO, &limits), Err(Reason::TicketReplayed));
        assert_eq!(spent.present(PEER, mark(2), Duration::ZERO, &limits), Err(Reason::SessionEnded));
    }

    #[test]
    fn guessing_tickets_is_stopped_and_forgiven() {
        let (mut spent, limits) = (Spent::default(), Limits::default());
        for n in 0..20 {
            assert_eq!(spent.present(PEER, mark(n), Duration::ZERO, &limits), Ok(()));
            spent.unknown(PEER, Duration::ZERO);
        }
        assert_eq!(spent.present(PEER, mark(20), Duration::ZERO, &limits), Err(Reason::TicketFlood));
        let neighbour = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
        assert_eq!(spent.present(neighbour, mark(21), Duration::ZERO, &limits), Ok(()));
        assert_eq!(spent.present(PEER, mark(22), UNKNOWN_TICKET_WINDOW, &limits), Ok(()));
    }

    #[test]
    fn the_memory_of_spent_tickets_is_bounded() {
        let (mut spent, limits) = (Spent::default(), Limits::default());
        for n in 0..SPENT_TICKETS_MAX + 10 {
            assert_eq!(spent.present(PEER, mark(n), Duration::ZERO, &limits), Ok(()));
        }
        assert!(spent.tickets.len() <= SPENT_TICKETS_MAX);
        assert_eq!(spent.tickets.len(), spent.order.len());
    }
}
