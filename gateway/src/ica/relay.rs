//! The relay of SOCKS: bytes both ways until both ends are done. Half-close is passed on.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;

use gateway_rt::Stream;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::direction::Direction;
use crate::limits::Limits;

/// How a relay ended.
pub(super) struct End {
    /// Bytes to the host.
    pub(super) up: u64,
    /// Bytes to the client.
    pub(super) down: u64,
    /// Why.
    pub(super) cause: &'static str,
}

/// Relays between `client` and `host` until both are done, one breaks off, a limit is reached or `ended` says
/// so. `early` was read from the client already; `moving` is told how many bytes have moved, up and down.
pub(super) async fn run(
    mut client: Stream,
    mut host: Stream,
    early: Vec<u8>,
    ended: CancellationToken,
    limits: &Limits,
    moving: impl Fn(u64, u64),
) -> End {
    let mut up = Direction::new("client broke off", "host broke off").with_early(early);
    let mut down = Direction::new("host broke off", "client broke off");
    let mut absolute = pin!(sleep(limits.tunnel_absolute));
    let mut idle = pin!(sleep(limits.tunnel_idle));
    let mut moved = (0, 0);
    let relayed = poll_fn(|cx| {
        // Both are polled, whatever the first says: each must be able to wake this task.
        let states = [up.poll(cx, &mut client, &mut host), down.poll(cx, &mut host, &mut client)];
        let so_far = (up.moved(), down.moved());
        if so_far != moved {
            moving(so_far.0 - moved.0, so_far.1 - moved.1);
            moved = so_far;
            idle.as_mut().reset(Instant::now() + limits.tunnel_idle);
        }
        match states {
            [Poll::Ready(Err(cause)), _] | [_, Poll::Ready(Err(cause))] => Poll::Ready(cause),
            [Poll::Ready(Ok(())), Poll::Ready(Ok(()))] => Poll::Ready("closed by both ends"),
            _ => idle.as_mut().poll(cx).map(|()| "idle"),
        }
    });
    let cause = tokio::select! { biased;
        () = ended.cancelled() => "session over",
        () = absolute.as_mut() => "absolute limit",
        cause = relayed => cause,
    };
    End { up: up.moved(), down: down.moved(), cause }
}
