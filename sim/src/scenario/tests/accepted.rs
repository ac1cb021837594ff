//! What files mean: statements to values of the plan.

use std::time::Duration;

use super::{Files, NAME, VOCABULARY, codes, good, good_body, with_world};
use crate::scenario::load;
use crate::scenario::plan::{
    Agent, Begin, Claim, CountRange, Counter, FaultKind, FirstFactor, FormValue, HealPoint, HostKind,
    MisbehaviourKind, Operation, Payload, SocksTarget, StepExpectation, StepKind, When,
};

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn the_first_sample_of_the_design() {
    let loaded = good(
        r###"scenario "alice answers a RADIUS challenge and types in Notepad" {
            covers "ica-01" "ica-03" "ica-08" "ica-10"
            use "worlds/one-gateway.kdl"
            receiver "laptop" user="alice" {
                login password="Winter-26"
                expect challenge "Enter your passcode"
                answer "492817"
                expect session
                apps
                expect app "Notepad"
                launch "Notepad"
                expect ica-file address=#"^;40;STA01;[0-9A-Z]{32}$"# ssl-proxy="gw.example.test:443"
                connect
                type "hello"
                expect echo "hello" within="1s"
                logout
            }
            snapshot
        }"###,
    );
    let plan = &loaded.variants[0];
    assert_eq!(plan.label(), "alice answers a RADIUS challenge and types in Notepad");
    assert_eq!(
        (plan.covers.len(), plan.snapshot, plan.tick, plan.limit),
        (4, true, Duration::from_millis(1), seconds(60))
    );
    let steps = &plan.receivers[0].steps;
    assert_eq!(steps.len(), 12);
    let StepKind::Expect(StepExpectation::Echo { text, within, .. }) = &steps[10].kind else {
        panic!("{:?}", steps[10])
    };
    assert_eq!((text.value.as_str(), within.as_ref().map(|time| time.value)), ("hello", Some(seconds(1))));
    assert_eq!(loaded.sources.locate(&steps[10].span).line, 15);
    assert_eq!(loaded.sources.text(&text.place()), "\"hello\"");
}

#[test]
fn the_smallest_sample_of_the_design() {
    let loaded = good(
        r#"scenario "an expired ticket is refused" {
            use "worlds/one-gateway.kdl"
            limit "3m"
            receiver "laptop" user="alice" {
                use "fragments/logged-in.kdl"
                launch "Notepad"
                wait "101s"
                connect
                expect refused by="gw" reason="ticket-expired"
            }
        }"#,
    );
    let steps = &loaded.variants[0].receivers[0].steps;
    assert_eq!(loaded.sources.locate(&steps[0].span).file, "fragments/logged-in.kdl");
    assert!(matches!(steps[2].kind, StepKind::Answer { text: None, user: None }));
    assert!(matches!(&steps[6].kind, StepKind::Connect));
    assert!(loaded.warnings.is_empty());
}

#[test]
fn the_shipped_world() {
    let world = &good_body("").variants[0].world;
    let hosts: Vec<_> = world.hosts().map(|(kind, name)| (kind, name.value.as_str())).collect();
    assert_eq!(hosts.len(), 10);
    assert_eq!(world.kind_of("vda02"), Some(HostKind::IcaHost));
    assert_eq!(world.user("alice").unwrap().password.value, "Winter-26");
    assert_eq!(world.app("Calculator").unwrap().users.len(), 2);
    let radius = world.radius_server("radius01").unwrap();
    assert_eq!(radius.users[0].rounds[0].answer.value, "492817");
    assert!(radius.users[2].rounds.is_empty());
    let FirstFactor::Radius(servers) = world.gateway("gw").unwrap().first_factor.as_ref().unwrap() else {
        panic!()
    };
    assert_eq!(servers[0].value, "radius01");
    assert_eq!(world.stas[0].version.as_ref().unwrap().value.number(), 40);
}

#[test]
fn a_scenario_changes_and_extends_its_world() {
    let loaded = good_body(
        r#"set gateway "gw" login-deadline="5s" radius-tries=2 {
               sta "sta02" "sta01"
               allow "intranet.example.test"
           }
           set broker "xml01" { app "Notepad" { server "vda02" } }
           set radius "radius01" {
               user "alice" password="other" {
                   challenge "first" answer="1"
                   challenge "second" answer="2"
               }
               no-authenticator nth=2
           }
           set storefront "sf" { slow by="3s" on=launch first=2 }
           set sta "sta01" life="5s"
           world { sta "sta02" id="STA02"; user "dave" password="Summer-26" }"#,
    );
    let world = &loaded.variants[0].world;
    let gateway = world.gateway("gw").unwrap();
    assert_eq!(gateway.limits.login_deadline.as_ref().map(|time| time.value), Some(seconds(5)));
    assert_eq!(gateway.limits.radius_tries.as_ref().map(|tries| tries.value), Some(2));
    assert_eq!(gateway.stas.iter().map(|sta| sta.value.as_str()).collect::<Vec<_>>(), ["sta02", "sta01"]);
    assert_eq!(gateway.fqdn.as_ref().unwrap().value, "gw.example.test");
    assert_eq!(world.brokers[0].apps.len(), 2);
    assert_eq!(world.app("Notepad").unwrap().servers.len(), 1);
    assert_eq!((world.radius[0].users.len(), world.radius[0].users[0].rounds.len()), (3, 2));
    assert_eq!(world.radius[0].misbehaviours[0].kind, MisbehaviourKind::NoAuthenticator);
    let slow = &world.storefronts[0].misbehaviours[0];
    assert_eq!(slow.on.as_ref().map(|on| on.value), Some(Operation::Launch));
    assert!(matches!(&slow.kind, MisbehaviourKind::Slow(by) if by.value == seconds(3)));
    assert_eq!(world.stas[0].life.as_ref().map(|life| life.value), Some(seconds(5)));
    assert!(world.user("dave").is_some());
}

#[test]
fn the_wire_can_be_made_to_say_anything() {
    let loaded = good_body(
        r#"receiver "desk" as=browser {
               get "/" cookies=#false stale-cookies=#true { header "User-Agent" "x" times=3 }
               expect status=302 redirect="/vpn/index.html"
               post "/cgi/login" { field "login" "alice"; field "passwd" "Winter-26" }
               expect page status=200 header="Set-Cookie" body="passcode" reason="login-refused"
               post "/cgi/login" body="raw"
               open port=80
               tls unfinished=#true
               expect closed within="16s"
               socks
               socks ticket=";40;STA01;AAAA" bare=#true
               socks address="vda01:1494"
               send hex="05 01 00"
               send "GET / HTTP/1.0"
               expect reply hex="0500" within="1s"
               expect reply "HTTP/1.0 400"
               half-close
               open count=3
               guess 20 sta="STA01"
               close
               type "x" every="10ms" times=3
               disconnect
           }"#,
    );
    let receiver = &loaded.variants[0].receivers[0];
    assert_eq!(receiver.agent.as_ref().map(|agent| agent.value), Some(Agent::Browser));
    let kinds: Vec<&StepKind> = receiver.steps.iter().map(|step| &step.kind).collect();
    let StepKind::Get(get) = kinds[0] else { panic!() };
    assert_eq!((get.headers.len(), get.cookies.as_ref().map(|cookies| cookies.value)), (1, Some(false)));
    assert!(get.stale_cookies && get.headers[0].times.as_ref().is_some_and(|times| times.value == 3));
    let StepKind::Expect(StepExpectation::Page(page)) = kinds[1] else { panic!() };
    assert_eq!(page.status.as_ref().map(|status| status.value), Some(302));
    let StepKind::Post(post) = kinds[2] else { panic!() };
    assert!(matches!(&post.fields[1].value, FormValue::Text(text) if text.value == "Winter-26"));
    assert!(matches!(kinds[6], StepKind::Tls { unfinished: true }));
    assert!(matches!(kinds[8], StepKind::Socks { target: SocksTarget::IcaFile, bare: false }));
    assert!(matches!(kinds[9], StepKind::Socks { target: SocksTarget::Ticket(_), bare: true }));
    assert!(matches!(kinds[10], StepKind::Socks { target: SocksTarget::Address(_), .. }));
    assert!(matches!(kinds[11], StepKind::Send(Payload::Hex(bytes)) if bytes.value.0 == [5, 1, 0]));
    assert!(matches!(kinds[12], StepKind::Send(Payload::Text(_))));
    let StepKind::Expect(StepExpectation::Reply { bytes, .. }) = kinds[14] else { panic!() };
    assert_eq!(bytes.bytes(), b"HTTP/1.0 400");
    assert!(matches!(kinds[15], StepKind::HalfClose));
    assert!(matches!(kinds[16], StepKind::Open { count: Some(count), .. } if count.value == 3));
    assert!(matches!(kinds[17], StepKind::Guess { count, .. } if count.value == 20));
}

#[test]
fn faults_begin_at_times() {
    let loaded = good_body(
        r#"at "30s" { cut "laptop" "gw" for="5s"; stall "gw" "sf" one-way=#true }
           at "2s" {
               slow "gw" "sta01" by="1s" for="2s"
               jitter "gw" "radius01" by="5ms..50ms"
               refuse "sta01" port=80
               crash "gw" for="1s"
               power-loss "sta01"
               restart "radius01"
               drop "gw" "radius01" nth=2
               duplicate "radius01" "gw" count=3
               delay "radius01" "gw" by="3s"
           }"#,
    );
    let plan = &loaded.variants[0];
    assert_eq!(plan.faults.len(), 11);
    assert!(matches!(&plan.faults[0].begin, Begin::At(time) if time.value == seconds(30)));
    let FaultKind::Drop(datagrams) = &plan.faults[8].kind else { panic!() };
    assert_eq!(datagrams.range(), (2, 1));
    let FaultKind::Duplicate(datagrams) = &plan.faults[9].kind else { panic!() };
    assert_eq!(datagrams.range(), (1, 3));
    let FaultKind::Stall { link } = &plan.faults[1].kind else { panic!() };
    assert!(link.one_way);
}

#[test]
fn faults_begin_after_marks_and_on_events() {
    let loaded = good_body(
        r#"receiver "laptop" user="carol" { login; mark "in" }
           after "in" wait="2s" { cut "laptop" "gw" for="5s" }
           on "ticket.redeemed" at="gw" nth=2 user="carol" { crash "gw"; restart "sta01" }
           order { event "step" mark="in"; event "ticket.redeemed" }"#,
    );
    let faults = &loaded.variants[0].faults;
    let Begin::On { pattern, nth: None, wait: Some(wait) } = &faults[0].begin else { panic!() };
    assert_eq!(
        (pattern.marks().next().map(|mark| mark.value.as_str()), wait.value),
        (Some("in"), seconds(2))
    );
    let Begin::On { pattern, nth: Some(nth), wait: None } = &faults[1].begin else { panic!() };
    assert_eq!((pattern.kind.value.as_str(), pattern.fields.len(), nth.value), ("ticket.redeemed", 1, 2));
    assert_eq!(faults[1].begin, faults[2].begin);
}

#[test]
fn marks_are_one_of_a_kind_and_for_something() {
    let found =
        codes(&with_world("receiver \"desk\" { mark \"a\"; mark \"a\" }\nafter \"b\" { crash \"gw\" }"));
    assert_eq!(found, ["scn-duplicate-name", "scn-unknown-mark"]);
    assert_eq!(codes(&with_world("receiver \"desk\" { mark \"a\" }")), ["scn-unused-mark"]);
}

#[test]
fn claims_over_the_run() {
    let loaded = good_body(
        r#"receiver "laptop" user="carol" { login }
           expect sta "sta01" redeemed="1..2" refused=0
           expect event "ticket.redeemed" at="sta01" times=1 user="carol" round=2
           never event "login.refused"
           expect audit "session.created" user="carol"
           never audit "login.refused" reason="login-refused"
           expect page "laptop" status=200
           order { event "session.created"; event "ticket.redeemed" at="sta01" }
           between "1s" "5s" "window" { expect radius "radius01" requests="..1"; never event "ticket.redeemed" }
           always "one owner" { sessions "gw" user="carol" at-most=1 }
           eventually "back" within="30s" after=start { expect ica-host "vda01" sessions="1.." }"#,
    );
    let expectations = &loaded.variants[0].expectations;
    assert_eq!(expectations.len(), 11);
    let Claim::Counters { kind: HostKind::Sta, counters, .. } = &expectations[0].claim else { panic!() };
    assert_eq!(counters[0].0.value, Counter::Redeemed);
    assert_eq!(counters[0].1.value, CountRange { min: 1, max: 2 });
    let Claim::Event { pattern, count: Some(count) } = &expectations[1].claim else { panic!() };
    assert_eq!((pattern.fields.len(), count.value.contains(1), count.value.contains(2)), (2, true, false));
    assert_eq!(pattern.fields[1].value.value, "2");
    assert!(matches!(&expectations[6].claim, Claim::Order(events) if events.len() == 2));
    assert!(matches!(&expectations[7].when, When::Between { from, .. } if from.value == seconds(1)));
    assert_eq!(expectations[8].label.as_ref().map(|label| label.value.as_str()), Some("window"));
    assert!(matches!(&expectations[9].claim, Claim::Sessions { count: CountRange { min: 0, max: 1 }, .. }));
    assert!(matches!(expectations[10].when, When::Eventually { after: HealPoint::Start, .. }));
}

#[test]
fn a_matrix_makes_variants() {
    let loaded = good_body(
        r#"matrix user { - alice; - bob }
           matrix tries { - 1; - 2 }
           set gateway "gw" radius-tries="${tries}"
           receiver "desk" user="${user}" { login password="for ${user}, ${tries}" }
           case user=bob tries=2 { snapshot-free }"#
            .replace("snapshot-free", "expect radius \"radius01\" requests=2")
            .as_str(),
    );
    let labels: Vec<String> = loaded.variants.iter().map(|plan| plan.label()).collect();
    assert_eq!(
        labels,
        [
            "test [user=alice tries=1]",
            "test [user=alice tries=2]",
            "test [user=bob tries=1]",
            "test [user=bob tries=2]"
        ]
    );
    let last = &loaded.variants[3];
    let tries = last.world.gateway("gw").unwrap().limits.radius_tries.as_ref().map(|tries| tries.value);
    assert_eq!(tries, Some(2), "a lone ${{…}} keeps its type");
    let StepKind::Login { password: Some(password), .. } = &last.receivers[0].steps[0].kind else { panic!() };
    assert_eq!(password.value, "for bob, 2");
    let claims: Vec<usize> = loaded.variants.iter().map(|plan| plan.expectations.len()).collect();
    assert_eq!(claims, [0, 0, 0, 1]);
}

#[test]
fn a_title_may_hold_a_matrix_value() {
    let loaded = good(
        "scenario \"as ${who}\" { matrix who { - alice }; use \"worlds/one-gateway.kdl\"; receiver \"desk\" user=\"${who}\" { login } }",
    );
    assert_eq!(loaded.variants[0].title.value, "as alice");
}

#[test]
fn warnings_do_not_stop_a_scenario() {
    let found = codes(&with_world(
        "matrix unused { - 1; - 2 }\nreceiver \"desk\" { wait \"11m\" }\nat \"20m\" { cut \"laptop\" \"radius01\" }",
    ));
    assert_eq!(found, ["scn-unused-matrix", "scn-outside-run", "scn-outside-run", "scn-idle-link"]);
}

#[test]
fn two_gateways_need_to_be_told_apart() {
    let second = "world { gateway \"gw2\" { first-factor users } }\n";
    assert_eq!(
        codes(&with_world(&format!("{second}receiver \"desk\" user=\"carol\" {{ login }}"))),
        ["scn-which-gateway"]
    );
    good_body(&format!("{second}receiver \"desk\" user=\"carol\" gateway=\"gw2\" {{ login }}"));
}

#[test]
fn files_that_take_each_other_in_are_an_error() {
    let files = Files::with(NAME, "scenario \"s\" { use \"a.kdl\" }")
        .and("a.kdl", "world \"a\" { use \"b.kdl\" }")
        .and("b.kdl", "world \"b\" { use \"a.kdl\" }");
    let found = load(NAME, &files, &VOCABULARY).unwrap_err();
    assert_eq!((found[0].code, found[0].file.as_str()), ("scn-use-circle", "b.kdl"));
}

#[test]
fn a_missing_scenario_is_an_error_about_its_name() {
    let found = load("nowhere.kdl", &Files::default(), &VOCABULARY).unwrap_err();
    assert_eq!((found.len(), found[0].code, found[0].file.as_str()), (1, "scn-no-file", "nowhere.kdl"));
}
