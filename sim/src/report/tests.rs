use std::time::Duration;

use insta::assert_snapshot;

use super::*;
use crate::scenario::source::{FileId, Sources};
use crate::trace::samples;

fn failure(span: Option<Span>) -> Failure {
    Failure {
        span,
        at: Duration::from_millis(3201),
        awaited: "echo of \"hello\" within 1 s".into(),
        came_instead: "nothing".into(),
        nearest: vec!["4.201  laptop  echo of \"hello\" comes back: it happened 1.000 s too late".into()],
        rule: None,
        code: FailureKind::Expectation,
    }
}

fn shown(failure: &Failure, sources: &Sources) -> String {
    let replay = Replay { path: "scenarios/login/a.kdl".into(), seed: 7 };
    render(failure, sources, &replay)
}

#[test]
fn a_failed_expectation_shows_its_line_and_how_to_see_it_again() {
    let mut sources = Sources::default();
    let text = "scenario \"a\" {\n    expect echo \"hello\" within=\"1s\"\n}\n";
    let file = sources.add("login/a.kdl", text.to_owned()).unwrap_or(FileId(0));
    let start = text.find("expect").unwrap_or_default();
    let end = text.find("\n}").unwrap_or_default();
    let span = Span { file, start, end };
    assert_snapshot!(shown(&failure(Some(span)), &sources), @r#"
    error[expectation]: it did not come as expected
     --> login/a.kdl:2:5
      |
    2 |     expect echo "hello" within="1s"
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           at  3.201 s
      awaited  echo of "hello" within 1 s
         came  nothing
         near  4.201  laptop  echo of "hello" comes back: it happened 1.000 s too late
         seed  7
       replay  sim run scenarios/login/a.kdl --seed 7 --story
    "#);
}

#[test]
fn a_broken_rule_has_its_name_and_no_line() {
    let failure = Failure { rule: Some("ticket-once"), code: FailureKind::Invariant, ..failure(None) };
    let text = shown(&failure, &Sources::default());
    assert!(text.starts_with("error[ticket-once]: a rule that holds in every run is broken\n"), "{text}");
}

#[test]
fn near_events_say_what_is_wrong_with_them() {
    let trace = samples::trace(samples::good_run());
    let window = |from, to| Duration::from_millis(from)..=Duration::from_millis(to);
    let near = |host, window| nearest(&trace, "ticket.redeemed", host, &window).join("\n");
    assert!(near(None, window(0, 50)).ends_with("it happened 0.040 s too late"));
    assert!(near(None, window(100, 200)).ends_with("it happened 0.010 s too early"));
    assert!(near(Some("gw02"), window(0, 200)).ends_with("it happened at gw"));
    assert!(near(None, window(0, 200)).ends_with("but differs"));
    let none = nearest(&trace, "ticket.refused", None, &window(0, 45));
    assert_eq!(none.len(), 3);
    assert!(none[2].starts_with("0.040  radius01  Access-Accept"), "{none:?}");
}
