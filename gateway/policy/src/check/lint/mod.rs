//! What is well-formed and will not do what was meant.

mod answer;
mod bank;
mod compare;
mod variable;
mod walk;

use crate::conf::{Configuration, Diagnostic};

use super::Read;

/// Everything that can be said about objects and how they fit together.
pub(super) fn lint(configuration: &Configuration, read: &[Read<'_>], findings: &mut Vec<Diagnostic>) {
    bank::lint(configuration, read, findings);
    variable::lint(configuration, read, findings);
    for read in read {
        compare::lint(read, findings);
        answer::lint(read, findings);
    }
}
