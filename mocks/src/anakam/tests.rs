use gateway_rt::Tell;
use gateway_rt::tokio::real;

use super::*;
use crate::serving::tests::{LOOPBACK, exchange};

const DELIVERY: &str = "<parameter name=\"destination.selection\" value=\"methods.email~Primary\"/>";

/// A running server and a way to ask it, written without the codec under test.
struct Lab {
    rt: Rt,
    at: SocketAddr,
    mock: Arc<Mock>,
}

impl Lab {
    async fn new(change: impl FnOnce(&mut Config)) -> Self {
        let rt = real();
        let listener = rt.net.listen(LOOPBACK).await.unwrap();
        let at = listener.local_addr();
        let user = |name: &str| User {
            name: name.to_owned(),
            email: Some(format!("{name}@example.test")),
            phone: None,
        };
        let mut config = Config::new("gateway", "api-secret", vec![user("alice"), user("bob")]);
        change(&mut config);
        let mock = Arc::new(Mock::new(config, Journal::default()).unwrap());
        let (world, server) = (rt.clone(), mock.clone());
        rt.spawn("anakam", async move { server.serve_on(world, listener).await.unwrap() });
        Self { rt, at, mock }
    }

    async fn send(&self, line: &str, document: &str) -> String {
        // printf gateway:api-secret | base64
        let request = format!(
            "{line} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic Z2F0ZXdheTphcGktc2VjcmV0\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{document}",
            document.len()
        );
        String::from_utf8_lossy(&exchange(&self.rt, self.at, request.as_bytes()).await).into_owned()
    }

    /// The key of a fresh log-in.
    async fn begin(&self, user: &str) -> String {
        let line = format!("POST /tfa/api/5.5/default/auth?applicationKey=/&userKey={user}");
        let answer = self.send(&line, "").await;
        let (_, rest) = answer.split_once("<AuthenticationKey>").unwrap_or_else(|| panic!("{answer}"));
        rest[..36].to_owned()
    }

    async fn put(&self, key: &str, command: &str, parameters: &str) -> String {
        let document = format!(
            "<request command=\"{command}\"><parameters><parameter value=\"192.0.2.1\" name=\"remoteIpAddress\"/>\
             <parameter value=\"{key}\" name=\"authenticationKey\"/>{parameters}</parameters></request>"
        );
        self.send(&format!("PUT /tfa/api/5.5/default/challenge/{key}"), &document).await
    }

    /// A log-in of a user up to the passcode, and that passcode.
    async fn delivered(&self, user: &str) -> (String, String) {
        let key = self.begin(user).await;
        let answer = self.put(&key, "execute", DELIVERY).await;
        assert!(answer.contains("status=\"parameters_accepted\" step=\"delivery\""), "{answer}");
        let answer = self.put(&key, "get-params", "").await;
        assert!(answer.contains("status=\"parameters_required\" step=\"challenge\""), "{answer}");
        let passcode = self.mock.passcode_of(user).unwrap();
        (key, passcode.expose_str().unwrap().to_owned())
    }

    async fn check(&self, key: &str, passcode: &str, register: &str) -> String {
        let parameters = format!("<parameter value=\"{passcode}\" name=\"user.passcode\"/>{register}");
        self.put(key, "execute", &parameters).await
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.mock.journal().entries().iter().map(|seen| seen.tell().kind).collect()
    }
}

const REGISTER: &str = "<parameter value=\"true\" name=\"user.register.device\"/>\
                        <parameter value=\"8\" name=\"user.register.device.duration\"/>";

#[tokio::test]
async fn a_device_is_registered_with_a_passcode_and_known_from_then_on() {
    let lab = Lab::new(|_| {}).await;
    let (key, passcode) = lab.delivered("alice").await;
    let answer = lab.check(&key, &passcode, REGISTER).await;
    assert!(answer.contains("status=\"authenticated\" step=\"challenge\""), "{answer}");
    assert_eq!(lab.mock.devices(), 1);
    let at = answer.find("name=\"deviceKey\" value=\"").unwrap_or_else(|| panic!("{answer}"));
    let device = &answer[at + 24..at + 60];

    let present = format!("<parameter value=\"{device}\" name=\"deviceKey\"/>");
    let key = lab.begin("alice").await;
    let answer = lab.put(&key, "execute", &present).await;
    assert!(answer.contains("status=\"authenticated\" step=\"terminated\""), "{answer}");
    // With another user's log-in the same device is none.
    let key = lab.begin("bob").await;
    let answer = lab.put(&key, "execute", &present).await;
    assert!(answer.contains("status=\"parameters_required\""), "{answer}");
    assert!(lab.kinds().iter().all(|kind| KINDS.contains(kind)));
}

#[tokio::test]
async fn a_passcode_counts_once_in_its_own_log_in_and_not_too_often() {
    let lab = Lab::new(|config| config.wrong_max = 2).await;
    let (key, passcode) = lab.delivered("alice").await;
    assert!(lab.check(&key, &passcode, "").await.contains("status=\"authenticated\""));
    assert!(lab.check(&key, &passcode, "").await.contains("authentication.unknown"), "used up");

    let (alice, passcode) = lab.delivered("alice").await;
    let (bob, _) = lab.delivered("bob").await;
    assert!(lab.check(&bob, &passcode, "").await.contains("status=\"parameters_required\""));
    assert!(lab.check(&bob, &passcode, "").await.contains("passcode.wrong"), "too often");
    assert!(lab.check(&alice, &passcode, "").await.contains("status=\"authenticated\""));
}

#[tokio::test]
async fn passcodes_expire_and_show_up_nowhere() {
    let lab = Lab::new(|config| config.passcode_life = Duration::ZERO).await;
    let (key, passcode) = lab.delivered("alice").await;
    assert!(lab.check(&key, &passcode, "").await.contains("passcode.expired"));
    for seen in lab.mock.journal().entries() {
        let told = seen.tell();
        assert!(!told.line.to_string().contains(&passcode) && !format!("{seen:?}").contains(&passcode));
    }
    assert!(lab.kinds().contains(&"anakam.delivered"));
}

#[tokio::test]
async fn only_the_account_of_the_gateway_is_served() {
    let lab = Lab::new(|config| config.password = Secret::new("another")).await;
    let answer = lab.send("POST /tfa/api/5.5/default/auth?applicationKey=/&userKey=alice", "").await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(lab.kinds(), ["anakam.refused"]);
}

#[tokio::test]
async fn a_server_that_lies_answers_in_another_log_in() {
    let lab = Lab::new(|config| {
        config.misbehaviours = vec![Rule::always(Misbehaviour::WrongId).on(Operation::Answer)];
    });
    let lab = lab.await;
    let (key, passcode) = lab.delivered("alice").await;
    let answer = lab.check(&key, &passcode, "").await;
    assert!(answer.contains("status=\"authenticated\"") && !answer.contains(&key), "{answer}");
}

#[test]
fn what_it_can_not_act_out_is_refused() {
    let rules = vec![Rule::always(Misbehaviour::Duplicate)];
    let config = Config { misbehaviours: rules, ..Config::new("gateway", "secret", Vec::new()) };
    assert!(Mock::new(config, Journal::default()).is_err());
}
