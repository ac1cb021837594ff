//! Random bytes that the seed decides: one ChaCha stream per host and purpose.
//!
//! A stream goes on after a restart of its host, so that a second incarnation doesn't repeat the session ids
//! of the first. TLS draws without being given an [`Entropy`]; it finds its host's streams through
//! [`scoped`], which every task of a host runs in. So worlds in one process, even on one thread, never share
//! a stream.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};

use gateway_rt::{Entropy, Purpose};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::{Planted, lock};

tokio::task_local! {
    static HOST: Arc<HostEntropy>;
}

/// The streams of one host.
pub(crate) struct HostEntropy {
    host: Arc<str>,
    seed: u64,
    planted: Option<Planted>,
    streams: Mutex<BTreeMap<&'static str, Stream>>,
}

struct Stream {
    random: ChaCha8Rng,
    drawn: u64,
}

impl HostEntropy {
    pub(crate) fn new(host: Arc<str>, seed: u64, planted: Option<Planted>) -> Self {
        Self { host, seed, planted, streams: Mutex::default() }
    }

    /// A number below `bound`; zero when that is zero.
    pub(crate) fn below(&self, purpose: Purpose, bound: u64) -> u64 {
        let drawn = u64::from_le_bytes(gateway_rt::entropy::bytes(self, purpose));
        // Biased by less than anyone could see: bounds are small.
        drawn.checked_rem(bound).unwrap_or_default()
    }

    /// How many bytes were drawn, per purpose.
    pub(super) fn drawn(&self) -> Vec<(&'static str, u64)> {
        lock(&self.streams).iter().map(|(purpose, stream)| (*purpose, stream.drawn)).collect()
    }

    fn stream(&self, purpose: &str) -> Stream {
        let name = format!("{purpose}|{}|{}", self.host, self.seed);
        Stream { random: ChaCha8Rng::from_seed(*blake3::hash(name.as_bytes()).as_bytes()), drawn: 0 }
    }
}

impl Entropy for HostEntropy {
    fn fill(&self, Purpose(purpose): Purpose, out: &mut [u8]) {
        let mut streams = lock(&self.streams);
        let stream = streams.entry(purpose).or_insert_with(|| self.stream(purpose));
        stream.random.fill_bytes(out);
        stream.drawn += out.len() as u64;
        if self.planted == Some(Planted::UnseededDraw)
            && let Some(first) = out.first_mut()
        {
            *first ^= unseeded_byte();
        }
    }
}

/// The planted fault: a byte that the seed doesn't decide.
fn unseeded_byte() -> u8 {
    let mut byte = [0];
    let system = rustls::crypto::aws_lc_rs::default_provider().secure_random;
    system.fill(&mut byte).expect("the operating system provides randomness");
    byte[0]
}

/// Runs `task` as a task of the host whose streams these are.
pub(super) fn scoped<F: Future>(streams: Arc<HostEntropy>, task: F) -> impl Future<Output = F::Output> {
    HOST.scope(streams, task)
}

/// Fills `out` from the running task's host. False outside any task of a host.
pub(super) fn fill_here(purpose: Purpose, out: &mut [u8]) -> bool {
    HOST.try_with(|streams| streams.fill(purpose, out)).is_ok()
}
