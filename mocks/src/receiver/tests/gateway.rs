//! A gateway in miniature: log-in pages, a way through to StoreFront, SOCKS with tickets. It checks what a real
//! one would insist on, and nothing of it is shared with the gateway under test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway_proto::host_port::HostPort;
use gateway_proto::ticket::Ticket;
use gateway_rt::http::{Client, FullBody, read_body};
use gateway_rt::prefixed::Prefixed;
use gateway_rt::tls::{self, Identity};
use gateway_rt::{Listener, Rt, Stream};
use http::header::{HOST, LOCATION, SET_COOKIE};
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use rustls::RootCertStore;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::serving::accept_loop;
use crate::sta;

const DEADLINE: Duration = Duration::from_secs(10);
pub(super) const NAME: &str = "gw.example.test";
pub(super) const SESSION: &str = "0123456789abcdef0123456789abcdef";
const COOKIE: &str = "NSC_AAAC=0123456789abcdef0123456789abcdef";

/// What the gateway's pages do.
#[derive(Clone, Default)]
pub(super) struct Script {
    /// Where `setclient` leads: `wica` or `cvpn`.
    pub(super) mode: &'static str,
    /// Where requests for the store go.
    pub(super) store: Option<HostPort>,
    /// Who redeems tickets.
    pub(super) sta: Option<Arc<sta::Mock>>,
}

pub(super) struct Gateway {
    pub(super) at: HostPort,
    pub(super) roots: RootCertStore,
}

pub(super) async fn listen(rt: &Rt) -> (Box<dyn Listener>, HostPort) {
    let listener = rt.net.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let at = listener.local_addr().to_string().parse().unwrap();
    (listener, at)
}

pub(super) async fn start(rt: &Rt, script: Script) -> Gateway {
    let signed = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der()).into();
    let identity = Identity { chain: vec![signed.cert.der().clone()], key };
    let mut roots = RootCertStore::empty();
    roots.add(signed.cert.der().clone()).unwrap();
    let config = tls::server_config(rt, identity, tls::Profile::default()).unwrap();
    let (listener, at) = listen(rt).await;
    let world = rt.clone();
    rt.spawn("gateway", async move {
        let inner = world.clone();
        let serve = move |stream, _peer: SocketAddr| {
            let (config, script, rt) = (config.clone(), script.clone(), inner.clone());
            async move {
                if let Ok(stream) = tls::accept(config, stream, DEADLINE).await {
                    connection(rt, stream, script).await;
                }
            }
        };
        accept_loop(&world, listener, "gateway-connection", serve).await.unwrap();
    });
    Gateway { at, roots }
}

async fn connection(rt: Rt, mut stream: Stream, script: Script) {
    let mut first = [0];
    if stream.read_exact(&mut first).await.is_err() {
        return;
    }
    let stream: Stream = Box::new(Prefixed::new(first.to_vec(), stream));
    if first == [5] {
        socks(&rt, stream, script.sta.as_deref()).await;
    } else {
        let handler = move |request| page(rt.clone(), script.clone(), request);
        drop(gateway_rt::http::serve(stream, handler).await);
    }
}

/// Takes a greeted CONNECT with a ticket, and nothing else.
async fn socks(rt: &Rt, mut stream: Stream, sta: Option<&sta::Mock>) {
    let mut greeting = [0; 3];
    stream.read_exact(&mut greeting).await.unwrap();
    stream.write_all(&[5, 0]).await.unwrap();
    let mut head = [0; 5];
    if stream.read_exact(&mut head).await.is_err() {
        return;
    }
    let mut rest = vec![0; usize::from(head[4]) + 2];
    stream.read_exact(&mut rest).await.unwrap();
    let ticket = Ticket::parse(&rest[..rest.len() - 2]);
    let redeemed = ticket.ok().and_then(|ticket| sta?.redeem(&ticket).ok());
    let Some(host) = redeemed.and_then(|data| data.ica_address) else {
        stream.write_all(&[5, 2, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        stream.shutdown().await.unwrap();
        return;
    };
    let (mut back, _) = rt.connect(host.host(), host.port(), DEADLINE).await.unwrap();
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
    drop(tokio::io::copy_bidirectional(&mut stream, &mut back).await);
}

async fn page(rt: Rt, script: Script, request: Request<Incoming>) -> Response<FullBody> {
    let (head, body) = request.into_parts();
    let body = read_body(body, 1 << 20, DEADLINE).await.unwrap();
    assert_eq!(head.headers.get(HOST).unwrap(), NAME);
    let text = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let logged_in = text("cookie").is_some_and(|cookies| cookies.contains(COOKIE));
    let target = head.uri.path_and_query().unwrap().as_str().to_owned();
    if head.method == http::Method::POST && text("user-agent").unwrap().starts_with("Mozilla") {
        assert_eq!(text("origin").as_deref(), Some("https://gw.example.test"), "{target}");
    }
    match target.as_str() {
        "/" => redirect("/vpn/index.html", &[]),
        "/vpn/index.html" => html(LOGIN),
        "/cgi/login" => login(&body),
        "/cgi/dlge" => {
            assert!(text("cookie").unwrap().contains("NSC_DLGE=pending"));
            match field(&body, "response").as_deref() {
                Some("492817") if field(&body, "token").as_deref() == Some("t2") => done(script.mode),
                _ => wrong(),
            }
        }
        "/cgi/tlogin" if field(&body, "cm").as_deref() == Some("Transfer") => done("wica"),
        "/cgi/logout" => redirect(
            "/vpn/index.html",
            &["NSC_AAAC=xyz;Path=/;expires=Wednesday, 09-Nov-1999 23:12:40 GMT;Secure"],
        ),
        _ if !logged_in => redirect("/vpn/index.html", &[]),
        "/cgi/setclient?wica" => html("<meta http-equiv=\"refresh\" content=\"0;url=/Citrix/StoreWeb/\">"),
        "/cgi/setclient?cvpn" => redirect("/vpns/cvpnpage.html", &[]),
        "/cgi/setclient?other" => html(
            "<form method=post action=/cgi/tlogin><input type=hidden name=adr value=c0a8>Elsewhere</form>",
        ),
        "/vpns/cvpnpage.html" => redirect("/Citrix/StoreWeb", &[]),
        "/loop" => redirect("/loop", &[]),
        _ => forward(&rt, script.store.as_ref(), head, body).await,
    }
}

const LOGIN: &str = "<form method=post action=/cgi/login><input type=hidden name=token value=t1>\
    <input name=login><input type=password name=passwd></form>";
const CHALLENGE: &str = "<form name=dlgform method=post action=/cgi/dlge><label>Enter your passcode</label>\
    <input type=hidden name=token value=t2><input type=password name=response><button>Go on</button></form>";

fn login(body: &[u8]) -> Response<FullBody> {
    assert_eq!(field(body, "token").as_deref(), Some("t1"));
    match (field(body, "login").as_deref(), field(body, "passwd").as_deref()) {
        (Some("alice"), Some("Winter-26")) => {
            let mut page = html(CHALLENGE);
            page.headers_mut()
                .append(SET_COOKIE, HeaderValue::from_static("NSC_DLGE=pending;Path=/;Secure;HttpOnly"));
            page
        }
        (Some("carol"), _) => {
            let mut page = html("<p>You are logged in elsewhere.</p>");
            page.headers_mut().insert("ns-blocker", HeaderValue::from_static("Kicked Out"));
            page
        }
        (Some("dave"), _) => done("other"),
        (Some("erin"), _) => redirect("/loop", &["NSC_AAAC=0123456789abcdef0123456789abcdef;Path=/"]),
        (Some("frank"), _) => {
            let mut page = html("<h1>Log-in is not possible now</h1><code>radius-timeout</code>");
            *page.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            page
        }
        _ => wrong(),
    }
}

fn wrong() -> Response<FullBody> {
    redirect("/vpn/index.html", &["NSC_VPNERR=4001;Path=/"])
}

fn done(mode: &str) -> Response<FullBody> {
    redirect(
        &format!("/cgi/setclient?{mode}"),
        &["NSC_AAAC=0123456789abcdef0123456789abcdef;Path=/;Secure;HttpOnly"],
    )
}

fn field(body: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn html(body: &'static str) -> Response<FullBody> {
    Response::new(FullBody::from(body))
}

fn redirect(to: &str, cookies: &[&str]) -> Response<FullBody> {
    let mut response = Response::new(FullBody::default());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(LOCATION, to.parse().unwrap());
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie.parse().unwrap());
    }
    response
}

/// Passes a request on to StoreFront as the user alice.
async fn forward(
    rt: &Rt,
    store: Option<&HostPort>,
    mut head: http::request::Parts,
    body: Bytes,
) -> Response<FullBody> {
    let Some(store) = store else { return html("<p>A store.</p>") };
    for (name, value) in [
        ("x-citrix-via", NAME),
        ("x-citrix-via-vip", "192.0.2.1"),
        ("x-citrix-gateway", "Yes"),
        ("authorization", "Basic YWxpY2U6V2ludGVyLTI2"),
    ] {
        head.headers.insert(name, HeaderValue::from_static(value));
    }
    let (stream, _) = rt.connect(store.host(), store.port(), DEADLINE).await.unwrap();
    let mut client = Client::over(rt, stream).await.unwrap();
    let request = Request::from_parts(head, FullBody::from(body));
    let (head, body) = client.send(request, 1 << 20, DEADLINE).await.unwrap().into_parts();
    Response::from_parts(head, FullBody::from(body))
}
