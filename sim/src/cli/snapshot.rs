//! Stored stories: `snapshots/login/challenge.snap` is what `scenarios/login/challenge.kdl` must tell.
//!
//! Plain text: the title, the file, a blank line, the story. A scenario asks for it with `snapshot`; each
//! variant has a file of its own, and a file that nobody asks for is an error.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::Context;
use similar::TextDiff;

use super::case::{self, Case};
use super::{Exit, SEED_DEFAULT, catalogue};
use crate::report::{Failure, FailureKind};

/// The folder beside the catalogue's.
pub const FOLDER: &str = "snapshots";
/// Unchanged lines shown around a changed one.
const CONTEXT_LINES: usize = 2;
/// Lines of a difference that are shown: more is another story, not a difference.
const DIFF_LINES_MAX: usize = 60;

/// The file with the story of a case.
pub fn path(case: &Case) -> PathBuf {
    folder(&case.entry.root).join(format!("{}.snap", file_name(&case.name())))
}

fn folder(root: &Path) -> PathBuf {
    root.parent().unwrap_or(root).join(FOLDER)
}

/// A stored story as one says it beside the catalogue's folder: `snapshots/login/challenge.snap`.
fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root.parent().unwrap_or(root)).unwrap_or(path).display().to_string()
}

/// Matrix values may be any text; file names may not.
fn file_name(name: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || "/@=,.-_".contains(c);
    name.chars().map(|c| if fits(c) { c } else { '-' }).collect()
}

/// The text of a stored story.
pub fn stored(case: &Case, story: &str) -> String {
    format!("{}\n{}\n\n{story}", case.plan.label(), case.entry.shown())
}

/// Holds a story to the stored one: the difference, or that there is none stored.
pub fn compare(case: &Case, story: &str) -> Option<Failure> {
    let path = path(case);
    let shown = shown(&case.entry.root, &path);
    let failure = |awaited: String, came_instead: String| Failure {
        span: Some(case.plan.span),
        at: std::time::Duration::ZERO,
        awaited,
        came_instead,
        nearest: Vec::new(),
        rule: None,
        code: FailureKind::Expectation,
    };
    let bless = format!("if it is right: sim bless {}", case.entry.shown());
    match fs::read_to_string(&path) {
        Ok(old) => {
            let diff = difference(&old.replace("\r\n", "\n"), &stored(case, story))?;
            Some(failure(format!("the story in {shown}"), format!("another story\n{diff}{bless}")))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Some(failure(format!("a story in {shown}"), format!("there is none; {bless}")))
        }
        Err(error) => Some(failure(format!("a story in {shown}"), error.to_string())),
    }
}

/// What differs, line by line; `None` when nothing does.
fn difference(old: &str, new: &str) -> Option<String> {
    if old == new {
        return None;
    }
    let diff = TextDiff::from_lines(old, new);
    let text = diff.unified_diff().context_radius(CONTEXT_LINES).to_string();
    let mut out: String =
        text.lines().take(DIFF_LINES_MAX).fold(String::new(), |out, line| out + line + "\n");
    let more = text.lines().count().saturating_sub(DIFF_LINES_MAX);
    if more > 0 {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "… and {more} more lines");
    }
    Some(out)
}

/// Stored stories that no case asks for.
pub fn orphans<'c>(root: &Path, cases: impl IntoIterator<Item = &'c Case>) -> io::Result<Vec<PathBuf>> {
    let asked: BTreeSet<PathBuf> = cases.into_iter().filter(|case| case.plan.snapshot).map(path).collect();
    let mut orphans = Vec::new();
    let mut folders = vec![folder(root)];
    while let Some(folder) = folders.pop().filter(|folder| folder.is_dir()) {
        for item in fs::read_dir(folder)? {
            let path = item?.path();
            if path.is_dir() {
                folders.push(path);
            } else if !asked.contains(&path) {
                orphans.push(path);
            }
        }
    }
    orphans.sort();
    Ok(orphans)
}

/// `sim bless`: stores what passes. Without paths, what nobody asks for is removed.
pub(super) fn bless(paths: &[PathBuf]) -> anyhow::Result<Exit> {
    let mut exit = Exit::Passed;
    let mut cases = Vec::new();
    for entry in catalogue::scenarios(paths)? {
        match case::load(&entry) {
            Ok(loaded) => cases.extend(loaded),
            Err(diagnostics) => {
                eprint!("{}", crate::scenario::diagnostic::render(&diagnostics));
                exit = Exit::Invalid;
            }
        }
    }
    for case in cases.iter().filter(|case| case.plan.snapshot) {
        exit = exit.max(bless_case(case)?);
    }
    // With an invalid scenario it is not known which stories it asks for.
    if paths.is_empty() && exit != Exit::Invalid {
        let root = catalogue::nearest_root()?;
        for orphan in orphans(&root, &cases)? {
            fs::remove_file(&orphan).with_context(|| orphan.display().to_string())?;
            println!("removed  {}", shown(&root, &orphan));
        }
    }
    Ok(exit)
}

fn bless_case(case: &Case) -> anyhow::Result<Exit> {
    let verdict = case.run(SEED_DEFAULT);
    if !verdict.failures.is_empty() {
        eprintln!("{}: not stored, because it failed", case.name());
        eprint!("{}", case.explain(&verdict, SEED_DEFAULT));
        return Ok(verdict.exit());
    }
    let (path, text) = (path(case), stored(case, &verdict.story));
    let word = match fs::read_to_string(&path) {
        Ok(old) if old == text => return Ok(Exit::Passed),
        Ok(_) => "changed",
        Err(_) => "new",
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    fs::write(&path, text).with_context(|| path.display().to_string())?;
    println!("{word:<8} {}", shown(&case.entry.root, &path));
    Ok(Exit::Passed)
}
