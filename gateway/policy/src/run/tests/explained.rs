//! Rules told part by part, and expressions asked by hand.

use std::collections::BTreeMap;

use super::*;
use crate::expr::{Expression, aligned};
use crate::run::probe;

#[test]
fn every_rule_that_was_tried_is_told() {
    let lab =
        Lab::rules("", &[("HTTP.REQ.URL.CONTAINS(\"x\")", "NOOP"), ("TRUE", "NOOP"), ("1/0 == 1", "NOOP")]);
    let facts = Lab::facts("/a", None);
    let explained = |explains: bool| {
        let evaluation = Evaluation::new(lab.policies.clone(), facts.clone(), Occasion::Request);
        let mut evaluation = if explains { evaluation.explaining() } else { evaluation };
        match evaluation.go_on(&mut State::default(), 0) {
            Progress::Done(outcome) => outcome.explanation.tried,
            Progress::Call(request) => panic!("{request:?}"),
        }
    };
    let told: Vec<String> = explained(true)
        .into_iter()
        .map(|tried| tried.rule.map(|rule| aligned(&rule.explanation.lines(&rule.text))).unwrap_or_default())
        .collect();
    let first = "HTTP.REQ.URL.CONTAINS(\"x\")  FALSE\n╰─ HTTP.REQ.URL             \"/a\"";
    let last = "1/0 == 1  UNDEF\n╰─ 1/0    UNDEF  ◂ the division is by zero";
    assert_eq!(told, [first, "TRUE  TRUE", last]);
    let untold = explained(false);
    assert!(untold.iter().all(|tried| tried.rule.is_none()));
    assert_eq!(untold.len(), 2, "what is FALSE is not kept: {untold:?}");
}

#[test]
fn an_expression_reaches_the_configuration_and_given_answers() {
    let lab = Lab::new(
        "add policy stringmap m\nbind policy stringmap m /a yes\n\
         add policy httpCallout c -IPAddress 192.0.2.1 -port 80 -returnType TEXT -hostExpr \"\\\"h\\\"\" \
         -urlStemExpr \"\\\"/\\\"\" -resultExpr \"HTTP.RES.BODY(9)\"\n",
    );
    let ask = |text: &str, answers: &BTreeMap<String, Message>| {
        let expression = Expression::parse(text).expect("an expression");
        probe(&lab.policies, &expression, Lab::facts("/a", None), 0, answers).outcome
    };
    let value = |text: &str| ask(text, &BTreeMap::new()).map(|value| value.to_string());
    assert_eq!(value("HTTP.REQ.URL.MAP_STRING(\"m\")"), Ok("\"yes\"".to_owned()));
    let twice = "SYS.HTTP_CALLOUT(c) + SYS.HTTP_CALLOUT(C)";
    assert!(matches!(value(twice), Err(crate::environment::Stop::Pending { .. })));
    let answers = BTreeMap::from([("c".to_owned(), message(b"HTTP/1.1 200 OK\n\nabc"))]);
    assert_eq!(ask(twice, &answers).map(|value| value.to_string()), Ok("\"abcabc\"".to_owned()));
}
