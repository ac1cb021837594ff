//! Faults, named for what the peers experience. Applied between steps; they hold until undone.
//!
//! | verb | what peers see |
//! | --- | --- |
//! | `slow`, `jitter` | later |
//! | `stall` / `resume` | nothing for a while, then everything; streams survive |
//! | `cut` / `heal` | silence; what was under way is lost. After `heal` every stream across the link is reset |
//! | `blackhole` | silence; after `heal` streams that stood stay silent for good, and nobody is told |
//! | `reset` | every stream across the link is reset at once |
//! | `half_open` | every stream across the link ends at one host; the other learns it when it sends |
//! | `refuse` / `admit` | connections are refused after one round trip |
//! | `crash` | streams end as by a killed process; connections are refused, writes answered with a reset |
//! | `power_loss` | silence; after `restart` the next use of an old stream is answered with a reset |
//! | `restart` | the software starts anew (after a crash of it, if it was running) |
//! | `pause` / `unpause` | the process stands still: bytes and timers wait for it |
//! | `datagrams` | single datagrams are lost, doubled or late |
//! | `clock_jump`, `clock_drift` | a host whose wall clock is wrong |

use std::time::Duration;

use super::fabric::{HostId, Power};
use super::links::Latency;
use super::{Drift, World, WorldError, lock};

/// A link between two hosts, or one direction of it.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) both: bool,
}

impl<'a> Path<'a> {
    /// Both directions between two hosts.
    pub fn between(one: &'a str, other: &'a str) -> Self {
        Self { from: one, to: other, both: true }
    }

    /// Only what `from` sends to `to`.
    pub fn one_way(from: &'a str, to: &'a str) -> Self {
        Self { from, to, both: false }
    }
}

/// What happens to a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatagramFault {
    /// It never arrives.
    Drop,
    /// It arrives twice.
    Duplicate,
    /// It arrives this much later than it would have.
    Delay(Duration),
}

impl World {
    /// Sets how long messages travel.
    pub fn latency(&mut self, path: Path<'_>, latency: Latency) -> Result<(), WorldError> {
        self.on(path, |direction| direction.latency = latency)
    }

    /// Messages travel `by` longer; zero undoes it.
    pub fn slow(&mut self, path: Path<'_>, by: Duration) -> Result<(), WorldError> {
        self.on(path, |direction| direction.slow = by)
    }

    /// Messages travel up to `by` longer, each its own time; zero undoes it.
    pub fn jitter(&mut self, path: Path<'_>, by: Duration) -> Result<(), WorldError> {
        self.on(path, |direction| direction.jitter = by)
    }

    /// Messages wait until [`World::resume`].
    pub fn stall(&mut self, path: Path<'_>) -> Result<(), WorldError> {
        self.on(path, |direction| direction.stalled = true)
    }

    /// Ends a stall: what waited arrives at once, in order.
    pub fn resume(&mut self, path: Path<'_>) -> Result<(), WorldError> {
        self.on(path, |direction| direction.stalled = false)
    }

    /// Messages are lost, also those under way. Streams are silent; connection attempts wait.
    pub fn cut(&mut self, path: Path<'_>) -> Result<(), WorldError> {
        for (from, to) in self.directions(path)? {
            lock(&self.shared.fabric).direction(from, to).cut();
            self.sim.partition_oneway(self.ip(from), self.ip(to));
            self.links.forget(from, to);
        }
        self.shared.changed.notify_waiters();
        Ok(())
    }

    /// Ends a cut. Streams that existed across the link are reset at both ends; connection attempts go on.
    pub fn heal(&mut self, path: Path<'_>) -> Result<(), WorldError> {
        let mut healed = false;
        let directions = self.directions(path)?;
        for &(from, to) in &directions {
            healed |= std::mem::take(&mut lock(&self.shared.fabric).direction(from, to).cut);
        }
        let Some(&(a, b)) = directions.first().filter(|_| healed) else {
            return Ok(());
        };
        // The way back to "held", for both directions; one that is still cut is cut again.
        self.sim.hold(self.ip(a), self.ip(b));
        for (from, to) in [(a, b), (b, a)] {
            if lock(&self.shared.fabric).direction(from, to).cut {
                self.sim.partition_oneway(self.ip(from), self.ip(to));
            }
        }
        lock(&self.shared.fabric).reset_between(a, b);
        self.shared.changed.notify_waiters();
        Ok(())
    }

    /// Like [`World::cut`], but [`World::heal`] resets nothing: what is sent on streams that exist now is lost for good.
    pub fn blackhole(&mut self, path: Path<'_>) -> Result<(), WorldError> {
        self.cut(path)?;
        for (from, to) in self.directions(path)? {
            lock(&self.shared.fabric).silence_between(from, to);
        }
        Ok(())
    }

    /// Resets every stream between two hosts, at both ends, as a firewall does that lost its table.
    pub fn reset(&mut self, one: &str, other: &str) -> Result<(), WorldError> {
        for (from, to) in self.directions(Path::one_way(one, other))? {
            lock(&self.shared.fabric).reset_between(from, to);
        }
        Ok(())
    }

    /// Ends every stream between two hosts at `gone`, as if it had been started anew. `peer` is not told; what it sends
    /// is answered with a reset (RFC 9293 section 3.5.1).
    pub fn half_open(&mut self, gone: &str, peer: &str) -> Result<(), WorldError> {
        for (gone, peer) in self.directions(Path::one_way(gone, peer))? {
            lock(&self.shared.fabric).forget_between(gone, peer);
        }
        Ok(())
    }

    /// `host` refuses connections to `port`, or to every port.
    pub fn refuse(&mut self, host: &str, port: Option<u16>) -> Result<(), WorldError> {
        let id = self.id(host)?;
        let mut fabric = lock(&self.shared.fabric);
        match port {
            Some(port) => _ = fabric.host(id).refuses.insert(port),
            None => fabric.host(id).refuses_all = true,
        }
        Ok(())
    }

    /// Undoes [`World::refuse`] for `port`, or for everything.
    pub fn admit(&mut self, host: &str, port: Option<u16>) -> Result<(), WorldError> {
        let id = self.id(host)?;
        let mut fabric = lock(&self.shared.fabric);
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

    /// Ends the software of `host` as a killed process: its streams send FIN (or a reset where bytes were
    /// unread). Nothing happens to a host that is down.
    pub fn crash(&mut self, host: &str) -> Result<(), WorldError> {
        let id = self.id(host)?;
        if self.power(id) == Power::Up {
            self.end_process(id);
        }
        Ok(())
    }

    /// Switches `host` off: nothing is sent and nothing answered any more.
    pub fn power_loss(&mut self, host: &str) -> Result<(), WorldError> {
        let id = self.id(host)?;
        let before = self.power(id);
        if before == Power::Off {
            return Ok(());
        }
        {
            let mut fabric = lock(&self.shared.fabric);
            fabric.host(id).power = Power::Off;
            fabric.host(id).outages += 1;
        }
        if before == Power::Up {
            self.unpaused(id);
            self.sim.crash(self.ip(id));
            self.stamp(self.now(), Some(id));
        }
        self.shared.changed.notify_waiters();
        Ok(())
    }

    /// Starts the software of `host` anew. If it was running, it is crashed first.
    pub fn restart(&mut self, host: &str) -> Result<(), WorldError> {
        let id = self.id(host)?;
        self.unpaused(id);
        self.sim.bounce(self.ip(id));
        self.stamp(self.now(), None);
        self.links.revive(id);
        {
            let mut fabric = lock(&self.shared.fabric);
            let host = fabric.host(id);
            host.power = Power::Up;
            host.exit = None;
        }
        self.shared.changed.notify_waiters();
        Ok(())
    }

    /// Holds the process of `host` still, if there is one.
    pub fn pause(&mut self, host: &str) -> Result<(), WorldError> {
        let id = self.id(host)?;
        if self.power(id) == Power::Up
            && let Some(machine) = self.machines.get(id.0)
        {
            machine.pause.begin();
        }
        Ok(())
    }

    /// Undoes [`World::pause`], as does the end of the process.
    pub fn unpause(&mut self, host: &str) -> Result<(), WorldError> {
        let id = self.id(host)?;
        self.unpaused(id);
        Ok(())
    }

    /// From the `nth` datagram on (1 is the next one), `fault` happens to `count` datagrams.
    pub fn datagrams(
        &mut self,
        path: Path<'_>,
        fault: DatagramFault,
        nth: u64,
        count: u64,
    ) -> Result<(), WorldError> {
        if count == 0 {
            return Ok(());
        }
        self.on(path, |direction| direction.add_rule(fault, nth, count))
    }

    /// Undoes [`World::datagrams`]: from here on datagrams arrive as the link lets them.
    pub fn datagrams_as_usual(&mut self, path: Path<'_>) -> Result<(), WorldError> {
        self.on(path, |direction| direction.clear_rules())
    }

    /// The wall clock of `host` jumps by so many milliseconds, backwards when negative.
    pub fn clock_jump(&mut self, host: &str, milliseconds: i64) -> Result<(), WorldError> {
        let id = self.id(host)?;
        if let Some(machine) = self.machines.get(id.0) {
            machine.clock.skew.jump(milliseconds);
        }
        Ok(())
    }

    /// The wall clock of `host` drifts from now on, or no more; what it has gathered stays.
    pub fn clock_drift(&mut self, host: &str, drift: Option<Drift>) -> Result<(), WorldError> {
        let (id, now) = (self.id(host)?, self.now());
        if let Some(machine) = self.machines.get(id.0) {
            machine.clock.skew.drift(now, drift);
        }
        Ok(())
    }

    /// The software of `id` is over; the machine stays.
    pub(super) fn end_process(&mut self, id: HostId) {
        lock(&self.shared.fabric).host(id).power = Power::Crashed;
        self.unpaused(id);
        self.sim.crash(self.ip(id));
        self.stamp(self.now(), None);
        self.shared.changed.notify_waiters();
    }

    fn unpaused(&self, id: HostId) {
        if let Some(machine) = self.machines.get(id.0) {
            machine.pause.end();
        }
    }

    fn on(
        &mut self,
        path: Path<'_>,
        change: impl Fn(&mut super::links::Direction),
    ) -> Result<(), WorldError> {
        for (from, to) in self.directions(path)? {
            change(lock(&self.shared.fabric).direction(from, to));
        }
        self.shared.changed.notify_waiters();
        Ok(())
    }

    fn directions(&self, path: Path<'_>) -> Result<Vec<(HostId, HostId)>, WorldError> {
        let (from, to) = (self.id(path.from)?, self.id(path.to)?);
        if from == to {
            return Err(WorldError::SameHost(path.from.to_owned()));
        }
        Ok(if path.both { vec![(from, to), (to, from)] } else { vec![(from, to)] })
    }

    fn power(&self, id: HostId) -> Power {
        lock(&self.shared.fabric).host(id).power
    }
}
