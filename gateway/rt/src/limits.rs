//! The bounds of the plumbing, each with its reason. Policy limits (sessions, log-ins) live with the gateway.

use std::time::Duration;

/// Head of an HTTP message, all fields together (SR-50 in the security requirements).
pub const HTTP_HEAD_BYTES_MAX: usize = 64 * 1024;

/// Header fields of an HTTP message (SR-50).
pub const HTTP_FIELDS_MAX: usize = 200;

/// A request head must be complete in this time (SR-50).
pub const HTTP_HEAD_DEADLINE: Duration = Duration::from_secs(30);

/// Idle connections an [`crate::http::Pool`] keeps per key. Ours: a log-in is sequential, so a second one
/// only helps two launches of one user at the same moment.
pub const POOL_IDLE_PER_KEY_MAX: usize = 2;

/// Keys an [`crate::http::Pool`] keeps connections for. Ours: enough for every back end of a large site.
pub const POOL_KEYS_MAX: usize = 256;

/// Parts of one [`crate::Line`]; a longer one is cut with a mark. Ours: the longest real line has about 12.
pub const LINE_PARTS_MAX: usize = 64;

/// Characters of one text part of a [`crate::Line`]; longer peer text is cut with a mark (SR-141).
pub const LINE_TEXT_CHARS_MAX: usize = 512;

/// What a disk writes whole or not at all. What disks have called a sector for forty years; those of today write
/// 4 KiB at a time, which is kinder.
pub const DISK_SECTOR_BYTES: usize = 512;

/// Length of a file on a [`crate::disk::memory::MemoryDisk`]. Ours: a state file of 10 000 sessions is below 16 MiB.
pub const MEMORY_FILE_BYTES_MAX: usize = 256 * 1024 * 1024;
