//! What reconnecting costs: how long a resume takes and what it sends again, a crowd that is cut at once, and
//! what session reliability costs a relay.
//!
//! Prints figures and judges none, except that a run which is not what its scenario says ends the program.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

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
fn main() {
    println!("a reset while so much of a stream is under way, simulated (80 ms round trip):");
    for kilobytes in [1, 10, 100, 1000] {
        let (plan, sources) = plan(&streaming(kilobytes, true, "40ms"));
        let ran: Ran = run::run(&plan, &sources, &Options::seed(1)).into();
        resumed(kilobytes, &good(ran));
    }
    println!("the same on loopback sockets, in real time; then without a latency, in the midst of 20 MB:");
    for (kilobytes, latency) in [(1, "40ms"), (10, "40ms"), (100, "40ms"), (1000, "40ms"), (20_000, "0ms")] {
        let (plan, sources) = plan(&streaming(kilobytes, true, latency));
        resumed(kilobytes, &good(run::run_for_real(&plan, &sources, 1, 1).expect("threads and sockets")));
    }
    for users in [200, 2000] {
        crowd(users);
    }
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

/// So many users behind one address, whose line is cut for half a minute.
fn crowd(users: u32) {
    let text = format!(
        r#"scenario "a crowd" {{
    use "worlds/reliable.kdl"
    tick "10ms"
    limit "10m"
    set gateway "gw" connections-per-address=5000 {{
        first-factor users
    }}
    set ica-host "vda01" sessions-max=5000
    receiver "laptop" user="bob" count={users} {{
        login
        launch "Notepad"
        connect
        type "one "
        expect echo "one " within="30s"
        wait "60s"
        type "two "
        expect echo "two " within="60s"
        disconnect
    }}
    at "40s" {{
        cut "laptop" "gw" for="30s"
    }}
    expect audit "tunnel.resumed" at="gw" times={users}
    never audit "connection.refused"
    never event "receiver.session-over"
    never event "ica-host.turned-away"
    expect event "ica-host.resumed" times={users}
    never event "ica-host.reconnected"
}}
"#
    );
    let (plan, sources) = plan(&text);
    let before = resident();
    let start = Instant::now();
    let ran = good(run::run(&plan, &sources, &Options::seed(1)).into());
    let taken = start.elapsed();
    let resumed = ran.trace.events.iter().filter(|event| event.what.tell().kind == "receiver.resumed");
    let last = resumed.map(|event| event.at).max().unwrap_or_default();
    println!(
        "{users} sessions cut together for 30 s: all resumed, the last {:.0?} after the line was whole; {taken:.1?} of real time, {} MB more resident for all ends and {} events",
        last.saturating_sub(Duration::from_secs(70)),
        resident().saturating_sub(before) / 1_000_000,
        ran.trace.events.len(),
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
