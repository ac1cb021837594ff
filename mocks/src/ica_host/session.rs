//! One connection to an ICA host: magic, log-on, echo.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_proto::ica::{HOST_BANNER, MAGIC};
use gateway_rt::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::{Cause, Mock, Seen, State};
use crate::behaviour::{GARBAGE, Misbehaviour};
use crate::broker::LOGON_TICKET_CHARS;
use crate::limits::{ECHO_BUFFER_BYTES, ICA_IDLE_MAX, ICA_MAGIC_DEADLINE, SEEN_TEXT_BYTES_MAX, SILENCE_MAX};
use crate::serving::pause;

/// How a connection differs from a good one.
#[derive(Clone, Copy)]
struct Flaws {
    /// Wait before everything that is sent.
    slow: Duration,
    /// Bytes that may still be sent.
    left: usize,
}

impl Flaws {
    const NONE: Self = Self { slow: Duration::ZERO, left: usize::MAX };
}

impl Mock {
    pub(super) async fn host(self: Arc<Self>, mut stream: Stream, peer: SocketAddr) {
        let what = self.switch.next(None);
        if what == Some(Misbehaviour::Refuse) {
            return self.journal.record(Seen::Refused { peer, why: Cause::Misbehaved.text() });
        }
        let Some(session) = self.sessions.begin(peer) else {
            return self.journal.record(Seen::Refused { peer, why: "every session is taken" });
        };
        self.journal.record(Seen::Accepted { peer, session });
        let ending = Ending { mock: self, peer, session, cause: Cause::Broken };
        ending.run(&mut stream, what).await;
    }

    async fn session(&self, stream: &mut Stream, session: u64, peer: SocketAddr, mut flaws: Flaws) -> Cause {
        if let Err(cause) = send(stream, &HOST_BANNER, &mut flaws).await {
            return cause;
        }
        let user = match timeout(ICA_MAGIC_DEADLINE, self.greet(stream)).await {
            Ok(Ok(user)) => user,
            Ok(Err(cause)) => return cause,
            Err(_) => return Cause::NoMagic,
        };
        self.sessions.update(session, |entry| {
            entry.user.clone_from(&user);
            entry.state = State::Open;
        });
        self.journal.record(Seen::Opened { peer, session, user });
        self.echo(stream, session, peer, flaws).await
    }

    /// Reads what a client begins with: its magic and, where a broker is asked, its logon ticket.
    async fn greet(&self, stream: &mut Stream) -> Result<Option<String>, Cause> {
        let mut magic = [0; MAGIC.len()];
        stream.read_exact(&mut magic).await.map_err(|_| Cause::NoMagic)?;
        if magic != MAGIC {
            return Err(Cause::NoMagic);
        }
        let Some(broker) = &self.broker else { return Ok(None) };
        let mut ticket = [0; LOGON_TICKET_CHARS];
        stream.read_exact(&mut ticket).await.map_err(|_| Cause::NoLogon)?;
        let ticket = std::str::from_utf8(&ticket).map_err(|_| Cause::NoLogon)?;
        broker.redeem_logon_ticket(ticket).map(Some).ok_or(Cause::NoLogon)
    }

    /// Sends every byte back. The next bytes are read only when the last ones are gone, so a client that
    /// does not read is not read from either.
    async fn echo(&self, stream: &mut Stream, session: u64, peer: SocketAddr, mut flaws: Flaws) -> Cause {
        let mut buffer = vec![0; ECHO_BUFFER_BYTES];
        loop {
            let bytes = match timeout(ICA_IDLE_MAX, stream.read(&mut buffer)).await {
                Ok(Ok(0)) => return Cause::ClientClosed,
                Ok(Ok(count)) => buffer.get(..count).unwrap_or_default(),
                Ok(Err(_)) => return Cause::Broken,
                Err(_) => return Cause::Idle,
            };
            self.sessions.update(session, |entry| entry.received += bytes.len() as u64);
            let text = printable(bytes);
            self.journal.record(Seen::Data { peer, session, bytes: bytes.len(), text });
            if let Err(cause) = send(stream, bytes, &mut flaws).await {
                return cause;
            }
            self.sessions.update(session, |entry| entry.echoed += bytes.len() as u64);
        }
    }
}

/// A session that is taken off the list however it ends, also when its task is dropped.
struct Ending {
    mock: Arc<Mock>,
    peer: SocketAddr,
    session: u64,
    cause: Cause,
}

impl Ending {
    async fn run(mut self, stream: &mut Stream, what: Option<Misbehaviour>) {
        let (session, peer) = (self.session, self.peer);
        self.cause = match what {
            None => self.mock.session(stream, session, peer, Flaws::NONE).await,
            Some(Misbehaviour::Slow { by }) => {
                self.mock.session(stream, session, peer, Flaws { slow: by, ..Flaws::NONE }).await
            }
            Some(Misbehaviour::Truncate { at }) => {
                self.mock.session(stream, session, peer, Flaws { left: at, ..Flaws::NONE }).await
            }
            Some(Misbehaviour::Garbage) => {
                let mut flaws = Flaws::NONE;
                send(stream, GARBAGE, &mut flaws).await.err().unwrap_or(Cause::Misbehaved)
            }
            // `Silent`; the switch lets nothing else through.
            Some(_) => swallow(stream).await,
        };
        // A client that is gone already needs no goodbye.
        drop(timeout(ICA_MAGIC_DEADLINE, stream.shutdown()).await);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let mut received = 0;
        self.mock.sessions.update(self.session, |entry| {
            entry.state = State::Closed;
            received = entry.received;
        });
        let (peer, session, cause) = (self.peer, self.session, self.cause);
        self.mock.journal.record(Seen::Closed { peer, session, bytes: received, cause });
    }
}

async fn send(stream: &mut Stream, bytes: &[u8], flaws: &mut Flaws) -> Result<(), Cause> {
    pause(flaws.slow).await;
    let passing = bytes.get(..flaws.left).unwrap_or(bytes);
    flaws.left -= passing.len();
    let sent = async {
        stream.write_all(passing).await?;
        stream.flush().await
    };
    match timeout(ICA_IDLE_MAX, sent).await {
        Ok(Ok(())) if passing.len() < bytes.len() => Err(Cause::Misbehaved),
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Cause::Broken),
        Err(_) => Err(Cause::Idle),
    }
}

/// Reads and forgets, until the client has had enough.
async fn swallow(stream: &mut Stream) -> Cause {
    match timeout(SILENCE_MAX, tokio::io::copy(stream, &mut tokio::io::sink())).await {
        Ok(Ok(_)) => Cause::ClientClosed,
        Ok(Err(_)) => Cause::Broken,
        Err(_) => Cause::Misbehaved,
    }
}

fn printable(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= SEEN_TEXT_BYTES_MAX)?;
    (!text.chars().any(|c| c.is_control() && c != '\r' && c != '\n')).then(|| text.to_owned())
}
