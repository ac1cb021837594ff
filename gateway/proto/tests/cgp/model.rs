//! Two ends and the gateways between them, under arbitrary writes, reads, deliveries, cuts and resumes, against
//! the simplest model of a stream: what was accepted, in order, once.
//!
//! Shared by the test (few cases) and the benchmark (a hundred thousand). Bytes are a function of direction and
//! offset, so that the model needs to remember only how many there were.

use std::time::Duration;

use gateway_proto::cgp::{
    Client, Code, Gate, GateOutput, Host, Output, Over, Passage, Received, Reception, SessionEnd, Settings,
    Wish, goodbye, reconnect_ticket,
};
use gateway_proto::secret::Secret;
use gateway_proto::ticket::Ticket;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

const TICKET: &str = ";40;STA01;0123456789ABCDEF0123456789ABCDEF";
const KEPT: Duration = Duration::from_secs(180);
/// Rounds of delivering everything after which nobody may have anything to say.
const SETTLED_AFTER: usize = 16;

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Host,
}

/// A stretch of a connection in one direction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hop {
    ClientToGate,
    GateToHost,
    HostToGate,
    GateToClient,
}

const HOPS: [Hop; 4] = [Hop::ClientToGate, Hop::GateToHost, Hop::HostToGate, Hop::GateToClient];

/// One step of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// The user of an end writes so many bytes, or as many as are accepted.
    Write(Side, usize),
    /// The user of an end takes so many pieces.
    Read(Side, usize),
    /// The user of an end writes no more.
    Finish(Side),
    /// So many bytes arrive, on the newest connection or on the one before.
    Move { hop: Hop, bytes: usize, newest: bool },
    /// Everything on the newest connection arrives, answers included.
    Flow,
    /// The newest connection loses what is on its way and carries nothing more. Nobody is told.
    Cut,
    /// An end is told that its connection is gone, if it is.
    Notice(Side),
    /// The client comes with a new connection, whatever became of the last.
    Connect,
    /// The gateway has a newer ticket.
    Ticket,
    /// Time passes.
    Wait(Duration),
}

pub(crate) fn acts() -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(act(), 1..120)
}

fn act() -> impl Strategy<Value = Act> {
    let side = || prop::sample::select(&[Side::Client, Side::Host][..]);
    let amount = || prop_oneof![80 => 0..3_000_usize, 10 => 0..100_000_usize, 1 => 0..1_500_000_usize];
    prop_oneof![
        6 => (side(), amount()).prop_map(|(side, bytes)| Act::Write(side, bytes)),
        4 => (side(), 0..8_usize).prop_map(|(side, pieces)| Act::Read(side, pieces)),
        1 => side().prop_map(Act::Finish),
        16 => (prop::sample::select(&HOPS[..]), amount(), prop::bool::weighted(0.8))
            .prop_map(|(hop, bytes, newest)| Act::Move { hop, bytes, newest }),
        6 => Just(Act::Flow),
        2 => Just(Act::Cut),
        3 => side().prop_map(Act::Notice),
        3 => Just(Act::Connect),
        1 => Just(Act::Ticket),
        3 => (0..12_000_u64).prop_map(|ms| Act::Wait(Duration::from_millis(ms))),
    ]
}

/// The byte at `offset` of what `from` sends.
fn byte(from: Side, offset: u64) -> u8 {
    let seed = if from == Side::Client { 0x9e37_79b9 } else { 0x85eb_ca6b };
    ((offset + 1).wrapping_mul(seed) >> 13) as u8
}

/// One TCP connection to a gateway and the one from there to the host.
#[derive(Default)]
struct Path {
    gate: Option<Gate>,
    joined: Option<(Passage, Passage)>,
    reception: Option<Reception>,
    hops: [Vec<u8>; 4],
    /// Nothing arrives any more.
    dead: bool,
    /// The end that said all it had to say; the other one will see it when it has read that.
    closed_by: Option<Side>,
}

/// What a direction of the stream should be.
#[derive(Default)]
struct Count {
    written: u64,
    finished: bool,
    read: u64,
    ended: bool,
}

/// A case that runs.
pub(crate) struct Case {
    now: Duration,
    client: Client,
    host: Option<Host>,
    paths: Vec<Path>,
    /// The path each end believes in.
    at_client: Option<usize>,
    at_host: Option<usize>,
    up: Count,
    down: Count,
    over: [Option<Over>; 2],
    /// Bytes that were sent more than once.
    pub(crate) resent: u64,
    pub(crate) resumes: u64,
}

impl Case {
    /// A session is open.
    pub(crate) fn new() -> Self {
        let mut case = Self {
            now: Duration::ZERO,
            client: Client::new(Settings::default()),
            host: None,
            paths: Vec::new(),
            at_client: None,
            at_host: None,
            up: Count::default(),
            down: Count::default(),
            over: [None, None],
            resent: 0,
            resumes: 0,
        };
        case.connect();
        case.flow().expect("a network without faults");
        case
    }

    /// Runs all acts, then mends the network and wants everything to be there.
    pub(crate) fn run(&mut self, acts: &[Act]) -> TestCaseResult {
        for act in acts {
            self.act(*act)?;
        }
        self.heal()
    }

    fn act(&mut self, act: Act) -> TestCaseResult {
        match act {
            Act::Write(side, bytes) => self.write(side, bytes),
            Act::Read(side, pieces) => self.read(side, pieces)?,
            Act::Finish(side) => self.finish(side),
            Act::Move { hop, bytes, newest } => {
                let back = if newest { 1 } else { 2 };
                if let Some(path) = self.paths.len().checked_sub(back) {
                    self.carry(path, hop, bytes)?;
                }
            }
            Act::Flow => self.flow()?,
            Act::Cut => {
                if let Some(path) = self.paths.last_mut() {
                    path.dead = true;
                }
            }
            Act::Notice(side) => self.notice(side),
            Act::Connect => self.connect(),
            Act::Ticket => self.insert_ticket(),
            Act::Wait(time) => self.wait(time),
        }
        self.drain();
        Ok(())
    }

    fn write(&mut self, side: Side, bytes: usize) {
        let from = self.count(side).written;
        let bytes: Vec<u8> = (from..from + bytes as u64).map(|offset| byte(side, offset)).collect();
        let now = self.now;
        let accepted = self.end(side).map_or(0, |end| end.write(now, &bytes));
        self.count(side).written += accepted as u64;
    }

    fn finish(&mut self, side: Side) {
        let now = self.now;
        if let Some(end) = self.end(side) {
            end.finish(now);
            self.count(side).finished = true;
        }
    }

    /// What `reader` takes must be the next bytes that the other end's user wrote.
    fn read(&mut self, reader: Side, pieces: usize) -> TestCaseResult {
        let from = if reader == Side::Client { Side::Host } else { Side::Client };
        for _ in 0..pieces {
            let now = self.now;
            let Some(received) = self.end(reader).and_then(|end| end.read(now)) else { break };
            let count = self.count(from);
            prop_assert!(!count.ended, "nothing comes behind an end");
            match received {
                Received::Data(bytes) => {
                    let begun = count.read;
                    count.read += bytes.len() as u64;
                    prop_assert!(bytes.iter().copied().eq((begun..count.read).map(|at| byte(from, at))));
                    prop_assert!(count.read <= count.written);
                }
                Received::End => {
                    prop_assert!(count.finished && count.read == count.written);
                    count.ended = true;
                }
            }
        }
        Ok(())
    }

    /// This side's end; the host has none before a client opened the session.
    fn end(&mut self, side: Side) -> Option<&mut dyn SessionEnd> {
        match side {
            Side::Client => Some(&mut self.client),
            Side::Host => self.host.as_mut().map(|host| -> &mut dyn SessionEnd { host }),
        }
    }

    fn count(&mut self, from: Side) -> &mut Count {
        if from == Side::Client { &mut self.up } else { &mut self.down }
    }

    fn connect(&mut self) {
        if self.over[0].is_some() {
            return;
        }
        self.paths.push(Path {
            gate: Some(Gate::new(KEPT)),
            reception: Some(Reception::new()),
            ..Path::default()
        });
        self.drain();
        self.at_client = Some(self.paths.len() - 1);
        self.client.connect(self.now, Some(&Secret::from(TICKET)));
    }

    fn notice(&mut self, side: Side) {
        let (at, last) = match side {
            Side::Client => (&mut self.at_client, [Hop::HostToGate, Hop::GateToClient]),
            Side::Host => (&mut self.at_host, [Hop::ClientToGate, Hop::GateToHost]),
        };
        let Some(path) = at.and_then(|at| self.paths.get(at)) else { return };
        let said_all = path.closed_by.is_some_and(|by| by != side);
        let is_over = said_all && last.iter().all(|hop| path.hops[*hop as usize].is_empty());
        if !path.dead && !is_over {
            return;
        }
        *at = None;
        let now = self.now;
        if let Some(end) = self.end(side) {
            end.handle_disconnect(now);
        }
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            let wakes = [self.client.poll_timeout(), self.host.as_ref().and_then(Host::poll_timeout)];
            let wake = wakes.into_iter().flatten().min().map_or(until, |wake| wake.clamp(self.now, until));
            self.now = wake;
            self.client.handle_time(self.now);
            if let Some(host) = &mut self.host {
                host.handle_time(self.now);
            }
            self.drain();
            if self.now >= until {
                return;
            }
        }
    }

    fn insert_ticket(&mut self) {
        let Some(path) = self.paths.last_mut() else { return };
        if let Some((_, down)) = &path.joined
            && down.is_at_boundary()
        {
            let ticket: Ticket = TICKET.parse().expect("a ticket");
            path.hops[3].extend_from_slice(reconnect_ticket(&ticket).expose());
        }
    }

    /// Moves what the ends have to say onto their paths.
    fn drain(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Write(bytes) => self.say(self.at_client, Hop::ClientToGate, bytes.expose()),
                Output::Disconnect => self.hang_up(Side::Client),
                Output::Over(over) => self.over[0] = Some(over),
                Output::Resumed { resent } => {
                    self.resent += resent;
                    self.resumes += 1;
                }
                Output::Opened { .. } | Output::Suspended(_) | Output::ReconnectTicket(_) => {}
            }
        }
        while let Some(output) = self.host.as_mut().and_then(Host::poll_output) {
            match output {
                Output::Write(bytes) => self.say(self.at_host, Hop::HostToGate, bytes.expose()),
                Output::Disconnect => self.hang_up(Side::Host),
                Output::Over(over) => self.over[1] = Some(over),
                Output::Resumed { resent } => self.resent += resent,
                Output::Opened { .. } | Output::Suspended(_) | Output::ReconnectTicket(_) => {}
            }
        }
    }

    fn say(&mut self, path: Option<usize>, hop: Hop, bytes: &[u8]) {
        if let Some(path) = path.and_then(|path| self.paths.get_mut(path)).filter(|path| !path.dead) {
            path.hops[hop as usize].extend_from_slice(bytes);
        }
    }

    fn hang_up(&mut self, side: Side) {
        let at = if side == Side::Client { &mut self.at_client } else { &mut self.at_host };
        if let Some(path) = at.take().and_then(|at| self.paths.get_mut(at)) {
            path.closed_by = Some(side);
        }
    }

    fn flow(&mut self) -> TestCaseResult {
        self.drain();
        let Some(at) = self.paths.len().checked_sub(1) else { return Ok(()) };
        for hop in HOPS {
            self.carry(at, hop, usize::MAX)?;
        }
        Ok(())
    }

    fn carry(&mut self, at: usize, hop: Hop, most: usize) -> TestCaseResult {
        let Some(path) = self.paths.get_mut(at).filter(|path| !path.dead) else { return Ok(()) };
        let waiting = &mut path.hops[hop as usize];
        let bytes: Vec<u8> = waiting.drain(..most.min(waiting.len())).collect();
        if bytes.is_empty() {
            return Ok(());
        }
        match hop {
            Hop::ClientToGate | Hop::HostToGate => path.through_gate(hop, &bytes),
            Hop::GateToHost => self.arrive_at_host(at, &bytes),
            Hop::GateToClient if self.at_client == Some(at) => {
                self.client.handle_bytes(self.now, &bytes).map_err(failed)?;
                self.drain();
                Ok(())
            }
            Hop::GateToClient => Ok(()),
        }
    }

    fn arrive_at_host(&mut self, at: usize, bytes: &[u8]) -> TestCaseResult {
        let path = &mut self.paths[at];
        if let Some(reception) = &mut path.reception {
            let Some(opening) = reception.handle_bytes(bytes).map_err(failed)? else { return Ok(()) };
            path.reception = None;
            return self.receive(at, opening);
        }
        if let Some(host) = self.host.as_mut().filter(|_| self.at_host == Some(at)) {
            host.handle_bytes(self.now, bytes).map_err(failed)?;
            self.drain();
        }
        Ok(())
    }

    fn receive(&mut self, at: usize, opening: gateway_proto::cgp::Opening) -> TestCaseResult {
        match (opening.wish.clone(), &mut self.host) {
            (Wish::Open, None) => {
                self.host = Some(Host::open(self.now, opening, Secret::new([7; 32]), KEPT));
            }
            (Wish::Resume(_), Some(host)) => {
                if let Err(code) = host.resume(self.now, opening) {
                    self.say(Some(at), Hop::HostToGate, &Reception::refusal(code));
                    return Ok(());
                }
            }
            (wish, _) => prop_assert!(false, "unexpected {:?}", wish),
        }
        if let Some(before) = self.at_host.replace(at) {
            self.say(Some(before), Hop::HostToGate, &goodbye(Code::Displaced));
            self.paths[before].dead = true;
        }
        self.drain();
        Ok(())
    }

    /// A network without faults, and time: everything that was accepted arrives.
    fn heal(&mut self) -> TestCaseResult {
        for _ in 0..SETTLED_AFTER {
            self.notice(Side::Client);
            self.notice(Side::Host);
            self.drain();
            if self.at_client.is_none() {
                self.connect();
            }
            self.flow()?;
            self.read(Side::Client, usize::MAX)?;
            self.read(Side::Host, usize::MAX)?;
            self.wait(Duration::from_secs(1));
        }
        self.verdict()
    }

    fn verdict(&self) -> TestCaseResult {
        let both_finished = self.up.finished && self.down.finished;
        match self.over {
            // Kept for too long: nothing is promised but order, which was checked at each read.
            [Some(Over::Expired), _] | [Some(Over::Closed(Code::SessionUnknown)), Some(Over::Expired)] => {
                return Ok(());
            }
            // The goodbye of an end that had everything was lost.
            [Some(Over::Closed(Code::SessionUnknown)), Some(Over::Complete)] | [Some(Over::Complete), _] => {
                prop_assert!(both_finished);
            }
            [None, _] => prop_assert!(!both_finished, "both ended and it is not over"),
            other => prop_assert!(false, "ended as {:?}", other),
        }
        for count in [&self.up, &self.down] {
            prop_assert_eq!(count.read, count.written, "all that was accepted arrived");
            prop_assert_eq!(count.ended, count.finished);
        }
        Ok(())
    }
}

impl Path {
    fn through_gate(&mut self, hop: Hop, bytes: &[u8]) -> TestCaseResult {
        let up = matches!(hop, Hop::ClientToGate);
        if let Some((upward, downward)) = &mut self.joined {
            let (passage, onto) = if up { (upward, Hop::GateToHost) } else { (downward, Hop::GateToClient) };
            passage.pass(bytes).map_err(failed)?;
            self.hops[onto as usize].extend_from_slice(bytes);
            return Ok(());
        }
        let Some(gate) = &mut self.gate else { return Ok(()) };
        let handled = if up { gate.handle_client_bytes(bytes) } else { gate.handle_host_bytes(bytes) };
        handled.map_err(failed)?;
        while let Some(output) = gate.poll_output() {
            match output {
                GateOutput::Redeem { .. } => gate.connected(),
                GateOutput::ToHost(bytes) => {
                    self.hops[Hop::GateToHost as usize].extend_from_slice(bytes.expose());
                }
                GateOutput::ToClient(bytes) => {
                    self.hops[Hop::GateToClient as usize].extend_from_slice(bytes.expose());
                }
                GateOutput::Joined { down, .. } => self.joined = Some((Passage::new(), down)),
                GateOutput::Refused(_) | GateOutput::Close => {}
            }
        }
        Ok(())
    }
}

fn failed(error: impl std::fmt::Display) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}
