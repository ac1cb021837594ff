//! What the world's driver and the sockets on its hosts both know: hosts, names, ports, links, connections.
//!
//! A host has two addresses: 10.0.0.N, by which software knows it, and 127.77.0.N, on which its sockets are.
//! Its ports are likewise two: the one it asked for and a free one of the machine. No address but these two
//! tables joins them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::clock::Clock;
use super::conn::Conn;
use super::limits::PANICS_MAX;
use crate::world::{Direction, Latency, Names, Panicked, Pass, Pause, Skew, Unfindable};

/// A host, by the order in which it was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HostId(u8);

impl HostId {
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The address by which software knows the host.
    pub(super) fn address(self) -> IpAddr {
        Ipv4Addr::new(10, 0, 0, self.0 + 1).into()
    }

    /// The address on which its sockets are.
    pub(super) fn loopback(self) -> Ipv4Addr {
        Ipv4Addr::new(127, 77, 0, self.0 + 1)
    }
}

/// Whether a host answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Power {
    /// Its process runs.
    Up,
    /// Its process is gone; the machine says so to whoever asks.
    Crashed,
    /// The machine is off; nobody says anything.
    Off,
}

/// What the network knows of a host.
pub(super) struct Host {
    pub(super) name: String,
    pub(super) power: Power,
    /// How often it was started or ended, to tell the end of one life from that of the next.
    pub(super) life: u64,
    /// How often it lost power, to tell a connection attempt that its SYN may have been lost.
    pub(super) outages: u64,
    pub(super) refuses_all: bool,
    pub(super) refuses: BTreeSet<u16>,
    /// Hosts whose names it can't look up.
    pub(super) cannot_find: Unfindable<HostId>,
    pub(super) pause: Arc<Pause>,
    pub(super) skew: Arc<Skew>,
    /// Dropped, they end.
    pub(super) tasks: JoinSet<()>,
}

/// A kind of port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Protocol {
    Tcp,
    Udp,
}

/// The part that is locked.
pub(super) struct Fabric {
    seed: u64,
    latency: Latency,
    pub(super) hosts: Vec<Host>,
    pub(super) names: Names<HostId>,
    /// Lives that ended by themselves.
    pub(super) ended: Vec<(HostId, u64)>,
    pub(super) panics: Vec<Panicked>,
    directions: BTreeMap<(HostId, HostId), Direction>,
    /// The port asked for → where the socket is.
    ports: BTreeMap<(HostId, Protocol, u16), SocketAddr>,
    conns: Vec<Weak<Conn>>,
    /// Connections that were not accepted yet, by the address of their proxy's socket.
    arriving: BTreeMap<SocketAddr, Weak<Conn>>,
    /// Listeners that came from outside, until their host listens.
    pub(super) published: BTreeMap<(HostId, u16), TcpListener>,
}

/// The fabric and what needs no lock.
pub(super) struct Shared {
    fabric: Mutex<Fabric>,
    pub(super) clock: Arc<Clock>,
    /// For tasks that are no host's: what is under way goes on when its sender ends.
    pub(super) handle: Handle,
    /// A link or host changed: whoever waits for one looks again.
    pub(super) changed: Notify,
    /// A clone goes with everything that is under way.
    under_way: Arc<()>,
}

impl Shared {
    pub(super) fn new(seed: u64, latency: Latency, clock: Arc<Clock>, handle: Handle) -> Self {
        let fabric = Fabric {
            seed,
            latency,
            hosts: Vec::new(),
            names: Names::default(),
            ended: Vec::new(),
            panics: Vec::new(),
            directions: BTreeMap::new(),
            ports: BTreeMap::new(),
            conns: Vec::new(),
            arriving: BTreeMap::new(),
            published: BTreeMap::new(),
        };
        Self { fabric: Mutex::new(fabric), clock, handle, changed: Notify::new(), under_way: Arc::new(()) }
    }

    /// What the lock guards is never left half-changed, so a panic elsewhere is reported elsewhere.
    pub(super) fn lock(&self) -> MutexGuard<'_, Fabric> {
        self.fabric.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes with something that is under way, until it has arrived or is lost.
    pub(super) fn departs(&self) -> Arc<()> {
        self.under_way.clone()
    }

    /// Whether something is under way.
    pub(super) fn under_way(&self) -> bool {
        Arc::strong_count(&self.under_way) > 1
    }

    /// Waits until `condition` holds.
    pub(super) async fn until(&self, condition: impl Fn(&Fabric) -> bool + Send) {
        loop {
            let changed = self.changed.notified();
            if condition(&self.lock()) {
                return;
            }
            changed.await;
        }
    }
}

impl Fabric {
    /// Adds a host and its links; its software is not started by this.
    pub(super) fn add_host(&mut self, name: &str) -> HostId {
        let id = HostId(u8::try_from(self.hosts.len()).expect("HOSTS_MAX is checked before"));
        for (index, other) in self.hosts.iter().enumerate() {
            let other_id = HostId(u8::try_from(index).expect("HOSTS_MAX is checked before"));
            let direction = |from: &str, to: &str| Direction::new(self.seed, from, to, self.latency);
            self.directions.insert((id, other_id), direction(name, &other.name));
            self.directions.insert((other_id, id), direction(&other.name, name));
        }
        self.hosts.push(Host {
            name: name.to_owned(),
            power: Power::Up,
            life: 0,
            outages: 0,
            refuses_all: false,
            refuses: BTreeSet::new(),
            cannot_find: Unfindable::default(),
            pause: Arc::default(),
            skew: Arc::default(),
            tasks: JoinSet::new(),
        });
        self.names.add(name, id);
        id
    }

    pub(super) fn host(&mut self, id: HostId) -> &mut Host {
        self.hosts.get_mut(id.index()).expect("ids are handed out with their hosts")
    }

    pub(super) fn direction(&mut self, from: HostId, to: HostId) -> &mut Direction {
        self.directions.get_mut(&(from, to)).expect("two hosts have two directions between them")
    }

    fn both(&self, a: HostId, b: HostId) -> impl Iterator<Item = &Direction> {
        [(a, b), (b, a)].into_iter().filter_map(|key| self.directions.get(&key))
    }

    // === Addresses ===

    /// The host that software knows by this address.
    pub(super) fn host_at(&self, address: IpAddr) -> Option<HostId> {
        self.ids().find(|id| id.address() == address)
    }

    /// The addresses that `host` finds for a name.
    pub(super) fn look_up(&self, host: HostId, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = self.names.look_up(name, self.hosts.get(host.index()).map(|host| &host.cannot_find))?;
        Ok(found.into_iter().map(HostId::address).collect())
    }

    /// How software knows the owner of a socket; others are known by what they are. The machine may give one
    /// number to a TCP and to a UDP socket of a host, so the protocol belongs to the name.
    pub(super) fn known_as(&self, protocol: Protocol, socket: SocketAddr) -> SocketAddr {
        let host = self.ids().find(|id| IpAddr::from(id.loopback()) == socket.ip());
        let Some(host) = host else { return socket };
        let sockets = self.ports.range((host, protocol, 0)..=(host, protocol, u16::MAX));
        let asked_for = sockets.into_iter().find(|(_, at)| **at == socket);
        let port = asked_for.map_or(socket.port(), |((.., port), _)| *port);
        SocketAddr::new(host.address(), port)
    }

    fn ids(&self) -> impl Iterator<Item = HostId> {
        (0..=u8::MAX).take(self.hosts.len()).map(HostId)
    }

    /// Where the socket of a port is.
    pub(super) fn socket(&self, host: HostId, protocol: Protocol, port: u16) -> Option<SocketAddr> {
        self.ports.get(&(host, protocol, port)).copied()
    }

    /// Writes down where the socket of a port is. False when the port is taken.
    pub(super) fn register(&mut self, key: (HostId, Protocol, u16), socket: SocketAddr) -> bool {
        let free = !self.ports.contains_key(&key);
        if free {
            self.ports.insert(key, socket);
        }
        free
    }

    /// The socket is gone; a newer one at the same port stays.
    pub(super) fn forget(&mut self, key: (HostId, Protocol, u16), socket: SocketAddr) {
        if self.ports.get(&key) == Some(&socket) {
            self.ports.remove(&key);
        }
    }

    // === Power and links ===

    pub(super) fn power(&self, id: HostId) -> Power {
        self.hosts.get(id.index()).map_or(Power::Off, |host| host.power)
    }

    /// The process of a host is over.
    pub(super) fn end(&mut self, id: HostId, power: Power) {
        self.ports.retain(|(host, ..), _| *host != id);
        let host = self.host(id);
        host.power = power;
        host.life += 1;
        host.pause.end();
        host.tasks = JoinSet::new();
    }

    /// Whether a SYN and its answer can be exchanged.
    pub(super) fn reachable(&self, from: HostId, to: HostId) -> bool {
        self.power(to) != Power::Off && !self.both(from, to).any(|direction| direction.cut)
    }

    /// Whether they can be exchanged without waiting for a stall to end.
    pub(super) fn flows(&self, from: HostId, to: HostId) -> bool {
        self.reachable(from, to) && !self.both(from, to).any(|direction| direction.stalled)
    }

    /// Whether `host` turns connections to `port` away.
    pub(super) fn refuses(&self, host: HostId, port: u16) -> bool {
        let host = self.hosts.get(host.index());
        host.is_none_or(|host| {
            host.power == Power::Crashed || host.refuses_all || host.refuses.contains(&port)
        })
    }

    /// Changes whenever something may have lost a SYN from one to the other.
    pub(super) fn losses(&self, from: HostId, to: HostId) -> u64 {
        let outages = self.hosts.get(to.index()).map_or(0, |host| host.outages);
        outages + self.both(from, to).map(|direction| direction.cuts).sum::<u64>()
    }

    /// What has left `from` waits, or is held by a machine that is off.
    pub(super) fn held(&self, from: HostId, to: HostId) -> bool {
        let stalled = self.directions.get(&(from, to)).is_some_and(|direction| direction.stalled);
        stalled || self.power(to) == Power::Off
    }

    /// Whether a datagram may arrive as far as the others are concerned.
    pub(super) fn lets(&self, from: HostId, to: HostId, pass: Pass) -> bool {
        self.directions.get(&(from, to)).is_none_or(|direction| direction.datagrams.may_arrive(pass))
    }

    /// How often the direction was cut when something leaves, to tell at its arrival whether it was lost.
    pub(super) fn cuts(&self, from: HostId, to: HostId) -> u64 {
        self.directions.get(&(from, to)).map_or(0, |direction| direction.cuts)
    }

    /// Whether what left at that count is lost, or leaves while the direction is cut.
    pub(super) fn lost(&self, from: HostId, to: HostId, cuts: u64) -> bool {
        self.directions.get(&(from, to)).is_some_and(|direction| direction.cut || direction.cuts != cuts)
    }

    /// How long the next message travels, which has so many bytes and is sent at `now`.
    pub(super) fn travel(&mut self, now: Duration, from: HostId, to: HostId, bytes: usize) -> Duration {
        self.direction(from, to).travel(now, bytes)
    }

    // === Connections ===

    pub(super) fn add_conn(&mut self, conn: &Arc<Conn>) {
        self.conns.retain(|conn| conn.strong_count() > 0);
        self.conns.push(Arc::downgrade(conn));
    }

    /// Its proxy connects from this address.
    pub(super) fn arrives(&mut self, conn: &Arc<Conn>, proxy: SocketAddr) {
        self.arriving.retain(|_, conn| conn.strong_count() > 0);
        self.arriving.insert(proxy, Arc::downgrade(conn));
    }

    /// The connection whose proxy is at this address; none for one from outside, or of a host to itself.
    pub(super) fn accepted(&mut self, proxy: SocketAddr) -> Option<Arc<Conn>> {
        self.arriving.remove(&proxy)?.upgrade()
    }

    /// The connections between two hosts.
    pub(super) fn between(&self, a: HostId, b: HostId) -> impl Iterator<Item = Arc<Conn>> {
        self.conns.iter().filter_map(Weak::upgrade).filter(move |conn| conn.joins(a, b))
    }

    pub(super) fn panicked(&mut self, host: HostId, task: &'static str, message: String) {
        if self.panics.len() < PANICS_MAX {
            let host = self.host(host).name.clone();
            self.panics.push(Panicked { host, task, message });
        }
    }
}
