//! The audit log on its way to a collector that may be down: syslog (RFC 5424) over UDP (RFC 5426), TCP (RFC 6587,
//! octet counting) or TLS (RFC 5425).
//!
//! Telling never waits (SR-143): events become messages in a bounded [`queue`], and one task sends them. A collector
//! that fails is told to the audit log once, and tried again with growing pauses; what waits is sent when it is back.
//!
//! What it can't do: know that a message arrived. Syslog has no answers; what a dying connection or a datagram loses is
//! lost uncounted. A gap in `seq` shows it to the reader.

mod queue;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use gateway_proto::syslog;
use gateway_rt::tls;
use gateway_rt::{Datagram, Rt, Stream, Tell as _};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

use self::queue::Queue;
use crate::audit::{self, Event, ForwardingEvent, Sink};
use crate::config::{Syslog, SyslogTransport};
use crate::limits::{
    COLLECTOR_DEADLINE, COLLECTOR_MESSAGE_BYTES_MAX, COLLECTOR_RETRY_FIRST, COLLECTOR_RETRY_MAX,
};

/// Sends the audit log to one collector.
pub(crate) struct Forwarder {
    config: Syslog,
    /// Who the messages are from.
    host: String,
    queue: Queue,
}

/// A way to the collector.
enum Line {
    Datagrams(Arc<dyn Datagram>, SocketAddr),
    Stream(Stream),
}

impl Forwarder {
    pub(crate) fn new(config: Syslog, host: String) -> Self {
        Self { config, host, queue: Queue::default() }
    }

    /// Tells `audit`, and the collector.
    pub(crate) fn beside(self: &Arc<Self>, audit: Sink, rt: &Rt) -> Sink {
        let (forwarder, clock) = (self.clone(), rt.clock.clone());
        Arc::new(move |event: &Event| {
            audit(event);
            let (told, at) = (event.tell(), clock.now());
            let Self { config, host, queue } = forwarder.as_ref();
            queue.push(|sequence| {
                let message = audit::syslog::message(&told, at, sequence, host, &config.process);
                message.write(COLLECTOR_MESSAGE_BYTES_MAX)
            });
        })
    }

    /// Sends for as long as it is polled. `audit` learns how that goes, and so does the collector.
    pub(crate) async fn run(self: Arc<Self>, rt: Rt, tls: Arc<ClientConfig>, audit: Sink) {
        let tell = |event| audit(&Event::Forwarding(event));
        let (mut wait, mut down) = (COLLECTOR_RETRY_FIRST, false);
        loop {
            let collector = self.config.collector.to_string();
            let why = match self.open(&rt, &tls).await {
                Ok(line) => {
                    tell(ForwardingEvent::Connected { collector: collector.clone() });
                    (wait, down) = (COLLECTOR_RETRY_FIRST, false);
                    self.feed(line, &tell).await
                }
                Err(why) => why,
            };
            if !std::mem::replace(&mut down, true) {
                tell(ForwardingEvent::Down { collector, why });
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(COLLECTOR_RETRY_MAX);
        }
    }

    /// Completes when everything told so far is on its way, or after `within`.
    pub(crate) async fn flush(&self, within: Duration) {
        // Late is late: the collector is down, or slow.
        drop(tokio::time::timeout(within, self.queue.emptied()).await);
    }

    async fn open(&self, rt: &Rt, tls: &Arc<ClientConfig>) -> Result<Line, String> {
        let Syslog { collector, transport, .. } = &self.config;
        if *transport == SyslogTransport::Udp {
            return self.datagrams(rt).await.map_err(|error| error.to_string());
        }
        let connected = rt.connect(collector.host(), collector.port(), COLLECTOR_DEADLINE).await;
        let (stream, _) = connected.map_err(|error| error.to_string())?;
        if *transport == SyslogTransport::Tcp {
            return Ok(Line::Stream(stream));
        }
        let secured = tls::connect(tls.clone(), stream, collector.host(), COLLECTOR_DEADLINE).await;
        secured.map(Line::Stream).map_err(|error| error.to_string())
    }

    async fn datagrams(&self, rt: &Rt) -> io::Result<Line> {
        let (host, port) = (self.config.collector.host(), self.config.collector.port());
        let ip = *rt.net.resolve(host).await?.first().ok_or(io::ErrorKind::NotFound)?;
        let here = if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = rt.net.bind_udp(SocketAddr::new(here, 0)).await?;
        Ok(Line::Datagrams(socket, SocketAddr::new(ip, port)))
    }

    /// Sends what waits until that fails; says why.
    async fn feed(&self, line: Line, tell: &impl Fn(ForwardingEvent)) -> String {
        match line {
            Line::Datagrams(socket, to) => loop {
                let message = self.next(tell).await;
                match socket.send_to(message.as_bytes(), to).await {
                    Ok(()) => self.queue.sent(),
                    Err(error) => {
                        self.queue.put_back(message);
                        return error.to_string();
                    }
                }
            },
            Line::Stream(stream) => {
                let (mut read, mut write) = tokio::io::split(stream);
                loop {
                    let message = tokio::select! { biased;
                        () = ended(&mut read) => return "the collector closed the connection".to_owned(),
                        message = self.next(tell) => message,
                    };
                    let framed = syslog::frame(&message);
                    let written = async {
                        write.write_all(framed.as_bytes()).await?;
                        write.flush().await
                    };
                    let why = match tokio::time::timeout(COLLECTOR_DEADLINE, written).await {
                        Ok(Ok(())) => {
                            self.queue.sent();
                            continue;
                        }
                        Ok(Err(error)) => error.to_string(),
                        Err(_) => "the collector takes nothing any more".to_owned(),
                    };
                    self.queue.put_back(message);
                    return why;
                }
            }
        }
    }

    /// The next message, and before it how many were dropped.
    async fn next(&self, tell: &impl Fn(ForwardingEvent)) -> String {
        let message = self.queue.next().await;
        let messages = self.queue.take_dropped();
        if messages > 0 {
            tell(ForwardingEvent::Lost { collector: self.config.collector.to_string(), messages });
        }
        message
    }
}

/// Completes when the collector closes. It has nothing to say; what it says is thrown away.
async fn ended(read: &mut (impl AsyncRead + Unpin)) {
    let mut nothing = [0; 64];
    while read.read(&mut nothing).await.is_ok_and(|read| read > 0) {}
}
