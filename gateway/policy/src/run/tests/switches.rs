//! Every switch for what the public documents leave open, each of its values: the same configuration comes out
//! otherwise.

use super::*;

fn switched(name: &str, value: &str) -> Switches {
    let mut switches = Switches::default();
    switches.set(name, value).expect("a switch and its value");
    switches
}

/// One rule on a request whose header `X` comes twice.
fn ruling(rule: &str, name: &str, value: &str) -> String {
    let conf = format!(
        "add lb vserver v HTTP 192.0.2.1 80\nadd responder policy p q~{rule}~ NOOP\n\
         bind lb vserver v -policyName p -priority 10 -type REQUEST\n"
    );
    let mut lab = Lab::with(&conf, &[], switched(name, value));
    let request = message(b"GET /a/b HTTP/1.1\r\nHost: gw\r\nX: a\r\nX: b\r\n\r\n");
    let facts = Facts { request: Some(request), ..Facts::default() };
    let outcome = lab.run(facts, &mut |call| panic!("{call:?}"));
    way(&outcome).concat().split(' ').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn operators_and_values() {
    for (name, value, rule, wanted) in [
        ("bit-operators", "as-in-c", "6 & 3 == 2", "UNDEF"),
        ("bit-operators", "tight", "6 & 3 == 2", "TRUE"),
        ("bit-operators", "tight", "1 | 2 << 1 == 5", "TRUE"),
        ("alt", "weakest", "1/0 == 1 ALT 2 == 2", "TRUE"),
        ("alt", "strongest", "1/0 == 1 ALT 2 == 2", "UNDEF"),
        ("alt", "strongest", "1 + \"x\".TYPECAST_NUM_T(DECIMAL) ALT 2 == 3", "TRUE"),
        ("list-past-end", "empty", "HTTP.REQ.URL.PATH.GET(9).LENGTH == 0", "TRUE"),
        ("list-past-end", "undef", "HTTP.REQ.URL.PATH.GET(9).LENGTH == 0", "UNDEF"),
        ("list-past-end", "undef", "HTTP.REQ.URL.PATH.GET_REVERSE(9).LENGTH == 0", "UNDEF"),
        ("number-range", "64-bit", "2147483647 + 1 > 0", "TRUE"),
        ("number-range", "32-bit", "2147483647 + 1 > 0", "UNDEF"),
        ("number-range", "32-bit", "2147483647.ADD(1).GT(0)", "UNDEF"),
        ("division-by-zero", "undef", "1 / 0 == 0", "UNDEF"),
        ("division-by-zero", "zero", "1 / 0 == 0 && 1.MOD(0) == 0 && 1.5 / 0 == 0", "TRUE"),
        ("header-text", "last", "\"\" + HTTP.REQ.HEADER(\"X\") == \"b\"", "TRUE"),
        ("header-text", "first", "\"\" + HTTP.REQ.HEADER(\"X\") == \"a\"", "TRUE"),
        ("header-text", "joined", "\"\" + HTTP.REQ.HEADER(\"X\") == \"a, b\"", "TRUE"),
        ("header-text", "joined", "HTTP.REQ.HEADER(\"X\").EQ(\"a\")", "TRUE"),
    ] {
        assert_eq!(ruling(rule, name, value), wanted, "{name}={value}: {rule}");
    }
}

#[test]
fn what_an_end_ends() {
    let conf = |first: &str| {
        format!(
            "add lb vserver v HTTP 192.0.2.1 80\nadd responder policy first {first} NOOP\n\
             add responder policy second TRUE NOOP\n\
             bind responder global first 10 END -type REQ_OVERRIDE\n\
             bind lb vserver v -policyName second -priority 10 -type REQUEST\n"
        )
    };
    for (first, ruled) in [("TRUE", "TRUE"), ("\"1/0 == 1\"", "UNDEF")] {
        let way = |value: &str| way(&Lab::with(&conf(first), &[], switched("goto-end", value)).get("/"));
        assert_eq!(way("feature"), [format!("first {ruled} END")]);
        assert_eq!(way("bank"), [format!("first {ruled} END"), "second TRUE END".to_owned()]);
    }
}

#[test]
fn which_feature_comes_first() {
    let conf = "add lb vserver v HTTP 192.0.2.1 80\nadd responder policy r TRUE DROP\n\
        add tm trafficAction a -InitiateLogout ON\nadd tm trafficPolicy t TRUE a\n\
        bind lb vserver v -policyName r -priority 10 -type REQUEST\n\
        bind lb vserver v -policyName t -priority 10 -type REQUEST\n";
    let way =
        |value: &str| way(&Lab::with(conf, &[], switched("feature-order", value)).get_as("/", "alice", "s1"));
    assert_eq!(way("responder-first"), ["r TRUE the request is answered"]);
    assert_eq!(way("traffic-first"), ["t TRUE END", "r TRUE the request is answered"]);
}

#[test]
fn whether_asking_for_an_entry_keeps_it() {
    let conf = "add lb vserver v HTTP 192.0.2.1 80\n\
        add ns variable m -type map(text(9),ulong,9) -expires 10\nadd ns assignment a -variable '$m[\"k\"]' -set 1\n\
        add responder policy set q~HTTP.REQ.URL.CONTAINS(\"set\")~ a\n\
        add responder policy there q~$m.VALUEEXISTS(\"k\")~ NOOP\n\
        bind lb vserver v -policyName set -priority 10 -gotoPriorityExpression NEXT -type REQUEST\n\
        bind lb vserver v -policyName there -priority 20 -type REQUEST\n";
    let last = |value: &str| {
        let mut lab = Lab::with(conf, &[], switched("value-exists", value));
        lab.get("/set");
        lab.now += 6;
        lab.get("/");
        lab.now += 6;
        way(&lab.get("/")).last().cloned().unwrap_or_default()
    };
    assert_eq!(last("uses"), "there TRUE END");
    assert_eq!(last("looks"), "there FALSE NEXT");
}

#[test]
fn where_numbers_of_variables_end() {
    let conf = "add lb vserver v HTTP 192.0.2.1 80\nadd ns variable n -type ulong\n\
        add ns assignment less -variable $n -sub 1\n\
        add responder policy less TRUE less\nadd responder policy many \"$n > 5\" NOOP\n\
        bind lb vserver v -policyName less -priority 10 -gotoPriorityExpression NEXT -type REQUEST\n\
        bind lb vserver v -policyName many -priority 20 -type REQUEST\n";
    let way = |value: &str| way(&Lab::with(conf, &[], switched("ulong-range", value)).get("/"));
    assert_eq!(way("clamp"), ["less TRUE NEXT", "many FALSE NEXT"]);
    assert_eq!(way("wrap"), ["less TRUE NEXT", "many TRUE END"]);
    assert_eq!(way("undef"), ["less UNDEF END"]);
}

#[test]
fn whether_a_callout_is_sent_again() {
    let conf = "add lb vserver v HTTP 192.0.2.1 80\n\
        add policy httpCallout c -IPAddress 192.0.2.1 -port 80 -returnType BOOL -hostExpr \"\\\"h\\\"\" \
        -urlStemExpr \"\\\"/\\\"\" -resultExpr HTTP.RES.STATUS.EQ(200)\n\
        add responder policy a SYS.HTTP_CALLOUT(c) NOOP\nadd responder policy b SYS.HTTP_CALLOUT(c) NOOP\n\
        bind lb vserver v -policyName a -priority 10 -gotoPriorityExpression NEXT -type REQUEST\n\
        bind lb vserver v -policyName b -priority 20 -type REQUEST\n";
    let sent = |value: &str| {
        let (mut lab, mut sent) = (Lab::with(conf, &[], switched("callout-again", value)), 0);
        let outcome = lab.run(Lab::facts("/", None), &mut |_| {
            sent += 1;
            Ok(message(b"HTTP/1.1 200 OK\r\n\r\n"))
        });
        assert_eq!(way(&outcome), ["a TRUE NEXT", "b TRUE END"]);
        sent
    };
    assert_eq!(sent("sends"), 2);
    assert_eq!(sent("recalls"), 1);
}

#[test]
fn what_a_redirect_is_called() {
    let conf = "add lb vserver v HTTP 192.0.2.1 80\nadd responder action r redirect \"\\\"/x\\\"\"\n\
        add responder policy p TRUE r\nbind lb vserver v -policyName p -priority 10 -type REQUEST\n";
    for (value, reason) in
        [("object-moved", "Object Moved"), ("moved-temporarily", "Moved Temporarily"), ("found", "Found")]
    {
        match Lab::with(conf, &[], switched("redirect-reason", value)).get("/").verdict {
            Verdict::Redirect(response) => assert_eq!(response.reason, reason.as_bytes()),
            other => panic!("{other:?}"),
        }
    }
}

/// Some switches have their tests beside what they change; every other one needs one here.
#[test]
fn no_switch_is_without_a_test() {
    let here = include_str!("switches.rs");
    let elsewhere = [
        "authorization-default",
        "authorization-undef",
        "undef-lhs",
        "aaa-user-absent",
        "assignment-timing",
        "undef-noop",
        "initiate-logout",
    ];
    let named = |word: &str| here.contains(&format!("\"{word}\""));
    let untested = Switches::default().list().into_iter().filter(|switch| !elsewhere.contains(&switch.name));
    let untested = untested.flat_map(|switch| {
        let values = switch.values.iter().map(move |(value, _)| (switch.name, *value));
        values.filter(|(name, value)| !(named(name) && named(value)))
    });
    assert_eq!(untested.collect::<Vec<_>>(), []);
}
