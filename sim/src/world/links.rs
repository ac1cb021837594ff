//! The network model: when each message arrives.
//!
//! Every turmoil link is on `hold` for the whole run, so nothing arrives until this file says so. After each
//! step new messages are found and stamped with the time they are due; before each step those that are due
//! are delivered. What a message is due depends on the seed, its direction and its number on that direction,
//! and on nothing else: one message more here moves no message there.
//!
//! Not modelled: bandwidth, loss of single TCP segments (TCP hides it), traffic of a host with itself (turmoil
//! delivers it one step later).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use turmoil::{Protocol, Segment};

use super::Planted;
use super::fabric::{Fabric, HostId};
use super::faults::DatagramFault;

/// How long a message travels, one way: anything from `min` to `max`, drawn per message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    min: Duration,
    max: Duration,
}

impl Latency {
    /// The same for every message.
    pub fn fixed(latency: Duration) -> Self {
        Self { min: latency, max: latency }
    }

    /// Anything between two bounds, in either order.
    pub fn between(one: Duration, other: Duration) -> Self {
        Self { min: one.min(other), max: one.max(other) }
    }
}

/// One direction of a link.
pub(crate) struct Direction {
    key: [u8; 32],
    pub(crate) latency: Latency,
    pub(crate) slow: Duration,
    pub(crate) jitter: Duration,
    pub(crate) stalled: bool,
    pub(crate) cut: bool,
    /// How often it was cut, to tell a connection attempt that its SYN may have been lost.
    pub(crate) cuts: u64,
    messages: u64,
    rules: Vec<DatagramRule>,
    /// Extra latency of the datagrams that were sent but not stamped yet, in order.
    delays: VecDeque<Duration>,
}

/// A datagram fault and how much of it is left.
struct DatagramRule {
    fault: DatagramFault,
    spare: u64,
    left: u64,
}

/// What happens to one datagram.
pub(crate) struct Verdict {
    pub(crate) copies: usize,
    pub(crate) delay: Duration,
}

impl Direction {
    pub(crate) fn new(seed: u64, from: &str, to: &str, latency: Latency) -> Self {
        let key = *blake3::hash(format!("link|{from}|{to}|{seed}").as_bytes()).as_bytes();
        Self {
            key,
            latency,
            slow: Duration::ZERO,
            jitter: Duration::ZERO,
            stalled: false,
            cut: false,
            cuts: 0,
            messages: 0,
            rules: Vec::new(),
            delays: VecDeque::new(),
        }
    }

    /// The latency of the next message.
    pub(crate) fn draw(&mut self) -> Duration {
        let number = self.messages;
        self.messages += 1;
        let spread = self.latency.max.saturating_sub(self.latency.min);
        if spread.is_zero() && self.jitter.is_zero() {
            return self.latency.min + self.slow;
        }
        let mut drawn = [0; 16];
        blake3::Hasher::new_keyed(&self.key).update(&number.to_le_bytes()).finalize_xof().fill(&mut drawn);
        let (latency, jitter) = drawn.split_at(8);
        self.latency.min + upto(spread, latency) + self.slow + upto(self.jitter, jitter)
    }

    pub(crate) fn cut(&mut self) {
        self.cut = true;
        self.cuts += 1;
        self.delays.clear();
    }

    pub(crate) fn add_rule(&mut self, fault: DatagramFault, nth: u64, count: u64) {
        self.rules.push(DatagramRule { fault, spare: nth.saturating_sub(1), left: count });
    }

    pub(crate) fn clear_rules(&mut self) {
        self.rules.clear();
    }

    /// Judges the next datagram, and remembers the delay of those that get onto the link.
    pub(crate) fn judge_datagram(&mut self) -> Verdict {
        let mut verdict = Verdict { copies: 1, delay: Duration::ZERO };
        for rule in &mut self.rules {
            if rule.spare > 0 {
                rule.spare -= 1;
                continue;
            }
            rule.left -= 1;
            match rule.fault {
                DatagramFault::Drop => verdict.copies = 0,
                DatagramFault::Duplicate => verdict.copies *= 2,
                DatagramFault::Delay(by) => verdict.delay += by,
            }
        }
        self.rules.retain(|rule| rule.left > 0);
        if !self.cut {
            self.delays.extend(std::iter::repeat_n(verdict.delay, verdict.copies));
        }
        verdict
    }

    /// The extra latency of the next datagram that got onto the link.
    pub(crate) fn next_delay(&mut self) -> Duration {
        self.delays.pop_front().unwrap_or_default()
    }
}

fn upto(bound: Duration, drawn: &[u8]) -> Duration {
    let drawn = u64::from_le_bytes(drawn.try_into().expect("split at 8 of 16 bytes"));
    let nanos = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX - 1);
    Duration::from_nanos(drawn % (nanos + 1))
}

/// All links, in turmoil's order, which is the order in which hosts were added.
#[derive(Default)]
pub(super) struct Links {
    links: Vec<Link>,
}

#[derive(Default)]
struct Link {
    /// Parallel to turmoil's queue of this link.
    waiting: Vec<Waiting>,
}

/// A message under way.
#[derive(Clone, Copy)]
struct Waiting {
    due: Duration,
    kind: Kind,
    from: HostId,
    to: HostId,
    source: SocketAddr,
    target: SocketAddr,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Syn,
    /// Data or FIN: what must stay in order, and what a host without that socket answers with a reset.
    Sequenced,
    Reset,
    Datagram,
}

impl Kind {
    fn is_of_stream(self) -> bool {
        matches!(self, Self::Sequenced | Self::Reset)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    /// Given to turmoil, which takes it out of its queue at the next tick.
    Delivered,
    /// Nobody knows its stream at the target, and the target has said so; it stays in turmoil's queue until the
    /// target runs again.
    Answered,
    /// It never left its sender, or gets lost after that; it stays in turmoil's queue.
    Lost,
}

/// What stands between a message that is due and its target.
pub(super) enum Gate {
    Open,
    Closed,
    /// The target is up, its process is not.
    NoProcess,
}

impl Links {
    /// A host was added to `hosts` others: turmoil makes its links in this order.
    pub(super) fn add_host(&mut self, hosts: usize) {
        self.links.extend(std::iter::repeat_with(Link::default).take(hosts));
    }

    /// Finds the messages that were sent since the last call, and decides when they arrive. Those of
    /// `powerless` never do.
    pub(super) fn stamp(
        &mut self,
        sim: &turmoil::Sim<'_>,
        fabric: &mut Fabric,
        sent_at: Duration,
        powerless: Option<HostId>,
    ) {
        sim.links(|links| {
            for (queue, link) in links.zip(&mut self.links) {
                for message in queue.skip(link.waiting.len()) {
                    let (source, target) = message.pair();
                    let (Some(from), Some(to)) = (fabric.host_at(source.ip()), fabric.host_at(target.ip()))
                    else {
                        unreachable!("turmoil's links join hosts of this world");
                    };
                    let kind = kind(message.protocol());
                    let due = sent_at + travel(fabric, kind, from, to);
                    let due = due.max(link.floor(kind, source, target));
                    let is_lost =
                        powerless == Some(from) || kind.is_of_stream() && !fabric.sends(source, target);
                    let fate = if is_lost { Fate::Lost } else { Fate::Open };
                    link.waiting.push(Waiting { due, kind, from, to, source, target, fate });
                }
            }
        });
    }

    /// Lets everything arrive in the coming step that is due at its start.
    pub(super) fn deliver(&mut self, sim: &turmoil::Sim<'_>, fabric: &mut Fabric, now: Duration) {
        if self.links.iter().all(|link| link.waiting.is_empty()) {
            return;
        }
        sim.links(|links| {
            for (queue, link) in links.zip(&mut self.links) {
                for (message, waiting) in queue.zip(&mut link.waiting) {
                    if waiting.due > now || waiting.fate != Fate::Open {
                        continue;
                    }
                    match fabric.gate(waiting.from, waiting.to, waiting.kind) {
                        Gate::Closed => {}
                        Gate::Open if !waiting.is_unknown(fabric) => {
                            message.deliver();
                            waiting.fate = Fate::Delivered;
                            if waiting.kind == Kind::Reset {
                                fabric.reset_arrives(waiting.source, waiting.target);
                            }
                        }
                        Gate::Open | Gate::NoProcess => {
                            waiting.fate = Fate::Answered;
                            if waiting.kind == Kind::Sequenced {
                                let back = fabric.direction(waiting.to, waiting.from).draw();
                                fabric.reset_later(now + back, waiting.source, waiting.target);
                            }
                        }
                    }
                }
                link.waiting.retain(|waiting| waiting.fate != Fate::Delivered);
            }
        });
    }

    /// Turmoil has emptied one direction of a link; so do we.
    pub(super) fn forget(&mut self, from: HostId, to: HostId) {
        for link in &mut self.links {
            link.waiting.retain(|waiting| (waiting.from, waiting.to) != (from, to));
        }
    }

    /// `host` runs again: what was answered for it goes to it after all, and leaves turmoil's queue that way.
    /// It no longer matters to anybody.
    pub(super) fn revive(&mut self, host: HostId) {
        for waiting in self.links.iter_mut().flat_map(|link| &mut link.waiting) {
            if waiting.to == host && waiting.fate == Fate::Answered {
                waiting.fate = Fate::Open;
            }
        }
    }

    /// How many messages are still to arrive.
    pub(super) fn under_way(&self) -> usize {
        self.links.iter().flat_map(|link| &link.waiting).filter(|waiting| waiting.fate == Fate::Open).count()
    }
}

impl Waiting {
    /// Whether nobody at its target knows the stream it belongs to.
    fn is_unknown(&self, fabric: &Fabric) -> bool {
        self.kind.is_of_stream() && fabric.is_forgotten(self.source, self.target)
    }
}

impl Link {
    /// Segments of one stream arrive in order; the last one's time is the earliest for the next.
    fn floor(&self, kind: Kind, source: SocketAddr, target: SocketAddr) -> Duration {
        if !kind.is_of_stream() {
            return Duration::ZERO;
        }
        let same = |waiting: &&Waiting| (waiting.source, waiting.target) == (source, target);
        self.waiting.iter().rev().find(same).map_or(Duration::ZERO, |last| last.due)
    }
}

fn kind(protocol: &Protocol) -> Kind {
    match protocol {
        Protocol::Tcp(Segment::Syn(_)) => Kind::Syn,
        Protocol::Tcp(Segment::Data(..) | Segment::Fin(_)) => Kind::Sequenced,
        Protocol::Tcp(Segment::Rst) => Kind::Reset,
        Protocol::Udp(_) => Kind::Datagram,
    }
}

fn travel(fabric: &mut Fabric, kind: Kind, from: HostId, to: HostId) -> Duration {
    let there = fabric.direction(from, to).draw() + planted(fabric);
    match kind {
        // turmoil has no SYN-ACK: `connect` ends when the SYN is accepted. So the SYN takes the whole
        // round trip. A client that runs before its server in a step sees that in the next one.
        Kind::Syn => {
            let round_trip = there + fabric.direction(to, from).draw();
            if from < to { round_trip.saturating_sub(fabric.tick) } else { round_trip }
        }
        Kind::Datagram => there + fabric.direction(from, to).next_delay(),
        Kind::Sequenced | Kind::Reset => there,
    }
}

/// The planted fault: an order that std's hasher decides.
#[expect(clippy::disallowed_types, reason = "the planted fault is what the lint guards against")]
fn planted(fabric: &Fabric) -> Duration {
    if fabric.planted != Some(Planted::HashMapOrder) {
        return Duration::ZERO;
    }
    let ready: std::collections::HashMap<u32, ()> = (0..16).map(|n| (n, ())).collect();
    fabric.tick * ready.keys().next().copied().unwrap_or_default()
}
