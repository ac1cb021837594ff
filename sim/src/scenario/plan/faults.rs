//! Faults: what the network and the hosts do wrong, and when. Named by what peers experience.

use std::time::Duration;

use super::{EventPattern, LatencyRange};
use crate::scenario::source::{Span, Spanned};

/// One fault.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// When it begins.
    pub begin: Begin,
    /// What goes wrong.
    pub kind: FaultKind,
    /// How long it lasts; until the end of the run when absent.
    pub lasts: Option<Spanned<Duration>>,
    /// The whole statement.
    pub span: Span,
}

/// When a fault begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Begin {
    /// At a time of the run, counted from its start.
    At(Spanned<Duration>),
    /// When something has happened; a receiver at a mark is one such thing ([`EventPattern::mark`]).
    On {
        /// What.
        pattern: EventPattern,
        /// At which of its occurrences, from 1; the first when absent.
        nth: Option<Spanned<u32>>,
        /// How long after it; at once when absent.
        wait: Option<Spanned<Duration>>,
    },
}

/// Two hosts, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Direction {
    /// The first host named.
    pub from: Spanned<String>,
    /// The second host named.
    pub to: Spanned<String>,
    /// Only what `from` sends to `to` is hit; both directions otherwise.
    pub one_way: bool,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum FaultKind {
    /// Every message takes this much longer.
    Slow {
        /// Between these hosts.
        link: Direction,
        /// Added delay.
        by: Spanned<LatencyRange>,
    },
    /// Every message takes a delay of its own from this range, so that datagrams overtake each other.
    Jitter {
        /// Between these hosts.
        link: Direction,
        /// Range of the added delay.
        by: Spanned<LatencyRange>,
    },
    /// The line carries so much and no more.
    Bandwidth {
        /// Between these hosts.
        link: Direction,
        /// In bits per second.
        rate: Spanned<u64>,
    },
    /// Streams arrive in small pieces.
    Slice {
        /// Between these hosts.
        link: Direction,
        /// Most bytes at a time.
        bytes: Spanned<u32>,
    },
    /// Connections end in the midst of what the first host sends.
    Truncate {
        /// From the first host to the second.
        link: Direction,
        /// After so many bytes more.
        bytes: Spanned<u32>,
    },
    /// A bit of what the first host sends is turned over, once in each connection.
    Flip {
        /// From the first host to the second.
        link: Direction,
        /// In this byte, counted from 1; in the first when absent.
        nth: Option<Spanned<u32>>,
    },
    /// Bytes wait; TCP survives.
    Stall {
        /// Between these hosts.
        link: Direction,
    },
    /// Bytes are lost; connections die.
    Cut {
        /// Between these hosts.
        link: Direction,
    },
    /// Bytes are lost; connections that stood stay silent for good, and nobody is told.
    Blackhole {
        /// Between these hosts.
        link: Direction,
    },
    /// Connections between the hosts are reset at once; new ones can be opened.
    Reset {
        /// Between these hosts.
        link: Direction,
    },
    /// Connections end at the first host; the second is not told, and learns it when it sends.
    HalfOpen {
        /// The first host, and the second.
        link: Direction,
    },
    /// New connections to a host are refused; standing ones live.
    Refuse {
        /// The host that refuses.
        host: Spanned<String>,
        /// Only at this port.
        port: Option<Spanned<u16>>,
    },
    /// The process dies; its host and its disk live. Comes back after `lasts`.
    Crash {
        /// The host.
        host: Spanned<String>,
    },
    /// The host dies; what was not synced to disk is lost. Comes back after `lasts`.
    PowerLoss {
        /// The host.
        host: Spanned<String>,
    },
    /// The process ends and is started again at once.
    Restart {
        /// The host.
        host: Spanned<String>,
    },
    /// The process stands still: what comes waits for it. Goes on after `lasts`.
    Pause {
        /// The host.
        host: Spanned<String>,
    },
    /// The wall clock jumps; back after `lasts`.
    ClockJump {
        /// The host.
        host: Spanned<String>,
        /// How far.
        by: ClockError,
    },
    /// The wall clock drifts; after `lasts` it keeps what it has gathered.
    ClockDrift {
        /// The host.
        host: Spanned<String>,
        /// How far.
        by: ClockError,
        /// In how much time.
        per: Spanned<Duration>,
    },
    /// Names are not found at a host.
    DnsFail {
        /// The host that looks them up.
        host: Spanned<String>,
        /// Whose names; everybody's when absent.
        whose: Option<Spanned<String>>,
    },
    /// A name that several hosts share leads to another one.
    Lead {
        /// The name.
        name: Spanned<String>,
        /// The host it leads to before the others.
        host: Spanned<String>,
    },
    /// Datagrams are lost.
    Drop(Datagrams),
    /// Datagrams arrive twice.
    Duplicate(Datagrams),
    /// Datagrams arrive after the one that is sent next.
    Reorder(Datagrams),
    /// Datagrams arrive with a wrong bit.
    Corrupt(Datagrams),
    /// Datagrams arrive later.
    Delay {
        /// Which.
        datagrams: Datagrams,
        /// Added delay.
        by: Spanned<LatencyRange>,
    },
}

/// By how much a wall clock goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum ClockError {
    /// It shows a later time than is right.
    Ahead(Spanned<Duration>),
    /// It shows an earlier one.
    Back(Spanned<Duration>),
}

/// Datagrams from one host to another, counted from the time of the fault.
#[derive(Debug, Clone, PartialEq)]
pub struct Datagrams {
    /// Sender.
    pub from: Spanned<String>,
    /// Addressee.
    pub to: Spanned<String>,
    /// The first one hit, from 1; the first of all when absent.
    pub nth: Option<Spanned<u32>>,
    /// How many from there on; all when both are absent, one when only `nth` is given.
    pub count: Option<Spanned<u32>>,
}

impl Datagrams {
    /// The first datagram hit, from 1, and how many from there on.
    pub fn range(&self) -> (u64, u64) {
        let nth = self.nth.as_ref().map_or(1, |nth| u64::from(nth.value));
        let count = match (&self.nth, &self.count) {
            (_, Some(count)) => u64::from(count.value),
            (Some(_), None) => 1,
            (None, None) => u64::MAX,
        };
        (nth, count)
    }
}
