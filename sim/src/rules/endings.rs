//! Rule 7: what waits for something ends when that has ended.
//!
//! What the trace can show of it, each at the end of the run:
//!
//! - A relay whose ICA host and whose Receiver have both closed is closed as well.
//! - A session at an ICA host whose relay is closed is closed as well.
//! - A log-in has led to a session, a question or a refusal.
//!
//! The last close must be [`ENDS_WITHIN`] back (for log-ins the try [`LOGIN_ENDS_WITHIN`]), else the end of the
//! run cut it off. Nothing is asked of relays and sessions that saw a fault: a lost goodbye is TCP's business, and
//! the idle limits' that follow hours later. A gateway whose process ended holds no log-in any more.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use gateway::audit;
use gateway_mocks::{ica_host, receiver};
use gateway_proto::host_port::HostPort;

use super::tickets::leads_to;
use super::{Broken, WAITS_END};
use crate::trace::{Event, Trace, What};

/// How long before the end of the run a goodbye must lie to be judged. A run ends when nothing has been under
/// way for twice this time, so that by then every goodbye has arrived, whatever the latency.
pub const ENDS_WITHIN: Duration = Duration::from_millis(50);
/// How long a log-in may be without an answer: longer than every try at every RADIUS server.
pub const LOGIN_ENDS_WITHIN: Duration = Duration::from_secs(120);

pub(super) fn check(trace: &Trace) -> Vec<Broken> {
    let ended = |at: Duration, within: Duration| at.saturating_add(within) <= trace.ended;
    let mut broken = Vec::new();
    let held = Held::of(trace);
    for relay in &held.relays {
        let host_closed = held.last_close.get(relay.host.as_str());
        let client_closed = held.last_close.get(relay.client.as_str());
        if let (Some(host_closed), Some(client_closed)) = (host_closed, client_closed)
            && held.sessions_at(&relay.host) < held.relays_to(&relay.host)
            && held.is_gone(&relay.client)
            && ended(*host_closed.max(client_closed), ENDS_WITHIN)
        {
            let awaited = format!("the end of this relay: {} and {} have closed", relay.client, relay.host);
            broken.push(Broken { rule: WAITS_END, event: relay.event, awaited });
        }
    }
    for session in &held.sessions {
        let relays_closed = held.last_relay_close.get(&session.host);
        if let Some(relays_closed) = relays_closed
            && held.relays_to(&session.host) < held.sessions_at(&session.host)
            && ended(*relays_closed, ENDS_WITHIN)
        {
            let awaited = "the end of this session: its relay is closed".to_owned();
            broken.push(Broken { rule: WAITS_END, event: session.event, awaited });
        }
    }
    for (event, at) in held.logins.values() {
        if ended(*at, LOGIN_ENDS_WITHIN) {
            let awaited = "a session, a question or a refusal for this log-in".to_owned();
            broken.push(Broken { rule: WAITS_END, event: *event, awaited });
        }
    }
    broken
}

/// A relay that is open, and saw no fault.
struct Relay {
    event: usize,
    gateway: String,
    peer: SocketAddr,
    client: String,
    host: String,
}

/// A session at an ICA host that is open, and saw no fault.
struct Session {
    event: usize,
    host: String,
    number: u64,
}

/// What is held at a moment of the run.
#[derive(Default)]
struct Held {
    relays: Vec<Relay>,
    sessions: Vec<Session>,
    /// Log-ins without an answer, by machine and user: event and time.
    logins: BTreeMap<(IpAddr, String), (usize, Duration)>,
    /// When a connection was last closed at a Receiver's machine or ICA host, by its name.
    last_close: BTreeMap<String, Duration>,
    /// When a relay to a host was last closed.
    last_relay_close: BTreeMap<String, Duration>,
    /// Relays opened for a machine, and connections it closed.
    counts: BTreeMap<String, (u64, u64)>,
}

impl Held {
    fn of(trace: &Trace) -> Self {
        let mut held = Self::default();
        for (event, entry) in trace.events.iter().enumerate() {
            match &entry.what {
                What::Gateway(what) => held.gateway(trace, event, entry, what),
                What::IcaHost(seen) => held.ica_host(event, entry, seen),
                What::Receiver(seen) => held.receiver(trace, entry, seen),
                What::Fault(fault) => {
                    held.relays.clear();
                    held.sessions.clear();
                    if fault.down.is_some() {
                        held.logins.clear();
                    }
                }
                _ => {}
            }
        }
        held
    }

    fn gateway(&mut self, trace: &Trace, event: usize, entry: &Event, what: &audit::Event) {
        match what {
            audit::Event::TunnelOpened { peer, host, .. } => {
                self.counts.entry(trace.name_of(peer.ip())).or_default().0 += 1;
                self.open(trace, event, entry, *peer, host);
            }
            audit::Event::TunnelResumed { peer, host, .. } => self.open(trace, event, entry, *peer, host),
            // Kept without a connection, by intention.
            audit::Event::TunnelSuspended { peer, .. } => drop(self.close(entry, *peer)),
            audit::Event::TunnelClosed { peer, .. } => {
                if let Some(relay) = self.close(entry, *peer) {
                    self.last_relay_close.insert(relay.host, entry.at);
                }
            }
            audit::Event::LoginTried { peer, user } => {
                self.logins.insert((peer.ip(), user.clone()), (event, entry.at));
            }
            audit::Event::SessionCreated { peer, .. }
            | audit::Event::ChallengeShown { peer, .. }
            | audit::Event::SessionDuplicate { peer, .. }
            | audit::Event::LoginRefused { peer, .. } => self.login_answered(peer.ip()),
            _ => {}
        }
    }

    fn open(&mut self, trace: &Trace, event: usize, entry: &Event, peer: SocketAddr, host: &HostPort) {
        let hosts = trace.names.values().find(|name| leads_to(trace, host, name));
        let host = hosts.cloned().unwrap_or_else(|| host.to_string());
        let (gateway, client) = (entry.host.clone(), trace.name_of(peer.ip()));
        self.relays.push(Relay { event, gateway, peer, client, host });
    }

    fn close(&mut self, entry: &Event, peer: SocketAddr) -> Option<Relay> {
        let is_it = |relay: &Relay| relay.peer == peer && relay.gateway == entry.host;
        let at = self.relays.iter().position(is_it)?;
        Some(self.relays.remove(at))
    }

    fn ica_host(&mut self, event: usize, entry: &Event, seen: &ica_host::Seen) {
        match seen {
            ica_host::Seen::Accepted { session, .. } => {
                self.sessions.push(Session { event, host: entry.host.clone(), number: *session });
            }
            // The session it is now; the one that waited for the client's hello is no more.
            ica_host::Seen::Reconnected { session, waiting, .. } => {
                self.sessions.retain(|held| !(held.host == entry.host && held.number == *waiting));
                self.sessions.push(Session { event, host: entry.host.clone(), number: *session });
            }
            // Kept without a relay, by intention.
            ica_host::Seen::Suspended { session, .. } => {
                self.sessions.retain(|held| !(held.host == entry.host && held.number == *session));
            }
            ica_host::Seen::Resumed { session, .. } => {
                self.sessions.push(Session { event, host: entry.host.clone(), number: *session });
            }
            ica_host::Seen::Closed { session, .. } => {
                self.sessions.retain(|held| !(held.host == entry.host && held.number == *session));
                self.last_close.insert(entry.host.clone(), entry.at);
            }
            _ => {}
        }
    }

    fn receiver(&mut self, trace: &Trace, entry: &Event, seen: &receiver::Seen) {
        match seen {
            receiver::Seen::Closed { .. } => {
                self.counts.entry(entry.host.clone()).or_default().1 += 1;
                self.last_close.insert(entry.host.clone(), entry.at);
            }
            // The client has given up, and the gateway may stop working for it without a word.
            receiver::Seen::Trouble { .. } => {
                let of_machine = |ip: &IpAddr| trace.name_of(*ip) == entry.host;
                self.logins.retain(|(ip, _), _| !of_machine(ip));
            }
            _ => {}
        }
    }

    /// The answer may name the user differently, so the machine decides: it has one log-in at a time.
    fn login_answered(&mut self, machine: IpAddr) {
        self.logins.retain(|(ip, _), _| *ip != machine);
    }

    fn sessions_at(&self, host: &str) -> usize {
        self.sessions.iter().filter(|session| session.host == host).count()
    }

    fn relays_to(&self, host: &str) -> usize {
        self.relays.iter().filter(|relay| relay.host == host).count()
    }

    /// Whether a machine has closed as many connections as it had relays.
    fn is_gone(&self, machine: &str) -> bool {
        self.counts.get(machine).is_some_and(|(opened, closed)| closed >= opened)
    }
}
