//! `sim run`: every case on its own thread, then stories, a table, what went wrong, and a summary.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::case::{self, Case, Verdict};
use super::stopwatch::Stopwatch;
use super::table::{Look, Table, colours};
use super::{Exit, World, catalogue, pool, real};
use crate::report::seconds;
use crate::scenario::diagnostic;

/// What is asked for.
pub(super) struct What {
    pub(super) seed: u64,
    pub(super) story: bool,
    pub(super) json: bool,
    pub(super) jobs: Option<NonZeroUsize>,
    pub(super) world: World,
    /// How many times as fast idle time goes by in the real world.
    pub(super) factor: u32,
}

/// A case that ran.
struct Ran {
    case: Case,
    verdict: Verdict,
    real: Duration,
}

pub(super) fn run(paths: &[PathBuf], what: &What) -> anyhow::Result<Exit> {
    let (mut cases, mut invalid) = (Vec::new(), 0);
    for entry in catalogue::scenarios(paths)? {
        match case::load(&entry) {
            Ok(loaded) => cases.extend(loaded),
            Err(diagnostics) => {
                invalid += 1;
                eprintln!("{}", diagnostic::render(&diagnostics));
            }
        }
    }
    let watch = Stopwatch::start();
    if what.world == World::Real {
        cases.retain(|case| {
            let why = real::left_out(case);
            why.iter().for_each(|why| eprintln!("{} is not run for real: {why}", case.name()));
            why.is_none()
        });
    }
    let ran = run_all(cases, what);
    if what.json {
        ran.iter().for_each(|ran| put(&json_lines(ran, what.seed)));
    } else {
        put(&text(&ran, what));
    }
    let summary = summary(&ran, invalid, watch.elapsed());
    if what.json {
        eprint!("{summary}");
    } else {
        put(&summary);
    }
    let worst = ran.iter().map(|ran| ran.verdict.exit()).max().unwrap_or(Exit::Passed);
    Ok(worst.max(if invalid > 0 { Exit::Invalid } else { Exit::Passed }))
}

/// Prints results. A reader that has seen enough, as `head` has, is no error.
fn put(text: &str) {
    drop(std::io::stdout().write_all(text.as_bytes()));
}

fn run_all(cases: Vec<Case>, what: &What) -> Vec<Ran> {
    let (total, terminal) = (cases.len(), std::io::stderr().is_terminal());
    let progress = |done: usize| {
        if terminal {
            // Erased by the next one, and in the end by itself.
            eprint!("\r\x1b[K{}", if done < total { format!("{done} of {total}") } else { String::new() });
        }
    };
    let judge = |case: &Case| {
        let watch = Stopwatch::start();
        let verdict = match what.world {
            World::Simulated => case.judge(what.seed),
            World::Real => real::judge(case, what.seed, what.factor),
        };
        (verdict, watch.elapsed())
    };
    let verdicts = pool::each(&cases, what.jobs.unwrap_or_else(pool::cores), judge, progress);
    let ran = cases.into_iter().zip(verdicts);
    ran.map(|(case, (verdict, real))| Ran { case, verdict, real }).collect()
}

fn json_lines(ran: &Ran, seed: u64) -> String {
    let name = ran.case.name();
    let failures: Vec<_> = ran
        .verdict
        .failures
        .iter()
        .map(|failure| {
            json!({
                "code": failure.label(),
                "line": failure.span.map(|span| ran.case.sources.locate(&span).line),
                "t_ms": failure.at.as_millis() as u64,
                "awaited": failure.awaited,
                "came": failure.came_instead,
                "nearest": failure.nearest,
            })
        })
        .collect();
    let begin = json!({ "scenario": name, "title": ran.case.plan.label(), "seed": seed });
    let end = json!({
        "scenario": name,
        "passed": failures.is_empty(),
        "virtual_ms": ran.verdict.virtual_time.as_millis() as u64,
        "failures": failures,
    });
    format!("{begin}\n{}{end}\n", ran.verdict.json)
}

fn text(ran: &[Ran], what: &What) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    if what.world == World::Real {
        let _ = writeln!(out, "{}\n", real::stated(what.factor));
    }
    if what.story {
        for Ran { case, verdict, .. } in ran {
            let _ = writeln!(
                out,
                "{}\n{}, seed {}\n{}",
                case.plan.label(),
                case.entry.shown(),
                what.seed,
                verdict.story
            );
        }
    }
    let mut table = Table::new(["scenario", "variant", "virtual", "real", "verdict"]);
    for Ran { case, verdict, real } in ran {
        let verdict_cell = match verdict.failures.first() {
            None => ("passed".to_owned(), Look::Good),
            Some(failure) => (format!("FAILED {}", failure.label()), Look::Bad),
        };
        table.row([
            (case.entry.name().to_owned(), Look::Plain),
            (case.variant(), Look::Plain),
            (format!("{} s", seconds(verdict.virtual_time)), Look::Number),
            (format!("{} ms", real.as_millis()), Look::Number),
            verdict_cell,
        ]);
    }
    let _ = writeln!(out, "{}", table.render(colours()));
    for Ran { case, verdict, .. } in ran.iter().filter(|ran| !ran.verdict.failures.is_empty()) {
        let _ = writeln!(out, "{}", case.explain(verdict, what.seed));
    }
    out
}

fn summary(ran: &[Ran], invalid: usize, real: Duration) -> String {
    let failed = ran.iter().filter(|ran| !ran.verdict.failures.is_empty()).count();
    let simulated: Duration = ran.iter().map(|ran| ran.verdict.virtual_time).sum();
    let invalid = if invalid > 0 { format!(", {invalid} invalid") } else { String::new() };
    format!(
        "{} passed, {failed} failed{invalid}; {:.1} s virtual in {:.1} s real\n",
        ran.len() - failed,
        simulated.as_secs_f64(),
        real.as_secs_f64(),
    )
}
