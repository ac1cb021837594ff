//! The tickets of an STA: single use, a lifetime, a bound. No messages here.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_proto::limits::TICKET_TOKEN_MAX_BYTES;
use gateway_proto::secret::Secret;
use gateway_proto::sta::{ErrorId, RequestTicket, TicketData};
use gateway_proto::ticket::{StaId, StaVersion, Ticket};
use gateway_rt::{Fingerprint, Purpose, Rt};
use tokio::time::Instant;

/// Issued tickets by the fingerprint of their random part, so that none lies here in readable form.
pub(super) struct Tickets {
    lifetime: Duration,
    max: usize,
    entries: BTreeMap<Fingerprint, Entry>,
}

struct Entry {
    data: TicketData,
    refreshable: bool,
    expires_at: Instant,
}

impl Tickets {
    pub(super) fn new(lifetime: Duration, max: usize) -> Self {
        Self { lifetime, max, entries: BTreeMap::new() }
    }

    pub(super) fn issue(
        &mut self,
        now: Instant,
        rt: &Rt,
        sta: &StaId,
        version: StaVersion,
        wish: RequestTicket,
    ) -> Result<Ticket, ErrorId> {
        self.forget(now);
        if self.entries.len() >= self.max {
            return Err(ErrorId::ServiceUnavailable);
        }
        let ticket = draw(rt, sta, version)?;
        let entry = Entry { data: wish.data, refreshable: wish.refreshable, expires_at: now + self.lifetime };
        self.entries.insert(Fingerprint::of(ticket.token().expose()), entry);
        Ok(ticket)
    }

    /// As after a restart: no ticket was ever issued.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    /// What the ticket stands for. It is deleted, expired or not.
    pub(super) fn redeem(&mut self, now: Instant, token: &Secret) -> Result<TicketData, ErrorId> {
        let entry = self.entries.remove(&Fingerprint::of(token.expose())).ok_or(ErrorId::TicketUnknown)?;
        if entry.expires_at <= now { Err(ErrorId::TicketExpired) } else { Ok(entry.data) }
    }

    pub(super) fn refresh(&mut self, now: Instant, token: &Secret) -> Result<(), ErrorId> {
        let entry = self.entries.get_mut(&Fingerprint::of(token.expose()));
        let entry = entry.filter(|entry| entry.refreshable).ok_or(ErrorId::TicketUnknown)?;
        if entry.expires_at <= now {
            return Err(ErrorId::TicketExpired);
        }
        entry.expires_at = now + self.lifetime;
        Ok(())
    }

    pub(super) fn live(&self, now: Instant) -> usize {
        self.entries.values().filter(|entry| entry.expires_at > now).count()
    }

    /// Drops what expired more than a lifetime ago: until then the STA still knows that it was once issued.
    fn forget(&mut self, now: Instant) {
        let full = self.entries.len() >= self.max;
        let grace = if full { Duration::ZERO } else { self.lifetime };
        self.entries.retain(|_, entry| entry.expires_at + grace > now);
    }
}

const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A ticket with a fresh random part.
pub(super) fn draw(rt: &Rt, sta: &StaId, version: StaVersion) -> Result<Ticket, ErrorId> {
    let mut token = Vec::with_capacity(TICKET_TOKEN_MAX_BYTES);
    while token.len() < TICKET_TOKEN_MAX_BYTES {
        let bytes: [u8; 64] = gateway_rt::entropy::bytes(rt.entropy.as_ref(), Purpose("sta-ticket"));
        // 252 is the largest multiple of 36 a byte can hold: below it every character is equally likely.
        let fair = bytes.iter().filter(|byte| **byte < 252);
        let drawn = fair.filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()));
        token.extend(drawn.take(TICKET_TOKEN_MAX_BYTES - token.len()));
    }
    Ticket::new(version, sta.clone(), token).map_err(|_| ErrorId::Unspecified)
}
