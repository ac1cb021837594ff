//! What came close to an awaited event: the same kind, at another time or elsewhere.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::render::seconds;
use crate::trace::naming::Names;
use crate::trace::{Event, Trace};

/// How many events are shown.
const SHOWN_MAX: usize = 3;

/// The events that come closest to one of `kind` at `host` (anywhere, without one) within `window`, each with
/// what is wrong with it. When there is none of this kind, the last events before the window's end.
pub fn nearest(
    trace: &Trace,
    kind: &str,
    host: Option<&str>,
    window: &RangeInclusive<Duration>,
) -> Vec<String> {
    let names = Names::of(trace);
    let mut close: Vec<(Duration, &Event)> = trace
        .events
        .iter()
        .filter(|event| event.what.tell().kind == kind)
        .map(|event| (distance(event.at, window), event))
        .collect();
    if close.is_empty() {
        let before: Vec<&Event> = trace.events.iter().filter(|event| event.at <= *window.end()).collect();
        let last = before.iter().skip(before.len().saturating_sub(SHOWN_MAX));
        return last.map(|event| format!("{}: the last before", line(&names, event))).collect();
    }
    close.sort_by_key(|(distance, event)| (*distance, event.at));
    close.truncate(SHOWN_MAX);
    close
        .into_iter()
        .map(|(_, event)| format!("{}: {}", line(&names, event), flaw(event, host, window)))
        .collect()
}

/// An event in one line, without its peer.
pub(crate) fn line(names: &Names, event: &Event) -> String {
    format!("{}  {}  {}", seconds(event.at), event.host, names.line(&event.what.tell().line))
}

fn distance(at: Duration, window: &RangeInclusive<Duration>) -> Duration {
    if at > *window.end() { at - *window.end() } else { window.start().saturating_sub(at) }
}

fn flaw(event: &Event, host: Option<&str>, window: &RangeInclusive<Duration>) -> String {
    let off = distance(event.at, window);
    if event.at > *window.end() {
        format!("it happened {} s too late", seconds(off))
    } else if event.at < *window.start() {
        format!("it happened {} s too early", seconds(off))
    } else if host.is_some_and(|host| host != event.host) {
        format!("it happened at {}", event.host)
    } else {
        "it happened in time, but differs".to_owned()
    }
}
