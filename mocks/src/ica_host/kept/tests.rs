use gateway_proto::cgp::{Client, Over, Settings};
use gateway_proto::ica::MAGIC;
use gateway_rt::Tell;
use gateway_rt::tokio::real;
use tokio::io::DuplexStream;

use super::*;
use crate::ica::{TICKET_CHARS, TICKET_MAGIC};
use crate::ica_host::Config;
use crate::journal::Journal;
use crate::reliable::Move;
use crate::serving::tests::{LOOPBACK, SOON};

/// What went in on one side and came out on the other, by session.
#[derive(Default)]
struct Compared(Mutex<Vec<u8>>);

impl crate::reliable::Watch for Compared {
    fn moved(&self, _: Fingerprint, side: Side, what: Move<'_>) {
        if let (Side::Host, Move::Got(bytes)) = (side, what) {
            self.0.lock().unwrap().extend_from_slice(bytes);
        }
    }
}

struct Lab {
    rt: Rt,
    at: SocketAddr,
    host: Arc<Mock>,
    seen: Arc<Compared>,
}

impl Lab {
    async fn new(config: Config) -> Self {
        let rt = real();
        let listener = rt.net.listen(LOOPBACK).await.unwrap();
        let at = listener.local_addr();
        let seen = Arc::new(Compared::default());
        let config = Config { watch: Some(seen.clone()), ..config };
        let host = Arc::new(Mock::new(config, Journal::default()).unwrap());
        let (world, mock) = (rt.clone(), host.clone());
        rt.spawn("host", async move { mock.serve_cgp_on(world, listener).await.unwrap() });
        Self { rt, at, host, seen }
    }

    /// A client's end and its user's.
    fn client(&self) -> (Carrier<Client>, DuplexStream) {
        let (near, far) = duplex(CGP_USER_BYTES);
        (Carrier::new(Client::new(Settings::default()), far, Instant::now()), near)
    }

    async fn connect(&self, carrier: &mut Carrier<Client>) -> Output {
        carrier.attach(self.rt.net.connect(self.at).await.unwrap());
        let now = carrier.now();
        carrier.machine.connect(now, None);
        let told = timeout(SOON, carrier.next()).await.unwrap();
        carrier.start(None, Fingerprint::of("a client"), Side::Receiver);
        told
    }

    async fn story_has(&self, kind: &str) {
        let seen = async {
            while !self.host.journal().entries().iter().any(|seen| seen.tell().kind == kind) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(SOON, seen).await.unwrap_or_else(|_| panic!("{kind} happens"));
    }
}

/// Lets the user do something while the carrier works.
async fn while_carried<T>(carrier: &mut Carrier<Client>, user: impl Future<Output = T>) -> T {
    let carried = async {
        loop {
            carrier.next().await;
        }
    };
    tokio::select! { biased;
        done = timeout(SOON, user) => done.unwrap(),
        () = carried => unreachable!("it never ends"),
    }
}

async fn exactly(user: &mut DuplexStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    user.read_exact(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test]
async fn a_cut_session_is_resumed_and_loses_nothing() {
    let lab = Lab::new(Config::default()).await;
    let (mut carrier, mut user) = lab.client();
    assert!(matches!(lab.connect(&mut carrier).await, Output::Opened { .. }));
    while_carried(&mut carrier, async {
        assert_eq!(exactly(&mut user, 12).await, [MAGIC, MAGIC].concat());
        user.write_all(&MAGIC).await.unwrap();
        user.write_all(b"before ").await.unwrap();
        assert_eq!(exactly(&mut user, 7).await, b"before ");
    })
    .await;

    // Typed into a connection that dies under it.
    user.write_all(b"across ").await.unwrap();
    drop(carrier.attach(Box::new(duplex(1).0)));
    lab.story_has("ica-host.suspended").await;
    assert_eq!(lab.host.sessions()[0].state, State::Suspended);
    assert!(matches!(timeout(SOON, carrier.next()).await.unwrap(), Output::Suspended(_)));

    assert!(matches!(lab.connect(&mut carrier).await, Output::Resumed { .. }));
    while_carried(&mut carrier, async {
        user.write_all(b"after").await.unwrap();
        assert_eq!(exactly(&mut user, 12).await, b"across after");
    })
    .await;
    assert_eq!(lab.host.sessions().len(), 1, "one session all along");
    assert_eq!(lab.host.sessions()[0].state, State::Open);
    assert_eq!(*lab.seen.0.lock().unwrap(), [&MAGIC[..], b"before across after"].concat());
}

#[tokio::test]
async fn nobody_comes_back() {
    let config = Config { session_reliability: Duration::from_secs(1), ..Config::default() };
    let lab = Lab::new(config).await;
    let (mut carrier, _user) = lab.client();
    assert!(matches!(lab.connect(&mut carrier).await, Output::Opened { .. }));
    drop(carrier.attach(Box::new(duplex(1).0)));
    lab.story_has("ica-host.given-up").await;
    lab.story_has("ica-host.closed").await;
    assert_eq!(lab.connect(&mut carrier).await, Output::Suspended(None), "the machine noticed the cut");
    let refused = timeout(SOON, carrier.next()).await.unwrap();
    assert_eq!(refused, Output::Over(Over::Closed(Code::SessionUnknown)));
}

#[tokio::test]
async fn session_reliability_can_be_off() {
    let config = Config { session_reliability: Duration::ZERO, ..Config::default() };
    let lab = Lab::new(config).await;
    let (mut carrier, _user) = lab.client();
    assert_eq!(lab.connect(&mut carrier).await, Output::Over(Over::Closed(Code::ReliabilityOff)));
    assert!(lab.host.sessions().is_empty());
}

#[tokio::test]
async fn a_disconnected_session_is_claimed_with_its_ticket() {
    let config = Config { auto_client_reconnect: true, ..Config::default() };
    let lab = Lab::new(config).await;
    let (mut carrier, mut user) = lab.client();
    lab.connect(&mut carrier).await;
    let record = while_carried(&mut carrier, async {
        exactly(&mut user, 12).await;
        user.write_all(&MAGIC).await.unwrap();
        exactly(&mut user, TICKET_MAGIC.len() + TICKET_CHARS).await
    })
    .await;
    assert!(record.starts_with(&TICKET_MAGIC));

    let (mut second, mut other) = lab.client();
    lab.connect(&mut second).await;
    let next = while_carried(&mut second, async {
        exactly(&mut other, 12).await;
        other.write_all(&record).await.unwrap();
        exactly(&mut other, record.len()).await
    })
    .await;
    assert_ne!(next, record, "a ticket is good once");
    lab.story_has("ica-host.reconnected").await;
    let sessions = lab.host.sessions();
    assert_eq!((sessions.len(), sessions[0].id, sessions[0].state), (1, 1, State::Open));
    lab.story_has("ica-host.closed").await;
    assert_eq!(lab.host.sessions()[0].state, State::Open, "who was put out takes nothing with him");

    let (mut third, mut thief) = lab.client();
    lab.connect(&mut third).await;
    while_carried(&mut third, async {
        exactly(&mut thief, 12).await;
        thief.write_all(&record).await.unwrap();
        let mut rest = Vec::new();
        thief.read_to_end(&mut rest).await.unwrap();
        assert!(rest.is_empty(), "spent");
    })
    .await;
}
