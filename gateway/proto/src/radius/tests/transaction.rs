//! The transaction, its clock moved by hand, against replies honest and forged.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::limits::RADIUS_MESSAGE_MAX_CHARS;

const ID: u8 = 7;
/// Jitter that changes nothing.
pub(super) const NO_JITTER: [u8; 4] = [128; 4];

/// An Accept with Class `c1` to identifier 7, computed with Python's hashlib and hmac.
const GOLDEN_ACCEPT: &str = "0207002a e98843b3375a5f519706dc9d81fc4671
    50122769f2c31ffa408502e099060824661119046331";

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(super) fn request() -> SignedRequest {
    let request = AccessRequest {
        user_name: "alice",
        user_password: &Secret::new("correct"),
        state: None,
        nas_identifier: "gateway",
        nas_ip_address: None,
        calling_station_id: None,
        event_timestamp: None,
    };
    request.sign(ID, AUTHENTICATOR, &shared()).expect("fits")
}

fn send() -> Output {
    Output::Send(request().datagram().to_vec())
}

fn drain(transaction: &mut Transaction) -> Vec<Output> {
    std::iter::from_fn(|| transaction.poll_output()).collect()
}

/// A transaction begun at zero, its first transmission done.
fn waiting(policy: MessageAuthenticatorPolicy, schedule: Schedule) -> Transaction {
    let mut transaction = Transaction::new(request(), shared(), policy, schedule, Duration::ZERO);
    assert_eq!(drain(&mut transaction), [send()]);
    transaction
}

fn strict() -> Transaction {
    waiting(MessageAuthenticatorPolicy::Required, Schedule::new(NO_JITTER))
}

fn reply(code: Code, attributes: &[Attribute]) -> Reply {
    Reply { code, attributes: attributes.to_vec(), message_authenticator: Placement::First }
}

fn sign(reply: &Reply) -> Vec<u8> {
    let request = Packet::decode(request().datagram()).expect("a packet");
    reply.sign(&request, &shared()).expect("fits")
}

/// What can come back: replies to be believed, and others.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arrival {
    Accept,
    Reject,
    Challenge,
    Stranger,
    Forged,
    Unsigned,
    Foreign,
    Noise,
}

impl Arrival {
    pub(super) const ALL: [Self; 8] = [
        Self::Accept,
        Self::Reject,
        Self::Challenge,
        Self::Stranger,
        Self::Forged,
        Self::Unsigned,
        Self::Foreign,
        Self::Noise,
    ];

    /// How a transaction ends with it, if it does.
    pub(super) fn verdict(self) -> Option<&'static str> {
        match self {
            Self::Accept => Some("accept"),
            Self::Reject => Some("reject"),
            Self::Challenge => Some("challenge"),
            _ => None,
        }
    }
}

/// The datagram, and whether it comes from the server.
pub(super) fn arrival(what: Arrival) -> (bool, Vec<u8>) {
    let accept = || reply(Code::ACCESS_ACCEPT, &[]);
    let asked = Packet::decode(request().datagram()).expect("a packet");
    match what {
        Arrival::Accept => (true, sign(&accept())),
        Arrival::Reject => (true, sign(&reply(Code::ACCESS_REJECT, &[]))),
        Arrival::Challenge => {
            (true, sign(&reply(Code::ACCESS_CHALLENGE, &[attribute(AttributeType::STATE, b"s")])))
        }
        Arrival::Stranger => (false, sign(&accept())),
        Arrival::Forged => (true, accept().sign(&asked, &Secret::new("another secret")).expect("fits")),
        Arrival::Unsigned => (true, sign(&Reply { message_authenticator: Placement::Absent, ..accept() })),
        Arrival::Foreign => {
            let other = Packet::new(asked.code(), ID + 1, *asked.authenticator(), Vec::new()).expect("fits");
            (true, accept().sign(&other, &shared()).expect("fits"))
        }
        Arrival::Noise => (true, b"noise".to_vec()),
    }
}

/// What a strict transaction says to one datagram of the server.
fn seen(datagram: &[u8]) -> Vec<Output> {
    let mut transaction = strict();
    transaction.handle_datagram(true, datagram, seconds(1));
    drain(&mut transaction)
}

fn verdict(code: Code, attributes: &[Attribute]) -> Verdict {
    match seen(&sign(&reply(code, attributes))).as_slice() {
        [Output::Verdict(verdict)] => verdict.clone(),
        other => panic!("expected one verdict, got {other:?}"),
    }
}

// --- verdicts

#[test]
fn an_accept_computed_elsewhere_is_believed() {
    let said = seen(&hex(GOLDEN_ACCEPT));
    let [Output::Verdict(Verdict::Accept(accept))] = said.as_slice() else { panic!("{said:?}") };
    let class = vec![b"c1".to_vec()];
    assert_eq!(Accept { attributes: Vec::new(), ..accept.clone() }, Accept { class, ..Accept::default() });
}

#[test]
fn an_accept_tells_groups_class_time_and_message() {
    let accept = verdict(
        Code::ACCESS_ACCEPT,
        &[
            attribute(AttributeType::FILTER_ID, b"staff"),
            attribute(AttributeType::FILTER_ID, b"\xff"),
            attribute(AttributeType::FILTER_ID, b"admins"),
            attribute(AttributeType::CLASS, b"\0\x01"),
            attribute(AttributeType::CLASS, b""),
            attribute(AttributeType::REPLY_MESSAGE, b"Welcome, "),
            attribute(AttributeType::REPLY_MESSAGE, b"Alice\x07\r\n."),
            Attribute::integer(AttributeType::SESSION_TIMEOUT, 3600),
        ],
    );
    let expected = Accept {
        class: vec![vec![0, 1], vec![]],
        session_timeout: Some(seconds(3600)),
        message: "Welcome, Alice\n.".to_owned(),
        attributes: Vec::new(),
    };
    let Verdict::Accept(accept) = accept else { panic!("{accept:?}") };
    let groups: Vec<_> = accept.texts(AttributeName::Standard(AttributeType::FILTER_ID)).collect();
    assert_eq!(groups, ["staff", "admins"], "what is not UTF-8 names nobody");
    assert_eq!(Accept { attributes: Vec::new(), ..accept }, expected);
}

#[test]
fn a_session_timeout_that_is_not_one_number_refuses() {
    let one = Attribute::integer(AttributeType::SESSION_TIMEOUT, 1);
    let refused = Verdict::Unusable(Unusable::SessionTimeout);
    assert_eq!(verdict(Code::ACCESS_ACCEPT, &[one.clone(), one]), refused);
    let short = attribute(AttributeType::SESSION_TIMEOUT, &[1]);
    assert_eq!(verdict(Code::ACCESS_ACCEPT, &[short]), refused);
}

#[test]
fn a_reject_carries_its_message_up_to_the_limit() {
    let part = attribute(AttributeType::REPLY_MESSAGE, &[b'x'; 250]);
    let text = |count| Verdict::Reject { message: "x".repeat(count) };
    assert_eq!(verdict(Code::ACCESS_REJECT, &[]), text(0));
    assert_eq!(verdict(Code::ACCESS_REJECT, &[part.clone(), part.clone()]), text(RADIUS_MESSAGE_MAX_CHARS));
    assert_eq!(
        verdict(Code::ACCESS_REJECT, &[part.clone(), part.clone(), part]),
        text(RADIUS_MESSAGE_MAX_CHARS)
    );
}

#[test]
fn a_challenge_has_exactly_one_state() {
    let state = |value: &[u8]| attribute(AttributeType::STATE, value);
    let challenge = |attributes: &[Attribute]| verdict(Code::ACCESS_CHALLENGE, attributes);
    let question = attribute(AttributeType::REPLY_MESSAGE, b"Code?");
    let expected = |echo| {
        Verdict::Challenge(Challenge { state: Secret::new([7; 253]), message: "Code?".to_owned(), echo })
    };
    assert_eq!(challenge(&[question.clone(), state(&[7; 253])]), expected(false));
    let prompt = |value| Attribute::integer(AttributeType::PROMPT, value);
    assert_eq!(challenge(&[question.clone(), state(&[7; 253]), prompt(0)]), expected(false));
    assert_eq!(challenge(&[question, state(&[7; 253]), prompt(1)]), expected(true));
    assert_eq!(challenge(&[]), Verdict::Unusable(Unusable::StateMissing));
    assert_eq!(challenge(&[state(b"")]), Verdict::Unusable(Unusable::StateMissing));
    assert_eq!(challenge(&[state(b"a"), state(b"a")]), Verdict::Unusable(Unusable::StateRepeated));
}

// --- what is not believed

fn accept() -> Reply {
    reply(Code::ACCESS_ACCEPT, &[attribute(AttributeType::CLASS, b"c1")])
}

fn discarded(reason: Discard) -> Vec<Output> {
    vec![Output::Discarded(reason)]
}

#[test]
fn a_discarded_reply_changes_nothing() {
    let mut transaction = strict();
    let before = transaction.poll_timeout();
    let genuine = sign(&accept());
    transaction.handle_datagram(false, &genuine, seconds(1));
    assert_eq!(drain(&mut transaction), discarded(Discard::Source));
    transaction.handle_datagram(true, b"junk", seconds(1));
    assert_eq!(drain(&mut transaction), discarded(Discard::Malformed(PacketError::TooShort)));
    assert_eq!(transaction.poll_timeout(), before);
    transaction.handle_datagram(true, &genuine, seconds(1));
    assert!(matches!(drain(&mut transaction)[..], [Output::Verdict(Verdict::Accept(_))]));
    transaction.handle_datagram(true, &genuine, seconds(1));
    assert_eq!(drain(&mut transaction), discarded(Discard::Late));
    assert_eq!(transaction.poll_timeout(), None);
}

#[test]
fn the_reply_must_be_to_this_request() {
    let mut other_id = sign(&accept());
    other_id[1] += 1;
    assert_eq!(seen(&other_id), discarded(Discard::Id(ID + 1)));
    let other_code = sign(&reply(Code(5), &[]));
    assert_eq!(seen(&other_code), discarded(Discard::Code(Code(5))));
    let reflected = request().datagram().to_vec();
    assert_eq!(seen(&reflected), discarded(Discard::ResponseAuthenticator));
    let asked = Packet::decode(request().datagram()).expect("a packet");
    let other_secret = accept().sign(&asked, &rfc_secret()).expect("fits");
    assert_eq!(seen(&other_secret), discarded(Discard::ResponseAuthenticator));
    let other_request = Packet::new(Code::ACCESS_REQUEST, ID, [9; 16], vec![]).expect("fits");
    let replayed = accept().sign(&other_request, &shared()).expect("fits");
    assert_eq!(seen(&replayed), discarded(Discard::ResponseAuthenticator));
}

#[test]
fn no_reply_without_message_authenticator_unless_the_policy_says_so() {
    let bare = sign(&Reply { message_authenticator: Placement::Absent, ..accept() });
    assert_eq!(seen(&bare), discarded(Discard::MessageAuthenticatorMissing));
    let mut lenient = waiting(MessageAuthenticatorPolicy::IfPresent, Schedule::new(NO_JITTER));
    lenient.handle_datagram(true, &bare, seconds(1));
    let outputs = drain(&mut lenient);
    assert!(matches!(
        outputs[..],
        [Output::Noted(Note::MessageAuthenticatorAbsent), Output::Verdict(Verdict::Accept(_))]
    ));
}

#[test]
fn message_authenticators_wrong_or_repeated_are_discarded_under_both_policies() {
    let forged = |count| {
        let mut reply = Reply { message_authenticator: Placement::Absent, ..accept() };
        let blank = attribute(AttributeType::MESSAGE_AUTHENTICATOR, &[0; 16]);
        reply.attributes.extend(std::iter::repeat_n(blank, count));
        sign(&reply)
    };
    for policy in [MessageAuthenticatorPolicy::Required, MessageAuthenticatorPolicy::IfPresent] {
        let mut transaction = waiting(policy, Schedule::new(NO_JITTER));
        transaction.handle_datagram(true, &forged(1), seconds(1));
        assert_eq!(drain(&mut transaction), discarded(Discard::MessageAuthenticatorWrong));
        transaction.handle_datagram(true, &forged(2), seconds(1));
        assert_eq!(drain(&mut transaction), discarded(Discard::MessageAuthenticatorRepeated));
    }
}

#[test]
fn a_message_authenticator_at_the_end_is_believed_and_noted() {
    let outputs = seen(&sign(&Reply { message_authenticator: Placement::Last, ..accept() }));
    assert!(matches!(
        outputs[..],
        [Output::Noted(Note::MessageAuthenticatorNotFirst), Output::Verdict(Verdict::Accept(_))]
    ));
}

/// The shape of CVE-2024-3596: a right Response Authenticator, a Proxy-State, no Message-Authenticator.
#[test]
fn a_proxy_state_is_an_attack() {
    let proxy_state = attribute(AttributeType::PROXY_STATE, b"collision");
    for message_authenticator in [Placement::Absent, Placement::First] {
        let attributes = vec![proxy_state.clone()];
        let attack = Reply { code: Code::ACCESS_ACCEPT, attributes, message_authenticator };
        assert_eq!(seen(&sign(&attack)), discarded(Discard::ProxyState));
    }
    assert!(Discard::ProxyState.is_attack());
    assert!(!Discard::MessageAuthenticatorMissing.is_attack());
}

// --- time

/// Runs a transaction nobody answers; the times of all outputs in milliseconds.
fn unanswered(schedule: Schedule) -> Vec<(u128, Output)> {
    let mut transaction = waiting(MessageAuthenticatorPolicy::Required, schedule);
    let mut events = Vec::new();
    while let Some(due) = transaction.poll_timeout() {
        transaction.handle_timeout(due - Duration::from_nanos(1));
        assert_eq!(transaction.poll_output(), None, "nothing happens early");
        transaction.handle_timeout(due);
        events.extend(drain(&mut transaction).into_iter().map(|output| (due.as_millis(), output)));
    }
    events
}

#[test]
fn the_same_datagram_is_sent_at_doubling_intervals_until_the_budget_is_spent() {
    let timed_out = Output::Verdict(Verdict::TimedOut);
    let expected = [(2_000, send()), (6_000, send()), (14_000, send()), (20_000, timed_out.clone())];
    assert_eq!(unanswered(Schedule::new(NO_JITTER)), expected);
    let patient = Schedule { budget: seconds(60), tries: 200, ..Schedule::new(NO_JITTER) };
    let expected =
        [(2_000, send()), (6_000, send()), (14_000, send()), (30_000, send()), (60_000, timed_out.clone())];
    assert_eq!(unanswered(patient), expected);
    let once = Schedule { tries: 1, budget: seconds(3), ..Schedule::new(NO_JITTER) };
    assert_eq!(unanswered(once), [(3_000, timed_out)]);
}

#[test]
fn jitter_moves_a_wait_by_a_tenth_at_most() {
    let first = |byte| unanswered(Schedule::new([byte; 4]))[0].0;
    assert_eq!((first(0), first(128), first(255)), (1_800, 2_000, 2_198));
}

#[test]
fn a_driver_that_slept_sends_once_and_not_after_the_deadline() {
    let mut transaction = strict();
    transaction.handle_timeout(seconds(15));
    assert_eq!(drain(&mut transaction), [send()]);
    transaction.handle_timeout(seconds(100));
    assert_eq!(drain(&mut transaction), [Output::Verdict(Verdict::TimedOut)]);
}

#[test]
fn a_reply_at_the_deadline_is_too_late() {
    let genuine = sign(&accept());
    let mut transaction = strict();
    transaction.handle_datagram(true, &genuine, seconds(20));
    let expected = [Output::Verdict(Verdict::TimedOut), Output::Discarded(Discard::Late)];
    assert_eq!(drain(&mut transaction), expected);
    let mut transaction = strict();
    transaction.handle_datagram(true, &genuine, seconds(20) - Duration::from_nanos(1));
    assert!(matches!(drain(&mut transaction)[..], [Output::Verdict(Verdict::Accept(_))]));
}

#[test]
fn debug_shows_no_datagram() {
    let length = request().datagram().len();
    assert_eq!(format!("{:?}", send()), format!("Send({length} bytes)"));
}

proptest! {
    #[test]
    fn no_change_of_a_genuine_reply_is_believed(at: prop::sample::Index, flip in 1u8..) {
        let mut forged = sign(&accept());
        let at = at.index(forged.len());
        forged[at] ^= flip;
        prop_assert!(matches!(seen(&forged)[..], [Output::Discarded(_)]));
    }

    #[test]
    fn any_course_of_events_ends_in_one_verdict(
        steps in prop::collection::vec((0u64..3_000, any::<bool>(), any::<bool>(), any::<Vec<u8>>()), 0..20),
    ) {
        let mut transaction = strict();
        let (mut now, mut verdicts, mut sent) = (Duration::ZERO, 0, 0);
        for (wait, from_expected, genuine, junk) in steps {
            now += Duration::from_millis(wait);
            transaction.handle_timeout(now);
            let datagram = if genuine { sign(&accept()) } else { junk };
            transaction.handle_datagram(from_expected, &datagram, now);
            for output in drain(&mut transaction) {
                match output {
                    Output::Verdict(_) => verdicts += 1,
                    Output::Send(_) => sent += 1,
                    Output::Discarded(_) | Output::Noted(_) => {}
                }
            }
        }
        transaction.handle_timeout(seconds(100));
        verdicts += drain(&mut transaction).len();
        prop_assert_eq!(verdicts, 1);
        prop_assert!(sent < 5);
    }
}
