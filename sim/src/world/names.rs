//! Names that a host can't look up for a while.

use std::collections::BTreeSet;
use std::io;

/// The hosts whose names are not found; `H` is how a world knows a host.
pub(crate) struct Unfindable<H> {
    everybody: bool,
    hosts: BTreeSet<H>,
}

impl<H> Default for Unfindable<H> {
    fn default() -> Self {
        Self { everybody: false, hosts: BTreeSet::new() }
    }
}

impl<H: Ord> Unfindable<H> {
    /// This host is not found any more; `None`: nobody is.
    pub(crate) fn lose(&mut self, host: Option<H>) {
        match host {
            Some(host) => _ = self.hosts.insert(host),
            None => self.everybody = true,
        }
    }

    /// Undoes [`Unfindable::lose`] for the host, or for everybody.
    pub(crate) fn find(&mut self, host: Option<H>) {
        match host {
            Some(host) => _ = self.hosts.remove(&host),
            None => *self = Self::default(),
        }
    }

    /// An error as of a name server that does not answer, when this host is not to be found.
    pub(crate) fn check(&self, host: Option<H>) -> io::Result<()> {
        if self.everybody || host.is_some_and(|host| self.hosts.contains(&host)) {
            return Err(io::Error::other("temporary failure in name resolution"));
        }
        Ok(())
    }
}
