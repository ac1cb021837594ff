//! The bounds of the program, each with its reason.

use std::time::Duration;

/// Longest time a file or a rule may name: nobody waits longer for a mock, and sums stay far from overflow.
pub(super) const TIME_MAX: Duration = Duration::from_secs(366 * 24 * 3600);

/// Lines the control port still shows; the oldest go first. Ours: a test run writes a few hundred.
pub(super) const JOURNAL_LINES_KEPT: usize = 10_000;

/// Body of a request to the control port: a hundred rules have about ten kilobytes.
pub(super) const CONTROL_BODY_BYTES_MAX: usize = 64 * 1024;

/// A request to the control port must be complete in this time.
pub(super) const CONTROL_DEADLINE: Duration = Duration::from_secs(10);

/// Connections to a control port at a time; more are closed at once. It has one user.
pub(super) const CONTROL_CONNECTIONS_MAX: usize = 16;

/// Misbehaviours one mock is told at a time. Ours: a test needs one or two.
pub(super) const RULES_MAX: usize = 100;

/// Numbers in a rule, as in scenario files.
pub(super) const RULE_NUMBER_MAX: u64 = 1_000_000;

/// A site file, a certificate chain, a key, a password: all are small.
pub(super) const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Challenges a Receiver answers in one log-in; a gateway that asks on is broken.
pub(super) const CHALLENGES_MAX: usize = 10;
