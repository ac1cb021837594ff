//! Client and host, joined by a wire that the test cuts.

use super::*;
use crate::limits::{CGP_KEEP_ALIVE, CGP_OPENING_DEADLINE, CGP_RESEND_MAX_BYTES, CGP_SILENCE_MAX};

fn closed(code: Code) -> Output {
    Output::Over(Over::Closed(code))
}

#[test]
fn bytes_flow_both_ways_and_are_acknowledged() {
    let mut pair = Pair::opened();
    let now = pair.now;
    assert_eq!(pair.client.write(now, b"hello"), 5);
    assert_eq!(pair.host().write(now, b"welcome"), 7);
    pair.settle();
    assert_eq!(read_all(|| pair.client.read(now)), (b"welcome".to_vec(), false));
    assert_eq!(read_all(|| pair.host.as_mut()?.read(now)), (b"hello".to_vec(), false));
    assert_eq!((pair.client.unacknowledged(), pair.host().unacknowledged()), (5, 7));
    pair.pass(s(1), true);
    assert_eq!((pair.client.unacknowledged(), pair.host().unacknowledged()), (0, 0));
}

#[test]
fn what_a_cut_took_is_sent_again_once() {
    let mut pair = Pair::opened();
    let now = pair.now;
    pair.client.write(now, b"one ");
    pair.settle();
    pair.client.write(now, b"two ");
    pair.both_disconnected();
    assert_eq!(pair.told().0, [Output::Suspended(None)]);
    pair.client.write(now, b"three");
    pair.connect();
    pair.settle();
    let (client, host) = pair.told();
    // "one " came and was not taken: it is sent again like "two ", which did not come.
    assert_eq!(client, [Output::Resumed { resent: 8 }]);
    assert_eq!(host.last(), Some(&Output::Resumed { resent: 0 }));
    assert_eq!(read_all(|| pair.host.as_mut()?.read(now)).0, b"one two three");
}

#[test]
fn both_streams_end_and_the_session_is_complete() {
    let mut pair = Pair::opened();
    let now = pair.now;
    pair.client.write(now, b"bye");
    pair.client.finish(now);
    pair.settle();
    assert_eq!(read_all(|| pair.host.as_mut()?.read(now)), (b"bye".to_vec(), true));
    assert_eq!(pair.client.write(now, b"more"), 0);
    pair.host().finish(now);
    pair.settle();
    assert_eq!(read_all(|| pair.client.read(now)), (vec![], true));
    pair.settle();
    let over = [Output::Disconnect, Output::Over(Over::Complete)];
    assert_eq!(pair.told(), (over.to_vec(), over.to_vec()));
}

#[test]
fn an_end_is_sent_again_like_a_byte() {
    let mut pair = Pair::opened();
    let now = pair.now;
    pair.client.finish(now);
    pair.both_disconnected();
    pair.connect();
    pair.settle();
    assert_eq!(pair.told().0.last(), Some(&Output::Resumed { resent: 1 }));
    assert_eq!(read_all(|| pair.host.as_mut()?.read(now)), (vec![], true));
}

#[test]
fn at_the_bound_a_sender_accepts_no_more_and_nothing_is_dropped() {
    let mut pair = Pair::opened();
    let now = pair.now;
    let bytes: Vec<u8> =
        (0..CGP_RESEND_MAX_BYTES + 10).map(|n| u8::try_from(n % 251).expect("fits")).collect();
    assert_eq!(pair.client.write(now, &bytes), CGP_RESEND_MAX_BYTES);
    assert_eq!((pair.client.write(now, b"x"), pair.client.room()), (0, 0));
    pair.settle();
    assert_eq!(pair.client.write(now, b"x"), 0, "delivered is not taken");
    let read = read_all(|| pair.host.as_mut()?.read(now)).0;
    assert!(read == bytes[..CGP_RESEND_MAX_BYTES]);
    pair.settle();
    assert!(pair.client.room() > CGP_RESEND_MAX_BYTES / 2);
    assert_eq!(pair.client.write(now, &bytes[CGP_RESEND_MAX_BYTES..]), 10);
}

#[test]
fn idle_ends_keep_the_connection_and_each_other() {
    let mut pair = Pair::opened();
    pair.pass(s(3600), true);
    assert!(pair.client.is_live() && pair.host().is_live());
    assert_eq!(pair.client.poll_timeout(), Some(s(3600) + CGP_KEEP_ALIVE));
}

#[test]
fn a_dead_peer_is_noticed_by_its_silence() {
    let mut pair = Pair::opened();
    pair.pass(CGP_SILENCE_MAX - s(1), false);
    assert!(pair.client.is_live());
    pair.pass(CGP_SILENCE_MAX, false);
    let (client, host) = pair.told();
    assert_eq!(client, [Output::Disconnect, Output::Suspended(Some(Code::Silent))]);
    assert_eq!(host, client);
}

#[test]
fn a_gateways_tickets_are_no_sign_of_the_hosts_life() {
    let mut pair = Pair::opened();
    let ticket: crate::ticket::Ticket = TICKET.parse().expect("a ticket");
    for at in [10, 20, 29] {
        pair.now = s(at);
        pair.client.handle_bytes(pair.now, reconnect_ticket(&ticket).expose()).expect("a ticket");
    }
    assert_eq!(pair.client.reconnect_ticket(), Some(&Secret::from(TICKET)));
    pair.pass(CGP_SILENCE_MAX, false);
    assert!(pair.client.is_suspended());
}

#[test]
fn a_kept_session_waits_as_long_as_it_was_promised() {
    let mut pair = Pair::opened();
    pair.both_disconnected();
    pair.told();
    pair.pass(KEPT - s(1), false);
    assert_eq!(pair.told(), (vec![], vec![]));
    pair.pass(KEPT, false);
    let expired = vec![Output::Over(Over::Expired)];
    assert_eq!(pair.told(), (expired.clone(), expired));
    assert_eq!(pair.client.write(pair.now, b"x"), 0);
}

#[test]
fn failed_resumes_do_not_lengthen_the_wait() {
    let mut pair = Pair::opened();
    pair.both_disconnected();
    for at in [50, 100, 150] {
        pair.pass(s(at), false);
        pair.connect();
        let refused = Reception::refusal(Code::BackendDown);
        pair.client.handle_bytes(pair.now, &refused).expect("a refusal");
    }
    pair.pass(KEPT, false);
    assert_eq!(pair.told().0.last(), Some(&Output::Over(Over::Expired)));
}

#[test]
fn the_clients_own_time_counts_more_than_the_hosts() {
    let mut pair = Pair::new();
    pair.client = Client::new(Settings { kept: Some(s(30)), ..Settings::default() });
    pair.connect();
    pair.settle();
    pair.both_disconnected();
    pair.pass(s(30), false);
    assert_eq!(pair.told().0.last(), Some(&Output::Over(Over::Expired)));
    assert!(pair.host().is_suspended());
}

#[test]
fn a_resume_displaces_a_connection_that_still_seems_alive() {
    let mut pair = Pair::opened();
    let now = pair.now;
    pair.host().write(now, b"screen");
    pair.cut();
    pair.client.handle_disconnect(now);
    pair.told();
    pair.connect();
    pair.settle();
    assert_eq!(pair.told().1, [Output::Suspended(None), Output::Resumed { resent: 6 }]);
    assert_eq!(read_all(|| pair.client.read(now)).0, b"screen");
}

#[test]
fn an_answer_that_does_not_come_is_given_up() {
    let mut pair = Pair::new();
    pair.pass(CGP_OPENING_DEADLINE, false);
    assert_eq!(pair.told().0, [Output::Disconnect, closed(Code::Silent)]);
}

#[test]
fn a_session_that_expires_during_a_resume_drops_the_connection() {
    let mut pair = Pair::opened();
    pair.both_disconnected();
    pair.pass(KEPT - s(1), false);
    pair.told();
    pair.connect();
    pair.pass(KEPT, false);
    assert_eq!(pair.told().0, [Output::Over(Over::Expired), Output::Disconnect]);
}

#[test]
fn codes_end_the_session_or_only_the_connection() {
    for number in 0..20 {
        let code = Code::from_number(number);
        assert_eq!(code.number(), number);
        let mut pair = Pair::opened();
        pair.client.handle_bytes(pair.now, &goodbye(code)).expect("a close");
        let then = if code.ends_session() { closed(code) } else { Output::Suspended(Some(code)) };
        assert_eq!(pair.told().0, [Output::Disconnect, then], "{code:?}");
    }
}

#[test]
fn a_session_that_was_never_opened_is_not_kept() {
    for answer in [None, Some(Reception::refusal(Code::BackendDown)), Some(b"HTTP/1.1 200 OK".to_vec())] {
        let mut pair = Pair::new();
        let now = pair.now;
        match answer {
            None => pair.client.handle_disconnect(now),
            // Whether it was understood shows in what the driver is told.
            Some(bytes) => pair.client.handle_bytes(now, &bytes).unwrap_or_default(),
        }
        assert!(matches!(pair.told().0.last(), Some(Output::Over(_))));
        assert_eq!(pair.client.poll_timeout(), None);
    }
}

#[test]
fn broken_rules_cost_the_connection_and_not_the_session() {
    let frame = |kind: u8, body: &[u8]| {
        let length = u16::try_from(body.len()).expect("fits").to_be_bytes();
        [&[kind], &length[..], body].concat()
    };
    for (bytes, error) in [
        (frame(0x21, &[0, 0, 0, 0, 0, 0, 0, 1, b'x']), Error::Sequence { told: 1, expected: 0 }),
        (frame(0x23, &[0, 0, 0, 0, 0, 0, 0, 9]), Error::Sequence { told: 9, expected: 0 }),
        (
            frame(0x22, &[0, 0, 0, 0, 0, 0, 0, 1]),
            Error::Acknowledgement { told: 1, acknowledged: 0, sent: 0 },
        ),
        (frame(0x21, &[0; 8]), Error::Malformed(0x21)),
        (frame(0x22, &[0; 9]), Error::Malformed(0x22)),
        (frame(0x31, &[0]), Error::Malformed(0x31)),
        (frame(0x02, b";40;S;A"), Error::Unexpected(0x02)),
        (frame(0x05, b""), Error::Unknown(0x05)),
        (vec![0x80, 0xff, 0xff], Error::Oversize(65538)),
    ] {
        let mut pair = Pair::opened();
        let now = pair.now;
        assert_eq!(pair.host().handle_bytes(now, &bytes), Err(error));
        assert_eq!(pair.told().1, [Output::Disconnect, Output::Suspended(Some(Code::Protocol))]);
        pair.connect();
        pair.settle();
        assert!(pair.client.is_live() && pair.host().is_live());
    }
}

#[test]
fn what_need_not_be_known_is_skipped_by_its_length() {
    let mut pair = Pair::opened();
    let now = pair.now;
    let frames = [&b"\x80\x00\x00\xff\x00\x03abc"[..], b"\x21\x00\x09\0\0\0\0\0\0\0\0x"].concat();
    for byte in frames {
        pair.client.handle_bytes(now, &[byte]).expect("skipped");
    }
    assert_eq!(pair.client.read(now), Some(Received::Data(b"x".to_vec())));
}

#[test]
fn nothing_comes_behind_an_end() {
    let mut pair = Pair::opened();
    let now = pair.now;
    pair.client.handle_bytes(now, b"\x23\x00\x08\0\0\0\0\0\0\0\0").expect("an end");
    let data = b"\x21\x00\x09\0\0\0\0\0\0\0\x01x";
    assert_eq!(pair.client.handle_bytes(now, data), Err(Error::Sequence { told: 1, expected: 1 }));
}

#[test]
fn a_try_that_was_held_up_does_not_displace_a_later_one() {
    let mut pair = Pair::opened();
    pair.both_disconnected();
    pair.connect();
    pair.collect();
    let first = pair.up.clone();
    pair.connect();
    pair.settle();
    let now = pair.now;
    let late = Reception::new().handle_bytes(&first).expect("understood").expect("an opening");
    assert_eq!(pair.host().resume(now, late), Err(Code::Displaced));
    assert!(pair.client.is_live() && pair.host().is_live());
}

#[test]
fn a_client_that_has_not_what_it_once_had_is_not_the_one() {
    let mut pair = Pair::opened();
    let now = pair.now;
    pair.host().write(now, b"screen");
    pair.settle();
    pair.client.read(now);
    pair.pass(s(1), true);
    for received in [0, 5, 7] {
        let resume = [&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, received][..], &[0x42; 32]].concat();
        let hello = b"\x1aCGP/01\x01\x00\x18\x01\x01Citrix.TcpProxyService\x04\x00\x2c";
        let opening = Reception::new().handle_bytes(&[&hello[..], &resume].concat());
        let opening = opening.expect("understood").expect("an opening");
        assert_eq!(pair.host().resume(now, opening), Err(Code::SessionUnknown));
    }
    assert!(pair.host().is_live());
}

#[test]
fn a_host_wants_no_ticket() {
    let mut client = Client::new(Settings::default());
    client.connect(Duration::ZERO, Some(&Secret::from(TICKET)));
    let Some(Output::Write(opening)) = client.poll_output() else { panic!("an opening") };
    let refused = Reception::new().handle_bytes(opening.expose()).err();
    assert_eq!(refused, Some(Error::Unexpected(0x02)));
}
