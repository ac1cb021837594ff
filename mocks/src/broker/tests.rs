use gateway_rt::Tell;
use gateway_rt::tokio::real;
use tokio::time::timeout;

use super::*;
use crate::serving::tests::{LOOPBACK, NEVER, ask, exchange, post};

fn farm() -> Farm {
    let server =
        |name: &str, address: &str, load| Server { load, ..Server::new(name, address.parse().unwrap()) };
    let alice = User {
        domain: "CORP".into(),
        groups: vec!["Finance".into()],
        days_until_password_expiry: Some(3),
        ..User::new("alice", "wonderland")
    };
    let carol = User { refusal: Some(ErrorId::AccountLockedOut), ..User::new("carol", "secret") };
    Farm {
        users: vec![alice, User::new("bob", "builder"), carol],
        apps: vec![
            App::new("Notepad"),
            App { groups: vec!["Finance".into()], servers: vec!["XA2".into()], ..App::new("Ledger") },
        ],
        servers: vec![server("XA1", "192.0.2.10:1494", 0), server("XA2", "xa2.example:1494", 1)],
        ..Farm::new("Farm1")
    }
}

/// `Credentials` as a client sends them.
fn credentials(user: &str) -> String {
    let password = match user {
        "alice" => "<Password encoding=\"cleartext\">wonderland</Password><Domain type=\"NT\">corp</Domain>",
        // ctx1 of "ab", a published sample: nobody's password.
        "alice-wrong" => {
            return credentials("alice").replace("\"cleartext\">wonderland", "\"ctx1\">MEGBKGAD");
        }
        "bob" => "<Password encoding=\"cleartext\">builder</Password>",
        _ => "<Password encoding=\"cleartext\">secret</Password>",
    };
    format!("<Credentials><UserName>{user}</UserName>{password}</Credentials>")
}

fn question(kind: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!DOCTYPE NFuseProtocol SYSTEM \"NFuse.dtd\">\
         <NFuseProtocol version=\"4.6\"><Request{kind}>{inside}</Request{kind}></NFuseProtocol>"
    )
}

fn apps_of(user: &str) -> String {
    let inside = format!(
        "<Scope traverse=\"subtree\"/><DesiredDetails>defaults</DesiredDetails><ServerType>all</ServerType>\
         <ClientType>all</ClientType>{}",
        credentials(user)
    );
    question("AppData", &inside)
}

fn address_of(app: &str, user: &str) -> String {
    let inside = format!(
        "<Name><AppName>{app}</AppName></Name><ClientName>WI_abc</ClientName>\
         <ClientAddress addresstype=\"dns-port\"/><ServerAddress addresstype=\"dns-port\"/><Flags/>\
         <Credentials><UserName>{user}</UserName></Credentials>"
    );
    question("Address", &inside)
}

struct Lab {
    rt: Rt,
    at: SocketAddr,
    broker: Arc<Mock>,
}

impl Lab {
    async fn new(config: Config) -> Self {
        let rt = real();
        let listener = rt.net.listen(LOOPBACK).await.unwrap();
        let at = listener.local_addr();
        let broker = Arc::new(Mock::new(config, Journal::default()).unwrap());
        let (world, mock) = (rt.clone(), broker.clone());
        rt.spawn("broker", async move { mock.serve_on(world, listener).await.unwrap() });
        Self { rt, at, broker }
    }

    async fn good() -> Self {
        Self::new(Config::new(farm())).await
    }

    async fn misbehaving(what: Misbehaviour) -> Self {
        Self::new(Config { misbehaviours: vec![Rule::always(what)], ..Config::new(farm()) }).await
    }

    async fn ask(&self, document: &str) -> String {
        ask(&self.rt, self.at, "/scripts/WPnBr.dll", document).await
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.broker.journal().entries().iter().map(|seen| seen.tell().kind).collect()
    }
}

fn inner<'a>(answer: &'a str, name: &str) -> Vec<&'a str> {
    let opened = format!("<{name}>");
    answer.split(&opened).skip(1).map(|rest| &rest[..rest.find('<').unwrap()]).collect()
}

#[tokio::test]
async fn everybody_sees_their_own_applications() {
    let lab = Lab::good().await;
    assert_eq!(inner(&lab.ask(&apps_of("alice")).await, "InName"), ["Farm1.Notepad", "Farm1.Ledger"]);
    assert_eq!(inner(&lab.ask(&apps_of("bob")).await, "InName"), ["Farm1.Notepad"]);
    assert_eq!(inner(&lab.ask(&apps_of("alice-wrong")).await, "ErrorId"), ["failed-credentials"]);
    assert_eq!(inner(&lab.ask(&apps_of("carol")).await, "ErrorId"), ["account-locked-out"]);
    let apps = |fate| ["broker.request-apps", fate];
    let fates = ["broker.apps", "broker.apps", "broker.refused", "broker.refused"];
    assert_eq!(lab.kinds(), fates.map(apps).concat());
    let story: Vec<_> =
        lab.broker.journal().entries().iter().map(|seen| seen.tell().line.to_string()).collect();
    assert_eq!(story[0], "RequestAppData for alice");
    assert_eq!(story[1], "ResponseAppData 2 applications: Farm1.Notepad, Farm1.Ledger");
    assert!(story.iter().all(|line| !line.contains("wonderland")));
}

#[tokio::test]
async fn who_asks_in_nobodys_name_is_told_of_the_whole_farm() {
    let lab = Lab::good().await;
    let answer = lab.ask(&question("AppData", "<DesiredDetails>all</DesiredDetails>")).await;
    assert_eq!(inner(&answer, "FName"), ["Notepad", "Ledger"]);
    assert_eq!(inner(&answer, "GroupName"), ["Finance"]);
    let anonymous = question("AppData", "<Credentials><AnonymousUser/></Credentials>");
    assert_eq!(inner(&lab.ask(&anonymous).await, "ErrorId"), ["failed-credentials"]);
}

#[tokio::test]
async fn the_least_loaded_server_is_handed_out() {
    let lab = Lab::good().await;
    let mut given = Vec::new();
    for _ in 0..4 {
        let answer = lab.ask(&address_of("Farm1.Notepad", "bob")).await;
        let start = answer.find("<ServerAddress").expect("an address");
        let address = answer[start..].split(['>', '<']).nth(2).unwrap();
        given.push(address.to_owned());
    }
    assert_eq!(given, ["192.0.2.10:1494", "192.0.2.10:1494", "xa2.example:1494", "192.0.2.10:1494"]);
    assert_eq!((lab.broker.load("XA1"), lab.broker.load("XA2")), (Some(3), Some(2)));
    assert!(lab.broker.set_load("XA1", 0) && !lab.broker.set_load("XA9", 0));
    assert!(
        lab.ask(&address_of("Notepad", "bob")).await.contains("addresstype=\"dot-port\">192.0.2.10:1494<")
    );
}

#[tokio::test]
async fn applications_may_be_bound_to_servers_and_users() {
    let lab = Lab::good().await;
    assert!(lab.ask(&address_of("Farm1.Ledger", "alice")).await.contains("xa2.example:1494"));
    assert_eq!(inner(&lab.ask(&address_of("Farm1.Ledger", "bob")).await, "ErrorId"), ["failed-credentials"]);
    assert_eq!(inner(&lab.ask(&address_of("Farm1.Nothing", "bob")).await, "ErrorId"), ["unspecified"]);
    assert!(lab.broker.set_available("XA2", false));
    assert_eq!(inner(&lab.ask(&address_of("Farm1.Ledger", "alice")).await, "ErrorId"), ["no-server"]);
}

#[tokio::test]
async fn a_logon_ticket_stands_for_its_user_once() {
    let lab = Lab::good().await;
    let wish = |life: u32| {
        let inside = format!(
            "{}<TicketType>CtxLogon</TicketType><TicketTag>192.0.2.10</TicketTag><TimetoLive>{life}</TimetoLive>",
            credentials("alice")
        );
        question("Ticket", &inside)
    };
    let answer = lab.ask(&wish(3600)).await;
    let [ticket] = inner(&answer, "Ticket")[..] else { panic!("no ticket in {answer}") };
    assert_eq!(ticket.len(), LOGON_TICKET_CHARS);
    assert_eq!(lab.broker.redeem_logon_ticket(ticket).as_deref(), Some("alice"));
    assert_eq!(lab.broker.redeem_logon_ticket(ticket), None);
    let answer = lab.ask(&wish(0)).await;
    assert_eq!(lab.broker.redeem_logon_ticket(inner(&answer, "Ticket")[0]), None, "it lived for no time");
    let lines = lab.broker.journal().entries();
    assert!(lines.iter().all(|seen| !seen.tell().line.to_string().contains(ticket)));
}

#[tokio::test]
async fn what_scanners_and_monitors_ask() {
    let lab = Lab::good().await;
    let ask = async |kind: &str, inside: &str| lab.ask(&question(kind, inside)).await;
    assert_eq!(inner(&ask("ServerFarmData", "<Nil/>").await, "ServerFarmName"), ["Farm1"]);
    assert_eq!(inner(&ask("ServerData", "<ServerType>all</ServerType>").await, "ServerName"), ["XA1", "XA2"]);
    assert_eq!(inner(&ask("Capabilities", "<Nil/>").await, "CapabilityId"), ["multi-image-icons"]);
    let info = ask("ProtocolInfo", "<ServerAddress addresstype=\"dns-port\"/>").await;
    assert!(info.contains("<ServerAddress addresstype=\"no-change\"/>"), "{info}");
    let valid = ask("ValidateCredentials", &credentials("alice")).await;
    assert_eq!(inner(&valid, "DaysUntilPasswordExpiry"), ["3"]);
    assert!(!valid.contains("ErrorId"));
    let invalid = ask("ValidateCredentials", &credentials("alice-wrong")).await;
    assert_eq!(inner(&invalid, "ErrorId"), ["failed-credentials"]);
    assert!(lab.kinds().iter().all(|kind| KINDS.contains(kind)));
}

#[tokio::test]
async fn what_is_no_question_to_a_broker() {
    let lab = Lab::good().await;
    assert!(lab.ask("<a/>").await.starts_with("HTTP/1.1 400 "));
    assert_eq!(lab.kinds(), ["broker.malformed"]);
    let get = b"GET /scripts/wpnbr.dll HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert!(exchange(&lab.rt, lab.at, get).await.starts_with(b"HTTP/1.1 406 "));
    let long = "x".repeat(crate::limits::XML_REQUEST_BYTES_MAX + 1);
    assert!(lab.ask(&long).await.starts_with("HTTP/1.1 400 "));
}

#[tokio::test]
async fn misbehaving_brokers() {
    for (what, part) in [
        (Misbehaviour::BadXml, "<Open></NFuseProtocol>"),
        (Misbehaviour::Dtd, "<!ENTITY c "),
        (Misbehaviour::Deep, "<a><a><a><a>"),
        (Misbehaviour::Error("mfserver-overloaded".into()), "<ErrorId>mfserver-overloaded</ErrorId>"),
    ] {
        let lab = Lab::misbehaving(what.clone()).await;
        let answer = lab.ask(&address_of("Farm1.Notepad", "bob")).await;
        assert!(answer.contains(part), "{what:?}: {answer}");
        assert_eq!(lab.broker.load("XA1"), Some(0), "{what:?} does nothing about the request");
    }
    let request = post(PATH, &apps_of("bob"));
    let lab = Lab::misbehaving(Misbehaviour::Garbage).await;
    assert_eq!(exchange(&lab.rt, lab.at, &request).await, crate::behaviour::GARBAGE);
    let lab = Lab::misbehaving(Misbehaviour::Refuse).await;
    assert_eq!(exchange(&lab.rt, lab.at, &request).await, b"");
    let lab = Lab::misbehaving(Misbehaviour::Truncate { at: 8 }).await;
    assert_eq!(exchange(&lab.rt, lab.at, &request).await, b"HTTP/1.1");
    let by = Duration::from_secs(3600);
    for (what, load) in
        [(Misbehaviour::Silent, 0), (Misbehaviour::Slow { by }, 0), (Misbehaviour::Late { by }, 1)]
    {
        let lab = Lab::misbehaving(what.clone()).await;
        assert!(timeout(NEVER, lab.ask(&address_of("Farm1.Notepad", "bob"))).await.is_err(), "{what:?}");
        assert_eq!(lab.broker.load("XA1"), Some(load), "{what:?}");
    }
    let config = Config { misbehaviours: vec![Rule::always(Misbehaviour::WrongId)], ..Config::new(farm()) };
    assert!(Mock::new(config, Journal::default()).is_err());
}
