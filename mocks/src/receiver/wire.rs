//! A bare connection to the gateway, for what no well-behaved client sends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_proto::host_port::HostPort;
use gateway_proto::socks5::client::{self, Form, Output};
use gateway_rt::prefixed::Prefixed;
use gateway_rt::{Stream, tls};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::{Heard, Receiver, Seen, Socks, Trouble};
use crate::journal::Journal;
use crate::limits::WIRE_BUFFER_BYTES_MAX;

/// One TCP connection, inside TLS after [`Wire::tls`].
pub struct Wire {
    pub(super) stream: Stream,
    peer: SocketAddr,
    name: String,
    tls: Arc<ClientConfig>,
    pub(super) journal: Journal<Seen>,
    deadline: Duration,
    /// Bytes that were read and not asked for yet.
    pub(super) ahead: Vec<u8>,
    pub(super) ended: bool,
}

impl Receiver {
    /// A TCP connection to the gateway.
    pub async fn tcp_open(&self) -> Result<Wire, Trouble> {
        self.open(&self.config.public).await
    }

    /// A TCP connection to another port of the gateway's machine.
    pub async fn tcp_open_port(&self, port: u16) -> Result<Wire, Trouble> {
        self.open_at(self.config.gateway.host(), port, self.config.public.host()).await
    }

    /// TLS to the gateway.
    pub async fn tls_open(&self) -> Result<Wire, Trouble> {
        self.tcp_open().await?.tls().await
    }

    /// One SOCKS5 CONNECT on a connection of its own; `destination` is a ticket, or whatever else.
    pub async fn socks(&self, destination: &[u8], port: u16, form: Form) -> Result<(Socks, Wire), Trouble> {
        let mut wire = self.tls_open().await?;
        let outcome = wire.socks(destination, port, form).await?;
        Ok((outcome, wire))
    }

    /// Sends bytes inside TLS on a connection of their own, and says what came back until the gateway closed
    /// or `within` was over.
    pub async fn send_raw(&self, bytes: &[u8], within: Duration) -> Result<Heard, Trouble> {
        let mut wire = self.tls_open().await?;
        wire.send(bytes).await?;
        Ok(wire.receive(WIRE_BUFFER_BYTES_MAX, within).await)
    }

    /// Connects to a gateway by the name that users and ICA files have for it.
    pub(super) async fn open(&self, named: &HostPort) -> Result<Wire, Trouble> {
        let at = if *named == self.config.public { &self.config.gateway } else { named };
        self.open_at(at.host(), at.port(), named.host()).await
    }

    async fn open_at(&self, host: &str, port: u16, name: &str) -> Result<Wire, Trouble> {
        let opened = self.rt.connect(host, port, self.config.deadline).await;
        let (stream, peer) = opened.map_err(|error| self.trouble("connect", None, error.into()))?;
        Ok(self.wire(stream, peer, name))
    }

    /// A stream to the gateway of this name as a bare connection.
    pub(super) fn wire(&self, stream: Stream, peer: SocketAddr, name: &str) -> Wire {
        Wire {
            stream,
            peer,
            name: name.trim_matches(['[', ']']).to_owned(),
            tls: self.tls.clone(),
            journal: self.journal.clone(),
            deadline: self.config.deadline,
            ahead: Vec::new(),
            ended: false,
        }
    }
}

impl Wire {
    /// The other end.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Makes a TLS handshake.
    pub async fn tls(self) -> Result<Self, Trouble> {
        let stream = tls::connect(self.tls.clone(), self.stream, &self.name, self.deadline).await;
        let stream = stream.inspect_err(|error| {
            let why = error.to_string();
            self.journal.record(Seen::Trouble { what: "TLS", peer: Some(self.peer), why });
        })?;
        Ok(Self { stream, ..self })
    }

    /// Begins a TLS handshake and stops behind its first flight.
    pub async fn tls_unfinished(&mut self) -> Result<(), Trouble> {
        let name = ServerName::try_from(self.name.clone())
            .map_err(|_| Trouble::Unsendable(format!("server name {}", self.name)))?;
        let mut handshake = ClientConnection::new(self.tls.clone(), name).map_err(Trouble::TlsSetup)?;
        let mut first_flight = Vec::new();
        handshake.write_tls(&mut first_flight)?;
        self.send(&first_flight).await
    }

    /// Sends a SOCKS5 CONNECT and waits for its reply. `destination` is a ticket, or whatever else fits.
    pub async fn socks(&mut self, destination: &[u8], port: u16, form: Form) -> Result<Socks, Trouble> {
        let mut connect = client::Connect::new(form, destination, port)
            .map_err(|error| Trouble::Unsendable(error.to_string()))?;
        self.journal.record(Seen::SocksRequest {
            peer: self.peer,
            destination: super::seen::destination(destination),
            port,
            bare: form == Form::Bare,
        });
        let until = Instant::now() + self.deadline;
        let outcome = loop {
            while let Some(output) = connect.poll_output() {
                match output {
                    Output::Write(bytes) => self.write(bytes.expose()).await?,
                    Output::Connected { early } => {
                        self.ahead = early;
                        return Ok(self.replied(Socks::Granted));
                    }
                }
            }
            let mut buffer = [0; 512];
            let read = match timeout_at(until, self.stream.read(&mut buffer)).await {
                Ok(Ok(0) | Err(_)) => break Socks::Closed,
                Ok(Ok(count)) => buffer.get(..count).unwrap_or_default(),
                Err(_) => break Socks::Silent,
            };
            match connect.handle_bytes(read) {
                Ok(()) => {}
                Err(client::Error::Refused(reply)) => break Socks::Refused { reply: reply.code() },
                Err(client::Error::UnassignedReply(reply)) => break Socks::Refused { reply },
                Err(_) => break Socks::Foreign,
            }
        };
        Ok(self.replied(outcome))
    }

    fn replied(&self, outcome: Socks) -> Socks {
        self.journal.record(Seen::SocksReply { peer: self.peer, outcome });
        outcome
    }

    /// Sends bytes.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.journal.record(Seen::Sent { peer: self.peer, bytes: bytes.len() });
        self.write(bytes).await
    }

    /// What comes in until there are `bytes_max` bytes, the peer closes, or `within` is over.
    pub async fn receive(&mut self, bytes_max: usize, within: Duration) -> Heard {
        let until = Instant::now() + within;
        while self.ahead.len() < bytes_max.min(WIRE_BUFFER_BYTES_MAX) && self.fill(until).await {}
        let bytes = self.ahead.drain(..bytes_max.min(self.ahead.len())).collect::<Vec<u8>>();
        let heard = Heard { bytes, closed: self.ended && self.ahead.is_empty() };
        self.journal.record(Seen::Heard { peer: self.peer, bytes: heard.bytes.len(), closed: heard.closed });
        heard
    }

    /// Whether the peer closes within that time; what it sends before is thrown away.
    pub async fn closes(&mut self, within: Duration) -> bool {
        self.ahead.clear();
        self.drained(within).await;
        if self.ended {
            self.journal.record(Seen::Closed { peer: self.peer, by_peer: true });
        }
        self.ended
    }

    /// Waits until the peer has ended, or for that time.
    pub(super) async fn drained(&mut self, within: Duration) {
        let until = Instant::now() + within;
        while self.fill(until).await {
            self.ahead.clear();
        }
    }

    /// Ends our side; the peer may go on sending.
    pub async fn half_close(&mut self) -> Result<(), Trouble> {
        match timeout(self.deadline, self.stream.shutdown()).await {
            Ok(ended) => ended.map_err(Trouble::Broken),
            Err(_) => Err(Trouble::Deadline(self.deadline)),
        }
    }

    /// Ends the connection properly. A peer that is gone already is no trouble.
    pub async fn close(mut self) {
        drop(self.half_close().await);
        self.journal.record(Seen::Closed { peer: self.peer, by_peer: false });
    }

    /// Gives up the stream, read-ahead included.
    pub(super) fn into_stream(self) -> (Stream, SocketAddr) {
        if self.ahead.is_empty() {
            (self.stream, self.peer)
        } else {
            (Box::new(Prefixed::new(self.ahead, self.stream)), self.peer)
        }
    }

    /// Writes and flushes within the deadline.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let writing = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(self.deadline, writing).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(Trouble::Deadline(self.deadline)),
        }
    }

    /// Reads more into `ahead`; false when nothing more comes before `until`.
    pub(super) async fn fill(&mut self, until: Instant) -> bool {
        if self.ended {
            return false;
        }
        let mut buffer = [0; 4096];
        match timeout_at(until, self.stream.read(&mut buffer)).await {
            Ok(Ok(count)) if count > 0 => {
                self.ahead.extend_from_slice(buffer.get(..count).unwrap_or_default());
                true
            }
            // However it ended: a reset is an end too.
            Ok(Ok(_) | Err(_)) => {
                self.ended = true;
                false
            }
            Err(_) => false,
        }
    }
}
