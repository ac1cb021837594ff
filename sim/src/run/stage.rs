//! What the runner needs of a world, whichever world it is: hosts, names, time, and what a scenario may order.
//!
//! Two worlds are stages: the simulated one ([`world`](crate::world)) and the real one ([`real`](crate::real)).
//! Both let time pass in steps, and orders take effect between two of them.
//!
//! Specification: ours.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_rt::{BoxFuture, Rt};

use crate::world::{DatagramFault, Drift, Latency, Panicked, Path, Rate, World, WorldError};

/// What a host does, from each of its starts on.
pub(crate) type Software = Box<dyn Fn(Rt) -> BoxFuture<'static, io::Result<()>>>;

/// Time since the start of a run, for whoever writes down what happens on the hosts.
pub(crate) type Stopwatch = Arc<dyn Fn() -> Duration + Send + Sync>;

/// What a scenario may order of a world. What each order means to peers is said in `world::faults`.
#[derive(Clone, Copy)]
pub(crate) enum Order<'a> {
    Latency(Path<'a>, Latency),
    Slow(Path<'a>, Duration),
    Jitter(Path<'a>, Duration),
    Bandwidth(Path<'a>, Option<Rate>),
    /// Most bytes at a time.
    Slice(Path<'a>, Option<usize>),
    /// After so many bytes.
    Truncate(Path<'a>, Option<u64>),
    /// In the n-th byte, from 1.
    Flip(Path<'a>, Option<u64>),
    Stall(Path<'a>),
    Resume(Path<'a>),
    Cut(Path<'a>),
    Heal(Path<'a>),
    /// Ends with [`Order::Heal`].
    Blackhole(Path<'a>),
    Reset(&'a str, &'a str),
    /// The host at which connections end, and the one that is not told.
    HalfOpen(&'a str, &'a str),
    /// At one port, or at every port.
    Refuse(&'a str, Option<u16>),
    Admit(&'a str, Option<u16>),
    Crash(&'a str),
    PowerLoss(&'a str),
    Restart(&'a str),
    Pause(&'a str),
    Unpause(&'a str),
    /// By so many milliseconds.
    ClockJump(&'a str, i64),
    ClockDrift(&'a str, Option<Drift>),
    /// At this host: those of another, or all.
    LoseNames(&'a str, Option<&'a str>),
    FindNames(&'a str, Option<&'a str>),
    /// A name leads to this host before the others behind it, or as at the start.
    Lead(&'a str, Option<&'a str>),
    /// From the n-th datagram on (1 is the next one), so many.
    Datagrams(Path<'a>, DatagramFault, u64, u64),
    DatagramsAsUsual(Path<'a>),
}

/// A world as the runner sees it.
pub(crate) trait Stage {
    /// Adds a host and starts its software.
    fn add_host(&mut self, name: &str, software: Software) -> Result<(), WorldError>;
    /// Gives a host another name. Hosts can share one.
    fn alias(&mut self, alias: &str, host: &str) -> Result<(), WorldError>;
    /// The address under which its peers know a host.
    fn address(&self, host: &str) -> Result<IpAddr, WorldError>;
    /// Does as ordered, and until another order undoes it.
    fn order(&mut self, order: Order<'_>) -> Result<(), WorldError>;
    /// Time since the start.
    fn now(&self) -> Duration;
    /// The same, for others.
    fn stopwatch(&self) -> Stopwatch;
    /// Whether something is under way on the network.
    fn busy(&self) -> bool;
    /// Tasks that panicked so far.
    fn panics(&self) -> Vec<Panicked>;
    /// Lets a little time pass.
    fn step(&mut self);
}

impl Stage for World {
    fn add_host(&mut self, name: &str, software: Software) -> Result<(), WorldError> {
        Self::add_host(self, name, software).map(drop)
    }

    fn alias(&mut self, alias: &str, host: &str) -> Result<(), WorldError> {
        Self::alias(self, alias, host)
    }

    fn address(&self, host: &str) -> Result<IpAddr, WorldError> {
        Self::address(self, host)
    }

    fn order(&mut self, order: Order<'_>) -> Result<(), WorldError> {
        match order {
            Order::Latency(path, latency) => self.latency(path, latency),
            Order::Slow(path, by) => self.slow(path, by),
            Order::Jitter(path, by) => self.jitter(path, by),
            Order::Bandwidth(path, rate) => self.bandwidth(path, rate),
            Order::Slice(path, bytes) => self.slice(path, bytes),
            Order::Truncate(path, bytes) => self.truncate(path, bytes),
            Order::Flip(path, nth) => self.flip(path, nth),
            Order::Stall(path) => self.stall(path),
            Order::Resume(path) => self.resume(path),
            Order::Cut(path) => self.cut(path),
            Order::Heal(path) => self.heal(path),
            Order::Blackhole(path) => self.blackhole(path),
            Order::Reset(one, other) => self.reset(one, other),
            Order::HalfOpen(gone, peer) => self.half_open(gone, peer),
            Order::Refuse(host, port) => self.refuse(host, port),
            Order::Admit(host, port) => self.admit(host, port),
            Order::Crash(host) => self.crash(host),
            Order::PowerLoss(host) => self.power_loss(host),
            Order::Restart(host) => self.restart(host),
            Order::Pause(host) => self.pause(host),
            Order::Unpause(host) => self.unpause(host),
            Order::ClockJump(host, by) => self.clock_jump(host, by),
            Order::ClockDrift(host, drift) => self.clock_drift(host, drift),
            Order::LoseNames(host, whose) => self.lose_names(host, whose),
            Order::FindNames(host, whose) => self.find_names(host, whose),
            Order::Lead(name, host) => self.lead(name, host),
            Order::Datagrams(path, fault, nth, count) => self.datagrams(path, fault, nth, count),
            Order::DatagramsAsUsual(path) => self.datagrams_as_usual(path),
        }
    }

    fn now(&self) -> Duration {
        Self::now(self)
    }

    fn stopwatch(&self) -> Stopwatch {
        Arc::new(Self::stopwatch(self))
    }

    fn busy(&self) -> bool {
        self.under_way() > 0
    }

    fn panics(&self) -> Vec<Panicked> {
        Self::panics(self)
    }

    fn step(&mut self) {
        Self::step(self);
    }
}
