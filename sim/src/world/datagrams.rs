//! What happens to the datagrams of one direction of a link.

use std::collections::VecDeque;
use std::time::Duration;

/// What happens to a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatagramFault {
    /// It never arrives.
    Drop,
    /// It arrives twice.
    Duplicate,
    /// It arrives this much later than it would have.
    Delay(Duration),
    /// It arrives after the one that is sent next; not at all when there is none before the fault is undone.
    Reorder,
    /// One of its bits arrives as its opposite. Which one is drawn.
    Corrupt,
}

/// The datagrams of a direction, counted from 1 as they get onto the link.
pub(crate) struct Datagrams {
    key: [u8; 32],
    rules: Vec<Rule>,
    judged: u64,
    on_link: u64,
    /// Those up to this number wait for no other any more.
    overtaken: u64,
    /// Of those that got onto the link and were not asked for yet, in order.
    passes: VecDeque<Pass>,
}

/// A fault and how much of it is left.
struct Rule {
    fault: DatagramFault,
    spare: u64,
    left: u64,
}

/// How one datagram travels.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pass {
    pub(crate) number: u64,
    /// Beyond its latency.
    pub(crate) delay: Duration,
    /// Whether it lets the next one arrive first.
    pub(crate) yields: bool,
}

impl Datagrams {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self { key, rules: Vec::new(), judged: 0, on_link: 0, overtaken: 0, passes: VecDeque::new() }
    }

    /// From the `nth` one on (1 is the next one), `fault` happens to `count` datagrams.
    pub(crate) fn add_rule(&mut self, fault: DatagramFault, nth: u64, count: u64) {
        if count > 0 {
            self.rules.push(Rule { fault, spare: nth.saturating_sub(1), left: count });
        }
    }

    /// From here on nothing happens to them; what waits to be overtaken waits no more.
    pub(crate) fn clear_rules(&mut self) {
        self.rules.clear();
        self.overtaken = self.on_link;
    }

    /// Lets happen to the next one what is ordered. Gives how often it gets onto the link; `onto_link` is false when
    /// the link is cut, where nothing does. Each time has a [`Pass`].
    pub(crate) fn judge(&mut self, bytes: &mut [u8], onto_link: bool) -> usize {
        let (mut copies, mut pass) = (1, Pass::default());
        self.judged += 1;
        for rule in &mut self.rules {
            if rule.spare > 0 {
                rule.spare -= 1;
                continue;
            }
            rule.left -= 1;
            match rule.fault {
                DatagramFault::Drop => copies = 0,
                DatagramFault::Duplicate => copies *= 2,
                DatagramFault::Delay(by) => pass.delay += by,
                DatagramFault::Reorder => pass.yields = true,
                DatagramFault::Corrupt => flip_one(&self.key, self.judged, bytes),
            }
        }
        self.rules.retain(|rule| rule.left > 0);
        for _ in 0..if onto_link { copies } else { 0 } {
            self.on_link += 1;
            self.passes.push_back(Pass { number: self.on_link, ..pass });
        }
        copies
    }

    /// How the next one travels that got onto the link.
    pub(crate) fn next_pass(&mut self) -> Pass {
        self.passes.pop_front().unwrap_or_default()
    }

    /// Whether it may arrive as far as the others are concerned.
    pub(crate) fn may_arrive(&self, pass: Pass) -> bool {
        !pass.yields || pass.number <= self.overtaken
    }

    /// It has arrived: those before it have been overtaken.
    pub(crate) fn arrived(&mut self, pass: Pass) {
        self.overtaken = self.overtaken.max(pass.number.saturating_sub(1));
    }

    /// What was under way is lost.
    pub(super) fn cut(&mut self) {
        self.passes.clear();
    }
}

/// Turns over one bit, which the key of the link and the number of the datagram decide.
fn flip_one(key: &[u8; 32], number: u64, bytes: &mut [u8]) {
    let mut drawn = [0; 9];
    let hasher = &mut blake3::Hasher::new_keyed(key);
    hasher.update(b"corrupt").update(&number.to_le_bytes()).finalize_xof().fill(&mut drawn);
    let [bit, place @ ..] = drawn;
    let place = u64::from_le_bytes(place) % (bytes.len() as u64).max(1);
    if let Some(byte) = usize::try_from(place).ok().and_then(|place| bytes.get_mut(place)) {
        *byte ^= 1 << (bit % 8);
    }
}
