//! Each rule is shown to hold on a good run and to fire on a bad one.

use std::time::Duration;

use gateway::audit;
use gateway::config::DuplicatePolicy;
use gateway_mocks::{ica_host, sta};

use super::*;
use crate::trace::samples::{self, at, good_run, trace};
use crate::trace::{Event, FaultNote, What};

type Told = (&'static str, What);

fn broken(events: Vec<Told>) -> Vec<&'static str> {
    check(&trace(events), &[], &[]).into_iter().filter_map(|failure| failure.rule).collect()
}

/// A good run without the events of a kind.
fn without(kind: &str) -> Vec<Told> {
    good_run().into_iter().filter(|(_, what)| what.tell().kind != kind).collect()
}

#[test]
fn a_good_run_breaks_no_rule() {
    assert_eq!(broken(good_run()), Vec::<&str>::new());
}

// Rule 1

#[test]
fn a_connection_without_a_redeemed_ticket_is_found() {
    let found = broken(without("ticket.redeemed"));
    assert_eq!(found, [TICKET_FIRST, TICKET_FIRST], "the connection and the relay");
}

#[test]
fn a_second_connection_for_one_ticket_is_found() {
    let mut events = good_run();
    let peer = at("gw", 40_009);
    events.push(("vda01", ica_host::Seen::Refused { peer, why: "every session is taken" }.into()));
    assert_eq!(broken(events), [TICKET_FIRST]);
}

#[test]
fn a_connection_to_another_host_than_the_tickets_is_found() {
    let mut events = samples::launch();
    let accepted = events.iter_mut().find(|(host, _)| *host == "vda01").expect("a connection");
    accepted.0 = "storefront";
    assert_eq!(broken(events), [TICKET_FIRST]);
}

#[test]
fn a_host_no_sta_named_is_found() {
    assert_eq!(broken(without("sta.data")), [TICKET_FIRST]);
}

#[test]
fn hosts_are_known_by_name_label_and_address() {
    let trace = trace(Vec::new());
    let leads = |address: &str| {
        let address = address.parse().expect("a host and port");
        tickets::leads_to(&trace, &address, "vda01")
    };
    assert!(leads("VDA01:1494") && leads("vda01.example.test:1494") && leads("10.0.0.5:1494"));
    assert!(!leads("vda02:1494") && !leads("10.0.0.6:1494"));
}

// Rule 2

#[test]
fn a_ticket_redeemed_twice_is_found_at_gateway_and_sta() {
    let mut events = good_run();
    events.extend(samples::launch().into_iter().take(3));
    assert_eq!(broken(events), [TICKET_ONCE, TICKET_ONCE]);
}

#[test]
fn data_for_a_ticket_nobody_presented_is_found() {
    let data = sta::Seen::Data { peer: at("gw", 40_001), data: samples::data() };
    assert_eq!(broken(vec![("sta01", data.into())]), [TICKET_ONCE]);
}

// Rule 3

#[test]
fn a_session_without_a_log_in_or_factor_is_found() {
    for kind in ["login.tried", "factor.passed"] {
        assert!(broken(without(kind)).contains(&VERDICT_FIRST), "without {kind}");
    }
}

#[test]
fn a_factor_that_radius_never_granted_is_found() {
    assert_eq!(broken(without("radius.access-accept")), [VERDICT_FIRST]);
}

#[test]
fn the_user_file_needs_no_radius_server() {
    let mut events = without("radius.access-accept");
    let factor = events.iter_mut().find(|(_, what)| what.tell().kind == "factor.passed").expect("a factor");
    factor.1 = samples::passed("alice", "");
    assert_eq!(broken(events), Vec::<&str>::new());
}

#[test]
fn another_users_verdict_does_not_count() {
    let mut events = samples::log_in();
    events.pop();
    events.push(("gw", samples::created("mallory")));
    assert_eq!(broken(events), [VERDICT_FIRST]);
}

#[test]
fn a_verdict_counts_for_one_session_and_not_for_an_earlier_log_in() {
    let mut twice = samples::log_in();
    let tried = twice.iter().find(|(_, what)| what.tell().kind == "login.tried").cloned().expect("a try");
    twice.extend([tried, ("gw", samples::created("alice"))]);
    assert_eq!(broken(twice), [VERDICT_FIRST]);
}

#[test]
fn case_and_domain_do_not_make_another_user() {
    let mut events = samples::log_in();
    let radius = events.iter_mut().find(|(host, _)| *host == "radius01").expect("an accept");
    radius.1 = samples::accept("EXAMPLE\\Alice");
    assert_eq!(broken(events), Vec::<&str>::new());
}

/// alice logs in with two factors; those of the second's three events that are kept stand before the session.
fn with_second_factor(keep: [bool; 3]) -> Vec<Told> {
    let mut events = samples::log_in();
    let session = events.pop().expect("a session");
    let kept = samples::second_factor("alice").into_iter().zip(keep).filter(|(_, keep)| *keep);
    events.extend(kept.map(|(event, _)| event));
    events.push(session);
    events
}

#[test]
fn a_second_factor_that_was_asked_must_be_passed_and_its_server_must_say_so() {
    let none = Vec::<&str>::new();
    assert_eq!(broken(with_second_factor([true, true, true])), none);
    assert_eq!(broken(with_second_factor([false, false, false])), none);
    assert_eq!(
        broken(with_second_factor([true, true, false])),
        [VERDICT_FIRST],
        "the gateway never heard it"
    );
    assert_eq!(broken(with_second_factor([true, false, true])), [VERDICT_FIRST], "nobody said it");
    assert_eq!(broken(with_second_factor([true, false, false])), [VERDICT_FIRST], "skipped");
}

// Rule 5

/// The broken rules of sessions alone; that no log-in led to them is another rule's.
fn beside(events: Vec<Told>) -> usize {
    broken(events).into_iter().filter(|rule| *rule == ONE_SESSION).count()
}

#[test]
fn a_second_session_is_found_where_a_user_may_have_one() {
    let two = |policy, second| {
        vec![
            ("gw", samples::opened_session("alice", "one", policy)),
            ("gw", samples::opened_session(second, "two", policy)),
        ]
    };
    for policy in [DuplicatePolicy::Deny, DuplicatePolicy::Kick, DuplicatePolicy::Transfer] {
        assert_eq!(beside(two(policy, "Alice ")), 1);
        assert_eq!(beside(two(policy, "alice2")), 0, "names are compared whole");
    }
    assert_eq!(beside(two(DuplicatePolicy::Allow, "alice")), 0);
}

#[test]
fn a_session_after_the_end_of_the_other_is_right() {
    let with = |between: Told| {
        let opened = |id| ("gw", samples::opened_session("alice", id, DuplicatePolicy::Deny));
        beside(vec![opened("one"), between, opened("two")])
    };
    assert_eq!(with(("gw", samples::ended_session("alice", "one"))), 0);
    assert_eq!(with(("gw", samples::ended_session("alice", "another"))), 1);
    assert_eq!(with(("network", FaultNote::down("gw crashes", "gw").into())), 0);
    assert_eq!(with(("network", FaultNote::down("sta01 crashes", "sta01").into())), 1);
}

// Rule 6

fn shown(output: &str, secret: &[u8]) -> usize {
    check(&trace(Vec::new()), &[output.to_owned()], &[secret.to_vec()]).len()
}

#[test]
fn a_secret_is_found_in_every_spelling_and_not_repeated() {
    let secret = b"p\xC3\xA4ss w/rd+1";
    for output in
        ["x päss w/rd+1 y", "p%C3%A4ss%20w%2Frd%2B1", "a=p%C3%A4ss+w%2Frd%2B1", "70c3a4737320772f72642b31"]
    {
        assert_eq!(shown(output, secret), 1, "{output}");
    }
    let found = check(&trace(Vec::new()), &["a\nWinter-26".into()], &[b"Winter-26".to_vec()]);
    assert_eq!(found[0].rule, Some(NO_SECRET));
    assert!(!format!("{found:?}").contains("Winter-26"));
    assert!(found[0].came_instead.contains("line 2"), "{}", found[0].came_instead);
}

#[test]
fn a_short_secret_inside_a_longer_word_is_chance() {
    assert_eq!(shown("12.345 and 014942", b"1494"), 0);
    assert_eq!(shown("passcode 1494.", b"1494"), 1);
    assert_eq!(shown("abc", b"abc"), 0, "too short to be searched for");
}

// Rule 7

#[test]
fn a_relay_that_outlives_both_ends_is_found() {
    assert_eq!(broken(without("tunnel.closed")), [WAITS_END]);
}

#[test]
fn a_host_session_that_outlives_its_relay_is_found() {
    assert_eq!(broken(without("ica-host.closed")), [WAITS_END]);
}

#[test]
fn what_the_end_of_the_run_cut_off_is_not_judged() {
    let mut trace = trace(without("tunnel.closed"));
    trace.ended = trace.events.last().expect("events").at + ENDS_WITHIN / 2;
    assert!(check(&trace, &[], &[]).is_empty());
}

#[test]
fn what_a_fault_touched_is_not_judged() {
    let mut events = without("tunnel.closed");
    let opened = events.iter().position(|(_, what)| what.tell().kind == "tunnel.opened").expect("a relay");
    events.insert(opened + 1, ("gw", samples::fault()));
    assert_eq!(broken(events), Vec::<&str>::new());
}

#[test]
fn a_log_in_without_an_answer_is_found_in_the_end() {
    let tried = audit::Event::LoginTried { peer: at("laptop", 50_000), user: "alice".into() };
    let mut trace = trace(vec![("gw", tried.into())]);
    assert!(check(&trace, &[], &[]).is_empty(), "the run was too short to tell");
    trace.ended = LOGIN_ENDS_WITHIN * 2;
    assert_eq!(check(&trace, &[], &[])[0].rule, Some(WAITS_END));
    let mut crashed = trace.clone();
    let down = FaultNote::down("crash gw", "gw").into();
    crashed.events.push(Event { at: Duration::from_secs(9), host: "gw".into(), what: down });
    assert!(check(&crashed, &[], &[]).is_empty(), "the gateway is gone");
    let gone = gateway_mocks::receiver::Seen::Trouble { what: "log-in", peer: None, why: "too long".into() };
    trace.events.push(Event { at: Duration::from_secs(9), host: "laptop".into(), what: gone.into() });
    assert!(check(&trace, &[], &[]).is_empty(), "the client gave up");
}

#[test]
fn a_cut_trace_is_not_judged() {
    let mut trace = trace(good_run());
    trace.dropped = 1;
    assert_eq!(check(&trace, &[], &[])[0].code, FailureKind::Simulator);
}

// Rule 8

/// A gateway that keeps its state opens a session, does `before`, goes down and finds `sessions` and `locked`.
fn after_crash(before: Vec<audit::Event>, sessions: &[&str], locked: &[&str]) -> usize {
    let found = |sessions: &[&str], locked: &[&str]| {
        let sessions = sessions.iter().map(|id| audit::Mark::of(&gateway_proto::secret::Secret::new(*id)));
        audit::Event::State(audit::StateEvent::Opened {
            sessions: sessions.collect(),
            locked: locked.iter().map(|user| (*user).to_owned()).collect(),
            devices: 0,
            tickets: 0,
        })
    };
    let mut events: Vec<Told> = vec![("gw", found(&[], &[]).into())];
    events.push(("gw", samples::opened_session("alice", "one", DuplicatePolicy::Allow)));
    events.extend(before.into_iter().map(|event| ("gw", event.into())));
    events.push(("network", FaultNote::down("gw crashes", "gw").into()));
    events.push(("gw", found(sessions, locked).into()));
    broken(events).into_iter().filter(|rule| *rule == STATE_KEPT).count()
}

#[test]
fn a_session_that_was_lost_or_came_back_is_found() {
    assert_eq!(after_crash(vec![], &["one"], &[]), 0);
    assert_eq!(after_crash(vec![], &[], &[]), 1, "lost");
    let What::Gateway(ended) = samples::ended_session("alice", "one") else { panic!("a gateway's event") };
    assert_eq!(after_crash(vec![ended.clone()], &[], &[]), 0);
    assert_eq!(after_crash(vec![ended], &["one"], &[]), 1, "came back");
}

#[test]
fn a_lock_that_was_lost_is_found() {
    let locked = audit::Event::LoginLocked {
        peer: at("laptop", 40_000),
        user: "Bob".to_owned(),
        scope: "this account",
        lasts: Duration::from_secs(900),
    };
    assert_eq!(after_crash(vec![locked.clone()], &["one"], &["bob"]), 0);
    assert_eq!(after_crash(vec![locked], &["one"], &[]), 1);
}

#[test]
fn a_gateway_that_forgets_to_look_is_found() {
    let opened = audit::Event::State(audit::StateEvent::Opened {
        sessions: Vec::new(),
        locked: Vec::new(),
        devices: 0,
        tickets: 0,
    });
    let started = audit::Event::Started { at: at("gw", 443) };
    let crash = FaultNote::down("gw crashes", "gw");
    let events: Vec<Told> = vec![("gw", opened.into()), ("network", crash.into()), ("gw", started.into())];
    assert_eq!(broken(events), [STATE_KEPT]);
}
