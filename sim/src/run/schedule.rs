//! The faults of a plan, as verbs of the world at their times: each begins, and each with a duration ends.

use std::time::Duration;

use crate::scenario::plan::{Datagrams, Direction, Fault, FaultKind, Plan};
use crate::trace::FaultNote;
use crate::world::{DatagramFault, Path, World, WorldError};

/// What is still to do, soonest first.
pub(super) struct Schedule {
    due: Vec<(Duration, Change)>,
}

enum Change {
    Begin(Fault),
    End(Fault),
}

impl Schedule {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut due = Vec::new();
        for fault in &plan.faults {
            due.push((fault.at.value, Change::Begin(fault.clone())));
            if fault.lasts.is_some() {
                due.push((fault.ends(), Change::End(fault.clone())));
            }
        }
        // Stable: equal times keep the order of the file. Reversed, so that the soonest is popped first.
        due.sort_by_key(|(at, _)| *at);
        due.reverse();
        Self { due }
    }

    /// Does what is due at `now`, and says of each change how it reads.
    pub(super) fn apply(&mut self, world: &mut World, now: Duration) -> Vec<Result<FaultNote, String>> {
        let mut notes = Vec::new();
        while self.due.last().is_some_and(|(at, _)| *at <= now) {
            let Some((_, change)) = self.due.pop() else { break };
            let done = match &change {
                Change::Begin(fault) => begin(world, &fault.kind).map(|text| match downs(&fault.kind) {
                    Some(host) => FaultNote::down(text, host),
                    None => FaultNote::new(text),
                }),
                Change::End(fault) => end(world, &fault.kind).map(FaultNote::new),
            };
            notes.push(done.map_err(|error| error.to_string()));
        }
        notes
    }
}

/// The host whose process ends with the fault.
fn downs(kind: &FaultKind) -> Option<&str> {
    match kind {
        FaultKind::Crash { host } | FaultKind::PowerLoss { host } | FaultKind::Restart { host } => {
            Some(&host.value)
        }
        _ => None,
    }
}

fn path(link: &Direction) -> Path<'_> {
    let (from, to) = (link.from.value.as_str(), link.to.value.as_str());
    if link.one_way { Path::one_way(from, to) } else { Path::between(from, to) }
}

fn name(link: &Direction) -> String {
    let arrow = if link.one_way { "→" } else { "↔" };
    format!("{} {arrow} {}", link.from.value, link.to.value)
}

fn begin(world: &mut World, kind: &FaultKind) -> Result<String, WorldError> {
    match kind {
        FaultKind::Slow { link, by } => {
            world.slow(path(link), by.value.min)?;
            Ok(format!("{} becomes slower by {} ms", name(link), by.value.min.as_millis()))
        }
        FaultKind::Jitter { link, by } => {
            world.slow(path(link), by.value.min)?;
            world.jitter(path(link), by.value.max.saturating_sub(by.value.min))?;
            Ok(format!("{} jitters by up to {} ms", name(link), by.value.max.as_millis()))
        }
        FaultKind::Stall { link } => {
            world.stall(path(link))?;
            Ok(format!("{} stalls", name(link)))
        }
        FaultKind::Cut { link } => {
            world.cut(path(link))?;
            Ok(format!("{} is cut", name(link)))
        }
        FaultKind::Refuse { host, port } => {
            world.refuse(&host.value, port.as_ref().map(|port| port.value))?;
            Ok(format!("{} refuses connections", host.value))
        }
        FaultKind::Crash { host } => {
            world.crash(&host.value)?;
            Ok(format!("{} crashes", host.value))
        }
        FaultKind::PowerLoss { host } => {
            world.power_loss(&host.value)?;
            Ok(format!("{} loses power", host.value))
        }
        FaultKind::Restart { host } => {
            world.restart(&host.value)?;
            Ok(format!("{} restarts", host.value))
        }
        FaultKind::Drop(which) => datagrams(world, which, DatagramFault::Drop, "lost"),
        FaultKind::Duplicate(which) => datagrams(world, which, DatagramFault::Duplicate, "doubled"),
        FaultKind::Delay { datagrams: which, by } => {
            datagrams(world, which, DatagramFault::Delay(by.value.min), "late")
        }
    }
}

fn end(world: &mut World, kind: &FaultKind) -> Result<String, WorldError> {
    match kind {
        FaultKind::Slow { link, .. } => {
            world.slow(path(link), Duration::ZERO)?;
            Ok(format!("{} is as fast as before", name(link)))
        }
        FaultKind::Jitter { link, .. } => {
            world.slow(path(link), Duration::ZERO)?;
            world.jitter(path(link), Duration::ZERO)?;
            Ok(format!("{} is steady again", name(link)))
        }
        FaultKind::Stall { link } => {
            world.resume(path(link))?;
            Ok(format!("{} flows again", name(link)))
        }
        FaultKind::Cut { link } => {
            world.heal(path(link))?;
            Ok(format!("{} is whole again", name(link)))
        }
        FaultKind::Refuse { host, port } => {
            world.admit(&host.value, port.as_ref().map(|port| port.value))?;
            Ok(format!("{} accepts connections again", host.value))
        }
        FaultKind::Crash { host } | FaultKind::PowerLoss { host } | FaultKind::Restart { host } => {
            world.restart(&host.value)?;
            Ok(format!("{} is back", host.value))
        }
        FaultKind::Drop(which) | FaultKind::Duplicate(which) | FaultKind::Delay { datagrams: which, .. } => {
            world.datagrams_as_usual(Path::one_way(&which.from.value, &which.to.value))?;
            Ok(format!("datagrams {} → {} arrive as usual", which.from.value, which.to.value))
        }
    }
}

fn datagrams(
    world: &mut World,
    which: &Datagrams,
    fault: DatagramFault,
    reads: &str,
) -> Result<String, WorldError> {
    let (nth, count) = which.range();
    world.datagrams(Path::one_way(&which.from.value, &which.to.value), fault, nth, count)?;
    let how_many = match (nth, count) {
        (nth, 1) => format!("datagram {nth}"),
        (1, u64::MAX) => "all datagrams".to_owned(),
        (nth, u64::MAX) => format!("datagrams from {nth} on"),
        (nth, count) => format!("datagrams {nth} to {}", nth.saturating_add(count - 1)),
    };
    Ok(format!("{how_many} {} → {} will be {reads}", which.from.value, which.to.value))
}
