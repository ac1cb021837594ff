//! The published session map: section 13.1 of the reference, step by step and hole by hole.

use std::time::Duration;

use super::*;
use crate::conf::object::audit::Level;

const CONF: &str = include_str!("../../../../../scenarios/policy/session-map.conf");
const PAGE: &str = include_str!("../../../../../scenarios/policy/seat-taken.html");

fn lab() -> Lab {
    Lab::with(CONF, &[("seat-taken", PAGE)], Switches::default())
}

#[test]
fn every_step() {
    let mut lab = lab();
    let first = lab.get_as("/", "alice", "s1");
    assert_eq!(
        way(&first),
        ["seat_leave FALSE NEXT", "seat_take TRUE NEXT", "seat_taken FALSE NEXT", "session_over FALSE NEXT"]
    );
    assert_eq!(first.verdict, Verdict::Forward);

    let again = lab.get_as("/", "alice", "s1");
    assert_eq!(way(&again)[1..3], ["seat_take FALSE NEXT", "seat_taken FALSE NEXT"]);

    let second = lab.get_as("/", "alice", "s2");
    assert_eq!(way(&second).last().unwrap(), "seat_taken TRUE the request is answered");
    let Verdict::Respond(response) = &second.verdict else { panic!("{:?}", second.verdict) };
    assert_eq!(response.status, 200);
    assert!(response.headers.contains(&(b"NS-Blocker".to_vec(), b"Kicked Out".to_vec())));
    assert!(String::from_utf8_lossy(&response.body).contains("<p>alice has a session elsewhere."));
    let [told] = second.messages.as_slice() else { panic!("{:?}", second.messages) };
    assert_eq!((told.level, told.newnslog), (Level::Emergency, true));
    assert_eq!(told.text, b"second session of alice: s2 from 192.0.2.7, attempt 1");

    let bye = lab.get_as("/x?byebye", "alice", "s1");
    assert_eq!(way(&bye), ["seat_leave TRUE END", "session_over TRUE END"]);
    assert_eq!(bye.verdict, Verdict::Forward);
    assert_eq!(bye.end_session.as_ref().map(|end| end.after), Some(Duration::ZERO));

    assert_eq!(lab.get_as("/", "alice", "s2").verdict, Verdict::Forward, "the seat is free");
    lab.now += 1200;
    assert!(is_page(&lab.get_as("/", "alice", "s3"), 200), "exactly as long is not longer");
    lab.now += 1201;
    assert_eq!(lab.get_as("/", "alice", "s3").verdict, Verdict::Forward);
}

#[test]
fn without_a_session_everything_is_undefined_and_goes_on() {
    let mut lab = lab();
    let outcome = lab.get("/");
    assert_eq!(way(&outcome), ["seat_leave FALSE NEXT", "seat_take UNDEF END", "session_over FALSE NEXT"]);
    assert_eq!(outcome.verdict, Verdict::Forward);
    assert_eq!(lab.state.counters("seat_take"), super::super::Counters { hits: 0, undefined: 1 });
}

#[test]
fn its_holes() {
    let mut lab = lab();
    lab.get_as("/", "alice", "s1");
    lab.get_as("/byebye", "alice", "s2");
    assert_eq!(lab.get_as("/", "alice", "s2").verdict, Verdict::Forward, "the blocked one freed the seat");

    let long = ["averyveryverylongname-one", "averyveryverylongname-two"];
    lab.get_as("/", long[0], "s5");
    assert!(is_page(&lab.get_as("/", long[1], "s6"), 200), "names that agree in 20 bytes share a seat");

    lab.get_as("/", "carol", "s7");
    for _ in 0..5 {
        lab.now += 1000;
        assert!(is_page(&lab.get_as("/", "carol", "s8"), 200), "whoever is blocked keeps the seat taken");
    }
    lab.get_as("/BYEBYE", "carol", "s7");
    assert!(is_page(&lab.get_as("/", "carol", "s8"), 200), "the case counts");
}

#[test]
fn the_ten_thousand_and_first_pushes_out_who_was_quiet_longest() {
    let mut lab = lab();
    for number in 0..10_000 {
        lab.get_as("/", &format!("user{number}"), "a");
    }
    lab.get_as("/", "user0", "a");
    let newcomer = lab.get_as("/", "newcomer", "a");
    assert!(newcomer.explanation.to_string().contains("\"user1\" was pushed out"));
    assert_eq!(lab.get_as("/", "user1", "b").verdict, Verdict::Forward, "whichever session comes first");
    assert!(is_page(&lab.get_as("/", "user0", "b"), 200));
}

#[test]
fn nothing_is_logged_unless_the_log_takes_it() {
    let mut lab = Lab::with(
        &CONF.replace("-userDefinedAuditlog YES", "-userDefinedAuditlog NO"),
        &[("seat-taken", PAGE)],
        Switches::default(),
    );
    lab.get_as("/", "alice", "s1");
    let blocked = lab.get_as("/", "alice", "s2");
    assert!(blocked.messages.is_empty());
    assert!(
        blocked.explanation.to_string().contains("userDefinedAuditlog is not YES"),
        "{}",
        blocked.explanation
    );
}
