//! One direction of a link, in whichever world: how long its messages travel, and which faults it has.
//!
//! What is random depends on the seed, the direction and the number of the message on it, and on nothing else: one
//! message more here moves no message there.

use std::time::Duration;

use super::datagrams::Datagrams;
use super::limits::THIN_SEGMENT_BYTES;
use super::tamper::Tampering;

/// How long a message travels, one way: anything from `min` to `max`, drawn per message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    min: Duration,
    max: Duration,
}

impl Latency {
    /// The same for every message.
    pub fn fixed(latency: Duration) -> Self {
        Self { min: latency, max: latency }
    }

    /// Anything between two bounds, in either order.
    pub fn between(one: Duration, other: Duration) -> Self {
        Self { min: one.min(other), max: one.max(other) }
    }
}

/// How much a line carries, in bits per second. Zero counts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(pub u64);

impl Rate {
    /// How many bytes go at a time.
    fn piece(self) -> usize {
        let in_a_millisecond = usize::try_from(self.0 / 8000).unwrap_or(usize::MAX);
        in_a_millisecond.max(THIN_SEGMENT_BYTES)
    }

    /// How long so many bytes are under way to get onto the line.
    fn takes(self, bytes: usize) -> Duration {
        let nanos = bytes as u128 * 8 * 1_000_000_000 / u128::from(self.0.max(1));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// One direction of a link.
pub(crate) struct Direction {
    key: [u8; 32],
    pub(crate) latency: Latency,
    pub(crate) slow: Duration,
    pub(crate) jitter: Duration,
    pub(crate) stalled: bool,
    pub(crate) cut: bool,
    /// How often it was cut, to tell a connection attempt that its SYN may have been lost.
    pub(crate) cuts: u64,
    pub(crate) tampering: Tampering,
    pub(crate) datagrams: Datagrams,
    messages: u64,
    rate: Option<Rate>,
    /// When the line has carried what was put on it, a time of the run.
    free: Duration,
}

impl Direction {
    pub(crate) fn new(seed: u64, from: &str, to: &str, latency: Latency) -> Self {
        let key = *blake3::hash(format!("link|{from}|{to}|{seed}").as_bytes()).as_bytes();
        Self {
            key,
            latency,
            slow: Duration::ZERO,
            jitter: Duration::ZERO,
            stalled: false,
            cut: false,
            cuts: 0,
            tampering: Tampering::default(),
            datagrams: Datagrams::new(key),
            messages: 0,
            rate: None,
            free: Duration::ZERO,
        }
    }

    /// How long the next message travels, which has so many bytes and is sent at `now`, a time of the run.
    pub(crate) fn travel(&mut self, now: Duration, bytes: usize) -> Duration {
        let Some(rate) = self.rate else { return self.draw() };
        self.free = self.free.max(now) + rate.takes(bytes);
        self.free - now + self.draw()
    }

    /// From now on the line carries this much and no more; `None`: whatever comes.
    pub(crate) fn limit(&mut self, rate: Option<Rate>) {
        self.rate = rate;
        self.free = Duration::ZERO;
    }

    /// How many bytes of a stream go at a time, if that is limited.
    pub(crate) fn piece(&self) -> usize {
        self.rate.map_or(usize::MAX, Rate::piece)
    }

    pub(crate) fn cut(&mut self) {
        self.cut = true;
        self.cuts += 1;
        self.datagrams.cut();
    }

    /// The latency of the next message.
    fn draw(&mut self) -> Duration {
        let number = self.messages;
        self.messages += 1;
        let spread = self.latency.max.saturating_sub(self.latency.min);
        if spread.is_zero() && self.jitter.is_zero() {
            return self.latency.min + self.slow;
        }
        let mut drawn = [0; 16];
        blake3::Hasher::new_keyed(&self.key).update(&number.to_le_bytes()).finalize_xof().fill(&mut drawn);
        let (latency, jitter) = drawn.split_at(8);
        self.latency.min + upto(spread, latency) + self.slow + upto(self.jitter, jitter)
    }
}

fn upto(bound: Duration, drawn: &[u8]) -> Duration {
    let drawn = u64::from_le_bytes(drawn.try_into().expect("split at 8 of 16 bytes"));
    let nanos = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX - 1);
    Duration::from_nanos(drawn % (nanos + 1))
}
