//! The bounds of the mocks, each with its reason.

/// Entries a [`crate::journal::Journal`] keeps. Ours: a long scenario writes a few hundred.
pub const JOURNAL_ENTRIES_MAX: usize = 100_000;

/// Levels of the document that nests too deep. Ours: far beyond any reader's bound, yet a small answer.
pub const DEEP_XML_LEVELS: usize = 2_000;

/// Connections one mock serves at a time; more are closed at once. Ours: a lab has a few dozen users.
pub const CONNECTIONS_MAX: usize = 1_024;

/// Pause after a failed accept, so that a lasting failure (no descriptors left) does not spin.
pub const ACCEPT_RETRY: std::time::Duration = std::time::Duration::from_millis(100);

/// How long a silent server holds a connection before it closes it: longer than any client waits.
pub const SILENCE_MAX: std::time::Duration = std::time::Duration::from_secs(600);

/// Body of a request to an XML server. Real ones are a few kilobytes.
pub const XML_REQUEST_BYTES_MAX: usize = 64 * 1024;

/// A request body must be complete in this time.
pub const REQUEST_BODY_DEADLINE: std::time::Duration = std::time::Duration::from_secs(30);
