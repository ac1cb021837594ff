//! Results as JUnit XML, which CI systems show. There is no specification; this is what all of them read.

use gateway_proto::xml::{Element, Prolog, write};

use super::run::{Run, StepRun};
use crate::program::failure::Failure;

/// One suite a test file, one case a request.
pub(super) fn document(runs: &[Run]) -> Result<String, Failure> {
    let root = Element::new("testsuites").with_all(runs.iter().map(suite));
    write(&root, Prolog::Declaration).map_err(Failure::broken)
}

fn suite(run: &Run) -> Element {
    let failed = run.steps.iter().filter(|step| !step.failures.is_empty()).count();
    Element::new("testsuite")
        .with_attribute("name", &clean(&run.name))
        .with_attribute("tests", &run.steps.len().to_string())
        .with_attribute("failures", &failed.to_string())
        .with_all(run.steps.iter().map(|step| case(run, step)))
}

fn case(run: &Run, step: &StepRun) -> Element {
    let case = Element::new("testcase")
        .with_attribute("classname", &clean(&run.name))
        .with_attribute("name", &clean(&step.name));
    if step.failures.is_empty() {
        return case;
    }
    let text = format!("{}\n{}", step.failures.join("\n"), step.explanation);
    let message = clean(&step.failures.join("; "));
    case.with(Element::leaf("failure", &clean(&text)).with_attribute("message", &message))
}

/// Without what XML can't carry.
fn clean(text: &str) -> String {
    text.chars().filter(|character| !character.is_control() || *character == '\n').collect()
}
