//! What the world's driver and the sockets on its hosts both know: hosts, links, streams, and the tally.
//!
//! One thread uses it; the lock is there because the seam's traits are `Send + Sync`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use super::clock::VirtualTime;
use super::digest::{Packet, Tally, What};
use super::direction::Direction;
use super::limits::PANICS_MAX;
use super::links::{Gate, Kind};
use super::names::{Names, Unfindable};
use super::stream::{Conn, Side};
use super::{Panicked, Planted, lock};

/// A host, by the order in which it was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HostId(pub(super) usize);

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
pub(super) struct HostState {
    pub(super) name: Arc<str>,
    pub(super) ip: IpAddr,
    pub(super) power: Power,
    /// How often it lost power, to tell a connection attempt that its SYN may have been lost.
    pub(super) outages: u64,
    pub(super) refuses_all: bool,
    pub(super) refuses: BTreeSet<u16>,
    /// Hosts whose names it can't look up.
    pub(super) cannot_find: Unfindable<HostId>,
    /// How its software ended, if it did.
    pub(super) exit: Option<Result<(), String>>,
}

/// The part that is locked.
pub(super) struct Fabric {
    pub(super) planted: Option<Planted>,
    pub(super) tick: Duration,
    pub(super) hosts: Vec<HostState>,
    pub(super) names: Names<HostId>,
    pub(super) exited: Vec<HostId>,
    pub(super) panics: Vec<Panicked>,
    pub(super) tally: Tally,
    directions: BTreeMap<(HostId, HostId), Direction>,
    by_ip: BTreeMap<IpAddr, HostId>,
    /// Keyed by the client's and the server's address.
    conns: BTreeMap<(SocketAddr, SocketAddr), Arc<Mutex<Conn>>>,
    conn_numbers: BTreeMap<(HostId, SocketAddr), u32>,
    /// Resets under way: due time and order, and the addresses of who gets it and of who it talked to.
    resets: BTreeMap<(Duration, u64), (SocketAddr, SocketAddr)>,
    resets_made: u64,
}

/// The fabric and what needs no lock.
pub(super) struct Shared {
    pub(super) fabric: Mutex<Fabric>,
    pub(super) time: Arc<VirtualTime>,
    /// A link or host changed: connection attempts look again.
    pub(super) changed: Notify,
}

impl Shared {
    /// Waits until `condition` holds.
    pub(super) async fn until(&self, condition: impl Fn(&Fabric) -> bool + Send) {
        loop {
            let changed = self.changed.notified();
            if condition(&lock(&self.fabric)) {
                return;
            }
            changed.await;
        }
    }

    /// A packet was sent.
    pub(super) fn sent(&self, from: HostId, to: HostId, packet: &Packet<'_>) {
        let at = self.time.now();
        let fabric = &mut *lock(&self.fabric);
        if let (Some(from), Some(to)) = (fabric.hosts.get(from.0), fabric.hosts.get(to.0)) {
            fabric.tally.sent(at, &from.name, &to.name, packet);
        }
    }
}

impl Fabric {
    pub(super) fn new(planted: Option<Planted>, tick: Duration, tally: Tally) -> Self {
        Self {
            planted,
            tick,
            hosts: Vec::new(),
            names: Names::default(),
            exited: Vec::new(),
            panics: Vec::new(),
            tally,
            directions: BTreeMap::new(),
            by_ip: BTreeMap::new(),
            conns: BTreeMap::new(),
            conn_numbers: BTreeMap::new(),
            resets: BTreeMap::new(),
            resets_made: 0,
        }
    }

    pub(super) fn add_host(&mut self, name: &str, ip: IpAddr) -> HostId {
        let id = HostId(self.hosts.len());
        self.hosts.push(HostState {
            name: name.into(),
            ip,
            power: Power::Up,
            outages: 0,
            refuses_all: false,
            refuses: BTreeSet::new(),
            cannot_find: Unfindable::default(),
            exit: None,
        });
        self.by_ip.insert(ip, id);
        self.names.add(name, id);
        id
    }

    pub(super) fn add_direction(&mut self, from: HostId, to: HostId, direction: Direction) {
        self.directions.insert((from, to), direction);
    }

    pub(super) fn host_at(&self, ip: IpAddr) -> Option<HostId> {
        self.by_ip.get(&ip).copied()
    }

    pub(super) fn host(&mut self, id: HostId) -> &mut HostState {
        self.hosts.get_mut(id.0).expect("ids are handed out with their hosts")
    }

    fn power(&self, id: HostId) -> Power {
        self.hosts.get(id.0).map_or(Power::Off, |host| host.power)
    }

    pub(super) fn direction(&mut self, from: HostId, to: HostId) -> &mut Direction {
        self.directions.get_mut(&(from, to)).expect("two hosts have two directions between them")
    }

    fn both(&self, a: HostId, b: HostId) -> impl Iterator<Item = &Direction> {
        [(a, b), (b, a)].into_iter().filter_map(|key| self.directions.get(&key))
    }

    /// Whether a message that is due gets through.
    pub(super) fn gate(&self, from: HostId, to: HostId, kind: Kind) -> Gate {
        // The SYN stands for its answer too, so it needs both ways.
        let blocked = match kind {
            Kind::Syn => self.both(from, to).any(|direction| direction.stalled || direction.cut),
            _ => self.directions.get(&(from, to)).is_some_and(|direction| direction.stalled),
        };
        match self.power(to) {
            _ if blocked => Gate::Closed,
            Power::Up => Gate::Open,
            Power::Crashed => Gate::NoProcess,
            Power::Off => Gate::Closed,
        }
    }

    // === Connection attempts ===

    /// Whether a SYN and its answer can be exchanged.
    pub(super) fn reachable(&self, from: HostId, to: HostId) -> bool {
        self.power(to) != Power::Off && !self.both(from, to).any(|direction| direction.cut)
    }

    /// Whether they can be exchanged without waiting for a stall to end.
    pub(super) fn flows(&self, from: HostId, to: HostId) -> bool {
        self.reachable(from, to) && !self.both(from, to).any(|direction| direction.stalled)
    }

    pub(super) fn crashed(&self, host: HostId) -> bool {
        self.power(host) == Power::Crashed
    }

    /// Whether `host` turns connections to `port` away.
    pub(super) fn refuses(&self, host: HostId, port: u16) -> bool {
        self.crashed(host)
            || self.hosts.get(host.0).is_some_and(|host| host.refuses_all || host.refuses.contains(&port))
    }

    /// Changes whenever something may have lost a SYN from one to the other.
    pub(super) fn losses(&self, from: HostId, to: HostId) -> u64 {
        let outages = self.hosts.get(to.0).map_or(0, |host| host.outages);
        outages + self.both(from, to).map(|direction| direction.cuts).sum::<u64>()
    }

    pub(super) fn round_trip(&mut self, now: Duration, from: HostId, to: HostId) -> Duration {
        self.direction(from, to).travel(now, 0) + self.direction(to, from).travel(now, 0)
    }

    // === Names ===

    /// The addresses that `host` finds for a name.
    pub(super) fn look_up(&self, host: HostId, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = self.names.look_up(name, self.hosts.get(host.0).map(|host| &host.cannot_find))?;
        Ok(found.into_iter().filter_map(|id| self.hosts.get(id.0)).map(|host| host.ip).collect())
    }

    // === Streams ===

    /// The connection between two addresses; the first end to ask makes it.
    pub(super) fn join(
        &mut self,
        at: Duration,
        side: Side,
        hosts: [HostId; 2],
        addresses: [SocketAddr; 2],
    ) -> Arc<Mutex<Conn>> {
        let [client, server] = addresses;
        if let Some(conn) = self.conns.get(&(client, server)) {
            lock(conn).arrived(side);
            return conn.clone();
        }
        let number = self.conn_numbers.entry((hosts[0], server)).or_insert(0);
        *number += 1;
        let mut conn = Conn::new(*number, hosts, addresses);
        conn.arrived(side);
        let names = hosts.map(|id| self.host(id).name.clone());
        let packet =
            Packet { what: What::Opened, source: client, target: server, conn: conn.number, bytes: &[] };
        self.tally.sent(at, &names[0], &names[1], &packet);
        let conn = Arc::new(Mutex::new(conn));
        self.conns.insert((client, server), conn.clone());
        conn
    }

    /// Both ends are gone.
    pub(super) fn part(&mut self, addresses: [SocketAddr; 2]) {
        self.conns.remove(&addresses.into());
    }

    /// Every stream between two hosts ends in a reset, at both ends, now. Except those that were silenced: the
    /// network knows nothing of them.
    pub(super) fn reset_between(&mut self, a: HostId, b: HostId) {
        self.each_between(a, b, |conn| {
            if !conn.is_silent() {
                conn.reset(Side::Client);
                conn.reset(Side::Server);
            }
        });
    }

    /// Every stream between two hosts ends at `gone`, and `peer` is not told.
    pub(super) fn forget_between(&mut self, gone: HostId, peer: HostId) {
        self.each_between(gone, peer, |conn| conn.forget(conn.side_of(gone)));
    }

    /// On every stream between two hosts, what `from` sends is lost from now on.
    pub(super) fn silence_between(&mut self, from: HostId, to: HostId) {
        self.each_between(from, to, |conn| conn.silence(conn.side_of(from)));
    }

    fn each_between(&mut self, a: HostId, b: HostId, change: impl Fn(&mut Conn)) {
        for conn in self.conns.values() {
            let mut conn = lock(conn);
            if conn.hosts == [a, b] || conn.hosts == [b, a] {
                change(&mut conn);
            }
        }
    }

    /// Whether a segment gets onto the link.
    pub(super) fn sends(&self, source: SocketAddr, target: SocketAddr) -> bool {
        self.end(source, target).is_none_or(|(conn, side)| lock(conn).sends(side))
    }

    /// Whether the end at `target` of a stream from `source` is forgotten.
    pub(super) fn is_forgotten(&self, source: SocketAddr, target: SocketAddr) -> bool {
        self.end(target, source).is_some_and(|(conn, side)| lock(conn).is_forgotten(side))
    }

    /// At `due`, the end of a stream at `victim` learns that `peer` doesn't know it.
    pub(super) fn reset_later(&mut self, due: Duration, victim: SocketAddr, peer: SocketAddr) {
        self.resets_made += 1;
        self.resets.insert((due, self.resets_made), (victim, peer));
    }

    pub(super) fn resets_due(&mut self, now: Duration) {
        while let Some(first) = self.resets.first_entry()
            && first.key().0 <= now
        {
            let (victim, peer) = first.remove();
            if let Some((conn, side)) = self.end(victim, peer) {
                lock(conn).reset(side);
            }
        }
    }

    /// A reset segment from `source` arrives. turmoil shows it to readers; writers learn it from us, because
    /// turmoil never wakes one that waits for room.
    pub(super) fn reset_arrives(&mut self, source: SocketAddr, target: SocketAddr) {
        if let Some((conn, side)) = self.end(target, source) {
            lock(conn).writes_fail(side);
        }
    }

    fn end(&self, own: SocketAddr, peer: SocketAddr) -> Option<(&Arc<Mutex<Conn>>, Side)> {
        let client = self.conns.get(&(own, peer)).map(|conn| (conn, Side::Client));
        client.or_else(|| self.conns.get(&(peer, own)).map(|conn| (conn, Side::Server)))
    }

    // === What went wrong ===

    pub(super) fn panicked(&mut self, host: HostId, task: &'static str, message: String) {
        if self.panics.len() < PANICS_MAX {
            let host = self.host(host).name.to_string();
            self.panics.push(Panicked { host, task, message });
        }
    }
}
