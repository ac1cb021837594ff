use super::*;
use crate::conf::load;

/// The codes found, with the text each points at.
fn seen(text: &str) -> Vec<(&'static str, String)> {
    let loaded = load("test.conf", text.as_bytes());
    let report = check(&loaded);
    let at = |finding: &Diagnostic| text[finding.at.span.start..finding.at.span.end].to_owned();
    report.findings.iter().map(|finding| (finding.code, at(finding))).collect()
}

/// The page that explains every code.
const PAGE: &str = include_str!("../../../../docs/policy.md");

#[track_caller]
fn finds(text: &str, code: &str, marked: &str) {
    let seen = seen(text);
    assert!(seen.iter().any(|(found, at)| *found == code && at == marked), "{seen:#?}");
    assert!(PAGE.contains(&format!("`{code}`")), "docs/policy.md does not explain {code}");
}

#[track_caller]
fn lacks(text: &str, code: &str) {
    let seen = seen(text);
    assert!(!seen.iter().any(|(found, _)| *found == code), "{seen:#?}");
}

#[test]
fn coverage_counts_every_expression_once() {
    let text = "add policy expression a HTTP.REQ.IS_VALID\n\
         add policy expression b \"HTTP.REQ.URL.CONTAINS(\"\n\
         add policy expression c a.LENGTH\n\
         add vpn sessionPolicy s ns_true act\n\
         add lb monitor m HTTP\n\
         add responder policy p\n";
    let coverage = check(&load("test.conf", text.as_bytes())).coverage;
    assert_eq!(
        coverage.to_string(),
        "1 of 3 expressions evaluated exactly, 0 parsed only, 2 errors, 1 classic ones not read; \
         6 commands, 1 kept, 0 refused"
    );
}

#[test]
fn errors_point_through_the_quotes_of_the_line() {
    finds("add policy expression e \"\\\"a\\\" + nothing_here\"\n", "name-missing", "nothing_here");
    finds("add responder policy p HTTP.REQ.URL NOOP\n", "expression-type", "HTTP.REQ.URL");
    finds(
        "add ns variable v -type ulong\nadd ns assignment a -variable $v -add '\"x\"'\n",
        "expression-type",
        "\"x\"",
    );
}

#[test]
fn the_same_mistake_is_told_on_every_line() {
    let line = |name: &str| format!("add policy expression {name} 'HTTP.REQ.URL.CONTAINZ(\"a\")'\n");
    let seen = seen(&[line("a"), line("b"), line("c")].concat());
    assert_eq!(seen.iter().filter(|(code, _)| *code == "expression-type").count(), 3, "{seen:#?}");
}

#[test]
fn names_that_are_nowhere_are_no_mistakes_of_the_expression() {
    finds("add policy expression e 'HTTP.REQ.URL.CONTAINS_ANY(\"far\")'\n", "name-missing", "\"far\"");
    finds("add policy expression e 'HTTP.REQ.URL.CONTAINS_ANY(\"ns_own\")'\n", "not-evaluated", "\"ns_own\"");
    finds("add policy expression e HTPP.REQ.URL\n", "expression-type", "HTPP");
    lacks("bind policy patset ns_own example.com\n", "unknown-table");
    finds("bind policy patset mine example.com\n", "unknown-table", "bind policy patset mine example.com");
    let text = "add policy expression a 'HTTP.REQ.URL.CONTAINS_ANY(\"far\")'\n\
         add policy expression b 'HTTP.REQ.URL.CONTAINS_INDEX(\"CTX_file_extensions\").EQ(1)'\n";
    let coverage = check(&load("test.conf", text.as_bytes())).coverage;
    assert!(
        coverage.to_string().starts_with(
            "0 of 2 expressions evaluated exactly, 1 parsed only, 1 with names that are nowhere, 0 errors"
        ),
        "{coverage}"
    );
}

#[test]
fn local_time_is_a_doubt_wherever_it_stands() {
    finds("add policy expression e 'SYS.TIME.WITHIN(LOCAL 9h, GMT 17h)'\n", "expression-doubt", "LOCAL 9h");
    finds(
        "add policy expression e 'SYS.TIME.GT(LOCAL 2026 Jan 1)'\n",
        "expression-doubt",
        "LOCAL 2026 Jan 1",
    );
}

#[test]
fn policies_that_do_nothing_here_are_told() {
    let bound = |kind: &str, action: &str| {
        format!(
            "add lb vserver v HTTP 192.0.2.1 80\nadd {kind} policy p TRUE {action}\n\
             bind lb vserver v -policyName p -priority 10 -gotoPriorityExpression END -type REQUEST\n"
        )
    };
    let line = "bind lb vserver v -policyName p -priority 10 -gotoPriorityExpression END -type REQUEST";
    finds(&bound("rewrite", "NOREWRITE"), "not-acted-on", line);
    lacks(&bound("responder", "NOOP"), "not-acted-on");
    lacks(&bound("authorization", "ALLOW"), "not-acted-on");
}

#[test]
fn selectors_every_appliance_has_count_by_their_expressions() {
    let limit = |selector: &str| format!("add ns limitIdentifier l -threshold 1 -selectorName {selector}\n");
    lacks(&limit("Top_CLIENTS"), "unknown-selector");
    finds(&limit("Top_NOTHING"), "unknown-selector", "Top_NOTHING");
    let loaded = load("test.conf", limit("top_url_clients_lbvserver").as_bytes());
    let limit = loaded.configuration.limit_identifiers.get("l").expect("it was added");
    assert_eq!(limit.selector.len(), 3);
}

#[test]
fn a_finding_is_shown_with_its_line_and_a_mark() {
    let text = "\nadd policy expression e 'HTTP.REQ.URL.CONTAINZ(\"a\")'\n";
    let loaded = load("test.conf", text.as_bytes());
    let report = check(&loaded);
    let shown = text::finding(&report.findings[0], &loaded.sources);
    let mut lines = shown.lines();
    let head = lines.next().expect("a head");
    assert!(head.starts_with("test.conf:2:39: error: "), "{shown}");
    assert!(head.ends_with("[expression-type]"), "{shown}");
    assert_eq!(lines.next(), Some("    add policy expression e 'HTTP.REQ.URL.CONTAINZ(\"a\")'"));
    assert_eq!(lines.next(), Some("                                          ^^^^^^^^"));
}

#[test]
fn long_lines_are_shown_around_the_mark() {
    let text = format!(
        "add policy expression e '{} + oops + {}'\n",
        "1 + ".repeat(100) + "1",
        "1 + ".repeat(99) + "1"
    );
    let loaded = load("test.conf", text.as_bytes());
    let shown = text::finding(&check(&loaded).findings[0], &loaded.sources);
    let lines: Vec<_> = shown.lines().collect();
    assert!(lines[1].starts_with("    …") && lines[1].ends_with('…'), "{shown}");
    let mark = lines[2].find('^').expect("a mark");
    let marked: String = lines[1].chars().skip(mark).take(4).collect();
    assert_eq!(marked, "oops");
}

/// A map of short keys and what uses it.
fn with_map(lines: &str) -> String {
    format!("add ns variable m -type map(text(20),text(20),100)\n{lines}\n")
}

#[test]
fn keys_and_values_that_are_cut() {
    let cut = with_map("add ns assignment a -variable $m[AAA.USER.NAME] -set HTTP.REQ.URL");
    finds(&cut, "key-cut", "AAA.USER.NAME");
    finds(&cut, "value-cut", "HTTP.REQ.URL");
    let read = with_map("add policy expression e '$m[HTTP.REQ.HEADER(\"A\")] == \"\"'");
    finds(&read, "key-cut", "HTTP.REQ.HEADER(\"A\")");
    lacks(&with_map("add policy expression e '$m[CLIENT.IP.SRC] == \"\"'"), "key-cut");
    lacks(&with_map("add policy expression e '$m[AAA.USER.NAME.PREFIX(20)] == \"\"'"), "key-cut");
    lacks(&cut.replace("100)", "100) -ifValueTooBig undef"), "key-cut");
    lacks(&cut.replace("text(20),text(20)", "text(64),text(64)"), "value-cut");
}

#[test]
fn reads_that_make_entries() {
    finds(&with_map("add policy expression e '$m[CLIENT.IP.SRC] == \"\"'"), "read-creates", "CLIENT.IP.SRC");
    let guarded = "add policy expression e '$m.VALUEEXISTS(CLIENT.IP.SRC) && $m[CLIENT.IP.SRC] == \"\"'";
    lacks(&with_map(guarded), "read-creates");
    finds(&with_map(&guarded.replace("&&", "||")), "read-creates", "CLIENT.IP.SRC");
    lacks(&with_map("add ns assignment a -variable $m[CLIENT.IP.SRC] -clear"), "read-creates");
}

#[test]
fn comparisons_with_regard_to_case() {
    let rule = |rule: &str| format!("add policy expression e '{rule}'\n");
    finds(&rule("HTTP.REQ.HEADER(\"host\").EQ(\"a\")"), "host-case", "EQ");
    lacks(&rule("HTTP.REQ.HEADER(\"Host\").SET_TEXT_MODE(IGNORECASE).EQ(\"a\")"), "host-case");
    lacks(&rule("HTTP.REQ.HEADER(\"Host\").TO_LOWER.EQ(\"a\")"), "host-case");
    lacks(&rule("HTTP.REQ.HOSTNAME.EQ(\"a\")"), "host-case");
    finds(&rule("HTTP.REQ.URL.TO_LOWER.CONTAINS(\"/Owa\")"), "never-equal", "\"/Owa\"");
    lacks(&rule("HTTP.REQ.URL.TO_LOWER.CONTAINS(\"/owa\")"), "never-equal");
}

/// A response with this head and body.
fn response(text: &str) -> String {
    format!("add responder action a respondwith q|{text}|\n")
}

#[test]
fn what_the_client_sent_in_the_head_of_a_message() {
    let cookie =
        response(r#""HTTP/1.1 200 OK\r\nSet-Cookie: U=" + HTTP.REQ.BODY(9) + "\r\n\r\n" + HTTP.REQ.URL"#);
    finds(&cookie, "header-injection", "HTTP.REQ.BODY(9)");
    assert_eq!(seen(&cookie).iter().filter(|(code, _)| *code == "header-injection").count(), 1);
    lacks(&cookie.replace("BODY(9)", "URL.HTTP_URL_SAFE"), "header-injection");
    let redirect = "add responder action a redirect '\"https://a\" + HTTP.REQ.URL'\n";
    finds(redirect, "header-injection", "HTTP.REQ.URL");
    finds("add responder action a noop -headers X(HTTP.REQ.URL)\n", "header-injection", "HTTP.REQ.URL");
    lacks("add responder action a noop -headers X(AAA.USER.NAME)\n", "header-injection");
}

#[test]
fn lengths_written_by_hand() {
    let head = r#""HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"#;
    lacks(&response(&format!("{head}hello\"")), "length-wrong");
    finds(&response(&format!("{head}hell\"")), "length-wrong", &format!("{head}hell\""));
    finds(&response(&format!("{head}\" + CLIENT.IP.SRC")), "length-fixed", &format!("{head}\""));
    finds(&response(&format!("{head}123456\" + CLIENT.IP.SRC")), "length-wrong", &format!("{head}123456\""));
}

#[test]
fn policies_that_never_run() {
    let bank = "add responder policy a TRUE DROP\nadd responder policy b false NOOP\nadd responder policy c false NOOP\n\
         bind responder global a 1 NEXT\nbind responder global b 2 NEXT\n";
    finds(bank, "hidden", "bind responder global b 2 NEXT");
    lacks(&bank.replace("DROP", "NOOP"), "hidden");
    finds(
        &bank.replace("DROP\n", "NOOP\n").replace("1 NEXT", "1 END"),
        "hidden",
        "bind responder global b 2 NEXT",
    );
    finds(bank, "unbound", "add responder policy c false NOOP");
    finds(&format!("enable ns feature LB\n{bank}"), "feature-off", "bind responder global a 1 NEXT");
    lacks(&format!("enable ns feature RESPONDER\n{bank}"), "feature-off");
    finds(&bank.replace("1 NEXT", "1 0"), "goto-nowhere", "0");
    lacks(&bank.replace("1 NEXT", "1 2"), "goto-nowhere");
    finds("add responder policylabel l\n", "unbound", "add responder policylabel l");
}

#[test]
fn messages_that_no_log_keeps() {
    let text = "add audit messageaction m ALERT '\"x\"'\nadd responder policy p true NOOP -logAction m\n\
         bind responder global p 1 END\n";
    finds(text, "log-off", "add audit messageaction m ALERT '\"x\"'");
    lacks(&format!("{text}set audit syslogParams -userDefinedAuditlog YES\n"), "log-off");
}

#[test]
fn callouts_that_come_back() {
    let text = |rule: &str| {
        format!(
            "add lb vserver v HTTP 192.0.2.1 80\n\
             add policy httpCallout h -vServer v -returnType BOOL -resultExpr true\n\
             add responder policy p '{rule}' NOOP\n"
        )
    };
    finds(&text("SYS.HTTP_CALLOUT(h)"), "callout-loop", "SYS.HTTP_CALLOUT(h)");
    lacks(&text("!HTTP.REQ.HEADER(\"X\").EXISTS && SYS.HTTP_CALLOUT(h)"), "callout-loop");
}

#[test]
fn rules_longer_than_an_appliance_takes() {
    let rule = vec!["HTTP.REQ.IS_VALID"; 100].join("||");
    finds(&format!("add responder policy p {rule} NOOP\n"), "too-long", &rule);
}
