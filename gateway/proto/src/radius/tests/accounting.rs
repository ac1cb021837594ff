//! Accounting: bytes computed elsewhere, and what counts as an acknowledgement.

use std::time::Duration;

use super::transaction::NO_JITTER;
use super::*;

/// A Start, computed with Python's hashlib.
const GOLDEN_START: &str = "04070049 094957dec66485e6053bcffa41979095 280600000001 0107616c696365 2c047331
    19040063 20096761746577 6179 1f0b3139322e302e322e37 3d0600000005 37066955b900";
/// What acknowledges it.
const GOLDEN_ANSWER: &str = "05070014 4d09d0954d3678291b9e6305dc279d5f";

fn told(moment: Moment) -> AccountingRequest<'static> {
    AccountingRequest {
        moment,
        user_name: "alice",
        session_id: "s1",
        class: const { &[] },
        nas_identifier: "gateway",
        calling_station_id: "192.0.2.7",
        event_timestamp: 1_767_225_600,
        session_time: 61,
        input: 5,
        output: (3 << 32) + 7,
    }
}

fn start() -> SignedRequest {
    let class = [b"\0c".to_vec()];
    AccountingRequest { class: &class, ..told(Moment::Start) }.sign(7, &shared()).expect("fits")
}

fn said(datagram: &[u8]) -> Vec<Output> {
    let schedule = Schedule::new(NO_JITTER);
    let policy = MessageAuthenticatorPolicy::Required;
    let mut transaction = Transaction::new(start(), shared(), policy, schedule, Duration::ZERO);
    transaction.handle_datagram(true, datagram, Duration::from_secs(1));
    std::iter::from_fn(|| transaction.poll_output()).skip(1).collect()
}

#[test]
fn a_start_is_what_another_implementation_writes() {
    assert_eq!(start().datagram(), hex(GOLDEN_START));
    assert!(verify_accounting(&packet(GOLDEN_START), &shared()));
    assert!(!verify_accounting(&packet(GOLDEN_START), &rfc_secret()));
}

#[test]
fn a_stop_tells_time_bytes_and_cause() {
    let stop = told(Moment::Stop(TerminateCause::IdleTimeout)).sign(1, &shared()).expect("fits");
    let packet = Packet::decode(stop.datagram()).expect("a packet");
    let number =
        |kind| values(&packet, kind).concat().iter().fold(0, |sum, byte| sum * 256 + u64::from(*byte));
    use AttributeType as Type;
    assert_eq!(number(Type::ACCT_STATUS_TYPE), 2);
    assert_eq!((number(Type::ACCT_SESSION_TIME), number(Type::ACCT_TERMINATE_CAUSE)), (61, 4));
    assert_eq!((number(Type::ACCT_INPUT_OCTETS), number(Type::ACCT_INPUT_GIGAWORDS)), (5, 0));
    assert_eq!((number(Type::ACCT_OUTPUT_OCTETS), number(Type::ACCT_OUTPUT_GIGAWORDS)), (7, 3));
}

#[test]
fn a_gateway_tells_that_it_begins_and_ends_and_of_no_user() {
    for (moment, status) in [(GatewayMoment::On, 7), (GatewayMoment::Off, 8)] {
        let (session_id, nas_identifier) = ("6955b900", "gateway");
        let notice = GatewayNotice { moment, session_id, nas_identifier, event_timestamp: 1_767_225_600 };
        let notice = notice.sign(3, &shared()).expect("fits");
        let packet = Packet::decode(notice.datagram()).expect("a packet");
        assert!(verify_accounting(&packet, &shared()));
        assert_eq!(values(&packet, AttributeType::ACCT_STATUS_TYPE).concat(), [0, 0, 0, status]);
        assert_eq!(values(&packet, AttributeType::ACCT_SESSION_ID).concat(), b"6955b900");
        assert_eq!(values(&packet, AttributeType::NAS_IDENTIFIER).concat(), b"gateway");
        for absent in [AttributeType::USER_NAME, AttributeType::ACCT_TERMINATE_CAUSE] {
            assert!(values(&packet, absent).is_empty());
        }
    }
}

#[test]
fn only_the_answer_to_this_very_request_acknowledges_it() {
    assert_eq!(said(&hex(GOLDEN_ANSWER)), [Output::Verdict(Verdict::Recorded)]);
    let mut forged = hex(GOLDEN_ANSWER);
    forged[10] ^= 1;
    assert_eq!(said(&forged), [Output::Discarded(Discard::ResponseAuthenticator)]);
    let accept =
        Reply { code: Code::ACCESS_ACCEPT, attributes: Vec::new(), message_authenticator: Placement::Absent };
    let accept = accept.sign(&packet(GOLDEN_START), &shared()).expect("fits");
    assert_eq!(said(&accept), [Output::Discarded(Discard::Code(Code::ACCESS_ACCEPT))]);
}
