//! Names: which hosts they lead to, and which a host can't look up for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// The names of a world; `H` is how it knows a host. Case does not matter.
///
/// Several hosts may be behind one name, as behind one that a GSLB answers for: whoever looks it up is given all of
/// them, in the order in which they were added, or one of them first for which that was ordered.
pub(crate) struct Names<H>(BTreeMap<String, Behind<H>>);

struct Behind<H> {
    hosts: Vec<H>,
    first: Option<H>,
}

impl<H> Default for Names<H> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<H: Copy + Ord> Names<H> {
    /// Whether somebody has this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(&name.to_ascii_lowercase())
    }

    /// One more host behind a name; it comes last.
    pub(crate) fn add(&mut self, name: &str, host: H) {
        let behind = self.0.entry(name.to_ascii_lowercase());
        behind.or_insert_with(|| Behind { hosts: Vec::new(), first: None }).hosts.push(host);
    }

    /// The host that a name was given to first.
    pub(crate) fn owner(&self, name: &str) -> Option<H> {
        self.0.get(&name.to_ascii_lowercase())?.hosts.first().copied()
    }

    /// From now on the name leads to this host before the others; `None`: as at the start. False for a host that is not
    /// behind the name.
    pub(crate) fn lead(&mut self, name: &str, host: Option<H>) -> bool {
        let behind = self.0.get_mut(&name.to_ascii_lowercase());
        let behind = behind.filter(|behind| host.is_none_or(|host| behind.hosts.contains(&host)));
        let known = behind.is_some();
        if let Some(behind) = behind {
            behind.first = host;
        }
        known
    }

    /// The hosts behind a name, those left out that whoever asks can't find.
    pub(crate) fn look_up(&self, name: &str, cannot_find: Option<&Unfindable<H>>) -> io::Result<Vec<H>> {
        let not_found = || io::Error::new(io::ErrorKind::NotFound, name.to_owned());
        let behind = self.0.get(&name.to_ascii_lowercase()).ok_or_else(not_found)?;
        let others = behind.hosts.iter().copied().filter(|host| Some(*host) != behind.first);
        let found = behind.first.into_iter().chain(others);
        let found: Vec<H> = found.filter(|host| cannot_find.is_none_or(|some| !some.has(*host))).collect();
        if found.is_empty() {
            return Err(io::Error::other("temporary failure in name resolution"));
        }
        Ok(found)
    }
}

/// The hosts whose names are not found: as from a name server that does not answer, or that has taken the host out
/// of its answers.
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

    fn has(&self, host: H) -> bool {
        self.everybody || self.hosts.contains(&host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_all_its_hosts_and_to_one_of_them_first() {
        let mut names = Names::default();
        names.add("gw.example.test", 1);
        names.add("GW.example.test", 2);
        let found = |names: &Names<i32>, lost: &Unfindable<i32>| {
            names.look_up("gw.Example.test", Some(lost)).map_err(|error| error.kind())
        };
        let mut lost = Unfindable::default();
        assert_eq!(found(&names, &lost), Ok(vec![1, 2]));
        assert!(names.lead("gw.example.test", Some(2)));
        assert_eq!(found(&names, &lost), Ok(vec![2, 1]));
        assert!(!names.lead("gw.example.test", Some(3)), "it is not behind the name");
        lost.lose(Some(2));
        assert_eq!(found(&names, &lost), Ok(vec![1]), "what is left of the answer");
        lost.lose(None);
        assert_eq!(found(&names, &lost), Err(io::ErrorKind::Other));
        lost.find(None);
        assert!(names.lead("gw.example.test", None));
        assert_eq!(found(&names, &lost), Ok(vec![1, 2]));
        assert_eq!(names.look_up("x", None).map_err(|error| error.kind()), Err(io::ErrorKind::NotFound));
    }
}
