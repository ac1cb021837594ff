//! The seam between this project's code and the world.
//!
//! Gateway and mocks never open a socket or a state file, start a task, read the wall clock or draw a random byte
//! themselves: they are given an [`Rt`] and ask it. The real world is [`tokio::real`]; the simulated one
//! lives in `gateway-sim` and is the only user of turmoil. On top of the raw seam stand the three things
//! every program here needs on a stream: [`tls`], [`http`] (HTTP/1.1 over hyper's `conn` API) and
//! [`prefixed`] (bytes that were read to recognise a protocol, given back).
//!
//! What it is not: a protocol, a policy, or a runtime. Monotonic time needs no seam of ours: it is
//! `tokio::time` everywhere, which the simulation pauses and moves.
//!
//! Invariants: nothing here is a process global, so that many gateways live in one process and each can be
//! built again after a crash; nothing here iterates an unordered map.

pub mod disk;
pub mod entropy;
pub mod http;
pub mod limits;
pub mod line;
pub mod net;
pub mod prefixed;
pub mod task;
pub mod tell;
pub mod time;
pub mod tls;
pub mod tokio;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub use disk::Disk;
pub use entropy::{Entropy, Purpose};
pub use line::{Fingerprint, Line};
pub use net::{Accepted, BoxFuture, ConnectError, Datagram, Io, Listener, Net, Stream};
pub use tell::{Field, Tell, Told, Way};
pub use time::WallClock;

/// Everything a component may use of the world. Cheap to clone; given to every component at birth.
#[derive(Clone)]
pub struct Rt {
    /// Sockets, names and tasks.
    pub net: Arc<dyn Net>,
    /// What time it is, for cookies, certificates and logs. Durations are measured with `tokio::time`.
    pub clock: Arc<dyn WallClock>,
    /// Random bytes, one independent stream per purpose.
    pub entropy: Arc<dyn Entropy>,
    /// Where files are that outlive the process.
    pub disk: Arc<dyn Disk>,
    /// What TLS computes with. Never the process-wide default: the simulation's provider draws its keys
    /// from the seed.
    pub crypto: Arc<CryptoProvider>,
}
