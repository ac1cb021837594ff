//! The SOCKS driver: moves bytes between the stream and the machine of `gateway_proto::socks5`, redeems the
//! ticket it finds, connects the host, and hands both streams to the relay.
//!
//! Every refusal looks alike to the client (SR-131); the reason is in the audit log.

use std::net::SocketAddr;

use gateway_proto::host_port::HostPort;
use gateway_proto::socks5::{Error, Output, Reply, Server};
use gateway_proto::ticket::{Ticket, TicketError};
use gateway_rt::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::host;
use super::relay::{self, End};
use crate::audit::{Event, Mark};
use crate::limits::SOCKS_PAUSE;
use crate::reason::Reason;
use crate::session::Pulse;
use crate::shared::Shared;
use crate::sta;

/// A CONNECT fits in 262 bytes; what follows it is early data for the host.
const READ_BYTES: usize = 1024;

/// Serves one SOCKS connection until it ends.
pub(crate) async fn serve(shared: &Shared, mut stream: Stream, peer: SocketAddr) {
    let deadline = shared.config.limits.protocol_known;
    let mut machine = Server::new();
    let asked = tokio::time::timeout(deadline, handshake(&mut machine, &mut stream)).await;
    let (ticket, early) = match asked {
        Ok(Ok(asked)) => asked,
        Ok(Err(reason)) => return refuse(shared, stream, peer, None, reason).await,
        Err(_) => return refuse(shared, stream, peer, None, Reason::ProtocolUndecided).await,
    };
    let mark = Mark::of(ticket.token());
    match open(shared, peer, &ticket, mark).await {
        Ok((host, upstream)) => {
            machine.accept_connect();
            if flush(&mut machine, &mut stream).await.is_ok() {
                tunnel(shared, stream, upstream, peer, host, mark, early).await;
            }
        }
        Err(reason) => {
            machine.refuse(Reply::NotAllowed);
            // The client may be gone; the reason is told either way.
            drop(flush(&mut machine, &mut stream).await);
            refuse(shared, stream, peer, Some(mark), reason).await;
        }
    }
}

/// Runs the machine until it has a ticket or a reason against.
async fn handshake(machine: &mut Server, stream: &mut Stream) -> Result<(Ticket, Vec<u8>), Reason> {
    let mut flaw = None;
    loop {
        while let Some(output) = machine.poll_output() {
            match output {
                Output::Write(bytes) => stream.write_all(&bytes).await.map_err(|_| Reason::SocksMalformed)?,
                Output::Redeem { ticket, early } => return Ok((ticket, early)),
                Output::Close => return Err(flaw.unwrap_or(Reason::SocksMalformed)),
            }
        }
        stream.flush().await.map_err(|_| Reason::SocksMalformed)?;
        let mut bytes = Vec::with_capacity(READ_BYTES);
        let read = stream.read_buf(&mut bytes);
        let read = if machine.awaits_pause() {
            tokio::time::timeout(SOCKS_PAUSE, read).await
        } else {
            Ok(read.await)
        };
        match read {
            Ok(Ok(0) | Err(_)) => return Err(Reason::SocksMalformed),
            Ok(Ok(_)) => flaw = machine.handle_bytes(&bytes).err().map(reason_of),
            Err(_) => machine.handle_pause(),
        }
    }
}

fn reason_of(error: Error) -> Reason {
    match error {
        Error::Command(_) => Reason::SocksCommand,
        Error::AddressType(_) | Error::Destination(TicketError::NoLeadingSemicolon) => {
            Reason::SocksDestination
        }
        Error::Destination(_) => Reason::TicketMalformed,
        _ => Reason::SocksMalformed,
    }
}

async fn flush(machine: &mut Server, stream: &mut Stream) -> std::io::Result<()> {
    while let Some(output) = machine.poll_output() {
        if let Output::Write(bytes) = output {
            stream.write_all(&bytes).await?;
        }
    }
    stream.flush().await
}

/// Redeems the ticket and connects the host it leads to.
async fn open(
    shared: &Shared,
    peer: SocketAddr,
    ticket: &Ticket,
    mark: Mark,
) -> Result<(HostPort, Stream), Reason> {
    let redeemed = sta::redeem(shared, peer.ip(), ticket).await?;
    let host = redeemed.data.ica_address.ok_or(Reason::StaAnswer)?;
    let sta = redeemed.sta.id.to_string();
    shared.tell(&Event::TicketRedeemed { peer, ticket: mark, sta, host: host.clone() });
    let upstream = host::connect(shared, &host).await?;
    Ok((host, upstream))
}

async fn tunnel(
    shared: &Shared,
    stream: Stream,
    upstream: Stream,
    peer: SocketAddr,
    host: HostPort,
    ticket: Mark,
    early: Vec<u8>,
) {
    let session = shared.sessions().by_ticket(ticket);
    let mark = session.as_ref().map(|session| session.mark);
    shared.tell(&Event::TunnelOpened { peer, ticket, host: host.clone(), session: mark });
    let (ended, pulse) = match session {
        Some(session) => (session.ended, session.pulse),
        None => (shared.cut(), Pulse::default()),
    };
    let moving = |up, down| pulse.moved((up, down), shared.now());
    let end: End = relay::run(stream, upstream, early, ended, &shared.config.limits, moving).await;
    shared.tell(&Event::TunnelClosed { peer, host, up: end.up, down: end.down, cause: end.cause });
}

async fn refuse(shared: &Shared, mut stream: Stream, peer: SocketAddr, ticket: Option<Mark>, reason: Reason) {
    shared.tell(&Event::TicketRefused { peer, ticket, reason });
    drop(tokio::time::timeout(shared.config.limits.protocol_known, stream.shutdown()).await);
}
