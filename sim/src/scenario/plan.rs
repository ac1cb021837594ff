//! The typed plan: what one scenario says, with every value still knowing where it was written.
//!
//! Runner, formatter, shrinker and reports know only this. It is data: nothing here resolves a name,
//! opens a file or knows a network. Names have been checked by `scenario::check` before a plan leaves
//! [`load`](super::load), so a runner may rely on every host, user and app it names being in the world.
//!
//! A value the file left out is `None`; the default belongs to whoever uses it (the gateway's limits, the
//! mock's own), unless the field says otherwise.
//!
//! Specification: ours (docs/scenario-language.md).

mod anakam;
mod expectations;
mod faults;
mod gateway;
mod keyword;
mod ldap;
mod misbehaviour;
mod names;
mod policies;
mod radius;
mod second;
mod steps;
mod syslog;
mod world;

use std::time::Duration;

pub use self::anakam::{AnakamServer, AnakamUser};
pub use self::expectations::{
    Claim, CountRange, Counter, EventPattern, Expectation, FieldMatch, HealPoint, HostKind, PageClaim, When,
};
pub use self::faults::{Begin, ClockError, Datagrams, Direction, Fault, FaultKind};
pub use self::gateway::{
    DuplicateSessions, FirstFactor, Gateway, GatewayLimits, Mode, Severity, SmartAccess, StateStore,
};
pub(crate) use self::keyword::FactorKind;
pub use self::keyword::Keyword;
pub use self::ldap::{LdapAccount, LdapGroup, LdapSecurity, LdapServer, LdapUser};
pub use self::misbehaviour::{Misbehaviour, MisbehaviourKind, Operation};
pub use self::names::Domains;
pub use self::policies::{CalloutRoute, Policies, PolicyPage, Tallied, Tally};
pub use self::radius::{RadiusRound, RadiusServer, RadiusUser};
pub(crate) use self::second::SecondKind;
pub use self::second::{Accounting, Delivery, FirstRequest, SecondBy, SecondFactor};
pub use self::steps::{
    Agent, FormField, FormValue, HeaderField, HexBytes, Payload, Receiver, Request, SocksTarget, Step,
    StepExpectation, StepKind,
};
pub use self::syslog::{Collector, CollectorTransport};
pub use self::world::{
    App, Broker, IcaHost, LatencyRange, Link, Machine, Server, Sta, StaVersion, Storefront, User, World,
};
use super::source::{Span, Spanned};

/// Virtual time a run may take when the scenario sets no `limit`.
pub const LIMIT_DEFAULT: Duration = Duration::from_secs(60);
/// Most sessions an ICA host may be given: what the mock takes.
pub const ICA_SESSIONS_MAX: u32 = 5_000;
/// Most receivers side by side on one machine: each needs some ports of it, and a machine has 45 000.
pub const CROWD_MAX: u32 = 5_000;
/// Length of one step of the simulated clock when the scenario sets no `tick`.
pub const TICK_DEFAULT: Duration = Duration::from_millis(1);
/// Wall-clock time at which a run starts when the scenario sets no `start`: 2026-01-01T00:00:00Z, in seconds
/// since 1970.
pub const START_DEFAULT_UNIX_SECONDS: u64 = 1_767_225_600;

/// What a run in the real world is compared by.
#[derive(Debug, Clone, PartialEq)]
pub struct RealWorld {
    /// What is compared.
    pub compare: Spanned<Compared>,
    /// Why not more.
    pub why: Spanned<String>,
}

/// See [`RealWorld`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Only whether it holds: real time orders events otherwise.
    Verdict,
    /// Nothing; it is not run there.
    Nothing,
}

/// One concrete scenario: a file without a matrix gives one, a file with a matrix one for each combination.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The title, as written.
    pub title: Spanned<String>,
    /// The combination of matrix values this plan stands for, in the order of the file; empty without a matrix.
    pub variant: Vec<(String, String)>,
    /// Product rows the scenario covers (`ica-01`).
    pub covers: Vec<Spanned<String>>,
    /// Length of one step of the simulated clock.
    pub tick: Duration,
    /// Wall-clock time at which the run starts, in seconds since 1970.
    pub start_unix_seconds: u64,
    /// The run fails when it has not ended after this much virtual time.
    pub limit: Duration,
    /// Whether the story of the run is compared with a stored one.
    pub snapshot: bool,
    /// What the real world has in common with the simulated one; verdict and story when absent.
    pub real_world: Option<RealWorld>,
    /// Hosts, users, links.
    pub world: World,
    /// What each receiver does, in the order of the file. Receivers run side by side.
    pub receivers: Vec<Receiver>,
    /// What goes wrong, in the order of the file.
    pub faults: Vec<Fault>,
    /// What must hold besides the expectations among the steps.
    pub expectations: Vec<Expectation>,
    /// The whole scenario statement.
    pub span: Span,
}

impl Plan {
    /// Title and variant as one line: `duplicate log-ins [policy=deny]`.
    pub fn label(&self) -> String {
        if self.variant.is_empty() {
            return self.title.value.clone();
        }
        format!("{} [{}]", self.title.value, self.values().join(" "))
    }

    /// The marks among the steps of all receivers.
    pub fn marks(&self) -> impl Iterator<Item = &Spanned<String>> {
        let steps = self.receivers.iter().flat_map(|receiver| &receiver.steps);
        steps.filter_map(|step| match &step.kind {
            StepKind::Mark(name) => Some(name),
            _ => None,
        })
    }

    /// Every event that faults wait for or expectations name.
    pub fn patterns(&self) -> impl Iterator<Item = &EventPattern> {
        let awaited = self.faults.iter().filter_map(|fault| match &fault.begin {
            Begin::On { pattern, .. } => Some(pattern),
            Begin::At(_) => None,
        });
        awaited.chain(self.expectations.iter().flat_map(|expectation| expectation.claim.patterns()))
    }

    /// The combination of matrix values on one line each: `policy=deny`; control characters as escapes.
    pub fn values(&self) -> Vec<String> {
        let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
        let pair = |(name, value): &(String, String)| {
            let value: String = value.chars().map(shown).collect();
            format!("{name}={value}")
        };
        self.variant.iter().map(pair).collect()
    }
}
