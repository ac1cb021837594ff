//! What is wrong with a scenario file, told so that it can be mended: place, stable code, message, help.
//!
//! A `Finding` is made where the trouble is seen and knows only offsets; a [`Diagnostic`] is what people and
//! editors get. The look of the text form follows compilers' custom.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::source::{Sources, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The scenario is not run.
    Error,
    /// The scenario is run, but probably does not say what was meant.
    Warning,
}

impl Severity {
    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One error or warning, complete in itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable code, `scn-…`. Codes are never given a new meaning.
    pub code: &'static str,
    /// What is wrong, one line.
    pub message: String,
    /// What may be done about it.
    pub help: Option<String>,
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How many characters of the line are meant, at least 1.
    pub length: usize,
    /// The whole line.
    pub source_line: String,
}

impl Diagnostic {
    /// The diagnostic as text with the source line and a caret, ending in a newline.
    pub fn render(&self) -> String {
        let mut out = String::new();
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        // A tab stays a tab, so that the caret stands under its character however wide tabs are.
        let lead = |c: char| if c == '\t' { '\t' } else { ' ' };
        let indent: String = self.source_line.chars().take(self.column - 1).map(lead).collect();
        let carets = "^".repeat(self.length);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}[{}]: {}", self.severity.word(), self.code, self.message);
        let _ = writeln!(out, "{margin}--> {}:{}:{}", self.file, self.line, self.column);
        let _ = writeln!(out, "{margin} |");
        let _ = writeln!(out, "{number} | {}", self.source_line);
        let _ = writeln!(out, "{margin} | {indent}{carets}");
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{margin} = help: {help}");
        }
        out
    }

    /// The diagnostic for editors: one JSON object, line and column from 1.
    pub fn to_json(&self) -> Value {
        json!({
            "severity": self.severity.word(),
            "code": self.code,
            "message": self.message,
            "help": self.help,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "length": self.length,
        })
    }
}

/// All diagnostics as text, a blank line between two.
pub fn render(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(Diagnostic::render).collect::<Vec<_>>().join("\n")
}

/// All diagnostics as one JSON array.
pub fn to_json(diagnostics: &[Diagnostic]) -> Value {
    diagnostics.iter().map(Diagnostic::to_json).collect()
}

/// Trouble at a place, before line and column are known.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    severity: Severity,
    code: &'static str,
    message: String,
    help: Option<String>,
    place: Span,
}

impl Finding {
    pub(super) fn error(code: &'static str, place: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, message: message.into(), help: None, place }
    }

    pub(super) fn warning(code: &'static str, place: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, place, message) }
    }

    pub(super) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Helps with the nearest of the names that would have been right, or with all when they are few.
    pub(super) fn suggest<'n>(mut self, written: &str, names: impl IntoIterator<Item = &'n str>) -> Self {
        let mut names: Vec<&str> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        self.help = match nearest(written, &names) {
            Some(name) => Some(format!("did you mean `{name}`?")),
            None if names.is_empty() => self.help,
            None if names.len() <= LISTED_MAX => Some(format!("known: {}", ticked(&names))),
            None => self.help,
        };
        self
    }

    fn resolve(self, sources: &Sources) -> Diagnostic {
        let location = sources.locate(&self.place);
        let rest = location.text.chars().count().saturating_sub(location.column - 1);
        let meant = sources.text(&self.place).lines().next().unwrap_or_default().trim_end().chars().count();
        Diagnostic {
            severity: self.severity,
            code: self.code,
            message: self.message,
            help: self.help,
            file: location.file.to_owned(),
            line: location.line,
            column: location.column,
            length: meant.min(rest).max(1),
            source_line: location.text.to_owned(),
        }
    }
}

/// How many names a help lists before it says nothing instead.
const LISTED_MAX: usize = 16;

/// Names in ticks, with commas between.
fn ticked(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The name that was probably meant: the nearest one, if it is near.
fn nearest<'n>(written: &str, names: &[&'n str]) -> Option<&'n str> {
    let written = written.to_lowercase();
    // One slip in three letters still looks like the word; more looks like another word.
    let allowed = (written.chars().count() / 3).max(1);
    let distance = |name: &str| strsim::osa_distance(&written, &name.to_lowercase());
    names
        .iter()
        .map(|name| (distance(name), *name))
        .filter(|(far, _)| *far <= allowed)
        .min()
        .map(|(_, name)| name)
}

/// Findings of all variants as diagnostics: each once, in the order of files and lines, errors before
/// warnings at the same place.
pub(super) fn resolve(findings: Vec<Finding>, sources: &Sources) -> Vec<Diagnostic> {
    let mut findings = findings;
    let key = |finding: &Finding| {
        let Span { file, start, .. } = finding.place;
        (file, start, !finding.is_error(), finding.code, finding.message.clone())
    };
    findings.sort_by_cached_key(key);
    findings.dedup_by_key(|finding| key(finding));
    findings.into_iter().map(|finding| finding.resolve(sources)).collect()
}

/// Whether any of the findings keeps the scenario from running.
pub(super) fn has_error(findings: &[Finding]) -> bool {
    findings.iter().any(Finding::is_error)
}
