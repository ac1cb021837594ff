//! Brings what changed in the tables to the store, before the answer that makes it true.
//!
//! Whoever saves first takes everything that changed so far along; whoever waits behind finds nothing left to do. A
//! save is a task of its own: a client that hangs up does not interrupt it. What could not be saved stays noted, for
//! the next try.
//!
//! Time in the tables is measured from the gateway's beginning. So that it goes on over a restart, each save notes
//! what time it was, and a new life begins where the last one ended, later by as much as the wall clock moved. A wall
//! clock that was set back adds nothing, so it extends a session by no more than the gateway was down (SR-154).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway_rt::Disk;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::{Area, Change, Kept, Record, Store, StoreError, read, write};
use crate::limits::RESTART_GAP_MAX;

/// Where the clock stands among the records.
const CLOCK_KEY: &[u8] = b"clock";

/// What time it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Clock {
    /// By the gateway's time, which tables measure with.
    pub(crate) gateway: Duration,
    /// By the wall clock, since 1970.
    pub(crate) wall: Duration,
}

impl Clock {
    /// The gateway's time in a life that begins when the wall clock shows `wall`.
    pub(crate) fn resume(self, wall: Duration) -> Duration {
        self.gateway + wall.saturating_sub(self.wall).min(RESTART_GAP_MAX)
    }

    fn record(self) -> Change {
        Change::Put(Record { area: Area::About, key: CLOCK_KEY.to_vec(), value: write(&self) })
    }
}

/// A table behind a lock, whatever it holds.
pub(crate) trait Guarded: Send + Sync {
    /// Whether something of it is not saved.
    fn is_unsaved(&self) -> bool;
    /// What changed since this was last asked.
    fn changes(&self, into: &mut Vec<Change>);
    /// The changes were not saved.
    fn put_back(&self, changes: &[Change]);
    /// Nobody knows what was saved.
    fn put_back_all(&self);
    /// Takes back what another life saved, and takes notes from here on.
    fn restore(&self, records: &[Record]) -> Result<(), StoreError>;
}

impl<T: Kept + Send> Guarded for Mutex<T> {
    fn is_unsaved(&self) -> bool {
        !lock(self).unsaved().is_empty()
    }

    fn changes(&self, into: &mut Vec<Change>) {
        let mut table = lock(self);
        let all = std::mem::take(&mut table.unsaved().all);
        let changed = std::mem::take(&mut table.unsaved().keys);
        let keys = if all { table.keys() } else { changed.into_iter().collect() };
        if all {
            into.push(Change::Clear(T::AREA));
        }
        into.extend(keys.into_iter().map(|key| match table.record(&key) {
            Some(value) => Change::Put(Record { area: T::AREA, key, value }),
            None => Change::Remove { area: T::AREA, key },
        }));
    }

    fn put_back(&self, changes: &[Change]) {
        let mut table = lock(self);
        for change in changes {
            match change {
                Change::Put(Record { area, key, .. }) | Change::Remove { area, key } if *area == T::AREA => {
                    table.unsaved().note(|| key.clone());
                }
                Change::Clear(area) if *area == T::AREA => table.unsaved().note_all(),
                _ => {}
            }
        }
    }

    fn put_back_all(&self) {
        lock(self).unsaved().note_all();
    }

    fn restore(&self, records: &[Record]) -> Result<(), StoreError> {
        let mut table = lock(self);
        for record in records.iter().filter(|record| record.area == T::AREA) {
            table.restore(&record.key, &record.value)?;
        }
        table.unsaved().begin();
        Ok(())
    }
}

/// Who saves.
pub(crate) struct Keeper {
    store: Arc<dyn Store>,
    disk: Arc<dyn Disk>,
    /// Held while changes are on their way.
    turn: tokio::sync::Mutex<()>,
    failing: AtomicBool,
}

/// What a save came to.
pub(crate) struct Saved {
    pub(crate) result: Result<(), StoreError>,
    /// It failed and the one before did not, or the other way round.
    pub(crate) is_news: bool,
}

impl Keeper {
    pub(crate) fn new(store: Arc<dyn Store>, disk: Arc<dyn Disk>) -> Self {
        Self { store, disk, turn: tokio::sync::Mutex::default(), failing: AtomicBool::new(false) }
    }

    /// Whether anything outlives the process.
    pub(crate) fn is_durable(&self) -> bool {
        self.store.is_durable()
    }

    /// Fills the tables with what another life saved, and says what time it was then.
    pub(crate) fn restore(&self, tables: &[&dyn Guarded]) -> Result<Option<Clock>, StoreError> {
        if !self.is_durable() {
            return Ok(None);
        }
        let records = self.store.load()?;
        for table in tables {
            table.restore(&records)?;
        }
        let clock = records.iter().find(|record| record.area == Area::About && record.key == CLOCK_KEY);
        clock.map(|record| read(&record.value)).transpose()
    }

    /// Whether [`Self::save`] would have something to do or to wait for.
    pub(crate) fn is_behind(&self, tables: &[&dyn Guarded]) -> bool {
        self.is_durable() && (tables.iter().any(|table| table.is_unsaved()) || self.turn.try_lock().is_err())
    }

    /// Saves what changed in `tables` until now. Call it in a task that nobody interrupts.
    pub(crate) async fn save(&self, tables: &[&dyn Guarded], clock: impl Fn() -> Clock) -> Saved {
        let _turn = self.turn.lock().await;
        let mut changes = Vec::new();
        for table in tables {
            table.changes(&mut changes);
        }
        if changes.is_empty() {
            return Saved { result: Ok(()), is_news: false };
        }
        changes.push(clock().record());
        let (told, done) = oneshot::channel();
        let store = self.store.clone();
        let work = move || {
            let result = store.commit(&changes);
            // Nobody is there to hear it when the process ends.
            drop(told.send((result, changes)));
        };
        self.disk.work(Box::new(work)).await;
        let result = match done.await {
            Ok((Ok(()), _)) => Ok(()),
            Ok((Err(error), changes)) => {
                tables.iter().for_each(|table| table.put_back(&changes));
                Err(error)
            }
            Err(_) => {
                tables.iter().for_each(|table| table.put_back_all());
                Err(StoreError::Write("the work was not done to its end".to_owned()))
            }
        };
        let is_news = self.failing.swap(result.is_err(), Ordering::Relaxed) != result.is_err();
        Saved { result, is_news }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere ended its own task; the tables change in single steps and are whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
