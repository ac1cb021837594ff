//! A disk in memory that knows what a power loss would leave of it.
//!
//! Every write since the last moment of rest is kept in order. A process that is killed loses what it had not yet
//! written; a machine that loses power loses, besides, what was not synced: of each later write some sectors
//! arrive and some do not, as with a real disk, which is also how a torn write looks.
//!
//! What it is not: random. Whoever cuts the power says what survives.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Disk, File};
use crate::BoxFuture;
use crate::limits::{DISK_SECTOR_BYTES, MEMORY_FILE_BYTES_MAX};

/// The disk. Clones are one disk.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    state: Arc<Mutex<State>>,
    /// How long it takes until work is at rest.
    pace: Duration,
}

#[derive(Default)]
struct State {
    files: BTreeMap<PathBuf, Content>,
    /// Handles of an earlier life are dead: their process is.
    life: u64,
}

#[derive(Clone, Default)]
struct Content {
    /// At the last moment of rest, as far as it was synced.
    safe: Vec<u8>,
    /// What was done since.
    since: Vec<Act>,
    /// What who reads it sees.
    now: Vec<u8>,
}

#[derive(Clone)]
enum Act {
    Write(u64, Vec<u8>),
    Resize(u64),
    Sync,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was killed; what it had written is there.
    Killed,
    /// The machine went dark.
    PowerLoss,
}

impl MemoryDisk {
    /// An empty disk. Work on it is at rest after `pace`, and can be interrupted until then.
    pub fn new(pace: Duration) -> Self {
        Self { state: Arc::default(), pace }
    }

    /// Ends the life of every handle. `draw` gives a number below its argument: how much of what was under way is
    /// done, and of what was not synced which sectors arrive.
    pub fn end(&self, how: Ending, draw: &mut dyn FnMut(u64) -> u64) {
        let mut state = self.lock();
        state.life += 1;
        for content in state.files.values_mut() {
            // Nothing is drawn for a disk at rest.
            let done = match content.since.len() as u64 {
                0 => 0,
                acts => draw(acts + 1),
            };
            *content = content.after(how, usize::try_from(done).unwrap_or(usize::MAX), draw);
        }
    }

    /// Writes, resizings and syncs of a file since its last moment of rest.
    pub fn acts(&self, path: &Path) -> usize {
        self.lock().files.get(path).map_or(0, |content| content.since.len())
    }

    /// The disk as it would be if the process ended after the first `done` of them. This one stays as it is.
    #[must_use]
    pub fn ended_after(
        &self,
        path: &Path,
        done: usize,
        how: Ending,
        draw: &mut dyn FnMut(u64) -> u64,
    ) -> Self {
        let content = self.lock().files.get(path).map(|content| content.after(how, done, draw));
        let files = content.map(|content| (path.to_owned(), content)).into_iter().collect();
        Self { state: Arc::new(Mutex::new(State { files, life: 0 })), pace: self.pace }
    }

    /// Spoils one byte, as a disk that grows old does.
    pub fn spoil(&self, path: &Path, offset: usize) {
        if let Some(content) = self.lock().files.get_mut(path) {
            for bytes in [&mut content.safe, &mut content.now] {
                if let Some(byte) = bytes.get_mut(offset) {
                    *byte ^= 0xff;
                }
            }
        }
    }

    fn rest(&self, life: u64) {
        let mut state = self.lock();
        if state.life == life {
            state.files.values_mut().for_each(Content::rest);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere is told elsewhere; each change is made in one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for MemoryDisk {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let mut state = self.lock();
        state.files.entry(path.to_owned()).or_default();
        Ok(Arc::new(MemoryFile { disk: self.clone(), path: path.to_owned(), life: state.life }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock();
        let content = state.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.files.insert(to.to_owned(), content);
        Ok(())
    }

    fn work(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let life = self.lock().life;
            work();
            if !self.pace.is_zero() {
                tokio::time::sleep(self.pace).await;
            }
            self.rest(life);
        })
    }
}

impl Content {
    fn rest(&mut self) {
        let Some(synced) = self.since.iter().rposition(|act| matches!(act, Act::Sync)) else { return };
        for act in self.since.drain(..=synced) {
            act.apply(&mut self.safe);
        }
    }

    fn after(&self, how: Ending, done: usize, draw: &mut dyn FnMut(u64) -> u64) -> Self {
        let done = self.since.get(..done).unwrap_or(&self.since);
        let synced = done.iter().rposition(|act| matches!(act, Act::Sync)).map_or(0, |at| at + 1);
        let (sure, unsure) = done.split_at(synced);
        let mut bytes = self.safe.clone();
        sure.iter().for_each(|act| act.apply(&mut bytes));
        for act in unsure {
            match how {
                Ending::Killed => act.apply(&mut bytes),
                Ending::PowerLoss => act.apply_torn(&mut bytes, draw),
            }
        }
        // What a killed process wrote is not synced yet; that it would be lost in a later power loss before any
        // further sync is left out: whoever opens a database syncs it first.
        Self { safe: bytes.clone(), since: Vec::new(), now: bytes }
    }
}

impl Act {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, written) => put(bytes, *offset, written),
            Self::Resize(size) => bytes.resize(index(*size), 0),
            Self::Sync => {}
        }
    }

    fn apply_torn(&self, bytes: &mut Vec<u8>, draw: &mut dyn FnMut(u64) -> u64) {
        match self {
            Self::Write(offset, written) => {
                for (n, sector) in written.chunks(DISK_SECTOR_BYTES).enumerate() {
                    if draw(2) == 1 {
                        put(bytes, offset + (n * DISK_SECTOR_BYTES) as u64, sector);
                    }
                }
            }
            Self::Resize(_) if draw(2) == 1 => self.apply(bytes),
            Self::Resize(_) | Self::Sync => {}
        }
    }
}

fn index(size: u64) -> usize {
    usize::try_from(size).unwrap_or(MEMORY_FILE_BYTES_MAX).min(MEMORY_FILE_BYTES_MAX)
}

/// Writes beyond the end fill what lies between with zeros.
fn put(bytes: &mut Vec<u8>, offset: u64, written: &[u8]) {
    let from = index(offset);
    let to = index(offset + written.len() as u64);
    if bytes.len() < to {
        bytes.resize(to, 0);
    }
    if let (Some(place), Some(written)) = (bytes.get_mut(from..to), written.get(..to - from)) {
        place.copy_from_slice(written);
    }
}

struct MemoryFile {
    disk: MemoryDisk,
    path: PathBuf,
    life: u64,
}

impl fmt::Debug for MemoryFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryFile({})", self.path.display())
    }
}

impl MemoryFile {
    fn on<T>(&self, act: impl FnOnce(&mut Content) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.disk.lock();
        if state.life != self.life {
            return Err(io::Error::other("the process that opened this file is over"));
        }
        act(state.files.get_mut(&self.path).ok_or(io::ErrorKind::NotFound)?)
    }

    fn change(&self, act: Act) -> io::Result<()> {
        self.on(|content| {
            act.apply(&mut content.now);
            content.since.push(act);
            Ok(())
        })
    }
}

impl File for MemoryFile {
    fn size(&self) -> io::Result<u64> {
        self.on(|content| Ok(content.now.len() as u64))
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.on(|content| {
            let from = index(offset);
            let bytes = content.now.get(from..from.saturating_add(out.len()));
            out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if offset + bytes.len() as u64 > MEMORY_FILE_BYTES_MAX as u64 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.change(Act::Write(offset, bytes.to_vec()))
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        if size > MEMORY_FILE_BYTES_MAX as u64 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.change(Act::Resize(size))
    }

    fn sync(&self) -> io::Result<()> {
        self.change(Act::Sync)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/state";

    fn content(disk: &MemoryDisk) -> Vec<u8> {
        let file = disk.open(Path::new(PATH)).unwrap();
        let mut bytes = vec![0; usize::try_from(file.size().unwrap()).unwrap()];
        file.read_at(0, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_is_synced_survives_and_the_rest_is_in_pieces() {
        let disk = MemoryDisk::default();
        let file = disk.open(Path::new(PATH)).unwrap();
        file.write_at(0, &[1; 4]).unwrap();
        file.sync().unwrap();
        file.write_at(0, &[2; 2 * DISK_SECTOR_BYTES]).unwrap();
        let path = Path::new(PATH);
        let lost = disk.ended_after(path, 3, Ending::PowerLoss, &mut |_| 0);
        assert_eq!(content(&lost), [1; 4]);
        let mut turn = 0;
        let torn = disk.ended_after(path, 3, Ending::PowerLoss, &mut |_| {
            turn += 1;
            turn - 1
        });
        assert_eq!(content(&torn)[..4], [1; 4], "the first sector was lost");
        assert_eq!(content(&torn)[DISK_SECTOR_BYTES..], [2; DISK_SECTOR_BYTES], "the second was not");
        let killed = disk.ended_after(path, 3, Ending::Killed, &mut |_| 0);
        assert_eq!(content(&killed), [2; 2 * DISK_SECTOR_BYTES]);
    }

    #[test]
    fn a_handle_dies_with_its_process() {
        let disk = MemoryDisk::default();
        let file = disk.open(Path::new(PATH)).unwrap();
        disk.end(Ending::Killed, &mut |_| 0);
        assert!(file.write_at(0, &[1]).is_err());
        assert!(disk.open(Path::new(PATH)).unwrap().write_at(0, &[1]).is_ok());
    }

    #[tokio::test]
    async fn work_that_is_at_rest_is_not_taken_back() {
        let disk = MemoryDisk::default();
        let file = disk.open(Path::new(PATH)).unwrap();
        let work = move || file.write_at(0, &[1]).and_then(|()| file.sync()).unwrap();
        disk.work(Box::new(work)).await;
        disk.end(Ending::PowerLoss, &mut |_| 0);
        assert_eq!(content(&disk), [1]);
    }
}
