//! Sockets, names and tasks of a host of the real world: tokio's sockets on the host's own loopback address.
#![expect(clippy::disallowed_methods, reason = "the door to real sockets, beside the one in gateway-rt")]

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use gateway_rt::{Accepted, BoxFuture, Datagram, Listener, Net, Stream};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

use super::conn::{Conn, End};
use super::datagram::RealDatagram;
use super::fabric::{Fabric, HostId, Power, Protocol, Shared};
use super::panic_text;
use super::stream::bridge;
use crate::world::pausable;

/// The network as one host sees it.
#[derive(Clone)]
pub(super) struct RealNet {
    pub(super) host: HostId,
    pub(super) shared: Arc<Shared>,
}

/// A port a host has asked for, until it is dropped.
pub(super) struct Port {
    key: (HostId, Protocol, u16),
    socket: SocketAddr,
    shared: Arc<Shared>,
}

impl Port {
    /// Takes `wanted` for a socket; port 0 takes the socket's own number.
    pub(super) fn take(
        net: &RealNet,
        protocol: Protocol,
        wanted: SocketAddr,
        socket: SocketAddr,
    ) -> io::Result<Self> {
        let number = if wanted.port() == 0 { socket.port() } else { wanted.port() };
        let key = (net.host, protocol, number);
        if !net.shared.lock().register(key, socket) {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, wanted.to_string()));
        }
        Ok(Self { key, socket, shared: net.shared.clone() })
    }

    pub(super) fn number(&self) -> u16 {
        self.key.2
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.shared.lock().forget(self.key, self.socket);
    }
}

impl RealNet {
    fn own(&self, address: IpAddr) -> bool {
        address.is_loopback() || address == self.host.address()
    }

    async fn connect_to(&self, to: SocketAddr) -> io::Result<Stream> {
        if self.own(to.ip()) {
            return Ok(Box::new(self.open(self.host, to, None).await?));
        }
        let server = self.shared.lock().host_at(to.ip());
        let server = server.ok_or(io::ErrorKind::HostUnreachable)?;
        let conn = Arc::new(Conn::new(self.host, server));
        let tcp = self.connect_over(&conn, to).await?;
        self.shared.lock().add_conn(&conn);
        Ok(Box::new(bridge(self.shared.clone(), conn, tcp)))
    }

    /// Connects to another host, as patiently as TCP: through a cut or an outage the SYN is sent again.
    async fn connect_over(&self, conn: &Arc<Conn>, to: SocketAddr) -> io::Result<TcpStream> {
        let (shared, host, server) = (&self.shared, self.host, conn.server);
        loop {
            shared.until(|fabric| fabric.reachable(host, server)).await;
            let (losses, round_trip) = {
                let (now, mut fabric) = (shared.clock.elapsed(), shared.lock());
                let round_trip = fabric.travel(now, host, server, 0) + fabric.travel(now, server, host, 0);
                (fabric.losses(host, server), round_trip)
            };
            tokio::time::sleep(round_trip).await;
            let lost = |fabric: &Fabric| fabric.losses(host, server) != losses;
            shared.until(|fabric| lost(fabric) || fabric.flows(host, server)).await;
            if lost(&shared.lock()) {
                continue;
            }
            if shared.lock().refuses(server, to.port()) {
                return Err(io::Error::new(io::ErrorKind::ConnectionRefused, to.to_string()));
            }
            return self.open(server, to, Some(conn)).await;
        }
    }

    /// Opens a connection on loopback, from this host's address to the one of `server`.
    async fn open(&self, server: HostId, to: SocketAddr, conn: Option<&Arc<Conn>>) -> io::Result<TcpStream> {
        let socket = self.shared.lock().socket(server, Protocol::Tcp, to.port());
        let refused = || io::Error::new(io::ErrorKind::ConnectionRefused, to.to_string());
        let at = socket.ok_or_else(refused)?;
        let from = TcpSocket::new_v4()?;
        from.bind((self.host.loopback(), 0).into())?;
        if let Some(conn) = conn {
            self.shared.lock().arrives(conn, from.local_addr()?);
        }
        let stream = from.connect(at).await?;
        // Keystrokes are small and must not wait for more of them.
        stream.set_nodelay(true)?;
        self.shared.clock.active();
        Ok(stream)
    }
}

impl Net for RealNet {
    fn listen(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            let published = self.shared.lock().published.remove(&(self.host, at.port()));
            let listener = match published {
                Some(listener) => {
                    listener.set_nonblocking(true)?;
                    TcpListener::from_std(listener)?
                }
                None => TcpListener::bind((self.host.loopback(), 0)).await?,
            };
            let port = Port::take(self, Protocol::Tcp, at, listener.local_addr()?)?;
            let local = SocketAddr::new(at.ip(), port.number());
            let shared = self.shared.clone();
            let host = self.host;
            Ok(Box::new(RealListener { listener, local, host, shared, _port: port }) as Box<dyn Listener>)
        })
    }

    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(self.connect_to(to))
    }

    fn bind_udp(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Arc<dyn Datagram>>> {
        Box::pin(async move {
            let socket = UdpSocket::bind((self.host.loopback(), 0)).await?;
            let port = Port::take(self, Protocol::Udp, at, socket.local_addr()?)?;
            let local = SocketAddr::new(at.ip(), port.number());
            Ok(Arc::new(RealDatagram::new(socket, local, self.clone(), port)) as Arc<dyn Datagram>)
        })
    }

    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            if let Ok(ip) = host.parse() {
                return Ok(vec![ip]);
            }
            self.shared.lock().look_up(self.host, host)
        })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        let net = self.clone();
        // `Rt::spawn` has caught the panics of its tasks already; this is for tasks that came past it.
        let guarded = AssertUnwindSafe(task).catch_unwind().map(move |end| {
            if let Err(payload) = end {
                net.task_panicked("unnamed", panic_text(payload.as_ref()));
            }
        });
        let mut fabric = self.shared.lock();
        // What ends with its process starts nothing any more.
        if fabric.power(self.host) != Power::Up {
            return;
        }
        let host = fabric.host(self.host);
        while host.tasks.try_join_next().is_some() {}
        host.tasks.spawn_on(pausable(host.pause.clone(), guarded), &self.shared.handle);
    }

    fn task_panicked(&self, task: &'static str, message: String) {
        self.shared.lock().panicked(self.host, task, message);
    }
}

struct RealListener {
    listener: TcpListener,
    local: SocketAddr,
    host: HostId,
    shared: Arc<Shared>,
    _port: Port,
}

impl Listener for RealListener {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Accepted>> {
        Box::pin(async move {
            let (stream, socket) = self.listener.accept().await?;
            stream.set_nodelay(true)?;
            self.shared.clock.active();
            let (peer, conn) = {
                let mut fabric = self.shared.lock();
                (fabric.known_as(Protocol::Tcp, socket), fabric.accepted(socket))
            };
            let stream: Stream = match conn {
                Some(conn) => Box::new(End::new(stream, conn, self.host)),
                None => Box::new(stream),
            };
            Ok(Accepted { stream, peer })
        })
    }

    fn local_addr(&self) -> SocketAddr {
        self.local
    }
}
