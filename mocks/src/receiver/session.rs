//! The ICA session of a Receiver: through the gateway with an ICA file, then typing and reading the echo.
//!
//! The host speaks first and may repeat the ICA magic until it is answered: see [`crate::ica`]. How a session
//! outlives its connections: [`super::reconnect`].

use std::net::SocketAddr;
use std::time::Duration;

use gateway_proto::ica::MAGIC;
use gateway_proto::ica_file::LaunchFile;
use gateway_proto::secret::Secret;
use gateway_rt::Stream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::{Bulk, Connect, Echo, Receiver, Seen, Trouble, Wire};
use crate::ica::{Banner, ticket_record};

/// The port a Receiver names behind the ticket: ICA's own.
pub(super) const ICA_PORT: u16 = 1494;

/// How long a session that ends waits for its host to have everything. Ours: a few round trips.
const GOODBYE_MAX: Duration = Duration::from_secs(5);

/// What is written or read at a time when many bytes are sent.
const CHUNK_BYTES: usize = 16 * 1024;

/// An open ICA session.
pub struct IcaSession {
    wire: Wire,
    /// What is left of the host's banner.
    banner: Banner,
    /// Outlives its connections: ends when both sides have said so, not with a connection.
    lasting: bool,
}

/// What a client answers the host's hello with.
pub(super) enum Hello<'a> {
    /// A new session, with a logon ticket where the host wants one.
    New(Option<&'a Secret>),
    /// The session that this ticket stands for.
    Again(&'a Secret),
}

impl Receiver {
    /// Opens the session an ICA file describes: TLS to the gateway, CGP or CONNECT with the ticket, the host's
    /// hello and our answer. What the file says of session reliability and auto client reconnect is done from
    /// then on.
    pub async fn connect(&mut self, file: &LaunchFile) -> Result<Connect, Trouble> {
        let mut line = match self.line(file).await? {
            Ok(line) => line,
            Err(refused) => return Ok(refused),
        };
        let logon = file.logon_ticket.as_ref().filter(|_| self.config.presents_logon_ticket);
        if let Err(refused) = greet(&mut line.stream, Hello::New(logon), self.config.deadline).await {
            line.ending.abandon();
            return Ok(refused);
        }
        self.journal.record(Seen::IcaOpen { peer: line.peer, app: file.application.clone() });
        let lasting = file.session_reliability.is_some();
        if file.auto_client_reconnect {
            line = self.reconnecting(file, line);
        }
        let wire = self.wire(line.stream, line.peer, file.gateway.host());
        Ok(Connect::Open(IcaSession { wire, banner: Banner::default(), lasting }))
    }
}

/// Waits for the host's hello and answers it.
pub(super) async fn greet(stream: &mut Stream, hello: Hello<'_>, within: Duration) -> Result<(), Connect> {
    let answer = match hello {
        Hello::New(logon) => [&MAGIC[..], logon.map_or(&[], |ticket| ticket.expose())].concat(),
        Hello::Again(ticket) => ticket_record(ticket),
    };
    let greeting = async {
        let mut magic = [0; MAGIC.len()];
        stream.read_exact(&mut magic).await.map_err(|_| Connect::Closed)?;
        if magic != MAGIC {
            return Err(Connect::Foreign);
        }
        let answered = async {
            stream.write_all(&answer).await?;
            stream.flush().await
        };
        answered.await.map_err(|_| Connect::Closed)
    };
    timeout(within, greeting).await.unwrap_or(Err(Connect::Silent))
}

impl IcaSession {
    /// The gateway's address.
    pub fn peer(&self) -> SocketAddr {
        self.wire.peer()
    }

    /// Types a text.
    pub async fn type_text(&mut self, text: &str) -> Result<(), Trouble> {
        self.wire.journal.record(Seen::Typed { peer: self.peer(), text: text.to_owned() });
        self.wire.write(text.as_bytes()).await
    }

    /// Reads what the host echoes and compares it, byte by byte, with what was typed.
    pub async fn read_echo(&mut self, expected: &str, within: Duration) -> Echo {
        let until = Instant::now() + within;
        let outcome = loop {
            self.banner.strip(&mut self.wire.ahead);
            let (wanted, ahead) = (expected.as_bytes(), &self.wire.ahead);
            let right = wanted.iter().zip(ahead).take_while(|(wanted, got)| wanted == got).count();
            if right == wanted.len() {
                break Echo::Matched;
            }
            if right < ahead.len() {
                break Echo::Differs { at: right };
            }
            if !self.wire.fill(until).await {
                let received = right;
                break if self.wire.ended { Echo::Closed { received } } else { Echo::Late { received } };
            }
        };
        let seen = expected.len().min(self.wire.ahead.len());
        self.wire.ahead.drain(..seen);
        let (peer, text) = (self.peer(), expected.to_owned());
        self.wire.journal.record(Seen::Echo { peer, text, outcome: outcome.clone() });
        outcome
    }

    /// Sends `count` bytes and compares what comes back while it is sending, all within `within`.
    pub async fn send_and_verify(&mut self, count: u64, within: Duration) -> Bulk {
        let until = Instant::now() + within;
        let mut verifier = Verifier {
            pending: std::mem::take(&mut self.wire.ahead),
            banner: &mut self.banner,
            received: 0,
            count,
        };
        let both = {
            let (reader, writer) = tokio::io::split(&mut self.wire.stream);
            let work = async { tokio::join!(send_pattern(writer, count), verifier.run(reader)).1 };
            timeout_at(until, work).await
        };
        let received = verifier.received;
        let outcome = both.unwrap_or(Bulk::Late { received });
        self.wire.journal.record(Seen::Bulk { peer: self.peer(), bytes: count, outcome: outcome.clone() });
        outcome
    }

    /// Ends our side; what the host still sends can be read.
    pub async fn half_close(&mut self) -> Result<(), Trouble> {
        self.wire.half_close().await
    }

    /// Whether the session is ended by the other side within that time; what comes before is thrown away.
    pub async fn closes(&mut self, within: Duration) -> bool {
        self.wire.closes(within).await
    }

    /// Ends the session as Receiver does.
    pub async fn close(mut self) {
        if self.lasting {
            drop(self.wire.half_close().await);
            self.wire.drained(GOODBYE_MAX).await;
        }
        self.wire.close().await;
    }

    /// Gives up the session as the bare connection it is.
    pub fn into_wire(self) -> Wire {
        self.wire
    }
}

/// The byte at an offset of the stream that [`IcaSession::send_and_verify`] sends. Its period is prime, so a
/// lost or doubled block of any usual size shows.
fn pattern(at: u64) -> u8 {
    (at % 251) as u8
}

async fn send_pattern(mut writer: impl AsyncWrite + Unpin, count: u64) -> std::io::Result<()> {
    let mut sent = 0;
    while sent < count {
        let chunk: Vec<u8> = (sent..count).take(CHUNK_BYTES).map(pattern).collect();
        writer.write_all(&chunk).await?;
        sent += chunk.len() as u64;
    }
    writer.flush().await
}

/// Compares a stream with the pattern.
struct Verifier<'a> {
    pending: Vec<u8>,
    banner: &'a mut Banner,
    received: u64,
    count: u64,
}

impl Verifier<'_> {
    async fn run(&mut self, mut reader: impl AsyncRead + Unpin) -> Bulk {
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            self.banner.strip(&mut self.pending);
            if !self.compare() {
                return Bulk::Differs { at: self.received };
            }
            if self.received == self.count {
                return Bulk::Verified;
            }
            match reader.read(&mut buffer).await {
                Ok(got) if got > 0 => {
                    self.pending.extend_from_slice(buffer.get(..got).unwrap_or_default());
                }
                Ok(_) | Err(_) => return Bulk::Closed { received: self.received },
            }
        }
    }

    fn compare(&mut self) -> bool {
        let expected = (self.received..self.count).map(pattern);
        let right = expected.zip(&self.pending).take_while(|(want, got)| want == *got).count();
        self.received += right as u64;
        let all = right == self.pending.len();
        self.pending.clear();
        all
    }
}
