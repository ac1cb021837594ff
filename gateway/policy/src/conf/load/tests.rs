use super::*;
use crate::conf::object::audit::Level;
use crate::conf::object::bank::{BankId, Goto, Point, When};
use crate::conf::object::callout::{CalloutRequest, CalloutServer, ReturnType};
use crate::conf::object::policy::{Action, Feature, UndefAction};
use crate::conf::object::responder::ResponderKind;
use crate::conf::object::variable::{MapValue, Operation, VariableKind};
use crate::conf::object::vserver::VserverKind;
use crate::value::Value;

/// A file in which everything is right.
#[track_caller]
fn right(text: &str) -> Configuration {
    let loaded = load("test.conf", text.as_bytes());
    assert_eq!(loaded.diagnostics, vec![], "{text}");
    loaded.configuration
}

/// The codes of everything wrong with a file.
fn codes(text: &str) -> Vec<&'static str> {
    load("test.conf", text.as_bytes()).diagnostics.iter().map(|found| found.code).collect()
}

fn bank(point: Point, feature: Feature) -> BankId {
    BankId { point, feature, when: When::Request }
}

#[test]
fn variables_and_assignments() {
    let conf = right(
        "add ns variable Seen -type \"map(text(20), text(64),10000)\" -expires 1200 -ifFull UNDEF\n\
         add ns variable n -type ulong -init 3 -ifNoValue undef\n\
         add ns variable t -type text(10) -scope transaction\n\
         add ns assignment put -variable \"$seen[AAA.USER.NAME]\" -set AAA.USER.SESSIONID\n\
         add ns assignment gone -variable $seen[AAA.USER.NAME] -clear\n\
         add ns assignment up -variable $n -add 1\n",
    );
    let seen = conf.variables.get("SEEN").expect("in any case");
    let map = VariableKind::Map { key: 20, value: MapValue::Text(64), entries: 10_000 };
    assert_eq!((seen.kind, seen.expires, seen.undef_if_full), (map, 1_200, true));
    assert_eq!(conf.variables.get("n").and_then(|n| n.init.as_deref()), Some("3"));
    let put = &conf.assignments["put"];
    assert_eq!(put.key.as_ref().map(|key| key.text.as_str()), Some("AAA.USER.NAME"));
    assert!(matches!(&put.operation, Operation::Set(value) if value.text == "AAA.USER.SESSIONID"));
    assert_eq!(conf.assignments["gone"].operation, Operation::Clear);
    assert!(conf.assignments["up"].key.is_none());
}

#[test]
fn later_lines_change_earlier_objects() {
    let conf = right(
        "add responder action a respondwith '\"x\"'\n\
         add responder policy p true NOOP -comment old\n\
         add responder policy q false NOOP RESET\n\
         set responder policy p -action a -rule HTTP.REQ.IS_VALID\n\
         unset responder policy q -undefAction\n\
         add responder policy r true NOOP\n\
         rm responder policy r\n\
         set responder param -undefAction DROP\n\
         enable ns feature LB RESPONDER\n\
         disable ns feature lb\n",
    );
    let p = conf.policy(Feature::Responder, "p").expect("added");
    assert_eq!(p.rule.as_ref().map(|rule| rule.text.as_str()), Some("HTTP.REQ.IS_VALID"));
    assert_eq!(p.action, Action::Respond("a".into()));
    assert_eq!(conf.policy(Feature::Responder, "q").expect("added").undef_action, None);
    assert!(conf.policy(Feature::Responder, "r").is_none());
    assert_eq!(conf.responder_undef_action, UndefAction::Drop);
    assert_eq!(conf.features, Some(["RESPONDER".to_owned()].into()));
}

#[test]
fn actions_with_headers_and_status() {
    let mut loader = Loader::new();
    loader.page("pg", "<h1>");
    let text = "add responder action a respondwithhtmlpage pg -responseStatusCode 403 \
                -headers X-Why(\"too many\") X-Who(AAA.USER.NAME)\n";
    loader.read("test.conf", text.as_bytes());
    let loaded = loader.finish();
    assert_eq!(loaded.diagnostics, vec![]);
    let action = &loaded.configuration.responder_actions["a"];
    assert_eq!((action.kind.clone(), action.status), (ResponderKind::Page("pg".into()), Some(403)));
    let headers: Vec<_> =
        action.headers.iter().map(|it| (it.name.as_str(), it.value.text.as_str())).collect();
    assert_eq!(headers, [("X-Why", "\"too many\""), ("X-Who", "AAA.USER.NAME")]);
    let at = action.headers[1].value.whole().span;
    assert_eq!(&text[at.start..at.end], "AAA.USER.NAME");
}

#[test]
fn bindings_find_their_feature_and_their_order() {
    let conf = right(
        "add lb vserver v HTTP 192.0.2.1 80\n\
         add responder policy r1 true NOOP\n\
         add responder policy r2 true NOOP\n\
         add tm trafficAction t -InitiateLogout ON -appTimeout 1\n\
         add tm trafficPolicy t1 true t\n\
         add vpn trafficAction u http -SSO ON -appTimeout 30\n\
         add vpn trafficPolicy t2 true u\n\
         add responder policylabel l\n\
         bind responder policylabel l r1 10 NEXT\n\
         bind lb vserver v -policyName r2 -priority 110 -gotoPriorityExpression END -type REQUEST\n\
         bind lb vserver v -policyName r1 -priority 100 -gotoPriorityExpression NEXT -type REQUEST\n\
         bind lb vserver v -policyName t1 -priority 100\n\
         bind lb vserver v a_service -weight 2\n\
         bind responder global NOPOLICY 5 USE_INVOCATION_RESULT -type REQ_OVERRIDE -invoke policylabel l\n\
         bind responder global r1 20 110\n\
         bind responder global r2 30\n\
         unbind responder global r2\n",
    );
    let vserver = Point::Vserver(VserverKind::Lb, "v".into());
    let responder = conf.bank(&bank(vserver.clone(), Feature::Responder));
    let order: Vec<_> = responder.iter().map(|it| (it.policy.as_deref(), it.priority)).collect();
    assert_eq!(order, [(Some("r1"), 100), (Some("r2"), 110)]);
    assert_eq!(responder[0].goto, Goto::Next);
    let traffic = conf.bank(&bank(vserver, Feature::Traffic));
    assert_eq!((traffic.len(), &traffic[0].goto), (1, &Goto::End));
    let before = conf.bank(&bank(Point::GlobalOverride, Feature::Responder));
    assert_eq!((before[0].policy.clone(), &before[0].goto), (None, &Goto::UseInvocationResult));
    let after = conf.bank(&bank(Point::GlobalDefault, Feature::Responder));
    assert!(matches!(&after[0].goto, Goto::Expression(goto) if goto.text == "110"));
    assert_eq!(after.len(), 1);
    assert_eq!(conf.bank(&bank(Point::Label("l".into()), Feature::Responder)).len(), 1);
}

#[test]
fn tables_in_order_with_index_and_overwritten_keys() {
    let conf = right(
        "add policy patset s\n\
         bind policy patset S b -index 7\n\
         bind policy patset s a\n\
         add policy dataset d ipv4\n\
         bind policy dataset d 192.0.2.1 -endRange 192.0.2.9\n\
         add policy stringmap m\n\
         bind policy stringmap m k 1\n\
         bind policy stringmap m k 2\n",
    );
    let entries = |name: &str| {
        let entries = &conf.tables.get(name).expect("added").table;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        entries.iter().map(|(key, value)| (text(key), text(value))).collect::<Vec<_>>()
    };
    assert_eq!(entries("s"), [("b".into(), "7".into()), ("a".into(), "8".into())]);
    let inside = Value::Ip("192.0.2.5".parse().expect("an address"));
    assert_eq!(conf.tables.get("d").expect("added").table.get_value(&inside), Some(b"1".as_slice()));
    assert_eq!(entries("m"), [("k".into(), "2".into())]);
}

#[test]
fn callouts_may_be_made_in_two_steps() {
    let conf = right(
        "add policy httpCallout h\n\
         set policy httpCallout h -IPAddress 192.0.2.7 -port 8080 -returnType TEXT -hostExpr '\"a\"' \
         -urlStemExpr '\"/b\"' -parameters ip(CLIENT.IP.SRC) -scheme https -resultExpr 'HTTP.RES.BODY(100)' \
         -cacheForSecs 5\n",
    );
    let callout = conf.callouts.get("H").expect("added");
    let server = CalloutServer::Address { address: "192.0.2.7".into(), port: 8_080 };
    assert_eq!((callout.server.clone(), callout.returns), (Some(server), Some(ReturnType::Text)));
    assert!(matches!(&callout.request, CalloutRequest::Parts { parameters, .. } if parameters.len() == 1));
    let incomplete = codes("add policy httpCallout h\n");
    assert_eq!(incomplete, ["callout-incomplete"; 3]);
}

#[test]
fn messages_are_kept_by_the_logs_that_want_them() {
    let conf = right(
        "add audit messageaction m EMERGENCY '\"x\"' -logtoNewnslog YES\n\
         set audit syslogParams -userdefinedAuditlog YES -logLevel EMERGENCY ALERT\n\
         add audit syslogAction far 192.0.2.9 -logLevel DEBUG -userDefinedAuditlog YES\n\
         add audit syslogAction idle 192.0.2.9 -logLevel ALL -userDefinedAuditlog YES\n\
         add audit syslogPolicy p true far\n\
         bind audit syslogGlobal -policyName p -priority 1\n",
    );
    assert!(conf.message_actions["m"].newnslog);
    assert!(conf.keeps_messages(Level::Alert) && conf.keeps_messages(Level::Debug));
    assert!(!conf.keeps_messages(Level::Notice));
}

#[test]
fn limits_have_their_selectors() {
    let conf = right(
        "add stream selector by HTTP.REQ.URL CLIENT.IP.SRC\n\
         add ns limitIdentifier l -threshold 20 -timeSlice 10000 -selectorName By\n",
    );
    let limit = conf.limit_identifiers.get("L").expect("added");
    assert_eq!((limit.threshold, limit.slice_ms, limit.selector.len()), (20, 10_000, 2));
}

#[test]
fn what_leads_nowhere_is_told() {
    assert_eq!(codes("add responder policy p true gone\n"), ["unknown-action"]);
    assert_eq!(codes("add responder policy p true NOOP -logAction m\n"), ["unknown-log-action"]);
    assert_eq!(codes("bind responder global p 1 END\n"), ["unknown-policy"]);
    assert_eq!(codes("set responder policy p -rule true\n"), ["not-added"]);
    assert_eq!(codes("add ns assignment a -variable $v -set 1\n"), ["unknown-variable"]);
    assert_eq!(codes("bind policy patset s a\n"), ["unknown-table"]);
    assert_eq!(codes("add ns limitIdentifier l -selectorName s\n"), ["unknown-selector"]);
    assert_eq!(codes("add responder action a respondwithhtmlpage p\n"), ["page-missing"]);
    assert_eq!(codes("add policy patset \u{201c}a\u{201d}\n"), ["web-text"]);
    let twice = "add responder policy p true NOOP\nadd responder policy p false NOOP\n";
    assert_eq!(codes(twice), ["added-twice"]);
    let bound = "add responder policy p true NOOP\nadd responder policy q true NOOP\n\
                 bind responder global p 1 END\nbind responder global q 1 END\n";
    assert_eq!(codes(bound), ["priority-taken"]);
    let shared = "add policy patset n\nadd policy expression n true\nadd ns variable http -type ulong\n";
    assert_eq!(codes(shared), ["name-taken", "bad-name"]);
    let label = "add responder policy p true NOOP\nadd responder policylabel l\n\
                 bind responder policylabel l p 1 END -invoke policylabel l\n";
    assert_eq!(codes(label), ["invoke-depth"]);
}

#[test]
fn values_that_can_not_be_are_told() {
    assert_eq!(codes("add ns variable v -type map(text(63000),text(2000),9)\n"), ["bad-type"]);
    assert_eq!(codes("add ns variable v -type ulong -expires never\n"), ["bad-number"]);
    assert_eq!(codes("add ns variable v -type ulong -ifFull panic\n"), ["bad-choice"]);
    assert_eq!(codes("add responder action a respondwith\n"), ["missing-value"]);
    assert_eq!(codes("add responder action a noop -headers X\n"), ["bad-header"]);
    assert_eq!(codes("add responder action a noop -responseStatusCode 42\n"), ["bad-number"]);
    assert_eq!(codes("add responder policy p true NOOP JUMP\n"), ["bad-choice"]);
    let both = "add ns variable v -type ulong\nadd ns assignment a -variable $v -set 1 -add 2\n";
    assert_eq!(codes(both), ["bad-assignment"]);
}

#[test]
fn a_file_that_is_not_utf8_is_read_as_latin_1_and_says_where() {
    let loaded = load("test.conf", b"\xef\xbb\xbf#NS13.1 Build 37.38\nadd policy patset s -comment \xe9\n");
    assert_eq!(loaded.configuration.release.as_deref(), Some("NS13.1 Build 37.38"));
    let found = &loaded.diagnostics[0];
    let source = loaded.sources.get(found.at.file).expect("read");
    assert_eq!((found.code, source.position(found.at.span.start)), ("not-utf8", (2, 30)));
}

#[test]
fn kept_lines_are_counted() {
    let loaded = load("test.conf", b"add lb monitor a HTTP\nadd lb monitor b HTTP\nshow version\n");
    let kept: Vec<_> = loaded.kept.into_iter().collect();
    assert_eq!(kept, [("add lb monitor".to_owned(), 2), ("show version".to_owned(), 1)]);
    assert_eq!(loaded.diagnostics, vec![]);
}

#[test]
fn a_hundred_thousand_hostile_lines_end() {
    let invoking = "bind responder policylabel l p 1 NEXT -invoke policylabel l\n".repeat(20_000);
    let policies: String = (0..40_000)
        .map(|n| format!("add responder policy p{n} true NOOP\nrm responder policy p{n}\n"))
        .collect();
    let text = format!("add responder policylabel l\nadd responder policy p true NOOP\n{invoking}{policies}");
    let loaded = load("test.conf", text.as_bytes());
    assert!(loaded.diagnostics.len() <= DIAGNOSTICS + 1);
    assert_eq!(loaded.configuration.policies.len(), 1);
}
