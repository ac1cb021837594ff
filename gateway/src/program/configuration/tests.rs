//! Settings from every side: what is accepted, what is said about what is not, and that no secret is repeated.

use std::path::Path;

use super::tree::Node;
use super::*;

const LEAST: &str = r#"
fqdn = "gw.example.com"
[tls]
certificate = "gw.crt"
key = { file = "gw.key" }
[factor.users]
file = "users"
[storefront]
url = "https://sf.example.com/Citrix/StoreWeb"
"#;

fn tree(text: &str) -> Result<Node, Finding> {
    Node::parse(Path::new("gateway.toml"), text)
}

fn written(text: &str) -> Result<Written, Finding> {
    Written::over(tree(text)?)
}

/// What is said about the least configuration with these settings in front, or these tables behind it.
fn said(lines: &str) -> String {
    let text = if lines.starts_with('[') { format!("{LEAST}{lines}") } else { format!("{lines}\n{LEAST}") };
    written(&text).map(drop).expect_err(lines).to_string()
}

#[test]
fn the_template_is_a_configuration_and_names_every_setting() {
    written(TEMPLATE).map(drop).unwrap();
    // What is switched off there is right as well.
    let on = |line: &'static str| {
        line.strip_prefix('#').filter(|rest| rest.starts_with(|c| c != ' ')).unwrap_or(line)
    };
    let all: Vec<_> = TEMPLATE.lines().map(on).collect();
    written(&all.join("\n")).map(drop).unwrap();
    let schema = schema();
    let mut tables = vec![&schema];
    tables.extend(schema["$defs"].as_object().unwrap().values());
    for table in tables {
        for setting in table["properties"].as_object().into_iter().flat_map(|all| all.keys()) {
            // The secret itself has no place in a file that people copy.
            assert!(TEMPLATE.contains(setting.as_str()) || setting == "inline", "{setting}");
        }
    }
}

#[test]
fn a_mistake_is_told_with_its_place_and_what_was_meant() {
    for (lines, message) in [
        (
            "lissten = 1",
            "gateway.toml:1:1: error: lissten: there is no such setting [unknown-key]; did you mean listen?",
        ),
        ("listen = 443", "gateway.toml:1:1: error: listen: a number stands where a string belongs [type]"),
        ("listen = \"443\"", "gateway.toml:1:1: error: listen: invalid socket address syntax [value]"),
        (
            "[limits]\n session-idle = \"5 parsecs\"",
            "gateway.toml:11:2: error: limits.session-idle: write a whole number and ms, s, m, h or d, such as \"30s\" [value]",
        ),
        (
            "[[sta]]\nid = \"STA1\"",
            "gateway.toml:10:1: error: sta.0.url: this setting has no default [missing]",
        ),
        (
            "modes = { browser = \"wika\" }",
            "gateway.toml:1:11: error: modes.browser: write one of wica, cvpn [value]; did you mean wica?",
        ),
        ("a = 1\na = 2", "gateway.toml:2:1: error: duplicate key [syntax]"),
        ("name = 1.5", "gateway.toml:1:1: error: no setting is a fraction or a date [syntax]"),
    ] {
        assert_eq!(said(lines), message, "{lines}");
    }
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    for lines in [
        "test-secrets = \"hunter2\"",
        "[callback]\ntoken = \"hunter2\"",
        "[callback.token]\nfile = [\"hunter2\"]",
    ] {
        let message = said(lines);
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn later_sources_win_and_every_setting_knows_its_own() {
    let mut tree = tree(LEAST).unwrap();
    let variables = [("GATEWAY__LIMITS__SESSION_IDLE", "5m"), ("GATEWAY__NAME", "env"), ("HOME", "/")];
    tree.merge_environment(variables.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned()))).unwrap();
    tree.merge_set("name = 443").unwrap();
    tree.merge_set("callback.peers=[\"sf1\", \"sf2\"]").unwrap();
    tree.merge_set("limits.sessions=7").unwrap();
    tree.merge_set("tls.system-trust=true").unwrap();
    let written = Written::over(tree).unwrap();
    assert_eq!(written.raw.name, "443", "what a setting wants decides");
    assert_eq!(written.raw.limits.session_idle.0.as_secs(), 300);
    assert_eq!((written.raw.limits.sessions, written.raw.tls.system_trust), (7, true));
    assert_eq!(written.raw.callback.peers, ["sf1", "sf2"]);
    let origin = |setting| written.origin(setting).map(ToString::to_string);
    assert_eq!(origin("name").unwrap(), "--set name");
    assert_eq!(origin("limits.session-idle").unwrap(), "environment variable GATEWAY__LIMITS__SESSION_IDLE");
    assert_eq!(origin("fqdn").unwrap(), "gateway.toml:2:1");
    assert_eq!(origin("log.format"), None);
}

#[test]
fn an_assignment_reaches_into_lists_but_makes_none() {
    let mut tree = tree("[[sta]]\nid = \"A\"\nurl = \"http://a\"").unwrap();
    tree.merge_set("sta.0.id=B").unwrap();
    assert!(tree.merge_set("sta.1.id=C").is_err());
    assert!(tree.merge_set("sta.0.id.x=C").is_err());
    for wrong in ["", "a", "=", ".=1", "a..b=1", "a.b.c.d.e.f.g.h.i=1"] {
        assert!(tree.merge_set(wrong).is_err(), "{wrong}");
    }
}
