//! `gateway policy check`: findings and coverage of saved configurations, for people, programs and CI.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use gateway_policy::check::{self, Coverage, Report, text};
use gateway_policy::conf::{Diagnostic, Loaded, Severity, Sources};
use gateway_policy::switches::{OUT_OF_REACH, Switches};
use serde_json::{Value, json};

use super::files::Reading;
use super::sarif;
use crate::program::failure::{Exit, Failure};
use crate::program::output;

/// What is checked, and how it is told.
#[derive(Args)]
pub(in crate::program) struct Arguments {
    /// Saved configurations (ns.conf), each on its own; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Reads all files as one configuration, in this order
    #[arg(long)]
    together: bool,
    #[command(flatten)]
    reading: Reading,
    /// Warnings are errors
    #[arg(long)]
    strict: bool,
    /// Also prints notes: policies bound nowhere, classic expressions, what is only read
    #[arg(long)]
    all: bool,
    /// How findings are written
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// To read
    #[default]
    Text,
    /// For programs
    Json,
    /// For code review and CI (SARIF 2.1.0)
    Sarif,
}

/// One configuration and what was found.
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) loaded: Loaded,
    pub(super) report: Report,
}

/// Prints all findings. Fails with errors, with warnings if they count.
pub(super) fn check(arguments: &Arguments) -> Result<(), Failure> {
    let groups: Vec<&[PathBuf]> =
        if arguments.together { vec![&arguments.files] } else { arguments.files.chunks(1).collect() };
    let checked = groups.into_iter().map(|paths| configuration(arguments, paths));
    let checked = checked.collect::<Result<Vec<_>, _>>()?;
    match arguments.output {
        Format::Text => output::print(&report(&checked, arguments.all)),
        Format::Json => output::print_json(&document(&checked)),
        Format::Sarif => output::print_json(&sarif::log(&checked)),
    }
    let worst = if arguments.strict { Severity::Warning } else { Severity::Error };
    match checked.iter().map(|checked| checked.report.count(worst)).sum::<usize>() {
        0 => Ok(()),
        1 => Err(Failure::new(Exit::Configuration, "1 finding to mend")),
        count => Err(Failure::new(Exit::Configuration, format!("{count} findings to mend"))),
    }
}

fn configuration(arguments: &Arguments, paths: &[PathBuf]) -> Result<Checked, Failure> {
    let loaded = arguments.reading.load(paths)?;
    let report = check::check(&loaded);
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    Ok(Checked { name: names.join(" + "), loaded, report })
}

fn report(checked: &[Checked], all: bool) -> String {
    let mut lines = String::new();
    for Checked { loaded, report, .. } in checked {
        for finding in report.findings.iter().filter(|found| all || found.severity != Severity::Note) {
            lines += &text::finding(finding, &loaded.sources);
        }
    }
    for Checked { name, report, .. } in checked {
        lines += &format!("{name}: {}; {}\n", report.coverage, tally(report, all));
    }
    if checked.len() > 1 {
        let total = checked.iter().map(|checked| checked.report.coverage).sum::<Coverage>();
        lines += &format!("all {} configurations: {total}\n", checked.len());
    }
    let switches = Switches::default().list();
    let switches: Vec<_> = switches.iter().map(|it| format!("{}={}", it.name, it.value)).collect();
    lines += &format!("assumed where the public documents are silent: {}\n", switches.join(", "));
    if all {
        let open = OUT_OF_REACH
            .iter()
            .map(|(question, why)| format!("open, and no switch: {question} Here {why}\n"));
        lines.extend(open);
    }
    lines
}

/// "2 errors, 1 warning, 3 notes".
fn tally(report: &Report, all: bool) -> String {
    let of = |severity| report.findings.iter().filter(|found| found.severity == severity).count();
    let [errors, warnings, notes] = [Severity::Error, Severity::Warning, Severity::Note].map(of);
    let hidden = if notes > 0 && !all { " (--all shows them)" } else { "" };
    format!("{errors} errors, {warnings} warnings, {notes} notes{hidden}")
}

fn document(checked: &[Checked]) -> Value {
    let configuration = |Checked { name, loaded, report }: &Checked| {
        let findings = report.findings.iter().map(|found| finding(found, &loaded.sources));
        json!({
            "name": name,
            "coverage": coverage(&report.coverage),
            "kept": loaded.kept,
            "findings": findings.collect::<Vec<_>>(),
        })
    };
    let switches = Switches::default().list().into_iter().map(|switch| {
        let values = switch.values.iter().map(|(word, means)| json!({ "value": word, "means": means }));
        json!({
            "name": switch.name,
            "question": switch.question,
            "value": switch.value,
            "values": values.collect::<Vec<_>>(),
        })
    });
    json!({
        "configurations": checked.iter().map(configuration).collect::<Vec<_>>(),
        "switches": switches.collect::<Vec<_>>(),
        "out-of-reach": OUT_OF_REACH.map(|(question, why)| json!({ "question": question, "why": why })),
    })
}

fn coverage(coverage: &Coverage) -> Value {
    json!({
        "commands": coverage.commands,
        "commands-kept": coverage.commands_kept,
        "commands-refused": coverage.commands_refused,
        "expressions": coverage.expressions,
        "exact": coverage.exact,
        "parsed-only": coverage.parsed_only,
        "names-missing": coverage.lacking,
        "errors": coverage.wrong,
        "classic": coverage.classic,
    })
}

fn finding(found: &Diagnostic, sources: &Sources) -> Value {
    let source = sources.get(found.at.file);
    let start = source.map(|source| source.position(found.at.span.start));
    let end = source.map(|source| source.position(found.at.span.end));
    json!({
        "severity": found.severity.as_str(),
        "code": found.code,
        "file": source.map(|source| &source.name),
        "line": start.map(|(line, _)| line),
        "column": start.map(|(_, column)| column),
        "end-line": end.map(|(line, _)| line),
        "end-column": end.map(|(_, column)| column),
        "message": found.message,
        "help": found.help,
    })
}
