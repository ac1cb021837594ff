//! What the faults of a plan order of the world, and how they read in the story.

use std::time::Duration;

use super::stage::{Order, Stage};
use crate::scenario::plan::{ClockError, Datagrams, Direction, FaultKind};
use crate::scenario::time::{render, render_rate};
use crate::trace::FaultNote;
use crate::world::{DatagramFault, Drift, Path, Rate, WorldError};

/// Lets a fault begin.
pub(super) fn begin(stage: &mut dyn Stage, kind: &FaultKind) -> Result<FaultNote, WorldError> {
    let text = ordered(stage, kind)?;
    Ok(match downs(kind) {
        Some(host) => FaultNote::down(text, host),
        None => FaultNote::new(text),
    })
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

fn ordered(stage: &mut dyn Stage, kind: &FaultKind) -> Result<String, WorldError> {
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
        FaultKind::Bandwidth { link, rate } => {
            stage.order(Order::Bandwidth(path(link), Some(Rate(rate.value))))?;
            Ok(format!("{} carries {} a second and no more", name(link), render_rate(rate.value)))
        }
        FaultKind::Slice { link, bytes } => {
            stage.order(Order::Slice(path(link), usize::try_from(bytes.value).ok()))?;
            Ok(format!("streams {} arrive in pieces of {} bytes", name(link), bytes.value))
        }
        FaultKind::Truncate { link, bytes } => {
            stage.order(Order::Truncate(path(link), Some(bytes.value.into())))?;
            Ok(format!("streams {} end after {} bytes more", name(link), bytes.value))
        }
        FaultKind::Flip { link, nth } => {
            let nth = nth.as_ref().map_or(1, |nth| nth.value);
            stage.order(Order::Flip(path(link), Some(nth.into())))?;
            Ok(format!("byte {nth} of streams {} will be wrong", name(link)))
        }
        FaultKind::Stall { link } => {
            stage.order(Order::Stall(path(link)))?;
            Ok(format!("{} stalls", name(link)))
        }
        FaultKind::Cut { link } => {
            stage.order(Order::Cut(path(link)))?;
            Ok(format!("{} is cut", name(link)))
        }
        FaultKind::Blackhole { link } => {
            stage.order(Order::Blackhole(path(link)))?;
            Ok(format!("{} becomes a black hole", name(link)))
        }
        FaultKind::Reset { link } => {
            stage.order(Order::Reset(&link.from.value, &link.to.value))?;
            Ok(format!("connections {} are reset", name(link)))
        }
        FaultKind::HalfOpen { link: Direction { from, to, .. } } => {
            stage.order(Order::HalfOpen(&from.value, &to.value))?;
            Ok(format!("{} loses its connections with {}, which is not told", from.value, to.value))
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
        FaultKind::Pause { host } => {
            stage.order(Order::Pause(&host.value))?;
            Ok(format!("{} stands still", host.value))
        }
        FaultKind::ClockJump { host, by } => {
            stage.order(Order::ClockJump(&host.value, gains(by)))?;
            Ok(format!("the clock of {} jumps {}", host.value, told(by)))
        }
        FaultKind::ClockDrift { host, by, per } => {
            let drift = Drift { gains: gains(by), per: per.value };
            stage.order(Order::ClockDrift(&host.value, Some(drift)))?;
            Ok(format!("the clock of {} drifts {} per {}", host.value, told(by), render(per.value)))
        }
        FaultKind::DnsFail { host, whose } => {
            let whose = whose.as_ref().map(|whose| whose.value.as_str());
            stage.order(Order::LoseNames(&host.value, whose))?;
            Ok(format!("{} can't look up {}", host.value, whose.unwrap_or("any name")))
        }
        FaultKind::Lead { name, host } => {
            stage.order(Order::Lead(&name.value, Some(&host.value)))?;
            Ok(format!("{} leads to {}", name.value, host.value))
        }
        FaultKind::Reorder(which) => datagrams(stage, which, DatagramFault::Reorder, "overtaken"),
        FaultKind::Corrupt(which) => datagrams(stage, which, DatagramFault::Corrupt, "damaged"),
        FaultKind::Drop(which) => datagrams(stage, which, DatagramFault::Drop, "lost"),
        FaultKind::Duplicate(which) => datagrams(stage, which, DatagramFault::Duplicate, "doubled"),
        FaultKind::Delay { datagrams: which, by } => {
            datagrams(stage, which, DatagramFault::Delay(by.value.min), "late")
        }
    }
}

/// Ends a fault that has an end.
pub(super) fn end(stage: &mut dyn Stage, kind: &FaultKind) -> Result<FaultNote, WorldError> {
    undone(stage, kind).map(FaultNote::new)
}

fn undone(stage: &mut dyn Stage, kind: &FaultKind) -> Result<String, WorldError> {
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
        FaultKind::Bandwidth { link, .. } => {
            stage.order(Order::Bandwidth(path(link), None))?;
            Ok(format!("{} carries what comes", name(link)))
        }
        FaultKind::Slice { link, .. } => {
            stage.order(Order::Slice(path(link), None))?;
            Ok(format!("streams {} arrive as they were sent", name(link)))
        }
        FaultKind::Truncate { link, .. } => {
            stage.order(Order::Truncate(path(link), None))?;
            Ok(format!("streams {} are spared", name(link)))
        }
        FaultKind::Flip { link, .. } => {
            stage.order(Order::Flip(path(link), None))?;
            Ok(format!("streams {} are spared", name(link)))
        }
        // They are over when they have happened, and have no `for`.
        FaultKind::Reset { link } | FaultKind::HalfOpen { link } => {
            Ok(format!("{} is as before", name(link)))
        }
        FaultKind::Stall { link } => {
            stage.order(Order::Resume(path(link)))?;
            Ok(format!("{} flows again", name(link)))
        }
        FaultKind::Cut { link } | FaultKind::Blackhole { link } => {
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
        FaultKind::Pause { host } => {
            stage.order(Order::Unpause(&host.value))?;
            Ok(format!("{} goes on", host.value))
        }
        FaultKind::ClockJump { host, by } => {
            stage.order(Order::ClockJump(&host.value, -gains(by)))?;
            Ok(format!("the clock of {} jumps back again", host.value))
        }
        FaultKind::ClockDrift { host, .. } => {
            stage.order(Order::ClockDrift(&host.value, None))?;
            Ok(format!("the clock of {} drifts no more", host.value))
        }
        FaultKind::DnsFail { host, whose } => {
            let whose = whose.as_ref().map(|whose| whose.value.as_str());
            stage.order(Order::FindNames(&host.value, whose))?;
            Ok(format!("{} looks up {} again", host.value, whose.unwrap_or("names")))
        }
        FaultKind::Lead { name, .. } => {
            stage.order(Order::Lead(&name.value, None))?;
            Ok(format!("{} leads where it led before", name.value))
        }
        FaultKind::Drop(which)
        | FaultKind::Duplicate(which)
        | FaultKind::Reorder(which)
        | FaultKind::Corrupt(which)
        | FaultKind::Delay { datagrams: which, .. } => {
            stage.order(Order::DatagramsAsUsual(Path::one_way(&which.from.value, &which.to.value)))?;
            Ok(format!("datagrams {} → {} arrive as usual", which.from.value, which.to.value))
        }
    }
}

/// Milliseconds that a clock gains.
fn gains(by: &ClockError) -> i64 {
    let (ClockError::Ahead(time) | ClockError::Back(time)) = by;
    // Files write no time that does not fit.
    let milliseconds = i64::try_from(time.value.as_millis()).unwrap_or(i64::MAX);
    if matches!(by, ClockError::Ahead(_)) { milliseconds } else { -milliseconds }
}

fn told(by: &ClockError) -> String {
    match by {
        ClockError::Ahead(time) => format!("{} ahead", render(time.value)),
        ClockError::Back(time) => format!("{} back", render(time.value)),
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
