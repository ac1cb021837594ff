//! Responder actions and their responses. Section 9 of the reference.

use super::*;

fn response(lab: &mut Lab, target: &str) -> super::super::Response {
    let outcome = lab.get(target);
    match outcome.verdict {
        Verdict::Respond(response) | Verdict::Redirect(response) => response,
        _ => panic!("{}", outcome.explanation),
    }
}

#[test]
fn the_three_spellings_of_one_response() {
    for text in [
        r#""\"HTTP/1.1 200 OK\\r\\nA: b\\r\\n\\r\\n\"""#,
        r#""\"HTTP/1.1 200 OK\r\nA: b\r\n\r\n\"""#,
        r#"q{"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"}"#,
    ] {
        let conf = format!("add responder action a respondwith {text}");
        let made = response(&mut Lab::rules(&conf, &[("TRUE", "a")]), "/");
        assert_eq!((made.status, made.headers), (200, vec![(b"A".to_vec(), b"b".to_vec())]), "{text}");
    }
}

#[test]
fn a_redirect_and_what_may_be_said_with_it() {
    let conf = "add responder action a redirect \"\\\"https://b\\\" + HTTP.REQ.URL\"";
    let made = response(&mut Lab::rules(conf, &[("TRUE", "a")]), "/x");
    assert_eq!((made.status, made.headers), (302, vec![(b"Location".to_vec(), b"https://b/x".to_vec())]));
    let conf = format!("{conf} -responseStatusCode 301 -reasonPhrase \"\\\"Gone \\\" + HTTP.REQ.URL\"");
    let made = response(&mut Lab::rules(&conf, &[("TRUE", "a")]), "/x");
    assert_eq!((made.status, made.reason), (301, b"Gone /x".to_vec()));
}

#[test]
fn a_page_that_was_not_given_and_one_with_a_bad_expression_are_undefined() {
    let conf = "add lb vserver v HTTP 192.0.2.1 80\nadd responder action a respondwithhtmlpage p\n\
        add responder policy r TRUE a\nbind lb vserver v -policyName r -priority 1 -type REQUEST\n";
    let page = |text: &str| Lab::with(conf, &[("p", text)], Switches::default());
    assert_eq!(response(&mut page("<p>${HTTP.REQ.URL}</p>"), "/x").body, b"<p>/x</p>");
    let broken = page("<p>${HTTP.REQ.}</p>").get("/");
    assert_eq!((way(&broken), broken.verdict), (vec!["r UNDEF END".to_owned()], Verdict::Forward));
    let loaded = crate::conf::load("x", conf.as_bytes());
    let policies = Policies::new(loaded.configuration, None, Switches::default()).unwrap();
    let mut lab = Lab { policies: Arc::new(policies), state: State::default(), now: 0 };
    let missing = lab.get("/");
    assert_eq!(missing.verdict, Verdict::Forward);
    assert!(missing.explanation.to_string().contains("the page p was not given"));
}

#[test]
fn a_text_that_is_no_response_is_undefined() {
    let conf = "add responder action a respondwith \"\\\"<html>\\\"\"";
    let outcome = Lab::rules(conf, &[("TRUE", "a")]).get("/");
    assert!(
        outcome.explanation.to_string().contains("`<html>` is no status line"),
        "{}",
        outcome.explanation
    );
}

#[test]
fn doubts_are_told() {
    let conf =
        "add responder action a respondwith q{\"HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nabc\"}";
    let outcome = Lab::rules(conf, &[("TRUE", "a")]).get("/");
    assert!(
        outcome.explanation.to_string().contains("doubtful: Content-Length is 9 and the body has 3 bytes")
    );
}

#[test]
fn a_log_elsewhere_keeps_what_the_local_one_does_not() {
    let conf = |log: &str| {
        format!(
            "add lb vserver v HTTP 192.0.2.1 80\nadd audit messageaction m DEBUG \"\\\"seen\\\"\"\n\
             add responder policy p TRUE NOOP -logAction m\n\
             bind lb vserver v -policyName p -priority 10 -type REQUEST\n{log}"
        )
    };
    let told = |log: &str| Lab::new(&conf(log)).get("/").messages.len();
    let far = "add audit syslogAction far 192.0.2.9 -logLevel DEBUG -userDefinedAuditlog YES\n\
        add audit syslogPolicy s true far\n";
    assert_eq!(told("set audit syslogParams -userDefinedAuditlog YES\n"), 0, "all levels but DEBUG");
    assert_eq!(told(far), 0, "it is not bound");
    assert_eq!(told(&format!("{far}bind audit syslogGlobal -policyName s -priority 1\n")), 1);
}
