//! One connection: TLS, then the protocol its first bytes name, then that protocol's handler.
//!
//! Every wait has a deadline and every failure a reason; nothing is answered to a peer that is not understood.

use std::net::SocketAddr;
use std::sync::Arc;

use ::http::{Request, Response};
use gateway_proto::detect::Detection;
use gateway_rt::http::FullBody;
use gateway_rt::prefixed::Prefixed;
use gateway_rt::tls::{self, TlsError};
use gateway_rt::{Stream, http as rt_http};
use hyper::body::Incoming;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use crate::audit::Event;
use crate::http::Answer;
use crate::limits::{DROP_SILENCE, SNIFF_BYTES_MAX};
use crate::protocol::Protocol;
use crate::reason::Reason;
use crate::shared::Shared;
use crate::{http, ica};

/// Serves one connection until it ends.
pub(crate) async fn serve(shared: &Arc<Shared>, stream: Stream, peer: SocketAddr) {
    let deadline = shared.config.limits.tls_handshake;
    let stream = match tls::accept(shared.tls_server.clone(), stream, deadline).await {
        Ok(stream) => stream,
        Err(TlsError::Deadline(_)) => return refuse(shared, peer, Reason::TlsDeadline),
        Err(_) => return refuse(shared, peer, Reason::TlsFailed),
    };
    match recognise(shared, stream).await {
        Ok((protocol, stream)) => {
            shared.tell(&Event::ProtocolDetected { peer, protocol: protocol.name() });
            hand_over(shared, protocol, stream, peer).await;
        }
        Err(Some(reason)) => refuse(shared, peer, reason),
        // Connected and left without a word: a health check.
        Err(None) => {}
    }
}

async fn hand_over(shared: &Arc<Shared>, protocol: Protocol, stream: Stream, peer: SocketAddr) {
    match protocol {
        Protocol::Http => {
            let hang_up = CancellationToken::new();
            let answer = |request| answer(shared, peer, request, &hang_up);
            tokio::select! { biased;
                () = hang_up.cancelled() => {}
                // What a peer does wrong in HTTP/1.1, hyper has answered; there is nothing to add.
                served = rt_http::serve_until(stream, answer, shared.retired()) => drop(served),
                () = shared.http_overdue() => {}
            }
        }
        Protocol::Socks5 => ica::serve_socks(shared, stream, peer).await,
        Protocol::Cgp => ica::serve_cgp(shared, stream, peer).await,
    }
}

/// Answers a request, or hangs up at once or after a long silence, as a policy wants it.
async fn answer(
    shared: &Shared,
    peer: SocketAddr,
    request: Request<Incoming>,
    hang_up: &CancellationToken,
) -> Response<FullBody> {
    match http::answer(shared, peer, request).await {
        Answer::Reply(reply) => return reply,
        Answer::Reset => {}
        Answer::Drop => tokio::time::sleep(DROP_SILENCE).await,
    }
    hang_up.cancel();
    std::future::pending().await
}

/// Reads until the protocol is known and puts the bytes back.
async fn recognise(shared: &Shared, mut stream: Stream) -> Result<(Protocol, Stream), Option<Reason>> {
    let mut seen = Vec::with_capacity(SNIFF_BYTES_MAX);
    let looking = async {
        loop {
            match shared.detector.detect(&seen) {
                Detection::Matched(protocol) => return Ok(*protocol),
                Detection::Unknown => return Err(Some(Reason::ProtocolUnknown)),
                Detection::NeedMore => {}
            }
            let room = SNIFF_BYTES_MAX.saturating_sub(seen.len()).max(1);
            match (&mut stream).take(room as u64).read_buf(&mut seen).await {
                Ok(0) | Err(_) if seen.is_empty() => return Err(None),
                Ok(0) | Err(_) => return Err(Some(Reason::ProtocolUnknown)),
                Ok(_) => {}
            }
        }
    };
    let known = tokio::time::timeout(shared.config.limits.protocol_known, looking).await;
    match known.unwrap_or(Err(Some(Reason::ProtocolUndecided))) {
        Ok(protocol) => Ok((protocol, Box::new(Prefixed::new(seen, stream)))),
        Err(reason) => {
            // Bounded: a peer that reads nothing does not hold the connection open.
            drop(tokio::time::timeout(shared.config.limits.protocol_known, stream.shutdown()).await);
            Err(reason)
        }
    }
}

fn refuse(shared: &Shared, peer: SocketAddr, reason: Reason) {
    shared.tell(&Event::ConnectionRefused { peer, reason });
}
