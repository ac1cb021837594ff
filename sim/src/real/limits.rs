//! The bounds of the real world, each with its reason. All are ours.

use std::time::Duration;

/// Hosts of a world: each has an address of its own in 127.77.0.0/24.
pub const HOSTS_MAX: usize = 250;

/// How often the machine's clock is looked at. The finest that tokio's timers tell apart.
pub const REAL_TICK: Duration = Duration::from_millis(1);

/// Looks at the sockets for which the clock waits for those who work: about as many milliseconds of the machine.
/// Two that talk without a pause, over a link without latency, would otherwise stop it for ever.
pub const LOOKS_MAX: u32 = 100;

/// How many times as fast idle time goes by when nobody asks for something else: a day in ten seconds.
pub const FACTOR_DEFAULT: u32 = 10_000;

/// Passes of the scheduler after the clock was moved: one fires timers, one runs the tasks they wake, one reads
/// what those wrote.
pub const SETTLING_PASSES: u32 = 3;

/// Bytes a proxy reads at a time: one TLS record.
pub const CHUNK_BYTES: usize = 16 * 1024;

/// Chunks under way in one direction of a connection. With [`CHUNK_BYTES`] the window of the simulated world; a
/// writer that meets it waits, which is how back-pressure is seen.
pub const CHUNKS_UNDER_WAY_MAX: usize = 16;

/// Bytes between the software that opened a connection and its proxy.
pub const HANDOVER_BYTES: usize = 64 * 1024;

/// Panics that are kept with their text; more only say that the run has failed already.
pub const PANICS_MAX: usize = 64;
