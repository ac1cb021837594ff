//! From a ticket to a host that said yes: whose ticket it is, what its STA says, what the host answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_proto::cgp::{Code, Gate, GateOutput, Passage, Wish};
use gateway_proto::host_port::HostPort;
use gateway_proto::secret::Secret;
use gateway_proto::ticket::Ticket;
use gateway_rt::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use super::super::host;
use super::keeper::{self, Approach, Bound, Keep};
use super::kept::Claim;
use crate::audit::{Event, Mark};
use crate::reason::Reason;
use crate::shared::Shared;
use crate::sta;

/// A host's answer to an opening is 47 bytes, perhaps with the first of the session behind it.
const READ_BYTES: usize = 1024;

/// Client and host of one session, to be carried.
pub(super) struct Joined {
    pub(super) peer: SocketAddr,
    pub(super) host: Stream,
    pub(super) keep: Arc<Keep>,
    /// Number of this connection among those of the session.
    pub(super) connection: u64,
    pub(super) answer: Answer,
}

/// What the host said.
pub(super) struct Answer {
    /// The same, for the client.
    pub(super) to_client: Secret,
    /// How long the client was told that the session waits for it.
    pub(super) kept: Duration,
    /// What comes from the host from here on.
    pub(super) down: Passage,
}

/// Why there is nothing to carry.
pub(super) struct Refused {
    pub(super) reason: Reason,
    /// The client's ticket was used up for nothing; this one is for its next try.
    pub(super) next: Option<Ticket>,
}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        Self { reason, next: None }
    }
}

/// Where a ticket leads.
enum Led {
    /// To a session that is kept here.
    Kept(Approach),
    /// To one that is new to this gateway, and ends with `parent`.
    New { bound: Bound, parent: CancellationToken },
}

/// Redeems `ticket`, connects the host it leads to, and asks it for what the client wants.
pub(super) async fn join(
    shared: &Arc<Shared>,
    gate: &mut Gate,
    peer: SocketAddr,
    ticket: &Ticket,
    wish: &Wish,
) -> Result<Joined, Refused> {
    if !ticket.version().has_session_reliability() {
        return Err(Reason::TicketVersion.into());
    }
    let led = lead(shared, peer, ticket, wish).await?;
    let connected = tokio::select! { biased;
        () = led.over() => Err(over(shared)),
        connected = connect(shared, gate, led.host()) => connected,
    };
    match connected {
        Ok((host, answer)) => enter(shared, peer, ticket, wish, led, host, answer),
        Err(reason) => Err(led.refuse(shared, ticket, wish, reason).await),
    }
}

async fn lead(shared: &Shared, peer: SocketAddr, ticket: &Ticket, wish: &Wish) -> Result<Led, Reason> {
    let mark = Mark::of(ticket.token());
    if *wish != Wish::Open {
        let claim = shared.kept().claim(mark, peer.ip());
        return match claim {
            Claim::Newest(keep) => lead_back(shared, peer, ticket, keep.approach()).await,
            Claim::Again(keep) => {
                let host = keep.host().clone();
                shared.tell(&Event::ReconnectTicketRetried { peer, ticket: mark, host });
                Ok(Led::Kept(keep.approach()))
            }
            Claim::Replayed(keep) => {
                let (host, session) = (keep.host().clone(), keep.session());
                shared.tell(&Event::ReconnectTicketReplayed { peer, ticket: mark, host, session });
                keep.end();
                Err(Reason::ReconnectReplayed)
            }
            Claim::Unknown => redeem(shared, peer, ticket).await,
        };
    }
    // A reconnect ticket opens no second session.
    if shared.kept().knows(mark) { Err(Reason::ReconnectForeign) } else { redeem(shared, peer, ticket).await }
}

/// The way back to a kept session: the STA must still know the ticket, and name the host the session is on.
async fn lead_back(
    shared: &Shared,
    peer: SocketAddr,
    ticket: &Ticket,
    approach: Approach,
) -> Result<Led, Reason> {
    let refused = match redeem(shared, peer, ticket).await {
        Ok(led) => {
            approach.keep().used_up(ticket);
            if led.host() == approach.keep().host() {
                return Ok(Led::Kept(approach));
            }
            Reason::ReconnectForeign
        }
        Err(Reason::StaDown) => {
            let mark = Mark::of(ticket.token());
            shared.spent().withdraw(mark);
            shared.kept().give_back(approach.keep().id(), mark);
            Reason::StaDown
        }
        Err(reason) => reason,
    };
    Err(refused)
}

async fn redeem(shared: &Shared, peer: SocketAddr, ticket: &Ticket) -> Result<Led, Reason> {
    let mark = Mark::of(ticket.token());
    // As it was before anybody was asked: one that ends meanwhile ends this too.
    let session = shared.sessions().by_ticket(mark);
    let parent = session.as_ref().map_or_else(|| shared.cut(), |session| session.ended.clone());
    let redeemed = tokio::select! { biased;
        () = parent.cancelled() => return Err(over(shared)),
        redeemed = sta::redeem(shared, peer.ip(), ticket) => redeemed?,
    };
    let host = redeemed.data.cgp_address.ok_or(Reason::HostWithoutCgp)?;
    let sta = redeemed.sta.id.to_string();
    shared.tell(&Event::TicketRedeemed { peer, ticket: mark, sta, host: host.clone() });
    let pulse = session.as_ref().map(|session| session.pulse.clone()).unwrap_or_default();
    let session = session.map(|session| session.mark);
    let (sta, x_data) = (redeemed.sta, redeemed.data.x_data);
    Ok(Led::New { bound: Bound { host, sta, x_data, session, pulse }, parent })
}

/// Why a session that was just asked for is no more: its ticket means nothing then, but that is not the reason.
fn over(shared: &Shared) -> Reason {
    if shared.is_stopping() { Reason::Stopping } else { Reason::SessionEnded }
}

async fn connect(shared: &Shared, gate: &mut Gate, host: &HostPort) -> Result<(Stream, Answer), Reason> {
    let mut stream = host::connect(shared, host).await?;
    let asking = ask(gate, &mut stream);
    let answered = tokio::time::timeout(shared.config.limits.backend, asking).await;
    answered.unwrap_or(Err(Reason::HostDown)).map(|answer| (stream, answer))
}

/// Puts the client's question to the host and reads its answer.
async fn ask(gate: &mut Gate, host: &mut Stream) -> Result<Answer, Reason> {
    gate.connected();
    if let Some(GateOutput::ToHost(question)) = gate.poll_output() {
        host.write_all(question.expose()).await.map_err(|_| Reason::HostDown)?;
        host.flush().await.map_err(|_| Reason::HostDown)?;
    }
    let mut bytes = Vec::with_capacity(READ_BYTES);
    loop {
        bytes.clear();
        match host.take(READ_BYTES as u64).read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return Err(Reason::HostDown),
            Ok(_) => gate.handle_host_bytes(&bytes).map_err(|_| Reason::HostAnswer)?,
        }
        match gate.poll_output() {
            Some(GateOutput::ToClient(to_client)) => {
                if let Some(GateOutput::Joined { kept, down, .. }) = gate.poll_output() {
                    return Ok(Answer { to_client, kept, down });
                }
            }
            // What the client is told stays in the gate.
            Some(_) => return Err(Reason::HostRefused),
            None => {}
        }
    }
}

/// The session is this connection's.
fn enter(
    shared: &Arc<Shared>,
    peer: SocketAddr,
    ticket: &Ticket,
    wish: &Wish,
    led: Led,
    host: Stream,
    answer: Answer,
) -> Result<Joined, Refused> {
    let mark = Mark::of(ticket.token());
    let (keep, connection, after) = match led {
        Led::Kept(approach) => {
            let keep = approach.keep().clone();
            let (connection, after) = approach.arrive();
            (keep, connection, Some(after))
        }
        Led::New { bound, parent } => {
            let resumed_by = (*wish != Wish::Open).then(|| peer.ip());
            let keep = shared.kept().insert(mark, resumed_by, |id| Arc::new(Keep::new(id, bound, &parent)));
            let keep = keep.ok_or(Reason::KeptTableFull)?;
            shared.rt.spawn("reconnect-ticket", keeper::keep(shared.clone(), keep.clone()));
            (keep, Keep::FIRST_CONNECTION, None)
        }
    };
    let (host_port, session) = (keep.host().clone(), keep.session());
    shared.tell(&match wish {
        Wish::Open => Event::TunnelOpened { peer, ticket: mark, host: host_port, session },
        Wish::Resume(_) => Event::TunnelResumed { peer, ticket: mark, host: host_port, session, after },
    });
    Ok(Joined { peer, host, keep, connection, answer })
}

impl Led {
    fn host(&self) -> &HostPort {
        match self {
            Self::Kept(approach) => approach.keep().host(),
            Self::New { bound, .. } => &bound.host,
        }
    }

    /// Completes when the session is over.
    async fn over(&self) {
        match self {
            Self::Kept(approach) => approach.keep().over().await,
            Self::New { parent, .. } => parent.cancelled().await,
        }
    }

    /// The ticket is used and there is nothing for it: a client that may try again needs another one.
    async fn refuse(self, shared: &Shared, ticket: &Ticket, wish: &Wish, reason: Reason) -> Refused {
        let again = *wish != Wish::Open && super::code(reason) == Code::BackendDown;
        let next = match self {
            Self::Kept(approach) => {
                let keep = approach.keep().clone();
                drop(approach);
                if again { keep.next_ticket(shared.config.limits.backend).await } else { None }
            }
            Self::New { bound, .. } if again => {
                let next = sta::issue_reconnect(shared, &bound.sta, &bound.data()).await.ok();
                if let Some(next) = &next {
                    shared.sessions().replace_ticket(Mark::of(ticket.token()), Mark::of(next.token()));
                }
                next
            }
            Self::New { .. } => None,
        };
        Refused { reason, next }
    }
}
