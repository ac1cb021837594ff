//! Golden vectors: RFC 2865 section 7 and RFC 5997 section 6 where they say so; the others were computed with
//! the hashlib and hmac modules of Python, not with this crate.

use proptest::prelude::*;

use super::*;
use crate::limits::{
    RADIUS_ATTRIBUTE_MAX_BYTES, RADIUS_ATTRIBUTES_MAX, RADIUS_PACKET_MAX_BYTES, RADIUS_PASSWORD_MAX_BYTES,
};
use crate::radius::crypto::{Flaw, check_message_authenticator, has_response_authenticator};

/// RFC 2865 section 7.1: nemo logs in.
const NEMO_REQUEST: &str = "01000038 0f403f9473978057bd83d5cb98f4227a
    01066e656d6f 02120dbe708d93d413ce3196e43f782a0aee 0406c0a80110 050600000003";
const NEMO_ACCEPT: &str = "02000026 86fe220e7624ba2a1005f6bf9b55e0b2 060600000001 0f0600000000 0e06c0a80103";

/// RFC 2865 section 7.3: mopsy is challenged, answers, and is rejected. The length byte of State in the
/// answer is `0a`, as its content needs.
const MOPSY_REQUEST: &str = "01020039 f3a47a1f6a6d76710b947ab93041a039
    01076d6f707379 021233657573778289b570885e15084825c5 0406c0a80110 050600000007";
const MOPSY_CHALLENGE: &str = "0b02004e 36f3c8764ae8c71157403c0c71ff9c45
    12304368616c6c656e67652033323736393433302e2020456e74657220726573706f6e73652061742070726f6d70742e
    180a3332373639343330";
const MOPSY_ANSWER: &str = "01030043 b122556d428a13d0d6253807c457ecf0
    01076d6f707379 0212692c1f205fc081b919b95195f561a581 0406c0a80110 050600000007 180a3332373639343330";
const MOPSY_REJECT: &str = "03030014 a42f4fca45916c4e09c8340f9e746aa0";

/// RFC 5997 section 6: Status-Server to the authentication and the accounting port.
const STATUS_SERVER: [&str; 2] = [
    "0cda0026 8a54f4686fb394c52866e302185d0623 50125a665e2e1e8411f3e243822097c84fa3",
    "0cb30026 925f6b66dd5fed571fcb1db7ad388260 5012e8d6eabda910875cd91fdade26367858",
];

fn password_of(request: &str) -> Secret {
    let request = packet(request);
    let hidden = values(&request, AttributeType::USER_PASSWORD)[0];
    unhide_password(hidden, &rfc_secret(), request.authenticator()).expect("one block")
}

#[test]
fn rfc_2865_passwords_are_hidden_and_found_again() {
    assert_eq!(password_of(NEMO_REQUEST), Secret::new("arctangent"));
    assert_eq!(password_of(MOPSY_REQUEST), Secret::new("challenge"));
    assert_eq!(password_of(MOPSY_ANSWER), Secret::new("99101462"));
    let nemo = packet(NEMO_REQUEST);
    let hidden = hide_password(&Secret::new("arctangent"), &rfc_secret(), nemo.authenticator());
    assert_eq!(hidden.as_deref(), Ok(values(&nemo, AttributeType::USER_PASSWORD)[0]));
}

#[test]
fn rfc_2865_replies_answer_their_requests_and_no_others() {
    let answers = |reply, request| {
        has_response_authenticator(&packet(reply), packet(request).authenticator(), &rfc_secret())
    };
    assert!(answers(NEMO_ACCEPT, NEMO_REQUEST));
    assert!(answers(MOPSY_CHALLENGE, MOPSY_REQUEST));
    assert!(answers(MOPSY_REJECT, MOPSY_ANSWER));
    assert!(!answers(MOPSY_CHALLENGE, NEMO_REQUEST));
    let accept = packet(NEMO_ACCEPT);
    assert!(!has_response_authenticator(&accept, packet(NEMO_REQUEST).authenticator(), &shared()));
}

#[test]
fn rfc_2865_replies_are_signed_like_there() {
    let sign = |reply: &str, request: &str| {
        let given = packet(reply);
        let attributes = given.attributes().to_vec();
        let reply = Reply { code: given.code(), attributes, message_authenticator: Placement::Absent };
        reply.sign(&packet(request), &rfc_secret()).expect("fits")
    };
    assert_eq!(sign(NEMO_ACCEPT, NEMO_REQUEST), hex(NEMO_ACCEPT));
    assert_eq!(sign(MOPSY_CHALLENGE, MOPSY_REQUEST), hex(MOPSY_CHALLENGE));
}

#[test]
fn rfc_2865_challenge_is_read() {
    let challenge = packet(MOPSY_CHALLENGE);
    assert_eq!(challenge.code(), Code::ACCESS_CHALLENGE);
    assert_eq!(challenge.id(), 2);
    let message = b"Challenge 32769430.  Enter response at prompt.";
    assert_eq!(values(&challenge, AttributeType::REPLY_MESSAGE), [message]);
    assert_eq!(values(&challenge, AttributeType::STATE), [b"32769430"]);
}

#[test]
fn rfc_5997_message_authenticators_hold() {
    for text in STATUS_SERVER {
        let status = packet(text);
        assert_eq!(check_message_authenticator(&status, status.authenticator(), &rfc_secret()), Ok(()));
        let wrong = check_message_authenticator(&status, status.authenticator(), &shared());
        assert_eq!(wrong, Err(Flaw::Wrong));
    }
}

#[test]
fn a_password_of_three_blocks_is_hidden_as_computed_elsewhere() {
    let password = Secret::new("a passphrase of more than two blocks");
    let hidden = hide_password(&password, &shared(), &AUTHENTICATOR).expect("short enough");
    let expected = "3e326dddba948d796925e40b9d8dd829 13c2603f2093f2f5bce0be7a13c2c3cd
        bdfd05cbab00b5d37b06c4490cf3df7e";
    assert_eq!(hidden, hex(expected));
    assert_eq!(unhide_password(&hidden, &shared(), &AUTHENTICATOR), Ok(password));
}

#[test]
fn passwords_are_refused_behind_their_limit_not_cut() {
    let longest = "p".repeat(RADIUS_PASSWORD_MAX_BYTES);
    let hide = |password: String| hide_password(&Secret::new(password), &shared(), &AUTHENTICATOR);
    assert_eq!(hide(longest.clone()).map(|hidden| hidden.len()), Ok(RADIUS_PASSWORD_MAX_BYTES));
    assert_eq!(hide(longest + "p"), Err(PasswordTooLong));
    assert_eq!(hide(String::new()).map(|hidden| hidden.len()), Ok(16));
    for length in [0, 15, 17, RADIUS_PASSWORD_MAX_BYTES + 16] {
        let unhidden = unhide_password(&vec![0; length], &shared(), &AUTHENTICATOR);
        assert_eq!(unhidden, Err(HiddenPasswordError), "{length}");
    }
}

/// What [`alice`] builds, computed elsewhere.
const OWN_REQUEST: &str = "012a007f 000102030405060708090a0b0c0d0e0f 501234075fe1923dea806b3a72ab47b35c70
    0107616c696365 02223c7d6fceac848931732be51dd8c2dc68b00e4ed1f725e5f3c0eac1b019c7f19b 18077374007465
    200967617465776179 0406c0000201 1f0e3139382e35312e3130302e37 3d0600000005 37066553f100";

fn alice<'a>(password: &'a Secret, state: &'a Secret) -> AccessRequest<'a> {
    AccessRequest {
        user_name: "alice",
        user_password: password,
        state: Some(state),
        nas_identifier: "gateway",
        nas_ip_address: Some([192, 0, 2, 1].into()),
        calling_station_id: Some("198.51.100.7"),
        event_timestamp: Some(1_700_000_000),
    }
}

#[test]
fn a_whole_request_is_built_as_computed_elsewhere() {
    let (password, state) = (Secret::new("correct horse battery"), Secret::new("st\0te"));
    let signed = alice(&password, &state).sign(42, AUTHENTICATOR, &shared()).expect("fits");
    assert_eq!(signed.datagram(), hex(OWN_REQUEST));
    let received = packet(OWN_REQUEST);
    assert_eq!(verify_request(&received, &shared()), Ok(()));
    assert_eq!(verify_request(&received, &rfc_secret()), Err(RequestFlaw::MessageAuthenticatorWrong));
    assert_eq!(received.attributes()[0].kind(), AttributeType::MESSAGE_AUTHENTICATOR);
}

#[test]
fn a_server_asks_for_exactly_one_message_authenticator() {
    let blank = attribute(AttributeType::MESSAGE_AUTHENTICATOR, &[0; 16]);
    let flaw = |attributes| {
        let request = Packet::new(Code::ACCESS_REQUEST, 1, AUTHENTICATOR, attributes).expect("fits");
        verify_request(&request, &shared())
    };
    assert_eq!(flaw(vec![]), Err(RequestFlaw::MessageAuthenticatorMissing));
    assert_eq!(flaw(vec![blank.clone(), blank]), Err(RequestFlaw::MessageAuthenticatorRepeated));
    let short = attribute(AttributeType::MESSAGE_AUTHENTICATOR, &[0; 15]);
    assert_eq!(flaw(vec![short]), Err(RequestFlaw::MessageAuthenticatorWrong));
    assert_eq!(verify_request(&packet(NEMO_ACCEPT), &shared()), Err(RequestFlaw::Code(Code::ACCESS_ACCEPT)));
}

#[test]
fn what_a_request_can_not_carry_is_refused() {
    let (password, state) = (Secret::new("p"), Secret::new("s"));
    let refusal = |change: fn(&mut AccessRequest<'_>)| {
        let mut request = alice(&password, &state);
        change(&mut request);
        request.sign(1, AUTHENTICATOR, &shared()).err()
    };
    assert_eq!(refusal(|_| ()), None);
    assert_eq!(refusal(|r| r.user_name = ""), Some(RequestError::Empty(AttributeType::USER_NAME)));
    assert_eq!(refusal(|r| r.user_name = "al\0ice"), Some(RequestError::UserNameControl));
    assert_eq!(refusal(|r| r.nas_identifier = ""), Some(RequestError::Empty(AttributeType::NAS_IDENTIFIER)));
    let longest = "é".repeat(RADIUS_ATTRIBUTE_MAX_BYTES / 2) + "e";
    let named = |name: &str| {
        AccessRequest { user_name: name, ..alice(&password, &state) }.sign(1, AUTHENTICATOR, &shared())
    };
    assert!(named(&longest).is_ok());
    let too_long = RequestError::Attribute(AttributeTooLong(AttributeType::USER_NAME));
    assert_eq!(named(&(longest + "e")).err(), Some(too_long));
    let (long_password, no_state) = (Secret::new(vec![b'p'; 129]), Secret::default());
    let refused = alice(&long_password, &state).sign(1, AUTHENTICATOR, &shared());
    assert_eq!(refused.err(), Some(RequestError::Password(PasswordTooLong)));
    let refused = alice(&password, &no_state).sign(1, AUTHENTICATOR, &shared());
    assert_eq!(refused.err(), Some(RequestError::Empty(AttributeType::STATE)));
}

#[test]
fn the_length_field_rules_and_is_held_to_its_bounds() {
    let decode = |length: u16, size: usize| {
        let mut datagram = vec![0; size];
        datagram[..4].copy_from_slice(&[2, 7, length.to_be_bytes()[0], length.to_be_bytes()[1]]);
        Packet::decode(&datagram).map(|packet| packet.attributes().len())
    };
    assert_eq!(Packet::decode(&[2; 19]), Err(PacketError::TooShort));
    assert_eq!(decode(20, 20), Ok(0));
    assert_eq!(decode(20, 4097), Ok(0));
    assert_eq!(decode(19, 20), Err(PacketError::LengthField(19)));
    assert_eq!(decode(21, 20), Err(PacketError::Truncated(21)));
    assert_eq!(decode(4096, 4095), Err(PacketError::Truncated(4096)));
    assert_eq!(decode(4097, 5000), Err(PacketError::LengthField(4097)));
}

#[test]
fn attributes_are_held_to_their_bounds() {
    let decode = |attributes: &[u8]| {
        let length = u16::try_from(20 + attributes.len()).expect("small").to_be_bytes();
        let head = [&[2, 7][..], &length, &[0; 16]].concat();
        Packet::decode(&[&head, attributes].concat()).map(|packet| packet.attributes().len())
    };
    assert_eq!(decode(&[24, 2, 25, 3, 1]), Ok(2));
    for wrong in [&[24][..], &[24, 0], &[24, 1], &[24, 3], &[24, 2, 25]] {
        assert_eq!(decode(wrong), Err(PacketError::AttributeLength), "{wrong:?}");
    }
    assert_eq!(decode(&[24, 2].repeat(RADIUS_ATTRIBUTES_MAX)), Ok(RADIUS_ATTRIBUTES_MAX));
    assert_eq!(decode(&[24, 2].repeat(RADIUS_ATTRIBUTES_MAX + 1)), Err(PacketError::TooManyAttributes));
}

#[test]
fn what_is_built_is_held_to_the_same_bounds() {
    let build = |count, last: usize| {
        let mut attributes = vec![attribute(AttributeType::CLASS, &[0; 253]); count];
        attributes.push(attribute(AttributeType::CLASS, &vec![0; last]));
        Packet::new(Code::ACCESS_ACCEPT, 1, AUTHENTICATOR, attributes).map(|packet| packet.encode().len())
    };
    assert_eq!(build(15, 249), Ok(RADIUS_PACKET_MAX_BYTES));
    assert_eq!(build(15, 250), Err(PacketError::TooLong));
    assert_eq!(build(RADIUS_ATTRIBUTES_MAX, 0), Err(PacketError::TooManyAttributes));
    assert!(Attribute::new(AttributeType::CLASS, [0; 254]).is_err());
}

#[test]
fn debug_hides_values() {
    let accept = packet(MOPSY_CHALLENGE);
    assert_eq!(format!("{:?}", accept.attributes()), "[Attribute(18, 46 bytes), Attribute(24, 8 bytes)]");
}

fn any_packet() -> impl Strategy<Value = Packet> {
    let attribute = (any::<u8>(), prop::collection::vec(any::<u8>(), 0..=60))
        .prop_map(|(kind, value)| attribute(AttributeType(kind), &value));
    (any::<u8>(), any::<u8>(), any::<Authenticator>(), prop::collection::vec(attribute, 0..40)).prop_map(
        |(code, id, authenticator, attributes)| {
            Packet::new(Code(code), id, authenticator, attributes).expect("fits")
        },
    )
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(packet in any_packet(), padding: Vec<u8>) {
        let datagram = [packet.encode(), padding].concat();
        prop_assert_eq!(Packet::decode(&datagram), Ok(packet));
    }

    #[test]
    fn what_is_decoded_is_encoded_unchanged(packet in any_packet(), at: prop::sample::Index, byte: u8) {
        let mut datagram = packet.encode();
        let at = at.index(datagram.len());
        datagram[at] = byte;
        if let Ok(decoded) = Packet::decode(&datagram) {
            prop_assert!(datagram.starts_with(&decoded.encode()));
        }
    }

    #[test]
    fn any_bytes_are_survived(datagram: Vec<u8>) {
        if let Ok(packet) = Packet::decode(&datagram) {
            prop_assert!(datagram.starts_with(&packet.encode()));
        }
    }

    #[test]
    fn a_hidden_password_is_found_again(password in "[^\0]{0,32}", authenticator: Authenticator) {
        let password = Secret::new(password);
        let hidden = hide_password(&password, &shared(), &authenticator).expect("at most 128 bytes");
        prop_assert_eq!(unhide_password(&hidden, &shared(), &authenticator), Ok(password));
    }
}
