//! Variables and assignments with their limits. Sections 2.1, 2.2 and 7 of the reference.

use super::*;
use crate::value::Value;

/// The value that a variable holds, by name.
fn held(lab: &Lab, name: &str, key: Option<&str>) -> Option<Value> {
    let variable = lab.policies.configuration().variables.get(name).expect("it was added");
    lab.state.variables.peek(variable, key.map(str::as_bytes), lab.now * 1000)
}

fn text(value: &str) -> Option<Value> {
    Some(Value::text(value))
}

fn number(value: u64) -> Option<Value> {
    Some(Value::Ulong(value))
}

#[test]
fn keys_and_values_are_cut_or_refused() {
    let variable = |more: &str| {
        format!(
            "add ns variable m -type map(text(3),text(4),10) {more}\n\
             add ns assignment a -variable $m[HTTP.REQ.URL.PATH.GET(1)] -set HTTP.REQ.URL.PATH.GET(2)"
        )
    };
    let mut lab = Lab::rules(&variable(""), &[("TRUE", "a")]);
    let notes = lab.get("/abcde/12345").explanation.to_string();
    assert_eq!(held(&lab, "m", Some("abc")), text("1234"));
    assert_eq!(held(&lab, "M", Some("abcxyz")), text("1234"), "reads cut as well, and names have no case");
    assert!(
        notes.contains("the key was cut to \"abc\"") && notes.contains("the value was cut to 4 bytes"),
        "{notes}"
    );

    let mut lab = Lab::rules(&variable("-ifValueTooBig undef"), &[("TRUE", "a")]);
    assert_eq!(way(&lab.get("/abcde/1")), ["p0 UNDEF END"]);
    assert_eq!(way(&lab.get("/abc/12345")), ["p0 UNDEF END"]);
    assert_eq!(held(&lab, "m", Some("abc")), None);
    assert_eq!(way(&lab.get("/abc/1234")), ["p0 TRUE NEXT"]);
}

#[test]
fn a_full_map_pushes_out_or_refuses() {
    let variable = |more: &str| {
        format!(
            "add ns variable m -type map(text(9),ulong,2) {more}\n\
             add ns assignment a -variable $m[HTTP.REQ.URL] -set 1"
        )
    };
    let mut lab = Lab::rules(&variable(""), &[("TRUE", "a")]);
    for target in ["/a", "/b", "/a", "/c"] {
        lab.get(target);
    }
    assert_eq!(held(&lab, "m", Some("/b")), None);
    assert_eq!((held(&lab, "m", Some("/a")), held(&lab, "m", Some("/c"))), (number(1), number(1)));

    let mut lab = Lab::rules(&variable("-ifFull undef"), &[("TRUE", "a")]);
    lab.get("/a");
    lab.get("/b");
    assert_eq!(way(&lab.get("/c")), ["p0 UNDEF END"]);
    assert_eq!(way(&lab.get("/a")), ["p0 TRUE NEXT"], "what is there may change");
}

#[test]
fn a_read_creates_the_entry_and_valueexists_does_not() {
    let variable = |more: &str| format!("add ns variable m -type map(text(9),ulong,10) -init 7 {more}");
    let mut lab = Lab::rules(&variable(""), &[("$m.VALUEEXISTS(\"k\")", "NOOP"), ("$m[\"k\"] == 7", "NOOP")]);
    assert_eq!(way(&lab.get("/")), ["p0 FALSE NEXT", "p1 TRUE NEXT"]);
    assert_eq!(way(&lab.get("/")), ["p0 TRUE NEXT", "p1 TRUE NEXT"]);
    let mut lab = Lab::rules(&variable("-ifNoValue undef"), &[("$m[\"k\"] == 7", "NOOP")]);
    assert_eq!(way(&lab.get("/")), ["p0 UNDEF END"]);
    assert_eq!(held(&lab, "m", Some("k")), None);
}

#[test]
fn an_entry_expires_when_nobody_used_it() {
    let conf = "add ns variable m -type map(text(9),ulong,10) -expires 60\n\
        add ns assignment a -variable $m[\"k\"] -set 1";
    let mut lab = Lab::rules(conf, &[("HTTP.REQ.URL.EQ(\"/set\")", "a"), ("$m.VALUEEXISTS(\"k\")", "NOOP")]);
    lab.get("/set");
    for (later, there) in [(60, true), (60, true), (61, false), (0, false)] {
        lab.now += later;
        assert_eq!(way(&lab.get("/")).last().unwrap() == "p1 TRUE NEXT", there, "after {later}");
    }
    lab.get("/set");
    lab.now -= 100_000;
    assert!(way(&lab.get("/"))[1].contains("TRUE"), "a clock set back forgets nothing");
}

#[test]
fn operations_and_the_ends_of_their_ranges() {
    let conf = "add ns variable n -type ulong -init 5\nadd ns variable t -type text(5) -init ab\n\
        add ns assignment add -variable $n -add 3\nadd ns assignment sub -variable $n -sub 100\n\
        add ns assignment most -variable $n -set 18446744073709551615\n\
        add ns assignment app -variable $t -append \"HTTP.REQ.URL\"\nadd ns assignment clear -variable $t -clear\n\
        add ns assignment wrong -variable $n -set \"HTTP.REQ.URL\"";
    let rules: Vec<(String, &str)> = ["add", "sub", "most", "app", "clear", "wrong"]
        .iter()
        .map(|name| (format!("HTTP.REQ.URL.EQ(\"/{name}\")"), *name))
        .collect();
    let rules: Vec<(&str, &str)> = rules.iter().map(|(rule, action)| (rule.as_str(), *action)).collect();
    let mut lab = Lab::rules(conf, &rules);
    lab.get("/add");
    assert_eq!(held(&lab, "n", None), number(8));
    assert!(lab.get("/sub").explanation.to_string().contains("held at the end of its range"));
    assert_eq!(held(&lab, "n", None), number(0));
    lab.get("/app");
    assert_eq!(held(&lab, "t", None), text("ab/ap"));
    lab.get("/clear");
    assert_eq!(held(&lab, "t", None), None);
    assert!(way(&lab.get("/wrong")).contains(&"p5 UNDEF END".to_owned()));
}

#[test]
fn a_transaction_variable_is_the_requests_own() {
    let conf = "add ns variable t -type text(20) -scope transaction -ifNoValue undef\n\
        add ns assignment a -variable $t -set HTTP.REQ.URL";
    let mut lab = Lab::rules(conf, &[("HTTP.REQ.URL.EQ(\"/set\")", "a"), ("$t.EQ(\"/set\")", "NOOP")]);
    assert_eq!(way(&lab.get("/set")), ["p0 TRUE NEXT", "p1 TRUE NEXT"]);
    assert_eq!(way(&lab.get("/other")), ["p0 FALSE NEXT", "p1 UNDEF END"]);
}

#[test]
fn when_an_assignment_takes_effect_is_a_switch() {
    let conf = "add lb vserver v HTTP 192.0.2.1 80\nadd ns variable n -type ulong\n\
        add ns assignment a -variable $n -set 1\n\
        add responder policy write TRUE a\nadd responder policy read \"$n == 1\" NOOP\n\
        add responder policy late \"$n == 1\" NOOP\n\
        bind lb vserver v -policyName write -priority 1 -gotoPriorityExpression NEXT -type REQUEST\n\
        bind lb vserver v -policyName read -priority 2 -gotoPriorityExpression NEXT -type REQUEST\n\
        bind responder global late 1 END -type REQ_DEFAULT\n";
    assert_eq!(way(&Lab::new(conf).get("/"))[1], "read TRUE NEXT");
    let mut switches = Switches::default();
    switches.set("assignment-timing", "end-of-bank").unwrap();
    let ways = way(&Lab::with(conf, &[], switches).get("/"));
    assert_eq!(ways[1..], ["read FALSE NEXT", "late TRUE END"]);
}
