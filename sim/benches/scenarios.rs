//! How fast scenarios run, on one core: the whole catalogue, and one standard run with everything recorded.
//!
//! Prints figures and judges none: compare them only with those of the same machine.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gateway_sim::cli::case::{self, Case};
use gateway_sim::cli::catalogue::{self, Entry};
use gateway_sim::cli::stopwatch::Stopwatch;
use gateway_sim::run::Options;
use gateway_sim::scenario::{self, Loader};
use gateway_sim::trace::vocabulary;

/// How long each figure is measured.
const MEASURED: Duration = Duration::from_secs(3);
/// The file that only this program has.
const STANDARD: &str = "standard.kdl";

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(catalogue::FOLDER);
    let entries = catalogue::scenarios(std::slice::from_ref(&root)).expect("a catalogue");
    // Whether scenarios are valid and hold is for the tests to say.
    let cases: Vec<Case> = entries.iter().filter_map(|entry| case::load(entry).ok()).flatten().collect();
    let simulated = Cell::new(Duration::ZERO);
    measure(&format!("catalogue of {}, judged", cases.len()), "scenarios", cases.len(), || {
        simulated.set(cases.iter().map(|case| case.run(1).virtual_time).sum());
    });
    println!("    {:.0} s of virtual time a round", simulated.get().as_secs_f64());
    let standard = standard(&root);
    let recorded = Options { record: true, ..Options::seed(1) };
    measure("log-in with challenge, launch, 100 kB echo, recorded", "runs", 1, || {
        let outcome = standard.outcome(&recorded).expect("no panic");
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    });
}

/// Repeats `work`, which does `count` things, and prints how many of them a second has room for.
fn measure(what: &str, unit: &str, count: usize, work: impl Fn()) {
    work();
    let (watch, mut rounds) = (Stopwatch::start(), 0);
    while watch.elapsed() < MEASURED {
        work();
        rounds += 1;
    }
    let elapsed = watch.elapsed().as_secs_f64();
    let done = (count * rounds) as f64;
    println!("{what}: {:.1} {unit}/s, {:.2} ms each", done / elapsed, elapsed * 1000.0 / done);
}

fn standard(root: &Path) -> Case {
    let entry = Entry { root: root.to_owned(), file: STANDARD.to_owned() };
    let names = vocabulary::Names::collect();
    let loaded = scenario::load(STANDARD, &Bench { root }, &names.vocabulary());
    let mut loaded = loaded.unwrap_or_else(|found| panic!("{}", scenario::diagnostic::render(&found)));
    Case { entry, plan: loaded.variants.remove(0), sources: Arc::new(loaded.sources) }
}

/// The standard scenario, and the catalogue's worlds and fragments.
struct Bench<'a> {
    root: &'a Path,
}

impl Loader for Bench<'_> {
    fn read(&self, name: &str) -> Result<String, String> {
        if name != STANDARD {
            return std::fs::read_to_string(self.root.join(name)).map_err(|error| error.to_string());
        }
        let kilobyte = "x".repeat(1_000);
        Ok(format!(
            r#"scenario "standard" {{
    use "worlds/one-gateway.kdl"
    receiver "laptop" user="alice" {{
        use "fragments/logged-in.kdl"
        launch "Notepad"
        connect
        type "{kilobyte}" times=100
        expect echo "{kilobyte}"
    }}
}}
"#
        ))
    }
}
