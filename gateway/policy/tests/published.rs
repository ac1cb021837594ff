//! Published configurations, if they are there: none crashes, hangs or is silently misread.
//!
//! They are other people's text and no part of this repository. Where their folder is missing, each test says so
//! and is ignored.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use gateway_policy::check::{Coverage, check};
use gateway_policy::conf::{Loader, load, write};
use libtest_mimic::{Arguments, Failed, Trial};

/// Of the corpus' expressions that an appliance would take, so many per cent are evaluated exactly.
const EXACT_PER_CENT: usize = 98;

/// Expressions of the corpus that an appliance would refuse: quotes and operators of another language, members that
/// do not exist, text where a number belongs.
const MISTAKES: usize = 7;

/// Expressions that name sets which their excerpts leave out.
const NAMES_ELSEWHERE: usize = 2;

fn main() -> ExitCode {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let corpus = files(&shared.join("corpus/nsconf"), "conf");
    let seeds = files(&shared.join("seeds"), "txt");
    let mut trials = vec![coverage(corpus.clone())];
    trials.extend(corpus.into_iter().map(|path| one(path, false)));
    trials.extend(seeds.iter().cloned().map(|path| one(path, true)));
    trials.push(session_map(shared.join("seeds/aaa-session-map.txt")));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Empty if the folder is missing.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|it| it == extension)).collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failed> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Loading, checking, printing and loading again.
fn one(path: PathBuf, repaired: bool) -> Trial {
    Trial::test(format!("loads and survives printing: {}", name(&path)), move || {
        let bytes = bytes(&path)?;
        let mut loader = Loader::new();
        let read = if repaired { Loader::read_repaired } else { Loader::read };
        read(&mut loader, "it", &bytes);
        let loaded = loader.finish();
        let report = check(&loaded);
        // Every line that holds more than a comment is a command, or is part of one that says it was joined.
        let joined = loaded.diagnostics.iter().any(|found| found.code == "joined-lines");
        let text = loaded.sources.get(0).map(|source| source.text.clone()).unwrap_or_default();
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (lines, commands) = (lines.count(), report.coverage.commands);
        if lines != commands && !joined {
            return Err(format!("{lines} lines gave {commands} commands").into());
        }
        let again = load("again", write(&loaded).as_bytes());
        if again.configuration == loaded.configuration { Ok(()) } else { Err("printing changes it".into()) }
    })
}

fn coverage(corpus: Vec<PathBuf>) -> Trial {
    let missing = corpus.is_empty();
    let name = if missing { "skipped, because ../shared is not there" } else { "coverage of the corpus" };
    let test = move || {
        let mut reports = Vec::new();
        for path in &corpus {
            reports.push(check(&load("it", &bytes(path)?)).coverage);
        }
        let all: Coverage = reports.into_iter().sum();
        let known = all.wrong == MISTAKES && all.lacking == NAMES_ELSEWHERE;
        let right = all.expressions - all.wrong - all.lacking;
        if known && all.exact * 100 >= right * EXACT_PER_CENT { Ok(()) } else { Err(all.to_string().into()) }
    };
    Trial::test(name, test).with_ignored_flag(missing)
}

/// The article's own configuration, its command lines taken out.
fn session_map(path: PathBuf) -> Trial {
    let missing = !path.exists();
    let name = if missing {
        "session map: skipped, because ../shared is not there"
    } else {
        "session map loads whole"
    };
    let test = move || {
        let mut loader = Loader::new();
        loader.page("no-double-login", "taken");
        loader.read_repaired("article", &bytes(&path)?);
        let loaded = loader.finish();
        let coverage = check(&loaded).coverage;
        let conf = &loaded.configuration;
        let seen = (
            conf.variables.iter().count(),
            conf.assignments.len(),
            conf.policies.len(),
            conf.banks.values().map(Vec::len).sum::<usize>(),
            coverage.exact == coverage.expressions,
        );
        if seen == (1, 2, 4, 4, true) { Ok(()) } else { Err(format!("{seen:?}, {coverage}").into()) }
    };
    Trial::test(name, test).with_ignored_flag(missing)
}
