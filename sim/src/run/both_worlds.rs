//! Each fault in the simulated and in the real world: the peers see the same.
//!
//! Without moments, which the worlds need not share; what a host saw is in its own order.

mod names;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway_rt::{BoxFuture, Rt, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use super::stage::{Order, Software, Stage};
use crate::real;
use crate::world::{DatagramFault, Drift, Latency, Path, Rate, World, WorldConfig};

/// A name of both hosts.
const SHARED: &str = "both.example.test";
const LATENCY: Duration = Duration::from_millis(5);
/// How long a host waits for a byte before it says that there is silence.
const PATIENCE: Duration = Duration::from_millis(500);

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// What each host saw.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<BTreeMap<&'static str, Vec<String>>>>);

impl Diary {
    fn note(&self, host: &'static str, text: impl Into<String>) {
        self.0.lock().unwrap().entry(host).or_default().push(text.into());
    }

    fn of(&self, host: &str) -> Vec<String> {
        self.0.lock().unwrap().get(host).cloned().unwrap_or_default()
    }
}

/// What is ordered, and when.
type Orders = Vec<(Duration, Order<'static>)>;

/// Runs a client beside an echo server for three seconds in either world, and compares what each of them saw.
#[track_caller]
fn both_see<F>(orders: Orders, client: impl Fn(Rt, Diary) -> F + Copy + 'static, expected: [&[&str]; 2])
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let config = WorldConfig { latency: Latency::fixed(LATENCY), ..WorldConfig::new(1) };
    let (start, tick, latency) = (config.start, config.tick, config.latency);
    let real = real::Config { seed: Some(1), start, tick, factor: 10_000, latency };
    let worlds: [(&str, Box<dyn Stage>); 2] = [
        ("simulated", Box::new(World::new(config))),
        ("real", Box::new(real::World::new(&real).expect("a runtime"))),
    ];
    for (world, mut stage) in worlds {
        let diary = Diary::default();
        let (seen, noted) = (diary.clone(), diary.clone());
        let client: Software =
            Box::new(move |rt| Box::pin(client(rt, seen.clone())) as BoxFuture<'static, _>);
        stage.add_host("client", client).unwrap();
        stage.add_host("server", Box::new(move |rt| Box::pin(serve(rt, noted.clone())))).unwrap();
        ["server", "client"].iter().for_each(|host| stage.alias(SHARED, host).unwrap());
        for (at, order) in &orders {
            run_until(stage.as_mut(), *at);
            stage.order(*order).unwrap();
        }
        run_until(stage.as_mut(), ms(3000));
        assert_eq!(stage.panics(), []);
        let saw = ["client", "server"].map(|host| diary.of(host));
        assert_eq!(saw.each_ref().map(Vec::as_slice), expected, "in the {world} world");
    }
}

fn run_until(stage: &mut dyn Stage, at: Duration) {
    while stage.now() < at {
        stage.step();
    }
}

/// Answers on port 7, listens on port 9, and to datagrams on port 1812.
async fn serve(rt: Rt, diary: Diary) -> io::Result<()> {
    let (sink, letters) = ((rt.clone(), diary.clone()), (rt.clone(), diary.clone()));
    rt.spawn("sink", async move { listen(sink.0, sink.1).await.expect("a free port") });
    rt.spawn("letters", async move { open_letters(letters.0, letters.1).await.expect("a free port") });
    echo(rt, diary).await
}

/// Notes what it reads at a time, and how the stream ended.
async fn listen(rt: Rt, diary: Diary) -> io::Result<()> {
    let mut listener = rt.net.listen(([0, 0, 0, 0], 9).into()).await?;
    loop {
        let mut stream = listener.accept().await?.stream;
        let mut buf = [0; 64];
        loop {
            let read = stream.read(&mut buf).await;
            let end = !read.as_ref().is_ok_and(|n| *n > 0);
            diary.note(
                "server",
                match read {
                    Ok(0) => "end".to_owned(),
                    Ok(n) => buf[..n].escape_ascii().to_string(),
                    Err(error) => error.kind().to_string(),
                },
            );
            if end {
                break;
            }
        }
    }
}

async fn open_letters(rt: Rt, diary: Diary) -> io::Result<()> {
    let (socket, mut buf) = (rt.net.bind_udp(([0, 0, 0, 0], 1812).into()).await?, [0; 64]);
    loop {
        let (n, _) = socket.recv_from(&mut buf).await?;
        diary.note("server", buf[..n].escape_ascii().to_string());
    }
}

/// Answers every byte on port 7, and says how each stream ended.
async fn echo(rt: Rt, diary: Diary) -> io::Result<()> {
    let mut listener = rt.net.listen(([0, 0, 0, 0], 7).into()).await?;
    loop {
        let mut stream = listener.accept().await?.stream;
        let diary = diary.clone();
        rt.spawn("echo", async move {
            let mut buf = [0; 64];
            let end = loop {
                match stream.read(&mut buf).await {
                    Ok(0) => break "end".to_owned(),
                    Ok(n) => drop(stream.write_all(&buf[..n]).await),
                    Err(error) => break error.kind().to_string(),
                }
            };
            diary.note("server", end);
        });
    }
}

async fn dial(rt: &Rt) -> io::Result<Stream> {
    dial_port(rt, 7).await
}

async fn dial_port(rt: &Rt, port: u16) -> io::Result<Stream> {
    let (stream, _) = rt.connect("server", port, ms(2000)).await.map_err(io::Error::other)?;
    Ok(stream)
}

/// Waits for a byte.
async fn hear(stream: &mut Stream) -> String {
    let begun = Instant::now();
    match timeout(PATIENCE, stream.read(&mut [0])).await {
        Err(_) => "silence".to_owned(),
        Ok(Ok(0)) => "end".to_owned(),
        Ok(Ok(_)) if begun.elapsed() > ms(100) => "late echo".to_owned(),
        Ok(Ok(_)) => "echo".to_owned(),
        Ok(Err(error)) => error.kind().to_string(),
    }
}

/// Sends a byte and waits for it to come back.
async fn ping(stream: &mut Stream) -> String {
    match stream.write_all(b"x").await {
        Ok(()) => hear(stream).await,
        Err(error) => error.kind().to_string(),
    }
}

async fn until(begun: Instant, at: Duration) {
    tokio::time::sleep_until(begun + at).await;
}

#[test]
fn reset() {
    let orders = vec![(ms(200), Order::Reset("client", "server"))];
    both_see(
        orders,
        |rt, diary| async move {
            let mut stream = dial(&rt).await?;
            diary.note("client", ping(&mut stream).await);
            diary.note("client", hear(&mut stream).await);
            let mut stream = dial(&rt).await?;
            diary.note("client", ping(&mut stream).await);
            std::future::pending().await
        },
        [&["echo", "connection reset", "echo"], &["connection reset"]],
    );
}

#[test]
fn half_open_at_the_server() {
    let orders = vec![(ms(200), Order::HalfOpen("server", "client"))];
    both_see(
        orders,
        |rt, diary| async move {
            let mut stream = dial(&rt).await?;
            diary.note("client", ping(&mut stream).await);
            diary.note("client", hear(&mut stream).await);
            diary.note("client", ping(&mut stream).await);
            std::future::pending().await
        },
        [&["echo", "silence", "connection reset"], &["connection reset"]],
    );
}

#[test]
fn half_open_at_the_client() {
    let orders = vec![(ms(200), Order::HalfOpen("client", "server"))];
    both_see(
        orders,
        |rt, diary| async move {
            let mut stream = dial(&rt).await?;
            diary.note("client", ping(&mut stream).await);
            diary.note("client", hear(&mut stream).await);
            drop(stream);
            diary.note("client", ping(&mut dial(&rt).await?).await);
            std::future::pending().await
        },
        // The first stream stands at the server to this hour; the end of the second is told.
        [&["echo", "connection reset", "echo"], &["end"]],
    );
}

#[test]
fn blackhole() {
    let path = Path::between("client", "server");
    let orders = vec![(ms(200), Order::Blackhole(path)), (ms(1000), Order::Heal(path))];
    both_see(
        orders,
        |rt, diary| async move {
            let begun = Instant::now();
            let mut stream = dial(&rt).await?;
            diary.note("client", ping(&mut stream).await);
            until(begun, ms(300)).await;
            diary.note("client", ping(&mut stream).await);
            // It waits for its answer, as long as it takes.
            let mut other = dial(&rt).await?;
            diary.note("client", ping(&mut stream).await);
            diary.note("client", ping(&mut other).await);
            std::future::pending().await
        },
        [&["echo", "silence", "silence", "echo"], &[]],
    );
}

#[test]
fn pause() {
    let orders = vec![(ms(200), Order::Pause("server")), (ms(600), Order::Unpause("server"))];
    both_see(
        orders,
        |rt, diary| async move {
            let begun = Instant::now();
            let mut stream = dial(&rt).await?;
            diary.note("client", ping(&mut stream).await);
            until(begun, ms(300)).await;
            diary.note("client", ping(&mut stream).await);
            diary.note("client", ping(&mut stream).await);
            std::future::pending().await
        },
        [&["echo", "late echo", "echo"], &[]],
    );
}

/// Seconds by the wall clock at these moments of the run.
fn wall_clock(orders: Orders, expected: &[&str]) {
    both_see(
        orders,
        |rt, diary| async move {
            let (begun, start) = (Instant::now(), rt.clock.now());
            for at in [100, 1100, 2100] {
                until(begun, ms(at)).await;
                let shows = rt.clock.now().duration_since(start).unwrap_or_default();
                diary.note("client", shows.as_secs().to_string());
            }
            std::future::pending().await
        },
        [expected, &[]],
    );
}

#[test]
fn clock_jump() {
    let orders = vec![
        (ms(500), Order::ClockJump("client", 3_600_000)),
        (ms(1500), Order::ClockJump("client", -3_600_000)),
    ];
    wall_clock(orders, &["0", "3601", "2"]);
}

#[test]
fn clock_drift() {
    let drift = Drift { gains: 10_000, per: ms(1000) };
    let orders = vec![
        (ms(500), Order::ClockDrift("client", Some(drift))),
        (ms(1500), Order::ClockDrift("client", None)),
    ];
    wall_clock(orders, &["0", "7", "12"]);
}

const THERE: Path<'static> = Path { from: "client", to: "server", both: false };

/// Sends these to the port that listens, half a second apart, and says how it went.
async fn say(rt: Rt, diary: Diary, texts: &[&[u8]]) -> io::Result<()> {
    let mut stream = dial_port(&rt, 9).await?;
    for text in texts {
        let said = stream.write_all(text).await;
        diary.note("client", said.map_or_else(|error| error.kind().to_string(), |()| "said".to_owned()));
        tokio::time::sleep(PATIENCE).await;
    }
    diary.note("client", hear(&mut stream).await);
    std::future::pending().await
}

#[test]
fn bandwidth() {
    let path = Path::between("client", "server");
    // A kilobyte a second, each way.
    let orders =
        vec![(ms(100), Order::Bandwidth(path, Some(Rate(8000)))), (ms(1000), Order::Bandwidth(path, None))];
    both_see(
        orders,
        |rt, diary| async move {
            let begun = Instant::now();
            let mut stream = dial(&rt).await?;
            for at in [50, 200, 1500] {
                until(begun, ms(at)).await;
                stream.write_all(&[0; 200]).await?;
                diary.note("client", hear(&mut stream).await);
                stream.read_exact(&mut [0; 199]).await?;
            }
            std::future::pending().await
        },
        [&["echo", "late echo", "echo"], &[]],
    );
}

#[test]
fn slice() {
    let orders = vec![(ms(100), Order::Slice(THERE, Some(2))), (ms(700), Order::Slice(THERE, None))];
    both_see(
        orders,
        |rt, diary| async move {
            tokio::time::sleep(ms(200)).await;
            say(rt, diary, &[b"hello", b"world"]).await
        },
        [&["said", "said", "silence"], &["he", "ll", "o", "world"]],
    );
}

#[test]
fn truncate() {
    let orders = vec![(ms(100), Order::Truncate(THERE, Some(7))), (ms(1500), Order::Truncate(THERE, None))];
    both_see(
        orders,
        |rt, diary| async move {
            let begun = Instant::now();
            // One in the midst of which it begins, and one that is opened afterwards; then one after it.
            say_briefly(&rt, &diary, &[b"before", b"hello", b"world"]).await?;
            say_briefly(&rt, &diary, &[b"hello", b"world"]).await?;
            until(begun, ms(1600)).await;
            say(rt, diary, &[b"hello world"]).await
        },
        [
            &["connection reset", "connection reset", "said", "silence"],
            &["before", "hello", "wo", "end", "hello", "wo", "end", "hello world"],
        ],
    );
}

/// Sends these to the port that listens, 150 ms apart, and says how the stream ended.
async fn say_briefly(rt: &Rt, diary: &Diary, texts: &[&[u8]]) -> io::Result<()> {
    let mut stream = dial_port(rt, 9).await?;
    for text in texts {
        if stream.write_all(text).await.is_err() {
            break;
        }
        tokio::time::sleep(ms(150)).await;
    }
    diary.note("client", hear(&mut stream).await);
    Ok(())
}

#[test]
fn flip() {
    let orders = vec![(ms(100), Order::Flip(THERE, Some(8))), (ms(1300), Order::Flip(THERE, None))];
    both_see(
        orders,
        |rt, diary| async move {
            tokio::time::sleep(ms(200)).await;
            say(rt, diary, &[b"hello", b"world", b"world"]).await
        },
        [&["said", "said", "said", "silence"], &["hello", "wosld", "world"]],
    );
}

/// Four letters, 20 ms apart, to one of which or two something happens.
fn letters(fault: DatagramFault, nth: u64, count: u64, arrived: &[&str]) {
    both_see(
        vec![(ms(0), Order::Datagrams(THERE, fault, nth, count)), (ms(1000), Order::DatagramsAsUsual(THERE))],
        |rt, _| async move {
            let socket = rt.net.bind_udp(([0, 0, 0, 0], 0).into()).await?;
            let to = (rt.net.resolve("server").await?[0], 1812).into();
            for letter in [b"a", b"b", b"c", b"d"] {
                socket.send_to(letter, to).await?;
                tokio::time::sleep(ms(20)).await;
            }
            std::future::pending().await
        },
        [&[], arrived],
    );
}

#[test]
fn datagrams() {
    letters(DatagramFault::Drop, 2, 1, &["a", "c", "d"]);
    letters(DatagramFault::Duplicate, 2, 1, &["a", "b", "b", "c", "d"]);
    letters(DatagramFault::Delay(ms(30)), 2, 1, &["a", "c", "b", "d"]);
    letters(DatagramFault::Reorder, 1, 1, &["b", "a", "c", "d"]);
    letters(DatagramFault::Reorder, 1, 2, &["c", "a", "b", "d"]);
    // Nothing comes after the last one, until the fault is over.
    letters(DatagramFault::Reorder, 4, 1, &["a", "b", "c", "d"]);
    letters(DatagramFault::Corrupt, 3, 1, &["a", "b", "s", "d"]);
}
