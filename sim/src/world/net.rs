//! Sockets, names and tasks of a simulated host.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use gateway_rt::{Accepted, BoxFuture, Datagram, Listener, Net, Stream};
use turmoil::net::{TcpListener, TcpStream, UdpSocket};

use super::digest::{Packet, What};
use super::entropy::{HostEntropy, scoped};
use super::fabric::{HostId, Shared};
use super::lock;
use super::pause::{Pause, pausable};
use super::stream::{Side, SimStream};

/// The network as one host sees it.
#[derive(Clone)]
pub(super) struct SimNet {
    pub(super) host: HostId,
    pub(super) ip: IpAddr,
    pub(super) shared: Arc<Shared>,
    pub(super) entropy: Arc<HostEntropy>,
    pub(super) pause: Arc<Pause>,
}

impl SimNet {
    fn stream(&self, inner: TcpStream, side: Side) -> io::Result<Stream> {
        let (own, peer) = (inner.local_addr()?, inner.peer_addr()?);
        let at = self.shared.time.now();
        let mut fabric = lock(&self.shared.fabric);
        // A loopback address is the host itself.
        let other = fabric.host_at(peer.ip()).unwrap_or(self.host);
        let (hosts, addresses) = match side {
            Side::Client => ([self.host, other], [own, peer]),
            Side::Server => ([other, self.host], [peer, own]),
        };
        let conn = fabric.join(at, side, hosts, addresses);
        drop(fabric);
        Ok(Box::new(SimStream::new(inner, self.shared.clone(), conn, side)))
    }

    /// Connects to another host, as patiently as TCP: through a cut or an outage the SYN is sent again.
    async fn connect_over(&self, server: HostId, to: SocketAddr) -> io::Result<TcpStream> {
        let (shared, host) = (&self.shared, self.host);
        loop {
            shared.until(|fabric| fabric.reachable(host, server)).await;
            if lock(&shared.fabric).refuses(server, to.port()) {
                return self.refusal(server, to).await;
            }
            let losses = lock(&shared.fabric).losses(host, server);
            let attempt = tokio::select! { biased;
                attempt = TcpStream::connect(to) => attempt,
                () = shared.until(|fabric| fabric.crashed(server)) => return self.refusal(server, to).await,
            };
            let lost = lock(&shared.fabric).losses(host, server) != losses;
            match attempt {
                Err(error) if lost && error.kind() == io::ErrorKind::ConnectionRefused => {}
                done => return done,
            }
        }
    }

    async fn refusal(&self, server: HostId, to: SocketAddr) -> io::Result<TcpStream> {
        let host = self.host;
        self.shared.until(|fabric| fabric.flows(host, server)).await;
        let now = self.shared.time.now();
        let round_trip = lock(&self.shared.fabric).round_trip(now, host, server);
        tokio::time::sleep(round_trip).await;
        Err(io::Error::new(io::ErrorKind::ConnectionRefused, to.to_string()))
    }
}

/// turmoil binds only to the unspecified and the loopback address; every other one is taken for an own one.
fn bindable(at: SocketAddr) -> SocketAddr {
    let loopback = at.ip().is_loopback();
    let ip = if loopback { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
    SocketAddr::new(ip.into(), at.port())
}

impl Net for SimNet {
    fn listen(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            let listener = TcpListener::bind(bindable(at)).await?;
            let local = SocketAddr::new(at.ip(), listener.local_addr()?.port());
            Ok(Box::new(SimListener { listener, local, net: self.clone() }) as Box<dyn Listener>)
        })
    }

    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(async move {
            let server = lock(&self.shared.fabric).host_at(to.ip());
            let inner = match server {
                _ if to.ip().is_loopback() || to.ip() == self.ip => TcpStream::connect(to).await?,
                Some(server) => self.connect_over(server, to).await?,
                None => return Err(io::ErrorKind::HostUnreachable.into()),
            };
            self.stream(inner, Side::Client)
        })
    }

    fn bind_udp(&self, at: SocketAddr) -> BoxFuture<'_, io::Result<Arc<dyn Datagram>>> {
        Box::pin(async move {
            let socket = UdpSocket::bind(bindable(at)).await?;
            let local = SocketAddr::new(at.ip(), socket.local_addr()?.port());
            Ok(Arc::new(SimDatagram { socket, local, net: self.clone() }) as Arc<dyn Datagram>)
        })
    }

    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            if let Ok(ip) = host.parse() {
                return Ok(vec![ip]);
            }
            lock(&self.shared.fabric).look_up(self.host, host)
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the simulation's door: only spawn_local keeps crashes in order"
    )]
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        let net = self.clone();
        // `Rt::spawn` has caught the panics of its tasks already; this is for tasks that came past it.
        let guarded = AssertUnwindSafe(task).catch_unwind().map(move |end| {
            if let Err(payload) = end {
                net.task_panicked("unnamed", panic_text(payload.as_ref()));
            }
        });
        let task = pausable(self.pause.clone(), guarded);
        tokio::task::spawn_local(scoped(self.entropy.clone(), task));
    }

    fn task_panicked(&self, task: &'static str, message: String) {
        lock(&self.shared.fabric).panicked(self.host, task, message);
    }
}

/// What a panic said.
pub(super) fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned())
}

struct SimListener {
    listener: TcpListener,
    local: SocketAddr,
    net: SimNet,
}

impl Listener for SimListener {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Accepted>> {
        Box::pin(async move {
            let (inner, peer) = self.listener.accept().await?;
            Ok(Accepted { stream: self.net.stream(inner, Side::Server)?, peer })
        })
    }

    fn local_addr(&self) -> SocketAddr {
        self.local
    }
}

struct SimDatagram {
    socket: UdpSocket,
    local: SocketAddr,
    net: SimNet,
}

impl SimDatagram {
    async fn send(&self, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        let net = &self.net;
        let Some(target) = lock(&net.shared.fabric).host_at(to.ip()) else {
            // To a host that doesn't exist: lost, and UDP doesn't say so.
            return Ok(());
        };
        let source = SocketAddr::new(net.ip, self.local.port());
        let packet = Packet { what: What::Datagram, source, target: to, conn: 0, bytes };
        net.shared.sent(net.host, target, &packet);
        let mut bytes = bytes.to_vec();
        let copies = if target == net.host {
            1
        } else {
            let mut fabric = lock(&net.shared.fabric);
            let direction = fabric.direction(net.host, target);
            direction.datagrams.judge(&mut bytes, !direction.cut)
        };
        for _ in 0..copies {
            self.socket.send_to(&bytes, to).await?;
        }
        Ok(())
    }
}

impl Datagram for SimDatagram {
    fn send_to<'a>(&'a self, bytes: &'a [u8], to: SocketAddr) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(self.send(bytes, to))
    }

    fn recv_from<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>> {
        Box::pin(self.socket.recv_from(buf))
    }

    fn local_addr(&self) -> SocketAddr {
        self.local
    }
}
