//! The CGP service of an ICA host, TCP 2598: sessions that outlive their connections.
//!
//! A connection opens a session or resumes a kept one. The ICA session above it ([`super::session`]) runs over
//! a stream that does not notice: while nobody is connected it is *suspended*, and when nobody comes back in
//! time its stream ends, which leaves it *disconnected*. Specification: `docs/cgp-profile.md`.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gateway_proto::cgp::{Code, Host, Opening, Output, Reception, SessionEnd, Wish, goodbye};
use gateway_proto::limits::CGP_TOKEN_BYTES;
use gateway_proto::secret::Secret;
use gateway_rt::{Fingerprint, Listener, Purpose, Rt, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::session::Connection;
use super::sessions::Number;
use super::{Mock, Seen, State};
use crate::behaviour::Misbehaviour;
use crate::limits::{CGP_OPENING_DEADLINE, CGP_SESSIONS_MAX, CGP_USER_BYTES, ICA_MAGIC_DEADLINE};
use crate::reliable::{Carrier, Side};
use crate::serving::accept_loop;

/// A client that came back; who keeps the session takes it over.
struct Return {
    stream: Stream,
    peer: SocketAddr,
    opening: Opening,
}

/// Connections of one session that wait to be taken over: one at a time is enough, a second one is a race
/// that the client loses and tries again.
const RETURNS_WAITING: usize = 4;

/// The kept sessions by what their clients call them.
#[derive(Default)]
pub(super) struct Kept(Mutex<BTreeMap<Fingerprint, mpsc::Sender<Return>>>);

impl Kept {
    fn add(&self, token: Fingerprint) -> Option<mpsc::Receiver<Return>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CGP_SESSIONS_MAX {
            return None;
        }
        let (sender, receiver) = mpsc::channel(RETURNS_WAITING);
        kept.insert(token, sender);
        Some(receiver)
    }

    fn find(&self, token: Fingerprint) -> Option<mpsc::Sender<Return>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&token).cloned()
    }

    fn remove(&self, token: Fingerprint) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&token);
    }
}

impl Mock {
    /// Serves CGP on `at` until dropped; beside [`Mock::serve`], not in its place.
    pub async fn serve_cgp(self: Arc<Self>, rt: Rt, at: SocketAddr) -> io::Result<()> {
        let listener = rt.net.listen(at).await?;
        self.serve_cgp_on(rt, listener).await
    }

    /// Serves CGP on a socket that is already bound, until dropped.
    pub async fn serve_cgp_on(self: Arc<Self>, rt: Rt, listener: Box<dyn Listener>) -> io::Result<()> {
        let world = rt.clone();
        let host = move |stream, peer| self.clone().receive(world.clone(), stream, peer);
        accept_loop(&rt, listener, "ica-host-cgp", host).await
    }

    async fn receive(self: Arc<Self>, rt: Rt, mut stream: Stream, peer: SocketAddr) {
        let opening = match timeout(CGP_OPENING_DEADLINE, opening(&mut stream)).await {
            Ok(Ok(opening)) => opening,
            Ok(Err(Some(code))) => return self.turn_away(stream, peer, code).await,
            Ok(Err(None)) | Err(_) => return,
        };
        if self.session_reliability.is_zero() {
            return self.turn_away(stream, peer, Code::ReliabilityOff).await;
        }
        match &opening.wish {
            Wish::Open => self.open(rt, stream, peer, opening).await,
            Wish::Resume(resume) => {
                let keeper = self.kept.find(Fingerprint::of(resume.token.expose()));
                let back = Return { stream, peer, opening };
                let refused = match keeper {
                    None => Some((back, Code::SessionUnknown)),
                    Some(keeper) => keeper.try_send(back).err().map(|error| (error.into_inner(), Code::Busy)),
                };
                if let Some((back, code)) = refused {
                    self.turn_away(back.stream, peer, code).await;
                }
            }
        }
    }

    /// A new session: the ICA session above it in a task of its own, this task keeps it.
    async fn open(self: Arc<Self>, rt: Rt, stream: Stream, peer: SocketAddr, opening: Opening) {
        let what = self.switch.next(None);
        if what == Some(Misbehaviour::Refuse) {
            return self.turn_away(stream, peer, Code::Busy).await;
        }
        let token: [u8; CGP_TOKEN_BYTES] =
            gateway_rt::entropy::bytes(rt.entropy.as_ref(), Purpose("cgp-token"));
        let name = Fingerprint::of(token);
        let Some(hold) = self.sessions.begin(peer) else {
            return self.turn_away(stream, peer, Code::Busy).await;
        };
        let Some(returns) = self.kept.add(name) else {
            self.sessions.leave(&hold);
            return self.turn_away(stream, peer, Code::Busy).await;
        };
        let (session, taken_over) = (hold.number.clone(), hold.cut.clone());
        self.journal.record(Seen::Accepted { peer, session: session.get() });
        let (near, far) = duplex(CGP_USER_BYTES);
        let connection = Connection::new(self.clone(), rt.clone(), peer, hold);
        rt.spawn("ica-host-session", connection.run(Box::new(near), what));

        let origin = Instant::now();
        let host = Host::open(Duration::ZERO, opening, Secret::new(token), self.session_reliability);
        let mut carrier = Carrier::new(host, far, origin);
        carrier.start(self.watch.clone(), name, Side::Host);
        carrier.attach(stream);
        Keeper { mock: self, name, session, peer, returns, taken_over }.keep(carrier).await;
    }

    async fn turn_away(&self, stream: Stream, peer: SocketAddr, code: Code) {
        self.journal.record(Seen::TurnedAway { peer, code: code.as_str() });
        say(stream, &Reception::refusal(code)).await;
    }
}

/// Keeps one session; it is forgotten however this ends.
struct Keeper {
    mock: Arc<Mock>,
    name: Fingerprint,
    session: Arc<Number>,
    peer: SocketAddr,
    returns: mpsc::Receiver<Return>,
    /// Auto client reconnect goes on with the session, on a connection that is not ours.
    taken_over: CancellationToken,
}

impl Keeper {
    async fn keep(mut self, mut carrier: Carrier<Host>) {
        let kept = self.mock.session_reliability;
        loop {
            let told = tokio::select! { biased;
                () = self.taken_over.cancelled() => return self.release(carrier).await,
                Some(back) = self.returns.recv() => {
                    self.take_over(&mut carrier, back).await;
                    continue;
                }
                told = carrier.next() => told,
            };
            let (mock, session) = (self.mock.clone(), self.session.get());
            match told {
                Output::Suspended(_) => {
                    mock.sessions.update(session, |entry| entry.state = State::Suspended);
                    mock.journal.record(Seen::Suspended { peer: self.peer, session, kept });
                }
                Output::Resumed { resent } => {
                    mock.sessions.update(session, |entry| entry.state = State::Open);
                    mock.journal.record(Seen::Resumed { peer: self.peer, session, resent });
                }
                Output::Over(over) => {
                    if over == gateway_proto::cgp::Over::Expired {
                        mock.journal.record(Seen::GivenUp { session });
                    }
                    // What is still on its way to the connection goes out.
                    drop(timeout(ICA_MAGIC_DEADLINE, carrier.settle()).await);
                    return;
                }
                Output::Write(_)
                | Output::Disconnect
                | Output::Opened { .. }
                | Output::ReconnectTicket(_) => {}
            }
        }
    }

    /// Nobody may resume what goes on elsewhere.
    async fn release(&self, mut carrier: Carrier<Host>) {
        if carrier.machine.is_suspended() {
            self.mock.journal.record(Seen::Released { session: self.session.get() });
        }
        let now = carrier.now();
        carrier.machine.close(now, Code::Displaced);
        drop(timeout(ICA_MAGIC_DEADLINE, carrier.settle()).await);
    }

    /// The client is back: its new connection carries the session, and the old one is told so.
    async fn take_over(&mut self, carrier: &mut Carrier<Host>, back: Return) {
        let now = carrier.now();
        if let Err(code) = carrier.machine.resume(now, back.opening) {
            return self.mock.turn_away(back.stream, back.peer, code).await;
        }
        self.peer = back.peer;
        if let Some(old) = carrier.attach(back.stream) {
            say(old, &goodbye(Code::Displaced)).await;
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.mock.kept.remove(self.name);
    }
}

/// Reads what a connection wants. `Err(None)`: it is not worth an answer.
async fn opening(stream: &mut Stream) -> Result<Opening, Option<Code>> {
    let mut reception = Reception::new();
    let mut bytes = [0; 1024];
    loop {
        let count = stream.read(&mut bytes).await.map_err(|_| None)?;
        if count == 0 {
            return Err(None);
        }
        let heard = bytes.get(..count).unwrap_or_default();
        match reception.handle_bytes(heard) {
            Ok(Some(opening)) => return Ok(opening),
            Ok(None) => {}
            Err(error) => return Err(Some(error.code())),
        }
    }
}

/// Last words on a connection; whether they arrive is not ours to know.
async fn say(mut stream: Stream, bytes: &[u8]) {
    let speak = async {
        stream.write_all(bytes).await?;
        stream.shutdown().await
    };
    drop(timeout(ICA_MAGIC_DEADLINE, speak).await);
}

#[cfg(test)]
mod tests;
