//! Random bytes through the seam.
//!
//! Each [`Purpose`] is a stream of its own, so that one more draw for a session id does not move the
//! RADIUS authenticators of a simulated run.

/// What random bytes are for. A short constant name such as `"session-id"`; it names the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Purpose(pub &'static str);

/// A source of random bytes: the operating system's, or a seeded stream per purpose.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `out` with bytes that nobody else can guess (or, in a simulation, that the seed decides).
    fn fill(&self, purpose: Purpose, out: &mut [u8]);
}

/// `N` random bytes for `purpose`.
pub fn bytes<const N: usize>(entropy: &dyn Entropy, purpose: Purpose) -> [u8; N] {
    let mut out = [0; N];
    entropy.fill(purpose, &mut out);
    out
}
