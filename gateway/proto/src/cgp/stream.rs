//! One end of the sequence-numbered stream: what was sent and may have to be sent again, and what came.
//!
//! The rule at the bound: an end holds at most [`CGP_RESEND_MAX_BYTES`] unacknowledged bytes and then accepts no
//! more from its user ([`Stream::write`] says how many it took); nothing is ever dropped. As bytes are
//! acknowledged when the peer's user *takes* them, the same bound limits what an end holds for a user who does
//! not read.
//!
//! `END` takes the sequence number behind the last byte, so that it is acknowledged and resent like a byte.
//! Pure: no time, no frames on a wire.

use std::collections::VecDeque;

use super::error::Error;
use super::frame::Frame;
use crate::limits::{CGP_DATA_MAX_BYTES, CGP_RESEND_MAX_BYTES};

/// What the user of an end takes from the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// The next bytes.
    Data(Vec<u8>),
    /// There will be no more.
    End,
}

#[derive(Default)]
pub(super) struct Stream {
    /// Accepted for sending and not acknowledged; the first one has the offset `acknowledged`.
    unacknowledged: VecDeque<u8>,
    acknowledged: u64,
    /// Accepted in all, and so the number of `END`.
    written: u64,
    /// What the peer of this connection is sent next.
    next: u64,
    /// The user sends no more.
    ending: bool,
    /// Taken by the user.
    received: u64,
    /// Came, and is not taken yet: lost with the connection, and resent.
    inbox: VecDeque<Received>,
    inbox_bytes: usize,
    /// The user has taken the end.
    ended: bool,
}

impl Stream {
    /// Accepts bytes for sending and says how many: fewer than all at the bound, none after [`Self::finish`].
    pub(super) fn write(&mut self, bytes: &[u8]) -> usize {
        let accepted = bytes.get(..self.room()).unwrap_or(bytes);
        self.unacknowledged.extend(accepted);
        self.written += accepted.len() as u64;
        accepted.len()
    }

    pub(super) fn room(&self) -> usize {
        if self.ending { 0 } else { CGP_RESEND_MAX_BYTES.saturating_sub(self.unacknowledged.len()) }
    }

    pub(super) fn finish(&mut self) {
        self.ending = true;
    }

    /// The next frame to send on this connection.
    pub(super) fn next_frame(&mut self) -> Option<Frame> {
        let sequence = self.next;
        if sequence < self.written {
            // Both differences are at most the bound of the buffer.
            let from = usize::try_from(sequence - self.acknowledged).ok()?;
            let to = self.unacknowledged.len().min(from + CGP_DATA_MAX_BYTES);
            let bytes: Vec<u8> = self.unacknowledged.range(from..to).copied().collect();
            self.next += bytes.len() as u64;
            return Some(Frame::Data { sequence, bytes });
        }
        if self.ending && sequence == self.written {
            self.next += 1;
            return Some(Frame::End(sequence));
        }
        None
    }

    /// The peer has everything before `told`.
    pub(super) fn acknowledge(&mut self, told: u64) -> Result<(), Error> {
        let (acknowledged, sent) = (self.acknowledged, self.next);
        if !(acknowledged..=sent).contains(&told) {
            return Err(Error::Acknowledgement { told, acknowledged, sent });
        }
        let bytes = usize::try_from(told - acknowledged).unwrap_or(usize::MAX).min(self.unacknowledged.len());
        self.unacknowledged.drain(..bytes);
        self.acknowledged = told;
        Ok(())
    }

    /// A new connection: the peer has everything before `told`, and is sent all behind it. Says how many bytes
    /// that were sent before are sent again.
    pub(super) fn resume(&mut self, told: u64) -> Result<u64, Error> {
        let sent = self.next;
        self.acknowledge(told)?;
        self.next = told;
        Ok(sent - told)
    }

    /// The connection is gone: what its user did not take will come again.
    pub(super) fn disconnect(&mut self) {
        self.inbox.clear();
        self.inbox_bytes = 0;
    }

    pub(super) fn receive_data(&mut self, sequence: u64, bytes: Vec<u8>) -> Result<(), Error> {
        self.expect(sequence)?;
        self.inbox_bytes += bytes.len();
        if self.inbox_bytes > CGP_RESEND_MAX_BYTES {
            return Err(Error::Window);
        }
        self.inbox.push_back(Received::Data(bytes));
        Ok(())
    }

    pub(super) fn receive_end(&mut self, sequence: u64) -> Result<(), Error> {
        self.expect(sequence)?;
        self.inbox.push_back(Received::End);
        Ok(())
    }

    /// Nothing is skipped, nothing comes twice, and nothing comes behind the end.
    fn expect(&self, told: u64) -> Result<(), Error> {
        let over = self.ended || self.inbox.back() == Some(&Received::End);
        let expected = self.received + self.inbox_bytes as u64 + u64::from(over);
        if told == expected && !over { Ok(()) } else { Err(Error::Sequence { told, expected }) }
    }

    /// Hands the next bytes to the user.
    pub(super) fn read(&mut self) -> Option<Received> {
        let received = self.inbox.pop_front()?;
        match &received {
            Received::Data(bytes) => {
                self.inbox_bytes -= bytes.len();
                self.received += bytes.len() as u64;
            }
            Received::End => {
                self.received += 1;
                self.ended = true;
            }
        }
        Some(received)
    }

    /// What the user has taken: this end's acknowledgement.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    pub(super) fn unacknowledged(&self) -> usize {
        self.unacknowledged.len()
    }

    /// Nothing is owed in either direction.
    pub(super) fn is_complete(&self) -> bool {
        self.ended && self.is_end_acknowledged()
    }

    fn is_end_acknowledged(&self) -> bool {
        self.acknowledged > self.written
    }
}
