//! What may be ordered of the real world: links and hosts change, and the proxies do as they say. What each order means
//! to peers is said in `world::faults`.

use super::World;
use super::fabric::{HostId, Power};
use crate::run::stage::{Order, Stage};
use crate::world::{Direction, Path, Skew, Unfindable, WorldError};

impl World {
    pub(super) fn carry_out(&self, order: Order<'_>) -> Result<(), WorldError> {
        match order {
            Order::Latency(path, latency) => self.on(path, |direction| direction.latency = latency),
            Order::Slow(path, by) => self.on(path, |direction| direction.slow = by),
            Order::Jitter(path, by) => self.on(path, |direction| direction.jitter = by),
            Order::Bandwidth(path, rate) => self.on(path, |direction| direction.limit(rate)),
            Order::Slice(path, bytes) => self.on(path, |direction| direction.tampering.slice(bytes)),
            Order::Truncate(path, bytes) => self.on(path, |direction| direction.tampering.truncate(bytes)),
            Order::Flip(path, nth) => self.on(path, |direction| direction.tampering.flip(nth)),
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
            Order::LoseNames(host, whose) => self.names(host, whose, Unfindable::lose),
            Order::FindNames(host, whose) => self.names(host, whose, Unfindable::find),
            Order::Lead(name, host) => self.lead(name, host),
            Order::Datagrams(path, fault, nth, count) => {
                self.on(path, |direction| direction.datagrams.add_rule(fault, nth, count))
            }
            Order::DatagramsAsUsual(path) => self.on(path, |direction| direction.datagrams.clear_rules()),
        }
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

    fn names(
        &self,
        host: &str,
        whose: Option<&str>,
        change: impl FnOnce(&mut Unfindable<HostId>, Option<HostId>),
    ) -> Result<(), WorldError> {
        let (id, whose) = (self.id(host)?, whose.map(|whose| self.id(whose)).transpose()?);
        change(&mut self.shared.lock().host(id).cannot_find, whose);
        Ok(())
    }

    fn lead(&self, name: &str, host: Option<&str>) -> Result<(), WorldError> {
        let id = host.map(|host| self.id(host)).transpose()?;
        let led = self.shared.lock().names.lead(name, id);
        led.then_some(()).ok_or_else(|| WorldError::NotBehind(name.to_owned()))
    }
}
