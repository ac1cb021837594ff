//! Without faults: latency, names, back-pressure, ends, clocks, panics.

use super::*;

#[test]
fn a_connection_costs_a_round_trip_and_a_message_one_way() {
    let (mut world, diary) = beside_echo(1, |rt, diary| async move {
        let mut stream = dial(&rt, "server", 7).await?;
        diary.note(&rt, "connected");
        ping(&mut stream).await?;
        diary.note(&rt, "answered");
        stream.shutdown().await?;
        stream.shutdown().await?;
        diary.note(&rt, format!("end {}", stream.read(&mut [0; 8]).await?));
        Ok(())
    });
    world.run_for(ms(100));
    assert_eq!(diary.lines(), ["10 connected", "20 answered", "25 server: ok", "30 end 0"]);
    assert_eq!(world.exit("client"), Ok(Some(Ok(()))));
    assert_eq!(world.exit("server"), Ok(None));
    assert_eq!(world.under_way(), 0);
}

#[test]
fn each_direction_has_its_own_latency() {
    let (mut world, diary) = beside_echo(1, |rt, diary| async move {
        let mut stream = dial(&rt, "server", 7).await?;
        diary.note(&rt, "connected");
        stream.write_all(b"!").await?;
        stream.shutdown().await?;
        stream.read_u8().await?;
        diary.note(&rt, "answered");
        Ok(())
    });
    world.latency(Path::one_way("client", "server"), Latency::fixed(ms(2))).unwrap();
    world.latency(Path::one_way("server", "client"), Latency::fixed(ms(30))).unwrap();
    world.run_for(ms(100));
    assert_eq!(diary.lines(), ["32 connected", "34 server: ok", "64 answered"]);
}

#[test]
fn drawn_latencies_stay_in_their_range_and_streams_in_order() {
    let (mut world, diary) = beside_echo(3, |rt, diary| async move {
        let mut stream = dial(&rt, "server", 7).await?;
        for byte in 0..50 {
            stream.write_u8(byte).await?;
            tokio::time::sleep(ms(1)).await;
        }
        for byte in 0..50 {
            assert_eq!(stream.read_u8().await?, byte);
            diary.note(&rt, byte);
        }
        Ok(())
    });
    world.latency(Path::between("client", "server"), Latency::between(ms(40), ms(20))).unwrap();
    world.run_for(ms(300));
    assert_eq!(world.exit("client"), Ok(Some(Ok(()))));
    let times: Vec<u64> =
        diary.lines()[..50].iter().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(times[0] >= 80 && times[49] <= 80 + 50 + 80 + 2, "{times:?}");
}

#[test]
fn one_more_message_here_moves_none_there() {
    let run = |chatty: bool| {
        let (mut world, diary) = beside_echo(5, |rt, diary| async move {
            let mut stream = dial(&rt, "server", 7).await?;
            for _ in 0..20 {
                ping(&mut stream).await?;
                diary.note(&rt, "answered");
            }
            Ok(())
        });
        host(&mut world, "other", &Diary::default(), move |rt, _| async move {
            let mut stream = dial(&rt, "server", 7).await?;
            loop {
                if !chatty {
                    return Ok(());
                }
                ping(&mut stream).await?;
            }
        });
        world.jitter(Path::between("client", "server"), ms(50)).unwrap();
        world.run_for(ms(2000));
        let answered = diary.lines().into_iter().filter(|line| line.ends_with("answered"));
        answered.collect::<Vec<_>>()
    };
    let quiet = run(false);
    assert_eq!(quiet.len(), 20);
    assert_eq!(quiet, run(true));
}

#[test]
fn names_and_virtual_addresses() {
    let (mut world, diary) = (World::new(config(1)), Diary::default());
    host(&mut world, "gw", &diary, |rt, diary| async move {
        let vip = "203.0.113.9:443".parse().unwrap();
        let mut listener = rt.net.listen(vip).await?;
        assert_eq!(listener.local_addr(), vip);
        let taken = rt.net.listen(at(443)).await.map(drop);
        diary.note(&rt, format!("second listener: {}", outcome(&taken)));
        let accepted = listener.accept().await?;
        diary.note(&rt, format!("from {}", accepted.peer.ip()));
        Ok(())
    });
    host(&mut world, "client", &diary, |rt, diary| async move {
        let unknown = rt.net.resolve("nowhere.example").await;
        diary.note(&rt, format!("nowhere: {}", outcome(&unknown)));
        let reached = dial(&rt, "GW.example.test", 443).await;
        diary.note(&rt, format!("gateway: {}", outcome(&reached)));
        let stranger = rt.net.connect("192.0.2.1:1".parse().unwrap()).await.map(drop);
        diary.note(&rt, format!("stranger: {}", outcome(&stranger)));
        Ok(())
    });
    world.alias("gw.example.test", "gw").unwrap();
    assert_eq!(world.alias("GW", "client"), Err(WorldError::NameTaken("GW".to_owned())));
    assert_eq!(world.alias("x", "y"), Err(WorldError::HostUnknown("y".to_owned())));
    assert_eq!(world.cut(Path::between("gw", "gw.example.test")), Err(WorldError::SameHost("gw".to_owned())));
    world.run_for(ms(50));
    assert_eq!(
        diary.lines(),
        [
            "0 second listener: AddrInUse",
            "0 nowhere: NotFound",
            "10 from 10.0.0.2",
            "10 gateway: ok",
            "10 stranger: HostUnreachable",
        ]
    );
}

#[test]
fn a_silent_address_uses_up_only_its_share_of_the_time() {
    let (mut world, diary) = (World::new(config(1)), Diary::default());
    for name in ["silent", "gw"] {
        host(&mut world, name, &diary, |rt, diary| async move {
            let mut listener = rt.net.listen(at(443)).await?;
            let accepted = listener.accept().await?;
            diary.note(&rt, format!("from {}", accepted.peer.ip()));
            Ok(())
        });
        world.alias("gw.example.test", name).unwrap();
    }
    host(&mut world, "client", &diary, |rt, diary| async move {
        let reached = rt.connect("gw.example.test", 443, ms(400)).await;
        diary
            .note(&rt, format!("reached {:?}", reached.map(|(_, at)| at).map_err(|error| error.to_string())));
        let silent = IpAddr::from([10, 0, 0, 1]);
        let reached = rt.connect_checked("gw.example.test", 443, ms(400), |ip| ip == silent).await;
        diary
            .note(&rt, format!("reached {:?}", reached.map(|(_, at)| at).map_err(|error| error.to_string())));
        Ok(())
    });
    world.power_loss("silent").unwrap();
    world.run_for(ms(700));
    assert_eq!(
        diary.lines(),
        [
            "210 from 10.0.0.3",
            "210 reached Ok(10.0.0.2:443)",
            "610 reached Err(\"gw.example.test:443 did not answer within 400ms\")",
        ]
    );
}

#[test]
fn a_writer_waits_for_its_reader_at_the_window() {
    let (mut world, diary) = (World::new(config(1)), Diary::default());
    host(&mut world, "client", &diary, |rt, diary| async move {
        let mut stream = dial(&rt, "server", 7).await?;
        let mut written = 0;
        while let Ok(n) = tokio::time::timeout(ms(50), stream.write(&[0; 10_000])).await {
            written += n?;
        }
        diary.note(&rt, written);
        stream.write_all(&[0; 10_000]).await?;
        diary.note(&rt, "went on");
        Ok(())
    });
    host(&mut world, "server", &diary, |rt, _| async move {
        let mut stream = rt.net.listen(at(7)).await?.accept().await?.stream;
        sleep_until(&rt, 200).await;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(drop)
    });
    world.run_for(ms(300));
    assert_eq!(diary.lines(), [format!("60 {}", limits::WINDOW_BYTES), "201 went on".to_owned()]);
    assert_eq!(world.exit("server"), Ok(Some(Ok(()))));
}

#[test]
fn a_writer_that_waits_learns_of_a_reset() {
    let (mut world, diary) = (World::new(config(1)), Diary::default());
    host(&mut world, "client", &diary, |rt, diary| async move {
        let mut stream = dial(&rt, "server", 7).await?;
        let written = stream.write_all(&[0; 2 * limits::WINDOW_BYTES]).await;
        diary.note(&rt, outcome(&written));
        Ok(())
    });
    host(&mut world, "server", &diary, |rt, diary| async move {
        let stream = rt.net.listen(at(7)).await?.accept().await?.stream;
        sleep_until(&rt, 100).await;
        drop(stream);
        diary.note(&rt, "closed with bytes unread");
        std::future::pending().await
    });
    world.run_for(ms(200));
    assert_eq!(diary.lines(), ["100 closed with bytes unread", "105 BrokenPipe"]);
}

#[test]
fn software_that_ends_closes_its_streams() {
    let (mut world, diary) = (World::new(config(1)), Diary::default());
    host(&mut world, "client", &diary, |rt, diary| async move {
        let mut stream = dial(&rt, "server", 7).await?;
        diary.note(&rt, format!("read {}", stream.read(&mut [0; 8]).await?));
        Ok(())
    });
    host(&mut world, "server", &diary, |rt, _| async move {
        let stream = rt.net.listen(at(7)).await?.accept().await?.stream;
        rt.spawn("holder", async move {
            let _stream = stream;
            std::future::pending::<()>().await;
        });
        sleep_until(&rt, 50).await;
        Err(io::Error::other("out of order"))
    });
    world.run_until(|world| world.exit("client") != Ok(None)).unwrap();
    assert_eq!(diary.lines(), ["56 read 0"]);
    assert_eq!(world.exit("server"), Ok(Some(Err("out of order".to_owned()))));
}

#[test]
fn a_panic_is_reported_and_ends_only_its_task() {
    let (mut world, diary) = beside_echo(1, |rt, diary| async move {
        rt.spawn("clumsy", async { panic!("dropped it") });
        rt.net.spawn(Box::pin(async { panic!("unguarded") }));
        tokio::time::sleep(ms(10)).await;
        diary.note(&rt, "alive");
        panic!("main too")
    });
    world.run_for(ms(20));
    assert_eq!(diary.lines(), ["10 alive"]);
    let panics = world.finish().panics;
    let seen: Vec<_> = panics.iter().map(|p| (p.host.as_str(), p.task, p.message.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("client", "clumsy", "dropped it"),
            ("client", "unnamed", "unguarded"),
            ("client", "main", "main too")
        ]
    );
}

#[test]
fn a_run_that_never_ends_meets_its_limit() {
    let mut world = World::new(WorldConfig { limit: ms(30), ..config(1) });
    host(&mut world, "idle", &Diary::default(), |_, _| std::future::pending());
    assert_eq!(world.run_until(|_| false), Err(LimitReached(ms(30))));
    assert_eq!(world.now(), ms(30));
}

#[test]
fn a_skewed_clock_is_wrong_and_monotonic_time_is_not() {
    let (mut world, diary) = beside_echo(1, |rt, diary| async move {
        let start = tokio::time::Instant::now();
        tokio::time::sleep(ms(100)).await;
        diary.note(&rt, format!("after {}", start.elapsed().as_millis()));
        Ok(())
    });
    world.clock_jump("client", 90_000).unwrap();
    world.run_for(ms(200));
    assert_eq!(diary.lines(), ["90100 after 100"]);
}
