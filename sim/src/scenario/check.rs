//! The semantic pass: every name means something, every time lies in the run.
//!
//! Works on the typed plan alone. Errors are what a runner could not carry out; warnings are what it could, but
//! what is probably not meant.

mod names;
mod policies;
mod run;
mod steps;
mod world;

use super::Vocabulary;
use super::diagnostic::Finding;
use super::plan::Plan;
use super::time;

/// Rows of the product that a scenario may cover.
const ROWS: [&str; 28] = [
    "ica-01", "ica-02", "ica-03", "ica-04", "ica-05", "ica-06", "ica-07", "ica-08", "ica-09", "ica-10",
    "ica-11", "ica-12", "ica-13", "ica-14", "tfa-01", "tfa-02", "tfa-03", "tfa-04", "ses-01", "ses-02",
    "ses-03", "ses-04", "lab-01", "lab-02", "lab-03", "lab-04", "lab-05", "lab-06",
];

/// One plan being checked.
struct Checker<'p> {
    plan: &'p Plan,
    vocabulary: &'p Vocabulary<'p>,
    findings: Vec<Finding>,
}

/// Everything that is wrong, or odd, with a plan.
pub(super) fn plan(plan: &Plan, vocabulary: &Vocabulary<'_>) -> Vec<Finding> {
    let mut checker = Checker { plan, vocabulary, findings: Vec::new() };
    checker.head();
    checker.world();
    for receiver in &plan.receivers {
        checker.receiver(receiver);
    }
    checker.marks();
    checker.faults();
    for expectation in &plan.expectations {
        checker.expectation(expectation);
    }
    checker.findings
}

impl Checker<'_> {
    fn head(&mut self) {
        for row in &self.plan.covers {
            if !ROWS.contains(&row.value.as_str()) {
                let message = format!("there is no row `{}`", row.value);
                let finding = Finding::error("scn-unknown-row", row.place(), message);
                self.findings.push(finding.suggest(&row.value, ROWS));
            }
        }
        if self.plan.tick > self.plan.limit {
            let message = format!(
                "one tick ({}) is longer than the whole run may take ({})",
                time::render(self.plan.tick),
                time::render(self.plan.limit)
            );
            self.findings.push(Finding::error("scn-bad-time", self.plan.title.place(), message));
        }
        if self.plan.receivers.is_empty() {
            let message = "nobody does anything: the scenario has no `receiver`";
            self.findings.push(Finding::warning("scn-nothing-happens", self.plan.title.place(), message));
        }
    }
}
