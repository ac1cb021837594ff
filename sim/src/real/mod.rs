//! A real world: the same hosts as in the simulated one, on sockets of this machine.
//!
//! Every host has a loopback address of its own. TCP, UDP and TLS are the machine's and the usual provider's.
//! What programs draw comes from the seed, as in the simulated world, so that stories can be compared; what TLS
//! draws comes from the operating system. The network between the hosts is a proxy in each connection, which
//! gives it its latency and its faults. Long waits are shortened by the `clock` module.
//!
//! ```text
//! software ── Rt ── RealNet ── proxy ── kernel ── listener ── software
//! driver ── Stage::step (the clock moves) · Stage::order (a link or host changes)
//! ```
//!
//! What it is not: deterministic. Two runs agree in what happens, and not in every moment.
//!
//! One thread per world: worlds run side by side, and nothing of one is seen in another.
//!
//! Specification: ours; the faults are those of `world::faults`.

mod clock;
mod conn;
mod datagram;
mod fabric;
mod faults;
pub mod likeness;
pub mod limits;
mod net;
mod stream;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, TcpListener};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use gateway_rt::disk::memory::{Ending, MemoryDisk};
use gateway_rt::{BoxFuture, Purpose, Rt};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio::runtime::{Builder, Runtime};

use self::clock::{Clock, HostClock, Pace};
use self::fabric::{HostId, Power, Shared};
use self::limits::HOSTS_MAX;
use self::net::RealNet;
use crate::run::stage::{Order, Software, Stage, Stopwatch};
use crate::world::limits::DISK_PACE;
use crate::world::{HostEntropy, Latency, Panicked, WorldError, pausable};

/// What a real world is made from.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Decides what is drawn through the seam, and latencies; not what TLS draws. Without one, the operating
    /// system decides.
    pub(crate) seed: Option<u64>,
    /// The wall time at the start.
    pub(crate) start: SystemTime,
    /// How finely idle time is shortened.
    pub(crate) tick: Duration,
    /// How many times as fast idle time may go by; 1 is real time throughout.
    pub(crate) factor: u32,
    /// The latency of links that nothing else is said about.
    pub(crate) latency: Latency,
}

/// A real world. Lives and dies on one thread; nothing is left when it is dropped.
pub(crate) struct World {
    shared: Arc<Shared>,
    seed: Option<u64>,
    machines: Vec<Machine>,
    pace: Pace,
    /// Last: what it runs needs the rest until it is gone.
    runtime: Runtime,
}

/// What is needed to start a host's software again.
struct Machine {
    software: Software,
    rt: Rt,
    entropy: Arc<HostEntropy>,
    /// Outlives the software. In memory: a run leaves nothing on this machine.
    disk: MemoryDisk,
}

impl World {
    /// An empty world.
    ///
    /// # Errors
    /// The machine gives no thread or no event queue.
    pub(crate) fn new(config: &Config) -> io::Result<Self> {
        // Stopped from the start, timers count whole milliseconds from the same moment as the world's clock.
        let stopped = !clock::is_machines(config.factor);
        let runtime = Builder::new_current_thread().enable_all().start_paused(stopped).build()?;
        let clock = Arc::new(Clock::new(config.start, config.factor));
        let shared = Arc::new(Shared::new(
            config.seed.unwrap_or_default(),
            config.latency,
            clock,
            runtime.handle().clone(),
        ));
        let pace = Pace::new(&runtime, config.tick, config.factor)?;
        Ok(Self { shared, seed: config.seed, machines: Vec::new(), pace, runtime })
    }

    /// What `host` will listen for at `port` comes from `listener`, so that it can be reached from outside.
    pub(crate) fn publish(&self, host: &str, port: u16, listener: TcpListener) -> Result<(), WorldError> {
        let id = self.id(host)?;
        self.shared.lock().published.insert((id, port), listener);
        Ok(())
    }

    /// Lets time pass until `future` is done. For worlds in which no process ends.
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    fn id(&self, host: &str) -> Result<HostId, WorldError> {
        let id = self.shared.lock().names.owner(host);
        id.ok_or_else(|| WorldError::HostUnknown(host.to_owned()))
    }

    fn free_name(&self, name: &str) -> Result<(), WorldError> {
        if self.shared.lock().names.has(name) {
            return Err(WorldError::NameTaken(name.to_owned()));
        }
        Ok(())
    }

    /// Starts the software of a host that is up.
    fn start(&self, id: HostId) {
        let Some(Machine { software, rt, .. }) = self.machines.get(id.index()) else { return };
        let _runtime = self.runtime.enter();
        let main = software(rt.clone());
        let shared = self.shared.clone();
        let mut fabric = self.shared.lock();
        let host = fabric.host(id);
        let life = pausable(host.pause.clone(), life(shared, id, host.life, main));
        host.tasks.spawn_on(life, self.runtime.handle());
    }

    fn end(&self, id: HostId, power: Power) {
        if let Some(Machine { disk, entropy, .. }) = self.machines.get(id.index()) {
            let how = if power == Power::Off { Ending::PowerLoss } else { Ending::Killed };
            disk.end(how, &mut |below| entropy.below(Purpose("disk"), below));
        }
        self.shared.lock().end(id, power);
    }
}

impl Stage for World {
    fn add_host(&mut self, name: &str, software: Software) -> Result<(), WorldError> {
        self.free_name(name)?;
        if self.machines.len() >= HOSTS_MAX {
            return Err(WorldError::TooManyHosts);
        }
        let host = self.shared.lock().add_host(name);
        let net = Arc::new(RealNet { host, shared: self.shared.clone() });
        let skew = self.shared.lock().host(host).skew.clone();
        let clock = Arc::new(HostClock { clock: self.shared.clock.clone(), skew });
        let disk = MemoryDisk::new(DISK_PACE);
        let kept = Arc::new(disk.clone());
        let outside = Rt { net, clock, disk: kept, ..gateway_rt::tokio::real() };
        let entropy = Arc::new(HostEntropy::new(name.into(), self.seed.unwrap_or_default(), None));
        let rt = match self.seed {
            Some(_) => Rt { entropy: entropy.clone(), crypto: Arc::new(crypto()), ..outside },
            None => outside,
        };
        self.machines.push(Machine { software, rt, entropy, disk });
        self.start(host);
        Ok(())
    }

    fn alias(&mut self, alias: &str, host: &str) -> Result<(), WorldError> {
        let id = self.id(host)?;
        let mut fabric = self.shared.lock();
        if fabric.hosts.iter().any(|host| host.name.eq_ignore_ascii_case(alias)) {
            return Err(WorldError::NameTaken(alias.to_owned()));
        }
        fabric.names.add(alias, id);
        Ok(())
    }

    fn address(&self, host: &str) -> Result<IpAddr, WorldError> {
        self.id(host).map(HostId::address)
    }

    fn order(&mut self, order: Order<'_>) -> Result<(), WorldError> {
        let done = self.carry_out(order);
        self.shared.changed.notify_waiters();
        done
    }

    fn now(&self) -> Duration {
        self.shared.clock.elapsed()
    }

    fn stopwatch(&self) -> Stopwatch {
        let shared = self.shared.clone();
        Arc::new(move || shared.clock.elapsed())
    }

    fn busy(&self) -> bool {
        self.shared.under_way() || self.pace.busy()
    }

    fn panics(&self) -> Vec<Panicked> {
        self.shared.lock().panics.clone()
    }

    fn step(&mut self) {
        self.runtime.block_on(self.pace.step(&self.shared.clock));
        let ended = std::mem::take(&mut self.shared.lock().ended);
        for (id, life) in ended {
            if self.shared.lock().host(id).life == life {
                self.end(id, Power::Crashed);
                self.shared.changed.notify_waiters();
            }
        }
    }
}

/// The usual provider, with the one key exchange that the simulated world has too: the first message of a
/// handshake lists them, and stories tell how long it is.
fn crypto() -> CryptoProvider {
    CryptoProvider { kx_groups: vec![aws_lc_rs::kx_group::X25519], ..aws_lc_rs::default_provider() }
}

/// One life of a host's software: when it ends, the world ends the process.
async fn life(shared: Arc<Shared>, id: HostId, life: u64, main: BoxFuture<'static, io::Result<()>>) {
    let end = AssertUnwindSafe(main).catch_unwind().await;
    let mut fabric = shared.lock();
    if let Err(payload) = end {
        fabric.panicked(id, "main", panic_text(payload.as_ref()));
    }
    fabric.ended.push((id, life));
}

/// What a panic said.
fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned())
}
