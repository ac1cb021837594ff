//! What happened in a run: one typed list of events, written once, rendered many ways.
//!
//! Everything that can be seen becomes an [`Event`]: what the gateway decided, what each mock sent and received,
//! what went wrong by order, which step a Receiver took. [`story`] makes prose of it, [`json`] makes lines for
//! machines, [`mermaid`] draws them, [`difference`] tells two runs apart. Opaque values get stable names from [`naming`]; secrets
//! have no way in, because [`Tell`] gives lines that hold none.
//!
//! What it is not: the digest. The digest covers bytes, belongs to [`world`](crate::world) and is never stored.
//!
//! Specification: ours.

pub mod difference;
pub(crate) mod flow;
pub mod json;
pub mod mermaid;
pub mod naming;
mod recorder;
pub mod story;
pub mod vocabulary;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use gateway_mocks::{anakam, broker, ica_host, ldap, radius, receiver, sta, storefront, syslog};
use gateway_rt::{Line, Tell, Told};

use crate::scenario::plan::EventPattern;

pub use self::recorder::{EVENTS_MAX, Recorder};

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// Virtual time since the start of the run.
    pub at: Duration,
    /// Where: a name of the scenario file.
    pub host: String,
    /// What.
    pub what: What,
}

/// What happened, in the type of whoever told it.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The gateway decided something.
    Gateway(gateway::audit::Event),
    /// A Receiver did or saw something.
    Receiver(receiver::Seen),
    /// A StoreFront server saw a message.
    StoreFront(storefront::Seen),
    /// An XML broker saw a message.
    Broker(broker::Seen),
    /// A secure ticket authority saw a message.
    Sta(sta::Seen),
    /// A RADIUS server saw a datagram.
    Radius(radius::Seen),
    /// A directory server saw a message.
    Ldap(ldap::Seen),
    /// An Anakam.TFA server saw a request.
    Anakam(anakam::Seen),
    /// A syslog collector got a message.
    Syslog(syslog::Seen),
    /// An ICA host saw a connection or its bytes.
    IcaHost(ica_host::Seen),
    /// Something went wrong, or was mended, because the scenario says so.
    Fault(FaultNote),
    /// A Receiver begins a step.
    Step(StepNote),
    /// Something the runner wants to be read.
    Note(String),
}

/// A fault begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultNote {
    /// How it reads: `cut laptop / gw`.
    pub text: String,
    /// The host whose process ends with it, if one does: what it held ends untold.
    pub down: Option<String>,
}

impl FaultNote {
    /// A fault that ends no process.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), down: None }
    }

    /// A fault that ends the process of `host`.
    pub fn down(text: impl Into<String>, host: &str) -> Self {
        Self { text: text.into(), down: Some(host.to_owned()) }
    }
}

/// A step of a Receiver begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepNote {
    /// Its line in the scenario file, from 1.
    pub line: usize,
    /// How it reads: `login`.
    pub text: String,
    /// The mark it is, if it is one.
    pub mark: Option<String>,
}

impl What {
    /// The event as stories, expectations and JSON see it.
    pub fn tell(&self) -> Told {
        match self {
            Self::Gateway(event) => event.tell(),
            Self::Receiver(seen) => seen.tell(),
            Self::StoreFront(seen) => seen.tell(),
            Self::Broker(seen) => seen.tell(),
            Self::Sta(seen) => seen.tell(),
            Self::Radius(seen) => seen.tell(),
            Self::Ldap(seen) => seen.tell(),
            Self::Anakam(seen) => seen.tell(),
            Self::Syslog(seen) => seen.tell(),
            Self::IcaHost(seen) => seen.tell(),
            Self::Fault(note) => Told::here("fault", Line::new(&note.text)),
            Self::Step(note) => note.tell(),
            Self::Note(text) => Told::here("note", Line::new(text)),
        }
    }
}

macro_rules! from_tellers {
    ($($variant:ident: $type:ty),* $(,)?) => {
        $(impl From<$type> for What {
            fn from(event: $type) -> Self {
                Self::$variant(event)
            }
        })*
    };
}

from_tellers! {
    Gateway: gateway::audit::Event,
    Receiver: receiver::Seen,
    StoreFront: storefront::Seen,
    Broker: broker::Seen,
    Sta: sta::Seen,
    Radius: radius::Seen,
    Ldap: ldap::Seen,
    Anakam: anakam::Seen,
    Syslog: syslog::Seen,
    IcaHost: ica_host::Seen,
    Fault: FaultNote,
    Step: StepNote,
}

impl Tell for StepNote {
    fn tell(&self) -> Told {
        let told = Told::here(EventPattern::STEP, Line::new(&self.text)).with("line", self.line as u64);
        match &self.mark {
            Some(mark) => told.with(EventPattern::MARK, mark.as_str()),
            None => told,
        }
    }
}

/// Everything that happened in a run.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The events in the order in which they happened.
    pub events: Vec<Event>,
    /// Which address is whose. Peers that are not in it are shown by address.
    pub names: BTreeMap<IpAddr, String>,
    /// Virtual time at which recording stopped.
    pub ended: Duration,
    /// Events past [`EVENTS_MAX`], of which nothing is known.
    pub dropped: u64,
}

impl Trace {
    /// The name of the host at an address; the address itself when it belongs to no host.
    pub fn name_of(&self, address: IpAddr) -> String {
        self.names.get(&address).cloned().unwrap_or_else(|| address.to_string())
    }
}
