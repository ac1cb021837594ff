//! The bounds of the simulated world, each with its reason. All are ours.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Hosts of a world: they share 10.0.0.0/24. Every step walks every link, so a simulation should stay far
/// below this anyway.
pub const HOSTS_MAX: usize = 250;

/// Bytes one side of a stream may have under way and unread. A usual socket buffer; a writer that meets it
/// waits, which is how back-pressure is seen.
pub const WINDOW_BYTES: usize = 256 * 1024;

/// Bytes of one segment. A longer write is taken in parts.
pub const SEGMENT_BYTES_MAX: usize = 64 * 1024;

/// Segments one side of a stream may have under way and unread, for writers of single bytes.
pub const SEGMENTS_MAX: usize = 2048;

/// Between what a fault lets arrive one after the other: one step, so that each is read by itself.
pub const APART: Duration = Duration::from_millis(1);

/// Bytes of a stream that a line of little bandwidth carries at a time, if it does not carry more in a millisecond. A
/// usual segment.
pub const THIN_SEGMENT_BYTES: usize = 1460;

/// turmoil's own count of unread segments per stream, and of connections that wait for `accept` per
/// listener. Above [`SEGMENTS_MAX`], because turmoil loses a FIN that meets a full queue; and large, because
/// it panics when too many connections wait.
pub const TURMOIL_TCP_CAPACITY: usize = 4096;

/// Datagrams that wait for `recv_from`; more are lost, as with a full socket buffer.
pub const TURMOIL_UDP_CAPACITY: usize = 1024;

/// Ports for outgoing connections. Wider than the usual range because turmoil never gives back the port of
/// a connection that failed, and panics when there are none.
pub const EPHEMERAL_PORTS: RangeInclusive<u16> = 20_000..=65_535;

/// Bytes of packets kept when a world records. What comes later is in the digest only.
pub const RECORDED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Panics that are kept with their text; more only say that the run has failed already.
pub const PANICS_MAX: usize = 64;

/// How long a disk takes until what it was given is safe. A slow one, so that a power loss can meet it at work.
pub const DISK_PACE: Duration = Duration::from_millis(5);
