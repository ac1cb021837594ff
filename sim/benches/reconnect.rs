//! What reconnecting costs: how long a resume takes and what it sends again, a crowd that is cut at once, and
//! what session reliability costs a relay.
//!
//! Prints figures and judges none, except that a run which is not what its scenario says ends the program.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use gateway_rt::Field;
use gateway_sim::cli::catalogue;
use gateway_sim::run::{self, Options, Ran};
use gateway_sim::scenario::plan::Plan;
use gateway_sim::scenario::source::Sources;
use gateway_sim::scenario::{self, Loader};
use gateway_sim::trace::vocabulary;

/// The file that only this program has.
const FILE: &str = "reconnect.kdl";
/// Machines cut at once in the simulated network: an ICA host takes 100 sessions.
const CROWD: usize = 90;

fn main() {
    println!("a reset while so much of a stream is under way, simulated (40 ms round trip):");
    for kilobytes in [1, 10, 100, 1000] {
        let (plan, sources) = plan(&streaming(kilobytes, true, "40ms"));
        let ran: Ran = run::run(&plan, &sources, &Options::seed(1)).into();
        resumed(kilobytes, &good(ran));
    }
    println!("the same on loopback sockets:");
    for kilobytes in [1, 10, 100, 1000] {
        let (plan, sources) = plan(&streaming(kilobytes, true, "1ms"));
        resumed(kilobytes, &good(run::run_for_real(&plan, &sources, 1, 1).expect("threads and sockets")));
    }
    crowd();
    for (name, reliable) in [("SOCKS", false), ("CGP", true)] {
        let (plan, sources) = plan(&streaming(50_000, reliable, "never"));
        let ran = good(run::run_for_real(&plan, &sources, 1, 1).expect("threads and sockets"));
        println!("50 MB there and back through {name}, on loopback: {:.0} MB/s each way", rate(&ran));
    }
}

/// Everything a resume said of itself.
fn resumed(kilobytes: u32, ran: &Ran) {
    for event in &ran.trace.events {
        let told = event.what.tell();
        let number = |name: &str| {
            told.fields.iter().find_map(|(field, value)| match value {
                Field::Number(number) if *field == name => Some(*number),
                _ => None,
            })
        };
        if let ("receiver.resumed" | "ica-host.resumed", Some(resent)) = (told.kind, number("resent")) {
            let cut = ran.trace.events.iter().rev().filter(|before| before.at <= event.at);
            let cut = cut.filter(|before| before.what.tell().kind == "fault").map(|before| before.at).next();
            let after = event.at.saturating_sub(cut.unwrap_or_default());
            println!("  {kilobytes} kB: {} after {after:.0?}, {resent} bytes sent again", told.kind);
        }
    }
}

/// Many machines, all cut at once for five seconds.
fn crowd() {
    let mut text = String::from(
        "scenario \"a crowd\" {\n use \"worlds/reliable.kdl\"\n tick \"10ms\"\n limit \"10m\"\n world {\n",
    );
    for n in 0..CROWD {
        let _ = writeln!(
            text,
            "  receiver \"r{n}\"\n  user \"u{n}\" password=\"Winter-26-{n}\" domain=\"EXAMPLE\""
        );
    }
    text.push_str(" }\n set gateway \"gw\" { first-factor users }\n");
    text.push_str(" world { link \"vda01\" \"gw\" latency=\"1ms\" }\n");
    for n in 0..CROWD {
        let _ = writeln!(
            text,
            " receiver \"r{n}\" user=\"u{n}\" {{ login\n launch \"Notepad\"\n connect\n type \"a\"\n expect echo \"a\" within=\"10s\"\n wait \"60s\"\n type \"b\"\n expect echo \"b\" within=\"60s\"\n disconnect }}"
        );
    }
    text.push_str(" at \"30s\" {\n");
    for n in 0..CROWD {
        let _ = writeln!(text, "  cut \"r{n}\" \"gw\" for=\"35s\"");
    }
    text.push_str(" }\n}\n");
    let (plan, sources) = plan(&text);
    let before = resident();
    let start = Instant::now();
    let ran = good(run::run(&plan, &sources, &Options::seed(1)).into());
    let resumed: Vec<Duration> = (ran.trace.events.iter())
        .filter(|event| event.what.tell().kind == "receiver.resumed")
        .map(|event| event.at)
        .collect();
    let last = resumed.iter().max().copied().unwrap_or_default();
    println!(
        "{CROWD} sessions cut together for 35 s: {} resumed, the last {:.1?} after the line was whole; {:.1?} of real time, {} MB resident for all ends",
        resumed.len(),
        last.saturating_sub(Duration::from_secs(65)),
        start.elapsed(),
        resident().saturating_sub(before) / 1_000_000,
    );
}

/// One session that sends a stream; `cut` is the latency of the line, `never` for a line that is left alone.
fn streaming(kilobytes: u32, reliable: bool, latency: &str) -> String {
    let cut = if latency == "never" {
        String::new()
    } else {
        format!(" link \"laptop\" \"gw\" latency=\"{latency}\"\n")
    };
    let fault = if latency == "never" {
        ""
    } else {
        " after \"streaming\" wait=\"50ms\" {\n reset \"laptop\" \"gw\"\n }\n"
    };
    let world = if reliable { "worlds/reliable.kdl" } else { "worlds/one-gateway.kdl" };
    format!(
        r#"scenario "a stream" {{
    use "{world}"
    limit "10m"
    world {{
    {cut}
    }}
    receiver "laptop" user="bob" {{
        use "fragments/logged-in.kdl"
        launch "Notepad"
        connect
        mark "streaming"
        stream kilobytes={kilobytes} within="5m"
        disconnect
    }}
    {fault}
}}
"#
    )
}

/// Megabytes a second from the mark to the last byte.
fn rate(ran: &Ran) -> f64 {
    let at = |kind: &str| {
        let found = ran.trace.events.iter().find(|event| event.what.tell().kind == kind);
        found.map(|event| event.at).unwrap_or_default()
    };
    let marked = ran.trace.events.iter().filter(|event| event.what.tell().kind == "step");
    let marked = marked.filter(|event| event.at < at("receiver.bulk")).map(|event| event.at).max();
    50.0 / at("receiver.bulk").saturating_sub(marked.unwrap_or_default()).as_secs_f64()
}

fn good(ran: Ran) -> Ran {
    assert!(ran.failures.is_empty(), "{:#?}", ran.failures);
    ran
}

/// Bytes of memory this process holds.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    pages * 4096
}

fn plan(text: &str) -> (Plan, Sources) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(catalogue::FOLDER);
    let names = vocabulary::Names::collect();
    let loaded = scenario::load(FILE, &Bench { root: &root, text }, &names.vocabulary());
    let mut loaded = loaded.unwrap_or_else(|found| panic!("{}", scenario::diagnostic::render(&found)));
    (loaded.variants.remove(0), loaded.sources)
}

/// A text of this program, and the catalogue's worlds and fragments.
struct Bench<'a> {
    root: &'a Path,
    text: &'a str,
}

impl Loader for Bench<'_> {
    fn read(&self, name: &str) -> Result<String, String> {
        if name == FILE {
            return Ok(self.text.to_owned());
        }
        std::fs::read_to_string(self.root.join(name)).map_err(|error| error.to_string())
    }
}
