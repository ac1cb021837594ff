//! Log-ins per second of a gateway on loopback sockets, with the mocks as its servers: TLS handshake, form, the question
//! to the server, the session. Prints figures and judges none: `cargo bench -p gateway-sim --bench logins`.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gateway::config::{
    Callback, Config, Factor, HostRules, Ldap, LdapSecurity, LdapServer, Mode, Modes, Names, Portal, Radius,
    RadiusGroups, RadiusServer, RadiusTiming, SessionRules,
};
use gateway::limits::Limits;
use gateway_mocks::journal::Journal;
use gateway_mocks::{ldap, radius};
use gateway_proto::cvpn::{Scheme, Target};
use gateway_proto::host_port::HostPort;
use gateway_proto::radius::MessageAuthenticatorPolicy;
use gateway_rt::http::{Client, FullBody};
use gateway_rt::{Rt, tls};
use gateway_sim::cli::stopwatch::Stopwatch;
use gateway_sim::world::TestPki;
use http::header::{CONTENT_TYPE, HOST, LOCATION};
use rustls::ClientConfig;

/// How long each figure is measured.
const MEASURED: Duration = Duration::from_secs(3);
/// Log-ins at a time: as many as people press the button in one moment.
const AT_ONCE: usize = 16;
const DEADLINE: Duration = Duration::from_secs(10);
const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const SECRET: &str = "only-for-the-lab-0001";
const BASE: &str = "DC=example,DC=test";

type Failed = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    let (rt, pki) = (gateway_rt::tokio::real(), TestPki::new(now()));
    let factors = [("RADIUS", radius(&rt).await?), ("LDAP over TLS", ldap(&rt, &pki).await?)];
    for (what, factor) in factors {
        let at = gateway(&rt, &pki, factor).await?;
        let trust = tls::client_config(&rt, pki.roots())?;
        let per_second = measure(&rt, at, &trust).await?;
        println!("log-ins with {what}, {AT_ONCE} at a time: {per_second:.0} per second");
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "certificates must be valid now")]
fn now() -> SystemTime {
    SystemTime::now()
}

async fn radius(rt: &Rt) -> Result<Factor, Failed> {
    let config = radius::Config::new(SECRET, vec![radius::User::new("alice", "Winter-26")]);
    let mock = Arc::new(radius::Mock::new(config, Journal::default())?);
    let socket = rt.net.bind_udp(LOOPBACK).await?;
    let at = socket.local_addr().to_string().parse()?;
    let serving = mock.serve_on(rt.clone(), socket);
    rt.spawn("radius", async { drop(serving.await) });
    Ok(Factor::Radius(Radius {
        servers: vec![RadiusServer { name: "radius01".to_owned(), at, secret: SECRET.into() }],
        nas_identifier: "gw".to_owned(),
        timing: RadiusTiming::default(),
        message_authenticator: MessageAuthenticatorPolicy::Required,
        groups: RadiusGroups::default(),
    }))
}

async fn ldap(rt: &Rt, pki: &TestPki) -> Result<Factor, Failed> {
    let users = vec![ldap::User::new("alice", "Winter-26")];
    let security = ldap::Security::Tls(pki.leaf(&["localhost"])?);
    let config = ldap::Config { security, ..ldap::Config::new(BASE, users) };
    let mock = Arc::new(ldap::Mock::new(config, Journal::default())?);
    let listener = rt.net.listen(LOOPBACK).await?;
    let at = HostPort::new("localhost", listener.local_addr().port())?;
    let serving = mock.serve_on(rt.clone(), listener);
    rt.spawn("ldap", async { drop(serving.await) });
    let server = LdapServer { name: "dc01".to_owned(), at, security: LdapSecurity::Tls };
    Ok(Factor::Ldap(Ldap::active_directory(vec![server], None, BASE)))
}

/// A gateway whose only limits are those of the machine.
async fn gateway(rt: &Rt, pki: &TestPki, factor: Factor) -> Result<SocketAddr, Failed> {
    let listener = rt.net.listen(LOOPBACK).await?;
    let at = listener.local_addr();
    let config = Config {
        name: "gw".to_owned(),
        fqdn: "localhost".to_owned(),
        listen: at,
        vip: at.ip(),
        identity: pki.leaf(&["localhost"])?,
        tls: tls::Profile::default(),
        trust: pki.roots(),
        names: Names::default(),
        factor,
        second: Vec::new(),
        accounting: None,
        policies: None,
        reliability: None,
        store: None,
        syslog: None,
        storefront: Portal {
            target: Target::new(Scheme::Https, "sf.example.test", 443)?,
            path: "/Citrix/StoreWeb".to_owned(),
            networks: Vec::new(),
        },
        published: Vec::new(),
        modes: Modes { browser: Mode::Cvpn, receiver: Mode::Wica },
        stas: Vec::new(),
        hosts: HostRules { networks: Vec::new(), ports: Vec::new() },
        conditions: Vec::new(),
        callback: Callback::default(),
        sessions: SessionRules::default(),
        // One account logs in all the time, more often at once than it may fail.
        limits: Limits { sessions: 1_000_000, lockout_failures: 1_000, ..Limits::default() },
    };
    let gateway = gateway::Gateway::new(config, rt.clone(), Arc::new(|_| {}))?;
    rt.spawn("gateway", async { drop(gateway.run_on(listener).await) });
    Ok(at)
}

async fn measure(rt: &Rt, at: SocketAddr, trust: &Arc<ClientConfig>) -> Result<f64, Failed> {
    log_in(rt, at, trust).await?;
    let watch = Stopwatch::start();
    let clients = (0..AT_ONCE).map(|_| {
        let (rt, trust) = (rt.clone(), trust.clone());
        async move {
            let mut done = 0_u32;
            while watch.elapsed() < MEASURED {
                log_in(&rt, at, &trust).await?;
                done += 1;
            }
            Ok::<_, Failed>(done)
        }
    });
    let done: u32 = futures_util::future::try_join_all(clients).await?.into_iter().sum();
    Ok(f64::from(done) / watch.elapsed().as_secs_f64())
}

/// As a native client does it: one connection, one form.
async fn log_in(rt: &Rt, at: SocketAddr, trust: &Arc<ClientConfig>) -> Result<(), Failed> {
    let (stream, _) = rt.connect("127.0.0.1", at.port(), DEADLINE).await?;
    let stream = tls::connect(trust.clone(), stream, "localhost", DEADLINE).await?;
    let mut client = Client::over(rt, stream).await?;
    let request = http::Request::post("/cgi/login")
        .header(HOST, format!("localhost:{}", at.port()))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(FullBody::from("login=alice&passwd=Winter-26"))?;
    let answer = client.send(request, 64 * 1024, DEADLINE).await?;
    let to = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
    if to.starts_with("/cgi/setclient") { Ok(()) } else { Err(format!("refused: {answer:?}").into()) }
}
