//! The story of a run: one line per message or decision, in words and names that a reader of the scenario knows.
//!
//! ```text
//! — laptop: login
//!   0.012  laptop → gw             POST /cgi/login login=alice passwd=«hidden»
//!   0.014  gw                        asks radius01 about alice (radius)
//! ```
//!
//! Stories are stored and compared, so nothing in them depends on ports, addresses, fingerprints, lengths of
//! encrypted records, or the machine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use gateway::audit;
use gateway_rt::Told;

use super::flow::{Flow, Flows};
use super::naming::Names;
use super::{Trace, What};
use crate::report::seconds;

/// Columns of the time: four digits of seconds and the milliseconds.
const TIME_COLUMNS: usize = 8;
/// Least columns of the actors: two usual names and an arrow. Fixed, so that one more host moves no line.
const ACTOR_COLUMNS_MIN: usize = 22;
/// Where a long line is broken, if that helps: what is longer than a line stays where it is.
const LINE_COLUMNS: usize = 130;
/// How much further the rest of a broken line is indented.
const HANG: usize = 4;

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// What the run took.
    pub virtual_time: Duration,
    /// What went wrong in it.
    pub failures: usize,
}

/// The story of a trace, ending in a newline.
pub fn render(trace: &Trace, ending: &Ending) -> String {
    let names = Names::of(trace);
    let flows = Flows::of(trace);
    let told: Vec<(Duration, Told, Flow)> = trace
        .events
        .iter()
        .filter_map(|event| {
            let told = event.what.tell();
            let flow = flows.show(event, &told)?;
            Some((event.at, told, flow))
        })
        .collect();
    let widest = told.iter().map(|(_, _, flow)| actor(flow).chars().count()).max().unwrap_or_default();
    let layout = Layout { actor: widest.max(ACTOR_COLUMNS_MIN) };
    let mut out = String::new();
    for (at, told, flow) in &told {
        layout.line(&mut out, *at, flow, &names.line(&told.line));
    }
    out.push_str(&closing(trace, ending));
    out
}

/// The columns of a story.
struct Layout {
    actor: usize,
}

impl Layout {
    fn line(&self, out: &mut String, at: Duration, flow: &Flow, text: &str) {
        let time = seconds(at);
        // Writing to a String cannot fail.
        let _ = match flow {
            Flow::Heading(host) => writeln!(out, "\n— {host}: {text}"),
            Flow::Fault => writeln!(out, "{time:>TIME_COLUMNS$}  ~~ {text}"),
            Flow::Message { .. } | Flow::At(_) => {
                let indent = if matches!(flow, Flow::At(_)) { "  " } else { "" };
                let width = self.actor;
                let actor = actor(flow);
                let hang = TIME_COLUMNS + 2 + width + 2;
                let text = wrapped(&format!("{indent}{text}"), hang);
                writeln!(out, "{time:>TIME_COLUMNS$}  {actor:<width$}  {text}")
            }
        };
    }
}

fn actor(flow: &Flow) -> String {
    match flow {
        Flow::Message { from, to } => format!("{from} → {to}"),
        Flow::At(host) => host.clone(),
        // These have no columns.
        Flow::Heading(_) | Flow::Fault => String::new(),
    }
}

/// Breaks text that begins at column `hang` at spaces; what follows is indented a little further. Names of
/// opaque values stay whole.
fn wrapped(text: &str, hang: usize) -> String {
    let room = LINE_COLUMNS.saturating_sub(hang).max(20);
    let mut out = String::new();
    let mut used = 0;
    for (n, word) in words(text).into_iter().enumerate() {
        let length = word.chars().count();
        if n == 0 {
            out.push_str(word);
            used = length;
        } else if used + 1 + length > room && HANG + length <= room {
            let _ = write!(out, "\n{:indent$}{word}", "", indent = hang + HANG);
            used = HANG + length;
        } else {
            let _ = write!(out, " {word}");
            used += 1 + length;
        }
    }
    out
}

/// The words between spaces, where `‹ticket 2›` is one word.
fn words(text: &str) -> Vec<&str> {
    let mut inside = false;
    text.split(move |c: char| {
        match c {
            '‹' => inside = true,
            '›' => inside = false,
            _ => {}
        }
        c == ' ' && !inside
    })
    .collect()
}

/// `  12.345  end: 1 session (0 left), 1 relay (0 left), as expected`
fn closing(trace: &Trace, ending: &Ending) -> String {
    let mut held = BTreeMap::<&str, Held>::new();
    for event in &trace.events {
        match &event.what {
            What::Gateway(what) => held.entry(&event.host).or_default().count(what),
            What::Fault(fault) => {
                if let Some(held) = fault.down.as_deref().and_then(|host| held.get_mut(host)) {
                    held.lose();
                }
            }
            _ => {}
        }
    }
    let sum = |of: fn(&Held) -> u64| held.values().map(of).sum::<u64>();
    let verdict = match ending.failures {
        0 => "as expected".to_owned(),
        1 => "1 failure".to_owned(),
        n => format!("{n} failures"),
    };
    let time = seconds(ending.virtual_time);
    let mut out = format!(
        "\n{time:>TIME_COLUMNS$}  end: {} ({} left), {} ({} left), {verdict}\n",
        counted(sum(|held| held.sessions), "session"),
        sum(|held| held.sessions.saturating_sub(held.sessions_ended)),
        counted(sum(|held| held.relays), "relay"),
        sum(|held| held.relays.saturating_sub(held.relays_ended)),
    );
    if trace.dropped > 0 {
        let _ = writeln!(out, "{:TIME_COLUMNS$}  {} more events were not kept", "", trace.dropped);
    }
    out
}

/// What a gateway opened and ended.
#[derive(Default)]
struct Held {
    sessions: u64,
    sessions_ended: u64,
    relays: u64,
    relays_ended: u64,
}

impl Held {
    fn count(&mut self, event: &audit::Event) {
        match event {
            audit::Event::SessionCreated { .. } => self.sessions += 1,
            audit::Event::SessionEnded { .. } => self.sessions_ended += 1,
            audit::Event::TunnelOpened { .. } => self.relays += 1,
            audit::Event::TunnelClosed { .. } => self.relays_ended += 1,
            _ => {}
        }
    }

    /// The process has ended, and with it all that it held.
    fn lose(&mut self) {
        self.sessions_ended = self.sessions;
        self.relays_ended = self.relays;
    }
}

fn counted(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
