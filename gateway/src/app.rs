//! All wiring of the gateway on one page: what listens, who is let in, what is swept.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use gateway_rt::{Accepted, Listener, Rt};
use tokio_util::sync::CancellationToken;

use crate::accounting;
use crate::audit::{Event, Sink};
use crate::config::Config;
use crate::conn;
use crate::control::Control;
use crate::limits::SWEEP_INTERVAL;
use crate::reason::Reason;
use crate::shared::Shared;
use crate::state::BuildError;

/// A gateway, ready to serve. Any number of them live in one process.
pub struct Gateway {
    control: Control,
}

impl Gateway {
    /// Builds a gateway. Errors when certificate and key do not belong together, the provider can't do TLS, or the
    /// state it is to go on with can't be opened.
    pub fn new(config: Config, rt: Rt, audit: Sink) -> Result<Self, BuildError> {
        Ok(Self { control: Control::over(Shared::new(config, rt, audit)?) })
    }

    /// The handle that tells this gateway, while it runs, to take a new configuration, to end a session or
    /// to stop.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Binds the configured address and serves until stopped or dropped. An error means that it could not
    /// bind.
    pub async fn run(self) -> io::Result<()> {
        let shared = self.control.current();
        let listener = shared.rt.net.listen(shared.config.listen).await?;
        self.run_on(listener).await
    }

    /// Serves on a listener that is bound already.
    pub async fn run_on(self, mut listener: Box<dyn Listener>) -> io::Result<()> {
        let control = self.control;
        let first = control.current();
        first.forward();
        first.tell(&Event::Started { at: listener.local_addr() });
        let over = CancellationToken::new();
        let _over = over.clone().drop_guard();
        accounting::gateway_begins(&first);
        first.rt.spawn("accounting", accounting::run(control.clone(), over));
        let mut sweep = tokio::time::interval(SWEEP_INTERVAL);
        loop {
            tokio::select! { biased;
                () = first.stopped() => break,
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => admit(&control.current(), accepted),
                    // One connection failed, or descriptors ran out: breathe, then go on.
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                },
                _ = sweep.tick() => sweep_out(control.current()),
            }
        }
        drop(listener);
        control.current().drain().await;
        Ok(())
    }
}

/// Sweeps in a task of its own: what is over may have to be kept, and nobody at the door waits for that.
fn sweep_out(shared: Arc<Shared>) {
    let rt = shared.rt.clone();
    rt.spawn("sweep", async move { shared.sweep().await });
}

/// Gives a connection a task of its own, or refuses it.
fn admit(shared: &Arc<Shared>, accepted: Accepted) {
    let Accepted { stream, peer } = accepted;
    let Some(admitted) = shared.admit(peer) else {
        shared.tell(&Event::ConnectionRefused { peer, reason: Reason::ConnectionLimit });
        return;
    };
    shared.rt.spawn("connection", async move { conn::serve(&admitted.shared, stream, admitted.peer).await });
}
