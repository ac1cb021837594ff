//! `gateway policy test`: requests beside a configuration and what must come of each; or what a change changes.

mod diff;
mod file;
mod junit;
mod run;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::program::failure::{Exit, Failure};
use crate::program::output;
use file::TestFile;
use run::{Run, StepRun};

/// How the name of a test file ends.
const SUFFIX: &str = ".test.toml";

/// What is tested.
#[derive(Args)]
pub(in crate::program) struct Arguments {
    /// A folder with files named …test.toml, or one such file
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Also writes the results as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Runs the same requests on two configurations instead and shows which outcomes differ; ends with 1 if any does
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with = "junit")]
    diff: Option<Vec<PathBuf>>,
}

/// Runs every test file.
pub(super) fn test(arguments: &Arguments) -> Result<(), Failure> {
    let paths = files(&arguments.folder)?;
    let files = paths.iter().map(|path| TestFile::read(path)).collect::<Result<Vec<_>, _>>()?;
    if let Some([old, new]) = arguments.diff.as_deref() {
        return diff::diff(&files, old, new);
    }
    let runs = files.iter().map(|file| run::run(file, None)).collect::<Result<Vec<_>, _>>()?;
    output::print(&report(&runs));
    if let Some(path) = &arguments.junit {
        let written = std::fs::write(path, junit::document(&runs)?);
        written.map_err(|error| Failure::new(Exit::Forbidden, format!("{}: {error}", path.display())))?;
    }
    match runs.iter().flat_map(|run| &run.steps).filter(|step| !step.failures.is_empty()).count() {
        0 => Ok(()),
        failed => Err(Failure::broken(format!("{failed} requests did not come out as expected"))),
    }
}

/// All test files of a folder and the folders in it, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed =
        |error: std::io::Error| Failure::new(Exit::Forbidden, format!("{}: {error}", path.display()));
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // A link is not followed: it may lead back.
            match entry.file_type().map_err(failed)? {
                kind if kind.is_dir() => folders.push(entry.path()),
                _ if entry.file_name().to_string_lossy().ends_with(SUFFIX) => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure::usage(format!("{}: no file there is named …{SUFFIX}", path.display())));
    }
    Ok(found)
}

fn report(runs: &[Run]) -> String {
    let mut text = String::new();
    for run in runs {
        let failed: Vec<&StepRun> = run.steps.iter().filter(|step| !step.failures.is_empty()).collect();
        let word = if failed.is_empty() { "ok" } else { "FAILED" };
        text += &format!(
            "{word} {}: {} of {} requests\n",
            run.name,
            run.steps.len() - failed.len(),
            run.steps.len()
        );
        if run.errors > 0 {
            text += &format!("  its configuration has {} errors; see gateway policy check\n", run.errors);
        }
        for step in failed {
            text += &format!("  {}\n", step.name);
            for failure in &step.failures {
                text += &format!("    {failure}\n");
            }
            for line in step.explanation.lines() {
                text += &format!("    | {line}\n");
            }
        }
    }
    text
}
