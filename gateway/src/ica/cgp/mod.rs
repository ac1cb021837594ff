//! CGP at the gateway: reads the opening, redeems its ticket, joins client and host, and carries their frames.
//!
//! A session may come back on another connection, with the reconnect ticket that its [`keeper`] got for it and
//! that [`kept`] recognises; a ticket that this gateway did not give out (another one did, or this one before it
//! crashed) is worth what its STA says. What was joined is carried by [`carry`].
//!
//! Specification: `docs/cgp-profile.md`; SR-130 to SR-137 of the security requirements.

mod carry;
mod join;
mod keeper;
mod kept;

use std::net::SocketAddr;
use std::sync::Arc;

use gateway_proto::cgp::{Code, Error, Gate, GateOutput, Wish};
use gateway_proto::ticket::Ticket;
use gateway_rt::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use self::join::Refused;
pub(crate) use self::kept::Kept;
use crate::audit::{Event, Mark};
use crate::reason::Reason;
use crate::shared::Shared;

/// An opening is some 150 bytes and one write.
const READ_BYTES: usize = 1024;

/// Serves one CGP connection until it ends.
pub(crate) async fn serve(shared: &Arc<Shared>, mut client: Stream, peer: SocketAddr) {
    let reliability = shared.config.reliability;
    let mut gate = Gate::new(reliability.unwrap_or_default().kept);
    let opened = match reliability {
        None => Err(Reason::ReliabilityOff),
        Some(_) => {
            let reading = opening(&mut gate, &mut client);
            let read = tokio::time::timeout(shared.config.limits.protocol_known, reading).await;
            read.unwrap_or(Err(Reason::ProtocolUndecided))
        }
    };
    let (ticket, wish) = match opened {
        Ok(opened) => opened,
        Err(reason) => {
            shared.tell(&Event::ConnectionRefused { peer, reason });
            gate.refuse(code(reason), None);
            return turn_away(shared, &mut gate, client).await;
        }
    };
    match join::join(shared, &mut gate, peer, &ticket, &wish).await {
        Ok(joined) => carry::carry(shared, client, joined).await,
        Err(Refused { reason, next }) => {
            shared.tell(&Event::TicketRefused { peer, ticket: Some(Mark::of(ticket.token())), reason });
            gate.refuse(code(reason), next.as_ref());
            turn_away(shared, &mut gate, client).await;
        }
    }
}

/// Reads until the client has said everything.
async fn opening(gate: &mut Gate, client: &mut Stream) -> Result<(Ticket, Wish), Reason> {
    let mut bytes = Vec::with_capacity(READ_BYTES);
    loop {
        bytes.clear();
        match client.take(READ_BYTES as u64).read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return Err(Reason::CgpMalformed),
            Ok(_) => gate.handle_client_bytes(&bytes).map_err(malformed)?,
        }
        // Before the client has said everything there is nothing else to do.
        if let Some(GateOutput::Redeem { ticket, wish }) = gate.poll_output() {
            return Ok((ticket, wish));
        }
    }
}

fn malformed(error: Error) -> Reason {
    match error.code() {
        Code::Version => Reason::CgpVersion,
        Code::Destination => Reason::CgpDestination,
        Code::Ticket => Reason::TicketMalformed,
        _ => Reason::CgpMalformed,
    }
}

/// What the client is told. Of tickets no more than that they are refused (SR-131).
fn code(reason: Reason) -> Code {
    match reason {
        Reason::CgpMalformed | Reason::ProtocolUndecided => Code::Protocol,
        Reason::CgpVersion => Code::Version,
        Reason::CgpDestination => Code::Destination,
        Reason::ReliabilityOff | Reason::TicketVersion | Reason::HostWithoutCgp => Code::ReliabilityOff,
        Reason::StaDown | Reason::StaAnswer | Reason::HostAddress | Reason::HostDown | Reason::HostAnswer => {
            Code::BackendDown
        }
        Reason::SessionEnded => Code::Ended,
        Reason::Stopping => Code::Stopping,
        Reason::KeptTableFull => Code::Busy,
        _ => Code::Ticket,
    }
}

/// Says what is left to say and closes. Bounded: a client that reads nothing does not hold the connection open.
async fn turn_away(shared: &Shared, gate: &mut Gate, mut client: Stream) {
    let saying = async {
        while let Some(output) = gate.poll_output() {
            if let GateOutput::ToClient(bytes) = output {
                client.write_all(bytes.expose()).await?;
            }
        }
        client.shutdown().await
    };
    drop(tokio::time::timeout(shared.config.limits.protocol_known, saying).await);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_learns_nothing_about_its_ticket() {
        for reason in [
            Reason::TicketMalformed,
            Reason::TicketUnknown,
            Reason::TicketExpired,
            Reason::TicketReplayed,
            Reason::TicketFlood,
            Reason::StaUnknown,
            Reason::ReconnectReplayed,
            Reason::ReconnectForeign,
        ] {
            assert_eq!(code(reason), Code::Ticket, "{}", reason.code());
        }
    }

    #[test]
    fn what_may_be_better_later_ends_no_session() {
        for reason in [
            Reason::StaDown,
            Reason::StaAnswer,
            Reason::HostDown,
            Reason::HostAnswer,
            Reason::KeptTableFull,
            Reason::Stopping,
        ] {
            assert!(!code(reason).ends_session(), "{}", reason.code());
        }
        for reason in
            [Reason::SessionEnded, Reason::ReliabilityOff, Reason::TicketVersion, Reason::CgpVersion]
        {
            assert!(code(reason).ends_session(), "{}", reason.code());
        }
    }
}
