//! What our ICA host and our Receiver say to each other around the public magic: the ticket of auto client
//! reconnect. Not ICA: the vendor's exchange is inside the protocol nobody published. Ours.
//!
//! - Host to client, once the session is open and where auto client reconnect is on: [`TICKET_MAGIC`] and
//!   [`TICKET_CHARS`] characters. A client that knows it takes it off the stream; it is good once.
//! - Client to host, in place of the magic and a logon ticket: the same record, to go on with that session.

use gateway_proto::ica::MAGIC;
use gateway_proto::secret::Secret;

/// Begins a ticket in either direction; as long as ICA's own magic.
pub(crate) const TICKET_MAGIC: [u8; 6] = *b"\x7f\x7fACR\0";

/// Characters of a ticket: 128 random bits in hexadecimal.
pub(crate) const TICKET_CHARS: usize = 32;

/// A whole record.
pub(crate) fn ticket_record(ticket: &Secret) -> Vec<u8> {
    [&TICKET_MAGIC[..], ticket.expose()].concat()
}

/// The start of what a host sends: magics and a ticket are for the client, the first other byte begins the
/// stream of the user. A user can't type a record as the very first thing, which is all this costs.
#[derive(Debug, Default)]
pub(crate) struct Banner {
    /// Bytes that may yet become a record.
    held: Vec<u8>,
    over: bool,
}

impl Banner {
    /// Whether only magics and tickets came so far.
    pub(crate) fn is_fresh(&self) -> bool {
        !self.over
    }

    /// Takes the records off `bytes` and leaves what belongs to the user. Returns the ticket, if one was there.
    pub(crate) fn strip(&mut self, bytes: &mut Vec<u8>) -> Option<Secret> {
        if self.over {
            return None;
        }
        self.held.append(bytes);
        let mut ticket = None;
        loop {
            if self.held.starts_with(&MAGIC) {
                self.held.drain(..MAGIC.len());
            } else if let Some(record) = self.held.get(..TICKET_MAGIC.len() + TICKET_CHARS)
                && let Some(text) = record.strip_prefix(&TICKET_MAGIC)
            {
                ticket = Some(Secret::from(text));
                self.held.drain(..TICKET_MAGIC.len() + TICKET_CHARS);
            } else {
                break;
            }
        }
        let unfinished = MAGIC.starts_with(&self.held)
            || TICKET_MAGIC.starts_with(&self.held)
            || (self.held.starts_with(&TICKET_MAGIC) && self.held.len() < TICKET_MAGIC.len() + TICKET_CHARS);
        if !unfinished {
            self.over = true;
            bytes.append(&mut self.held);
        }
        ticket
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_taken_off_however_they_are_cut() {
        let ticket = Secret::new("0123456789ABCDEF0123456789ABCDEF");
        let stream = [&MAGIC[..], &MAGIC, &ticket_record(&ticket), b"\x7fhello\x7f\x7fICA\0"].concat();
        for cut in 0..stream.len() {
            let (mut banner, mut users, mut got) = (Banner::default(), Vec::new(), None);
            for part in [&stream[..cut], &stream[cut..]] {
                let mut bytes = part.to_vec();
                got = banner.strip(&mut bytes).or(got);
                users.append(&mut bytes);
            }
            assert_eq!(users, b"\x7fhello\x7f\x7fICA\0", "cut at {cut}");
            assert_eq!(got.as_ref().map(Secret::expose), Some(ticket.expose()), "cut at {cut}");
        }
    }

    #[test]
    fn a_host_without_tickets_is_understood() {
        let (mut banner, mut bytes) = (Banner::default(), [&MAGIC[..], b"a"].concat());
        assert!(banner.strip(&mut bytes).is_none());
        assert_eq!(bytes, b"a");
        assert!(!banner.is_fresh());
    }
}
