//! The scenario language: KDL 2 text to a typed [`Plan`], and back to canonical text.
//!
//! Text goes through five rooms, each of which knows only the one before it: `files` reads and parses, `decode`
//! turns nodes into typed values by the table of words (`schema`), `check` resolves names and times, and what is
//! wrong anywhere becomes a [`Diagnostic`]. `fmt` works on text alone.
//!
//! Pure text and values: no network, no clock, no disk. Files come from a [`Loader`].
//!
//! Specification: ours (docs/scenario-language.md, generated from the table of words); KDL 2.0.0.

mod check;
mod decode;
pub mod diagnostic;
mod docs;
mod files;
mod fmt;
mod lexer;
pub mod plan;
mod schema;
pub mod source;
mod template;
pub mod time;

#[cfg(test)]
mod tests;

pub use self::decode::VARIANTS_MAX;
pub use self::diagnostic::{Diagnostic, Severity};
pub use self::docs::language_reference;
pub use self::files::{FILE_BYTES_MAX, FILES_MAX, NESTING_MAX};
pub use self::fmt::format;
pub use self::template::new_template;

use self::diagnostic::Finding;
use self::files::Files;
use self::plan::Plan;
use self::source::Sources;

/// Where the text of files comes from.
pub trait Loader {
    /// The text of a file. `name` is what was asked of [`load`], or what a `use` says: a path below the
    /// scenarios' folder, with forward slashes.
    ///
    /// # Errors
    /// Why there is no text, to follow "cannot read `name`: ".
    fn read(&self, name: &str) -> Result<String, String>;
}

/// Names that a scenario may use and that only the runner knows.
#[derive(Debug, Clone, Copy)]
pub struct Vocabulary<'a> {
    /// Kinds of trace events: `ticket.redeemed`.
    pub event_kinds: &'a [&'a str],
    /// Names of entries in the gateway's audit log: `duplicate-login`.
    pub audit_events: &'a [&'a str],
    /// Names of fields of events and audit entries.
    pub event_fields: &'a [&'a str],
    /// Reason codes of refusals: `ticket-expired`.
    pub reasons: &'a [&'a str],
}

/// A scenario that may be run.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// One plan without a matrix; with one, a plan for each combination.
    pub variants: Vec<Plan>,
    /// What is probably not meant.
    pub warnings: Vec<Diagnostic>,
    /// Every file that took part, for showing places of the plans.
    pub sources: Sources,
}

/// Reads, decodes and checks a scenario.
///
/// # Errors
/// Everything that is wrong with it and with the files it uses, in the order of files and lines. Warnings wait
/// until there is no error left.
pub fn load(
    path_or_name: &str,
    loader: &dyn Loader,
    vocabulary: &Vocabulary<'_>,
) -> Result<Loaded, Vec<Diagnostic>> {
    let mut decoded = decode::scenario(Files::new(loader), path_or_name);
    // A host that was not understood would be missed everywhere: its own error comes first.
    if decoded.world_understood {
        for plan in &decoded.plans {
            decoded.findings.extend(check::plan(plan, vocabulary));
        }
    }
    let failed = diagnostic::has_error(&decoded.findings);
    if failed {
        // What an error left out may be all that a warning is about.
        decoded.findings.retain(Finding::is_error);
    }
    let sources = decoded.files.sources;
    let diagnostics = diagnostic::resolve(decoded.findings, &sources);
    if failed {
        Err(diagnostics)
    } else {
        Ok(Loaded { variants: decoded.plans, warnings: diagnostics, sources })
    }
}
