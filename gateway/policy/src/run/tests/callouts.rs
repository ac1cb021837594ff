//! Call-outs: what is sent, what is made of the answer, and that nothing happens twice. Section 11 of the reference.

use super::*;

const SERVER: &str = "add policy httpCallout c -IPAddress 192.0.2.9 -port 8080 -returnType TEXT";
const PAGE: &str =
    "add responder action a respondwith q~\"HTTP/1.1 200 OK\\r\\n\\r\\n\" + SYS.HTTP_CALLOUT(c)~";

fn ok(body: &str) -> Result<Message, String> {
    Ok(message(format!("HTTP/1.1 200 OK\r\n\r\n{body}").as_bytes()))
}

/// Runs and says what was asked.
fn asked(lab: &mut Lab, answer: Result<Message, String>) -> (Outcome, Vec<String>) {
    let mut sent = Vec::new();
    let outcome = lab.run(Lab::facts("/x?y=1", Some(("alice", "s1"))), &mut |call| {
        sent.push(String::from_utf8_lossy(&call.bytes).into_owned());
        answer.clone()
    });
    (outcome, sent)
}

fn body(outcome: &Outcome) -> String {
    let Verdict::Respond(response) = &outcome.verdict else { panic!("{}", outcome.explanation) };
    String::from_utf8_lossy(&response.body).into_owned()
}

#[test]
fn a_request_from_its_parts() {
    let conf = format!(
        "{SERVER} -httpMethod GET -hostExpr \"\\\"api\\\"\" -urlStemExpr HTTP.REQ.URL.PATH \
         -headers X-User(AAA.USER.NAME) -parameters u(AAA.USER.NAME+\" &\") -resultExpr \"HTTP.RES.BODY(9)\"\n{PAGE}"
    );
    let (outcome, sent) = asked(&mut Lab::rules(&conf, &[("TRUE", "a")]), ok("fine"));
    assert_eq!(sent, ["GET /x?u=alice%20%26 HTTP/1.1\r\nHost: api\r\nX-User: alice\r\n\r\n"]);
    assert_eq!(body(&outcome), "fine");

    let conf = conf.replace("-httpMethod GET", "-httpMethod POST");
    let (_, sent) = asked(&mut Lab::rules(&conf, &[("TRUE", "a")]), ok("fine"));
    assert_eq!(
        sent,
        ["POST /x HTTP/1.1\r\nHost: api\r\nX-User: alice\r\nContent-Type: application/x-www-form-urlencoded\r\n\
          Content-Length: 15\r\n\r\nu=alice%20%26"
            .replace("15", "13")]
    );
}

#[test]
fn a_request_as_one_text_goes_out_as_it_is() {
    let conf = format!(
        "{SERVER} -fullReqExpr q~\"PUT /a HTTP/1.1\\r\\nContent-Length: 1000\\r\\n\\r\\n\" + HTTP.REQ.URL~ \
         -resultExpr \"HTTP.RES.HEADER(\\\"X\\\") + HTTP.REQ.URL\"\n{PAGE}"
    );
    let answer = Ok(message(b"HTTP/1.1 403 No\r\nX: y\r\n\r\n"));
    let (outcome, sent) = asked(&mut Lab::rules(&conf, &[("TRUE", "a")]), answer);
    assert_eq!(sent, ["PUT /a HTTP/1.1\r\nContent-Length: 1000\r\n\r\n/x?y=1"]);
    assert_eq!(body(&outcome), "y/x?y=1", "the request is in sight when the answer is read");
}

#[test]
fn what_fails_is_undefined_and_the_request_goes_on() {
    let full = format!("{SERVER} -fullReqExpr \"\\\"x\\\"\" -resultExpr \"HTTP.RES.BODY(9)\"\n{PAGE}");
    let (outcome, _) =
        asked(&mut Lab::rules(&full, &[("TRUE", "a")]), Err("no answer within 20 s".to_owned()));
    assert_eq!(outcome.verdict, Verdict::Forward);
    let why = outcome.explanation.to_string();
    assert!(why.contains("call-out c failed: no answer within 20 s"), "{why}");
    for incomplete in [
        format!("{SERVER}\n{PAGE}"),
        format!(
            "add policy httpCallout c -returnType TEXT -fullReqExpr \"\\\"x\\\"\" -resultExpr \"HTTP.RES.BODY(9)\"\n{PAGE}"
        ),
    ] {
        let (outcome, sent) = asked(&mut Lab::rules(&incomplete, &[("TRUE", "a")]), ok(""));
        assert_eq!(way(&outcome), ["p0 UNDEF END"]);
        assert!(sent.len() < 2);
    }
    let number = full.replace("-returnType TEXT", "-returnType NUM");
    let (outcome, _) = asked(&mut Lab::rules(&number, &[("SYS.HTTP_CALLOUT(c) == 1", "NOOP")]), ok("1"));
    assert_eq!(way(&outcome), ["p0 UNDEF END"], "text is no number");
}

#[test]
fn each_use_asks_again_unless_the_answer_is_kept() {
    let conf = |cache: &str| {
        format!(
            "{SERVER} -fullReqExpr \"\\\"x\\\" + HTTP.REQ.URL\" -resultExpr \"HTTP.RES.BODY(9)\" {cache}\n{PAGE}"
        )
    };
    let rule = "SYS.HTTP_CALLOUT(c).EQ(\"1\") && SYS.HTTP_CALLOUT(c).EQ(\"1\")";
    let (_, sent) = asked(&mut Lab::rules(&conf(""), &[(rule, "a")]), ok("1"));
    assert_eq!(sent.len(), 3, "twice in the rule and once in the action");

    let mut lab = Lab::rules(&conf("-cacheForSecs 10"), &[(rule, "a")]);
    assert_eq!(asked(&mut lab, ok("1")).1.len(), 1);
    lab.now += 9;
    assert_eq!(asked(&mut lab, ok("1")).1.len(), 0);
    lab.now += 1;
    assert_eq!(asked(&mut lab, ok("1")).1.len(), 1);
}

#[test]
fn nothing_happens_twice_because_an_answer_was_awaited() {
    let conf = format!(
        "{SERVER} -fullReqExpr \"\\\"x\\\"\" -resultExpr \"HTTP.RES.BODY(9)\"\n\
         add ns limitIdentifier twice -threshold 2 -timeSlice 60000\n\
         add ns variable n -type ulong\nadd ns assignment count -variable $n -add \"SYS.HTTP_CALLOUT(c).TYPECAST_NUM_T(DECIMAL)\""
    );
    let rule = "SYS.CHECK_LIMIT(\"twice\").NOT && SYS.HTTP_CALLOUT(c).EQ(\"1\")";
    let mut lab = Lab::rules(&conf, &[(rule, "count")]);
    for (hits, sent) in [(1, 2), (2, 2), (2, 0)] {
        assert_eq!(asked(&mut lab, ok("1")).1.len(), sent);
        assert_eq!(lab.state.counters("p0").hits, hits);
        let n = lab.policies.configuration().variables.get("n").unwrap();
        assert_eq!(lab.state.variables.peek(n, None, 0), Some(crate::value::Value::Ulong(hits)));
    }
}

#[test]
fn a_rule_that_was_true_stays_true_while_its_action_waits() {
    let conf = format!(
        "{SERVER} -fullReqExpr \"\\\"x\\\"\" -resultExpr \"HTTP.RES.BODY(9)\"\n{PAGE}\n\
         add ns variable n -type ulong\nadd ns assignment take -variable $n -set 1"
    );
    let mut lab = Lab::rules(&conf, &[("HTTP.REQ.URL.EQ(\"/take\")", "take"), ("$n == 0", "a")]);
    let facts = Lab::facts("/x", None);
    let mut waits = Evaluation::new(lab.policies.clone(), facts, Occasion::Request);
    assert!(matches!(waits.go_on(&mut lab.state, 0), Progress::Call(_)));
    lab.get("/take");
    waits.answered(&mut lab.state, 0, ok("fine"));
    let Progress::Done(outcome) = waits.go_on(&mut lab.state, 0) else { panic!("answered") };
    assert_eq!(body(&outcome), "fine");
}

#[test]
fn a_call_out_that_needs_itself_ends() {
    let conf =
        format!("{SERVER} -fullReqExpr \"SYS.HTTP_CALLOUT(c)\" -resultExpr \"HTTP.RES.BODY(9)\"\n{PAGE}");
    let (outcome, sent) = asked(&mut Lab::rules(&conf, &[("TRUE", "a")]), ok("1"));
    assert_eq!((way(&outcome), sent.len()), (vec!["p0 UNDEF END".to_owned()], 0));
}

#[test]
fn a_request_sends_no_end_of_call_outs() {
    let conf = format!("{SERVER} -fullReqExpr \"\\\"x\\\"\" -resultExpr \"HTTP.RES.BODY(9)\"");
    let rules = vec![("SYS.HTTP_CALLOUT(c).EQ(\"0\")", "NOOP"); 40];
    let (outcome, sent) = asked(&mut Lab::rules(&conf, &rules), ok("1"));
    assert_eq!(sent.len(), crate::limits::CALLOUTS_PER_REQUEST);
    assert!(way(&outcome).last().unwrap().contains("UNDEF"));
}
