//! Faults, named for what the peers experience. Applied between steps; they hold until undone.
//!
//! | verb | what peers see |
//! | --- | --- |
//! | `slow`, `jitter` | later |
//! | `bandwidth` | the later the more there is |
//! | `slice`, `truncate`, `flip` | streams in small pieces, ended too early, with a wrong bit |
//! | `stall` / `resume` | nothing for a while, then everything; streams survive |
//! | `cut` / `heal` | silence; what was under way is lost. After `heal` every stream across the link is reset |
//! | `blackhole` | silence; after `heal` streams that stood stay silent for good, and nobody is told |
//! | `reset` | every stream across the link is reset at once |
//! | `half_open` | every stream across the link ends at one host; the other learns it when it sends |
//! | `refuse` / `admit` | connections are refused after one round trip |
//! | `crash` | streams end as by a killed process; connections are refused, writes answered with a reset |
//! | `power_loss` | silence; after `restart` the next use of an old stream is answered with a reset. Of the disk remains what was synced |
//! | `restart` | the software starts anew (after a crash of it, if it was running) |
//! | `pause` / `unpause` | the process stands still: bytes and timers wait for it |
//! | `datagrams` | single datagrams are lost, doubled, late, overtaken or damaged |
//! | `lose_names` / `find_names` | names are not found |
//! | `lead` | a name that several hosts share leads to another one |
//! | `clock_jump`, `clock_drift` | a host whose wall clock is wrong |

use std::time::Duration;

use super::datagrams::DatagramFault;
use super::direction::{Direction, Latency, Rate};
use super::fabric::HostId;
use super::{World, WorldError, lock};

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

    /// The line carries so much and no more: what is sent meanwhile waits its turn. `None` undoes it.
    pub fn bandwidth(&mut self, path: Path<'_>, rate: Option<Rate>) -> Result<(), WorldError> {
        self.on(path, |direction| direction.limit(rate))
    }

    /// Streams arrive in pieces of at most so many bytes, each a step after the one before it. `None` undoes it.
    pub fn slice(&mut self, path: Path<'_>, bytes: Option<usize>) -> Result<(), WorldError> {
        self.on(path, |direction| direction.tampering.slice(bytes))
    }

    /// Streams end after so many bytes more, those that exist and those that are opened: with a regular end for who
    /// reads, with a reset for who writes. `None` spares those that have not come so far.
    pub fn truncate(&mut self, path: Path<'_>, bytes: Option<u64>) -> Result<(), WorldError> {
        self.on(path, |direction| direction.tampering.truncate(bytes))
    }

    /// The last bit of the `nth` byte from here (1 is the next one) is turned over, once in each stream. `None` spares
    /// those that have not come so far.
    pub fn flip(&mut self, path: Path<'_>, nth: Option<u64>) -> Result<(), WorldError> {
        self.on(path, |direction| direction.tampering.flip(nth))
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

    /// From the `nth` datagram on (1 is the next one), `fault` happens to `count` datagrams.
    pub fn datagrams(
        &mut self,
        path: Path<'_>,
        fault: DatagramFault,
        nth: u64,
        count: u64,
    ) -> Result<(), WorldError> {
        self.on(path, |direction| direction.datagrams.add_rule(fault, nth, count))
    }

    /// Undoes [`World::datagrams`]: from here on datagrams arrive as the link lets them.
    pub fn datagrams_as_usual(&mut self, path: Path<'_>) -> Result<(), WorldError> {
        self.on(path, |direction| direction.datagrams.clear_rules())
    }

    fn on(&mut self, path: Path<'_>, change: impl Fn(&mut Direction)) -> Result<(), WorldError> {
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
}
