//! What a peer can do wrong, and the code it is told.

use super::frame::Code;
use crate::ticket::TicketError;

/// Why a connection can't go on. Never holds a ticket or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An acknowledgement of bytes that were never sent, or of fewer than before.
    #[error("acknowledges up to {told}, but {acknowledged} to {sent} is what it may")]
    Acknowledgement {
        /// What it says it has.
        told: u64,
        /// What it said before.
        acknowledged: u64,
        /// What was sent.
        sent: u64,
    },
    /// The client asks for another destination than the host's own ICA service.
    #[error("the destination is not the ICA service of the host")]
    Destination,
    /// Bytes behind the opening before it was answered.
    #[error("bytes before the opening was answered")]
    Early,
    /// The driver handed over bytes after the end.
    #[error("bytes after the end")]
    Finished,
    /// A frame that does not fit its type.
    #[error("frame {0:#04x} is malformed")]
    Malformed(u8),
    /// A frame longer than a frame may be.
    #[error("a frame of {0} bytes is too long")]
    Oversize(usize),
    /// The stream does not begin with the signature.
    #[error("does not begin with the CGP signature")]
    Preamble,
    /// Bytes are missing, or were sent twice.
    #[error("continues at {told} instead of {expected}")]
    Sequence {
        /// Where the frame says it stands.
        told: u64,
        /// Where it should stand.
        expected: u64,
    },
    /// The opening names another service.
    #[error("asks for an unknown service")]
    Service,
    /// The opening holds no well-formed ticket.
    #[error("no ticket: {0}")]
    Ticket(#[from] TicketError),
    /// A frame in a place where it has no meaning.
    #[error("frame {0:#04x} has no place here")]
    Unexpected(u8),
    /// A frame that must be understood and is not.
    #[error("frame {0:#04x} is unknown")]
    Unknown(u8),
    /// No version that both sides speak.
    #[error("no common version")]
    Version,
    /// More bytes than may wait for acknowledgement.
    #[error("sends more than may wait for acknowledgement")]
    Window,
}

impl Error {
    /// What the peer is told before the connection closes.
    pub const fn code(self) -> Code {
        match self {
            Self::Destination | Self::Service => Code::Destination,
            Self::Ticket(_) => Code::Ticket,
            Self::Version => Code::Version,
            Self::Acknowledgement { .. }
            | Self::Early
            | Self::Finished
            | Self::Malformed(_)
            | Self::Oversize(_)
            | Self::Preamble
            | Self::Sequence { .. }
            | Self::Unexpected(_)
            | Self::Unknown(_)
            | Self::Window => Code::Protocol,
        }
    }
}
