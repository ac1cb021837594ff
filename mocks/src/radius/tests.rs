use data_encoding::HEXLOWER;
use gateway_proto::radius::{AccessRequest, AttributeType, Code, Packet, SignedRequest};
use gateway_rt::Tell;
use gateway_rt::tokio::real;
use tokio::time::timeout;

use super::*;
use crate::behaviour::{GARBAGE, Misbehaviour};
use crate::serving::tests::{LOOPBACK, NEVER, SOON};

// The hexadecimal datagrams were computed with an independent implementation of MD5 and HMAC.
const SECRET: &str = "a shared secret of the lab";
const ALICE: &str = "01070043000102030405060708090a0b0c0d0e0f501252dd3710c2131296ff50987ac47fe8980107616c6963650212\
                     fbef6ee89c9963545f9988fc3e7328c020046777";
const ALICE_ACCEPT: &str = "0207004936996e6133f998cc9068a1d78b5dd6de50124480bbe7af4a01eab64997464610481119057669700b07\
                            73746166660b0861646d696e731b0600000e10120957656c636f6d65";
const ALICE_WRONG: &str = "01080043000102030405060708090a0b0c0d0e0f5012acbbd759eabc180f20fd64b2ae71a0700107616c696365\
                           0212e0ef6fe7908568155691e98f4d7328c020046777";
const ALICE_REJECT: &str =
    "0308002ad96dd81f6f3123b684dc06c176d50ca550122c37dc530f5b4d48fc08c6297d3ca1a712044e6f";
const MALLORY: &str = "01090045000102030405060708090a0b0c0d0e0f5012b218d636d3ab666df4d5ceeea493566a01096d616c6c6f7279\
                       0212fbef6ee89c9963545f9988fc3e7328c020046777";
const MALLORY_REJECT: &str =
    "0309002a73e31fc5e28bdc0db0f15690962fd14850121bce0afb6e6c12109478c08952f2c25412044e6f";
/// The request of RFC 2865 section 7.1, which is older than the Message-Authenticator.
const RFC_2865_NEMO: &str = "010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee\
                             0406c0a80110050600000003";

fn bytes(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.as_bytes()).unwrap()
}

fn alice() -> User {
    let accept = AcceptWith {
        class: Some(b"vip".to_vec()),
        filter_ids: vec!["staff".into(), "admins".into()],
        session_timeout: Some(Duration::from_secs(3600)),
        message: Some("Welcome".into()),
    };
    User { accept, ..User::new("alice", "wonderland") }
}

fn config() -> Config {
    let bob =
        User::new("bob", "builder").challenged("Enter your passcode", "123456").challenged("Again", "654321");
    Config { reject_message: Some("No".into()), ..Config::new(SECRET, vec![alice(), bob]) }
}

/// A running server and a client's socket.
struct Lab {
    at: SocketAddr,
    socket: Arc<dyn Datagram>,
    server: Arc<Mock>,
}

impl Lab {
    async fn new(config: Config) -> Self {
        let rt = real();
        let server = Arc::new(Mock::new(config, Journal::default()).unwrap());
        let socket = rt.net.bind_udp(LOOPBACK).await.unwrap();
        let at = socket.local_addr();
        let (world, mock) = (rt.clone(), server.clone());
        rt.spawn("server", async move { mock.serve_on(world, socket).await.unwrap() });
        Self { at, socket: rt.net.bind_udp(LOOPBACK).await.unwrap(), server }
    }

    async fn misbehaving(what: Misbehaviour) -> Self {
        Self::new(Config { misbehaviours: vec![Rule::only(1, what)], ..config() }).await
    }

    async fn send(&self, datagram: &[u8]) {
        self.socket.send_to(datagram, self.at).await.unwrap();
    }

    async fn receive(&self) -> Vec<u8> {
        let mut buffer = [0; 4096];
        let (length, from) = timeout(SOON, self.socket.recv_from(&mut buffer)).await.unwrap().unwrap();
        assert_eq!(from, self.at);
        buffer[..length].to_vec()
    }

    async fn ask(&self, datagram: &[u8]) -> Vec<u8> {
        self.send(datagram).await;
        self.receive().await
    }

    async fn hears_nothing(&self) {
        assert!(timeout(NEVER, self.socket.recv_from(&mut [0; 4096])).await.is_err());
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.server.journal().entries().iter().map(|seen| seen.tell().kind).collect()
    }
}

fn request(id: u8, user: &str, password: &str, state: Option<&Secret>) -> SignedRequest {
    let asked = AccessRequest {
        user_name: user,
        user_password: &Secret::new(password),
        state,
        nas_identifier: "gw",
        nas_ip_address: None,
        calling_station_id: None,
        event_timestamp: None,
    };
    asked.sign(id, [id; 16], &Secret::new(SECRET)).unwrap()
}

fn state(reply: &Packet) -> Secret {
    Secret::from(reply.values(AttributeType::STATE).next().expect("a State"))
}

async fn asked(lab: &Lab, id: u8, password: &str, state: Option<&Secret>) -> Packet {
    Packet::decode(&lab.ask(request(id, "bob", password, state).datagram()).await).unwrap()
}

#[tokio::test]
async fn golden_accept_and_rejects() {
    let lab = Lab::new(config()).await;
    assert_eq!(HEXLOWER.encode(&lab.ask(&bytes(ALICE)).await), ALICE_ACCEPT);
    assert_eq!(HEXLOWER.encode(&lab.ask(&bytes(ALICE_WRONG)).await), ALICE_REJECT);
    assert_eq!(HEXLOWER.encode(&lab.ask(&bytes(MALLORY)).await), MALLORY_REJECT);
    assert!(lab.kinds().iter().all(|kind| KINDS.contains(kind)));
    let story: Vec<_> =
        lab.server.journal().entries().iter().map(|seen| seen.tell().line.to_string()).collect();
    assert_eq!(
        story,
        [
            "Access-Request id=7 User-Name=alice",
            "Access-Accept id=7 for alice",
            "Access-Request id=8 User-Name=alice",
            "Access-Reject id=8 for alice: wrong password",
            "Access-Request id=9 User-Name=mallory",
            "Access-Reject id=9 for mallory: unknown user",
        ]
    );
}

#[tokio::test]
async fn requests_nobody_vouches_for_get_no_answer() {
    let lab = Lab::new(config()).await;
    lab.send(&bytes(RFC_2865_NEMO)).await;
    let mut changed = bytes(ALICE);
    changed[40] ^= 1;
    lab.send(&changed).await;
    lab.send(b"short").await;
    lab.hears_nothing().await;
    assert_eq!(lab.kinds(), ["radius.discarded"; 3]);
    let first = lab.server.journal().entries()[0].tell().line.to_string();
    assert_eq!(first, "discarded: no Message-Authenticator");
}

#[tokio::test]
async fn two_rounds_of_challenge() {
    let lab = Lab::new(config()).await;
    let first = asked(&lab, 1, "builder", None).await;
    assert_eq!(first.code(), Code::ACCESS_CHALLENGE);
    let prompts: Vec<_> = first.values(AttributeType::REPLY_MESSAGE).collect();
    assert_eq!(prompts, [b"Enter your passcode"]);
    let second = asked(&lab, 2, "123456", Some(&state(&first))).await;
    assert_eq!(second.code(), Code::ACCESS_CHALLENGE);
    assert_ne!(state(&first), state(&second));
    let third = asked(&lab, 3, "654321", Some(&state(&second))).await;
    assert_eq!(third.code(), Code::ACCESS_ACCEPT);
    let again = asked(&lab, 4, "654321", Some(&state(&second))).await;
    assert_eq!(again.code(), Code::ACCESS_REJECT, "a State is good once");
    let lines = lab.server.journal().entries();
    assert!(lines.iter().all(|seen| !format!("{seen:?}{}", seen.tell().line).contains("123456")));
}

#[tokio::test]
async fn a_wrong_answer_ends_the_log_in() {
    let lab = Lab::new(config()).await;
    let first = asked(&lab, 1, "builder", None).await;
    assert_eq!(asked(&lab, 2, "000000", Some(&state(&first))).await.code(), Code::ACCESS_REJECT);
    assert_eq!(asked(&lab, 3, "123456", Some(&state(&first))).await.code(), Code::ACCESS_REJECT);
}

#[tokio::test]
async fn a_state_expires_and_belongs_to_its_user() {
    let lab = Lab::new(Config { state_lifetime: Duration::ZERO, ..config() }).await;
    let first = asked(&lab, 1, "builder", None).await;
    assert_eq!(asked(&lab, 2, "123456", Some(&state(&first))).await.code(), Code::ACCESS_REJECT);

    let lab = Lab::new(config()).await;
    let first = asked(&lab, 1, "builder", None).await;
    let borrowed = lab.ask(request(2, "alice", "123456", Some(&state(&first))).datagram()).await;
    assert_eq!(Packet::decode(&borrowed).unwrap().code(), Code::ACCESS_REJECT);
}

#[tokio::test]
async fn a_retransmission_gets_the_same_bytes_and_is_one_request() {
    let lab = Lab::new(config()).await;
    let asking = request(1, "bob", "builder", None);
    let (first, again) = (lab.ask(asking.datagram()).await, lab.ask(asking.datagram()).await);
    assert_eq!(first, again, "the State too");
    assert_eq!(lab.kinds(), ["radius.access-request", "radius.access-challenge", "radius.duplicate"]);
}

#[tokio::test]
async fn a_push_makes_its_user_wait_and_retransmissions_do_not_help() {
    let user = User { delay: Duration::from_millis(300), ..User::new("bob", "builder") };
    let lab = Lab::new(Config::new(SECRET, vec![user])).await;
    let asking = request(1, "bob", "builder", None);
    lab.send(asking.datagram()).await;
    lab.send(asking.datagram()).await;
    let only = lab.receive().await;
    assert_eq!(Packet::decode(&only).unwrap().code(), Code::ACCESS_ACCEPT);
    lab.hears_nothing().await;
    assert_eq!(lab.kinds(), ["radius.access-request", "radius.duplicate", "radius.access-accept"]);
}

#[tokio::test]
async fn long_prompts_become_several_attributes() {
    let prompt = "é".repeat(200);
    let user = User::new("bob", "builder").challenged(&prompt, "1");
    let lab = Lab::new(Config::new(SECRET, vec![user])).await;
    let reply = asked(&lab, 1, "builder", None).await;
    let parts: Vec<&str> =
        reply.values(AttributeType::REPLY_MESSAGE).map(|part| std::str::from_utf8(part).unwrap()).collect();
    assert_eq!((parts.len(), parts.concat()), (2, prompt));
}

#[test]
fn what_does_not_fit_is_refused_at_birth() {
    let accept = AcceptWith { class: Some(vec![0; 254]), ..AcceptWith::default() };
    let config = Config::new(SECRET, vec![User { accept, ..User::new("bob", "builder") }]);
    assert!(matches!(Mock::new(config, Journal::default()), Err(ConfigError::Attribute(_))));
    let config = Config { misbehaviours: vec![Rule::always(Misbehaviour::Refuse)], ..config_of_nobody() };
    assert!(matches!(Mock::new(config, Journal::default()), Err(ConfigError::Unsupported(_))));
}

fn config_of_nobody() -> Config {
    Config::new(SECRET, Vec::new())
}

#[tokio::test]
async fn an_answer_that_goes_wrong_is_right_the_next_time() {
    for (what, wrong) in [
        (Misbehaviour::WrongId, &ALICE_ACCEPT[..2]),
        (Misbehaviour::WrongSecret, &ALICE_ACCEPT[..8]),
        (Misbehaviour::NoAuthenticator, "02070037"),
        (Misbehaviour::Truncate { at: 4 }, &ALICE_ACCEPT[..8]),
        (Misbehaviour::Garbage, &HEXLOWER.encode(GARBAGE)),
    ] {
        let lab = Lab::misbehaving(what.clone()).await;
        let first = HEXLOWER.encode(&lab.ask(&bytes(ALICE)).await);
        assert!(first.starts_with(wrong) && first != ALICE_ACCEPT, "{what:?}: {first}");
        let second = HEXLOWER.encode(&lab.ask(&bytes(ALICE)).await);
        assert_eq!(second, ALICE_ACCEPT, "{what:?}");
        assert_eq!(lab.kinds()[1], "radius.misbehaved");
    }
}

#[tokio::test]
async fn a_wrong_id_is_signed_as_if_it_were_right() {
    let lab = Lab::misbehaving(Misbehaviour::WrongId).await;
    let reply = lab.ask(&bytes(ALICE)).await;
    assert_eq!(reply[1], 8);
}

#[tokio::test]
async fn a_forged_accept_comes_before_the_true_answer() {
    let lab = Lab::misbehaving(Misbehaviour::Forge).await;
    let forged = lab.ask(&bytes(ALICE_WRONG)).await;
    assert_eq!(forged[..2], [2, 8], "an Access-Accept for a wrong password");
    assert_eq!(HEXLOWER.encode(&lab.receive().await), ALICE_REJECT);
}

#[tokio::test]
async fn an_answer_can_come_twice_or_not_at_all() {
    let lab = Lab::misbehaving(Misbehaviour::Duplicate).await;
    assert_eq!(lab.ask(&bytes(ALICE)).await, lab.receive().await);

    let lab = Lab::misbehaving(Misbehaviour::Silent).await;
    lab.send(&bytes(ALICE)).await;
    lab.hears_nothing().await;
    assert_eq!(HEXLOWER.encode(&lab.ask(&bytes(ALICE)).await), ALICE_ACCEPT);
}

#[tokio::test]
async fn slow_decides_afterwards_and_late_before() {
    let by = Duration::from_secs(3600);
    for (what, spent) in [(Misbehaviour::Slow { by }, false), (Misbehaviour::Late { by }, true)] {
        let rules = vec![Rule::only(2, what)];
        let lab = Lab::new(Config { misbehaviours: rules, ..config() }).await;
        let first = asked(&lab, 1, "builder", None).await;
        let state = state(&first);
        lab.send(request(2, "bob", "123456", Some(&state)).datagram()).await;
        lab.hears_nothing().await;
        let other = asked(&lab, 3, "123456", Some(&state)).await;
        assert_eq!(other.code() == Code::ACCESS_REJECT, spent, "the State was used up: {spent}");
    }
}
