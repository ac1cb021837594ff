//! A simulated world: hosts, a network between them, faults, and nothing that the seed doesn't decide.
//!
//! Hosts are closures that get an [`Rt`]; they run on turmoil, in virtual time, with real TLS. Two worlds with
//! the same seed, hosts and faults put the same bytes on the wire at the same moments, which
//! [`Outcome::digest`] shows. This is a library of its own: it knows no gateway, no mock and no scenario.
//!
//! ```text
//! software ── Rt ── SimNet ── SimStream ── turmoil's queues (always on hold)
//!                                              │ stamp: when is it due?   (links)
//! driver ── World::step ───────────────────────┘ deliver: it is due, and no fault forbids
//! ```
//!
//! Invariants: one thread per world, and no state outside it, so that worlds run side by side in a process
//! and on one thread. Each random decision has a stream or key of its own, so that one more here moves none
//! there. Not promised: the same digest from another toolchain, target or lock file.
//!
//! Names are matched without regard to case. Traffic of a host with itself works but no fault reaches it.

mod clock;
mod datagrams;
mod digest;
mod direction;
mod entropy;
mod fabric;
mod faults;
pub mod limits;
mod links;
mod machines;
mod names;
mod net;
mod pause;
mod pki;
mod skew;
mod stream;
mod tamper;
mod tls;

#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::FutureExt;
use gateway_rt::disk::memory::{Ending, MemoryDisk};
use gateway_rt::{BoxFuture, Purpose, Rt};
use rustls::crypto::CryptoProvider;
use tokio::sync::Notify;

pub use datagrams::DatagramFault;
pub(crate) use datagrams::Pass;
pub use digest::{Digest, Recorded, What};
pub(crate) use direction::Direction;
pub use direction::{Latency, Rate};
pub(crate) use entropy::HostEntropy;
pub use faults::Path;
pub(crate) use names::{Names, Unfindable};
pub(crate) use pause::{Pause, pausable};
pub use pki::{PkiError, TestPki};
pub use skew::Drift;
pub(crate) use skew::Skew;
pub(crate) use tamper::Progress;

use clock::{SimClock, VirtualTime};
use digest::Tally;
use entropy::scoped;
use fabric::{Fabric, HostId, Shared};
use limits::{DISK_PACE, EPHEMERAL_PORTS, HOSTS_MAX, TURMOIL_TCP_CAPACITY, TURMOIL_UDP_CAPACITY};
use links::Links;
use net::{SimNet, panic_text};

/// 2026-01-01T00:00:00Z, where worlds start that say nothing else.
const DEFAULT_START: Duration = Duration::from_secs(1_767_225_600);

/// What a world is made from.
#[derive(Clone, Debug)]
pub struct WorldConfig {
    /// Decides everything that is random.
    pub seed: u64,
    /// The wall time at the start.
    pub start: SystemTime,
    /// How much virtual time a step takes; latencies are rounded up to it. At least a millisecond. Idle time
    /// costs per step, so minutes want 10 ms and hours 100 ms.
    pub tick: Duration,
    /// The virtual time at which [`World::run_until`] gives up.
    pub limit: Duration,
    /// The latency of links that [`World::latency`] says nothing about.
    pub latency: Latency,
    /// Keep the packets, not only their digest.
    pub record: bool,
    /// A deliberate breach of determinism, to prove that a breach is found.
    pub planted: Option<Planted>,
}

impl WorldConfig {
    /// Ticks and latencies of 1 ms, an hour, nothing recorded, starting 2026-01-01T00:00:00Z.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            start: UNIX_EPOCH + DEFAULT_START,
            tick: Duration::from_millis(1),
            limit: Duration::from_secs(60 * 60),
            latency: Latency::fixed(Duration::from_millis(1)),
            record: false,
            planted: None,
        }
    }
}

/// A deliberate breach of determinism: the negative control of whoever claims to detect one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// When messages arrive depends on the iteration order of a std `HashMap`.
    HashMapOrder,
    /// One byte of every draw comes from the operating system.
    UnseededDraw,
}

/// Why a world can't do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// No host has this name.
    #[error("there is no host {0}")]
    HostUnknown(String),
    /// A host that is meant is not behind this name.
    #[error("the name {0} does not lead to that host")]
    NotBehind(String),
    /// A host or alias of this name exists.
    #[error("the name {0} is taken")]
    NameTaken(String),
    /// A host has no link to itself.
    #[error("{0} has no link to itself")]
    SameHost(String),
    /// More than [`HOSTS_MAX`] hosts.
    #[error("a world has at most {HOSTS_MAX} hosts")]
    TooManyHosts,
}

/// The awaited did not happen within [`WorldConfig::limit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("still running at the limit of {0:?} virtual time")]
pub struct LimitReached(pub Duration);

/// A task that ended by a panic. It fails the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked {
    /// Where.
    pub host: String,
    /// The task's name; `main` for the software itself.
    pub task: &'static str,
    /// What the panic said.
    pub message: String,
}

/// What a run leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Over every packet and read with its moment, and every byte drawn. Equal for equal runs.
    pub digest: Digest,
    /// Segments, datagrams, openings and ends that were sent.
    pub packets: u64,
    /// Their payload.
    pub bytes: u64,
    /// Virtual time.
    pub elapsed: Duration,
    /// Random bytes drawn, on all hosts.
    pub drawn: u64,
    /// Tasks that panicked; empty in a good run.
    pub panics: Vec<Panicked>,
    /// The packets, if they were to be recorded.
    pub recorded: Vec<Recorded>,
}

/// A simulated world. Lives and dies on one thread.
pub struct World {
    config: WorldConfig,
    sim: turmoil::Sim<'static>,
    shared: Arc<Shared>,
    links: Links,
    machines: Vec<Machine>,
    crypto: Arc<CryptoProvider>,
}

/// What the driver keeps per host.
struct Machine {
    name: String,
    ip: IpAddr,
    clock: Arc<SimClock>,
    pause: Arc<Pause>,
    entropy: Arc<HostEntropy>,
    /// Outlives the software.
    disk: MemoryDisk,
}

impl Machine {
    /// The process is over, and perhaps the machine: the disk keeps what it must, and what it happens to.
    fn end_disk(&self, how: Ending) {
        self.disk.end(how, &mut |below| self.entropy.below(Purpose("disk"), below));
    }
}

impl World {
    /// An empty world.
    pub fn new(config: WorldConfig) -> Self {
        let tick = config.tick.max(Duration::from_millis(1));
        let config = WorldConfig { tick, ..config };
        let sim = turmoil::Builder::new()
            .rng_seed(config.seed)
            .epoch(config.start)
            .tick_duration(tick)
            .simulation_duration(Duration::MAX)
            .tcp_capacity(TURMOIL_TCP_CAPACITY)
            .udp_capacity(TURMOIL_UDP_CAPACITY)
            .ephemeral_ports(EPHEMERAL_PORTS)
            .build();
        let fabric = Fabric::new(config.planted, tick, Tally::new(config.record));
        let shared = Shared {
            fabric: Mutex::new(fabric),
            time: Arc::new(VirtualTime::default()),
            changed: Notify::new(),
        };
        Self {
            config,
            sim,
            shared: Arc::new(shared),
            links: Links::default(),
            machines: Vec::new(),
            crypto: Arc::new(tls::provider()),
        }
    }

    /// Adds a host and starts its software, which is called again by [`World::restart`]. Returns its address.
    ///
    /// When the software's future ends the process ends: its tasks are dropped and its streams closed. Hosts
    /// run in the order in which they were added, so that order is part of what makes two runs equal.
    pub fn add_host<F>(&mut self, name: &str, software: F) -> Result<IpAddr, WorldError>
    where
        F: Fn(Rt) -> BoxFuture<'static, io::Result<()>> + 'static,
    {
        self.free_name(name)?;
        if self.machines.len() >= HOSTS_MAX {
            return Err(WorldError::TooManyHosts);
        }
        let last = u8::try_from(self.machines.len() + 1).expect("HOSTS_MAX fits");
        let ip = IpAddr::from(Ipv4Addr::new(10, 0, 0, last));
        let id = lock(&self.shared.fabric).add_host(name, ip);
        let clock = Arc::new(SimClock::new(self.config.start, self.shared.time.clone()));
        let entropy = Arc::new(HostEntropy::new(name.into(), self.config.seed, self.config.planted));
        let disk = MemoryDisk::new(DISK_PACE);
        let pause = Arc::new(Pause::default());
        let net = SimNet {
            host: id,
            ip,
            shared: self.shared.clone(),
            entropy: entropy.clone(),
            pause: pause.clone(),
        };
        let rt = Rt {
            net: Arc::new(net.clone()),
            clock: clock.clone(),
            entropy: entropy.clone(),
            disk: Arc::new(disk.clone()),
            crypto: self.crypto.clone(),
        };
        let software = Rc::new(software);
        self.sim.host(ip, move || {
            let main = process(software.clone(), rt.clone(), net.clone());
            scoped(net.entropy.clone(), pausable(net.pause.clone(), main))
        });
        self.link(id, name, ip);
        self.machines.push(Machine { name: name.to_owned(), ip, clock, pause, entropy, disk });
        Ok(ip)
    }

    /// Gives `host` another name, which its software and its peers can look up. Hosts can share one.
    pub fn alias(&mut self, alias: &str, host: &str) -> Result<(), WorldError> {
        if self.machines.iter().any(|machine| machine.name.eq_ignore_ascii_case(alias)) {
            return Err(WorldError::NameTaken(alias.to_owned()));
        }
        let id = self.id(host)?;
        lock(&self.shared.fabric).names.add(alias, id);
        Ok(())
    }

    /// The address of `host`.
    pub fn address(&self, host: &str) -> Result<IpAddr, WorldError> {
        self.id(host).map(|id| self.ip(id))
    }

    /// How the software of `host` ended, if it did and was not restarted since.
    pub fn exit(&self, host: &str) -> Result<Option<Result<(), String>>, WorldError> {
        let id = self.id(host)?;
        Ok(lock(&self.shared.fabric).host(id).exit.clone())
    }

    /// Virtual time since the start.
    pub fn now(&self) -> Duration {
        self.sim.elapsed()
    }

    /// The same, for whoever writes down what happens on the hosts while they run.
    pub fn stopwatch(&self) -> impl Fn() -> Duration + Send + Sync + use<> {
        let shared = self.shared.clone();
        move || shared.time.now()
    }

    /// Messages that were sent and have not arrived yet.
    pub fn under_way(&self) -> usize {
        self.links.under_way()
    }

    /// The panics so far.
    pub fn panics(&self) -> Vec<Panicked> {
        lock(&self.shared.fabric).panics.clone()
    }

    /// Lets one tick of virtual time pass.
    pub fn step(&mut self) {
        let start = self.now();
        {
            let mut fabric = lock(&self.shared.fabric);
            fabric.resets_due(start);
            self.links.deliver(&self.sim, &mut fabric, start);
        }
        self.shared.time.enter_step();
        let stepped = self.sim.step();
        self.shared.time.leave_step(self.sim.elapsed());
        stepped
            .expect("without turmoil clients a step fails only when a host's main does, and ours never ends");
        self.stamp(start, None);
        let exited = std::mem::take(&mut lock(&self.shared.fabric).exited);
        for id in exited {
            self.end_process(id);
        }
    }

    /// Steps until `done`, asked before each step. Fails at the limit.
    pub fn run_until(&mut self, mut done: impl FnMut(&Self) -> bool) -> Result<(), LimitReached> {
        while !done(self) {
            if self.now() >= self.config.limit {
                return Err(LimitReached(self.config.limit));
            }
            self.step();
        }
        Ok(())
    }

    /// Steps until `span` of virtual time has passed, rounded up to ticks. Knows no limit.
    pub fn run_for(&mut self, span: Duration) {
        let end = self.now() + span;
        while self.now() < end {
            self.step();
        }
    }

    /// Ends the world. What still runs is dropped and not part of the outcome.
    pub fn finish(self) -> Outcome {
        let elapsed = self.now();
        let mut fabric = lock(&self.shared.fabric);
        let mut drawn = 0;
        for machine in &self.machines {
            for (purpose, bytes) in machine.entropy.drawn() {
                fabric.tally.mark(purpose, bytes);
                drawn += bytes;
            }
        }
        let nanos = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        fabric.tally.mark("elapsed", nanos);
        Outcome {
            digest: fabric.tally.digest(),
            packets: fabric.tally.packets,
            bytes: fabric.tally.bytes,
            elapsed,
            drawn,
            panics: fabric.panics.clone(),
            recorded: fabric.tally.take_recorded(),
        }
    }

    /// Links a new host with every older one.
    fn link(&mut self, id: HostId, name: &str, ip: IpAddr) {
        let (seed, latency) = (self.config.seed, self.config.latency);
        let mut fabric = lock(&self.shared.fabric);
        for (index, other) in self.machines.iter().enumerate() {
            let other_id = HostId(index);
            self.sim.hold(other.ip, ip);
            fabric.add_direction(id, other_id, Direction::new(seed, name, &other.name, latency));
            fabric.add_direction(other_id, id, Direction::new(seed, &other.name, name, latency));
        }
        self.links.add_host(self.machines.len());
    }

    fn stamp(&mut self, sent_at: Duration, powerless: Option<HostId>) {
        self.links.stamp(&self.sim, &mut lock(&self.shared.fabric), sent_at, powerless);
    }

    fn id(&self, host: &str) -> Result<HostId, WorldError> {
        let id = lock(&self.shared.fabric).names.owner(host);
        id.ok_or_else(|| WorldError::HostUnknown(host.to_owned()))
    }

    fn ip(&self, id: HostId) -> IpAddr {
        lock(&self.shared.fabric).host(id).ip
    }

    fn free_name(&self, name: &str) -> Result<(), WorldError> {
        if lock(&self.shared.fabric).names.has(name) {
            return Err(WorldError::NameTaken(name.to_owned()));
        }
        Ok(())
    }
}

/// One life of a host's software. Never ends: the world ends it once it has told how the software ended, and
/// turmoil would stop a host whose main returned without closing its sockets.
async fn process<F>(software: Rc<F>, rt: Rt, net: SimNet) -> turmoil::Result
where
    F: Fn(Rt) -> BoxFuture<'static, io::Result<()>>,
{
    let life = async { software(rt).await };
    let exit = match AssertUnwindSafe(life).catch_unwind().await {
        Ok(end) => end.map_err(|error| error.to_string()),
        Err(payload) => {
            let message = panic_text(payload.as_ref());
            lock(&net.shared.fabric).panicked(net.host, "main", message.clone());
            Err(message)
        }
    };
    {
        let mut fabric = lock(&net.shared.fabric);
        fabric.host(net.host).exit = Some(exit);
        fabric.exited.push(net.host);
    }
    std::future::pending().await
}

/// A panic elsewhere is reported elsewhere; what the lock guards is never left half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
