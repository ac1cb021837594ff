//! `sim meta`: proof that a run can be repeated.
//!
//! Every case runs twice on one thread, once in another process, and once beside seven others in this one. All
//! must have the same fingerprint: every byte on the wire with its moment, every byte drawn, every event. Of a
//! case that differs, two runs are recorded, and the first packet and event that differ are shown.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::case::{self, Case};
use super::{Exit, Plant, SEED_DEFAULT, catalogue, pool};
use crate::run::{Options, Outcome};
use crate::scenario::diagnostic;
use crate::trace::story::{self, Ending};
use crate::trace::{difference, json};

/// Runs at a time in the parallel part.
const SIDE_BY_SIDE: NonZeroUsize = NonZeroUsize::new(8).expect("eight is not zero");

/// Cases whose first difference is shown: they mostly have one cause.
const EXPLAINED_MAX: usize = 3;

/// Where a run differed from the first one.
struct Difference {
    case: usize,
    place: &'static str,
}

pub(super) fn meta(paths: &[PathBuf], plant: Option<Plant>) -> anyhow::Result<Exit> {
    let Some(cases) = load(paths)? else { return Ok(Exit::Invalid) };
    // The other process works while this one does.
    let child = child(paths, plant)?.spawn().context("starting another process")?;
    let options = options(plant);
    let first = each(&cases, &options);
    let mut differences = compare(&first, &each(&cases, &options), "again on the same thread");
    let output = child.wait_with_output().context("waiting for the other process")?;
    if !output.status.success() {
        bail!("the other process ended with {}", output.status);
    }
    let theirs: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    differences.extend(compare(&first, &theirs, "in another process"));
    differences.extend(compare(&first, &side_by_side(&cases, &options), "beside seven others"));
    report(&cases, &differences, plant);
    Ok(if differences.is_empty() { Exit::Passed } else { Exit::Nondeterministic })
}

fn report(cases: &[Case], differences: &[Difference], plant: Option<Plant>) {
    for (number, case) in cases.iter().enumerate() {
        for difference in differences.iter().filter(|difference| difference.case == number) {
            println!("{} differs {}", case.name(), difference.place);
        }
    }
    let mut differing: Vec<usize> = differences.iter().map(|difference| difference.case).collect();
    differing.sort_unstable();
    differing.dedup();
    for case in differing.iter().take(EXPLAINED_MAX).filter_map(|number| cases.get(*number)) {
        println!("\n{}, recorded twice:\n{}", case.name(), explain(case, plant));
    }
    println!("{} scenarios, {} differences", cases.len(), differences.len());
}

/// The other process's part: a fingerprint per line, in the order of the cases.
pub(super) fn fingerprints(paths: &[PathBuf], plant: Option<Plant>) -> anyhow::Result<Exit> {
    let Some(cases) = load(paths)? else { return Ok(Exit::Invalid) };
    each(&cases, &options(plant)).iter().for_each(|print| println!("{print}"));
    Ok(Exit::Passed)
}

/// The fingerprint of one run: all that two equal runs have in common, in one line.
pub fn fingerprint(case: &Case, options: &Options) -> String {
    match case.outcome(options) {
        Err(failure) => failure.came_instead.replace('\n', " "),
        Ok(Outcome { trace, digest, virtual_time, failures, .. }) => {
            let story = story::render(&trace, &Ending { virtual_time, failures: failures.len() });
            let told = blake3::hash(format!("{story}{}", json::render(&trace)).as_bytes());
            format!("{digest} {} {}", virtual_time.as_nanos(), told.to_hex())
        }
    }
}

fn options(plant: Option<Plant>) -> Options {
    Options { planted: plant.map(Plant::planted), ..Options::seed(SEED_DEFAULT) }
}

fn load(paths: &[PathBuf]) -> anyhow::Result<Option<Vec<Case>>> {
    let mut cases = Vec::new();
    for entry in catalogue::scenarios(paths)? {
        match case::load(&entry) {
            Ok(loaded) => cases.extend(loaded),
            Err(diagnostics) => {
                eprint!("{}", diagnostic::render(&diagnostics));
                return Ok(None);
            }
        }
    }
    Ok(Some(cases))
}

fn child(paths: &[PathBuf], plant: Option<Plant>) -> anyhow::Result<Command> {
    let program = std::env::current_exe().context("finding this program")?;
    let mut command = Command::new(program);
    command.arg("fingerprints").args(paths).stdout(Stdio::piped());
    match plant {
        Some(Plant::HashMap) => command.args(["--plant", "hash-map"]),
        Some(Plant::UnseededDraw) => command.args(["--plant", "unseeded-draw"]),
        None => &mut command,
    };
    Ok(command)
}

fn each(cases: &[Case], options: &Options) -> Vec<String> {
    cases.iter().map(|case| fingerprint(case, options)).collect()
}

/// Each case while others run: a short list is filled up with itself.
fn side_by_side(cases: &[Case], options: &Options) -> Vec<String> {
    let company = cases.iter().cycle().take(cases.len().max(SIDE_BY_SIDE.get())).collect::<Vec<_>>();
    let mut prints = pool::each(&company, SIDE_BY_SIDE, |case| fingerprint(case, options), |_| {});
    prints.truncate(cases.len());
    prints
}

fn compare(first: &[String], other: &[String], place: &'static str) -> Vec<Difference> {
    let differs = |case: &usize| first.get(*case) != other.get(*case);
    (0..first.len()).filter(differs).map(|case| Difference { case, place }).collect()
}

fn explain(case: &Case, plant: Option<Plant>) -> String {
    let options = Options { record: true, ..options(plant) };
    let (Ok(one), Ok(other)) = (case.outcome(&options), case.outcome(&options)) else {
        return "a recorded run ended by a panic".to_owned();
    };
    let packets = difference::of_packets(&one.packets, &other.packets);
    let events = difference::of_traces(&one.trace, &other.trace);
    match (packets, events) {
        (None, None) => "no difference between two recorded runs on this thread".to_owned(),
        (packets, events) => packets.into_iter().chain(events).collect(),
    }
}
