//! What can be said of a configuration without a request: every expression read and typed, names that lead
//! nowhere, and what is well-formed and will not do what was meant.
//!
//! It runs nothing. Codes are stable; `docs/policy.md` lists them. Specification: ours.

mod lint;
mod names;
#[cfg(test)]
mod tests;
pub mod text;
mod uses;

use crate::conf::command::Resolved;
use crate::conf::object::Configuration;
use crate::conf::place::Written;
use crate::conf::{Diagnostic, Loaded, Severity};
use crate::expr::{self, Expression, Finding, Grade};
use crate::limits::DIAGNOSTICS;
use crate::switches::Switches;
use names::Names;
pub use uses::Use;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// All findings, the loader's included, in the order of the files.
    pub findings: Vec<Diagnostic>,
    /// How much of the files can be relied on.
    pub coverage: Coverage,
}

/// How many commands and expressions are understood, and how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Lines that hold a command.
    pub commands: usize,
    /// Of these, kept without being understood: they have no meaning for policies.
    pub commands_kept: usize,
    /// Of these, refused.
    pub commands_refused: usize,
    /// Advanced expressions.
    pub expressions: usize,
    /// Of these, evaluated exactly.
    pub exact: usize,
    /// Of these, read with a part that is not evaluated.
    pub parsed_only: usize,
    /// Of these, right but for a name that nothing in the files has, as in an excerpt.
    pub lacking: usize,
    /// Of these, wrong.
    pub wrong: usize,
    /// Classic expressions, which are told apart and not read.
    pub classic: usize,
}

/// One line: "412 of 431 expressions evaluated exactly, 14 parsed only, 2 with names that are nowhere, 3 errors".
impl std::fmt::Display for Coverage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { commands, commands_kept, commands_refused, .. } = self;
        let Self { expressions, exact, parsed_only, lacking, wrong, classic, .. } = self;
        write!(f, "{exact} of {expressions} expressions evaluated exactly, {parsed_only} parsed only")?;
        if *lacking > 0 {
            write!(f, ", {lacking} with names that are nowhere")?;
        }
        write!(f, ", {wrong} errors")?;
        if *classic > 0 {
            write!(f, ", {classic} classic ones not read")?;
        }
        write!(f, "; {commands} commands, {commands_kept} kept, {commands_refused} refused")
    }
}

impl std::iter::Sum for Coverage {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            commands: sum.commands + one.commands,
            commands_kept: sum.commands_kept + one.commands_kept,
            commands_refused: sum.commands_refused + one.commands_refused,
            expressions: sum.expressions + one.expressions,
            exact: sum.exact + one.exact,
            parsed_only: sum.parsed_only + one.parsed_only,
            lacking: sum.lacking + one.lacking,
            wrong: sum.wrong + one.wrong,
            classic: sum.classic + one.classic,
        })
    }
}

/// An expression of the configuration with what reading it gave.
pub(crate) struct Read<'a> {
    pub(crate) used: Use<'a>,
    /// `None` for a classic one, or one that is wrong.
    pub(crate) expression: Option<Expression>,
}

/// Checks what was loaded.
#[must_use]
pub fn check(loaded: &Loaded) -> Report {
    let mut report = Report { findings: loaded.diagnostics.clone(), coverage: commands(loaded) };
    let names = Names::new(&loaded.configuration);
    let mut read = Vec::new();
    for used in uses::all(&loaded.configuration) {
        let expression = expression(&used, &names, &Switches::default(), &mut report);
        read.push(Read { used, expression });
    }
    lint::lint(&loaded.configuration, &read, &mut report.findings);
    report.findings.sort_by_key(|finding| (finding.at.file, finding.at.span, finding.severity));
    // Places are equal wherever they are, so a finding is the same only if it also points at the same bytes.
    report
        .findings
        .dedup_by(|next, it| next == it && (next.at.file, next.at.span) == (it.at.file, it.at.span));
    report.findings.truncate(DIAGNOSTICS);
    report
}

/// Reads and types an expression that somebody asks about, with the names of a configuration in reach.
#[must_use]
pub fn asked(
    written: &Written,
    configuration: &Configuration,
    switches: &Switches,
) -> (Option<Expression>, Vec<Diagnostic>) {
    let mut report = Report::default();
    let used = Use { command: "", name: "", field: "", written, wanted: None, acted_on: true };
    let expression = expression(&used, &Names::new(configuration), switches, &mut report);
    (expression, report.findings)
}

impl Report {
    /// How many findings are at least this bad.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity <= severity).count()
    }
}

fn commands(loaded: &Loaded) -> Coverage {
    let count = |wanted: fn(&Resolved) -> bool| {
        loaded.commands.iter().filter(|statement| wanted(&statement.resolved)).count()
    };
    Coverage {
        commands: loaded.commands.len(),
        commands_kept: count(|resolved| matches!(resolved, Resolved::Kept(_))),
        commands_refused: count(|resolved| matches!(resolved, Resolved::Refused)),
        ..Coverage::default()
    }
}

/// Reads and types one expression, and counts it.
fn expression(
    used: &Use<'_>,
    names: &Names<'_>,
    switches: &Switches,
    report: &mut Report,
) -> Option<Expression> {
    let Report { findings, coverage } = report;
    let text = &used.written.text;
    if expr::is_classic(text) {
        coverage.classic += 1;
        let told = format!("the {} of {} `{}` is a classic expression", used.field, used.command, used.name);
        let help = "classic expressions are not read; nspepi converts them to advanced ones";
        findings.push(Diagnostic::note("classic", used.written.whole(), told).help(help));
        return None;
    }
    coverage.expressions += 1;
    let expression = match Expression::parse_as(text, switches) {
        Ok(expression) => expression,
        Err(error) => {
            coverage.wrong += 1;
            let at = used.written.place(error.span);
            let found = Diagnostic::error("expression-syntax", at, error.problem);
            findings.push(found.help(error.help.unwrap_or_default()));
            return None;
        }
    };
    let checked = expression.check(names, used.wanted);
    match checked.grade() {
        Grade::Exact => coverage.exact += 1,
        Grade::ParsedOnly => coverage.parsed_only += 1,
        Grade::Lacking => coverage.lacking += 1,
        Grade::Wrong => coverage.wrong += 1,
    }
    let wrong = matches!(checked.grade(), Grade::Lacking | Grade::Wrong);
    findings.extend(checked.findings.into_iter().map(|finding| diagnostic(finding, used)));
    (!wrong).then_some(expression)
}

fn diagnostic(finding: Finding, used: &Use<'_>) -> Diagnostic {
    let at = used.written.place(finding.span);
    let found = match finding.severity {
        expr::Severity::Error => Diagnostic::error("expression-type", at, finding.problem),
        expr::Severity::Lacking => Diagnostic::error("name-missing", at, finding.problem),
        // What is never acted on does not mind.
        expr::Severity::NotEvaluated if !used.acted_on => {
            Diagnostic::note("not-evaluated", at, finding.problem)
        }
        expr::Severity::NotEvaluated => Diagnostic::warning("not-evaluated", at, finding.problem),
        expr::Severity::Warning => Diagnostic::warning("expression-doubt", at, finding.problem),
    };
    found.help(finding.help.unwrap_or_default())
}
