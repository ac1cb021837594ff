//! Faults of a single host; those of links are in [`faults`](super::faults).

use gateway_rt::disk::memory::Ending;

use super::fabric::{HostId, Power};
use super::{Drift, World, WorldError, lock};

impl World {
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
        self.end_disk(id, Ending::PowerLoss);
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
        self.end_disk(id, Ending::Killed);
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

    /// `host` can't look up the names of `whose`, or no name at all.
    pub fn lose_names(&mut self, host: &str, whose: Option<&str>) -> Result<(), WorldError> {
        let (id, whose) = (self.id(host)?, whose.map(|whose| self.id(whose)).transpose()?);
        lock(&self.shared.fabric).host(id).cannot_find.lose(whose);
        Ok(())
    }

    /// Undoes [`World::lose_names`] for the names of `whose`, or for every name.
    pub fn find_names(&mut self, host: &str, whose: Option<&str>) -> Result<(), WorldError> {
        let (id, whose) = (self.id(host)?, whose.map(|whose| self.id(whose)).transpose()?);
        lock(&self.shared.fabric).host(id).cannot_find.find(whose);
        Ok(())
    }

    /// A name that several hosts share leads to this one before the others from now on; `None`: as at the start.
    pub fn lead(&mut self, name: &str, host: Option<&str>) -> Result<(), WorldError> {
        let id = host.map(|host| self.id(host)).transpose()?;
        let led = lock(&self.shared.fabric).names.lead(name, id);
        led.then_some(()).ok_or_else(|| WorldError::NotBehind(name.to_owned()))
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
        self.end_disk(id, Ending::Killed);
        self.unpaused(id);
        self.sim.crash(self.ip(id));
        self.stamp(self.now(), None);
        self.shared.changed.notify_waiters();
    }

    /// Before the process is dropped: what its parts do then must not reach the disk any more.
    fn end_disk(&self, id: HostId, how: Ending) {
        if let Some(machine) = self.machines.get(id.0) {
            machine.end_disk(how);
        }
    }

    fn unpaused(&self, id: HostId) {
        if let Some(machine) = self.machines.get(id.0) {
            machine.pause.end();
        }
    }

    fn power(&self, id: HostId) -> Power {
        lock(&self.shared.fabric).host(id).power
    }
}
