//! Which devices are known: by the hash of their cookie, each bound to one user. Pure.
//!
//! A device's cookie is good for one log-in and is replaced in it, so that of two who hold the same one, the
//! second is found out. Whose cookie it is counts: with another user's password it is worth nothing (SR-5). The
//! table lives in memory; after a restart everybody is asked for a passcode once.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_proto::anakam::Key;
use gateway_proto::secret::Secret;

use crate::limits::DEVICES_MAX;
use crate::session::{IdHash, hash};

/// All known devices.
#[derive(Default)]
pub(crate) struct Devices(BTreeMap<IdHash, Device>);

/// A known device.
pub(crate) struct Device {
    /// By which the server knows it.
    pub(super) key: Key,
    /// Whose it is.
    pub(super) user: String,
    /// When the registration ends. Only a passcode begins another one.
    pub(super) expires: Duration,
}

impl Devices {
    /// Takes out the device of this cookie, if it is this user's and its registration still lasts at `now`.
    pub(super) fn take(&mut self, cookie: &Secret, user: &str, now: Duration) -> Option<Device> {
        let id = hash(cookie);
        // Another user's stays where it is: a foreign password must not cost the owner their device.
        let known = self.0.get(&id).is_some_and(|device| device.user.eq_ignore_ascii_case(user));
        let device = if known { self.0.remove(&id) } else { None };
        device.filter(|device| now < device.expires)
    }

    /// Undoes [`Self::take`].
    pub(super) fn put_back(&mut self, cookie: &Secret, device: Device) {
        self.0.insert(hash(cookie), device);
    }

    /// Remembers a device by a fresh cookie. The one whose registration ends first makes room.
    pub(super) fn register(&mut self, cookie: &Secret, device: Device) {
        if self.0.len() >= DEVICES_MAX {
            let first = self.0.iter().min_by_key(|(_, device)| device.expires).map(|(id, _)| *id);
            first.and_then(|id| self.0.remove(&id));
        }
        self.0.insert(hash(cookie), device);
    }

    /// Drops registrations that are over.
    pub(crate) fn sweep(&mut self, now: Duration) {
        self.0.retain(|_, device| now < device.expires);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(expires: u64) -> Device {
        let key = Key::from_random([7; 16]);
        Device { key, user: "Alice".to_owned(), expires: Duration::from_secs(expires) }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_cookie_counts_once_for_its_user_and_in_time() {
        let (mut devices, cookie) = (Devices::default(), Secret::new("c"));
        devices.register(&cookie, device(100));
        assert!(devices.take(&cookie, "bob", at(1)).is_none(), "another user's");
        assert!(devices.take(&Secret::new("d"), "alice", at(1)).is_none(), "another cookie");
        assert!(devices.take(&cookie, "alice", at(99)).is_some());
        assert!(devices.take(&cookie, "alice", at(99)).is_none(), "used up");
        devices.register(&cookie, device(100));
        assert!(devices.take(&cookie, "alice", at(100)).is_none(), "over");
    }

    #[test]
    fn what_is_put_back_counts_again() {
        let (mut devices, cookie) = (Devices::default(), Secret::new("c"));
        devices.register(&cookie, device(100));
        let taken = devices.take(&cookie, "alice", at(1)).unwrap();
        devices.put_back(&cookie, taken);
        assert!(devices.take(&cookie, "alice", at(1)).is_some());
    }

    #[test]
    fn the_table_is_bounded_and_swept() {
        let mut devices = Devices::default();
        for n in 0..DEVICES_MAX as u64 + 5 {
            devices.register(&Secret::new(n.to_string()), device(1_000 + n));
        }
        assert_eq!(devices.0.len(), DEVICES_MAX);
        assert!(devices.take(&Secret::new("0"), "alice", at(1)).is_none(), "ended first");
        devices.sweep(at(1_000_000));
        assert!(devices.0.is_empty());
    }
}
