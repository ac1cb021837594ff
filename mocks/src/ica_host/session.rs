//! One connection to an ICA host: magic, log-on or the ticket of a lost session, echo.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXUPPER;
use gateway_proto::ica::{HOST_BANNER, MAGIC};
use gateway_proto::secret::Secret;
use gateway_rt::{Fingerprint, Purpose, Rt, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::sessions::Hold;
use super::{Cause, Mock, Seen, State};
use crate::behaviour::{GARBAGE, Misbehaviour};
use crate::broker::{self, LOGON_TICKET_CHARS};
use crate::ica::{TICKET_CHARS, TICKET_MAGIC, ticket_record};
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
    pub(super) async fn host(self: Arc<Self>, rt: Rt, stream: Stream, peer: SocketAddr) {
        let what = self.switch.next(None);
        if what == Some(Misbehaviour::Refuse) {
            return self.journal.record(Seen::Refused { peer, why: Cause::Misbehaved.text() });
        }
        let Some(hold) = self.sessions.begin(peer) else {
            return self.journal.record(Seen::Refused { peer, why: "every session is taken" });
        };
        self.journal.record(Seen::Accepted { peer, session: hold.number.get() });
        Connection::new(self, rt, peer, hold).run(stream, what).await;
    }

    /// Who a client with this logon ticket is.
    fn log_on(&self, broker: &broker::Mock, ticket: &[u8]) -> Result<Option<String>, Cause> {
        let ticket = std::str::from_utf8(ticket).map_err(|_| Cause::NoLogon)?;
        broker.redeem_logon_ticket(ticket).map(Some).ok_or(Cause::NoLogon)
    }
}

/// A client and the session it has, which is left however the connection ends, also when its task is dropped.
pub(super) struct Connection {
    mock: Arc<Mock>,
    rt: Rt,
    peer: SocketAddr,
    hold: Hold,
    cause: Cause,
}

impl Connection {
    pub(super) fn new(mock: Arc<Mock>, rt: Rt, peer: SocketAddr, hold: Hold) -> Self {
        Self { mock, rt, peer, hold, cause: Cause::Broken }
    }

    pub(super) async fn run(mut self, mut stream: Stream, what: Option<Misbehaviour>) {
        let stream = &mut stream;
        self.cause = match what {
            None => self.serve(stream, Flaws::NONE).await,
            Some(Misbehaviour::Slow { by }) => self.serve(stream, Flaws { slow: by, ..Flaws::NONE }).await,
            Some(Misbehaviour::Truncate { at }) => {
                self.serve(stream, Flaws { left: at, ..Flaws::NONE }).await
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

    async fn serve(&mut self, stream: &mut Stream, mut flaws: Flaws) -> Cause {
        let opened = async {
            pause(flaws.slow).await;
            // Each by itself, as real hosts repeat it: who recognises protocols wants a segment of just this.
            for magic in HOST_BANNER.chunks(MAGIC.len()) {
                write(stream, magic, &mut flaws).await?;
            }
            timeout(ICA_MAGIC_DEADLINE, self.greet(stream)).await.unwrap_or(Err(Cause::NoMagic))?;
            self.give_ticket(stream, &mut flaws).await
        };
        if let Err(cause) = opened.await {
            return cause;
        }
        let cut = self.hold.cut.clone();
        tokio::select! { biased;
            () = cut.cancelled() => Cause::TakenOver,
            cause = self.echo(stream, flaws) => cause,
        }
    }

    /// Reads what a client begins with: its magic and, where a broker is asked, its logon ticket; or the ticket
    /// of a session it lost.
    async fn greet(&mut self, stream: &mut Stream) -> Result<(), Cause> {
        let mut magic = [0; MAGIC.len()];
        stream.read_exact(&mut magic).await.map_err(|_| Cause::NoMagic)?;
        let (sessions, peer) = (&self.mock.sessions, self.peer);
        if magic == TICKET_MAGIC && self.mock.auto_client_reconnect {
            let mut ticket = [0; TICKET_CHARS];
            stream.read_exact(&mut ticket).await.map_err(|_| Cause::NoTicket)?;
            let waiting = self.hold.number.get();
            if !sessions.claim(&self.hold, Fingerprint::of(ticket)) {
                return Err(Cause::NoTicket);
            }
            self.mock.journal.record(Seen::Reconnected { peer, session: self.hold.number.get(), waiting });
            return Ok(());
        }
        if magic != MAGIC {
            return Err(Cause::NoMagic);
        }
        let user = match &self.mock.broker {
            None => None,
            Some(broker) => {
                let mut ticket = [0; LOGON_TICKET_CHARS];
                stream.read_exact(&mut ticket).await.map_err(|_| Cause::NoLogon)?;
                self.mock.log_on(broker, &ticket)?
            }
        };
        let session = self.hold.number.get();
        sessions.update(session, |entry| {
            entry.user.clone_from(&user);
            entry.state = State::Open;
        });
        self.mock.journal.record(Seen::Opened { peer, session, user });
        Ok(())
    }

    /// The ticket with which this client can go on, where that is offered.
    async fn give_ticket(&self, stream: &mut Stream, flaws: &mut Flaws) -> Result<(), Cause> {
        if !self.mock.auto_client_reconnect {
            return Ok(());
        }
        let random: [u8; TICKET_CHARS / 2] =
            gateway_rt::entropy::bytes(self.rt.entropy.as_ref(), Purpose("auto-client-reconnect"));
        let ticket = HEXUPPER.encode(&random);
        self.mock.sessions.set_ticket(self.hold.number.get(), Fingerprint::of(&ticket));
        send(stream, &ticket_record(&Secret::new(ticket)), flaws).await
    }

    /// Sends every byte back. The next bytes are read only when the last ones are gone, so a client that
    /// does not read is not read from either.
    async fn echo(&self, stream: &mut Stream, mut flaws: Flaws) -> Cause {
        let (peer, session) = (self.peer, self.hold.number.get());
        let (sessions, journal) = (&self.mock.sessions, &self.mock.journal);
        let mut buffer = vec![0; ECHO_BUFFER_BYTES];
        loop {
            let bytes = match timeout(ICA_IDLE_MAX, stream.read(&mut buffer)).await {
                Ok(Ok(0)) if sessions.is_suspended(session) => return Cause::GivenUp,
                Ok(Ok(0)) => return Cause::ClientClosed,
                Ok(Ok(count)) => buffer.get(..count).unwrap_or_default(),
                Ok(Err(_)) => return Cause::Broken,
                Err(_) => return Cause::Idle,
            };
            sessions.update(session, |entry| entry.received += bytes.len() as u64);
            let text = printable(bytes);
            journal.record(Seen::Data { peer, session, bytes: bytes.len(), text });
            if let Err(cause) = send(stream, bytes, &mut flaws).await {
                return cause;
            }
            sessions.update(session, |entry| entry.echoed += bytes.len() as u64);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.mock.sessions.leave(&self.hold);
        let mut received = 0;
        self.mock.sessions.update(self.hold.number.get(), |entry| received = entry.received);
        let (peer, session, cause) = (self.peer, self.hold.number.get(), self.cause);
        self.mock.journal.record(Seen::Closed { peer, session, bytes: received, cause });
    }
}

async fn send(stream: &mut Stream, bytes: &[u8], flaws: &mut Flaws) -> Result<(), Cause> {
    pause(flaws.slow).await;
    write(stream, bytes, flaws).await
}

async fn write(stream: &mut Stream, bytes: &[u8], flaws: &mut Flaws) -> Result<(), Cause> {
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
