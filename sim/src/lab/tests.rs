//! The lab as people use it: from outside, over real sockets, with the built-in Receiver.

use std::time::Duration;

use bytes::Bytes;
use gateway_rt::Rt;
use gateway_rt::http::{Client, FullBody};
use http::{Request, Response, StatusCode};

use super::*;

/// Patience for one answer; a launch with its handshakes fits many times.
const PATIENCE: Duration = Duration::from_secs(20);

/// A page may be this long.
const PAGE_BYTES_MAX: usize = 1024 * 1024;

fn lab() -> Lab {
    // Not those of a lab that a developer has open.
    Lab::new(Ports { gateway: 18_443, pages: 18_080 }, Mode::Wica).expect("free ports")
}

/// One request to the pages of a lab, from outside.
async fn ask(rt: &Rt, lab: &Lab, request: Request<FullBody>) -> Response<Bytes> {
    let at = lab.pages().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let (host, port) = at.split_once(':').expect("an address with a port");
    let (stream, _) = rt.connect(host, port.parse().expect("a port"), PATIENCE).await.expect("it listens");
    let mut client = Client::over(rt, stream).await.expect("it speaks HTTP");
    client.send(request, PAGE_BYTES_MAX, PATIENCE).await.expect("it answers")
}

fn request(lab: &Lab, method: &str, path: &str, body: &'static str) -> http::request::Builder {
    let host = lab.pages().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let length = body.len().to_string();
    Request::builder().method(method).uri(path).header("host", host).header("content-length", length)
}

async fn get(rt: &Rt, lab: &Lab, path: &str) -> String {
    let request = request(lab, "GET", path, "").body(FullBody::default()).expect("a request");
    let answer = ask(rt, lab, request).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    let policy = answer.headers()["content-security-policy"].to_str().expect("text");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    String::from_utf8(answer.into_body().to_vec()).expect("UTF-8")
}

async fn post(rt: &Rt, lab: &Lab, form: &'static str, origin: Option<&str>) -> (StatusCode, String) {
    let mut request = request(lab, "POST", "/launch", form);
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    let request = request.body(FullBody::from(form)).expect("a request");
    let answer = ask(rt, lab, request).await;
    let location = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
    (answer.status(), location.to_owned())
}

#[test]
fn a_launch_shows_its_code_and_its_sequence() {
    let (lab, rt) = (lab(), gateway_rt::tokio::real());
    lab.run(async {
        assert!(get(&rt, &lab, "/phone").await.contains("No code yet"));
        assert!(get(&rt, &lab, "/sequence").await.contains("Nobody has logged in yet"));
        let launched = post(&rt, &lab, "user=alice&app=Notepad", None).await;
        assert_eq!(launched, (StatusCode::SEE_OTHER, "/sequence?hold".to_owned()));
        let phone = get(&rt, &lab, "/phone").await;
        let alice = lab.people().iter().find(|person| person.name == "alice").expect("alice");
        let Second::Codes(codes) = &alice.second else { panic!("{alice:?}") };
        assert!(phone.contains(&codes[0]) && phone.contains("Accepted"), "{phone}");
        let sequence = get(&rt, &lab, "/sequence").await;
        for told in ["logs in as alice", "RequestData", "types", "logs out", "</svg>"] {
            assert!(sequence.contains(told), "{told}: {sequence}");
        }
        assert!(!sequence.contains(&alice.password) && !sequence.contains(&codes[0]));
    });
}

#[test]
fn each_log_in_of_dora_brings_another_e_mail() {
    let (lab, rt) = (lab(), gateway_rt::tokio::real());
    lab.run(async {
        let mut codes = Vec::new();
        for _ in 0..3 {
            let launched = post(&rt, &lab, "user=dora&app=Notepad", None).await;
            assert_eq!(launched, (StatusCode::SEE_OTHER, "/sequence?hold".to_owned()));
            let phone = get(&rt, &lab, "/phone").await;
            assert!(phone.contains("to dXXX@example.test") && phone.contains("Accepted"), "{phone}");
            let shown: Vec<&str> = phone.split("<p class=\"code\">").skip(1).collect();
            assert_eq!(shown.len(), 1, "only the latest is kept: {phone}");
            codes.push(shown[0][..6].to_owned());
        }
        assert!(codes[0] != codes[1] || codes[1] != codes[2], "{codes:?}");
        assert!(!get(&rt, &lab, "/sequence").await.contains(&codes[2]));
    });
}

#[test]
fn what_may_not_be_is_said_on_the_first_page() {
    let (lab, rt) = (lab(), gateway_rt::tokio::real());
    lab.run(async {
        let refused = post(&rt, &lab, "user=carol&app=Calculator", None).await;
        assert_eq!(refused, (StatusCode::SEE_OTHER, "/".to_owned()));
        assert!(get(&rt, &lab, "/").await.contains("carol may not use Calculator"));
        assert!(!get(&rt, &lab, "/").await.contains("role=\"alert\""), "it is said once");
        assert_eq!(post(&rt, &lab, "user=nobody&app=Notepad", None).await.0, StatusCode::BAD_REQUEST);
    });
}

#[test]
fn other_sites_and_other_names_are_turned_away() {
    let (lab, rt) = (lab(), gateway_rt::tokio::real());
    lab.run(async {
        for origin in ["https://elsewhere.test", "null"] {
            let (status, _) = post(&rt, &lab, "user=alice&app=Notepad", Some(origin)).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{origin}");
        }
        let own = lab.pages().trim_end_matches('/').to_owned();
        let (status, _) = post(&rt, &lab, "user=carol&app=Notepad", Some(&own)).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let foreign = Request::get("/").header("host", "elsewhere.test:8080").body(FullBody::default());
        let answer = ask(&rt, &lab, foreign.expect("a request")).await;
        assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
        let wrong = request(&lab, "GET", "/launch", "").body(FullBody::default()).expect("a request");
        assert_eq!(ask(&rt, &lab, wrong).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    });
}

#[test]
fn a_second_lab_takes_the_next_ports() {
    let (one, other) = (lab(), lab());
    assert_ne!(one.portal(), other.portal());
    assert_ne!(one.pages(), other.pages());
}
