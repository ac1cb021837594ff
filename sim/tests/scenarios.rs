//! One test per variant of every scenario file, found at run time: `sessions/duplicate@policy=deny`.
//!
//! A test runs the scenario and holds it to its expectations, the rules of every run, its stored story, and the
//! vocabulary. Beside them: nothing but scenarios in the catalogue, and no stored story that nobody asks for.

use std::path::Path;
use std::process::ExitCode;

use gateway_sim::cli::case::{self, Case};
use gateway_sim::cli::{SEED_DEFAULT, catalogue, snapshot};
use gateway_sim::scenario::diagnostic;
use gateway_sim::trace::vocabulary;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match trials() {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn trials() -> Result<Vec<Trial>, catalogue::CatalogueError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(catalogue::FOLDER);
    let entries = catalogue::scenarios(std::slice::from_ref(&root))?;
    let (mut trials, mut cases) = (Vec::new(), Vec::new());
    for entry in entries {
        match case::load(&entry) {
            Ok(loaded) => cases.extend(loaded),
            Err(diagnostics) => {
                let text = diagnostic::render(&diagnostics);
                trials.push(Trial::test(entry.name().to_owned(), move || Err(text.into())));
            }
        }
    }
    let catalogue_root = cases.first().map_or(root, |case| case.entry.root.clone());
    let (all, folder) = (cases.clone(), catalogue_root.clone());
    trials.push(Trial::test("catalogue::only_scenarios", move || only_scenarios(&folder)));
    trials.push(Trial::test("catalogue::no_orphaned_stories", move || no_orphans(&catalogue_root, &all)));
    trials.extend(cases.into_iter().map(|case| Trial::test(case.name(), move || holds(&case))));
    Ok(trials)
}

fn holds(case: &Case) -> Result<(), Failed> {
    let verdict = case.judge(SEED_DEFAULT);
    if !verdict.failures.is_empty() {
        return Err(case.explain(&verdict, SEED_DEFAULT).into());
    }
    match vocabulary::stranger(&verdict.trace) {
        Some(stranger) => Err(format!("scenarios can't name this: {stranger}").into()),
        None => Ok(()),
    }
}

fn only_scenarios(root: &Path) -> Result<(), Failed> {
    let strays = catalogue::strays(root)?;
    if strays.is_empty() { Ok(()) } else { Err(format!("not scenarios: {strays:?}").into()) }
}

fn no_orphans(root: &Path, cases: &[Case]) -> Result<(), Failed> {
    let orphans = snapshot::orphans(root, cases)?;
    if orphans.is_empty() {
        return Ok(());
    }
    Err(format!("no scenario asks for these stories (`sim bless` removes them): {orphans:?}").into())
}
