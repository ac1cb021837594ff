//! The verbs that read and write scenario files and run none: `list`, `check`, `fmt`, `new`.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail, ensure};

use super::{Exit, catalogue};
use crate::scenario::{self, diagnostic};

/// `sim list`: one line per scenario.
pub(super) fn list(paths: &[PathBuf]) -> anyhow::Result<Exit> {
    let mut table = super::table::Table::new(["scenario", "variants", "covers", "title"]);
    let mut exit = Exit::Passed;
    for entry in catalogue::scenarios(paths)? {
        let (variants, covers, title) = match entry.load() {
            Ok(loaded) => {
                let plan = loaded.variants.first();
                let covers =
                    plan.map(|plan| plan.covers.iter().map(|row| row.value.clone()).collect::<Vec<_>>());
                let title = plan.map(|plan| plan.title.value.clone());
                (loaded.variants.len(), covers.unwrap_or_default().join(" "), title.unwrap_or_default())
            }
            Err(_) => {
                exit = Exit::Invalid;
                (0, String::new(), "invalid; see `sim check`".to_owned())
            }
        };
        let plain = |text: String| (text, super::table::Look::Plain);
        let variants = (variants.to_string(), super::table::Look::Number);
        table.row([plain(entry.name().to_owned()), variants, plain(covers), plain(title)]);
    }
    print!("{}", table.render(false));
    Ok(exit)
}

/// `sim check`: every finding about every scenario.
pub(super) fn check(paths: &[PathBuf], json: bool) -> anyhow::Result<Exit> {
    let entries = catalogue::scenarios(paths)?;
    let (mut findings, mut invalid) = (Vec::new(), 0);
    for entry in &entries {
        match entry.load() {
            Ok(loaded) => findings.extend(loaded.warnings),
            Err(diagnostics) => {
                invalid += 1;
                findings.extend(diagnostics);
            }
        }
    }
    if json {
        println!("{}", diagnostic::to_json(&findings));
    } else {
        print!("{}", diagnostic::render(&findings));
        println!("{} scenarios, {invalid} invalid", entries.len());
    }
    Ok(if invalid > 0 { Exit::Invalid } else { Exit::Passed })
}

/// `sim fmt`: the canonical form, for worlds and fragments as well.
pub(super) fn fmt(paths: &[PathBuf], check_only: bool) -> anyhow::Result<Exit> {
    let mut exit = Exit::Passed;
    for entry in catalogue::files(paths)? {
        let path = entry.path();
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        match scenario::format(&text) {
            Ok(formatted) if formatted == text => {}
            Ok(_) if check_only => {
                println!("{}", entry.shown());
                exit = exit.max(Exit::Failed);
            }
            Ok(formatted) => {
                fs::write(&path, formatted).with_context(|| path.display().to_string())?;
                println!("{}", entry.shown());
            }
            Err(mut diagnostics) => {
                diagnostics.iter_mut().for_each(|diagnostic| diagnostic.file = entry.shown());
                eprint!("{}", diagnostic::render(&diagnostics));
                exit = exit.max(Exit::Invalid);
            }
        }
    }
    Ok(exit)
}

/// `sim new`: a file to start from.
pub(super) fn new(name: &str) -> anyhow::Result<Exit> {
    let name = name.strip_suffix(".kdl").unwrap_or(name);
    let below = Path::new(name);
    let normal = below.components().all(|part| matches!(part, Component::Normal(_)));
    ensure!(normal && !name.is_empty(), "`{name}` is not a name below the scenarios folder");
    let root = catalogue::nearest_root()?;
    let path = root.join(format!("{name}.kdl"));
    if path.exists() {
        bail!("{} is already there", path.display());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let title = below.file_name().and_then(|name| name.to_str()).unwrap_or(name).replace('-', " ");
    fs::write(&path, scenario::new_template(&title)).with_context(|| path.display().to_string())?;
    println!("{}", path.display());
    Ok(Exit::Passed)
}
