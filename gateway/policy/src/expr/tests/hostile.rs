//! No text makes reading, checking, evaluating or explaining panic or run without end.

use proptest::prelude::*;

use super::*;
use crate::limits;

/// Reads, checks, evaluates and explains; the last two must agree.
fn survive(text: &str) {
    let Ok(expression) = Expression::parse(text) else { return };
    let report = expression.check(&World::default(), None);
    let switches = Switches::default();
    let outcome = evaluate(&expression, &mut World::default(), &switches);
    let explanation = explain(&expression, &mut World::default(), &switches);
    // NaN is not equal to itself; printed it is.
    assert_eq!(format!("{:?}", explanation.outcome), format!("{outcome:?}"), "{text}");
    if let Err(Stop::Undefined(undefined)) = &outcome {
        assert!(text.get(undefined.span.start..undefined.span.end).is_some(), "{text}: {undefined:?}");
    }
    if let (Ok(value), Some(promised), Grade::Exact) = (&outcome, report.result, report.grade()) {
        let kept = value.kind() == promised || (value.kind().is_text() && promised.is_text());
        assert!(kept, "{text}: {promised} was promised, {value:?} came");
    }
}

/// A value of any type.
fn leaf() -> impl Strategy<Value = String> {
    let fixed = [
        "HTTP.REQ.URL",
        "HTTP.REQ.HEADER(\"X-Many\")",
        "HTTP.REQ.COOKIE",
        "HTTP.REQ.HOSTNAME",
        "HTTP.REQ.METHOD",
        "HTTP.REQ.BODY(100)",
        "HTTP.RES.STATUS",
        "CLIENT.IP.SRC",
        "2001:db8::1",
        "10.0.0.0/8",
        "SYS.TIME",
        "SYS.RANDOM",
        "AAA.USER.GROUPS",
        "$counter",
        "$map[\"alice\"]",
        "my_text",
        "TRUE",
        "FALSE",
        "1.5",
        "-1",
        "9223372036854775807",
        "18446744073709551615",
        "\"<a><b>x</b></a>\"",
        "\"a=1&b=2\"",
        "','",
        "GMT 2018 Mar",
        "\"x\".TYPECAST_NUM_AT",
        "MAP",
        "PATTERNS",
        "IGNORECASE",
        "re/b+/",
        "xp%//b%",
        "\"\\x00\\x7f\"",
        "HTTP.REQ",
    ];
    prop_oneof![
        3 => proptest::sample::select(fixed.to_vec()).prop_map(str::to_owned),
        1 => any::<i64>().prop_map(|number| number.unsigned_abs().to_string()),
        1 => "[ -!#-\\[\\]-~]{0,12}".prop_map(|text| format!("\"{text}\"")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let names: Vec<&'static str> = table::rows().map(|row| row.name).collect();
    leaf().prop_recursive(6, 60, 4, move |inner| {
        let operators =
            ["+", "-", "*", "/", "%", "&&", "||", "==", "!=", "<", ">=", "&", "|", "^", "<<", ">>", "ALT"];
        let args = proptest::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            4 => (inner.clone(), proptest::sample::select(names.clone()), args)
                .prop_map(|(on, name, args)| format!("{on}.{name}({})", args.join(", "))),
            2 => (inner.clone(), proptest::sample::select(operators.to_vec()), inner.clone())
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            1 => inner.clone().prop_map(|on| format!("!{on}")),
            1 => inner.prop_map(|key| format!("$map[{key}]")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,80}") {
        survive(&text);
    }

    #[test]
    fn anything_that_looks_like_an_expression(text in expression()) {
        survive(&text);
    }

    /// Every function on every kind of value, with arguments of its own kinds.
    #[test]
    fn every_function(on in leaf(), at in any::<proptest::sample::Index>(), args in proptest::collection::vec(leaf(), 3)) {
        let rows: Vec<_> = table::rows().collect();
        let row = at.get(&rows);
        let args: Vec<&str> = args.iter().map(String::as_str).take(row.args.len()).collect();
        survive(&format!("{on}.{}({})", row.name, args.join(", ")));
    }
}

/// What doubles at every step meets the bound of a text long before it meets that of the steps.
#[test]
fn texts_stop_growing() {
    let mut world = World::default();
    let mut name = "\"0123456789abcdef\"".to_owned();
    for level in 0..15 {
        let doubled = format!("{name} + {name} + {name} + {name}");
        name = format!("GROWS_{level}");
        world.named.insert(name.clone(), std::sync::Arc::new(Expression::parse(&doubled).unwrap()));
    }
    assert!(
        value(&mut world, &name).contains(&format!("the text is longer than {} bytes", limits::TEXT_BYTES))
    );
}

/// A search that is charged by its bytes ends.
#[test]
fn work_is_charged_by_its_bytes() {
    let mut world = World::default();
    let big = vec![b'a'; limits::TEXT_BYTES];
    world.variables.insert("big".into(), Value::text(big));
    let searches = vec!["$big.CONTAINS(\"b\")"; 1_000].join(" || ");
    assert!(value(&mut world, &searches).contains("takes more than"), "a thousand mebibytes are too many");
}
