//! Rule 8: what was acknowledged before a crash is there after it, where a gateway keeps its state.
//!
//! A gateway that keeps its state says so when it begins, and what it found. From then on, whenever its process ends
//! and begins again:
//!
//! - it says so again;
//! - every session that was opened and has not ended is there, and none that has ended;
//! - every account that is locked for longer is locked.
//!
//! That a spent ticket is not redeemed again is rule 2, which knows no crashes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gateway::audit::{self, Mark, StateEvent};

use super::{Broken, STATE_KEPT};
use crate::trace::{Trace, What};

/// How the audit log calls a lock of an account.
const ACCOUNT: &str = "this account";

pub(super) fn check(trace: &Trace) -> Vec<Broken> {
    let mut gateways: BTreeMap<&str, Gateway> = BTreeMap::new();
    let mut broken = Vec::new();
    for (event, entry) in trace.events.iter().enumerate() {
        match &entry.what {
            What::Gateway(what) => {
                let gateway = gateways.entry(&entry.host).or_default();
                let lost = gateway.see(what, entry.at);
                broken.extend(lost.map(|awaited| Broken { rule: STATE_KEPT, event, awaited }));
            }
            What::Fault(fault) => {
                let down = fault.down.as_deref().and_then(|host| gateways.get_mut(host));
                down.into_iter().for_each(|gateway| gateway.is_open = false);
            }
            _ => {}
        }
    }
    broken
}

/// What a gateway has acknowledged.
#[derive(Default)]
struct Gateway {
    keeps: bool,
    /// It said what it found, in this life.
    is_open: bool,
    live: BTreeMap<Mark, String>,
    ended: BTreeSet<Mark>,
    /// Until when.
    locked: BTreeMap<String, Duration>,
}

impl Gateway {
    /// What should have been instead, if this can't be right.
    fn see(&mut self, what: &audit::Event, now: Duration) -> Option<String> {
        match what {
            audit::Event::SessionCreated { user, session, .. } => {
                // Whoever is let in was right before the lock could take that back.
                self.locked.remove(&whole(user));
                self.live.insert(*session, user.clone());
            }
            audit::Event::SessionEnded { session, .. } => {
                self.live.remove(session);
                self.ended.insert(*session);
            }
            audit::Event::LoginLocked { user, scope, lasts, .. } if *scope == ACCOUNT => {
                self.locked.insert(whole(user), now + *lasts);
            }
            audit::Event::Started { .. } if self.keeps && !self.is_open => {
                return Some("what it kept, said before".to_owned());
            }
            audit::Event::State(StateEvent::Damaged { .. }) => *self = Self::default(),
            audit::Event::State(StateEvent::Opened { sessions, locked, .. }) => {
                let lost = if self.keeps { self.lost(sessions, locked, now) } else { None };
                (self.keeps, self.is_open) = (true, true);
                return lost;
            }
            _ => {}
        }
        None
    }

    fn lost(&self, sessions: &[Mark], locked: &[String], now: Duration) -> Option<String> {
        if let Some((_, user)) = self.live.iter().find(|(mark, _)| !sessions.contains(mark)) {
            return Some(format!("the session of {user}, which was opened and has not ended"));
        }
        if sessions.iter().any(|mark| self.ended.contains(mark)) {
            return Some("no session that had ended".to_owned());
        }
        let is_lost = |(user, until): &(&String, &Duration)| **until > now && !locked.contains(user);
        self.locked.iter().find(is_lost).map(|(user, _)| format!("the lock of {user}"))
    }
}

fn whole(user: &str) -> String {
    user.trim().to_lowercase()
}
