//! ALLOW and DENY: for whom, where, and what nobody decided.

use super::*;

const VSERVERS: &str = "add vpn vserver gw SSL 192.0.2.1 443\n\
    add authorization policy staff q~HTTP.REQ.URL.STARTSWITH(\"/cvpn/https/hr\")~ ALLOW\n\
    add authorization policy never q~HTTP.REQ.URL.CONTAINS(\"secret\")~ DENY\n\
    add authorization policy odd \"1/0 == 1\" ALLOW\n";

/// A request of alice, who is in the group staff.
fn asked(conf: &str, target: &str, switches: Switches, occasion: Occasion) -> Outcome {
    let lab = Lab::with(&format!("{VSERVERS}{conf}"), &[], switches);
    let mut facts = Lab::facts(target, Some(("alice", "s1")));
    facts.session.as_mut().expect("alice").groups = vec!["staff".to_owned()];
    let mut evaluation = Evaluation::new(lab.policies.clone(), facts, occasion).explaining();
    match evaluation.go_on(&mut State::default(), 0) {
        Progress::Done(outcome) => *outcome,
        Progress::Call(request) => panic!("{request:?}"),
    }
}

#[track_caller]
fn decided(conf: &str, target: &str, allowed: bool) -> Outcome {
    let outcome = asked(conf, target, Switches::default(), Occasion::Request);
    assert_eq!(outcome.verdict == Verdict::Forward, allowed, "{}", outcome.explanation);
    assert!(allowed || is_page(&outcome, 403));
    outcome
}

#[test]
fn a_users_a_groups_and_a_virtual_servers_policies_decide_in_this_order() {
    let group = "bind aaa group staff -policy staff -priority 10\n";
    decided(group, "/cvpn/https/hr/a", true);
    decided(group, "/cvpn/https/pay/a", false);
    let user = format!("{group}bind aaa user alice -policy never -priority 10\n");
    decided(&user, "/cvpn/https/hr/a", true);
    decided(&user, "/cvpn/https/hr/secret", false);
    let other = format!("{group}bind aaa user bob -policy never -priority 10\n");
    decided(&other, "/cvpn/https/hr/secret", true);
    let vserver = "bind vpn vserver gw -policy staff -priority 10\n";
    decided(vserver, "/cvpn/https/hr/a", true);
    decided(vserver, "/cvpn/https/pay/a", false);
}

#[test]
fn a_goto_leads_on_to_a_policy_that_denies() {
    let bound = |goto: &str| {
        format!(
            "bind vpn vserver gw -policy staff -priority 10 -gotoPriorityExpression {goto}\n\
             bind vpn vserver gw -policy never -priority 20\n"
        )
    };
    assert_eq!(way(&decided(&bound("END"), "/cvpn/https/hr/secret", true)), ["staff TRUE END"]);
    let denied = decided(&bound("NEXT"), "/cvpn/https/hr/secret", false);
    assert_eq!(way(&denied), ["staff TRUE NEXT", "never TRUE the request is answered"]);
}

#[test]
fn who_is_nobody_and_what_is_the_gateways_own_is_not_asked() {
    let conf = "bind vpn vserver gw -policy staff -priority 10\n";
    let own = asked(conf, "/vpn/index.html", Switches::default(), Occasion::Own);
    assert_eq!(own.verdict, Verdict::Forward);
    let nobody = Lab::new(&format!("{VSERVERS}{conf}")).get("/cvpn/https/pay/a");
    assert_eq!(nobody.verdict, Verdict::Forward);
    assert_eq!(decided("", "/cvpn/https/pay/a", true).explanation.tried, []);
}

#[test]
fn what_nobody_decides_the_switch_does() {
    let on = |kind: &str, value: &str| {
        let conf = format!("add lb vserver lb HTTP 192.0.2.1 80\nbind {kind} -priority 10\n");
        let mut switches = Switches::default();
        switches.set("authorization-default", value).expect("a value");
        let outcome = asked(&conf, "/x", switches, Occasion::Request);
        assert_eq!(outcome.explanation.fault.is_some(), outcome.verdict != Verdict::Forward);
        outcome.verdict == Verdict::Forward
    };
    let (gateway, other) = ("vpn vserver gw -policy staff", "lb vserver lb -policyName staff");
    assert!(!on(gateway, "by-kind") && on(other, "by-kind"));
    assert!(on(gateway, "allow") && on(other, "allow"));
    assert!(!on(gateway, "deny") && !on(other, "deny"));
}

#[test]
fn what_is_undefined_denies_unless_the_switch_says_otherwise() {
    let conf = "bind vpn vserver gw -policy odd -priority 10\n";
    let allowed = |value: &str| {
        let mut switches = Switches::default();
        switches.set("authorization-undef", value).expect("a value");
        switches.set("authorization-default", "allow").expect("a value");
        asked(conf, "/x", switches, Occasion::Request).verdict == Verdict::Forward
    };
    assert!(!allowed("deny"));
    assert!(allowed("nothing"));
}
