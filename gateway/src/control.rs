//! Telling a running gateway what to do: take a new configuration, end a session, stop.
//!
//! A configuration is replaced as a whole. Connections keep the one they began with: requests in flight are
//! answered and their connections closed, so that the next request meets the new one; tunnels go on. Sessions,
//! waiting log-ins and spent tickets belong to the gateway and not to a configuration.
//!
//! What it is not: a protocol. Signals, sockets and permissions are the program's.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::audit::{Event, Mark};
use crate::config::Config;
use crate::reason::Reason;
use crate::shared::Shared;

/// A handle on a gateway. Cheap to clone; it does not keep the gateway serving.
#[derive(Clone)]
pub struct Control {
    current: Arc<RwLock<Arc<Shared>>>,
}

/// A live session as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// How logs name it, and how [`Control::end_session`] does.
    pub mark: Mark,
    /// Whose it is.
    pub user: String,
    /// Time since its log-in.
    pub age: Duration,
    /// Time since its last request.
    pub idle: Duration,
}

impl Control {
    pub(crate) fn over(shared: Shared) -> Self {
        Self { current: Arc::new(RwLock::new(Arc::new(shared))) }
    }

    pub(crate) fn current(&self) -> Arc<Shared> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves with `config` from here on. The listening address stays: it was bound at the beginning.
    ///
    /// # Errors
    /// When certificate and key do not belong together; the gateway then goes on as before.
    pub fn reload(&self, config: Config) -> Result<(), rustls::Error> {
        let before = self.current();
        let next = Arc::new(before.succeeded_by(config)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
        before.tell(&Event::Reloaded);
        before.retire();
        Ok(())
    }

    /// Stops: nobody new is let in, requests in flight are answered, tunnels have
    /// [`Limits::drain`](crate::limits::Limits::drain); then `run` returns.
    pub fn stop(&self) {
        self.current().stop();
    }

    /// Whether it was told to stop.
    pub fn is_stopping(&self) -> bool {
        self.current().is_stopping()
    }

    /// The live sessions.
    pub fn sessions(&self) -> Vec<SessionInfo> {
        let shared = self.current();
        let now = shared.now();
        let table = shared.sessions();
        let info = table.all().map(|session| SessionInfo {
            mark: session.mark,
            user: session.user.to_string(),
            age: session.age(now),
            idle: session.idle(now),
        });
        info.collect()
    }

    /// Ends the session that logs call `mark`, with everything that hangs on it. False when there is none.
    ///
    /// # Errors
    /// It is over, but a gateway that dies now would not know that any more.
    pub async fn end_session(&self, mark: Mark) -> Result<bool, Reason> {
        let shared = self.current();
        let ended = shared.sessions().end_marked(mark);
        let was_there = ended.is_some();
        let over = ended.map(|session| (session, "ended by the administrator"));
        shared.sessions_over(over.into_iter().collect()).await?;
        Ok(was_there)
    }

    /// Forgets the devices of a user, so that each is asked for a passcode at its next log-in. Says how many they were.
    ///
    /// # Errors
    /// They are forgotten, but a gateway that dies now would know them again.
    pub async fn revoke_devices(&self, user: &str) -> Result<usize, Reason> {
        let shared = self.current();
        let devices = shared.devices().revoke(&shared.config.names.account(user));
        let kept = shared.saved().await;
        shared.tell(&Event::DevicesRevoked { user: user.to_owned(), devices });
        kept.map(|()| devices)
    }

    /// Number of connections that are served now.
    pub fn connections(&self) -> usize {
        self.current().connections()
    }
}
