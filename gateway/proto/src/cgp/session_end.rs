//! What client and host are to whoever drives them: the same machine, but for how a session is opened and resumed.
//!
//! Not for others to implement: a session has two ends.

use std::time::Duration;

use super::end::{HasEnd, Output};
use super::error::Error;
use super::frame::Code;
use super::stream::Received;

/// One end of a session: [`Client`](super::Client) or [`Host`](super::Host). Drain [`poll_output`](Self::poll_output)
/// after every call.
pub trait SessionEnd: HasEnd {
    /// Takes what the connection brought, cut anywhere. After an error the outputs say how it goes on.
    fn handle_bytes(&mut self, now: Duration, bytes: &[u8]) -> Result<(), Error>;

    /// The connection broke off.
    fn handle_disconnect(&mut self, now: Duration);

    /// Time passed. Call it when [`poll_timeout`](Self::poll_timeout) says so, or more often.
    fn handle_time(&mut self, now: Duration);

    /// When [`handle_time`](Self::handle_time) wants to be called.
    fn poll_timeout(&self) -> Option<Duration>;

    /// Ends the session, for good.
    fn close(&mut self, now: Duration, code: Code);

    /// The next thing to do.
    fn poll_output(&mut self) -> Option<Output> {
        self.end_mut().poll_output()
    }

    /// Accepts bytes for the other end, with or without a connection, and says how many: fewer than all when
    /// [`CGP_RESEND_MAX_BYTES`](crate::limits::CGP_RESEND_MAX_BYTES) wait for acknowledgement.
    fn write(&mut self, now: Duration, bytes: &[u8]) -> usize {
        let end = self.end_mut();
        end.set_now(now);
        if end.is_over() { 0 } else { end.stream.write(bytes) }
    }

    /// How many bytes [`write`](Self::write) would accept.
    fn room(&self) -> usize {
        self.end().stream.room()
    }

    /// Bytes that wait for acknowledgement.
    fn unacknowledged(&self) -> usize {
        self.end().stream.unacknowledged()
    }

    /// No more bytes will be written.
    fn finish(&mut self, now: Duration) {
        let end = self.end_mut();
        end.set_now(now);
        end.stream.finish();
    }

    /// The next of what the other end sent. Call it as long as the user takes more: taking is what acknowledges.
    fn read(&mut self, now: Duration) -> Option<Received> {
        self.end_mut().read(now)
    }

    /// Whether a connection carries the session.
    fn is_live(&self) -> bool {
        self.end().is_live()
    }

    /// Whether the session waits for a connection.
    fn is_suspended(&self) -> bool {
        self.end().is_suspended()
    }
}
