use gateway_rt::Tell;
use gateway_rt::tokio::real;
use tokio::time::timeout;

use super::*;
use crate::serving::tests::{LOOPBACK, NEVER, ask, exchange, post};

const ASK: &str = r#"<?xml version="1.0"?>
<!DOCTYPE CtxSTAProtocol SYSTEM "CtxSTA.dtd">
<CtxSTAProtocol version="4.0"><RequestTicket><AllowedTicketType>STA-v4</AllowedTicketType>
<AllowedAuthorityIDType>STA-v1</AllowedAuthorityIDType>
<TicketData><Value name="ICAAddress">192.0.2.10:1494</Value><Value name="CGPAddress">192.0.2.10:2598</Value>
</TicketData></RequestTicket></CtxSTAProtocol>"#;

fn redeeming(token: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><CtxSTAProtocol version="4.0"><RequestData>
           <AuthorityID>STA01</AuthorityID><Ticket>{token}</Ticket><TicketVersion>40</TicketVersion>
           </RequestData></CtxSTAProtocol>"#
    )
}

fn config() -> Config {
    Config::new("STA01".parse().unwrap())
}

/// A running STA and a way to ask it.
struct Lab {
    rt: Rt,
    at: SocketAddr,
    sta: Arc<Mock>,
}

impl Lab {
    async fn new(config: Config) -> Self {
        let rt = real();
        let listener = rt.net.listen(LOOPBACK).await.unwrap();
        let at = listener.local_addr();
        let sta = Arc::new(Mock::new(config, Journal::default()).unwrap());
        let (world, mock) = (rt.clone(), sta.clone());
        rt.spawn("sta", async move { mock.serve_on(world, listener).await.unwrap() });
        Self { rt, at, sta }
    }

    async fn misbehaving(what: Misbehaviour) -> Self {
        Self::new(Config { misbehaviours: vec![Rule::always(what)], ..config() }).await
    }

    async fn ask(&self, document: &str) -> String {
        ask(&self.rt, self.at, "/scripts/CtxSTA.dll", document).await
    }

    /// The random part of a fresh ticket.
    async fn token(&self) -> String {
        inner(&self.ask(ASK).await, "Ticket")
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.sta.journal().entries().iter().map(|seen| seen.tell().kind).collect()
    }
}

/// The text of an element in an answer, read without any XML reader.
fn inner(answer: &str, name: &str) -> String {
    let start = answer.find(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {answer}"));
    let rest = &answer[start + name.len() + 2..];
    rest[..rest.find("</").unwrap()].to_owned()
}

#[tokio::test]
async fn a_ticket_is_issued_and_redeemed_once() {
    let lab = Lab::new(config()).await;
    let answer = lab.ask(ASK).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"), "{answer}");
    assert_eq!(
        (inner(&answer, "AuthorityID"), inner(&answer, "TicketVersion")),
        ("STA01".into(), "40".into())
    );
    let token = inner(&answer, "Ticket");
    assert_eq!(token.len(), 32);
    assert!(token.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{token}");
    assert_eq!(lab.sta.live_tickets(), 1);

    let answer = lab.ask(&redeeming(&token)).await;
    assert!(answer.contains("<Value name=\"CGPAddress\">192.0.2.10:2598</Value>"), "{answer}");
    assert!(answer.contains("<Value name=\"ICAAddress\">192.0.2.10:1494</Value>"), "{answer}");
    assert_eq!(lab.sta.live_tickets(), 0);
    assert_eq!(inner(&lab.ask(&redeeming(&token)).await, "ErrorId"), "ticket-unknown");
    let kinds =
        ["sta.request-ticket", "sta.ticket-issued", "sta.request-data", "sta.data", "sta.request-data"];
    assert_eq!(lab.kinds(), [&kinds[..], &["sta.refused"]].concat());
    assert!(lab.kinds().iter().all(|kind| KINDS.contains(kind)));
}

#[tokio::test]
async fn a_restart_forgets_every_ticket() {
    let lab = Lab::new(config()).await;
    let token = lab.token().await;
    lab.sta.forget_tickets();
    assert_eq!(lab.sta.live_tickets(), 0);
    assert_eq!(inner(&lab.ask(&redeeming(&token)).await, "ErrorId"), "ticket-unknown");
}

#[tokio::test]
async fn the_story_reads_as_prose_without_tickets() {
    let lab = Lab::new(config()).await;
    let token = lab.token().await;
    lab.ask(&redeeming(&token)).await;
    let story: Vec<_> = lab.sta.journal().entries().iter().map(|seen| seen.tell().line.to_string()).collect();
    assert_eq!(story[0], "RequestTicket CGPAddress=192.0.2.10:2598 ICAAddress=192.0.2.10:1494");
    assert!(
        story[1].starts_with("ResponseTicket ‹ticket ") && story[1].ends_with(" of STA01"),
        "{}",
        story[1]
    );
    assert!(story.iter().all(|line| !line.contains(&token)));
}

#[tokio::test]
async fn tickets_expire() {
    let lab = Lab::new(Config { lifetime: Duration::ZERO, ..config() }).await;
    let token = lab.token().await;
    assert_eq!(inner(&lab.ask(&redeeming(&token)).await, "ErrorId"), "ticket-expired");
}

#[test]
fn only_refreshable_tickets_are_refreshed() {
    let rt = real();
    let mut tickets = Tickets::new(Duration::from_secs(100), 10);
    let (start, sta) = (Instant::now(), "STA01".parse().unwrap());
    let mut issue = |refreshable| {
        let wish = RequestTicket { refreshable, ..RequestTicket::new(TicketData::default()) };
        tickets.issue(start, &rt, &sta, StaVersion::V40, wish).unwrap()
    };
    let (single, reconnect) = (issue(false), issue(true));
    let at = |seconds| start + Duration::from_secs(seconds);
    assert_eq!(tickets.refresh(at(50), single.token()), Err(ErrorId::TicketUnknown));
    assert_eq!(tickets.refresh(at(50), reconnect.token()), Ok(()));
    assert_eq!(tickets.live(at(120)), 1);
    assert_eq!(tickets.redeem(at(120), single.token()), Err(ErrorId::TicketExpired));
    assert_eq!(tickets.refresh(at(150), reconnect.token()), Err(ErrorId::TicketExpired));
}

#[test]
fn a_full_sta_forgets_the_expired_and_refuses_the_rest() {
    let rt = real();
    let mut tickets = Tickets::new(Duration::from_secs(100), 2);
    let (start, sta) = (Instant::now(), "STA01".parse().unwrap());
    let mut issue = |seconds| {
        let now = start + Duration::from_secs(seconds);
        tickets.issue(now, &rt, &sta, StaVersion::V40, RequestTicket::new(TicketData::default())).map(drop)
    };
    assert_eq!(issue(0), Ok(()));
    assert_eq!(issue(50), Ok(()));
    assert_eq!(issue(99), Err(ErrorId::ServiceUnavailable));
    assert_eq!(issue(101), Ok(()));
}

#[tokio::test]
async fn refresh_over_the_wire() {
    let lab = Lab::new(config()).await;
    let asking =
        ASK.replace("</RequestTicket>", "<Control><Refreshable>true</Refreshable></Control></RequestTicket>");
    let token = inner(&lab.ask(&asking).await, "Ticket");
    let refreshing = redeeming(&token).replace("RequestData", "RequestTicketRefresh");
    assert_eq!(inner(&lab.ask(&refreshing).await, "Ticket"), token);
    let kinds = lab.kinds();
    assert_eq!(kinds[2..], ["sta.request-refresh", "sta.ticket-refreshed"]);
}

#[tokio::test]
async fn what_is_no_question_to_an_sta() {
    let lab = Lab::new(config()).await;
    let get = b"GET /scripts/ctxsta.dll HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = exchange(&lab.rt, lab.at, get).await;
    assert!(answer.starts_with(b"HTTP/1.1 406 Not Acceptable\r\n"), "{}", answer.escape_ascii());
    assert!(ask(&lab.rt, lab.at, "/", ASK).await.starts_with("HTTP/1.1 404 "));
    assert_eq!(inner(&lab.ask("<a/>").await, "ErrorId"), "unspecified");
    assert_eq!(inner(&lab.ask(&ASK.replace("STA-v4", "STA-v9")).await, "ErrorId"), "version-mismatch");
    assert_eq!(inner(&lab.ask(&redeeming("A").replace("STA01", "STA02")).await, "ErrorId"), "ticket-unknown");
    let probe =
        lab.ask("<CtxSTAProtocol><RequestTicket><TicketData/></RequestTicket></CtxSTAProtocol>").await;
    assert_eq!(inner(&probe, "AuthorityID"), "STA01", "a health probe with empty data is served");
}

#[tokio::test]
async fn an_old_sta_issues_old_tickets() {
    let lab = Lab::new(Config { version: StaVersion::V22, ..config() }).await;
    assert_eq!(inner(&lab.ask(ASK).await, "TicketVersion"), "22");
}

#[tokio::test]
async fn hostile_answers_leave_as_raw_bytes() {
    for (what, part) in [
        (Misbehaviour::BadXml, "<Open></CtxSTAProtocol>"),
        (Misbehaviour::Dtd, "<!ENTITY c "),
        (Misbehaviour::Deep, "<a><a><a><a>"),
        (Misbehaviour::Error("out-of-order".into()), "<ErrorId>out-of-order</ErrorId>"),
        (Misbehaviour::WrongId, "<AuthorityID>STA00000000DEAD</AuthorityID>"),
    ] {
        let lab = Lab::misbehaving(what.clone()).await;
        let answer = lab.ask(ASK).await;
        assert!(answer.contains(part), "{what:?}: {answer}");
        assert_eq!(lab.sta.live_tickets(), 0, "{what:?} does nothing about the request");
        assert_eq!(lab.kinds()[1], "sta.misbehaved");
    }
}

#[tokio::test]
async fn answers_that_do_not_come_whole() {
    let request = post(PATH, ASK);
    let lab = Lab::misbehaving(Misbehaviour::Garbage).await;
    assert_eq!(exchange(&lab.rt, lab.at, &request).await, crate::behaviour::GARBAGE);
    let lab = Lab::misbehaving(Misbehaviour::Refuse).await;
    assert_eq!(exchange(&lab.rt, lab.at, &request).await, b"");
    let lab = Lab::misbehaving(Misbehaviour::Truncate { at: 17 }).await;
    assert_eq!(exchange(&lab.rt, lab.at, &request).await, b"HTTP/1.1 200 OK\r\n");
    let lab = Lab::misbehaving(Misbehaviour::Silent).await;
    assert!(timeout(NEVER, lab.ask(ASK)).await.is_err());
    assert_eq!(lab.sta.live_tickets(), 0);
}

#[tokio::test]
async fn slow_works_afterwards_and_late_before() {
    let by = Duration::from_secs(3600);
    let lab = Lab::misbehaving(Misbehaviour::Slow { by }).await;
    assert!(timeout(NEVER, lab.ask(ASK)).await.is_err());
    assert_eq!(lab.sta.live_tickets(), 0, "the work has not begun");
    let lab = Lab::misbehaving(Misbehaviour::Late { by }).await;
    assert!(timeout(NEVER, lab.ask(ASK)).await.is_err());
    assert_eq!(lab.sta.live_tickets(), 1, "the work is done");
}

#[tokio::test]
async fn misbehaviour_can_begin_and_end_while_it_runs() {
    let lab = Lab::new(config()).await;
    lab.token().await;
    lab.sta.misbehave(vec![Rule::first(1, Misbehaviour::Error("unspecified".into()))]).unwrap();
    assert_eq!(inner(&lab.ask(ASK).await, "ErrorId"), "unspecified");
    lab.token().await;
    assert!(lab.sta.misbehave(vec![Rule::always(Misbehaviour::WrongSecret)]).is_err());
}
