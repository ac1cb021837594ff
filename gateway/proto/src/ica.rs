//! The one thing a gateway knows about ICA: how a session on TCP 1494 begins. Public classifiers and captures.
//!
//! The host speaks first and repeats [`MAGIC`] until the client answers with the same bytes. All that follows
//! is between host and client; a gateway relays it unread.

/// `7F 7F "ICA" 00`: sent by the host unprompted, then by the client in answer.
pub const MAGIC: [u8; 6] = *b"\x7f\x7fICA\0";

/// What a host sends before the client said anything: service scanners expect the magic twice in a row.
pub const HOST_BANNER: [u8; 12] = *b"\x7f\x7fICA\0\x7f\x7fICA\0";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banner_is_the_magic_twice() {
        assert_eq!(MAGIC, [0x7f, 0x7f, 0x49, 0x43, 0x41, 0x00]);
        assert_eq!(HOST_BANNER, *[MAGIC, MAGIC].as_flattened());
    }
}
