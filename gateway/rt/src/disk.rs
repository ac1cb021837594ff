//! Files that must outlive the process: the trait. The real one is in [`crate::tokio`]; [`memory`] is a disk that
//! can lose power, for the simulation and for tests.
//!
//! What it is not: a file system. It has what a database in one file asks of one.
//!
//! Specification: ours, after what `redb::StorageBackend` and the POSIX calls behind it promise.

pub mod memory;

use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::BoxFuture;

/// One file, open for reading and writing.
pub trait File: Debug + Send + Sync {
    /// Its length in bytes.
    fn size(&self) -> io::Result<u64>;
    /// Fills `out` from `offset` on. An error when the file ends before that.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;
    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts the file, or fills it up with zeros.
    fn resize(&self, size: u64) -> io::Result<()>;
    /// When this returns, all that was written before survives a power loss.
    fn sync(&self) -> io::Result<()>;
}

/// A disk.
pub trait Disk: Send + Sync + 'static {
    /// Opens the file, which is made if it is not there, readable and writable by its owner alone (mode 0600).
    /// [`io::ErrorKind::WouldBlock`] when another process has it open.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>>;
    /// Gives a file another name, in the same folder.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Does work that waits for the disk, where it keeps nobody else waiting. It is done to its end, also when
    /// nobody waits for that any more.
    fn work(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'_, ()>;
}
