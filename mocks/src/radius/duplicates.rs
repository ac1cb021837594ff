//! Which requests are being worked on or were decided a moment ago (RFC 5080 section 2.2.2). Signing is
//! deterministic, so remembering the decision is remembering the bytes of the answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use gateway_proto::radius::{Authenticator, Packet};
use tokio::time::Instant;

use super::users::Decision;
use crate::limits::{RADIUS_DUPLICATE_LIFETIME, RADIUS_REQUESTS_MAX, SILENCE_MAX};

/// What makes two datagrams the same request.
pub(super) type Key = (SocketAddr, u8, Authenticator);

/// The key of a request.
pub(super) fn key(peer: SocketAddr, request: &Packet) -> Key {
    (peer, request.id(), *request.authenticator())
}

/// What is known about a datagram's request.
pub(super) enum Known {
    /// It is new, and noted now.
    New,
    /// It is being worked on.
    InProgress,
    /// It was decided like this.
    Decided(Arc<Decision>),
    /// It is new, and too many others are noted.
    Full,
}

#[derive(Default)]
pub(super) struct Duplicates(BTreeMap<Key, Entry>);

struct Entry {
    forget_at: Instant,
    decision: Option<Arc<Decision>>,
}

impl Duplicates {
    pub(super) fn note(&mut self, now: Instant, key: Key) -> Known {
        self.0.retain(|_, entry| entry.forget_at > now);
        match self.0.get(&key) {
            Some(Entry { decision: Some(decision), .. }) => Known::Decided(decision.clone()),
            Some(_) => Known::InProgress,
            None if self.0.len() >= RADIUS_REQUESTS_MAX => Known::Full,
            None => {
                self.0.insert(key, Entry { forget_at: now + SILENCE_MAX, decision: None });
                Known::New
            }
        }
    }

    pub(super) fn decided(&mut self, now: Instant, key: Key, decision: Arc<Decision>) {
        let forget_at = now + RADIUS_DUPLICATE_LIFETIME;
        self.0.insert(key, Entry { forget_at, decision: Some(decision) });
    }

    pub(super) fn forget(&mut self, key: &Key) {
        self.0.remove(key);
    }
}
