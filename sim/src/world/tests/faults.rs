//! Every fault verb, as the peers see it.

use super::*;

/// Pings at the given milliseconds, and notes each answer or the error that ends it.
fn pinging(times: &'static [u64]) -> impl Fn(Rt, Diary) -> BoxFuture<'static, io::Result<()>> {
    move |rt, diary| {
        Box::pin(async move {
            let mut stream = dial(&rt, "server", 7).await?;
            for time in times {
                sleep_until(&rt, *time).await;
                let answer = ping(&mut stream).await;
                diary.note(&rt, format!("client: {}", outcome(&answer)));
                if answer.is_err() {
                    break;
                }
            }
            std::future::pending().await
        })
    }
}

/// Connects at the given milliseconds, one after the other.
fn connecting(times: &'static [u64]) -> impl Fn(Rt, Diary) -> BoxFuture<'static, io::Result<()>> {
    move |rt, diary| {
        Box::pin(async move {
            for time in times {
                sleep_until(&rt, *time).await;
                let stream = dial(&rt, "server", 7).await;
                diary.note(&rt, format!("client: {}", outcome(&stream)));
            }
            Ok(())
        })
    }
}

#[test]
fn slow_and_undone() {
    let (mut world, diary) = beside_echo(1, pinging(&[20, 100]));
    let path = Path::one_way("client", "server");
    world.run_for(ms(15));
    world.slow(path, ms(30)).unwrap();
    world.run_for(ms(60));
    world.slow(path, Duration::ZERO).unwrap();
    world.run_for(ms(100));
    assert_eq!(diary.lines(), ["60 client: ok", "110 client: ok"]);
}

#[test]
fn jitter_spreads() {
    let (mut world, diary) = beside_echo(1, pinging(&[0; 30]));
    world.jitter(Path::between("client", "server"), ms(20)).unwrap();
    world.run_for(ms(3000));
    let times: Vec<u64> =
        diary.lines().iter().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
    let gaps: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(gaps.len(), 29);
    assert!(gaps.iter().all(|gap| (10..=52).contains(gap)), "{gaps:?}");
    assert!(gaps.iter().max() > gaps.iter().min(), "{gaps:?}");
}

#[test]
fn a_stall_delays_and_streams_survive() {
    let (mut world, diary) = beside_echo(1, pinging(&[20, 50, 150]));
    world.run_for(ms(40));
    world.stall(Path::between("client", "server")).unwrap();
    world.run_for(ms(60));
    world.resume(Path::between("client", "server")).unwrap();
    world.run_for(ms(100));
    // 50 ms + 5 ms there would be long past; at 100 it arrives at once, and the answer takes its 5 ms.
    assert_eq!(diary.lines(), ["30 client: ok", "105 client: ok", "160 client: ok"]);
}

#[test]
fn a_one_way_stall_holds_the_answer_only() {
    let (mut world, diary) = beside_echo(1, |rt, diary| async move {
        let mut stream = dial(&rt, "server", 7).await?;
        sleep_until(&rt, 30).await;
        stream.write_all(b"!").await?;
        stream.shutdown().await?;
        stream.read_u8().await?;
        diary.note(&rt, "client: answered");
        Ok(())
    });
    world.run_for(ms(20));
    world.stall(Path::one_way("server", "client")).unwrap();
    world.run_for(ms(80));
    world.resume(Path::one_way("server", "client")).unwrap();
    world.run_for(ms(50));
    assert_eq!(diary.lines(), ["35 server: ok", "100 client: answered"]);
}

#[test]
fn a_stall_makes_connections_wait() {
    let (mut world, diary) = beside_echo(1, connecting(&[0]));
    world.stall(Path::one_way("server", "client")).unwrap();
    world.run_for(ms(50));
    world.resume(Path::one_way("server", "client")).unwrap();
    world.run_for(ms(50));
    // The client runs before the server in a step, so it learns in the next one.
    assert_eq!(diary.lines()[0], "51 client: ok");
}

#[test]
fn a_cut_is_silent_and_healing_resets() {
    let (mut world, diary) = beside_echo(1, pinging(&[20, 50]));
    world.run_for(ms(52));
    // The ping of 50 ms is under way, and lost.
    world.cut(Path::between("client", "server")).unwrap();
    assert_eq!(world.under_way(), 0);
    world.run_for(ms(948));
    assert_eq!(diary.lines(), ["30 client: ok"]);
    world.heal(Path::between("client", "server")).unwrap();
    world.run_for(ms(50));
    let mut seen = diary.lines();
    seen.sort();
    assert_eq!(seen, ["1000 client: ConnectionReset", "1000 server: ConnectionReset", "30 client: ok"]);
}

#[test]
fn connections_wait_for_a_cut_to_heal_even_when_their_syn_was_lost() {
    for cut_at in [0, 3] {
        let (mut world, diary) = beside_echo(1, connecting(&[0]));
        world.run_for(ms(cut_at));
        world.cut(Path::between("client", "server")).unwrap();
        world.run_for(ms(100 - cut_at));
        assert_eq!(diary.lines(), [""; 0]);
        world.heal(Path::between("client", "server")).unwrap();
        world.run_for(ms(50));
        assert_eq!(diary.lines()[0], "110 client: ok");
    }
}

#[test]
fn a_one_way_cut_makes_connections_wait() {
    let (mut world, diary) = beside_echo(1, connecting(&[0, 50]));
    world.run_for(ms(40));
    world.cut(Path::one_way("server", "client")).unwrap();
    world.run_for(ms(60));
    world.heal(Path::one_way("server", "client")).unwrap();
    world.run_for(ms(50));
    assert!(diary.lines().contains(&"110 client: ok".to_owned()), "{:?}", diary.lines());
}

#[test]
fn a_one_way_cut_lets_the_other_way_through() {
    let (mut world, diary) = beside_echo(1, |rt, diary| async move {
        let mut stream = dial(&rt, "server", 7).await?;
        sleep_until(&rt, 30).await;
        stream.write_all(b"!").await?;
        stream.shutdown().await?;
        let answer = stream.read_u8().await;
        diary.note(&rt, format!("client: {}", outcome(&answer)));
        Ok(())
    });
    world.run_for(ms(20));
    world.cut(Path::one_way("server", "client")).unwrap();
    world.run_for(ms(80));
    assert_eq!(diary.lines(), ["35 server: ok"]);
    world.heal(Path::between("client", "server")).unwrap();
    world.run_for(ms(20));
    assert_eq!(diary.lines()[1], "100 client: ConnectionReset");
}

#[test]
fn reset_ends_streams_and_spares_later_ones() {
    let (mut world, diary) = beside_echo(1, |rt, diary| async move {
        let mut stream = dial(&rt, "server", 7).await?;
        let read = stream.read_u8().await;
        diary.note(&rt, format!("client: {}", outcome(&read)));
        let answer = ping(&mut dial(&rt, "server", 7).await?).await;
        diary.note(&rt, format!("client: {}", outcome(&answer)));
        Ok(())
    });
    world.run_for(ms(40));
    world.reset("server", "client").unwrap();
    world.run_for(ms(50));
    let lines = diary.lines();
    assert_eq!(lines[..3], ["40 client: ConnectionReset", "40 server: ConnectionReset", "60 client: ok"]);
}

#[test]
fn refused_after_one_round_trip_as_a_closed_port_is() {
    let (mut world, diary) = beside_echo(1, |rt, diary| async move {
        for (time, port) in [(0, 7), (50, 8), (100, 7)] {
            sleep_until(&rt, time).await;
            let stream = dial(&rt, "server", port).await;
            diary.note(&rt, format!("{port} {}", outcome(&stream)));
        }
        std::future::pending().await
    });
    world.refuse("server", Some(7)).unwrap();
    world.run_for(ms(40));
    world.admit("server", Some(7)).unwrap();
    world.run_for(ms(30));
    world.refuse("server", None).unwrap();
    world.admit("server", None).unwrap();
    world.run_for(ms(70));
    let lines = diary.lines();
    assert_eq!(lines[..3], ["10 7 ConnectionRefused", "60 8 ConnectionRefused", "110 7 ok"]);
}

#[test]
fn a_crash_ends_streams_and_refuses_until_the_restart() {
    let (mut world, diary) = beside_echo(1, |rt, diary| async move {
        let mut stream = dial(&rt, "server", 7).await?;
        diary.note(&rt, format!("read {}", stream.read(&mut [0; 8]).await?));
        // The machine answers what its dead process can't.
        stream.write_all(b"!").await?;
        let broken = ping(&mut stream).await;
        diary.note(&rt, outcome(&broken));
        diary.note(&rt, outcome(&dial(&rt, "server", 7).await));
        sleep_until(&rt, 200).await;
        diary.note(&rt, outcome(&ping(&mut dial(&rt, "server", 7).await?).await));
        Ok(())
    });
    world.run_for(ms(50));
    world.crash("server").unwrap();
    world.crash("server").unwrap();
    world.run_for(ms(50));
    assert_eq!(diary.lines(), ["55 read 0", "55 UnexpectedEof", "65 ConnectionRefused"]);
    world.restart("server").unwrap();
    world.run_for(ms(200));
    assert_eq!(diary.lines()[3], "220 ok");
}

#[test]
fn a_write_to_a_crashed_host_is_answered_with_a_reset() {
    let (mut world, diary) = beside_echo(1, |rt, diary| async move {
        let mut stream = dial(&rt, "server", 7).await?;
        sleep_until(&rt, 100).await;
        stream.write_all(b"!").await?;
        sleep_until(&rt, 200).await;
        let second = stream.write_all(b"!").await;
        diary.note(&rt, outcome(&second));
        Ok(())
    });
    world.run_for(ms(50));
    world.crash("server").unwrap();
    world.run_for(ms(200));
    assert_eq!(diary.lines(), ["200 ConnectionReset"]);
}

#[test]
fn a_connection_under_way_to_a_host_that_crashes_is_refused() {
    let (mut world, diary) = beside_echo(1, connecting(&[0]));
    world.run_for(ms(5));
    world.crash("server").unwrap();
    world.run_for(ms(50));
    assert_eq!(diary.lines(), ["15 client: ConnectionRefused"]);
}

#[test]
fn power_loss_is_silent_and_the_restart_resets_on_next_use() {
    let (mut world, diary) = beside_echo(1, |rt, diary| async move {
        let mut stream = dial(&rt, "server", 7).await?;
        let silent = tokio::time::timeout(ms(490), stream.read_u8()).await;
        diary.note(&rt, format!("silence: {}", silent.is_err()));
        sleep_until(&rt, 600).await;
        let used = ping(&mut stream).await;
        diary.note(&rt, outcome(&used));
        Ok(())
    });
    world.run_for(ms(50));
    world.power_loss("server").unwrap();
    world.run_for(ms(500));
    world.restart("server").unwrap();
    world.run_for(ms(100));
    assert_eq!(diary.lines(), ["500 silence: true", "610 ConnectionReset"]);
}

#[test]
fn what_was_sent_into_an_outage_is_answered_after_it() {
    let (mut world, diary) = beside_echo(1, pinging(&[100]));
    world.run_for(ms(50));
    world.power_loss("server").unwrap();
    world.run_for(ms(250));
    assert_eq!(diary.lines(), [""; 0]);
    world.restart("server").unwrap();
    world.run_for(ms(50));
    assert_eq!(diary.lines(), ["305 client: ConnectionReset"]);
}

#[test]
fn connections_wait_for_power_even_when_their_syn_was_lost() {
    for lost_at in [0, 3] {
        let (mut world, diary) = beside_echo(1, connecting(&[0]));
        world.run_for(ms(lost_at));
        world.power_loss("server").unwrap();
        world.run_for(ms(100 - lost_at));
        assert_eq!(diary.lines(), [""; 0]);
        world.restart("server").unwrap();
        world.run_for(ms(50));
        assert!(diary.lines()[0].ends_with("client: ok"), "{:?}", diary.lines());
    }
}

#[test]
fn random_streams_go_on_after_a_restart() {
    let (mut world, diary) = (World::new(config(1)), Diary::default());
    host(&mut world, "server", &diary, |rt, diary| async move {
        let id: [u8; 8] = gateway_rt::entropy::bytes(rt.entropy.as_ref(), Purpose("id"));
        diary.note(&rt, data_encoding::HEXLOWER.encode(&id));
        std::future::pending().await
    });
    world.run_for(ms(10));
    world.restart("server").unwrap();
    world.run_for(ms(10));
    let ids: Vec<String> =
        diary.lines().iter().map(|line| line.split(' ').next_back().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
    assert_eq!(world.finish().drawn, 16);
}

/// Sends datagrams 0, 1, 2, … every 10 ms; the server notes their arrival.
fn datagrams(fault: DatagramFault, nth: u64, count: u64) -> Vec<String> {
    let (mut world, diary) = (World::new(config(1)), Diary::default());
    host(&mut world, "client", &diary, |rt, _| async move {
        let socket = rt.net.bind_udp(at(0)).await?;
        let to = (rt.net.resolve("server").await?[0], 1812).into();
        for byte in 0..4 {
            socket.send_to(&[byte], to).await?;
            tokio::time::sleep(ms(10)).await;
        }
        std::future::pending().await
    });
    host(&mut world, "server", &diary, |rt, diary| async move {
        let socket: Arc<dyn Datagram> = rt.net.bind_udp(at(1812)).await?;
        let mut buf = [0; 8];
        loop {
            let (n, _) = socket.recv_from(&mut buf).await?;
            diary.note(&rt, format!("{:?}", &buf[..n]));
        }
    });
    world.datagrams(Path::one_way("client", "server"), fault, nth, count).unwrap();
    world.run_for(ms(100));
    diary.lines()
}

#[test]
fn datagrams_are_lost_doubled_and_late_by_number() {
    assert_eq!(datagrams(DatagramFault::Drop, 2, 2), ["5 [0]", "35 [3]"]);
    assert_eq!(datagrams(DatagramFault::Duplicate, 1, 1), ["5 [0]", "5 [0]", "15 [1]", "25 [2]", "35 [3]"]);
    assert_eq!(datagrams(DatagramFault::Delay(ms(23)), 2, 1), ["5 [0]", "25 [2]", "35 [3]", "38 [1]"]);
    assert_eq!(datagrams(DatagramFault::Drop, 1, 0).len(), 4);
}
