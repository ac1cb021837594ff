//! A client in the place of the gateway: signs users on, keeps cookies, and answers call-backs.

use std::time::Duration;

use data_encoding::BASE64;
use gateway_proto::access_info::{AccessCondition, Request as AccessRequest, Response as AccessResponse};
use gateway_proto::host_port::HostPort;
use gateway_rt::http::{FullBody, read_body};
use gateway_rt::{Listener, Rt};
use http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use hyper::body::Incoming;

use crate::receiver::cookies::Jar;
use crate::serving::{Answer, http_server};

pub(super) const GATEWAY: &str = "gw.example.test:443";
pub(super) const HANDLE: &str = "00112233445566778899aabbccddeeff";

const BASE: &str = "/Citrix/StoreWeb/";
const DEADLINE: Duration = Duration::from_secs(10);
const NOW: Duration = Duration::from_secs(1_800_000_000);

pub(super) fn rt() -> Rt {
    gateway_rt::tokio::real()
}

pub(super) async fn listen(rt: &Rt) -> (Box<dyn Listener>, HostPort) {
    let listener = rt.net.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let at = listener.local_addr().to_string().parse().unwrap();
    (listener, at)
}

pub(super) struct Client {
    rt: Rt,
    at: HostPort,
    jar: Jar,
    hidden_cookie: &'static str,
    pub(super) via: String,
}

pub(super) struct Got {
    pub(super) status: u16,
    pub(super) text: String,
    headers: HeaderMap,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Client {
    pub(super) fn new(rt: Rt, at: HostPort) -> Self {
        Self { rt, at, jar: Jar::default(), hidden_cookie: "", via: "GW.example.test".to_owned() }
    }

    /// Leaves a cookie at home from now on.
    pub(super) fn without_cookie(&mut self, name: &'static str) -> &mut Self {
        self.hidden_cookie = name;
        self
    }

    pub(super) async fn begin(&mut self) {
        let configuration = self.send("POST", &format!("{BASE}Home/Configuration"), &[], "").await;
        assert_eq!(configuration.status, 200);
        assert!(configuration.text.contains("listURL=\"Resources/List\""), "{}", configuration.text);
    }

    pub(super) async fn get(&mut self, target: &str) -> Got {
        self.send("GET", target, &[], "").await
    }

    fn csrf(&self) -> String {
        self.jar.readable("CsrfToken", BASE, NOW).unwrap_or_default().to_owned()
    }

    /// A request as the site's script makes it.
    pub(super) async fn script(&mut self, link: &str, form: &str) -> Got {
        let csrf = self.csrf();
        let headers = [("Csrf-Token", csrf.as_str()), ("X-Citrix-IsUsingHTTPS", "Yes")];
        self.send("POST", &format!("{BASE}{link}"), &headers, form).await
    }

    pub(super) async fn launch(&mut self, id: &str) -> Got {
        let csrf = self.csrf();
        self.get(&format!("{BASE}Resources/LaunchIca/{id}.ica?CsrfToken={csrf}&IsUsingHttps=Yes")).await
    }

    pub(super) async fn log_on(&mut self, user: &str, password: &str) -> Got {
        let csrf = self.csrf();
        let script = [("Csrf-Token", csrf.as_str()), ("X-Citrix-IsUsingHTTPS", "Yes")];
        self.sign_on(user, password, &script, "").await
    }

    pub(super) async fn log_on_by_form(&mut self, user: &str, password: &str) -> Got {
        let form = format!("CsrfToken={}", self.csrf());
        self.sign_on(user, password, &[], &form).await
    }

    async fn sign_on(&mut self, user: &str, password: &str, more: &[(&str, &str)], form: &str) -> Got {
        let basic = format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()));
        let via = self.via.clone();
        let mut headers = vec![
            ("X-Citrix-Via", via.as_str()),
            ("X-Citrix-Via-VIP", "192.0.2.1"),
            ("X-Citrix-Gateway", "Yes"),
            ("X-Citrix-Gateway-Session", HANDLE),
            ("Authorization", basic.as_str()),
        ];
        headers.extend(more);
        self.send("POST", &format!("{BASE}GatewayAuth/Login"), &headers, form).await
    }

    pub(super) async fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Got {
        let mut request = Request::new(FullBody::from(body.to_owned()));
        *request.method_mut() = method.parse().unwrap();
        *request.uri_mut() = target.parse().unwrap();
        request.headers_mut().insert(HOST, HeaderValue::from_static("sf.example.test"));
        request
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let path = target.split('?').next().unwrap();
        if let Some(cookies) = self.jar.header(path, true, NOW) {
            let kept: Vec<&str> = cookies
                .split("; ")
                .filter(|c| self.hidden_cookie.is_empty() || !c.starts_with(self.hidden_cookie))
                .collect();
            request.headers_mut().insert(COOKIE, kept.join("; ").parse().unwrap());
        }
        for (name, value) in headers {
            request.headers_mut().insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let (stream, _) = self.rt.connect(self.at.host(), self.at.port(), DEADLINE).await.unwrap();
        let mut client = gateway_rt::http::Client::over(&self.rt, stream).await.unwrap();
        let (head, body) = client.send(request, 1 << 20, DEADLINE).await.unwrap().into_parts();
        for cookie in head.headers.get_all(SET_COOKIE) {
            self.jar.set(cookie.to_str().unwrap(), "sf.example.test", path, NOW);
        }
        let text = String::from_utf8(body.to_vec()).unwrap();
        Got { status: head.status.as_u16(), text, headers: head.headers }
    }
}

/// A gateway that knows the session of [`HANDLE`] as one of alice, or no session at all.
pub(super) async fn conditions_server(knows: bool) -> HostPort {
    let rt = rt();
    let (listener, at) = listen(&rt).await;
    let world = rt.clone();
    rt.spawn("call-back", async move {
        let handler = move |_peer, request| call_back(knows, request);
        http_server(&world, listener, None, "call-back", handler).await.unwrap();
    });
    at
}

async fn call_back(knows: bool, request: Request<Incoming>) -> Answer {
    assert_eq!(request.uri().path(), gateway_proto::access_info::PATH);
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    assert!(gateway_proto::access_info::is_soap_action(&header("soapaction")));
    assert_eq!(header("x-gateway-callback-token"), "callback-token");
    let body = read_body(request.into_body(), 1 << 16, DEADLINE).await.unwrap();
    let asked = AccessRequest::parse(&body).unwrap();
    assert_eq!((asked.session_id().expose(), asked.username.as_str()), (HANDLE.as_bytes(), "alice"));
    let pair = AccessCondition { farm: "vs_gw".into(), condition: "compliant".into() };
    let answer =
        if knows { AccessResponse::Conditions(vec![pair]) } else { AccessResponse::unknown_session() };
    let mut response = Response::new(FullBody::from(answer.write().unwrap()));
    *response.status_mut() = answer.http_status().try_into().unwrap();
    Answer::Whole(response)
}
