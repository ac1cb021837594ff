//! The bounds of the lab, each with its reason. All are ours.

use std::time::Duration;

/// The gateway's port, when it is free: the usual one for TLS that needs no privilege.
pub const GATEWAY_PORT: u16 = 8443;

/// The port of the lab's own pages, when it is free.
pub const PAGES_PORT: u16 = 8080;

/// Ports tried from the wanted one upwards, before any free one is taken: a lab that moves stays near.
pub const PORTS_TRIED: u16 = 20;

/// Events that are kept: dozens of launches, a few megabytes.
pub const EVENTS_KEPT: usize = 20_000;

/// Codes that the phone shows: more do not fit on one.
pub const CODES_SHOWN: usize = 20;

/// Lines of a sequence that are shown: two launches. A later end of a longer one is in nobody's interest.
pub const SEQUENCE_LINES_MAX: usize = 400;

/// Characters of a line in the drawing; the whole line is in the text below it.
pub const ARROW_CHARS_MAX: usize = 40;

/// Bytes of a form: two words.
pub const FORM_BYTES_MAX: usize = 1024;

/// A form must be complete in this time.
pub const FORM_DEADLINE: Duration = Duration::from_secs(5);

/// A launch by the built-in Receiver takes no longer: it waits for this machine only.
pub const LAUNCH_DEADLINE: Duration = Duration::from_secs(20);

/// How long the built-in Receiver looks for an echo.
pub const ECHO_DEADLINE: Duration = Duration::from_secs(5);
