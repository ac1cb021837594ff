//! What outlives the process: records of the tables, by table and key, behind one trait.
//!
//! The tables themselves live in memory and answer from there. Each keeps a note of what changed ([`Unsaved`]); before
//! an answer goes out that makes a change true, the [`keeper`] writes all changes so far in one step and waits until
//! they would survive a power loss (SR-150). Answers that change nothing wait for nothing, and many at a time share
//! one write.
//!
//! No id, cookie or password is in a record that could be read without it: ids are kept hashed, and what is needed
//! again of the secrets is sealed with the id as key ([`seal`]).
//!
//! What it is not: a cache, a queue, or a place for configuration. Log-ins that wait for an answer are not kept: whose
//! gateway restarts between two factors begins again.
//!
//! Specification: ours, after SR-150 and SR-151.

mod embedded;
mod keeper;
mod record;
mod seal;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

pub(crate) use embedded::{Embedded, quarantine};
pub(crate) use keeper::{Clock, Guarded, Keeper};
pub(crate) use record::{read, write};
pub(crate) use seal::Sealed;

use crate::limits::UNSAVED_KEYS_MAX;

/// A table among the records. The names are part of the file's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Area {
    /// The file itself: its format, and what time it was.
    About,
    /// Known devices, by the hash of their cookie.
    Devices,
    /// Failed log-ins, locks and known places.
    Lockouts,
    /// Live sessions, by the hash of their id.
    Sessions,
    /// Spent tickets, by their mark.
    Tickets,
}

impl Area {
    /// Every area.
    pub(crate) const ALL: [Self; 5] =
        [Self::About, Self::Devices, Self::Lockouts, Self::Sessions, Self::Tickets];

    const fn name(self) -> &'static str {
        match self {
            Self::About => "about",
            Self::Devices => "devices",
            Self::Lockouts => "lockouts",
            Self::Sessions => "sessions",
            Self::Tickets => "tickets",
        }
    }
}

/// One thing that is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Record {
    pub(crate) area: Area,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// One step of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is there from here on, in place of what was there.
    Put(Record),
    /// It is not there any more.
    Remove { area: Area, key: Vec<u8> },
    /// Nothing of this table is there any more.
    Clear(Area),
}

/// Where records outlive the process that wrote them, or do not.
pub(crate) trait Store: Send + Sync {
    /// Whether they do.
    fn is_durable(&self) -> bool;
    /// Every record, in no order that means anything.
    fn load(&self) -> Result<Vec<Record>, StoreError>;
    /// Makes all of `changes` true or none; when it returns they survive whatever happens. Waits for the disk.
    fn commit(&self, changes: &[Change]) -> Result<(), StoreError>;
}

/// The store of a gateway that was given none: what is in memory ends with the process.
pub(crate) struct Memory;

impl Store for Memory {
    fn is_durable(&self) -> bool {
        false
    }

    fn load(&self) -> Result<Vec<Record>, StoreError> {
        Ok(Vec::new())
    }

    fn commit(&self, _changes: &[Change]) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Why the store can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file can't be opened or made.
    #[error("{}: {}", path.display(), told(why))]
    Open {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The file is something else, and is left alone.
    #[error("{}: this is not a gateway's state file; name another one, or move it away", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
    },
    /// A gateway of a later version wrote it.
    #[error("{}: written by a later version of this program (format {format})", path.display())]
    Newer {
        /// Which.
        path: PathBuf,
        /// Of the file.
        format: u32,
    },
    /// What is in it can't be right.
    #[error("the state file is damaged: {0}")]
    Damaged(String),
    /// A change could not be written.
    #[error("state can't be written: {0}")]
    Write(String),
}

fn told(why: &io::Error) -> String {
    match why.kind() {
        io::ErrorKind::WouldBlock => "another process uses it".to_owned(),
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        _ => why.to_string(),
    }
}

/// A table whose records outlive the process.
pub(crate) trait Kept {
    /// Where.
    const AREA: Area;

    /// What changed since it was last saved.
    fn unsaved(&mut self) -> &mut Unsaved;

    /// The record under `key` as it is now; none when there is none any more.
    fn record(&self, key: &[u8]) -> Option<Vec<u8>>;

    /// The keys of all records.
    fn keys(&self) -> Vec<Vec<u8>>;

    /// Takes back what [`Self::record`] gave in another life.
    fn restore(&mut self, key: &[u8], record: &[u8]) -> Result<(), StoreError>;
}

/// Notes which records of a table changed. Notes nothing until it is told to: a table that nobody keeps needs none.
#[derive(Default)]
pub(crate) struct Unsaved {
    taken: bool,
    keys: BTreeSet<Vec<u8>>,
    all: bool,
}

impl Unsaved {
    /// Takes notes from here on.
    pub(crate) fn begin(&mut self) {
        self.taken = true;
    }

    /// The record under `key` came, changed or went.
    pub(crate) fn note(&mut self, key: impl FnOnce() -> Vec<u8>) {
        if !self.taken || self.all {
            return;
        }
        self.keys.insert(key());
        if self.keys.len() > UNSAVED_KEYS_MAX {
            self.note_all();
        }
    }

    /// Every record may have changed.
    pub(crate) fn note_all(&mut self) {
        self.all = true;
        self.keys.clear();
    }

    fn is_empty(&self) -> bool {
        !self.all && self.keys.is_empty()
    }
}
