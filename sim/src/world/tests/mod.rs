//! The world, shown by what its hosts experience in virtual time.

mod determinism;
mod faults;
mod network;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway_rt::{BoxFuture, Datagram, Rt, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const DEADLINE: Duration = Duration::from_secs(100);

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A tick of 1 ms, and 5 ms from host to host.
fn config(seed: u64) -> WorldConfig {
    WorldConfig { latency: Latency::fixed(ms(5)), ..WorldConfig::new(seed) }
}

/// What hosts wrote down, each line with its virtual milliseconds.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, rt: &Rt, text: impl std::fmt::Display) {
        let since = rt.clock.now().duration_since(UNIX_EPOCH + DEFAULT_START).unwrap();
        lock(&self.0).push(format!("{} {text}", since.as_millis()));
    }

    fn lines(&self) -> Vec<String> {
        lock(&self.0).clone()
    }
}

/// A host whose software gets a diary.
fn host<F>(world: &mut World, name: &str, diary: &Diary, software: impl Fn(Rt, Diary) -> F + 'static)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let diary = diary.clone();
    world.add_host(name, move |rt| Box::pin(software(rt, diary.clone()))).unwrap();
}

/// A client that runs `software` beside an echo server.
fn beside_echo<F>(seed: u64, software: impl Fn(Rt, Diary) -> F + 'static) -> (World, Diary)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let (mut world, diary) = (World::new(config(seed)), Diary::default());
    host(&mut world, "client", &diary, software);
    host(&mut world, "server", &diary, echo);
    (world, diary)
}

/// Answers every byte on port 7, and says how each stream ended.
async fn echo(rt: Rt, diary: Diary) -> io::Result<()> {
    let mut listener = rt.net.listen(at(7)).await?;
    loop {
        let accepted = listener.accept().await?;
        let (task, diary) = (rt.clone(), diary.clone());
        rt.spawn("echo", async move {
            let end = echo_stream(accepted.stream).await;
            diary.note(&task, format!("server: {}", outcome(&end)));
        });
    }
}

async fn echo_stream(mut stream: Stream) -> io::Result<()> {
    let mut buf = [0; 1024];
    loop {
        let n = stream.read(&mut buf).await?;
        if n == 0 {
            return stream.shutdown().await;
        }
        stream.write_all(&buf[..n]).await?;
    }
}

fn at(port: u16) -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], port))
}

fn outcome<T>(result: &io::Result<T>) -> String {
    result.as_ref().map_or_else(|error| format!("{:?}", error.kind()), |_| "ok".to_owned())
}

async fn dial(rt: &Rt, host: &str, port: u16) -> io::Result<Stream> {
    let ip = rt.net.resolve(host).await?[0];
    rt.net.connect((ip, port).into()).await
}

/// Sends one byte and waits for it to come back.
async fn ping(stream: &mut Stream) -> io::Result<u8> {
    stream.write_all(b"!").await?;
    match stream.read_u8().await {
        Err(error) => Err(error),
        byte => byte,
    }
}

async fn sleep_until(rt: &Rt, since_start: u64) {
    let now = rt.clock.now().duration_since(UNIX_EPOCH + DEFAULT_START).unwrap();
    tokio::time::sleep(ms(since_start).saturating_sub(now)).await;
}
