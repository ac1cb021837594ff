//! What a mock saw: a bounded, typed list, and a tap for whoever watches live.

use std::sync::{Arc, Mutex, PoisonError};

use crate::limits::JOURNAL_ENTRIES_MAX;

/// Called with every entry, in order, while it is written.
pub type Tap<E> = Arc<dyn Fn(&E) + Send + Sync>;

/// The log of one mock. Clones share it.
#[derive(Clone)]
pub struct Journal<E> {
    entries: Arc<Mutex<Vec<E>>>,
    tap: Option<Tap<E>>,
}

impl<E> Default for Journal<E> {
    fn default() -> Self {
        Self { entries: Arc::default(), tap: None }
    }
}

impl<E: Clone> Journal<E> {
    /// A journal that also hands every entry to `tap`.
    pub fn tapped(tap: Tap<E>) -> Self {
        Self { tap: Some(tap), ..Self::default() }
    }

    /// Writes an entry. Past the bound the list keeps what it has; the tap still sees the entry.
    pub fn record(&self, entry: E) {
        if let Some(tap) = &self.tap {
            tap(&entry);
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() < JOURNAL_ENTRIES_MAX {
            entries.push(entry);
        }
    }

    /// A copy of the entries so far.
    pub fn entries(&self) -> Vec<E> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
