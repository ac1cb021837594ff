use std::time::Duration;

use gateway_rt::tokio::real;
use gateway_rt::{Stream, Tell};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::*;
use crate::behaviour::{GARBAGE, Misbehaviour};
use crate::broker::{Farm, User};
use crate::serving::tests::{LOOPBACK, NEVER, SOON, ask};

const BANNER: &[u8; 12] = b"\x7f\x7fICA\0\x7f\x7fICA\0";
const MAGIC: &[u8; 6] = b"\x7f\x7fICA\0";

struct Lab {
    rt: Rt,
    at: SocketAddr,
    host: Arc<Mock>,
}

impl Lab {
    async fn new(config: Config) -> Self {
        let rt = real();
        let listener = rt.net.listen(LOOPBACK).await.unwrap();
        let at = listener.local_addr();
        let host = Arc::new(Mock::new(config, Journal::default()).unwrap());
        let (world, mock) = (rt.clone(), host.clone());
        rt.spawn("host", async move { mock.serve_on(world, listener).await.unwrap() });
        Self { rt, at, host }
    }

    async fn misbehaving(what: Misbehaviour) -> Self {
        Self::new(Config { misbehaviours: vec![Rule::always(what)], ..Config::default() }).await
    }

    async fn connect(&self) -> Stream {
        self.rt.net.connect(self.at).await.unwrap()
    }

    /// A connection on which the host echoes.
    async fn open(&self) -> Stream {
        let mut stream = self.connect().await;
        assert_eq!(read(&mut stream, BANNER.len()).await, BANNER);
        stream.write_all(MAGIC).await.unwrap();
        stream
    }

    async fn story_of(&self, entries: usize) -> Vec<String> {
        let waiting = async {
            while self.host.journal().entries().len() < entries {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(SOON, waiting).await.expect("the host sees as much");
        self.host.journal().entries().iter().map(|seen| seen.tell().line.to_string()).collect()
    }
}

async fn read(stream: &mut Stream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    timeout(SOON, stream.read_exact(&mut bytes)).await.unwrap().unwrap();
    bytes
}

async fn rest(mut stream: Stream) -> Vec<u8> {
    let mut bytes = Vec::new();
    drop(timeout(SOON, stream.read_to_end(&mut bytes)).await.expect("the host closes"));
    bytes
}

#[tokio::test]
async fn the_host_speaks_first_and_echoes() {
    let lab = Lab::new(Config::default()).await;
    let mut stream = lab.open().await;
    stream.write_all(b"hello").await.unwrap();
    assert_eq!(read(&mut stream, 5).await, b"hello");
    assert_eq!(lab.host.load(), 1);
    stream.write_all(b"\x01\x02").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(rest(stream).await, b"\x01\x02", "half-close: what is on its way still comes");
    let story = lab.story_of(5).await;
    assert_eq!(
        story,
        [
            "connection, session 1",
            "ICA magic, session 1 opened",
            "session 1: 5 bytes \"hello\"",
            "session 1: 2 bytes",
            "session 1 closed after 7 bytes: the client closed",
        ]
    );
    let session = &lab.host.sessions()[0];
    assert_eq!((session.received, session.echoed, session.state), (7, 7, State::Closed));
    assert_eq!(lab.host.load(), 0);
    assert!(lab.host.journal().entries().iter().all(|seen| KINDS.contains(&seen.tell().kind)));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_not_read_from() {
    let lab = Lab::new(Config::default()).await;
    let mut stream = lab.open().await;
    let block = vec![7; 64 * 1024];
    let mut written = 0_usize;
    // Until both directions' socket buffers are full.
    while let Ok(Ok(count)) = timeout(NEVER, stream.write(&block)).await {
        written += count;
        assert!(written < 256 * 1024 * 1024, "the host holds no more than its buffer");
    }
    let echoed = read(&mut stream, written).await;
    assert!(echoed.iter().all(|byte| *byte == 7));
    let session = &lab.host.sessions()[0];
    assert_eq!(session.received, written as u64);
}

#[tokio::test]
async fn who_does_not_speak_ica_is_put_out() {
    let lab = Lab::new(Config::default()).await;
    let mut stream = lab.connect().await;
    stream.write_all(b"GET / ").await.unwrap();
    assert_eq!(rest(stream).await, BANNER);
    let story = lab.story_of(2).await;
    assert_eq!(story[1], "session 1 closed after 0 bytes: no ICA magic from the client");
}

#[tokio::test]
async fn sessions_are_bounded() {
    let lab = Lab::new(Config { sessions_max: 1, ..Config::default() }).await;
    let mut first = lab.open().await;
    first.write_all(b"x").await.unwrap();
    assert_eq!(read(&mut first, 1).await, b"x");
    assert_eq!(rest(lab.connect().await).await, b"");
    first.shutdown().await.unwrap();
    rest(first).await;
    lab.story_of(5).await;
    lab.open().await;
}

#[tokio::test]
async fn with_a_broker_only_a_logon_ticket_opens_a_session() {
    let rt = real();
    let farm = Farm { users: vec![User::new("alice", "wonderland")], ..Farm::new("Farm1") };
    let broker = Arc::new(broker::Mock::new(broker::Config::new(farm), Journal::default()).unwrap());
    let listener = rt.net.listen(LOOPBACK).await.unwrap();
    let at = listener.local_addr();
    let (world, mock) = (rt.clone(), broker.clone());
    rt.spawn("broker", async move { mock.serve_on(world, listener).await.unwrap() });
    let answer = ask(
        &rt,
        at,
        "/scripts/wpnbr.dll",
        "<NFuseProtocol version=\"4.6\"><RequestTicket><Credentials><UserName>alice</UserName>\
         <Password encoding=\"cleartext\">wonderland</Password></Credentials><TicketType>CtxLogon</TicketType>\
         <TimetoLive>200</TimetoLive></RequestTicket></NFuseProtocol>",
    );
    let answer = answer.await;
    let at = answer.find("<Ticket>").expect("a ticket") + "<Ticket>".len();
    let ticket = &answer.as_bytes()[at..at + 32];

    let lab = Lab::new(Config { broker: Some(broker), ..Config::default() }).await;
    let mut stream = lab.open().await;
    stream.write_all(ticket).await.unwrap();
    stream.write_all(b"hi").await.unwrap();
    assert_eq!(read(&mut stream, 2).await, b"hi");
    assert_eq!(lab.host.sessions()[0].user.as_deref(), Some("alice"));

    let mut again = lab.open().await;
    again.write_all(ticket).await.unwrap();
    assert_eq!(rest(again).await, b"", "the ticket is spent");
    assert_eq!(lab.host.load(), 1);
}

#[tokio::test]
async fn misbehaving_hosts() {
    let lab = Lab::misbehaving(Misbehaviour::Refuse).await;
    assert_eq!(rest(lab.connect().await).await, b"");
    assert_eq!(lab.story_of(1).await, ["connection refused: misbehaving on purpose"]);

    let lab = Lab::misbehaving(Misbehaviour::Garbage).await;
    assert_eq!(rest(lab.connect().await).await, GARBAGE);

    let lab = Lab::misbehaving(Misbehaviour::Silent).await;
    let mut stream = lab.connect().await;
    stream.write_all(MAGIC).await.unwrap();
    assert!(timeout(NEVER, stream.read_u8()).await.is_err());

    let lab = Lab::misbehaving(Misbehaviour::Truncate { at: 14 }).await;
    let mut stream = lab.open().await;
    stream.write_all(b"hello").await.unwrap();
    assert_eq!(rest(stream).await, b"he", "14 bytes leave: the banner and two more");

    let lab = Lab::misbehaving(Misbehaviour::Slow { by: Duration::from_millis(300) }).await;
    let mut stream = lab.connect().await;
    assert!(timeout(Duration::from_millis(100), stream.read_u8()).await.is_err());
    assert_eq!(read(&mut stream, BANNER.len()).await, BANNER);
}

#[test]
fn a_host_refuses_what_it_can_not_act_out() {
    let config = Config { misbehaviours: vec![Rule::always(Misbehaviour::WrongId)], ..Config::default() };
    let refusal = Mock::new(config, Journal::default()).err().expect("a refusal");
    assert!(
        refusal.to_string().starts_with("the ica-host mock has no misbehaviour \"wrong-id\""),
        "{refusal}"
    );
}
