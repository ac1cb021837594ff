//! Expectations over the run, besides those among the steps of a receiver.
//!
//! Each is one claim in one stretch of time. A claim that was never checked is vacuous, and that is a failure.

use std::time::Duration;

use super::{Tallied, Tally};
use crate::scenario::source::{Span, Spanned};

/// One claim, and when it must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// What the file calls the block it stands in.
    pub label: Option<Spanned<String>>,
    /// When it must hold.
    pub when: When,
    /// What must hold.
    pub claim: Claim,
    /// The whole statement.
    pub span: Span,
}

/// The stretch of a run in which a claim must hold.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// Events of the whole run; counters and pages at its end.
    Run,
    /// Events between the two times; counters and pages at `to`.
    Between {
        /// Virtual time since the start of the run.
        from: Spanned<Duration>,
        /// Virtual time since the start of the run, later than `from`.
        to: Spanned<Duration>,
    },
    /// At every moment of the run (counters and sessions only).
    Always,
    /// At some moment before `within` has passed since `after`.
    Eventually {
        /// What the time is counted from.
        after: HealPoint,
        /// How long it may take.
        within: Spanned<Duration>,
    },
}

/// What `eventually` counts from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HealPoint {
    /// The end of the last fault; its beginning when it has no end.
    #[default]
    Heal,
    /// The start of the run.
    Start,
}

/// What must hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// An event happened, as often as said.
    Event {
        /// Which.
        pattern: EventPattern,
        /// How often; at least once when absent.
        count: Option<Spanned<CountRange>>,
    },
    /// An event did not happen.
    NoEvent(EventPattern),
    /// An entry of the gateway's audit log was written, as often as said.
    Audit {
        /// Which. `kind` is the audit event's name.
        pattern: EventPattern,
        /// How often; at least once when absent.
        count: Option<Spanned<CountRange>>,
    },
    /// An entry of the gateway's audit log was not written.
    NoAudit(EventPattern),
    /// Counters of a host.
    Counters {
        /// Kind of host.
        kind: HostKind,
        /// The host.
        host: Spanned<String>,
        /// Counter and the values it may have.
        counters: Vec<(Spanned<Counter>, Spanned<CountRange>)>,
    },
    /// What was counted of a policy or a variable.
    Tally {
        /// Which.
        of: Tallied,
        /// At this gateway; at any when absent.
        host: Option<Spanned<String>>,
        /// What was counted and the values it may have.
        counts: Vec<(Spanned<Tally>, Spanned<CountRange>)>,
    },
    /// Live sessions of one user (of all users when absent) at a gateway.
    Sessions {
        /// The gateway.
        gateway: Spanned<String>,
        /// The user.
        user: Option<Spanned<String>>,
        /// How many there may be.
        count: CountRange,
    },
    /// The last page a receiver got.
    Page {
        /// The receiver's machine.
        receiver: Spanned<String>,
        /// What is known of it.
        page: PageClaim,
    },
    /// Events happened in this order (others may lie between).
    Order(Vec<EventPattern>),
}

impl Claim {
    /// The events it is about.
    pub fn patterns(&self) -> &[EventPattern] {
        match self {
            Self::Event { pattern, .. } | Self::Audit { pattern, .. } => std::slice::from_ref(pattern),
            Self::NoEvent(pattern) | Self::NoAudit(pattern) => std::slice::from_ref(pattern),
            Self::Order(patterns) => patterns,
            Self::Counters { .. } | Self::Tally { .. } | Self::Sessions { .. } | Self::Page { .. } => &[],
        }
    }
}

/// An HTTP answer. What is absent is not compared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageClaim {
    /// Status code.
    pub status: Option<Spanned<u16>>,
    /// A header line, `Name: value`; with the name alone the header must be there.
    pub header: Option<Spanned<String>>,
    /// Text that is part of the body.
    pub body: Option<Spanned<String>>,
    /// The `Location` header, exactly.
    pub redirect: Option<Spanned<String>>,
    /// The stable reason code the page shows.
    pub reason: Option<Spanned<String>>,
}

/// Events of one kind with certain fields.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPattern {
    /// Kind of the event, as the trace names it: `ticket.redeemed`.
    pub kind: Spanned<String>,
    /// The host it happened at.
    pub host: Option<Spanned<String>>,
    /// Fields and the values they have, compared as text.
    pub fields: Vec<FieldMatch>,
    /// The whole statement.
    pub span: Span,
}

impl EventPattern {
    /// The kind of event by which a receiver tells its steps.
    pub const STEP: &str = "step";
    /// The field of that event which holds the name of a mark.
    pub const MARK: &str = "mark";

    /// A receiver reaches a mark.
    pub fn mark(name: Spanned<String>, span: Span) -> Self {
        let place = name.place();
        let field = FieldMatch { name: Spanned::new(Self::MARK.to_owned(), place), value: name };
        let kind = Spanned::new(Self::STEP.to_owned(), place);
        Self { kind, host: None, fields: vec![field], span }
    }

    /// The marks it names.
    pub fn marks(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.fields.iter().filter(|field| field.name.value == Self::MARK).map(|field| &field.value)
    }
}

/// One field of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldMatch {
    /// The field's name in the trace.
    pub name: Spanned<String>,
    /// Its value as the trace writes it.
    pub value: Spanned<String>,
}

/// Kinds of hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostKind {
    /// The gateway.
    Gateway,
    /// A StoreFront server.
    Storefront,
    /// An XML broker.
    Broker,
    /// A secure ticket authority.
    Sta,
    /// A RADIUS server.
    Radius,
    /// A directory server.
    Ldap,
    /// An Anakam.TFA server.
    Anakam,
    /// A syslog collector.
    Syslog,
    /// An ICA host.
    IcaHost,
    /// A machine with a Receiver; it counts nothing.
    Receiver,
}

/// What hosts count. Which kind counts what is in the language's table of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Sessions alive now (gateway; ICA host).
    Sessions,
    /// Tunnels open now (gateway).
    Tunnels,
    /// Requests received (StoreFront, broker, RADIUS, directory).
    Requests,
    /// Messages received (syslog).
    Messages,
    /// Connections accepted (ICA host).
    Connections,
    /// Call-backs made (StoreFront).
    CallBacks,
    /// ICA files handed out (StoreFront).
    Launches,
    /// Tickets issued (STA).
    Issued,
    /// Tickets redeemed (STA).
    Redeemed,
    /// Redemptions turned down (STA).
    Refused,
    /// Access-Accepts sent (RADIUS).
    Accepts,
    /// Access-Rejects sent (RADIUS).
    Rejects,
    /// Access-Challenges sent (RADIUS).
    Challenges,
    /// Sessions that session reliability keeps without a connection now (ICA host).
    Suspended,
    /// Sessions resumed (ICA host).
    Resumed,
    /// Sessions gone on with by auto client reconnect (ICA host).
    Reconnected,
}

/// A count, or a range of counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountRange {
    /// At least.
    pub min: u64,
    /// At most.
    pub max: u64,
}

impl CountRange {
    /// Whether a count lies within.
    pub fn contains(self, count: u64) -> bool {
        (self.min..=self.max).contains(&count)
    }
}
