//! The network model: when each message arrives.
//!
//! Every turmoil link is on `hold` for the whole run, so nothing arrives until this file says so. After each
//! step new messages are found and stamped with the time they are due; before each step those that are due
//! are delivered. What a message is due depends on the seed, its direction and its number on that direction,
//! and on nothing else: one message more here moves no message there.
//!
//! Not modelled: loss of single TCP segments (TCP hides it), traffic of a host with itself (turmoil delivers it one
//! step later).

use std::net::SocketAddr;
use std::time::Duration;

use turmoil::{Protocol, Segment};

use super::Planted;
use super::datagrams::Pass;
use super::fabric::{Fabric, HostId};
use super::limits::APART;

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
    /// Of a datagram.
    pass: Pass,
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
                    let (kind, bytes) = kind(message.protocol());
                    let pass = match kind {
                        Kind::Datagram => fabric.direction(from, to).datagrams.next_pass(),
                        _ => Pass::default(),
                    };
                    let due = sent_at + travel(fabric, kind, from, to, sent_at, bytes) + pass.delay;
                    let due = due.max(link.floor(fabric, kind, (from, to), (source, target)));
                    let is_lost =
                        powerless == Some(from) || kind.is_of_stream() && !fabric.sends(source, target);
                    let fate = if is_lost { Fate::Lost } else { Fate::Open };
                    link.waiting.push(Waiting { due, kind, from, to, source, target, fate, pass });
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
                    if waiting.due > now || waiting.fate != Fate::Open || !waiting.may_arrive(fabric) {
                        continue;
                    }
                    match fabric.gate(waiting.from, waiting.to, waiting.kind) {
                        Gate::Closed => {}
                        Gate::Open if !waiting.is_unknown(fabric) => {
                            message.deliver();
                            waiting.fate = Fate::Delivered;
                            match waiting.kind {
                                Kind::Reset => fabric.reset_arrives(waiting.source, waiting.target),
                                Kind::Datagram => {
                                    fabric
                                        .direction(waiting.from, waiting.to)
                                        .datagrams
                                        .arrived(waiting.pass);
                                }
                                Kind::Syn | Kind::Sequenced => {}
                            }
                        }
                        Gate::Open | Gate::NoProcess => {
                            waiting.fate = Fate::Answered;
                            if waiting.kind == Kind::Sequenced {
                                let back = fabric.direction(waiting.to, waiting.from).travel(now, 0);
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
    /// Whether it may arrive as far as other messages are concerned.
    fn may_arrive(&self, fabric: &mut Fabric) -> bool {
        self.kind != Kind::Datagram || fabric.direction(self.from, self.to).datagrams.may_arrive(self.pass)
    }

    /// Whether nobody at its target knows the stream it belongs to.
    fn is_unknown(&self, fabric: &Fabric) -> bool {
        self.kind.is_of_stream() && fabric.is_forgotten(self.source, self.target)
    }
}

impl Link {
    /// Segments of one stream arrive in order; the last one's time is the earliest for the next.
    fn floor(
        &self,
        fabric: &mut Fabric,
        kind: Kind,
        (from, to): (HostId, HostId),
        stream: (SocketAddr, SocketAddr),
    ) -> Duration {
        if !kind.is_of_stream() {
            return Duration::ZERO;
        }
        let same = |waiting: &&Waiting| (waiting.source, waiting.target) == stream;
        let sliced = fabric.direction(from, to).tampering.is_sliced();
        let gap = if sliced { APART } else { Duration::ZERO };
        self.waiting.iter().rev().find(same).map_or(Duration::ZERO, |last| last.due + gap)
    }
}

/// What a message is, and how many bytes it carries.
fn kind(protocol: &Protocol) -> (Kind, usize) {
    match protocol {
        Protocol::Tcp(Segment::Syn(_)) => (Kind::Syn, 0),
        Protocol::Tcp(Segment::Data(_, bytes)) => (Kind::Sequenced, bytes.len()),
        Protocol::Tcp(Segment::Fin(_)) => (Kind::Sequenced, 0),
        Protocol::Tcp(Segment::Rst) => (Kind::Reset, 0),
        Protocol::Udp(datagram) => (Kind::Datagram, datagram.0.len()),
    }
}

fn travel(
    fabric: &mut Fabric,
    kind: Kind,
    from: HostId,
    to: HostId,
    now: Duration,
    bytes: usize,
) -> Duration {
    let there = fabric.direction(from, to).travel(now, bytes) + planted(fabric);
    match kind {
        // turmoil has no SYN-ACK: `connect` ends when the SYN is accepted. So the SYN takes the whole
        // round trip. A client that runs before its server in a step sees that in the next one.
        Kind::Syn => {
            let round_trip = there + fabric.direction(to, from).travel(now, 0);
            if from < to { round_trip.saturating_sub(fabric.tick) } else { round_trip }
        }
        Kind::Datagram | Kind::Sequenced | Kind::Reset => there,
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
