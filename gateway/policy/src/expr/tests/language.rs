//! Grammar, operators, three-valued logic, names and budgets (reference sections 4 and 5).

use super::*;
use crate::{limits, span::Span, switches::UndefLhs};

#[test]
fn operators_bind_as_documented() {
    table(
        r#"
        1 + 2 * 3 => 7
        (1 + 2) * 3 => 9
        1 + 2 + "x" => "3x"
        "x" + 1 + 2 => "x12"
        10 - 2 - 3 => 5
        7 / 2 => 3
        -7 % 3 => -1
        1 | 6 & 4 ^ 1 => 5
        1 << 4 >> 2 => 4
        ~0 => -1
        HTTP.REQ.URL.LENGTH + HTTP.REQ.HOSTNAME.LENGTH <= 500 && true => TRUE
        "a" + HTTP.REQ.URL.LENGTH => "a20"
        ("a" + HTTP.REQ.URL).LENGTH => 21
        false && true || true => TRUE
        !false && false => FALSE
        !!true => TRUE
        $map["alice"].EQ("s1").NOT => FALSE
        "a" < "b" => TRUE
        1.5 + 1 => 2.5
        0x1f => 31
        CLIENT.IP.SRC == 192.0.2.7 => TRUE
        "ip " + CLIENT.IP.SRC => "ip 192.0.2.7"
        "at " + SYS.TIME => "at Mon, 05 Mar 2018 10:23:36 GMT"
        SYS.TIME.ADD(2592000).TYPECAST_TIME_AT + ";Path=/" => "Wed, 04 Apr 2018 10:23:36 GMT;Path=/"
        $counter + 1 => 8
        "a" ALT "b" => "a"
        "1".TYPECAST_NUM_AT ALT 2 => 1
        "x".TYPECAST_NUM_AT ALT 2 => 2
        http.req.url . path  .  get ( 1 ) => "a"
        "#,
    );
}

#[test]
fn literals_have_their_escapes() {
    table(
        r#"
        "a\tb\x41\101\"\\" => "a\tbAA\"\\"
        'x' + '\'' => "x\'"
        2001:db8::1 == 2001:db8::1 => TRUE
        CLIENT.IP.SRC.IN_SUBNET(192.0.2.0/24) => TRUE
        "a,b".REGEX_MATCH(re#,#) => TRUE
        1e3 + 0 => 1000
        18446744073709551615 => 18446744073709551615
        "#,
    );
    assert_eq!(value(&mut World::default(), "\"raw\r\nline\""), "\"raw\\r\\nline\"");
}

#[test]
fn mistakes_are_told_where_they_are() {
    for (text, wanted) in [
        (r#""abc"#, "1: this text is not closed; write `\"` at its end; inside, a quote is written `\\\"`"),
        (
            r#""a\d""#,
            "3: there is no such escape; the escapes are \\\\ \\\" \\' \\t \\r \\n \\x00 to \\x7f and \\0 to \\177; a backslash itself is written \\\\",
        ),
        (
            "'ab'",
            "1: a literal in single quotes holds exactly one character; text is written in double quotes",
        ),
        ("1 = 1", "3: `=` has no meaning here; equality is `==` or `.EQ(…)`"),
        ("true and false", "6: `and` stands where an operator or the end should be; write `&&`"),
        ("(1 + 2", "7: the text ends where `)` should be; the `(` at column 1 is not closed"),
        (
            "\u{201c}a\u{201d}",
            "1: `\\u{201c}` has no meaning here; a typographic quote, pasted from a page: write `\"`",
        ),
        ("HTTP.REQ.URL.CONTIANS(\"x\")", "14: url has no `CONTIANS`; did you mean `CONTAINS`?"),
        ("HTTP.REQ.URL.CONTAINS(1)", "14: `CONTAINS` of url does not take (num); it is CONTAINS(text)"),
        ("HTTP.REQ.METHOD.EQ(GTE)", "20: there is no named expression `GTE`"),
        ("true + \"a\"", "1: `+` does not take bool and text"),
        ("HTTP.REQ", "1: HTTP.REQ alone has no value"),
        ("$nothing", "1: there is no variable `$nothing`"),
        ("$map", "1: a map has no value without a key"),
        ("\"a\".EQUALS_ANY(\"none\")", "16: there is no pattern set, data set or string map `none`"),
        ("SYS.CHECK_LIMIT(\"none\")", "17: there is no rate-limit identifier `none`"),
        ("HTPT.REQ.URL", "1: there is no named expression `HTPT`; did you mean `HTTP`?"),
        (
            "HTTP.REQ.URL.REGEX_MATCH(re/(?=a)/)",
            "26: the regular expression: look-around, including look-ahead and look-behind, is not supported",
        ),
        (
            "CLIENT.SSL.CLIENT_CERT.SUBJECT.CONTAINS(\"x\")",
            "12: `CLIENT_CERT` is not evaluated: no certificate of a client is known here",
        ),
        ("is_a && my_text.LENGTH > 3", "none"),
    ] {
        assert_eq!(complaint(text), wanted, "{text}");
    }
}

#[test]
fn what_is_not_evaluated_is_undefined_and_never_false() {
    let world = &mut World::default();
    assert_eq!(value(world, "\"x\".HASH"), "UNDEF: `HASH` is not evaluated here");
    assert!(value(world, "DNS.REQ.QUESTION.DOMAIN.EQ(\"x\")").starts_with("UNDEF"));
    assert!(value(world, "\"x\".NO_SUCH_FUNCTION").starts_with("UNDEF"));
}

#[test]
fn logic_has_three_values() {
    let undef = "\"x\".TYPECAST_NUM_AT == 1";
    // Left, right, `&&` strict, `&&` Kleene, `||` strict, `||` Kleene (reference section 4.6).
    for (left, right, and, and_kleene, or, or_kleene) in [
        ("FALSE", undef, "FALSE", "FALSE", "UNDEF", "UNDEF"),
        ("TRUE", undef, "UNDEF", "UNDEF", "TRUE", "TRUE"),
        (undef, "FALSE", "UNDEF", "FALSE", "UNDEF", "UNDEF"),
        (undef, "TRUE", "UNDEF", "UNDEF", "UNDEF", "TRUE"),
        (undef, undef, "UNDEF", "UNDEF", "UNDEF", "UNDEF"),
    ] {
        for (operator, undef_lhs, wanted) in [
            ("&&", UndefLhs::Strict, and),
            ("&&", UndefLhs::Kleene, and_kleene),
            ("||", UndefLhs::Strict, or),
            ("||", UndefLhs::Kleene, or_kleene),
        ] {
            let mut world =
                World { switches: Switches { undef_lhs, ..Switches::default() }, ..World::default() };
            let text = format!("{left} {operator} {right}");
            assert!(value(&mut world, &text).starts_with(wanted), "{text} {undef_lhs:?}");
        }
    }
    assert!(value(&mut World::default(), &format!("!({undef})")).starts_with("UNDEF"));
}

#[test]
fn what_is_decided_is_not_looked_at() {
    let world = &mut World::default();
    assert_eq!(value(world, "false && SYS.HTTP_CALLOUT(slow) == \"x\""), "FALSE");
    assert_eq!(value(world, "true || $map[\"new\"].EQ(\"x\")"), "TRUE");
    assert!(world.asked.is_empty());
    assert_eq!(value(world, "true && SYS.HTTP_CALLOUT(slow) == \"x\""), "PENDING: SLOW");
    assert_eq!(value(world, "SYS.HTTP_CALLOUT(\"ready\")"), "\"answer\"");
    assert_eq!(value(world, "SYS.HTTP_CALLOUT(broken) ALT \"none\""), "\"none\"");
}

#[test]
fn named_expressions_are_values_and_cycles_end() {
    let world = &mut World::default();
    assert_eq!(value(world, "my_text.LENGTH"), "4");
    assert_eq!(value(world, "is_a && my_text == \"abcd\""), "TRUE");
    assert!(value(world, "loop").starts_with("UNDEF: in `LOOP`"));
    assert_eq!(complaint("loop"), "1: in `LOOP`: `LOOP` refers to itself");
}

#[test]
fn variables_are_read_and_asked_for() {
    let world = &mut World::default();
    assert_eq!(
        value(
            world,
            "$map.valueExists(AAA.USER.NAME) && $map[aaa.user.login_name].eq(aaa.USER.SESSIONID).NOT"
        ),
        "FALSE"
    );
    assert_eq!(value(world, "$map.valueExists(\"bob\").not"), "TRUE");
    assert_eq!(value(world, "$map[\"bob\"]"), "UNDEF: `$map[bob]` has no value");
}

#[test]
fn without_a_session_the_switch_decides() {
    let mut world = World::default();
    world.facts.session = None;
    assert_eq!(value(&mut world, "AAA.USER.NAME"), "UNDEF: the request belongs to no authenticated session");
    world.switches.aaa_user_absent = crate::switches::AaaUserAbsent::Empty;
    assert_eq!(value(&mut world, "AAA.USER.NAME"), "\"\"");
    assert_eq!(value(&mut world, "AAA.USER.IS_MEMBER_OF(\"staff\")"), "FALSE");
}

#[test]
fn the_first_undefined_part_is_named() {
    let text = "HTTP.REQ.URL.LENGTH > 1 && HTTP.REQ.HEADER(\"N\").TYPECAST_NUM_T(DECIMAL) > 3";
    let expression = Expression::parse(text).unwrap();
    let explanation = explain(&expression, &mut World::default(), &Switches::default());
    let Err(Stop::Undefined(undefined)) = &explanation.outcome else { panic!("{explanation:?}") };
    assert_eq!(
        &text[undefined.span.start..undefined.span.end],
        "HTTP.REQ.HEADER(\"N\").TYPECAST_NUM_T(DECIMAL)"
    );
    assert_eq!(undefined.cause, "\"\" is not a number");
    let told: Vec<(&str, bool)> = flat(explanation.trace.as_ref().unwrap())
        .into_iter()
        .map(|trace| (&text[trace.span.start..trace.span.end], trace.outcome.is_ok()))
        .collect();
    assert_eq!(
        told,
        [
            (text, false),
            ("HTTP.REQ.URL.LENGTH > 1", true),
            ("HTTP.REQ.URL.LENGTH", true),
            ("HTTP.REQ.URL", true),
            ("HTTP.REQ.HEADER(\"N\").TYPECAST_NUM_T(DECIMAL) > 3", false),
            ("HTTP.REQ.HEADER(\"N\").TYPECAST_NUM_T(DECIMAL)", false),
            ("HTTP.REQ.HEADER(\"N\")", true),
        ]
    );
}

fn flat(trace: &Trace) -> Vec<&Trace> {
    std::iter::once(trace).chain(trace.children.iter().flat_map(flat)).collect()
}

#[test]
fn depth_length_and_work_are_bounded() {
    for deep in
        ["(".repeat(10_000), "!".repeat(10_000) + "true", "$a[".repeat(10_000), "\"\".EQ(".repeat(10_000)]
    {
        assert!(Expression::parse(&deep).is_err());
    }
    let chain = format!("true{}", ".NOT".repeat(5_000));
    assert_eq!(value(&mut World::default(), &chain), "TRUE");
    let row = vec!["HTTP.REQ.URL.EQ(\"x\")"; 1_000].join(" || ");
    assert_eq!(value(&mut World::default(), &row), "FALSE");
    let mut world = World::default();
    let mut name = "HTTP.REQ.FULL_HEADER".to_owned();
    for level in 0..limits::NAMED_DEPTH - 1 {
        let doubled = Expression::parse(&format!("{name} + {name} + {name} + {name}")).unwrap();
        name = format!("LEVEL_{level}");
        world.named.insert(name.clone(), std::sync::Arc::new(doubled));
    }
    assert!(value(&mut world, &name).starts_with("UNDEF"));
    let explanation = explain(&Expression::parse(&name).unwrap(), &mut world, &Switches::default());
    assert!(explanation.outcome.is_err() && explanation.omitted > 0);
    assert_eq!(explanation.trace.map(|trace| trace.span), Some(Span::new(0, name.len())));
}
