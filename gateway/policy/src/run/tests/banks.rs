//! Priorities, gotos, labels, undefined policies, switches. Section 8 of the reference.

use super::*;

const BANK: &str = "add lb vserver v HTTP 192.0.2.1 80\n\
    add responder policy no FALSE NOOP\n\
    add responder policy yes TRUE NOOP\n\
    add responder policy yes2 TRUE NOOP\n\
    add responder policy last TRUE NOOP\n";

fn bound(goto: &str) -> Lab {
    Lab::new(&format!(
        "{BANK}\
         bind lb vserver v -policyName last -priority 40 -type REQUEST\n\
         bind lb vserver v -policyName no -priority 10 -gotoPriorityExpression END -type REQUEST\n\
         bind lb vserver v -policyName yes -priority 20 {goto} -type REQUEST\n\
         bind lb vserver v -policyName yes2 -priority 30 -gotoPriorityExpression NEXT -type REQUEST\n"
    ))
}

#[test]
fn a_goto_counts_only_after_a_hit() {
    let cases: [(&str, &[&str]); 9] = [
        ("", &["yes TRUE END"]),
        ("-gotoPriorityExpression END", &["yes TRUE END"]),
        ("-gotoPriorityExpression NEXT", &["yes TRUE NEXT", "yes2 TRUE NEXT", "last TRUE END"]),
        ("-gotoPriorityExpression 40", &["yes TRUE to 40", "last TRUE END"]),
        ("-gotoPriorityExpression 20", &["yes TRUE NEXT", "yes2 TRUE NEXT", "last TRUE END"]),
        ("-gotoPriorityExpression 41", &["yes TRUE END"]),
        ("-gotoPriorityExpression 35", &["yes UNDEF END"]),
        ("-gotoPriorityExpression 10", &["yes UNDEF END"]),
        ("-gotoPriorityExpression \"HTTP.REQ.URL.LENGTH * 20\"", &["yes TRUE to 40", "last TRUE END"]),
    ];
    for (goto, expected) in cases {
        let outcome = bound(goto).get("/x");
        assert_eq!(way(&outcome)[0], "no FALSE NEXT", "{goto}");
        assert_eq!(way(&outcome)[1..], *expected, "{goto}");
    }
}

#[test]
fn a_goto_that_leads_nowhere_is_counted_as_hit_and_as_undefined() {
    let mut lab = bound("-gotoPriorityExpression 35");
    let outcome = lab.get("/");
    assert_eq!(outcome.verdict, Verdict::Forward);
    assert_eq!(lab.state.counters("yes"), super::super::Counters { hits: 1, undefined: 1 });
    assert!(
        outcome.explanation.to_string().contains("the rule is TRUE, but goto 35 at 20: 35 has no policy")
    );
}

#[test]
fn labels_return_to_the_goto_of_who_invoked_them() {
    let label = |inner: &str, outer: &str| {
        Lab::new(&format!(
            "{BANK}add responder policylabel l\n\
             bind responder policylabel l no 1 END\n\
             bind responder policylabel l yes2 2 {inner}\n\
             bind lb vserver v -policyName yes -priority 20 -gotoPriorityExpression {outer} -type REQUEST \
               -invoke policylabel l\n\
             bind lb vserver v -policyName last -priority 30 -type REQUEST\n"
        ))
    };
    let inside = ["yes TRUE invokes", "no FALSE NEXT"];
    for (inner, outer, rest) in [
        ("END", "USE_INVOCATION_RESULT", &["yes2 TRUE END"][..]),
        ("NEXT", "USE_INVOCATION_RESULT", &["yes2 TRUE NEXT", "last TRUE END"]),
        ("END", "NEXT", &["yes2 TRUE END", "last TRUE END"]),
        ("NEXT", "END", &["yes2 TRUE NEXT"]),
        ("END", "30", &["yes2 TRUE END", "last TRUE END"]),
    ] {
        let outcome = label(inner, outer).get("/");
        assert_eq!(way(&outcome)[..2], inside, "{inner} {outer}");
        assert_eq!(way(&outcome)[2..], *rest, "{inner} {outer}");
    }
}

#[test]
fn global_banks_come_before_and_after_and_an_end_ends_them_all() {
    let conf = |goto: &str| {
        format!(
            "{BANK}add responder policy over TRUE NOOP\nadd responder policy late TRUE NOOP\n\
             bind responder global over 5 {goto} -type REQ_OVERRIDE\n\
             bind responder global late 5 END -type REQ_DEFAULT\n\
             bind lb vserver v -policyName no -priority 10 -type REQUEST\n"
        )
    };
    assert_eq!(way(&Lab::new(&conf("NEXT")).get("/")), ["over TRUE NEXT", "no FALSE NEXT", "late TRUE END"]);
    assert_eq!(way(&Lab::new(&conf("END")).get("/")), ["over TRUE END"]);
}

#[test]
fn an_undefined_policy_does_what_its_undef_action_says() {
    let conf = |undef: &str, param: &str| {
        format!(
            "add lb vserver v HTTP 192.0.2.1 80\n{param}\n\
             add responder policy bad \"AAA.USER.NAME.EQ(\\\"x\\\")\" NOOP {undef}\n\
             add responder policy after TRUE NOOP\n\
             bind lb vserver v -policyName bad -priority 1 -gotoPriorityExpression NEXT -type REQUEST\n\
             bind lb vserver v -policyName after -priority 2 -type REQUEST\n"
        )
    };
    let run = |undef: &str, param: &str| Lab::new(&conf(undef, param)).get("/");
    assert_eq!(way(&run("", "")), ["bad UNDEF END"]);
    assert_eq!(run("", "").verdict, Verdict::Forward);
    assert_eq!(run("RESET", "").verdict, Verdict::Reset);
    assert_eq!(run("DROP", "").verdict, Verdict::Drop);
    assert_eq!(run("", "set responder param -undefAction RESET").verdict, Verdict::Reset);
    assert_eq!(run("NOOP", "set responder param -undefAction RESET").verdict, Verdict::Forward);

    let mut switches = Switches::default();
    switches.set("undef-noop", "next").unwrap();
    let mut lab = Lab::with(&conf("", ""), &[], switches);
    assert_eq!(way(&lab.get("/")), ["bad UNDEF NEXT", "after TRUE END"]);
}

#[test]
fn a_rule_that_is_no_truth_value_and_an_action_that_is_missing_are_undefined() {
    let mut lab = Lab::rules("", &[("HTTP.REQ.URL.LENGTH", "NOOP")]);
    assert_eq!(way(&lab.get("/")), ["p0 UNDEF END"]);
}

#[test]
fn built_in_actions_end_the_request() {
    assert_eq!(Lab::rules("", &[("TRUE", "RESET"), ("TRUE", "NOOP")]).get("/").verdict, Verdict::Reset);
    let dropped = Lab::rules("", &[("TRUE", "DROP"), ("TRUE", "NOOP")]).get("/");
    assert_eq!(dropped.verdict, Verdict::Drop);
    assert_eq!(way(&dropped), ["p0 TRUE the request is answered"]);
}

#[test]
fn who_has_several_virtual_servers_must_say_which() {
    let text = "add lb vserver a HTTP 192.0.2.1 80\nadd vpn vserver b SSL 192.0.2.1 443\n\
        add responder policy p TRUE RESET\n\
        bind lb vserver a -policyName p -priority 1 -type REQUEST\n\
        bind vpn vserver b -policy p -priority 1 -type REQUEST\n";
    let conf = crate::conf::load("x", text.as_bytes()).configuration;
    let made = |wanted| Policies::new(conf.clone(), wanted, Switches::default());
    assert_eq!(
        made(None).unwrap_err().to_string(),
        "policies are bound to several virtual servers, say which: a, b"
    );
    assert_eq!(made(Some("c")).unwrap_err().to_string(), "no policy is bound to a virtual server \"c\"");
    assert_eq!(made(Some("b")).unwrap().vserver(), Some("b"));
}

#[test]
fn log_ins_are_seen_only_by_their_own_bank() {
    let mut lab = Lab::new(
        "add vpn vserver v SSL 192.0.2.1 443\nadd responder policy any TRUE NOOP\nadd responder policy login TRUE NOOP\n\
         bind vpn vserver v -policy any -priority 1 -type REQUEST\n\
         bind vpn vserver v -policy login -priority 1 -type AAA_REQUEST\n",
    );
    assert_eq!(way(&lab.get("/")), ["any TRUE END"]);
    let mut evaluation =
        Evaluation::new(lab.policies.clone(), Lab::facts("/cgi/login", None), Occasion::LogIn);
    let Progress::Done(outcome) = evaluation.go_on(&mut lab.state, 0) else { panic!("no call-outs") };
    assert_eq!(way(&outcome), ["login TRUE END"]);
}

#[test]
fn labels_that_multiply_are_stopped() {
    let mut conf = String::from("add lb vserver v HTTP 192.0.2.1 80\n");
    for level in 0..15 {
        conf.push_str(&format!("add responder policylabel l{level}\n"));
    }
    for level in 0..14 {
        for priority in 1..=3 {
            conf.push_str(&format!(
                "bind responder policylabel l{level} NOPOLICY {priority} NEXT -invoke policylabel l{}\n",
                level + 1
            ));
        }
    }
    conf.push_str("add responder policy p TRUE NOOP\nbind responder policylabel l14 p 1 NEXT\n");
    conf.push_str(
        "bind lb vserver v -policyName p -priority 1 -gotoPriorityExpression NEXT -type REQUEST -invoke policylabel l0\n",
    );
    let outcome = Lab::new(&conf).get("/");
    assert_eq!(outcome.verdict, Verdict::Forward);
    assert_eq!(outcome.explanation.fault.as_deref(), Some("10000 policies were tried"));
}
