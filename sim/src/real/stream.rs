//! A TCP connection with a proxy in it, and what the proxy does to the bytes.
//!
//! ```text
//! software that connects ── duplex pipe ── proxy ── TCP over loopback ── software that accepted
//! ```
//!
//! The proxy is a task of the world, not of a host, so that what is under way arrives after its sender has
//! ended. Each direction collects chunks, stamps them with the time they are due, and delivers them when they are
//! and no fault forbids.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::conn::{Conn, End};
use super::fabric::{HostId, Power, Shared};
use super::limits::{CHUNK_BYTES, CHUNKS_UNDER_WAY_MAX, HANDOVER_BYTES};
use crate::world::Progress;
use crate::world::limits::APART;

/// Puts a proxy in front of `tcp`; gives the end for the software that connects.
pub(super) fn bridge(shared: Arc<Shared>, conn: Arc<Conn>, tcp: TcpStream) -> End<DuplexStream> {
    let (software, proxy) = tokio::io::duplex(HANDOVER_BYTES);
    let handle = shared.handle.clone();
    handle.spawn(carry(shared, conn.clone(), proxy, tcp));
    let host = conn.client;
    End::new(software, conn, host)
}

/// One direction of a connection.
#[derive(Clone, Copy)]
struct Lane {
    from: HostId,
    to: HostId,
}

/// Something under way.
struct Parcel {
    due: Instant,
    cuts: u64,
    cargo: Cargo,
    counted: Arc<()>,
}

enum Cargo {
    Bytes(Bytes),
    End,
    Reset,
}

/// A reset has arrived.
struct WasReset;

async fn carry(shared: Arc<Shared>, conn: Arc<Conn>, near: DuplexStream, mut tcp: TcpStream) {
    let up = Lane { from: conn.client, to: conn.server };
    let down = Lane { from: conn.server, to: conn.client };
    let was_reset = {
        let (near_read, near_write) = tokio::io::split(near);
        let (far_read, far_write) = tcp.split();
        let (up_out, up_in) = mpsc::channel(CHUNKS_UNDER_WAY_MAX);
        let (down_out, down_in) = mpsc::channel(CHUNKS_UNDER_WAY_MAX);
        let lanes = async {
            tokio::try_join!(
                collect(&shared, &conn, up, near_read, up_out.clone()),
                deliver(&shared, &conn, up, up_in, far_write, down_out.clone()),
                collect(&shared, &conn, down, far_read, down_out),
                deliver(&shared, &conn, down, down_in, near_write, up_out),
            )
        };
        let mut lanes = pin!(lanes);
        let was_reset = tokio::select! { biased;
            () = conn.reset.notified() => true,
            done = lanes.as_mut() => done.is_err(),
        };
        // Before the pipe is dropped: that is when the software looks.
        conn.was_reset.store(was_reset, Ordering::Relaxed);
        was_reset
    };
    if was_reset {
        // The accepting end gets a reset too. That fails only for a socket that is gone already.
        drop(tcp.set_zero_linger());
    }
    shared.clock.active();
}

/// Takes what one end sends and puts it under way.
async fn collect(
    shared: &Shared,
    conn: &Conn,
    lane: Lane,
    mut from: impl AsyncRead + Unpin,
    out: mpsc::Sender<Parcel>,
) -> Result<(), WasReset> {
    let mut last_due = Instant::now();
    loop {
        let mut chunk = BytesMut::with_capacity(CHUNK_BYTES);
        let end = match from.read_buf(&mut chunk).await {
            Ok(0) => Some(Cargo::End),
            Ok(_) => None,
            Err(_) => Some(Cargo::Reset),
        };
        shared.clock.active();
        if end.is_some() && shared.lock().power(lane.from) == Power::Off {
            // A machine without power sends no FIN, and knows nothing of it when it is back.
            conn.forget(lane.from);
        }
        if conn.is_forgotten(lane.from) || conn.is_silent(lane.from) {
            std::future::pending::<()>().await;
        }
        let ends = end.is_some();
        for cargo in in_pieces(shared, lane, chunk.freeze()).map(Cargo::Bytes).chain(end) {
            let parcel = under_way(shared, lane, cargo);
            // Segments of one connection arrive in order.
            last_due = last_due.max(parcel.due);
            if out.send(Parcel { due: last_due, ..parcel }).await.is_err() {
                return Ok(());
            }
        }
        if ends {
            return Ok(());
        }
    }
}

/// What was read, as much at a time as the line carries.
fn in_pieces(shared: &Shared, lane: Lane, mut read: Bytes) -> impl Iterator<Item = Bytes> {
    let piece = shared.lock().direction(lane.from, lane.to).piece();
    std::iter::from_fn(move || (!read.is_empty()).then(|| read.split_to(read.len().min(piece))))
}

fn under_way(shared: &Shared, Lane { from, to }: Lane, cargo: Cargo) -> Parcel {
    let bytes = if let Cargo::Bytes(bytes) = &cargo { bytes.len() } else { 0 };
    let (now, mut fabric) = (shared.clock.elapsed(), shared.lock());
    let due = Instant::now() + fabric.travel(now, from, to, bytes);
    Parcel { due, cuts: fabric.cuts(from, to), cargo, counted: shared.departs() }
}

/// Hands over what arrives. `back` is the other direction, where an end that is gone answers with a reset.
async fn deliver(
    shared: &Shared,
    conn: &Conn,
    lane: Lane,
    mut parcels: mpsc::Receiver<Parcel>,
    mut to: impl AsyncWrite + Unpin,
    back: mpsc::Sender<Parcel>,
) -> Result<(), WasReset> {
    let (mut gone, mut cut_short, mut progress) = (false, false, Progress::default());
    while let Some(Parcel { due, cuts, cargo, counted: _counted }) = parcels.recv().await {
        sleep_until(due).await;
        shared.until(|fabric| !fabric.held(lane.from, lane.to)).await;
        if gone || conn.is_silent(lane.from) || shared.lock().lost(lane.from, lane.to, cuts) {
            continue;
        }
        let handed_over = match cargo {
            Cargo::Reset => return Err(WasReset),
            _ if cut_short => continue,
            _ if conn.is_forgotten(lane.to) => Err(io::ErrorKind::ConnectionReset.into()),
            Cargo::Bytes(bytes) => hand_over(shared, lane, &bytes, &mut progress, &mut to).await,
            Cargo::End => {
                // Nobody who is gone misses it.
                drop(to.shutdown().await);
                shared.clock.active();
                return Ok(());
            }
        };
        shared.clock.active();
        match handed_over {
            Ok(Handed::Whole) => {}
            Ok(Handed::UpToTheEnd) => {
                cut_short = true;
                conn.forget(lane.from);
                // Nobody who is gone misses it.
                drop(to.shutdown().await);
            }
            Err(_) => {
                gone = true;
                let answer = under_way(shared, Lane { from: lane.to, to: lane.from }, Cargo::Reset);
                drop(back.send(answer).await);
            }
        }
    }
    Ok(())
}

/// How much of a chunk was handed over.
enum Handed {
    Whole,
    /// The stream is to end within it.
    UpToTheEnd,
}

/// Hands bytes over as the faults of the link let them arrive.
async fn hand_over(
    shared: &Shared,
    lane: Lane,
    mut bytes: &[u8],
    progress: &mut Progress,
    to: &mut (impl AsyncWrite + Unpin),
) -> io::Result<Handed> {
    while !bytes.is_empty() {
        let orders = shared.lock().direction(lane.from, lane.to).tampering;
        let (most, left) = progress.next(orders);
        let (piece, rest) = bytes.split_at(most.min(bytes.len()));
        to.write_all(&progress.flipped(orders, piece)).await?;
        shared.clock.active();
        progress.passed(piece.len());
        if left == Some(piece.len()) {
            return Ok(Handed::UpToTheEnd);
        }
        if orders.is_sliced() {
            tokio::time::sleep(APART).await;
        }
        bytes = rest;
    }
    Ok(Handed::Whole)
}
