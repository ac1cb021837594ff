use std::net::Ipv4Addr;

use gateway_proto::syslog::frame;
use gateway_rt::Tell as _;
use tokio::io::AsyncWriteExt as _;

use super::*;
use crate::behaviour::Nth;

const MESSAGE: &str = "<80>1 - gw gateway - session.duplicate [audit@32473 user=\"alice\"] twice";

fn here() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// Starts a collector, and says where and what it sees.
async fn collector(transport: Transport, misbehaviours: Vec<Rule>) -> (Rt, SocketAddr, Arc<Mock>) {
    let rt = gateway_rt::tokio::real();
    let mock = Arc::new(Mock::new(Config { transport, misbehaviours }, Journal::default()).unwrap());
    let socket = mock.bind(&rt, here()).await.unwrap();
    let at = socket.local_addr();
    let serving = mock.clone().serve_on(rt.clone(), socket);
    rt.spawn("test", async move { serving.await.unwrap() });
    (rt, at, mock)
}

/// Waits until the journal has `count` entries; their lines.
async fn lines(mock: &Mock, count: usize) -> Vec<String> {
    let all = async {
        while mock.journal().entries().len() < count {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    timeout(std::time::Duration::from_secs(10), all).await.unwrap();
    mock.journal().entries().iter().map(|seen| seen.tell().line.to_string()).collect()
}

#[tokio::test]
async fn messages_come_in_however_they_are_cut_and_nonsense_ends_the_connection() {
    let (rt, at, mock) = collector(Transport::Tcp, Vec::new()).await;
    let mut stream = rt.net.connect(at).await.unwrap();
    let framed = frame(MESSAGE);
    let (first, second) = framed.split_at(7);
    for part in [first, second, "garbage\n"] {
        stream.write_all(part.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let expected = [
        "connects to send its log",
        "syslog emergency session.duplicate user=alice",
        "no syslog message: a frame without its length",
        "the sender's connection is over",
    ];
    assert_eq!(lines(&mock, 4).await, expected);
}

#[tokio::test]
async fn a_datagram_is_a_message() {
    let (rt, at, mock) = collector(Transport::Udp, Vec::new()).await;
    let socket = rt.net.bind_udp(here()).await.unwrap();
    socket.send_to(MESSAGE.as_bytes(), at).await.unwrap();
    assert_eq!(lines(&mock, 1).await, ["syslog emergency session.duplicate user=alice"]);
}

#[tokio::test]
async fn a_connection_can_be_refused_on_purpose() {
    let refuse = Rule::new(Nth::First(1), Misbehaviour::Refuse);
    let (rt, at, mock) = collector(Transport::Tcp, vec![refuse]).await;
    let mut stream = rt.net.connect(at).await.unwrap();
    let mut nothing = [0; 1];
    assert_eq!(tokio::io::AsyncReadExt::read(&mut stream, &mut nothing).await.unwrap(), 0);
    assert_eq!(lines(&mock, 3).await[1], "misbehaves on purpose: refuse");
}
