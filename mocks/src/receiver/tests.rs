mod gateway;

use gateway_proto::secret::Secret;
use gateway_rt::{Tell as _, Told};

use super::*;
use crate::{broker, ica_host, sta, storefront};
use gateway::{Gateway, NAME, SESSION, Script, listen};

const SOON: Duration = Duration::from_secs(10);

fn secret(text: &str) -> Secret {
    Secret::from(text)
}

fn rt() -> Rt {
    gateway_rt::tokio::real()
}

fn receiver(gateway: &Gateway, agent: Agent) -> Receiver {
    let public = HostPort::new(NAME, 443).unwrap();
    let mut config = Config::new("laptop", gateway.at.clone(), public, gateway.roots.clone());
    config.agent = agent;
    config.deadline = SOON;
    Receiver::new(config, rt(), Journal::default()).unwrap()
}

async fn pages(mode: &'static str) -> Receiver {
    let gateway = gateway::start(&rt(), Script { mode, ..Script::default() }).await;
    receiver(&gateway, Agent::Browser)
}

fn told(receiver: &Receiver) -> Vec<Told> {
    receiver.journal().entries().iter().map(Seen::tell).collect()
}

fn lines(receiver: &Receiver) -> Vec<String> {
    told(receiver).iter().map(|told| told.line.to_string()).collect()
}

// Log-in

#[tokio::test]
async fn a_challenge_is_answered_and_leads_to_the_store() {
    for (mode, landing) in [("wica", "/Citrix/StoreWeb/"), ("cvpn", "/Citrix/StoreWeb")] {
        let mut receiver = pages(mode).await;
        assert_eq!(receiver.open_portal().await.unwrap(), Portal::LoginPage);
        let challenge = receiver.login("alice", &secret("Winter-26")).await.unwrap();
        assert_eq!(challenge, Login::Challenge { prompt: "Enter your passcode".to_owned() });
        assert!(!receiver.has_session());
        let session = receiver.answer(&secret("492817")).await.unwrap();
        assert_eq!(session, Login::Session { landing: landing.to_owned() });
        assert!(receiver.has_session());
        assert_eq!(receiver.logout().await.unwrap(), Logout::LoggedOut);
        assert!(!receiver.has_session());
    }
}

#[tokio::test]
async fn refusals_say_what_the_gateway_said() {
    let mut receiver = pages("wica").await;
    let Login::Refused(wrong) = receiver.login("alice", &secret("Summer-26")).await.unwrap() else {
        panic!("a wrong password must be refused");
    };
    assert_eq!((wrong.status, wrong.vpn_error), (200, Some(4001)));
    receiver.login("alice", &secret("Winter-26")).await.unwrap();
    let wrong = receiver.answer(&secret("000000")).await.unwrap();
    assert!(matches!(wrong, Login::Refused(Refusal { vpn_error: Some(4001), .. })), "{wrong:?}");
    assert!(matches!(receiver.answer(&secret("492817")).await, Err(Trouble::NothingPending)));
    let blocked = receiver.login("carol", &secret("x")).await.unwrap();
    assert!(matches!(blocked, Login::Refused(Refusal { status: 200, vpn_error: None, .. })), "{blocked:?}");
    assert_eq!(receiver.page().and_then(|page| page.header("NS-Blocker")), Some("Kicked Out"));
    let Login::Refused(down) = receiver.login("frank", &secret("x")).await.unwrap() else {
        panic!("an error page is no session");
    };
    assert_eq!((down.status, down.reason.as_deref()), (503, Some("radius-timeout")));
}

#[tokio::test]
async fn another_session_can_be_taken_over() {
    let mut receiver = pages("wica").await;
    let offered = receiver.login("dave", &secret("x")).await.unwrap();
    assert_eq!(offered, Login::TransferOffered { text: "Elsewhere".to_owned() });
    assert!(matches!(receiver.transfer().await.unwrap(), Login::Session { .. }));
}

#[tokio::test]
async fn pages_that_send_a_client_around_are_trouble() {
    let mut receiver = pages("wica").await;
    let trouble = receiver.login("erin", &secret("x")).await.unwrap_err();
    assert_eq!(trouble.code(), "redirect-loop");
    assert!(lines(&receiver).last().is_some_and(|line| line.contains("more than 10 redirects")));
}

#[tokio::test]
async fn a_native_receiver_names_itself_and_logs_out_by_get() {
    let gateway = gateway::start(&rt(), Script { mode: "wica", ..Script::default() }).await;
    let mut receiver = receiver(&gateway, Agent::Receiver);
    receiver.login("alice", &secret("Winter-26")).await.unwrap();
    receiver.answer(&secret("492817")).await.unwrap();
    assert_eq!(receiver.logout().await.unwrap(), Logout::LoggedOut);
    assert!(lines(&receiver).contains(&"GET /cgi/logout".to_owned()));
}

#[tokio::test]
async fn nobody_there_and_nobody_trusted_are_trouble() {
    let gateway = gateway::start(&rt(), Script::default()).await;
    let stranger = Gateway { at: gateway.at.clone(), roots: RootCertStore::empty() };
    assert_eq!(receiver(&stranger, Agent::Browser).get("/").await.unwrap_err().code(), "tls");
    let (listener, at) = listen(&rt()).await;
    drop(listener);
    let gone = Gateway { at, roots: gateway.roots };
    assert_eq!(receiver(&gone, Agent::Browser).get("/").await.unwrap_err().code(), "connection-refused");
}

// The whole way

/// Every back end there is, and a Receiver in front of a gateway that reaches them.
async fn site() -> Receiver {
    let rt = rt();
    let (host_listener, host_at) = listen(&rt).await;
    let (broker_listener, broker_at) = listen(&rt).await;
    let (sta_listener, sta_at) = listen(&rt).await;
    let (store_listener, store_at) = listen(&rt).await;
    let mut farm = broker::Farm::new("Farm1");
    farm.users = vec![broker::User::new("alice", "Winter-26")];
    farm.apps = vec![broker::App::new("Notepad")];
    farm.servers = vec![broker::Server::new("vda01", host_at)];
    let broker = Arc::new(broker::Mock::new(broker::Config::new(farm), Journal::default()).unwrap());
    let host = ica_host::Config { broker: Some(broker.clone()), ..ica_host::Config::default() };
    let host = Arc::new(ica_host::Mock::new(host, Journal::default()).unwrap());
    let sta = sta::Mock::new(sta::Config::new("STA01".parse().unwrap()), Journal::default());
    let sta = Arc::new(sta.unwrap());
    let mut store = storefront::Config::new(HostPort::new(NAME, 443).unwrap());
    store.brokers = vec![storefront::Endpoint::http(broker_at)];
    store.stas = vec![storefront::Endpoint::http(sta_at)];
    let store = Arc::new(storefront::StoreFront::new(store, Journal::default()).unwrap());
    let script = Script { mode: "wica", store: Some(store_at), sta: Some(sta.clone()) };
    let (a, b, c, d) = (rt.clone(), rt.clone(), rt.clone(), rt.clone());
    rt.spawn("host", async move { host.serve_on(a, host_listener).await.unwrap() });
    rt.spawn("broker", async move { broker.serve_on(b, broker_listener).await.unwrap() });
    rt.spawn("sta", async move { sta.serve_on(c, sta_listener).await.unwrap() });
    rt.spawn("store", async move { store.serve_on(d, store_listener).await.unwrap() });
    let gateway = gateway::start(&rt, script).await;
    let mut receiver = receiver(&gateway, Agent::Browser);
    receiver.config.presents_logon_ticket = true;
    spawnable(receiver.login("alice", &secret("Winter-26"))).await.unwrap();
    spawnable(receiver.answer(&secret("492817"))).await.unwrap();
    receiver
}

/// Runners spawn what a user does, so every verb's future must be `Send`.
fn spawnable<T: Future + Send>(verb: T) -> T {
    verb
}

async fn open(receiver: &mut Receiver) -> IcaSession {
    let launch = spawnable(receiver.launch("Notepad")).await.unwrap();
    let Launch::File(file) = launch else { panic!("an ICA file, not {launch:?}") };
    match spawnable(receiver.connect(&file)).await.unwrap() {
        Connect::Open(session) => session,
        _ => panic!("the session must open"),
    }
}

#[tokio::test]
async fn from_log_in_to_typing() {
    let mut receiver = site().await;
    let Apps::Listed(apps) = spawnable(receiver.apps()).await.unwrap() else { panic!("apps must be listed") };
    assert_eq!(apps.iter().map(|app| app.name.as_str()).collect::<Vec<_>>(), ["Notepad"]);
    assert_eq!(receiver.launch("Solitaire").await.unwrap(), Launch::NoSuchApp);
    let mut session = open(&mut receiver).await;
    session.type_text("hello").await.unwrap();
    assert_eq!(session.read_echo("hello", SOON).await, Echo::Matched);
    assert_eq!(spawnable(session.send_and_verify(300_000, SOON)).await, Bulk::Verified);
    session.type_text("abd").await.unwrap();
    assert_eq!(session.read_echo("abc", SOON).await, Echo::Differs { at: 2 });
    let soon = Duration::from_millis(50);
    assert_eq!(session.read_echo("more", soon).await, Echo::Late { received: 0 });
    session.half_close().await.unwrap();
    assert!(session.closes(SOON).await);
    session.close().await;
    assert_told(&receiver);
}

fn assert_told(receiver: &Receiver) {
    for told in told(receiver) {
        assert!(KINDS.contains(&told.kind), "{}", told.kind);
        let shown = format!("{} {:?}", told.line, told.fields);
        for secret in ["Winter-26", "492817", SESSION] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    let lines = lines(receiver);
    for line in [
        "302 Location: /vpn/index.html",
        "POST /cgi/dlge token=",
        "challenge \"Enter your passcode\"",
        "apps: Notepad",
        "ICA file for Notepad: Address=;40;STA01;‹ticket ",
        "SOCKS5 CONNECT ;40;STA01;‹ticket ",
        "SOCKS5 succeeded",
        "types \"hello\"",
        "echo of \"hello\" comes back",
        "connection closed by the gateway",
    ] {
        assert!(lines.iter().any(|told| told.starts_with(line)), "{line}: {lines:#?}");
    }
    let login = lines.iter().find(|line| line.starts_with("POST /cgi/login")).unwrap();
    assert!(login.ends_with(" login=alice passwd=«hidden»"), "{login}");
}

#[tokio::test]
async fn a_ticket_works_once() {
    let mut receiver = site().await;
    let Launch::File(file) = receiver.launch("Notepad").await.unwrap() else { panic!("an ICA file") };
    assert!(matches!(receiver.connect(&file).await.unwrap(), Connect::Open(_)));
    assert!(matches!(receiver.connect(&file).await.unwrap(), Connect::Refused { reply: 2 }));
}

#[tokio::test]
async fn without_a_session_there_are_no_apps() {
    let mut receiver = pages("wica").await;
    let Apps::Refused(refused) = receiver.apps().await.unwrap() else { panic!("no apps without a session") };
    assert_eq!(refused.status, 302);
    assert!(matches!(receiver.launch("Notepad").await.unwrap(), Launch::Refused(_)));
}

// On the wire

#[tokio::test]
async fn hostile_bytes_and_their_answers() {
    let receiver = pages("wica").await;
    let (outcome, mut wire) = receiver.socks(b"vda01", 1494, SocksForm::Greeted).await.unwrap();
    assert_eq!(outcome, Socks::Refused { reply: 2 });
    assert!(wire.closes(SOON).await);
    let heard = receiver
        .send_raw(
            b"GET /vpn/index.html HTTP/1.1\r\nHost: gw.example.test\r\n\
        User-Agent: x\r\nConnection: close\r\n\r\n",
            SOON,
        )
        .await
        .unwrap();
    assert!(heard.closed && heard.bytes.starts_with(b"HTTP/1.1 200 OK"));
    let mut wire = receiver.tcp_open().await.unwrap();
    wire.tls_unfinished().await.unwrap();
    let heard = wire.receive(1, SOON).await;
    // The gateway's own flight: a handshake record (RFC 8446 §5.1).
    assert_eq!(heard, Heard { bytes: vec![22], closed: false });
    assert!(matches!(receiver.socks(&[b'x'; 256], 1494, SocksForm::Bare).await, Err(Trouble::Unsendable(_))));
}

#[tokio::test]
async fn requests_can_be_made_by_hand() {
    let mut receiver = pages("wica").await;
    let page = receiver.call(Call::get("/vpn/index.html").header("User-Agent", "scanner")).await.unwrap();
    assert_eq!((page.status, page.forms().len()), (200, 1));
    let page =
        receiver.post("/cgi/login", &[("token", "t1"), ("login", "frank"), ("passwd", "x")]).await.unwrap();
    assert_eq!(page.status, 503);
    let trouble = receiver.call(Call::get("/").header("bad name", "x")).await.unwrap_err();
    assert_eq!(trouble.code(), "unsendable");
    let bare = receiver.call(Call::get("/cgi/setclient?wica").without_cookies()).await.unwrap();
    assert_eq!(bare.redirect(), Some("/vpn/index.html"));
}
