use std::time::Duration;

use insta::assert_snapshot;

use super::samples::{self, at, good_run, trace};
use super::story::Ending;
use super::{FaultNote, Recorder, What, difference, json, story, vocabulary};

fn told(events: Vec<(&str, What)>) -> String {
    story::render(&trace(events), &Ending { virtual_time: Duration::from_millis(12_345), failures: 0 })
}

#[test]
fn a_story_reads_from_top_to_bottom() {
    assert_snapshot!(told(good_run()), @r#"
    — laptop: login
       0.020  laptop → gw             POST /cgi/login login=alice passwd=«hidden»
       0.030  gw                        verifies the log-in of alice
       0.040  radius01 → gw           Access-Accept id=1 for alice
       0.050  gw                        alice passes the factor (radius by radius01)
       0.060  gw                        opens a session for alice: ‹session 1›
       0.070  gw → sta01              RequestData ‹ticket 1› of STA01
       0.080  sta01 → gw              ResponseData ICAAddress=vda01:1494
       0.090  gw                        redeems ‹ticket 1› at STA01: host vda01:1494
       0.100  gw → vda01              connection, session 1
       0.110  gw                        relays ‹ticket 1› to vda01:1494
       0.120  laptop → gw             types "hello"
       0.130  gw                        recognises SOCKS5
       0.140  laptop → gw             connection closed by the user
       0.150  gw                        ends the relay to vda01:1494: closed by both ends, 5 bytes up, 5 bytes down
       0.160  vda01                     session 1 closed after 5 bytes: the client closed

      12.345  end: 1 session (1 left), 1 relay (0 left), as expected
    "#);
}

#[test]
fn a_fault_stands_out_and_a_crash_ends_what_was_open() {
    let mut events = samples::launch();
    events.push(("network", samples::fault()));
    events.push(("network", FaultNote::down("crash gw", "gw").into()));
    let story = told(events);
    assert!(story.contains("  ~~ cut gw / vda01\n"), "{story}");
    assert!(story.contains("1 relay (0 left)"), "{story}");
}

#[test]
fn a_message_between_mocks_is_told_by_its_server() {
    use gateway_mocks::{sta, storefront};
    let asks = ("storefront", storefront::Seen::StaRequest { peer: at("sta01", 80) }.into());
    let alone = told(vec![asks.clone()]);
    assert!(alone.contains("storefront → sta01      RequestTicket\n"), "{alone}");

    let peer = at("storefront", 40_000);
    let heard = sta::Seen::RequestTicket { peer, data: samples::data(), refreshable: false };
    let both = told(vec![asks, ("sta01", heard.into())]);
    assert_eq!(both.matches("RequestTicket").count(), 1, "{both}");
    assert!(both.contains("ICAAddress=vda01:1494"), "{both}");
}

#[test]
fn long_lines_are_broken_between_words_but_not_inside_names() {
    let target = format!("/a?{}", "word word ".repeat(15));
    let mut events = vec![("laptop", samples::request(at("gw", 443), "GET", &target, ""))];
    events.extend(samples::launch());
    let story = told(events);
    assert!(story.lines().all(|line| line.chars().count() <= 130), "{story}");
    assert!(story.contains("‹ticket 1›"), "{story}");
}

#[test]
fn json_has_the_same_names_and_one_object_per_event() {
    let trace = trace(good_run());
    let lines = json::render(&trace);
    assert_eq!(lines.lines().count(), trace.events.len());
    let redeemed = lines.lines().find(|line| line.contains("ticket.redeemed")).expect("told");
    let value: serde_json::Value = serde_json::from_str(redeemed).expect("JSON");
    assert_eq!(value["peer"], "laptop");
    assert_eq!(value["fields"]["ticket"], "‹ticket 1›");
    assert_eq!(value["t_ms"], 90.0);
}

#[test]
fn names_reach_into_text_that_was_rendered_before() {
    let token = gateway_rt::Line::new("x=").opaque("token", "abc").to_string();
    let trace = trace(vec![("gw", What::Note(format!("{token} and ‹no name›")))]);
    let names = super::naming::Names::of(&trace);
    assert_eq!(names.text(&token), "x=‹token 1›");
    assert_eq!(names.text("‹no name› ‹open"), "‹no name› ‹open");
}

#[test]
fn the_first_difference_is_shown_with_its_neighbours() {
    let one = trace(good_run());
    assert_eq!(difference::of_traces(&one, &one), None);
    let mut other = one.clone();
    other.events[3].host = "radius02".into();
    let told = difference::of_traces(&one, &other).expect("they differ");
    assert!(told.starts_with("first difference at event 4:\n"), "{told}");
    assert!(told.contains("  + ") && told.contains("radius02"), "{told}");
    other.events.truncate(3);
    let told = difference::of_traces(&one, &other).expect("they differ");
    assert!(told.contains("  + (nothing more)\n"), "{told}");
}

#[test]
fn the_vocabulary_knows_what_is_told() {
    assert_eq!(vocabulary::stranger(&trace(good_run())), None);
    let kinds = vocabulary::kinds();
    assert!(kinds.contains(&"ticket.redeemed") && kinds.contains(&"fault"));
}

#[test]
fn a_recorder_keeps_order_time_and_names_until_it_is_finished() {
    let recorder = Recorder::new(|| Duration::from_secs(3));
    recorder.name(at("gw", 0).ip(), "gw");
    let tap = recorder.tap::<gateway::audit::Event>("gw");
    tap(&gateway::audit::Event::Started { at: at("gw", 443) });
    recorder.record("gw", What::Note("second".into()));
    assert_eq!(recorder.with(<[_]>::len), 2);
    let trace = recorder.finish();
    assert_eq!(trace.events.len(), 2);
    assert_eq!(trace.events[1].at, Duration::from_secs(3));
    assert_eq!(trace.name_of(at("gw", 1).ip()), "gw");
    assert_eq!(trace.name_of(at("laptop", 1).ip()), "10.0.0.2");
}
