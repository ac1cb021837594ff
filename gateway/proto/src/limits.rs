//! Every bound of this crate, each with its reason. Ours, from the security requirements of the project.

use std::time::Duration;

/// STA id inside a ticket: the longest seen in practice.
pub const STA_ID_MAX_BYTES: usize = 16;
/// Random part of a ticket: the longest seen in practice.
pub const TICKET_TOKEN_MAX_BYTES: usize = 32;
/// `;40;` + STA id + `;` + token: more can't be a ticket, so a longer string is not even looked at.
pub const TICKET_MAX_BYTES: usize = 4 + STA_ID_MAX_BYTES + 1 + TICKET_TOKEN_MAX_BYTES;

/// First bytes of a connection that decide its protocol; nothing registered needs more.
pub const DETECT_MAX_BYTES: usize = 16;

/// Bytes a client may send behind its SOCKS5 CONNECT before it has the answer.
pub const SOCKS5_EARLY_DATA_MAX_BYTES: usize = 64 * 1024;
/// SOCKS5 destination: its length is one byte (RFC 1928 section 5).
pub const SOCKS5_DESTINATION_MAX_BYTES: usize = 255;

/// A RADIUS packet (RFC 2865 section 3).
pub const RADIUS_PACKET_MAX_BYTES: usize = 4096;
/// A RADIUS packet without attributes (RFC 2865 section 3).
pub const RADIUS_PACKET_MIN_BYTES: usize = 20;
/// Attributes of one packet. Real replies have a few dozen; a packet of empty ones could hold two thousand.
pub const RADIUS_ATTRIBUTES_MAX: usize = 256;
/// Value of one attribute: its length is one byte and counts two bytes of header (RFC 2865 section 5).
pub const RADIUS_ATTRIBUTE_MAX_BYTES: usize = 253;
/// User-Password before hiding (RFC 2865 section 5.2). Longer is refused, never cut.
pub const RADIUS_PASSWORD_MAX_BYTES: usize = 128;
/// Transmissions of one request, the first included, before the next server is asked.
pub const RADIUS_TRIES_MAX: u8 = 5;
/// Wait before the first retransmission (RFC 5080 section 2.2.1); it doubles each time.
pub const RADIUS_FIRST_RETRANSMIT: Duration = Duration::from_secs(2);
/// All waiting for one server: what a user at a log-in page bears.
pub const RADIUS_BUDGET: Duration = Duration::from_secs(20);
/// Reply-Message shown to a user, all its attributes together.
pub const RADIUS_MESSAGE_MAX_CHARS: usize = 500;
