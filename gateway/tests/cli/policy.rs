//! `gateway policy` from outside: what it finds, says and ends with.

use std::fs;

use crate::site::{Site, gateway, ran};

#[test]
fn policy_check_points_at_what_is_wrong_and_fails_for_ci() {
    let site = Site::new("policy-check");
    let right = "enable ns feature RESPONDER\nadd responder policy p HTTP.REQ.IS_VALID NOOP\n\
        bind responder global p 1 END\n";
    site.write("right.conf", right);
    let wrong = "add responder policy p 'HTTP.REQ.URL.CONTAINZ(\"a\")' NOOP\nbind responder global p 1 END\n";
    site.write("wrong.conf", wrong);
    let [right, wrong] =
        ["right.conf", "wrong.conf"].map(|name| site.folder.join(name).display().to_string());
    let (status, said) = ran(&["policy", "check", &right]);
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("1 of 1 expressions evaluated exactly") && said.contains("undef-lhs=strict"),
        "{said}"
    );
    let (status, said) = ran(&["policy", "check", &right, &wrong]);
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("wrong.conf:1:38: error: ") && said.contains("^^^^^^^^"), "{said}");
    for (format, found) in [("json", "/configurations/0/findings/0/column"), ("sarif", SARIF_COLUMN)] {
        let output = gateway().args(["policy", "check", "--output", format, &wrong]).output().unwrap();
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document.pointer(found).and_then(serde_json::Value::as_u64), Some(38), "{document:#}");
    }
    let (status, said) = ran(&["policy", "check", "missing.conf"]);
    assert_eq!(status, Some(4), "{said}");
}

#[test]
fn policy_eval_says_what_becomes_of_requests_and_why() {
    let site = Site::new("policy-eval");
    let conf = "add lb vserver v HTTP 192.0.2.1 80\nadd ns variable n -type map(text(20),ulong,9)\n\
        add ns assignment seen -variable $n[AAA.USER.NAME] -set 1\n\
        add responder policy new $n.VALUEEXISTS(AAA.USER.NAME).NOT seen\n\
        add responder action away redirect '\"/again\"'\n\
        add responder policy old $n[AAA.USER.NAME].EQ(1)&&HTTP.REQ.URL.CONTAINS(\"b\") away\n\
        bind lb vserver v -policyName new -priority 1 -gotoPriorityExpression NEXT -type REQUEST\n\
        bind lb vserver v -policyName old -priority 2 -gotoPriorityExpression END -type REQUEST\n";
    site.write("ns.conf", conf);
    site.write("a.http", "GET /a HTTP/1.1\nHost: h\n\n");
    site.write("b.http", "GET /b HTTP/1.1\nHost: h\n\n");
    let [conf, a, b] =
        ["ns.conf", "a.http", "b.http"].map(|name| site.folder.join(name).display().to_string());
    let both =
        ["policy", "eval", &conf, "--request", &a, "--request", &b, "--user", "alice", "--at", "12:00"];
    let (status, said) = ran(&both);
    assert_eq!(status, Some(0), "{said}");
    let wanted =
        ["TRUE, then the next", "▸ set $n[\"alice\"]", "╰─ HTTP.REQ.URL", "forwarded", "redirected 302"];
    assert!(wanted.iter().all(|wanted| said.contains(wanted)), "{said}");
    let output = gateway().args(both).args(["--output", "json"]).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let at = |path: &str| document.pointer(path).cloned().unwrap_or_default();
    assert_eq!(at("/requests/1/verdict"), "redirected", "{document:#}");
    assert_eq!(at("/requests/1/tried/1/rule/parts/0/result/value"), true, "{document:#}");
}

#[test]
fn policy_eval_answers_for_one_expression_and_points_at_mistakes() {
    let site = Site::new("policy-expr");
    site.write("a.http", "GET /a HTTP/1.1\n\n");
    let request = site.folder.join("a.http").display().to_string();
    let asked = |text: &str| ran(&["policy", "eval", "--expr", text, "--request", &request]);
    let (status, said) = asked("HTTP.REQ.URL + 1");
    assert_eq!((status, said.contains("HTTP.REQ.URL + 1  \"/a1\"")), (Some(0), true), "{said}");
    let (status, said) = asked("HTTP.REQ.URL.CONTIANS(\"a\")");
    assert_eq!((status, said.contains("did you mean `CONTAINS`?")), (Some(3), true), "{said}");
    let (status, said) = ran(&["policy", "eval", "--expr", "TRUE", "--at", "noon"]);
    assert_eq!(status, Some(2), "{said}");
}

const SARIF_COLUMN: &str = "/runs/0/results/0/locations/0/physicalLocation/region/startColumn";

/// One session a user, in four lines, and what should come of it.
const ONE_SESSION: &str = "enable ns feature RESPONDER\nadd lb vserver app HTTP 192.0.2.10 80\n\
    add ns variable seen -type \"map(text(64),text(64),100)\" -expires 1200\n\
    add ns assignment see -variable $seen[AAA.USER.NAME] -set AAA.USER.SESSIONID\n\
    add responder action stop respondwith q{\"HTTP/1.1 403 No\\r\\nX-Why: twice\\r\\n\\r\\nyou are here already\"}\n\
    add responder policy first \"$seen.VALUEEXISTS(AAA.USER.NAME).NOT\" see\n\
    add responder policy second \"$seen.VALUEEXISTS(AAA.USER.NAME) && $seen[AAA.USER.NAME].NE(AAA.USER.SESSIONID)\" stop\n\
    bind lb vserver app -policyName first -priority 10 -gotoPriorityExpression NEXT -type REQUEST\n\
    bind lb vserver app -policyName second -priority 20 -type REQUEST\n";

const ONE_SESSION_TEST: &str = "configuration = ['one.conf']\n\
    [[request]]\nname = 'comes in'\nsend = 'GET /'\nuser = 'alice'\nsession = 's1'\n\
    expect = { verdict = 'forwarded', hits = ['first'], variables = [{ name = 'seen', key = 'alice', value = 's1' }] }\n\
    [[request]]\nname = 'twice'\nafter = '20m'\nsend = 'GET /'\nuser = 'alice'\nsession = 's2'\n\
    expect = { verdict = 'responded', status = 403, headers = { X-Why = 'twice' }, body-contains = 'already' }\n\
    [[request]]\nname = 'after twenty minutes'\nafter = '1201s'\nsend = 'GET /'\nuser = 'alice'\nsession = 's3'\n\
    expect = { verdict = 'forwarded', misses = ['second'] }\n\
    [[request]]\nname = 'nobody'\nsend = 'GET /'\nexpect = { verdict = 'forwarded', undefined = ['first'] }\n";

#[test]
fn policy_test_runs_requests_and_tells_what_a_change_changes() {
    let site = Site::new("policy-test");
    site.write("one.conf", ONE_SESSION);
    site.write("two.conf", &ONE_SESSION.replace("-expires 1200", "-expires 60"));
    site.write("one.test.toml", ONE_SESSION_TEST);
    let folder = site.folder.display().to_string();
    let junit = site.folder.join("junit.xml").display().to_string();
    let (status, said) = ran(&["policy", "test", &folder, "--junit", &junit]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("4 of 4 requests"), "{said}");
    let [one, two] = ["one.conf", "two.conf"].map(|name| site.folder.join(name).display().to_string());
    let (status, said) = ran(&["policy", "test", &folder, "--diff", &one, &two]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains(": twice\n  - responded 403; second hit\n  + forwarded; first hit"), "{said}");
    assert!(said.contains("1 of 4 requests come out differently"), "{said}");
    site.write("one.test.toml", &ONE_SESSION_TEST.replace("status = 403", "status = 404"));
    let (status, said) = ran(&["policy", "test", &folder, "--junit", &junit]);
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.contains("expected status 404, found status 403") && said.contains("20 second: TRUE"),
        "{said}"
    );
    let written = fs::read_to_string(&junit).unwrap();
    assert!(written.contains("failures=\"1\"") && written.contains("expected status 404"), "{written}");
}
