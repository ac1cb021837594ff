//! Sessions as they outlive the process: by the hash of their id, secrets sealed.
//!
//! When a session was last used is saved now and then, not at every request: after a crash it may seem idle for
//! longer than it was, by [`SAVED_USE`] of the idle limit at most. What ended stays ended.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::place::Places;
use super::table::Table;
use super::{IdHash, Pulse, Session};
use crate::audit::Mark;
use crate::limits::Limits;
use crate::names::Account;
use crate::store::{self, Area, Kept, Sealed, StoreError, Unsaved};

/// The part of the idle limit by which a use must be younger than the saved one to be saved. Ours.
const SAVED_USE: u32 = 10;

/// Version 1 of a session's record.
#[derive(Serialize, Deserialize)]
struct Record {
    user: String,
    account: Account,
    groups: Vec<String>,
    class: Vec<Vec<u8>>,
    lasts: Option<Duration>,
    closes: Option<Duration>,
    mark: [u8; 8],
    handle: IdHash,
    peer: SocketAddr,
    places: Places,
    met: u64,
    moved: (u64, u64),
    created: Duration,
    touched: Duration,
    tickets: Vec<[u8; 8]>,
    sealed: Sealed,
}

impl From<&Session> for Record {
    fn from(session: &Session) -> Self {
        Self {
            user: session.user.to_string(),
            account: session.account.clone(),
            groups: session.groups.to_vec(),
            class: session.class.to_vec(),
            lasts: session.lasts,
            closes: session.closes,
            mark: session.mark.to_bytes(),
            handle: session.handle,
            peer: session.peer,
            places: Places::clone(&session.places),
            met: session.met,
            moved: session.pulse.total(),
            created: session.created,
            touched: session.used(),
            tickets: session.tickets.iter().map(|mark| mark.to_bytes()).collect(),
            sealed: Sealed::clone(&session.sealed),
        }
    }
}

impl From<Record> for Session {
    fn from(record: Record) -> Self {
        let tickets: BTreeSet<Mark> = record.tickets.into_iter().map(Mark::from_bytes).collect();
        Self {
            user: record.user.into(),
            account: record.account,
            groups: record.groups.into(),
            class: record.class.into(),
            lasts: record.lasts,
            closes: record.closes,
            mark: Mark::from_bytes(record.mark),
            ended: CancellationToken::new(),
            pulse: Pulse::after(record.moved),
            sealed: Arc::new(record.sealed),
            handle: record.handle,
            peer: record.peer,
            places: Arc::new(record.places),
            met: record.met,
            created: record.created,
            touched: record.touched,
            saved: record.touched,
            tickets: Arc::new(tickets),
        }
    }
}

impl Table {
    /// Notes which sessions were used since that was last saved, as far as it matters.
    pub(crate) fn note_use(&mut self, limits: &Limits) {
        for (id, session) in &mut self.by_id {
            let used = session.used();
            if used.saturating_sub(session.saved) >= limits.session_idle / SAVED_USE {
                session.saved = used;
                self.unsaved.note(|| id.to_vec());
            }
        }
    }

    /// Ends everything that hangs on a session and keeps the sessions, for the next life of the gateway.
    pub(crate) fn pause_all(&mut self) {
        for (id, session) in &self.by_id {
            session.ended.cancel();
            self.unsaved.note(|| id.to_vec());
        }
    }
}

impl Kept for Table {
    const AREA: Area = Area::Sessions;

    fn unsaved(&mut self) -> &mut Unsaved {
        &mut self.unsaved
    }

    fn record(&self, key: &[u8]) -> Option<Vec<u8>> {
        let session = self.by_id.get(&IdHash::try_from(key).ok()?)?;
        Some(store::write(&Record::from(session)))
    }

    fn keys(&self) -> Vec<Vec<u8>> {
        self.by_id.keys().map(|id| id.to_vec()).collect()
    }

    fn restore(&mut self, key: &[u8], record: &[u8]) -> Result<(), StoreError> {
        let id = IdHash::try_from(key).map_err(|_| StoreError::Damaged("a session's id".to_owned()))?;
        let session = Session::from(store::read::<Record>(record)?);
        self.put(id, session);
        Ok(())
    }
}
