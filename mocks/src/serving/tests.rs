use gateway_rt::tokio::real;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::*;

pub(crate) const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Longer than a loopback exchange takes, shorter than anybody's patience.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Shorter than [`SOON`], long enough that an answer would be here.
pub(crate) const NEVER: Duration = Duration::from_millis(200);

/// A `POST` of an XML document, as bytes.
pub(crate) fn post(path: &str, document: &str) -> Vec<u8> {
    let length = document.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{document}"
    )
    .into_bytes()
}

/// Sends bytes and reads until the peer closes: what came, also when the connection broke.
pub(crate) async fn exchange(rt: &Rt, at: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = rt.net.connect(at).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // A reset behind the answer is one way to close.
    drop(timeout(SOON, stream.read_to_end(&mut answer)).await.expect("the server closes"));
    answer
}

/// The same as text.
pub(crate) async fn ask(rt: &Rt, at: SocketAddr, path: &str, document: &str) -> String {
    String::from_utf8_lossy(&exchange(rt, at, &post(path, document)).await).into_owned()
}

async fn server(answer: impl Fn() -> Answer + Clone + Send + Sync + 'static) -> (Rt, SocketAddr) {
    server_with(None, answer).await
}

async fn server_with(
    identity: Option<Identity>,
    answer: impl Fn() -> Answer + Clone + Send + Sync + 'static,
) -> (Rt, SocketAddr) {
    let rt = real();
    let listener = rt.net.listen(LOOPBACK).await.unwrap();
    let at = listener.local_addr();
    let world = rt.clone();
    rt.spawn("test", async move {
        let handler = move |_, _| std::future::ready(answer());
        http_server(&world, listener, identity, "test-http", handler).await.unwrap();
    });
    (rt, at)
}

#[tokio::test]
async fn a_whole_answer() {
    let (rt, at) = server(|| Answer::Whole(xml("<r/>"))).await;
    let answer = ask(&rt, at, "/", "").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains("\r\nContent-Type: text/xml\r\n") && answer.ends_with("\r\n\r\n<r/>"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_cut_answer_ends_at_the_byte() {
    let (rt, at) = server(|| Answer::Cut(xml("<r/>"), 20)).await;
    assert_eq!(ask(&rt, at, "/", "").await, "HTTP/1.1 200 OK\r\nCon");
}

#[tokio::test]
async fn garbage_and_nothing() {
    let (rt, at) = server(|| Answer::Garbage).await;
    assert_eq!(exchange(&rt, at, &post("/", "")).await, GARBAGE);
    let (rt, at) = server(|| Answer::Close).await;
    assert_eq!(exchange(&rt, at, &post("/", "")).await, b"");
}

#[tokio::test]
async fn silence_keeps_the_connection() {
    let (rt, at) = server(|| Answer::Silence).await;
    assert!(timeout(NEVER, exchange(&rt, at, &post("/", ""))).await.is_err());
}

#[tokio::test]
async fn dropping_the_server_ends_its_connections() {
    let rt = real();
    let listener = rt.net.listen(LOOPBACK).await.unwrap();
    let at = listener.local_addr();
    let world = rt.clone();
    let server = tokio_util::task::TaskTracker::new();
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    rt.spawn(
        "test",
        server.track_future(async move {
            let silent = |_, _| std::future::ready(Answer::Silence);
            let serving = http_server(&world, listener, None, "test-http", silent);
            drop(stopped.run_until_cancelled(serving).await);
        }),
    );
    let mut stream = rt.net.connect(at).await.unwrap();
    stream.write_all(&post("/", "")).await.unwrap();
    assert!(timeout(NEVER, stream.read_u8()).await.is_err(), "it holds the connection");
    stop.cancel();
    assert!(timeout(SOON, stream.read_u8()).await.expect("it closes").is_err());
}

#[tokio::test]
async fn with_an_identity_it_speaks_tls_only() {
    let made = rcgen::generate_simple_self_signed(vec!["sta.example".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.der().clone(), made.signing_key.serialize_der().try_into().unwrap());
    let identity = Identity { chain: vec![certificate.clone()], key };
    let (rt, at) = server_with(Some(identity), || Answer::Whole(xml("<r/>"))).await;

    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let trust = tls::client_config(&rt, roots).unwrap();
    let tcp = rt.net.connect(at).await.unwrap();
    let mut stream = tls::connect(trust, tcp, "sta.example", SOON).await.unwrap();
    stream.write_all(&post("/", "")).await.unwrap();
    let mut answer = Vec::new();
    drop(timeout(SOON, stream.read_to_end(&mut answer)).await.expect("the server closes"));
    assert!(answer.ends_with(b"<r/>"), "{}", answer.escape_ascii());

    assert!(!exchange(&rt, at, &post("/", "")).await.starts_with(b"HTTP"), "plain HTTP gets an alert");
}
