//! A datagram socket, and what happens to datagrams on their way, as ordered.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use gateway_rt::{BoxFuture, Datagram};
use tokio::net::UdpSocket;

use super::fabric::{HostId, Protocol, Shared};
use super::net::{Port, RealNet};
use crate::world::Pass;
use crate::world::limits::APART;

/// A socket, and the port by which others know it.
pub(super) struct RealDatagram {
    socket: Arc<UdpSocket>,
    local: SocketAddr,
    net: RealNet,
    _port: Port,
}

/// One datagram under way.
struct Letter {
    from: HostId,
    to: HostId,
    port: u16,
    cuts: u64,
    pass: Pass,
    bytes: Vec<u8>,
    socket: Arc<UdpSocket>,
    _counted: Arc<()>,
}

impl RealDatagram {
    pub(super) fn new(socket: UdpSocket, local: SocketAddr, net: RealNet, port: Port) -> Self {
        Self { socket: Arc::new(socket), local, net, _port: port }
    }

    fn send(&self, bytes: &[u8], to: SocketAddr) {
        let (shared, from) = (&self.net.shared, self.net.host);
        let mut fabric = shared.lock();
        // To a host that doesn't exist: lost, and UDP doesn't say so.
        let Some(target) = fabric.host_at(to.ip()).filter(|target| *target != from) else { return };
        let (now, mut bytes) = (shared.clock.elapsed(), bytes.to_vec());
        let direction = fabric.direction(from, target);
        for _ in 0..direction.datagrams.judge(&mut bytes, !direction.cut) {
            let cuts = fabric.cuts(from, target);
            let pass = fabric.direction(from, target).datagrams.next_pass();
            let travel = fabric.travel(now, from, target, bytes.len()) + pass.delay;
            let (bytes, socket) = (bytes.clone(), self.socket.clone());
            let _counted = shared.departs();
            let letter = Letter { from, to: target, port: to.port(), cuts, pass, bytes, socket, _counted };
            let shared = shared.clone();
            self.net.shared.handle.spawn(async move {
                tokio::time::sleep(travel).await;
                letter.arrive(&shared).await;
            });
        }
    }
}

impl Letter {
    async fn arrive(self, shared: &Shared) {
        shared
            .until(|fabric| !fabric.held(self.from, self.to) && fabric.lets(self.from, self.to, self.pass))
            .await;
        if self.pass.yields {
            tokio::time::sleep(APART).await;
        }
        let socket = {
            let mut fabric = shared.lock();
            fabric.direction(self.from, self.to).datagrams.arrived(self.pass);
            let lost = fabric.lost(self.from, self.to, self.cuts);
            fabric.socket(self.to, Protocol::Udp, self.port).filter(|_| !lost)
        };
        if let Some(at) = socket {
            shared.clock.active();
            // What the kernel does not take is lost, as datagrams are.
            drop(self.socket.send_to(&self.bytes, at).await);
        }
        // Those it has overtaken may follow.
        shared.changed.notify_waiters();
    }
}

impl Datagram for RealDatagram {
    fn send_to<'a>(&'a self, bytes: &'a [u8], to: SocketAddr) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            self.send(bytes, to);
            Ok(())
        })
    }

    fn recv_from<'a>(&'a self, buf: &'a mut [u8]) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>> {
        Box::pin(async move {
            let (length, socket) = self.socket.recv_from(buf).await?;
            self.net.shared.clock.active();
            let sender = self.net.shared.lock().known_as(Protocol::Udp, socket);
            Ok((length, sender))
        })
    }

    fn local_addr(&self) -> SocketAddr {
        self.local
    }
}
