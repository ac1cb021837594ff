//! Auto client reconnect at the Receiver: when the stream to the host is gone for good, another launch and the
//! ticket of the host's session instead of a logon ticket.
//!
//! The user's stream stays; what is typed meanwhile waits in it.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};

use gateway_proto::ica_file::LaunchFile;
use gateway_proto::secret::Secret;
use gateway_rt::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::time::{Instant, sleep_until, timeout};

use super::{Line, Reconnect};
use crate::ica::Banner;
use crate::limits::{CGP_USER_BYTES, ECHO_BUFFER_BYTES, RECONNECT_DELAY, RECONNECT_TIMEOUT};
use crate::receiver::session::{Hello, greet};
use crate::receiver::{Apps, Launch, Receiver, Seen, Trouble};

impl Receiver {
    /// Puts auto client reconnect between a line, its hello said, and its user.
    pub(in crate::receiver) fn reconnecting(&self, file: &LaunchFile, line: Line) -> Line {
        let (near, far) = duplex(CGP_USER_BYTES);
        let (peer, ending) = (line.peer, line.ending.clone());
        let keeper = Keeper { receiver: self.fork(), app: file.application.clone(), user: far, ticket: None };
        self.rt.spawn("receiver-reconnect", keeper.keep(line));
        Line { stream: Box::new(near), peer, ending }
    }
}

struct Keeper {
    receiver: Receiver,
    app: String,
    user: DuplexStream,
    /// With which the host lets the session be gone on with.
    ticket: Option<Secret>,
}

/// Who ended a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    User,
    Line,
}

/// Why an attempt led to no stream.
enum Failed {
    /// It may work the next time.
    ForNow,
    /// It can't without a person.
    ForGood(&'static str),
}

impl Keeper {
    async fn keep(mut self, mut line: Line) {
        loop {
            if self.relay(&mut line.stream).await == By::User {
                return;
            }
            let lost = Instant::now();
            if let Some(why) = line.ending.is_wanted() {
                return self.tell(Reconnect::GaveUp { why });
            }
            let Some(ticket) = self.ticket.take() else {
                return self.tell(Reconnect::GaveUp { why: "the host offers no reconnect" });
            };
            match self.reconnect(&ticket, lost).await {
                Ok(next) => line = next,
                Err(why) => return self.tell(Reconnect::GaveUp { why }),
            }
        }
    }

    /// Carries bytes until the user is done or the line is gone.
    async fn relay(&mut self, line: &mut Stream) -> By {
        let (mut banner, ticket, user_done) = (Banner::default(), &mut self.ticket, AtomicBool::new(false));
        let (mut from_user, mut to_user) = split(&mut self.user);
        let (mut from_line, mut to_line) = split(line);
        let up = async {
            let mut buffer = vec![0; ECHO_BUFFER_BYTES];
            while let Ok(count @ 1..) = from_user.read(&mut buffer).await {
                let sent = async {
                    to_line.write_all(buffer.get(..count).unwrap_or_default()).await?;
                    to_line.flush().await
                };
                if sent.await.is_err() {
                    return;
                }
            }
            // What the host still sends is the user's.
            user_done.store(true, Ordering::Relaxed);
            drop(to_line.shutdown().await);
            pending::<()>().await;
        };
        let down = async {
            let mut buffer = vec![0; ECHO_BUFFER_BYTES];
            loop {
                let Ok(count @ 1..) = from_line.read(&mut buffer).await else { return };
                let mut bytes = buffer.get(..count).unwrap_or_default().to_vec();
                *ticket = banner.strip(&mut bytes).or_else(|| ticket.take());
                if to_user.write_all(&bytes).await.is_err() {
                    return user_done.store(true, Ordering::Relaxed);
                }
            }
        };
        tokio::select! { biased;
            () = down => {}
            () = up => {}
        }
        if user_done.load(Ordering::Relaxed) { By::User } else { By::Line }
    }

    /// Tries until it works, can't work, or the time is over.
    async fn reconnect(&mut self, ticket: &Secret, lost: Instant) -> Result<Line, &'static str> {
        let mut attempts = 0;
        loop {
            let started = Instant::now();
            attempts += 1;
            match self.attempt(ticket).await {
                Ok(line) => {
                    self.tell(Reconnect::Again { peer: line.peer, after: lost.elapsed(), attempts });
                    return Ok(line);
                }
                Err(Failed::ForGood(why)) => return Err(why),
                Err(Failed::ForNow) if started + RECONNECT_DELAY > lost + RECONNECT_TIMEOUT => {
                    return Err("nobody answered in time");
                }
                Err(Failed::ForNow) => sleep_until(started + RECONNECT_DELAY).await,
            }
        }
    }

    async fn attempt(&mut self, ticket: &Secret) -> Result<Line, Failed> {
        let file = match self.relaunch().await {
            Ok(Launch::File(file)) => file,
            Ok(Launch::Refused(_)) => return Err(Failed::ForGood("the gateway asks for a log-in")),
            Ok(Launch::Failed { .. } | Launch::NoSuchApp) => {
                return Err(Failed::ForGood("the store does not launch the app"));
            }
            Err(_) => return Err(Failed::ForNow),
        };
        let Ok(Ok(mut line)) = self.receiver.line(&file).await else { return Err(Failed::ForNow) };
        match self.claim(&mut line.stream, ticket).await {
            Ok(()) => Ok(line),
            Err(failed) => {
                line.ending.abandon();
                Err(failed)
            }
        }
    }

    /// Shows the host the ticket of its session.
    async fn claim(&mut self, line: &mut Stream, ticket: &Secret) -> Result<(), Failed> {
        let deadline = self.receiver.config.deadline;
        greet(line, Hello::Again(ticket), deadline).await.map_err(|_| Failed::ForNow)?;
        timeout(deadline, self.accepted(line)).await.unwrap_or(Err(Failed::ForNow))
    }

    /// Another launch; of a store that has forgotten its user meanwhile, after a sign-on.
    async fn relaunch(&mut self) -> Result<Launch, Trouble> {
        match self.receiver.launch(&self.app).await? {
            Launch::Failed { .. } => match self.receiver.apps().await? {
                Apps::Refused(refusal) => Ok(Launch::Refused(refusal)),
                _ => self.receiver.launch(&self.app).await,
            },
            launch => Ok(launch),
        }
    }

    /// A host that goes on with the session says so by the next ticket; any other hangs up.
    async fn accepted(&mut self, line: &mut Stream) -> Result<(), Failed> {
        let (mut banner, mut buffer) = (Banner::default(), vec![0; ECHO_BUFFER_BYTES]);
        loop {
            let Ok(count @ 1..) = line.read(&mut buffer).await else {
                return Err(Failed::ForGood("the host has no such session"));
            };
            let mut bytes = buffer.get(..count).unwrap_or_default().to_vec();
            self.ticket = banner.strip(&mut bytes);
            // Nothing was typed on this line yet, so nothing behind the ticket is an echo.
            if self.ticket.is_some() || !banner.is_fresh() {
                return Ok(());
            }
        }
    }

    fn tell(&self, what: Reconnect) {
        self.receiver.journal.record(Seen::Reconnect(what));
    }
}
