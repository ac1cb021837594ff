//! Rules 1 and 2: what is connected is what a ticket led to, and a ticket leads there once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use gateway::audit::{self, Mark};
use gateway_mocks::{ica_host, sta};
use gateway_proto::host_port::HostPort;

use super::{Broken, TICKET_FIRST, TICKET_ONCE};
use crate::trace::{Trace, What};

pub(super) fn check(trace: &Trace) -> Vec<Broken> {
    let mut ledger = Ledger::new(trace);
    for (event, entry) in trace.events.iter().enumerate() {
        match &entry.what {
            What::Gateway(what) => ledger.gateway(event, what),
            What::Sta(seen) => ledger.sta(event, &entry.host, seen),
            What::IcaHost(
                ica_host::Seen::Accepted { .. }
                | ica_host::Seen::Refused { .. }
                | ica_host::Seen::TurnedAway { .. }
                | ica_host::Seen::Resumed { .. },
            ) => {
                ledger.connected(event, &entry.host);
            }
            _ => {}
        }
    }
    ledger.broken
}

/// A redeemed ticket and what may still be done with it.
struct Grant {
    ticket: Mark,
    host: HostPort,
    connection_left: bool,
    relay_left: bool,
}

struct Ledger<'t> {
    trace: &'t Trace,
    /// Addresses that STAs named.
    named: BTreeSet<String>,
    grants: Vec<Grant>,
    redeemed: BTreeSet<Mark>,
    /// Reconnect tickets.
    issued: BTreeSet<Mark>,
    /// The ticket each peer presented last at each STA.
    presented: BTreeMap<(String, SocketAddr), (String, Mark)>,
    /// Tickets STAs gave data for, by STA.
    answered: BTreeSet<(String, Mark)>,
    broken: Vec<Broken>,
}

impl<'t> Ledger<'t> {
    fn new(trace: &'t Trace) -> Self {
        Self {
            trace,
            named: BTreeSet::new(),
            grants: Vec::new(),
            redeemed: BTreeSet::new(),
            issued: BTreeSet::new(),
            presented: BTreeMap::new(),
            answered: BTreeSet::new(),
            broken: Vec::new(),
        }
    }

    fn gateway(&mut self, event: usize, what: &audit::Event) {
        match what {
            audit::Event::TicketRedeemed { ticket, host, .. } => {
                if !self.named.contains(&host.to_string()) {
                    self.breaks(TICKET_FIRST, event, "an STA that named this host before");
                }
                if !self.redeemed.insert(*ticket) {
                    self.breaks(TICKET_ONCE, event, "a ticket that was not redeemed before");
                }
                let (ticket, host) = (*ticket, host.clone());
                self.grants.push(Grant { ticket, host, connection_left: true, relay_left: true });
            }
            audit::Event::ReconnectTicketIssued { ticket, .. } => drop(self.issued.insert(*ticket)),
            // SR-136: the answer to its user may have been lost, or the ticket that took its place.
            audit::Event::ReconnectTicketRetried { ticket, host, .. } => {
                if !self.redeemed.contains(ticket) && !self.issued.contains(ticket) {
                    self.breaks(TICKET_FIRST, event, "a ticket that was redeemed or issued before");
                }
                let (ticket, host) = (*ticket, host.clone());
                self.grants.push(Grant { ticket, host, connection_left: true, relay_left: true });
            }
            audit::Event::TunnelOpened { ticket, host, .. }
            | audit::Event::TunnelResumed { ticket, host, .. } => {
                let fits =
                    |grant: &&mut Grant| grant.relay_left && grant.ticket == *ticket && grant.host == *host;
                match self.grants.iter_mut().find(fits) {
                    Some(grant) => grant.relay_left = false,
                    None => self.breaks(TICKET_FIRST, event, "this ticket redeemed for this host before"),
                }
            }
            _ => {}
        }
    }

    fn sta(&mut self, event: usize, sta: &str, seen: &sta::Seen) {
        match seen {
            sta::Seen::RequestData { peer, ticket } => {
                let presented = (sta.to_owned(), Mark::of(ticket.token()));
                self.presented.insert((sta.to_owned(), *peer), presented);
            }
            sta::Seen::Data { peer, data } => {
                let addresses = [&data.cgp_address, &data.ica_address, &data.ssl_relay_address];
                self.named.extend(addresses.into_iter().flatten().map(ToString::to_string));
                let again = match self.presented.remove(&(sta.to_owned(), *peer)) {
                    Some(presented) => !self.answered.insert(presented),
                    None => true,
                };
                if again {
                    self.breaks(TICKET_ONCE, event, "data for a ticket that was presented, and only once");
                }
            }
            _ => {}
        }
    }

    fn connected(&mut self, event: usize, ica_host: &str) {
        let trace = self.trace;
        let fits = |grant: &&mut Grant| grant.connection_left && leads_to(trace, &grant.host, ica_host);
        match self.grants.iter_mut().find(fits) {
            Some(grant) => grant.connection_left = false,
            None => {
                let awaited = format!("a redeemed ticket for {ica_host} before each connection to it");
                self.breaks(TICKET_FIRST, event, &awaited);
            }
        }
    }

    fn breaks(&mut self, rule: &'static str, event: usize, awaited: &str) {
        self.broken.push(Broken { rule, event, awaited: awaited.to_owned() });
    }
}

/// Whether an address that an STA named is that of a host: by name, by the first label of its name, or by
/// address.
pub(super) fn leads_to(trace: &Trace, address: &HostPort, host: &str) -> bool {
    let named = address.host();
    if let Ok(ip) = named.parse::<IpAddr>() {
        return trace.name_of(ip) == host;
    }
    let label = named.split('.').next().unwrap_or_default();
    named.eq_ignore_ascii_case(host) || label.eq_ignore_ascii_case(host)
}
