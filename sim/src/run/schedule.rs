//! The faults of a plan, as orders to the world at their times: each begins, and each with a duration ends.

use std::time::Duration;

use super::stage::{Order, Stage};
use crate::scenario::plan::{Datagrams, Direction, Fault, FaultKind, Plan};
use crate::trace::FaultNote;
use crate::world::{DatagramFault, Path, WorldError};

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
    pub(super) fn apply(&mut self, stage: &mut dyn Stage, now: Duration) -> Vec<Result<FaultNote, String>> {
        let mut notes = Vec::new();
        while self.due.last().is_some_and(|(at, _)| *at <= now) {
            let Some((_, change)) = self.due.pop() else { break };
            let done = match &change {
                Change::Begin(fault) => begin(stage, &fault.kind).map(|text| match downs(&fault.kind) {
                    Some(host) => FaultNote::down(text, host),
                    None => FaultNote::new(text),
                }),
                Change::End(fault) => end(stage, &fault.kind).map(FaultNote::new),
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

fn begin(stage: &mut dyn Stage, kind: &FaultKind) -> Result<String, WorldError> {
    match kind {
        FaultKind::Slow { link, by } => {
            stage.order(Order::Slow(path(link), by.value.min))?;
            Ok(format!("{} becomes slower by {} ms", name(link), by.value.min.as_millis()))
        }
        FaultKind::Jitter { link, by } => {
            stage.order(Order::Slow(path(link), by.value.min))?;
            stage.order(Order::Jitter(path(link), by.value.max.saturating_sub(by.value.min)))?;
            Ok(format!("{} jitters by up to {} ms", name(link), by.value.max.as_millis()))
        }
        FaultKind::Stall { link } => {
            stage.order(Order::Stall(path(link)))?;
            Ok(format!("{} stalls", name(link)))
        }
        FaultKind::Cut { link } => {
            stage.order(Order::Cut(path(link)))?;
            Ok(format!("{} is cut", name(link)))
        }
        FaultKind::Refuse { host, port } => {
            stage.order(Order::Refuse(&host.value, port.as_ref().map(|port| port.value)))?;
            Ok(format!("{} refuses connections", host.value))
        }
        FaultKind::Crash { host } => {
            stage.order(Order::Crash(&host.value))?;
            Ok(format!("{} crashes", host.value))
        }
        FaultKind::PowerLoss { host } => {
            stage.order(Order::PowerLoss(&host.value))?;
            Ok(format!("{} loses power", host.value))
        }
        FaultKind::Restart { host } => {
            stage.order(Order::Restart(&host.value))?;
            Ok(format!("{} restarts", host.value))
        }
        FaultKind::Drop(which) => datagrams(stage, which, DatagramFault::Drop, "lost"),
        FaultKind::Duplicate(which) => datagrams(stage, which, DatagramFault::Duplicate, "doubled"),
        FaultKind::Delay { datagrams: which, by } => {
            datagrams(stage, which, DatagramFault::Delay(by.value.min), "late")
        }
    }
}

fn end(stage: &mut dyn Stage, kind: &FaultKind) -> Result<String, WorldError> {
    match kind {
        FaultKind::Slow { link, .. } => {
            stage.order(Order::Slow(path(link), Duration::ZERO))?;
            Ok(format!("{} is as fast as before", name(link)))
        }
        FaultKind::Jitter { link, .. } => {
            stage.order(Order::Slow(path(link), Duration::ZERO))?;
            stage.order(Order::Jitter(path(link), Duration::ZERO))?;
            Ok(format!("{} is steady again", name(link)))
        }
        FaultKind::Stall { link } => {
            stage.order(Order::Resume(path(link)))?;
            Ok(format!("{} flows again", name(link)))
        }
        FaultKind::Cut { link } => {
            stage.order(Order::Heal(path(link)))?;
            Ok(format!("{} is whole again", name(link)))
        }
        FaultKind::Refuse { host, port } => {
            stage.order(Order::Admit(&host.value, port.as_ref().map(|port| port.value)))?;
            Ok(format!("{} accepts connections again", host.value))
        }
        FaultKind::Crash { host } | FaultKind::PowerLoss { host } | FaultKind::Restart { host } => {
            stage.order(Order::Restart(&host.value))?;
            Ok(format!("{} is back", host.value))
        }
        FaultKind::Drop(which) | FaultKind::Duplicate(which) | FaultKind::Delay { datagrams: which, .. } => {
            stage.order(Order::DatagramsAsUsual(Path::one_way(&which.from.value, &which.to.value)))?;
            Ok(format!("datagrams {} → {} arrive as usual", which.from.value, which.to.value))
        }
    }
}

fn datagrams(
    stage: &mut dyn Stage,
    which: &Datagrams,
    fault: DatagramFault,
    reads: &str,
) -> Result<String, WorldError> {
    let (nth, count) = which.range();
    stage.order(Order::Datagrams(Path::one_way(&which.from.value, &which.to.value), fault, nth, count))?;
    let how_many = match (nth, count) {
        (nth, 1) => format!("datagram {nth}"),
        (1, u64::MAX) => "all datagrams".to_owned(),
        (nth, u64::MAX) => format!("datagrams from {nth} on"),
        (nth, count) => format!("datagrams {nth} to {}", nth.saturating_add(count - 1)),
    };
    Ok(format!("{how_many} {} → {} will be {reads}", which.from.value, which.to.value))
}
