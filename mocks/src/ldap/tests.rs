//! Requests as OpenLDAP's tools write them and answers as bytes; the rest through the shared codec.

use std::net::SocketAddr;
use std::time::Duration;

use gateway_proto::ldap::{
    Entry, Filter, Inbox, Message, Op, Outcome, ResultCode, START_TLS, Scope, SearchRequest, WHO_AM_I,
};
use gateway_rt::tokio::real;
use gateway_rt::{Stream, Tell};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::*;
use crate::behaviour::{GARBAGE, Misbehaviour};
use crate::serving::tests::{LOOPBACK, NEVER, SOON};

const BASE: &str = "DC=example,DC=test";

fn config() -> Config {
    let mut alice = User::new("alice", "Winter-26");
    alice.groups = vec!["CN=Staff,DC=example,DC=test".into()];
    let mut bob = User::new("bob", "Spring-26");
    bob.state = Some(AccountState::Disabled);
    let account = Account { dn: "CN=gw,DC=example,DC=test".into(), password: Secret::new("service") };
    Config { account: Some(account), ..Config::new(BASE, vec![alice, bob]) }
}

fn identity() -> (Identity, rustls::RootCertStore) {
    let made = rcgen::generate_simple_self_signed(vec!["dc01.example".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.der().clone(), made.signing_key.serialize_der().try_into().unwrap());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    (Identity { chain: vec![certificate], key }, roots)
}

/// A running directory.
struct Lab {
    rt: Rt,
    at: SocketAddr,
    server: Arc<Mock>,
}

impl Lab {
    async fn new(config: Config) -> Self {
        let rt = real();
        let listener = rt.net.listen(LOOPBACK).await.unwrap();
        let at = listener.local_addr();
        let server = Arc::new(Mock::new(config, Journal::default()).unwrap());
        let (world, mock) = (rt.clone(), server.clone());
        rt.spawn("ldap", async move { mock.serve_on(world, listener).await.unwrap() });
        Self { rt, at, server }
    }

    async fn misbehaving(what: Misbehaviour) -> Self {
        Self::new(Config { misbehaviours: vec![Rule::always(what)], ..config() }).await
    }

    async fn client(&self) -> Client {
        Client::over(self.rt.net.connect(self.at).await.unwrap())
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.server.journal().entries().iter().map(|seen| seen.tell().kind).collect()
    }
}

/// The other end of a connection.
struct Client {
    stream: Stream,
    inbox: Inbox,
    id: u32,
}

impl Client {
    fn over(stream: Stream) -> Self {
        Self { stream, inbox: Inbox::default(), id: 0 }
    }

    async fn ask(&mut self, op: Op) -> Op {
        self.id += 1;
        let request = Message { id: self.id, op }.encode();
        self.stream.write_all(request.expose()).await.unwrap();
        let message = self.next().await;
        assert_eq!(message.id, self.id);
        message.op
    }

    async fn next(&mut self) -> Message {
        let mut chunk = [0; 4096];
        loop {
            if let Some(message) = self.inbox.take().unwrap() {
                return message;
            }
            let count = timeout(SOON, self.stream.read(&mut chunk)).await.unwrap().unwrap();
            assert_ne!(count, 0, "the server closed");
            self.inbox.feed(&chunk[..count]);
        }
    }

    async fn bind(&mut self, dn: &str, password: &str) -> Outcome {
        let bind = Op::BindRequest { dn: dn.into(), password: Secret::new(password) };
        let Op::BindResponse(outcome) = self.ask(bind).await else { panic!("a bind response") };
        outcome
    }

    async fn search(&mut self, search: SearchRequest) -> (Vec<Entry>, ResultCode) {
        let (mut entries, mut answer) = (Vec::new(), self.ask(Op::SearchRequest(search)).await);
        loop {
            match answer {
                Op::SearchEntry(entry) => entries.push(entry),
                Op::SearchDone(outcome) => return (entries, outcome.code),
                other => panic!("{other:?}"),
            }
            answer = self.next().await.op;
        }
    }

    async fn rest(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        drop(timeout(SOON, self.stream.read_to_end(&mut bytes)).await.expect("the server closes"));
        bytes
    }
}

fn search(filter: &str) -> SearchRequest {
    SearchRequest {
        base: BASE.into(),
        scope: Scope::Subtree,
        size_limit: 0,
        time_limit: 0,
        filter: Filter::parse(filter).unwrap(),
        attributes: Vec::new(),
    }
}

async fn exchange(lab: &Lab, request: &[u8]) -> Vec<u8> {
    let mut client = lab.client().await;
    client.stream.write_all(request).await.unwrap();
    client.rest().await
}

#[tokio::test]
async fn golden_bytes() {
    let lab = Lab::new(Config::new(BASE, Vec::new())).await;
    // `ldapwhoami -x`: bind as nobody, Who am I, unbind.
    let asked = "300c020101600702010304008000301e02010277198017312e332e362e312e342e312e343230332e312e31312e33\
                 30050201034200";
    let asked = data_encoding::HEXLOWER.decode(asked.as_bytes()).unwrap();
    let answers = data_encoding::HEXLOWER.encode(&exchange(&lab, &asked).await);
    assert_eq!(answers, "300c02010161070a010004000400300e02010278090a0100040004008b00");
    assert_eq!(lab.kinds(), ["ldap.bind", "ldap.bound", "ldap.who-am-i", "ldap.unbind"]);
}

#[tokio::test]
async fn the_account_searches_and_users_bind() {
    let lab = Lab::new(config()).await;
    let mut client = lab.client().await;
    assert_eq!(client.search(search("(uid=alice)")).await, (vec![], ResultCode::OPERATIONS_ERROR));
    assert_eq!(client.bind("cn=GW, dc=example, dc=test", "service").await.code, ResultCode::SUCCESS);
    let wanted =
        SearchRequest { attributes: vec!["memberof".into()], ..search("(&(objectClass=person)(uid=ALICE))") };
    let (entries, code) = client.search(wanted).await;
    assert_eq!((entries.len(), code), (1, ResultCode::SUCCESS));
    assert_eq!(entries[0].dn, "CN=alice,CN=Users,DC=example,DC=test");
    assert_eq!(entries[0].attributes.len(), 1);
    assert_eq!(entries[0].values("memberOf").collect::<Vec<_>>(), [b"CN=Staff,DC=example,DC=test"]);
    assert_eq!(client.bind(&entries[0].dn, "Winter-26").await.code, ResultCode::SUCCESS);
    let asked = client.ask(Op::ExtendedRequest { name: WHO_AM_I.into() }).await;
    let Op::ExtendedResponse(response) = asked else { panic!("{asked:?}") };
    assert_eq!(response.value.unwrap(), b"dn:CN=alice,CN=Users,DC=example,DC=test");
    let story: Vec<_> =
        lab.server.journal().entries().iter().map(|seen| seen.tell().line.to_string()).collect();
    assert_eq!(
        story,
        [
            "search (uid=alice) below DC=example,DC=test",
            "result: operationsError",
            "bind as cn=GW, dc=example, dc=test",
            "bind result: success",
            "search (&(objectClass=person)(uid=ALICE)) below DC=example,DC=test",
            "search result: 1 entry",
            "bind as CN=alice,CN=Users,DC=example,DC=test",
            "bind result: success",
            "Who am I?",
        ]
    );
    assert!(lab.kinds().iter().all(|kind| KINDS.contains(kind)));
}

#[tokio::test]
async fn a_refused_bind_says_why_and_leaves_nobody() {
    let lab = Lab::new(config()).await;
    let mut client = lab.client().await;
    client.bind("CN=gw,DC=example,DC=test", "service").await;
    for (dn, password, state) in [
        ("CN=alice,CN=Users,DC=example,DC=test", "wrong", AccountState::WrongPassword),
        ("CN=carol,CN=Users,DC=example,DC=test", "wrong", AccountState::UnknownUser),
        ("CN=bob,CN=Users,DC=example,DC=test", "wrong", AccountState::WrongPassword),
        ("CN=bob,CN=Users,DC=example,DC=test", "Spring-26", AccountState::Disabled),
    ] {
        let outcome = client.bind(dn, password).await;
        assert_eq!(outcome.code, ResultCode::INVALID_CREDENTIALS);
        assert_eq!(AccountState::find(&outcome.diagnostic), Some(state));
    }
    let empty = client.bind("CN=alice,CN=Users,DC=example,DC=test", "").await;
    assert_eq!(empty.code, ResultCode::UNWILLING_TO_PERFORM, "a bind without a password proves nothing");
    assert_eq!(client.search(search("(uid=alice)")).await.1, ResultCode::OPERATIONS_ERROR);
    let journal = format!("{:?}", lab.server.journal().entries());
    assert!(!journal.contains("Spring-26"));
}

#[tokio::test]
async fn searches_have_a_place_a_depth_and_a_limit() {
    let lab = Lab::new(Config { account: None, ..config() }).await;
    let mut client = lab.client().await;
    let users = format!("CN=Users,{BASE}");
    for (wanted, count, code) in [
        (search("(objectClass=*)"), 2, ResultCode::SUCCESS),
        (search("(memberOf=*)"), 1, ResultCode::SUCCESS),
        (search("(|(uid=alice)(uid=bob))"), 2, ResultCode::SUCCESS),
        (search("(!(uid=alice))"), 1, ResultCode::SUCCESS),
        (search("(uid=carol)"), 0, ResultCode::SUCCESS),
        (SearchRequest { size_limit: 1, ..search("(uid=*)") }, 1, ResultCode::SIZE_LIMIT_EXCEEDED),
        (SearchRequest { scope: Scope::Base, ..search("(uid=*)") }, 0, ResultCode::SUCCESS),
        (SearchRequest { scope: Scope::One, ..search("(uid=*)") }, 0, ResultCode::SUCCESS),
        (SearchRequest { scope: Scope::One, base: users, ..search("(uid=*)") }, 2, ResultCode::SUCCESS),
        (SearchRequest { base: "DC=test".into(), ..search("(uid=*)") }, 0, ResultCode::NO_SUCH_OBJECT),
    ] {
        let (entries, ended) = client.search(wanted.clone()).await;
        assert_eq!((entries.len(), ended), (count, code), "{wanted:?}");
    }
}

#[tokio::test]
async fn start_tls_comes_before_any_password() {
    let (identity, roots) = identity();
    let lab = Lab::new(Config { security: Security::StartTls(identity), ..config() }).await;
    let mut client = lab.client().await;
    let refused = client.bind("CN=gw,DC=example,DC=test", "service").await;
    assert_eq!(refused.code, ResultCode::CONFIDENTIALITY_REQUIRED);
    client.ask(Op::ExtendedRequest { name: START_TLS.into() }).await;
    let trust = tls::client_config(&lab.rt, roots).unwrap();
    let stream = tls::connect(trust, client.stream, "dc01.example", SOON).await.unwrap();
    let mut client = Client::over(stream);
    assert_eq!(client.bind("CN=gw,DC=example,DC=test", "service").await.code, ResultCode::SUCCESS);
    let again = client.ask(Op::ExtendedRequest { name: START_TLS.into() }).await;
    assert!(matches!(again, Op::ExtendedResponse(it) if it.outcome.code == ResultCode::OPERATIONS_ERROR));
}

#[tokio::test]
async fn with_tls_it_speaks_nothing_else() {
    let (identity, roots) = identity();
    let lab = Lab::new(Config { security: Security::Tls(identity), ..config() }).await;
    let trust = tls::client_config(&lab.rt, roots).unwrap();
    let stream = tls::connect(trust, lab.client().await.stream, "dc01.example", SOON).await.unwrap();
    assert_eq!(Client::over(stream).bind("", "").await.code, ResultCode::SUCCESS);
    let alert = exchange(&lab, b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00").await;
    assert_ne!(alert.first(), Some(&0x30));
}

#[tokio::test]
async fn what_is_not_served_is_told_so() {
    let lab = Lab::new(config()).await;
    let mut client = lab.client().await;
    let sasl = b"\x30\x16\x02\x01\x01\x60\x11\x02\x01\x03\x04\x00\xa3\x0a\x04\x08EXTERNAL";
    client.stream.write_all(sasl).await.unwrap();
    let answer = client.next().await.op;
    assert_eq!(answer, Op::BindResponse(Outcome::new(ResultCode::AUTH_METHOD_NOT_SUPPORTED)));
    let modify = client.ask(Op::Other(0x66)).await;
    assert!(matches!(modify, Op::ExtendedResponse(it) if it.outcome.code == ResultCode::PROTOCOL_ERROR));
    assert_eq!(exchange(&lab, b"GET / HTTP/1.1\r\n\r\n").await, b"");
    assert_eq!(*lab.kinds().last().unwrap(), "ldap.discarded");
}

#[tokio::test]
async fn wrong_answers() {
    let bind = Message { id: 7, op: Op::BindRequest { dn: String::new(), password: Secret::default() } };
    let bind = bind.encode();
    for (what, begins) in [
        (Misbehaviour::Garbage, GARBAGE),
        (Misbehaviour::Refuse, b"".as_slice()),
        (Misbehaviour::Truncate { at: 3 }, b"\x30\x0c\x02"),
        (Misbehaviour::Oversized, b"\x30\x84\x00\x10\x00\x00\x00"),
    ] {
        let lab = Lab::misbehaving(what.clone()).await;
        let answer = exchange(&lab, bind.expose()).await;
        assert!(answer.starts_with(begins), "{what:?}");
        assert_eq!(lab.kinds()[..2], ["ldap.bind", "ldap.misbehaved"]);
    }
    for (what, code) in [
        (Misbehaviour::Error("busy".into()), ResultCode::BUSY),
        (Misbehaviour::Error("4711".into()), ResultCode(4711)),
        (Misbehaviour::Error("nonsense".into()), ResultCode::OTHER),
        (Misbehaviour::Referral, ResultCode::REFERRAL),
    ] {
        let outcome = Lab::misbehaving(what).await.client().await.bind("", "").await;
        assert_eq!(outcome.code, code);
        assert_eq!(outcome.referral.is_some(), code == ResultCode::REFERRAL);
    }
    let lab = Lab::misbehaving(Misbehaviour::WrongId).await;
    let mut client = lab.client().await;
    client.stream.write_all(bind.expose()).await.unwrap();
    assert_eq!(client.next().await.id, 8);
}

#[tokio::test]
async fn slow_binds_afterwards_late_before_and_silent_never() {
    let by = Duration::from_secs(3600);
    for (what, kinds) in [
        (Misbehaviour::Slow { by }, &["ldap.bind", "ldap.misbehaved"][..]),
        (Misbehaviour::Late { by }, &["ldap.bind", "ldap.misbehaved", "ldap.bound"]),
        (Misbehaviour::Silent, &["ldap.bind", "ldap.misbehaved"]),
    ] {
        let lab = Lab::misbehaving(what).await;
        assert!(timeout(NEVER, lab.client().await.bind("", "")).await.is_err());
        assert_eq!(lab.kinds(), kinds);
    }
}

#[tokio::test]
async fn a_rule_can_be_for_one_kind_of_request() {
    let rules =
        vec![Rule::always(Misbehaviour::Error("busy".into())).on(crate::behaviour::Operation::Search)];
    let lab = Lab::new(Config { misbehaviours: rules, account: None, ..config() }).await;
    let mut client = lab.client().await;
    assert_eq!(client.bind("", "").await.code, ResultCode::SUCCESS);
    assert_eq!(client.search(search("(uid=alice)")).await, (vec![], ResultCode::BUSY));
    assert!(lab.server.misbehave(vec![Rule::always(Misbehaviour::Dtd)]).is_err());
}
