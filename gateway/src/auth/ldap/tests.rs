//! The driver against a scripted server: each request is met with the next answers of a script.

use std::sync::Mutex;

use gateway_proto::host_port::HostPort;
use gateway_proto::ldap::{Attribute, ExtendedResponse, Filter};
use gateway_rt::tokio::real;
use gateway_rt::{Accepted, Tell};
use rustls::RootCertStore;

use super::*;
use crate::config::LdapAccount;

const PASSWORD: &str = "Winter-26";

fn success() -> Outcome {
    Outcome::new(ResultCode::SUCCESS)
}

fn bound(code: ResultCode) -> Vec<Op> {
    vec![Op::BindResponse(Outcome::new(code))]
}

fn alice() -> Op {
    let attributes = vec![
        Attribute::new("sAMAccountName", ["Alice"]),
        Attribute::new("memberOf", ["CN=Staff,DC=example", "CN=Admins,DC=example"]),
    ];
    Op::SearchEntry(Entry { dn: "CN=Alice,DC=example".into(), attributes })
}

fn found(entries: Vec<Op>) -> Vec<Op> {
    entries.into_iter().chain([Op::SearchDone(success())]).collect()
}

/// What a server said to which request, and what it does after its last line.
struct Server {
    config: LdapServer,
    asked: Arc<Mutex<Vec<Op>>>,
}

/// A server that meets requests with `script` and then goes silent or, without `patient`, away.
async fn server(rt: &Rt, name: &str, script: Vec<Vec<Op>>, patient: bool) -> Server {
    let mut listener = rt.net.listen(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let at = HostPort::new("127.0.0.1", listener.local_addr().port()).expect("an address");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let notes = asked.clone();
    rt.spawn("server", async move {
        let Accepted { mut stream, .. } = listener.accept().await.expect("a connection");
        let (mut inbox, mut script, mut chunk) = (Inbox::default(), script.into_iter(), [0; 4096]);
        loop {
            loop {
                let message = match inbox.take() {
                    Ok(Some(message)) => message,
                    Ok(None) => break,
                    // A TLS handshake, with which this server can do nothing.
                    Err(_) => return,
                };
                notes.lock().expect("notes").push(message.op);
                let Some(answers) = script.next() else {
                    if patient {
                        std::future::pending::<()>().await;
                    }
                    return;
                };
                for op in answers {
                    let bytes = Message { id: message.id, op }.encode();
                    stream.write_all(bytes.expose()).await.expect("an answer");
                }
            }
            match stream.read(&mut chunk).await {
                Ok(count) if count > 0 => inbox.feed(&chunk[..count]),
                _ => return,
            }
        }
    });
    let config = LdapServer { name: name.into(), at, security: LdapSecurity::PlainForTests };
    Server { config, asked }
}

/// What came of a log-in, and the events it was told with.
struct Tried {
    verdict: Result<Found, Reason>,
    events: Vec<Event>,
}

impl Tried {
    fn kinds(&self) -> Vec<&'static str> {
        self.events.iter().map(Event::kind).collect()
    }

    fn last_line(&self) -> String {
        self.events.last().expect("an event").tell().line.to_string()
    }
}

fn directory(servers: Vec<LdapServer>) -> Ldap {
    let account = LdapAccount::new("CN=gw,DC=example", Secret::new("service")).ok();
    Ldap::active_directory(servers, account, "DC=example")
}

async fn log_in_at(rt: &Rt, directory: &Ldap, user: &str, password: &str) -> Tried {
    let tls = tls::client_config(rt, RootCertStore::empty()).expect("a configuration");
    let events = Arc::new(Mutex::new(Vec::new()));
    let notes = events.clone();
    let audit: Sink = Arc::new(move |event: &Event| notes.lock().expect("notes").push(event.clone()));
    let ground = Ground { rt, tls: &tls, audit: &audit, within: Duration::from_millis(600) };
    let verdict = log_in(directory, &ground, user, &Secret::new(password)).await;
    let events = events.lock().expect("notes").clone();
    Tried { verdict, events }
}

async fn tried(script: Vec<Vec<Op>>) -> Tried {
    let rt = real();
    let server = server(&rt, "dc01", script, false).await;
    log_in_at(&rt, &directory(vec![server.config]), "alice", PASSWORD).await
}

#[tokio::test]
async fn a_user_is_found_then_bound() {
    let rt = real();
    let script = vec![bound(ResultCode::SUCCESS), found(vec![alice()]), bound(ResultCode::SUCCESS)];
    let server = server(&rt, "dc01", script, false).await;
    let tried = log_in_at(&rt, &directory(vec![server.config]), "alice", PASSWORD).await;
    let groups = vec!["CN=Staff,DC=example".to_owned(), "CN=Admins,DC=example".to_owned()];
    let expected = Found { name: "Alice".into(), dn: "CN=Alice,DC=example".into(), groups };
    assert_eq!(tried.verdict, Ok(expected));
    assert_eq!(tried.kinds(), ["factor.asked", "factor.passed"]);
    let asked = server.asked.lock().expect("notes").clone();
    let [Op::BindRequest { dn: first, .. }, Op::SearchRequest(search), Op::BindRequest { dn, password }, ..] =
        &asked[..]
    else {
        panic!("{asked:?}")
    };
    assert_eq!((first.as_str(), dn.as_str()), ("CN=gw,DC=example", "CN=Alice,DC=example"));
    assert_eq!(*password, Secret::new(PASSWORD));
    assert_eq!(search.filter, Filter::person("sAMAccountName").about("alice"));
    assert_eq!(search.size_limit, 2);
}

#[tokio::test]
async fn without_an_account_the_search_comes_first() {
    let rt = real();
    let server = server(&rt, "dc01", vec![found(vec![alice()]), bound(ResultCode::SUCCESS)], false).await;
    let directory = Ldap::active_directory(vec![server.config], None, "DC=example");
    let tried = log_in_at(&rt, &directory, "alice", PASSWORD).await;
    assert!(tried.verdict.is_ok(), "{:?}", tried.verdict);
}

#[tokio::test]
async fn refusals_are_one_for_the_user_and_many_for_the_log() {
    let data = |code: &str| {
        let text =
            format!("80090308: LdapErr: DSID-0, comment: AcceptSecurityContext error, data {code}, v1");
        vec![Op::BindResponse(Outcome::new(ResultCode::INVALID_CREDENTIALS).because(text))]
    };
    let plain = |code| vec![Op::BindResponse(Outcome::new(code))];
    for (answer, log) in [
        (data("525"), "invalidCredentials, no such user (525)"),
        (data("52e"), "invalidCredentials, wrong password (52e)"),
        (data("530"), "invalidCredentials, not at this time of day (530)"),
        (data("531"), "invalidCredentials, not from this workstation (531)"),
        (data("532"), "invalidCredentials, the password has expired (532)"),
        (data("533"), "invalidCredentials, the account is disabled (533)"),
        (data("701"), "invalidCredentials, the account has expired (701)"),
        (data("773"), "invalidCredentials, the password must be changed first (773)"),
        (data("775"), "invalidCredentials, the account is locked (775)"),
        (plain(ResultCode::INVALID_CREDENTIALS), "invalidCredentials"),
        (plain(ResultCode::CONSTRAINT_VIOLATION), "constraintViolation"),
        (plain(ResultCode::UNWILLING_TO_PERFORM), "unwillingToPerform"),
    ] {
        let tried = tried(vec![bound(ResultCode::SUCCESS), found(vec![alice()]), answer]).await;
        assert_eq!(tried.verdict, Err(Reason::LoginRefused), "{log}");
        assert_eq!(tried.kinds(), ["factor.asked", "factor.refused"]);
        assert_eq!(tried.last_line(), format!("is told by dc01 to refuse alice: {log}"));
    }
}

#[tokio::test]
async fn an_unknown_user_costs_a_bind_too_and_never_passes() {
    let rt = real();
    let script = vec![bound(ResultCode::SUCCESS), found(vec![]), bound(ResultCode::SUCCESS)];
    let server = server(&rt, "dc01", script, false).await;
    let tried = log_in_at(&rt, &directory(vec![server.config]), "mallory", PASSWORD).await;
    assert_eq!(tried.verdict, Err(Reason::LoginRefused));
    let asked = server.asked.lock().expect("notes").clone();
    assert!(matches!(&asked[2], Op::BindRequest { dn, .. } if dn == "cn=nobody,DC=example"), "{asked:?}");
}

#[tokio::test]
async fn answers_that_prove_nothing_are_refused() {
    let nameless = Op::SearchEntry(Entry { dn: "CN=x".into(), attributes: vec![] });
    let Op::SearchEntry(of_alice) = alice() else { panic!("an entry") };
    let unnamed = Op::SearchEntry(Entry { dn: String::new(), ..of_alice });
    let ok = || bound(ResultCode::SUCCESS);
    let searched = |code| vec![Op::SearchDone(Outcome::new(code))];
    let reference = || Op::SearchReference("ldap://other.example/".into());
    for (script, reason) in [
        (vec![bound(ResultCode::INVALID_CREDENTIALS)], Reason::FactorAnswer),
        (vec![ok(), found(vec![alice(), alice()])], Reason::LoginRefused),
        (vec![ok(), found(vec![nameless])], Reason::FactorAnswer),
        (vec![ok(), found(vec![unnamed])], Reason::FactorAnswer),
        (vec![ok(), searched(ResultCode::NO_SUCH_OBJECT)], Reason::FactorAnswer),
        (vec![ok(), searched(ResultCode::REFERRAL)], Reason::FactorAnswer),
        (vec![ok(), (0..32).map(|_| reference()).collect()], Reason::FactorAnswer),
        (vec![ok(), ok()], Reason::FactorAnswer),
        (vec![ok(), found(vec![alice()]), bound(ResultCode::REFERRAL)], Reason::FactorAnswer),
        (vec![ok(), found(vec![alice()]), bound(ResultCode::BUSY)], Reason::FactorAnswer),
        (vec![ok(), found(vec![alice()])], Reason::FactorAnswer),
    ] {
        assert_eq!(tried(script.clone()).await.verdict, Err(reason), "{script:?}");
    }
    let with_references = vec![ok(), found(vec![alice(), reference(), reference()]), ok()];
    assert!(tried(with_references).await.verdict.is_ok(), "references to elsewhere are read over");
}

#[tokio::test]
async fn only_a_server_that_never_answered_gives_way_to_the_next() {
    let good = || vec![bound(ResultCode::SUCCESS), found(vec![alice()]), bound(ResultCode::SUCCESS)];
    for (first, patient, kinds) in [
        (vec![], false, vec!["factor.asked", "backend.failed", "factor.asked", "factor.passed"]),
        (vec![], true, vec!["factor.asked", "factor.silent", "factor.asked", "factor.passed"]),
        (vec![bound(ResultCode::SUCCESS)], true, vec!["factor.asked", "factor.silent"]),
        (vec![bound(ResultCode::SUCCESS)], false, vec!["factor.asked", "backend.failed"]),
        (vec![bound(ResultCode::UNAVAILABLE)], false, vec!["factor.asked", "factor.discarded"]),
    ] {
        let rt = real();
        let servers = vec![
            server(&rt, "dc01", first, patient).await.config,
            server(&rt, "dc02", good(), false).await.config,
        ];
        assert_eq!(log_in_at(&rt, &directory(servers), "alice", PASSWORD).await.kinds(), kinds);
    }
}

#[tokio::test]
async fn nobody_is_asked_about_an_empty_name_or_password() {
    let rt = real();
    for (user, password) in [("", PASSWORD), ("alice", "")] {
        let server = server(&rt, "dc01", vec![bound(ResultCode::SUCCESS)], false).await;
        let tried = log_in_at(&rt, &directory(vec![server.config]), user, password).await;
        assert_eq!((tried.verdict, tried.events), (Err(Reason::LoginRefused), vec![]));
        assert!(server.asked.lock().expect("notes").is_empty());
    }
    assert!(LdapAccount::new("", Secret::new("x")).is_err());
    assert!(LdapAccount::new("CN=gw", Secret::new("")).is_err());
}

#[tokio::test]
async fn without_start_tls_nothing_is_said() {
    let rt = real();
    let agreed = |code| vec![Op::ExtendedResponse(ExtendedResponse::new(Outcome::new(code)))];
    let injected = || agreed(ResultCode::SUCCESS).into_iter().chain(bound(ResultCode::SUCCESS)).collect();
    for (script, reason) in [
        (vec![agreed(ResultCode::PROTOCOL_ERROR)], Reason::FactorAnswer),
        (vec![bound(ResultCode::SUCCESS)], Reason::FactorAnswer),
        (vec![injected()], Reason::FactorAnswer),
        // It agrees and makes no handshake: down, and nothing of it depends on the user.
        (vec![agreed(ResultCode::SUCCESS)], Reason::FactorDown),
    ] {
        let mut server = server(&rt, "dc01", script.clone(), false).await;
        server.config.security = LdapSecurity::StartTls;
        let tried = log_in_at(&rt, &directory(vec![server.config]), "alice", PASSWORD).await;
        assert_eq!(tried.verdict, Err(reason), "{script:?}");
        let asked = server.asked.lock().expect("notes").clone();
        assert!(
            matches!(
                &asked[..],
                [Op::ExtendedRequest { .. }] | [Op::ExtendedRequest { .. }, Op::UnbindRequest]
            ),
            "{asked:?}"
        );
    }
}
