//! Logon tickets: what a user logs on to a host with in place of a password. Single use, a life, a bound.

use std::collections::BTreeMap;
use std::time::Duration;

use data_encoding::HEXUPPER;
use gateway_proto::secret::Secret;
use gateway_rt::{Fingerprint, Purpose, Rt};
use tokio::time::Instant;

/// Characters of a logon ticket: hexadecimal digits, capitals.
pub const LOGON_TICKET_CHARS: usize = 32;

/// Issued tickets by fingerprint, so that none lies here in readable form.
pub(super) struct LogonTickets {
    max: usize,
    entries: BTreeMap<Fingerprint, Entry>,
}

struct Entry {
    user: String,
    expires_at: Instant,
}

impl LogonTickets {
    pub(super) fn new(max: usize) -> Self {
        Self { max, entries: BTreeMap::new() }
    }

    /// A new ticket, or `None` when there are too many.
    pub(super) fn issue(&mut self, now: Instant, rt: &Rt, user: String, life: Duration) -> Option<Secret> {
        self.entries.retain(|_, entry| entry.expires_at > now);
        if self.entries.len() >= self.max {
            return None;
        }
        let random: [u8; LOGON_TICKET_CHARS / 2] =
            gateway_rt::entropy::bytes(rt.entropy.as_ref(), Purpose("logon-ticket"));
        let ticket = HEXUPPER.encode(&random);
        self.entries.insert(Fingerprint::of(&ticket), Entry { user, expires_at: now + life });
        Some(Secret::new(ticket))
    }

    pub(super) fn redeem(&mut self, now: Instant, ticket: &str) -> Option<String> {
        let entry = self.entries.remove(&Fingerprint::of(ticket))?;
        (entry.expires_at > now).then_some(entry.user)
    }
}
