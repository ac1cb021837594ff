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
use gateway_rt::{BoxFuture, Rt};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio::runtime::{Builder, Runtime};

use self::clock::{Clock, HostClock, Pace};
use self::fabric::{HostId, Power, Shared};
use self::limits::HOSTS_MAX;
use self::net::RealNet;
use crate::run::stage::{Order, Software, Stage, Stopwatch};
use crate::world::{Direction, HostEntropy, Latency, Panicked, Path, Skew, WorldError, pausable};

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
        let id = self.shared.lock().names.get(&host.to_ascii_lowercase()).copied();
        id.ok_or_else(|| WorldError::HostUnknown(host.to_owned()))
    }

    fn free_name(&self, name: &str) -> Result<(), WorldError> {
        if self.shared.lock().names.contains_key(&name.to_ascii_lowercase()) {
            return Err(WorldError::NameTaken(name.to_owned()));
        }
        Ok(())
    }

    /// Starts the software of a host that is up.
    fn start(&self, id: HostId) {
        let Some(Machine { software, rt }) = self.machines.get(id.index()) else { return };
        let _runtime = self.runtime.enter();
        let main = software(rt.clone());
        let shared = self.shared.clone();
        let mut fabric = self.shared.lock();
        let host = fabric.host(id);
        let life = pausable(host.pause.clone(), life(shared, id, host.life, main));
        host.tasks.spawn_on(life, self.runtime.handle());
    }

    fn end(&self, id: HostId, power: Power) {
        self.shared.lock().end(id, power);
    }

    fn crash(&self, id: HostId) {
        if self.shared.lock().power(id) == Power::Up {
            self.end(id, Power::Crashed);
        }
    }

    fn power_loss(&self, id: HostId) {
        if self.shared.lock().power(id) != Power::Off {
            self.end(id, Power::Off);
            self.shared.lock().host(id).outages += 1;
        }
    }

    fn restart(&self, id: HostId) {
        self.end(id, Power::Up);
        self.start(id);
    }

    fn directions(&self, path: Path<'_>) -> Result<Vec<(HostId, HostId)>, WorldError> {
        let (from, to) = (self.id(path.from)?, self.id(path.to)?);
        if from == to {
            return Err(WorldError::SameHost(path.from.to_owned()));
        }
        Ok(if path.both { vec![(from, to), (to, from)] } else { vec![(from, to)] })
    }

    fn on(&self, path: Path<'_>, change: impl Fn(&mut Direction)) -> Result<(), WorldError> {
        for (from, to) in self.directions(path)? {
            change(self.shared.lock().direction(from, to));
        }
        Ok(())
    }

    fn heal(&self, path: Path<'_>) -> Result<(), WorldError> {
        let directions = self.directions(path)?;
        let mut fabric = self.shared.lock();
        let mut healed = false;
        for &(from, to) in &directions {
            healed |= std::mem::take(&mut fabric.direction(from, to).cut);
        }
        if let Some(&(a, b)) = directions.first().filter(|_| healed) {
            fabric.between(a, b).for_each(|conn| conn.reset());
        }
        Ok(())
    }

    fn blackhole(&self, path: Path<'_>) -> Result<(), WorldError> {
        self.on(path, Direction::cut)?;
        for (from, to) in self.directions(path)? {
            self.shared.lock().between(from, to).for_each(|conn| conn.silence(from));
        }
        Ok(())
    }

    fn reset(&self, one: &str, other: &str) -> Result<(), WorldError> {
        for (one, other) in self.directions(Path::one_way(one, other))? {
            self.shared.lock().between(one, other).for_each(|conn| conn.reset());
        }
        Ok(())
    }

    fn half_open(&self, gone: &str, peer: &str) -> Result<(), WorldError> {
        for (gone, peer) in self.directions(Path::one_way(gone, peer))? {
            self.shared.lock().between(gone, peer).for_each(|conn| conn.forget(gone));
        }
        Ok(())
    }

    fn pause(&self, host: &str) -> Result<(), WorldError> {
        let id = self.id(host)?;
        let mut fabric = self.shared.lock();
        if fabric.power(id) == Power::Up {
            fabric.host(id).pause.begin();
        }
        Ok(())
    }

    fn unpause(&self, host: &str) -> Result<(), WorldError> {
        let id = self.id(host)?;
        self.shared.lock().host(id).pause.end();
        Ok(())
    }

    fn skew(&self, host: &str, change: impl FnOnce(&Skew)) -> Result<(), WorldError> {
        let id = self.id(host)?;
        change(&self.shared.lock().host(id).skew);
        Ok(())
    }

    fn refuse(&self, host: &str, port: Option<u16>) -> Result<(), WorldError> {
        let id = self.id(host)?;
        let mut fabric = self.shared.lock();
        match port {
            Some(port) => _ = fabric.host(id).refuses.insert(port),
            None => fabric.host(id).refuses_all = true,
        }
        Ok(())
    }

    fn admit(&self, host: &str, port: Option<u16>) -> Result<(), WorldError> {
        let id = self.id(host)?;
        let mut fabric = self.shared.lock();
        let host = fabric.host(id);
        match port {
            Some(port) => _ = host.refuses.remove(&port),
            None => {
                host.refuses_all = false;
                host.refuses.clear();
            }
        }
        Ok(())
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
        let outside = Rt { net, clock, ..gateway_rt::tokio::real() };
        let rt = match self.seed {
            Some(seed) => {
                let entropy = Arc::new(HostEntropy::new(name.into(), seed, None));
                Rt { entropy, crypto: Arc::new(crypto()), ..outside }
            }
            None => outside,
        };
        self.machines.push(Machine { software, rt });
        self.start(host);
        Ok(())
    }

    fn alias(&mut self, alias: &str, host: &str) -> Result<(), WorldError> {
        self.free_name(alias)?;
        let id = self.id(host)?;
        self.shared.lock().names.insert(alias.to_ascii_lowercase(), id);
        Ok(())
    }

    fn address(&self, host: &str) -> Result<IpAddr, WorldError> {
        self.id(host).map(HostId::address)
    }

    fn order(&mut self, order: Order<'_>) -> Result<(), WorldError> {
        let done = match order {
            Order::Latency(path, latency) => self.on(path, |direction| direction.latency = latency),
            Order::Slow(path, by) => self.on(path, |direction| direction.slow = by),
            Order::Jitter(path, by) => self.on(path, |direction| direction.jitter = by),
            Order::Stall(path) => self.on(path, |direction| direction.stalled = true),
            Order::Resume(path) => self.on(path, |direction| direction.stalled = false),
            Order::Cut(path) => self.on(path, Direction::cut),
            Order::Heal(path) => self.heal(path),
            Order::Blackhole(path) => self.blackhole(path),
            Order::Reset(one, other) => self.reset(one, other),
            Order::HalfOpen(gone, peer) => self.half_open(gone, peer),
            Order::Refuse(host, port) => self.refuse(host, port),
            Order::Admit(host, port) => self.admit(host, port),
            Order::Crash(host) => self.id(host).map(|id| self.crash(id)),
            Order::PowerLoss(host) => self.id(host).map(|id| self.power_loss(id)),
            Order::Restart(host) => self.id(host).map(|id| self.restart(id)),
            Order::Pause(host) => self.pause(host),
            Order::Unpause(host) => self.unpause(host),
            Order::ClockJump(host, by) => self.skew(host, |skew| skew.jump(by)),
            Order::ClockDrift(host, drift) => {
                let now = self.now();
                self.skew(host, |skew| skew.drift(now, drift))
            }
            Order::Datagrams(_, _, _, 0) => Ok(()),
            Order::Datagrams(path, fault, nth, count) => {
                self.on(path, |direction| direction.add_rule(fault, nth, count))
            }
            Order::DatagramsAsUsual(path) => self.on(path, Direction::clear_rules),
        };
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
