//! Same seed, same bytes, TLS included; and a breach is seen.

use std::sync::Arc;

use gateway_rt::tls;
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, SupportedProtocolVersion};

use super::*;

#[derive(Debug)]
struct AtStart;

impl TimeProvider for AtStart {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(DEFAULT_START))
    }
}

fn client_config(rt: &Rt, pki: &TestPki, version: &'static SupportedProtocolVersion) -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_details(rt.crypto.clone(), Arc::new(AtStart))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(pki.roots())
        .with_no_client_auth();
    Arc::new(config)
}

async fn tls_echo_server(rt: Rt, pki: Arc<TestPki>) -> io::Result<()> {
    let config =
        tls::server_config(&rt, pki.leaf(&["gw.example.test"]).unwrap(), tls::Profile::default()).unwrap();
    let mut listener = rt.net.listen(at(443)).await?;
    loop {
        let accepted = listener.accept().await?;
        let config = config.clone();
        rt.spawn("tls echo", async move {
            if let Ok(stream) = tls::accept(config, accepted.stream, DEADLINE).await {
                // However it ends: the client is killed in some runs.
                let _ = echo_stream(stream).await;
            }
        });
    }
}

/// Talks over TLS for ever, on a new connection every few messages, beside an idle one.
async fn tls_client(rt: Rt, pki: Arc<TestPki>, version: &'static SupportedProtocolVersion) -> io::Result<()> {
    loop {
        let mut open = Vec::new();
        for _ in 0..3 {
            let Ok(stream) = dial(&rt, "gw.example.test", 443).await else { continue };
            let config = client_config(&rt, &pki, version);
            let Ok(mut stream) = tls::connect(config, stream, "gw.example.test", DEADLINE).await else {
                continue;
            };
            if stream.write_all(&[7; 3000]).await.is_ok() && stream.read_exact(&mut [0; 3000]).await.is_ok() {
                open.push(stream);
            }
        }
        for mut stream in open {
            // It may have been reset.
            let _ = stream.shutdown().await;
        }
    }
}

/// Two clients and a gateway, with everything that happens to networks and hosts.
fn busy_run(config: WorldConfig, version: &'static SupportedProtocolVersion) -> Outcome {
    let mut world = World::new(config);
    let pki = Arc::new(TestPki::new(UNIX_EPOCH + DEFAULT_START));
    let server = pki.clone();
    world.add_host("gw", move |rt| Box::pin(tls_echo_server(rt, server.clone()))).unwrap();
    for name in ["desk", "couch"] {
        let pki = pki.clone();
        world.add_host(name, move |rt| Box::pin(tls_client(rt, pki.clone(), version))).unwrap();
    }
    world.alias("gw.example.test", "gw").unwrap();
    world.latency(Path::between("desk", "gw"), Latency::between(ms(1), ms(9))).unwrap();
    world.run_for(ms(200));
    world.restart("desk").unwrap();
    world.run_for(ms(100));
    world.cut(Path::between("couch", "gw")).unwrap();
    world.run_for(ms(50));
    world.heal(Path::between("couch", "gw")).unwrap();
    world.run_for(ms(50));
    world.crash("gw").unwrap();
    world.run_for(ms(20));
    world.restart("gw").unwrap();
    world.run_for(ms(100));
    world.power_loss("gw").unwrap();
    world.run_for(ms(20));
    world.restart("gw").unwrap();
    world.run_for(ms(100));
    world.finish()
}

fn tls13(seed: u64) -> Outcome {
    busy_run(config(seed), &rustls::version::TLS13)
}

#[test]
fn same_seed_same_bytes_tls_1_3_and_1_2() {
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let first = busy_run(config(1), version);
        assert_eq!(first.panics, []);
        assert!(first.bytes > 100_000 && first.drawn > 1000, "{first:?}");
        assert_eq!(first, busy_run(config(1), version));
        assert_ne!(first.digest, busy_run(config(2), version).digest);
    }
}

#[test]
fn threads_do_not_disturb_each_other() {
    let expected = tls13(3);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|n| scope.spawn(move || (n, tls13(3 + n % 2)))).collect();
        for run in runs {
            let (n, outcome) = run.join().unwrap();
            assert_eq!(outcome == expected, n % 2 == 0, "thread {n}");
        }
    });
}

#[test]
fn worlds_on_one_thread_do_not_disturb_each_other() {
    let echo = |seed| {
        let (world, _) = beside_echo(seed, |rt, _| async move {
            let mut stream = dial(&rt, "server", 7).await?;
            loop {
                let bytes: [u8; 9] = gateway_rt::entropy::bytes(rt.entropy.as_ref(), Purpose("p"));
                stream.write_all(&bytes).await?;
                stream.read_exact(&mut [0; 9]).await?;
            }
        });
        world
    };
    let mut alone = echo(1);
    alone.run_for(ms(200));
    let (mut one, mut other) = (echo(1), echo(2));
    for _ in 0..200 {
        one.step();
        other.step();
    }
    assert_eq!(one.finish(), alone.finish());
}

#[test]
fn recorded_packets_agree_and_do_not_change_the_digest() {
    let recording = || busy_run(WorldConfig { record: true, ..config(1) }, &rustls::version::TLS13);
    let (one, other) = (recording(), recording());
    assert_eq!(one, other);
    assert_eq!(one.digest, tls13(1).digest);
    let bytes: usize = one.recorded.iter().map(|packet| packet.bytes.len()).sum();
    assert_eq!(bytes as u64, one.bytes);
    assert_eq!(one.recorded.len() as u64, one.packets);
    assert!(one.recorded.is_sorted_by_key(|packet| packet.at));
}

#[test]
fn what_is_planted_is_seen() {
    for planted in [Planted::HashMapOrder, Planted::UnseededDraw] {
        let run = || {
            let config = WorldConfig { planted: Some(planted), ..config(1) };
            busy_run(config, &rustls::version::TLS13).digest
        };
        let first = run();
        assert!((0..3).any(|_| run() != first), "{planted:?}");
    }
}

#[test]
fn certificates_are_the_same_bytes_each_time() {
    let made = || {
        let pki = TestPki::new(UNIX_EPOCH + DEFAULT_START);
        let leaf = pki.leaf(&["gw.example.test", "10.0.0.1"]).unwrap();
        (pki.root_pem(), leaf.chain, leaf.key.secret_der().to_vec())
    };
    assert_eq!(made(), made());
    assert!(TestPki::new(UNIX_EPOCH + DEFAULT_START).leaf(&["\u{e9}"]).is_err());
}

#[test]
fn bad_certificates_are_refused() {
    let pki = TestPki::new(UNIX_EPOCH + DEFAULT_START);
    let name = "gw.example.test";
    let tried = |identity: tls::Identity| {
        let (mut world, diary) = (World::new(config(1)), Diary::default());
        let roots = TestPki::new(UNIX_EPOCH + DEFAULT_START).roots();
        host(&mut world, "gw", &diary, move |rt, _| {
            let config = tls::server_config(&rt, identity.clone(), tls::Profile::default()).unwrap();
            async move {
                let accepted = rt.net.listen(at(443)).await?.accept().await?;
                tls::accept(config, accepted.stream, DEADLINE).await.map(drop).map_err(io::Error::other)
            }
        });
        host(&mut world, "client", &diary, move |rt, diary| {
            let config = tls::client_config(&rt, roots.clone()).unwrap();
            async move {
                sleep_until(&rt, 2000).await;
                let stream = dial(&rt, "gw", 443).await?;
                let end = tls::connect(config, stream, name, DEADLINE).await;
                diary.note(&rt, end.map_or_else(|error| error.to_string(), |_| "ok".to_owned()));
                Ok(())
            }
        });
        world.run_for(ms(2100));
        diary.lines().pop().unwrap()
    };
    assert!(tried(pki.leaf(&[name]).unwrap()).ends_with(" ok"));
    for (identity, why) in [
        (pki.expired(&[name]).unwrap(), "expired"),
        (pki.expiring(&[name], ms(1000)).unwrap(), "expired"),
        (pki.leaf(&["other.example.test"]).unwrap(), "not valid for name"),
        (pki.self_signed(&[name]).unwrap(), "UnknownIssuer"),
    ] {
        let said = tried(identity);
        assert!(said.contains(why), "{why}: {said}");
    }
}
