//! The real world by itself: addresses, faults, lives and time, on sockets of this machine.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::UNIX_EPOCH;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::fabric::Protocol;
use super::*;
use crate::world::{DatagramFault, Path};

const MS: Duration = Duration::from_millis(1);

/// What the hosts of a test saw, with the moment.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(Duration, String)>>>);

impl Seen {
    fn tell(&self, at: Duration, text: impl Into<String>) {
        self.0.lock().expect("no test panics here").push((at, text.into()));
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().expect("no test panics here").iter().map(|(_, text)| text.clone()).collect()
    }

    fn at(&self, text: &str) -> Option<Duration> {
        let seen = self.0.lock().expect("no test panics here");
        seen.iter().find(|(_, seen)| seen == text).map(|(at, _)| *at)
    }
}

fn world() -> World {
    let latency = Latency::fixed(5 * MS);
    let config = Config { seed: Some(1), start: UNIX_EPOCH, tick: MS, factor: 10_000, latency };
    World::new(&config).expect("a runtime")
}

/// A server that echoes each stream, and tells who connected and how it ended.
fn echo(world: &mut World, seen: &Seen) {
    let (seen, now) = (seen.clone(), world.stopwatch());
    let software: Software = Box::new(move |rt: Rt| {
        let (seen, now) = (seen.clone(), now.clone());
        Box::pin(async move {
            let mut listener = rt.net.listen("0.0.0.0:7".parse().expect("an address")).await?;
            loop {
                let mut accepted = listener.accept().await?;
                seen.tell(now(), format!("from {}", accepted.peer.ip()));
                let (seen, now) = (seen.clone(), now.clone());
                rt.spawn("echo", async move {
                    let mut buf = [0; 64];
                    let end = loop {
                        match accepted.stream.read(&mut buf).await {
                            Ok(0) => break "end".to_owned(),
                            Ok(n) => drop(accepted.stream.write_all(&buf[..n]).await),
                            Err(error) => break error.kind().to_string(),
                        }
                    };
                    seen.tell(now(), format!("server: {end}"));
                });
            }
        })
    });
    world.add_host("server", software).expect("a free name");
}

/// A client that connects, sends a byte every 50 ms and tells what comes.
fn typist(world: &mut World, seen: &Seen) {
    let (seen, now) = (seen.clone(), world.stopwatch());
    let software: Software = Box::new(move |rt: Rt| {
        let (seen, now) = (seen.clone(), now.clone());
        Box::pin(async move {
            let mut stream = match rt.connect("server", 7, Duration::from_secs(60)).await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    seen.tell(now(), error.to_string());
                    return Ok(());
                }
            };
            seen.tell(now(), "connected");
            let mut byte = [0];
            loop {
                if let Err(error) = stream.write_all(b"x").await {
                    seen.tell(now(), error.kind().to_string());
                    return Ok(());
                }
                match stream.read(&mut byte).await {
                    Ok(0) => {
                        seen.tell(now(), "end");
                        return Ok(());
                    }
                    Ok(_) => seen.tell(now(), "x"),
                    Err(error) => {
                        seen.tell(now(), error.kind().to_string());
                        return Ok(());
                    }
                }
                tokio::time::sleep(50 * MS).await;
            }
        })
    });
    world.add_host("client", software).expect("a free name");
}

fn run_until(world: &mut World, until: Duration) {
    while world.now() < until {
        world.step();
    }
    assert_eq!(world.panics(), []);
}

fn both(seen: &Seen) -> World {
    let mut world = world();
    echo(&mut world, seen);
    typist(&mut world, seen);
    world
}

#[test]
fn hosts_know_each_other_by_the_addresses_of_the_simulated_world() {
    let seen = Seen::default();
    let mut world = both(&seen);
    run_until(&mut world, 100 * MS);
    assert!(seen.all().contains(&"from 10.0.0.2".to_owned()), "{:?}", seen.all());
    let connected = seen.at("connected").expect("it connects");
    assert!((10 * MS..30 * MS).contains(&connected), "a round trip of 10 ms: {connected:?}");
    let echoed = seen.at("x").expect("an echo") - connected;
    assert!((10 * MS..30 * MS).contains(&echoed), "another one: {echoed:?}");
}

#[test]
fn a_stall_delays_and_a_cut_resets() {
    let seen = Seen::default();
    let mut world = both(&seen);
    let path = Path::between("client", "server");
    run_until(&mut world, 200 * MS);
    world.order(Order::Stall(path)).expect("hosts");
    let before = seen.all().len();
    run_until(&mut world, 5_200 * MS);
    assert_eq!(seen.all().len(), before, "nothing comes through");
    world.order(Order::Resume(path)).expect("hosts");
    run_until(&mut world, 5_400 * MS);
    assert!(seen.all().len() > before, "it flows again");
    world.order(Order::Cut(path)).expect("hosts");
    run_until(&mut world, 9_000 * MS);
    assert_eq!(seen.at("connection reset"), None, "silence until it is healed");
    world.order(Order::Heal(path)).expect("hosts");
    run_until(&mut world, 9_200 * MS);
    assert!(seen.all().contains(&"connection reset".to_owned()), "{:?}", seen.all());
    assert!(seen.all().contains(&"server: connection reset".to_owned()), "{:?}", seen.all());
}

#[test]
fn a_crash_ends_streams_and_a_restart_takes_the_port_again() {
    let seen = Seen::default();
    let mut world = both(&seen);
    run_until(&mut world, 100 * MS);
    world.order(Order::Crash("server")).expect("a host");
    run_until(&mut world, 300 * MS);
    let ended = ["end", "connection reset"].iter().any(|end| seen.at(end).is_some());
    assert!(ended, "{:?}", seen.all());
    world.order(Order::Restart("server")).expect("a host");
    world.order(Order::Restart("client")).expect("a host");
    run_until(&mut world, 500 * MS);
    let accepted = seen.all().iter().filter(|text| *text == "from 10.0.0.2").count();
    assert_eq!(accepted, 2);
}

#[test]
fn who_is_off_says_nothing_until_it_is_back() {
    let seen = Seen::default();
    let mut world = both(&seen);
    run_until(&mut world, 100 * MS);
    world.order(Order::PowerLoss("server")).expect("a host");
    let before = seen.all();
    run_until(&mut world, 30_000 * MS);
    assert_eq!(seen.all(), before);
    world.order(Order::Restart("server")).expect("a host");
    run_until(&mut world, 30_200 * MS);
    assert!(seen.at("connection reset").is_some(), "{:?}", seen.all());
}

#[test]
fn who_refuses_refuses_after_a_round_trip() {
    let seen = Seen::default();
    let mut world = world();
    echo(&mut world, &seen);
    world.order(Order::Refuse("server", Some(7))).expect("a host");
    typist(&mut world, &seen);
    run_until(&mut world, 100 * MS);
    assert_eq!(seen.all(), ["server:7 refused the connection"]);
}

#[test]
fn datagrams_are_lost_and_doubled_as_ordered() {
    let seen = Seen::default();
    let mut world = world();
    let heard = seen.clone();
    let software: Software = Box::new(move |rt: Rt| {
        let heard = heard.clone();
        Box::pin(async move {
            let socket = rt.net.bind_udp("0.0.0.0:1812".parse().expect("an address")).await?;
            let mut buf = [0; 8];
            loop {
                let (n, from) = socket.recv_from(&mut buf).await?;
                heard.tell(Duration::ZERO, format!("{} from {from}", buf[..n].escape_ascii()));
            }
        })
    });
    world.add_host("radius", software).expect("a free name");
    let software: Software = Box::new(|rt: Rt| {
        Box::pin(async move {
            let socket = rt.net.bind_udp("0.0.0.0:5000".parse().expect("an address")).await?;
            for text in [b"1", b"2", b"3"] {
                socket.send_to(text, "10.0.0.1:1812".parse().expect("an address")).await?;
                tokio::time::sleep(20 * MS).await;
            }
            Ok(())
        })
    });
    world.add_host("gw", software).expect("a free name");
    let path = Path::one_way("gw", "radius");
    world.order(Order::Datagrams(path, DatagramFault::Drop, 1, 1)).expect("hosts");
    world.order(Order::Datagrams(path, DatagramFault::Duplicate, 3, 1)).expect("hosts");
    run_until(&mut world, 200 * MS);
    assert_eq!(seen.all(), ["2", "3", "3"].map(|text| format!("{text} from 10.0.0.2:5000")));
}

#[test]
fn waiting_is_shortened_and_counted_in_full() {
    let watch = crate::cli::stopwatch::Stopwatch::start();
    let seen = Seen::default();
    let mut world = world();
    let (heard, now) = (seen.clone(), world.stopwatch());
    let software: Software = Box::new(move |_rt| {
        let (heard, now) = (heard.clone(), now.clone());
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(60)).await;
            heard.tell(now(), "awake");
            Ok(())
        })
    });
    world.add_host("sleeper", software).expect("a free name");
    run_until(&mut world, Duration::from_secs(61));
    let awake = seen.at("awake").expect("it wakes");
    assert!((60_000 * MS..60_010 * MS).contains(&awake), "{awake:?}");
    assert!(watch.elapsed() < Duration::from_secs(30), "{:?}", watch.elapsed());
}

#[test]
fn one_number_may_be_a_tcp_and_a_udp_port() {
    let world = world();
    let mut fabric = world.shared.lock();
    let host = fabric.add_host("gw");
    let socket = SocketAddr::from((host.loopback(), 40_000));
    assert!(fabric.register((host, Protocol::Tcp, 443), socket));
    assert!(fabric.register((host, Protocol::Udp, 40_000), socket));
    let known = |protocol| fabric.known_as(protocol, socket).to_string();
    assert_eq!([known(Protocol::Tcp), known(Protocol::Udp)], ["10.0.0.1:443", "10.0.0.1:40000"]);
}
