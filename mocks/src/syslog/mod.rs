//! A syslog collector as a mock: messages over UDP, TCP with octet counting, or TLS, checked to the letter.
//!
//! It keeps what it got and forwards nothing. A message that is malformed is told, not repaired; in a stream it ends the
//! connection, because nothing behind it can be trusted. What it leaves out: RFC 3164, framing by line ends, files.
//!
//! Specification: RFC 5424, RFC 5425, RFC 5426, RFC 6587 section 3.4.1.

mod seen;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use gateway_proto::limits::SYSLOG_MESSAGE_MAX_BYTES;
use gateway_proto::syslog::{Frames, Message};
use gateway_rt::tls::{self, Identity, Profile};
use gateway_rt::{Datagram, Listener, Rt, Stream};
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::behaviour::{Misbehaviour, Rule, Switch, Unsupported};
use crate::journal::Journal;
use crate::limits::{SILENCE_MAX, SYSLOG_IDLE_MAX, SYSLOG_READ_BYTES, TLS_DEADLINE};
use crate::serving::accept_loop;

pub use gateway_proto::syslog::{TCP_PORT, TLS_PORT, UDP_PORT};
pub use seen::{KINDS, Seen};

/// What this mock can do wrong; one answer is one connection, or one datagram.
pub const MISBEHAVIOURS: &[&str] = &["refuse", "silent"];

/// How messages come in.
#[derive(Clone)]
pub enum Transport {
    /// A datagram each.
    Udp,
    /// A stream.
    Tcp,
    /// A stream under TLS.
    Tls(Identity),
}

/// How a collector is set up.
#[derive(Clone)]
pub struct Config {
    /// How messages come in.
    pub transport: Transport,
    /// What goes wrong: `refuse` closes the connection (or does not look at the datagram), `silent` stops reading.
    pub misbehaviours: Vec<Rule>,
}

/// Where a collector listens.
pub enum Socket {
    /// For datagrams.
    Datagrams(Arc<dyn Datagram>),
    /// For streams.
    Streams(Box<dyn Listener>),
}

impl Socket {
    /// Where it is bound.
    pub fn local_addr(&self) -> SocketAddr {
        match self {
            Self::Datagrams(socket) => socket.local_addr(),
            Self::Streams(listener) => listener.local_addr(),
        }
    }
}

/// The collector.
pub struct Mock {
    transport: Transport,
    switch: Switch,
    journal: Journal<Seen>,
}

impl Mock {
    /// A collector that writes what it gets to `journal`. Refuses misbehaviours it can't act out.
    pub fn new(config: Config, journal: Journal<Seen>) -> Result<Self, Unsupported> {
        let switch = Switch::new("syslog", MISBEHAVIOURS, config.misbehaviours)?;
        Ok(Self { transport: config.transport, switch, journal })
    }

    /// Binds `at` as its transport asks.
    pub async fn bind(&self, rt: &Rt, at: SocketAddr) -> io::Result<Socket> {
        Ok(match self.transport {
            Transport::Udp => Socket::Datagrams(rt.net.bind_udp(at).await?),
            Transport::Tcp | Transport::Tls(_) => Socket::Streams(rt.net.listen(at).await?),
        })
    }

    /// Binds `at` and serves until dropped.
    pub async fn serve(self: Arc<Self>, rt: Rt, at: SocketAddr) -> io::Result<()> {
        let socket = self.bind(&rt, at).await?;
        self.serve_on(rt, socket).await
    }

    /// Serves on a socket of [`Self::bind`], until dropped.
    pub async fn serve_on(self: Arc<Self>, rt: Rt, socket: Socket) -> io::Result<()> {
        match socket {
            Socket::Datagrams(socket) => self.datagrams(socket.as_ref()).await,
            Socket::Streams(listener) => {
                let tls = match &self.transport {
                    Transport::Tls(identity) => {
                        Some(tls::server_config(&rt, identity.clone(), Profile::default()))
                    }
                    Transport::Udp | Transport::Tcp => None,
                };
                let tls = tls.transpose().map_err(io::Error::other)?;
                let connection = |stream, peer| self.clone().connection(stream, peer, tls.clone());
                accept_loop(&rt, listener, "syslog", connection).await
            }
        }
    }

    /// Replaces the misbehaviours while the collector runs. Counting begins again.
    pub fn misbehave(&self, rules: Vec<Rule>) -> Result<(), Unsupported> {
        self.switch.replace(rules)
    }

    /// What the collector got.
    pub fn journal(&self) -> &Journal<Seen> {
        &self.journal
    }

    async fn datagrams(&self, socket: &dyn Datagram) -> io::Result<()> {
        let mut buffer = vec![0; SYSLOG_MESSAGE_MAX_BYTES];
        loop {
            // An error concerns one datagram.
            let Ok((length, peer)) = socket.recv_from(&mut buffer).await else { continue };
            match self.misbehaves(peer) {
                Some(_) => {}
                None => _ = self.take(peer, buffer.get(..length).unwrap_or_default()),
            }
        }
    }

    async fn connection(self: Arc<Self>, stream: Stream, peer: SocketAddr, tls: Option<Arc<ServerConfig>>) {
        let mut stream = match tls {
            None => stream,
            Some(config) => match tls::accept(config, stream, TLS_DEADLINE).await {
                Ok(stream) => stream,
                // Who can't agree on TLS was sent an alert.
                Err(_) => return,
            },
        };
        self.journal.record(Seen::Connected { peer });
        match self.misbehaves(peer) {
            Some(Misbehaviour::Silent) => tokio::time::sleep(SILENCE_MAX).await,
            Some(_) => {}
            None => self.messages(&mut stream, peer).await,
        }
        self.journal.record(Seen::Closed { peer });
        // A sender that is gone needs no good-bye.
        drop(timeout(TLS_DEADLINE, stream.shutdown()).await);
    }

    /// Reads until the stream ends or can't be understood.
    async fn messages(&self, stream: &mut Stream, peer: SocketAddr) {
        let mut frames = Frames::default();
        let mut bytes = vec![0; SYSLOG_READ_BYTES];
        loop {
            let Ok(Ok(read @ 1..)) = timeout(SYSLOG_IDLE_MAX, stream.read(&mut bytes)).await else { return };
            frames.handle_bytes(bytes.get(..read).unwrap_or_default());
            loop {
                match frames.poll() {
                    Ok(None) => break,
                    Ok(Some(frame)) if self.take(peer, &frame) => {}
                    Ok(Some(_)) => return,
                    Err(error) => {
                        self.journal.record(Seen::Malformed { peer, why: error.to_string() });
                        return;
                    }
                }
            }
        }
    }

    /// Keeps a message. False when it is none.
    fn take(&self, peer: SocketAddr, bytes: &[u8]) -> bool {
        let parsed = Message::parse(bytes);
        let is_one = parsed.is_ok();
        self.journal.record(match parsed {
            Ok(message) => Seen::Message { peer, message: Box::new(message) },
            Err(error) => Seen::Malformed { peer, why: error.to_string() },
        });
        is_one
    }

    fn misbehaves(&self, peer: SocketAddr) -> Option<Misbehaviour> {
        let what = self.switch.next(None)?;
        self.journal.record(Seen::Misbehaved { peer, how: what.name() });
        Some(what)
    }
}
