//! Session reliability at the Receiver: a stream that ends only when its session does.

use std::future::{Future, pending};
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use gateway_proto::cgp::{Client, Code, Output, Over, SessionEnd, Settings};
use gateway_proto::ica_file::LaunchFile;
use gateway_rt::Fingerprint;
use tokio::io::{DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};

use super::{Ending, Line, Reconnect};
use crate::journal::Journal;
use crate::limits::{CGP_USER_BYTES, ICA_MAGIC_DEADLINE, RESUME_DEADLINE, RESUME_PAUSE};
use crate::receiver::{Connect, Receiver, Seen, Trouble, Wire};
use crate::reliable::{Carrier, Side};

/// A new connection to the gateway, or none this time.
type Attempt = Pin<Box<dyn Future<Output = Option<Wire>> + Send>>;

impl Receiver {
    /// Opens a session under session reliability. A task of its own keeps it from then on.
    pub(super) async fn reliable_line(&self, file: &LaunchFile) -> Result<Result<Line, Connect>, Trouble> {
        let wire = self.open(&file.gateway).await?.tls().await?;
        let peer = wire.peer();
        let (near, far) = duplex(CGP_USER_BYTES);
        let carrier = match timeout(self.config.deadline, self.begin(file, wire, far)).await {
            Ok(Ok(carrier)) => carrier,
            Ok(Err(refused)) => return Ok(Err(refused)),
            Err(_) => return Ok(Err(Connect::Silent)),
        };
        self.journal.record(Seen::Reconnect(Reconnect::Reliable { peer }));
        let ending = Ending::default();
        let keeper = Keeper {
            receiver: self.quiet(),
            file: file.clone(),
            journal: self.journal.clone(),
            carrier,
            peer,
            cut: None,
            is_closed: false,
            ending: ending.clone(),
        };
        self.rt.spawn("receiver-session", keeper.keep());
        Ok(Ok(Line { stream: Box::new(near), peer, ending }))
    }

    /// Has the session opened, or says how it was refused.
    async fn begin(
        &self,
        file: &LaunchFile,
        wire: Wire,
        far: DuplexStream,
    ) -> Result<Carrier<Client>, Connect> {
        let ttl = file.session_reliability.and_then(|reliability| reliability.ttl_seconds);
        let kept = ttl.map(|seconds| Duration::from_secs(seconds.into()));
        let client = Client::new(Settings { kept, ..Settings::default() });
        let mut carrier = Carrier::new(client, far, Instant::now());
        carrier.attach(wire.into_stream().0);
        carrier.machine.connect(Duration::ZERO, Some(&file.ticket.to_wire()));
        loop {
            match carrier.next().await {
                Output::Opened { .. } => break,
                Output::Over(Over::Closed(code)) => return Err(Connect::Declined { code: code.as_str() }),
                Output::Over(_) => return Err(Connect::Closed),
                _ => {}
            }
        }
        let token = carrier.machine.token().ok_or(Connect::Foreign)?;
        carrier.start(self.config.watch.clone(), Fingerprint::of(token.expose()), Side::Receiver);
        Ok(carrier)
    }

    /// The same Receiver for attempts nobody is told of one by one.
    fn quiet(&self) -> Self {
        let mut quiet = self.fork();
        quiet.journal = Journal::default();
        quiet.config.deadline = RESUME_DEADLINE;
        quiet
    }
}

/// Keeps one session until it is over.
struct Keeper {
    receiver: Receiver,
    file: LaunchFile,
    journal: Journal<Seen>,
    carrier: Carrier<Client>,
    peer: SocketAddr,
    /// Since when there is no connection, and how many attempts were made.
    cut: Option<(Instant, u64)>,
    /// Nobody wants it any more, and the machine knows.
    is_closed: bool,
    ending: Ending,
}

impl Keeper {
    async fn keep(mut self) {
        let mut attempt: Option<Attempt> = None;
        loop {
            let trying = async {
                match &mut attempt {
                    Some(attempt) => attempt.await,
                    None => pending().await,
                }
            };
            let ending = self.ending.clone();
            tokio::select! { biased;
                () = ending.abandoned(), if !self.is_closed => {
                    self.is_closed = true;
                    let now = self.carrier.now();
                    self.carrier.machine.close(now, Code::Done);
                }
                told = self.carrier.next() => match told {
                    Output::Suspended(code) => attempt = Some(self.suspended(code)),
                    Output::Resumed { resent } => self.resumed(resent),
                    Output::ReconnectTicket(ticket) => {
                        self.receiver.newest.set(&ticket);
                        self.tell(Reconnect::Ticket { peer: self.peer, ticket });
                    }
                    Output::Over(over) => return self.over(over).await,
                    Output::Opened { .. } | Output::Write(_) | Output::Disconnect => {}
                },
                wire = trying => attempt = self.tried(wire),
            }
        }
    }

    fn suspended(&mut self, code: Option<Code>) -> Attempt {
        let again = self.cut.is_some();
        if !again {
            self.cut = Some((Instant::now(), 0));
            let why = code.map_or("the connection broke", Code::as_str);
            self.tell(Reconnect::Suspended { peer: self.peer, why });
        }
        self.attempt(if again { RESUME_PAUSE } else { Duration::ZERO })
    }

    fn attempt(&mut self, after: Duration) -> Attempt {
        if let Some((_, attempts)) = &mut self.cut {
            *attempts += 1;
        }
        let (receiver, gateway) = (self.receiver.fork(), self.file.gateway.clone());
        Box::pin(async move {
            sleep(after).await;
            let wire = async { receiver.open(&gateway).await.ok()?.tls().await.ok() };
            timeout(RESUME_DEADLINE, wire).await.ok().flatten()
        })
    }

    /// Resumes on the connection that came about, or sees to another one.
    fn tried(&mut self, wire: Option<Wire>) -> Option<Attempt> {
        let Some(wire) = wire else { return Some(self.attempt(RESUME_PAUSE)) };
        let first = self.file.ticket.to_wire();
        let ticket = self.carrier.machine.reconnect_ticket().unwrap_or(&first).clone();
        let (stream, peer) = wire.into_stream();
        self.peer = peer;
        self.carrier.attach(stream);
        let now = self.carrier.now();
        self.carrier.machine.connect(now, Some(&ticket));
        None
    }

    fn resumed(&mut self, resent: u64) {
        if let Some((since, attempts)) = self.cut.take() {
            let after = since.elapsed();
            self.tell(Reconnect::Resumed { peer: self.peer, resent, after, attempts });
        }
    }

    /// The stream above ends now. Unless somebody ended the session on purpose, auto client reconnect has its turn.
    async fn over(mut self, over: Over) {
        let code = match over {
            Over::Closed(code) => Some(code),
            Over::Complete => Some(Code::Done),
            Over::Expired => None,
        };
        drop(timeout(ICA_MAGIC_DEADLINE, self.carrier.settle()).await);
        if let Some(code) = code.filter(|code| matches!(code, Code::Done | Code::Displaced | Code::Ended)) {
            self.ending.wanted(code.as_str());
        }
        if code == Some(Code::Done) {
            return;
        }
        let why = code.map_or("the timer has run out", Code::as_str);
        self.tell(Reconnect::Over { peer: self.peer, why });
    }

    fn tell(&self, what: Reconnect) {
        self.journal.record(Seen::Reconnect(what));
    }
}
