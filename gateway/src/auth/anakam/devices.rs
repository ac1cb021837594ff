//! Which devices are known: by the hash of their cookie, each bound to one user. Pure.
//!
//! A device's cookie is good for one log-in and is replaced in it, so that of two who hold the same one, the
//! second is found out. Whose cookie it is counts: with another user's password it is worth nothing (SR-5). The
//! server's key of a device is sealed with its cookie, so that nobody reads it from the table or its records.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_proto::anakam::Key;
use gateway_proto::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::limits::DEVICES_MAX;
use crate::names::Account;
use crate::session::{IdHash, hash};
use crate::store::{self, Area, Kept, Sealed, StoreError, Unsaved};

/// All known devices.
#[derive(Default)]
pub(crate) struct Devices {
    known: BTreeMap<IdHash, Known>,
    unsaved: Unsaved,
}

/// A known device, for whoever shows its cookie.
pub(crate) struct Device {
    /// By which the server knows it.
    pub(super) key: Key,
    /// Whose it is.
    pub(super) account: Account,
    /// When the registration ends. Only a passcode begins another one.
    pub(super) expires: Duration,
}

/// The same for everybody else; version 1 of its record.
#[derive(Serialize, Deserialize)]
struct Known {
    account: Account,
    expires: Duration,
    key: Sealed,
}

impl Devices {
    /// Takes out the device of this cookie, if it is this account's and its registration still lasts at `now`.
    pub(super) fn take(&mut self, cookie: &Secret, account: &Account, now: Duration) -> Option<Device> {
        let id = hash(cookie);
        // Another user's stays where it is: a foreign password must not cost the owner their device.
        if self.known.get(&id)?.account != *account {
            return None;
        }
        let Known { account, expires, key } = self.remove(&id)?;
        let key = key.open::<String>(cookie)?.parse().ok()?;
        (now < expires).then_some(Device { key, account, expires })
    }

    /// Undoes [`Self::take`].
    pub(super) fn put_back(&mut self, cookie: &Secret, device: Device) {
        let Device { key, account, expires } = device;
        let key = Sealed::new(cookie, &key.expose());
        self.known.insert(hash(cookie), Known { account, expires, key });
        self.unsaved.note(|| hash(cookie).to_vec());
    }

    /// Remembers a device by a fresh cookie. The one whose registration ends first makes room.
    pub(super) fn register(&mut self, cookie: &Secret, device: Device) {
        if self.known.len() >= DEVICES_MAX {
            let first = self.known.iter().min_by_key(|(_, known)| known.expires).map(|(id, _)| *id);
            first.and_then(|id| self.remove(&id));
        }
        self.put_back(cookie, device);
    }

    /// Forgets every device of a user, and says how many they were.
    pub(crate) fn revoke(&mut self, account: &Account) -> usize {
        self.remove_all(|known| known.account == *account)
    }

    /// Drops registrations that are over.
    pub(crate) fn sweep(&mut self, now: Duration) {
        self.remove_all(|known| known.expires <= now);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    fn remove_all(&mut self, which: impl Fn(&Known) -> bool) -> usize {
        let ids: Vec<IdHash> =
            self.known.iter().filter(|(_, known)| which(known)).map(|(id, _)| *id).collect();
        ids.iter().filter_map(|id| self.remove(id)).count()
    }

    fn remove(&mut self, id: &IdHash) -> Option<Known> {
        self.unsaved.note(|| id.to_vec());
        self.known.remove(id)
    }
}

impl Kept for Devices {
    const AREA: Area = Area::Devices;

    fn unsaved(&mut self) -> &mut Unsaved {
        &mut self.unsaved
    }

    fn record(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.known.get(&IdHash::try_from(key).ok()?).map(store::write)
    }

    fn keys(&self) -> Vec<Vec<u8>> {
        self.known.keys().map(|id| id.to_vec()).collect()
    }

    fn restore(&mut self, key: &[u8], record: &[u8]) -> Result<(), StoreError> {
        let id = IdHash::try_from(key).map_err(|_| StoreError::Damaged("a device's cookie".to_owned()))?;
        self.known.insert(id, store::read(record)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;

    fn account(name: &str) -> Account {
        Names::default().account(name)
    }

    fn device(expires: u64) -> Device {
        let key = Key::from_random([7; 16]);
        Device { key, account: account("alice"), expires: Duration::from_secs(expires) }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_cookie_counts_once_for_its_user_and_in_time() {
        let (mut devices, cookie) = (Devices::default(), Secret::new("c"));
        devices.register(&cookie, device(100));
        assert!(devices.take(&cookie, &account("bob"), at(1)).is_none(), "another user's");
        assert!(devices.take(&Secret::new("d"), &account("alice"), at(1)).is_none(), "another cookie");
        assert!(devices.take(&cookie, &account("alice"), at(99)).is_some());
        assert!(devices.take(&cookie, &account("alice"), at(99)).is_none(), "used up");
        devices.register(&cookie, device(100));
        assert!(devices.take(&cookie, &account("alice"), at(100)).is_none(), "over");
    }

    #[test]
    fn what_is_put_back_counts_again() {
        let (mut devices, cookie) = (Devices::default(), Secret::new("c"));
        devices.register(&cookie, device(100));
        let taken = devices.take(&cookie, &account("alice"), at(1)).unwrap();
        devices.put_back(&cookie, taken);
        assert!(devices.take(&cookie, &account("alice"), at(1)).is_some());
    }

    #[test]
    fn all_of_one_user_can_be_revoked() {
        let mut devices = Devices::default();
        devices.register(&Secret::new("c"), device(100));
        devices.register(&Secret::new("d"), Device { account: account("bob"), ..device(100) });
        assert_eq!(devices.revoke(&account("ALICE")), 1);
        assert!(devices.take(&Secret::new("c"), &account("alice"), at(1)).is_none());
        assert!(devices.take(&Secret::new("d"), &account("bob"), at(1)).is_some());
    }

    #[test]
    fn the_table_is_bounded_and_swept() {
        let mut devices = Devices::default();
        for n in 0..DEVICES_MAX as u64 + 5 {
            devices.register(&Secret::new(n.to_string()), device(1_000 + n));
        }
        assert_eq!(devices.len(), DEVICES_MAX);
        assert!(devices.take(&Secret::new("0"), &account("alice"), at(1)).is_none(), "ended first");
        devices.sweep(at(1_000_000));
        assert_eq!(devices.len(), 0);
    }
}
