//! What a trace says about counters: how often something happened at a host up to a moment.
//!
//! Counters are sums over events, so a question about any moment of the past has an answer after the run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gateway::audit::{self, Mark, StateEvent};

use crate::scenario::plan::{Counter, EventPattern, HostKind, Tallied, Tally};
use crate::trace::{Event, Trace, What};
use gateway_rt::Field;

/// Events that add to a counter, and events that take from it.
struct Rule {
    up: &'static [&'static str],
    down: &'static [&'static str],
}

const fn count(up: &'static [&'static str]) -> Rule {
    Rule { up, down: &[] }
}

fn rule(kind: HostKind, counter: Counter) -> Rule {
    match (kind, counter) {
        (HostKind::Gateway, Counter::Sessions) => Rule { up: &["session.created"], down: &["session.ended"] },
        (_, Counter::Sessions) => {
            Rule { up: &["ica-host.opened", "ica-host.reconnected"], down: &["ica-host.closed"] }
        }
        (_, Counter::Suspended) => {
            let down = &["ica-host.resumed", "ica-host.given-up", "ica-host.released"];
            Rule { up: &["ica-host.suspended"], down }
        }
        (_, Counter::Resumed) => count(&["ica-host.resumed"]),
        (_, Counter::Reconnected) => count(&["ica-host.reconnected"]),
        // One that is suspended carries nothing, and is over or resumed later.
        (_, Counter::Tunnels) => {
            Rule { up: &["tunnel.opened", "tunnel.resumed"], down: &["tunnel.closed", "tunnel.suspended"] }
        }
        (HostKind::Storefront, Counter::Requests) => count(&["storefront.request"]),
        (HostKind::Broker, Counter::Requests) => count(&[
            "broker.request-apps",
            "broker.request-address",
            "broker.request-ticket",
            "broker.validate-credentials",
        ]),
        (HostKind::Ldap, Counter::Requests) => count(&["ldap.bind", "ldap.search"]),
        (HostKind::Anakam, Counter::Requests) => count(&["anakam.auth", "anakam.asked"]),
        (HostKind::Anakam, Counter::Challenges) => count(&["anakam.delivered"]),
        (HostKind::Anakam, Counter::Accepts) => count(&["anakam.authenticated"]),
        (HostKind::Anakam, Counter::Rejects) => count(&["anakam.refused"]),
        (_, Counter::Requests) => count(&["radius.access-request", "radius.duplicate"]),
        (_, Counter::Messages) => count(&["syslog.message"]),
        (_, Counter::Connections) => count(&["ica-host.accepted"]),
        (_, Counter::CallBacks) => count(&["storefront.call-back-sent"]),
        (_, Counter::Launches) => count(&["storefront.launched"]),
        (_, Counter::Issued) => count(&["sta.ticket-issued"]),
        (_, Counter::Redeemed) => count(&["sta.data"]),
        (_, Counter::Refused) => count(&["sta.refused"]),
        (_, Counter::Accepts) => count(&["radius.access-accept"]),
        (_, Counter::Rejects) => count(&["radius.access-reject"]),
        (_, Counter::Challenges) => count(&["radius.access-challenge"]),
    }
}

/// Every value the counter of `host` had up to `until`, with the moment it took it. The first is zero.
pub(super) fn values(
    trace: &Trace,
    kind: HostKind,
    host: &str,
    counter: Counter,
    until: Duration,
) -> Vec<(Duration, u64)> {
    if (kind, counter) == (HostKind::Gateway, Counter::Sessions) {
        // They may outlive the process.
        return sessions(trace, host, None, until);
    }
    let rule = rule(kind, counter);
    let mut value = 0_u64;
    let mut values = vec![(Duration::ZERO, 0)];
    for event in trace.events.iter().filter(|event| event.at <= until) {
        let kind = event.what.tell().kind;
        if !rule.down.is_empty() && ends_process(event, host) {
            value = 0;
        } else if event.host != host {
            continue;
        } else if rule.up.contains(&kind) {
            value += 1;
        } else if rule.down.contains(&kind) {
            value = value.saturating_sub(1);
        } else {
            continue;
        }
        values.push((event.at, value));
    }
    values
}

/// Whether an event is the end of the process of `host`: what it held is gone, and it can't say so.
fn ends_process(event: &Event, host: &str) -> bool {
    matches!(&event.what, What::Fault(fault) if fault.down.as_deref() == Some(host))
}

/// Every number of live sessions that `user` (or everybody) had at `gateway` up to `until`.
pub(super) fn sessions(
    trace: &Trace,
    gateway: &str,
    user: Option<&str>,
    until: Duration,
) -> Vec<(Duration, u64)> {
    let mut values = vec![(Duration::ZERO, 0)];
    let mut known: BTreeMap<Mark, &str> = BTreeMap::new();
    let mut live: BTreeSet<Mark> = BTreeSet::new();
    for event in trace.events.iter().filter(|event| event.at <= until) {
        if ends_process(event, gateway) {
            live.clear();
        } else if event.host == gateway
            && let What::Gateway(what) = &event.what
        {
            match what {
                audit::Event::SessionCreated { user, session, .. } => {
                    known.insert(*session, user);
                    live.insert(*session);
                }
                audit::Event::SessionEnded { session, .. } => _ = live.remove(session),
                audit::Event::State(StateEvent::Opened { sessions, .. }) => live.extend(sessions),
                _ => continue,
            }
        } else {
            continue;
        }
        let counts = |mark: &&Mark| user.is_none_or(|user| known.get(*mark).is_some_and(|of| *of == user));
        values.push((event.at, live.iter().filter(counts).count() as u64));
    }
    values
}

/// Every value that a count of policies had up to `until`, with the moment it took it.
pub(super) fn tally(
    trace: &Trace,
    of: &Tallied,
    tally: Tally,
    host: Option<&str>,
    until: Duration,
) -> Vec<(Duration, u64)> {
    let mut values = vec![(Duration::ZERO, 0)];
    let here = |event: &&Event| event.at <= until && host.is_none_or(|host| event.host == host);
    for event in trace.events.iter().filter(here) {
        let told = event.what.tell();
        let has = |name: &str, wanted: &str| {
            told.fields.iter().any(|(own, field)| *own == name && is(field, wanted))
        };
        let counted = match tally {
            Tally::Hits => told.kind == "policy.hit",
            Tally::Undefined => told.kind == "policy.undefined",
            Tally::Written => told.kind == "policy.assigned" && !has("operation", "clear"),
            Tally::Cleared => told.kind == "policy.assigned" && has("operation", "clear"),
        };
        let meant = match of {
            Tallied::Policy(name) => has("policy", &name.value),
            Tallied::Variable { name, key } => {
                has("variable", &name.value) && key.as_ref().is_none_or(|key| has("key", &key.value))
            }
        };
        if counted && meant {
            let next = values.last().map_or(1, |(_, value)| value + 1);
            values.push((event.at, next));
        }
    }
    values
}

/// Whether an event is one of the pattern. `client` stands for the host at the other end.
pub(super) fn matches(trace: &Trace, event: &Event, pattern: &EventPattern) -> bool {
    if pattern.host.as_ref().is_some_and(|host| host.value != event.host) {
        return false;
    }
    let told = event.what.tell();
    told.kind == pattern.kind.value
        && pattern.fields.iter().all(|wanted| {
            if wanted.name.value == "client" {
                return told.peer.is_some_and(|peer| trace.name_of(peer.ip()) == wanted.value.value);
            }
            told.fields
                .iter()
                .any(|(name, field)| *name == wanted.name.value && is(field, &wanted.value.value))
        })
}

fn is(field: &Field, wanted: &str) -> bool {
    match field {
        Field::Text(text) => text == wanted,
        Field::Number(number) => number.to_string() == wanted,
        Field::Opaque(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::plan::Keyword;
    use crate::trace::{FaultNote, samples};

    /// What a process held when it ended is gone, although it could not say so.
    #[test]
    fn a_crash_ends_what_the_host_held() {
        let mut events = samples::good_run();
        events.truncate(events.iter().position(|(_, what)| what.tell().kind == "tunnel.closed").unwrap());
        let open = |events: Vec<(&'static str, What)>| {
            let trace = samples::trace(events);
            let values = values(&trace, HostKind::Gateway, "gw", Counter::Tunnels, trace.ended);
            values.last().map(|(_, value)| *value)
        };
        assert_eq!(open(events.clone()), Some(1));
        events.push(("network", FaultNote::down("gw crashes", "gw").into()));
        assert_eq!(open(events), Some(0));
    }

    /// A counter over a kind that nobody tells would be zero for ever, and `at-most` would hold for ever.
    #[test]
    fn counters_count_events_that_exist() {
        let kinds = crate::trace::vocabulary::kinds();
        for (_, host) in HostKind::WORDS {
            for (word, counter) in Counter::WORDS {
                let rule = rule(*host, *counter);
                for kind in rule.up.iter().chain(rule.down) {
                    assert!(kinds.contains(kind), "{word} counts {kind}");
                }
            }
        }
    }
}
