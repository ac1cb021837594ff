//! The bounds of the mocks, each with its reason.

/// Entries a [`crate::journal::Journal`] keeps. Ours: a long scenario writes a few hundred.
pub const JOURNAL_ENTRIES_MAX: usize = 100_000;
