//! Expressions against a small world: one request, one session, a few sets.

mod functions;
mod hostile;
mod language;
mod telling;
mod world;

use super::*;
use world::World;

/// The value of a text, as an explanation prints it; `UNDEF: cause` without one.
fn value(world: &mut World, text: &str) -> String {
    let expression =
        Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error} at {:?}", error.span));
    let switches = world.switches;
    match evaluate(&expression, world, &switches) {
        Ok(value) => value.to_string(),
        Err(Stop::Undefined(undefined)) => format!("UNDEF: {}", undefined.cause),
        Err(Stop::Pending { callout }) => format!("PENDING: {callout}"),
    }
}

/// Every line `text => value` against a fresh world.
fn table(lines: &str) {
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (text, wanted) = line.rsplit_once(" => ").unwrap_or_else(|| panic!("no ` => ` in {line}"));
        let found = value(&mut World::default(), text.trim());
        assert_eq!(found, wanted.trim(), "{text}");
        let report = Expression::parse(text.trim()).expect("parsed above").check(&World::default(), None);
        assert_eq!(report.grade(), Grade::Exact, "{text}: {:?}", report.findings);
    }
}

/// What reading or checking a text says first: `column: problem; help`.
fn complaint(text: &str) -> String {
    let (span, problem, help) = match Expression::parse(text) {
        Err(error) => (error.span, error.problem, error.help),
        Ok(expression) => match expression.check(&World::default(), None).findings.into_iter().next() {
            Some(finding) => (finding.span, finding.problem, finding.help),
            None => return "none".to_owned(),
        },
    };
    let help = help.map(|help| format!("; {help}")).unwrap_or_default();
    format!("{}: {problem}{help}", span.start + 1)
}

/// docs/policy.md ends with what the code knows.
#[test]
fn the_reference_in_the_documentation_is_that_of_the_code() {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/policy.md");
    const MARK: &str = "<!-- From here on generated: UPDATE_DOCS=1 cargo test -p gateway-policy -->\n\n";
    let page = std::fs::read_to_string(PATH).expect("docs/policy.md");
    let (written, generated) = page.split_once(MARK).expect("the mark after which the page is generated");
    let reference = docs::reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PATH, format!("{written}{MARK}{reference}")).expect("docs/policy.md");
        return;
    }
    assert!(generated == reference, "docs/policy.md is stale: run with UPDATE_DOCS=1");
}
