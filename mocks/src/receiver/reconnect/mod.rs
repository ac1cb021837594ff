//! How a Receiver keeps its user's session over lost connections. Two layers, each a byte stream to the one above:
//!
//! - [`reliable`]: **session reliability**. CGP; resumes on new connections, no byte lost or doubled, until its
//!   timer has run out.
//! - [`again`]: **auto client reconnect**. When the stream below has ended, asks the store for another launch
//!   with the cookies that are there, and goes on with the host's session by its ticket. No prompt: a gateway
//!   that wants a log-in ends it. What was on its way when the connection died is lost.
//!
//! [`stolen`] is what a thief makes of a ticket.
//!
//! Not here: what a session is at its host, and who may reconnect (gateway, STA and host say that).

mod again;
mod reliable;
mod seen;
mod stolen;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use gateway_proto::ica_file::LaunchFile;
use gateway_rt::Stream;
use tokio_util::sync::CancellationToken;

use super::session::ICA_PORT;
use super::{Connect, Receiver, Socks, Trouble};

pub use seen::{KINDS, Reconnect};
pub(super) use stolen::Newest;
pub use stolen::Theft;

/// A stream to the host, the banner still on it.
pub(super) struct Line {
    pub(super) stream: Stream,
    pub(super) peer: SocketAddr,
    /// Why the stream ended, once it has.
    pub(super) ending: Ending,
}

/// What became of a line. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Ending {
    wanted: Arc<Mutex<Option<&'static str>>>,
    abandoned: CancellationToken,
}

impl Ending {
    /// The session was ended, for this reason: reconnecting would be against somebody's will.
    fn wanted(&self, reason: &'static str) {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }

    fn is_wanted(&self) -> Option<&'static str> {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The line led to nothing: both sides are told that its session is over, instead of keeping it for nobody.
    pub(super) fn abandon(&self) {
        self.abandoned.cancel();
    }

    async fn abandoned(&self) {
        self.abandoned.cancelled().await;
    }
}

impl Receiver {
    /// The way to the host an ICA file asks for: CGP where it offers session reliability, else SOCKS.
    pub(super) async fn line(&self, file: &LaunchFile) -> Result<Result<Line, Connect>, Trouble> {
        if file.session_reliability.is_some() {
            return self.reliable_line(file).await;
        }
        let mut wire = self.open(&file.gateway).await?.tls().await?;
        let ticket = file.ticket.to_wire();
        Ok(match wire.socks(ticket.expose(), ICA_PORT, self.config.socks).await? {
            Socks::Granted => {
                let (stream, peer) = wire.into_stream();
                Ok(Line { stream, peer, ending: Ending::default() })
            }
            Socks::Refused { reply } => Err(Connect::Refused { reply }),
            Socks::Closed => Err(Connect::Closed),
            Socks::Silent => Err(Connect::Silent),
            Socks::Foreign => Err(Connect::Foreign),
        })
    }
}
