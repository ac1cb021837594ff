//! Which events a story shows, and from whom to whom.
//!
//! A message is seen at both of its ends, and both may tell it. It is shown once: as the mock that serves it
//! tells it. So of StoreFront's conversations with broker and STA only the servers' words are shown, as soon as
//! such a server has said anything at all; one that is down says nothing, and then StoreFront's words are all
//! there is.

use std::collections::BTreeSet;

use gateway_rt::{Told, Way};

use super::{Event, Trace, What};

/// Who says an event to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// A message.
    Message {
        /// The sender's name.
        from: String,
        /// The addressee's name.
        to: String,
    },
    /// A decision, or something that concerns no message.
    At(String),
    /// A fault.
    Fault,
    /// A step of a Receiver begins.
    Heading(String),
}

/// What the whole trace says about who tells what.
pub(crate) struct Flows<'t> {
    trace: &'t Trace,
    servers: BTreeSet<&'t str>,
}

impl<'t> Flows<'t> {
    pub(crate) fn of(trace: &'t Trace) -> Self {
        let serves = |event: &&Event| matches!(event.what, What::Broker(_) | What::Sta(_));
        let servers = trace.events.iter().filter(serves).map(|event| event.host.as_str()).collect();
        Self { trace, servers }
    }

    /// How to show an event; `None` when another event shows the same.
    pub(crate) fn show(&self, event: &Event, told: &Told) -> Option<Flow> {
        match &event.what {
            What::Fault(_) => return Some(Flow::Fault),
            What::Step(_) => return Some(Flow::Heading(event.host.clone())),
            _ => {}
        }
        let host = event.host.clone();
        let Some(peer) = told.peer.map(|peer| self.trace.name_of(peer.ip())) else {
            return Some(Flow::At(host));
        };
        match told.way {
            Way::Here => Some(Flow::At(host)),
            Way::Sent | Way::Received if self.is_told_by_server(event, &peer) => None,
            Way::Sent => Some(Flow::Message { from: host, to: peer }),
            Way::Received => Some(Flow::Message { from: peer, to: host }),
        }
    }

    fn is_told_by_server(&self, event: &Event, peer: &str) -> bool {
        matches!(event.what, What::StoreFront(_)) && self.servers.contains(peer)
    }
}
