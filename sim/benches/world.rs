//! How fast the simulated world is. Prints figures, judges nothing: `cargo bench -p gateway-sim --bench world`.
//!
//! Aims, on one core: 600 idle virtual seconds per second with 5 hosts at ticks of 10 ms.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gateway_rt::{Rt, tls};
use gateway_sim::world::{TestPki, World, WorldConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const DEADLINE: Duration = Duration::from_secs(10);

fn main() {
    for (hosts, tick) in [(2, 1), (5, 1), (5, 10), (10, 10)] {
        let rate = best_of(3, || idle(hosts, Duration::from_millis(tick)));
        println!("idle, {hosts} hosts, ticks of {tick} ms: {rate:.0} virtual seconds per second");
    }
    println!("TLS 1.3, full handshakes: {:.0} per second", best_of(3, handshakes));
    println!("TLS 1.3, echoed payload: {:.1} MB per second", best_of(3, throughput) / 1e6);
}

fn best_of(times: usize, measure: impl Fn() -> f64) -> f64 {
    (0..times).map(|_| measure()).fold(0.0, f64::max)
}

fn idle(hosts: usize, tick: Duration) -> f64 {
    let mut world = World::new(WorldConfig { tick, ..WorldConfig::new(1) });
    for n in 0..hosts {
        world.add_host(&format!("host{n}"), |_| Box::pin(std::future::pending())).expect("a free name");
    }
    let span = tick * 20_000;
    let start = Instant::now();
    world.run_for(span);
    span.as_secs_f64() / start.elapsed().as_secs_f64()
}

/// Runs a client against a TLS echo server for a virtual second, and returns what it counted per real second.
fn counted<F>(client: impl Fn(Rt, Arc<TestPki>, Arc<AtomicU64>) -> F + 'static) -> f64
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let config = WorldConfig::new(1);
    let pki = Arc::new(TestPki::new(config.start));
    let count = Arc::new(AtomicU64::new(0));
    let mut world = World::new(config);
    let (server_pki, counter) = (pki.clone(), count.clone());
    world.add_host("gw", move |rt| Box::pin(echo(rt, server_pki.clone()))).expect("a free name");
    world
        .add_host("client", move |rt| Box::pin(client(rt, pki.clone(), counter.clone())))
        .expect("a free name");
    let start = Instant::now();
    world.run_for(Duration::from_secs(1));
    count.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

fn handshakes() -> f64 {
    counted(|rt, pki, count| async move {
        let config = tls::client_config(&rt, pki.roots()).map_err(io::Error::other)?;
        loop {
            connect(&rt, config.clone()).await?;
            count.fetch_add(1, Ordering::Relaxed);
        }
    })
}

fn throughput() -> f64 {
    counted(|rt, pki, count| async move {
        let config = tls::client_config(&rt, pki.roots()).map_err(io::Error::other)?;
        let mut stream = connect(&rt, config).await?;
        let mut buf = vec![0; 100_000];
        loop {
            stream.write_all(&buf).await?;
            stream.read_exact(&mut buf).await?;
            count.fetch_add(buf.len() as u64, Ordering::Relaxed);
        }
    })
}

async fn connect(rt: &Rt, config: Arc<rustls::ClientConfig>) -> io::Result<gateway_rt::Stream> {
    let ip = rt.net.resolve("gw").await?;
    let ip = ip.first().copied().ok_or(io::ErrorKind::NotFound)?;
    let stream = rt.net.connect((ip, 443).into()).await?;
    tls::connect(config, stream, "gw", DEADLINE).await.map_err(io::Error::other)
}

async fn echo(rt: Rt, pki: Arc<TestPki>) -> io::Result<()> {
    let identity = pki.leaf(&["gw"]).map_err(io::Error::other)?;
    let config = tls::server_config(&rt, identity, tls::Profile::default()).map_err(io::Error::other)?;
    let mut listener = rt.net.listen(([0, 0, 0, 0], 443).into()).await?;
    loop {
        let accepted = listener.accept().await?;
        let config = config.clone();
        rt.spawn("echo", async move {
            // However it ends: the client just leaves.
            let _ = serve(config, accepted.stream).await;
        });
    }
}

async fn serve(config: Arc<rustls::ServerConfig>, stream: gateway_rt::Stream) -> io::Result<()> {
    let mut stream = tls::accept(config, stream, DEADLINE).await.map_err(io::Error::other)?;
    let mut buf = vec![0; 16 * 1024];
    loop {
        let n = stream.read(&mut buf).await?;
        if n == 0 {
            return Ok(());
        }
        stream.write_all(buf.get(..n).unwrap_or_default()).await?;
    }
}
