//! Failed log-ins and known places as they outlive the process: a lock holds over a restart (SR-72).

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Key, Lockout};
use crate::names::Account;
use crate::store::{self, Area, Kept, StoreError, Unsaved};

/// What a record is about; its key.
#[derive(Serialize, Deserialize)]
enum About {
    Count(Key),
    Place(Account, IpAddr),
}

impl Lockout {
    /// The accounts that are locked at `now`.
    pub(crate) fn locked_accounts(&self, now: Duration) -> Vec<String> {
        let locked =
            self.counts.iter().filter(|(_, count)| count.locked_until.is_some_and(|until| now < until));
        let account = |key: &Key| match key {
            Key::Account(account) => Some(account.to_string()),
            Key::Place(..) | Key::Address(_) => None,
        };
        locked.filter_map(|(key, _)| account(key)).collect()
    }

    pub(super) fn note_count(&mut self, key: &Key) {
        self.unsaved.note(|| store::write(&About::Count(key.clone())));
    }

    pub(super) fn note_place(&mut self, place: &(Account, IpAddr)) {
        self.unsaved.note(|| store::write(&About::Place(place.0.clone(), place.1)));
    }
}

impl Kept for Lockout {
    const AREA: Area = Area::Lockouts;

    fn unsaved(&mut self) -> &mut Unsaved {
        &mut self.unsaved
    }

    fn record(&self, key: &[u8]) -> Option<Vec<u8>> {
        match store::read(key).ok()? {
            About::Count(key) => self.counts.get(&key).map(store::write),
            About::Place(account, address) => self.places.get(&(account, address)).map(store::write),
        }
    }

    fn keys(&self) -> Vec<Vec<u8>> {
        let counts = self.counts.keys().map(|key| About::Count(key.clone()));
        let places = self.places.keys().map(|(account, address)| About::Place(account.clone(), *address));
        counts.chain(places).map(|about| store::write(&about)).collect()
    }

    fn restore(&mut self, key: &[u8], record: &[u8]) -> Result<(), StoreError> {
        match store::read(key)? {
            About::Count(key) => _ = self.counts.insert(key, store::read(record)?),
            About::Place(account, address) => {
                self.places.insert((account, address), store::read(record)?);
            }
        }
        Ok(())
    }
}
