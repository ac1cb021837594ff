//! Log-ins, passcodes and devices of the server. Pure decisions: no sockets, no clock of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_proto::anakam::Key;
use gateway_proto::secret::Secret;
use gateway_rt::Fingerprint;
use tokio::time::Instant;

use super::User;
use crate::limits::{ANAKAM_DEVICES_MAX, ANAKAM_LOGINS_MAX};

const EMAIL: &str = "methods.email~Primary";
const SMS: &str = "methods.sms~Primary";

/// A log-in that nobody goes on with is forgotten after this time.
const LOGIN_LIFE: Duration = Duration::from_secs(900);

/// Everything the server knows.
pub(super) struct Desk {
    users: Vec<User>,
    passcode_life: Duration,
    wrong_max: u32,
    logins: BTreeMap<Fingerprint, Login>,
    devices: BTreeMap<Fingerprint, Device>,
    /// The passcode that each user got last.
    outbox: BTreeMap<String, Secret>,
}

struct Login {
    user: String,
    begun: Instant,
    chosen: Option<Sent>,
    passcode: Option<(Secret, Instant)>,
    wrong: u32,
}

struct Device {
    user: String,
    expires: Instant,
}

/// Where a passcode went.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) user: String,
    /// The key of the message that says so.
    pub(super) key: &'static str,
    /// Masked.
    pub(super) to: String,
}

/// What came of a request.
pub(super) enum Done {
    /// The destination is there.
    Chosen,
    /// A passcode was sent.
    Sent(Sent),
    /// The passcode is wrong; the same one can be tried again.
    Wrong(Sent),
    /// The passcode is right.
    Right { device: Option<Key> },
    /// The device is this user's.
    Recognised,
    /// It is not, or no longer.
    Stranger,
}

impl Desk {
    pub(super) fn new(users: Vec<User>, passcode_life: Duration, wrong_max: u32) -> Self {
        let (logins, devices, outbox) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { users, passcode_life, wrong_max, logins, devices, outbox }
    }

    /// Begins a log-in of a known user under this key.
    pub(super) fn begin(&mut self, user: &str, key: Key, now: Instant) -> Result<Key, &'static str> {
        self.logins.retain(|_, login| now < login.begun + LOGIN_LIFE);
        let known = self.users.iter().find(|known| known.name.eq_ignore_ascii_case(user));
        let user = known.ok_or("user.unknown")?.name.clone();
        if self.logins.len() >= ANAKAM_LOGINS_MAX {
            return Err("server.full");
        }
        let login = Login { user, begun: now, chosen: None, passcode: None, wrong: 0 };
        self.logins.insert(id(&key), login);
        Ok(key)
    }

    pub(super) fn user_of(&self, key: &Key) -> Option<String> {
        self.logins.get(&id(key)).map(|login| login.user.clone())
    }

    pub(super) fn passcode_of(&self, user: &str) -> Option<Secret> {
        self.outbox.iter().find(|(name, _)| name.eq_ignore_ascii_case(user)).map(|(_, code)| code.clone())
    }

    pub(super) fn outbox(&self) -> Vec<(String, Secret)> {
        self.outbox.iter().map(|(user, code)| (user.clone(), code.clone())).collect()
    }

    pub(super) fn devices(&self, now: Instant) -> usize {
        self.devices.values().filter(|device| now < device.expires).count()
    }

    /// Chooses where the passcode shall go.
    pub(super) fn choose(&mut self, key: &Key, destination: &str) -> Result<Done, &'static str> {
        let login = self.logins.get_mut(&id(key)).ok_or("authentication.unknown")?;
        let user = self.users.iter().find(|known| known.name == login.user).ok_or("user.unknown")?;
        let (key, to) = match destination {
            EMAIL => ("passcode.sent.to.email", user.email.as_deref().map(masked_email)),
            SMS => ("passcode.sent.to.phone", user.phone.as_deref().map(masked_phone)),
            _ => return Err("destination.unknown"),
        };
        let to = to.ok_or("destination.unknown")?;
        login.chosen = Some(Sent { user: login.user.clone(), key, to });
        Ok(Done::Chosen)
    }

    /// Sends the passcode to the chosen destination.
    pub(super) fn send(&mut self, key: &Key, passcode: Secret, now: Instant) -> Result<Sent, &'static str> {
        let login = self.logins.get_mut(&id(key)).ok_or("authentication.unknown")?;
        let sent = login.chosen.clone().ok_or("destination.missing")?;
        self.outbox.insert(login.user.clone(), passcode.clone());
        login.passcode = Some((passcode, now));
        Ok(sent)
    }

    /// Checks a passcode. A right one is used up and ends the log-in, as the last wrong one does.
    pub(super) fn check(
        &mut self,
        key: &Key,
        passcode: &Secret,
        register: Option<(Key, u32)>,
        now: Instant,
    ) -> Result<Done, &'static str> {
        let login = self.logins.get_mut(&id(key)).ok_or("authentication.unknown")?;
        let (Some((expected, since)), Some(sent)) = (&login.passcode, &login.chosen) else {
            return Err("passcode.missing");
        };
        if now >= *since + self.passcode_life {
            self.logins.remove(&id(key));
            return Err("passcode.expired");
        }
        if expected != passcode {
            let sent = sent.clone();
            login.wrong += 1;
            if login.wrong >= self.wrong_max {
                self.logins.remove(&id(key));
                return Err("passcode.wrong");
            }
            return Ok(Done::Wrong(sent));
        }
        let user = login.user.clone();
        self.logins.remove(&id(key));
        let device = register.map(|(device, hours)| {
            self.register(
                &device,
                Device { user, expires: now + Duration::from_secs(u64::from(hours) * 3600) },
            );
            device
        });
        Ok(Done::Right { device })
    }

    /// Whether this device is registered for the user who logs in. A recognised one ends the log-in.
    pub(super) fn recognise(&mut self, key: &Key, device: &Key, now: Instant) -> Result<Done, &'static str> {
        let login = self.logins.get(&id(key)).ok_or("authentication.unknown")?;
        let known = self.devices.get(&id(device));
        if known.is_some_and(|known| known.user == login.user && now < known.expires) {
            self.logins.remove(&id(key));
            return Ok(Done::Recognised);
        }
        Ok(Done::Stranger)
    }

    fn register(&mut self, key: &Key, device: Device) {
        if self.devices.len() >= ANAKAM_DEVICES_MAX {
            let first = self.devices.iter().min_by_key(|(_, device)| device.expires).map(|(id, _)| *id);
            first.and_then(|id| self.devices.remove(&id));
        }
        self.devices.insert(id(key), device);
    }
}

fn id(key: &Key) -> Fingerprint {
    Fingerprint::of(key.expose())
}

/// `alice@example.test` is shown as `aXXX@example.test`.
fn masked_email(address: &str) -> String {
    let (name, domain) = address.split_once('@').unwrap_or((address, ""));
    format!("{}XXX@{domain}", name.chars().next().unwrap_or('X'))
}

/// The last two digits are shown.
fn masked_phone(number: &str) -> String {
    let from = number.char_indices().rev().nth(1).map_or(0, |(at, _)| at);
    format!("XXX{}", number.get(from..).unwrap_or_default())
}
