//! A RADIUS server as a mock: PAP, any number of challenge rounds, accounting, duplicate detection.
//!
//! It believes only requests with a right Message-Authenticator, says the same to an unknown user and to a
//! wrong password, and answers a retransmission with the very bytes of the first answer. Accounting comes
//! to the same port and goes to the journal. What it leaves out: EAP, CHAP, proxying (a Proxy-State is echoed), and one secret serves every client.
//!
//! Specification: RFC 2865, RFC 2866, RFC 3579 section 3.2, RFC 5080 section 2.2.2.

mod duplicates;
mod respond;
mod seen;
#[cfg(test)]
mod tests;
mod users;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway_proto::limits::RADIUS_PACKET_MAX_BYTES;
use gateway_proto::radius::AttributeTooLong;
use gateway_proto::secret::Secret;
use gateway_rt::{Datagram, Rt};
use tokio_util::sync::CancellationToken;

use crate::behaviour::{Rule, Switch, Unsupported};
use crate::journal::Journal;

use duplicates::Duplicates;
pub use seen::{KINDS, Seen, Status};
pub use users::{AcceptWith, Round, User};
use users::{Challenges, Users};

/// The port of RADIUS authentication.
pub const PORT: u16 = 1812;

/// What this mock can do wrong; one answer is one answer on the wire, so the answer to a retransmission
/// counts as the next one. `slow` and `late` concern the first answer to a request only.
pub const MISBEHAVIOURS: &[&str] = &[
    "slow",
    "late",
    "silent",
    "wrong-id",
    "truncate",
    "duplicate",
    "forge",
    "wrong-secret",
    "no-authenticator",
    "garbage",
];

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Shared with every client.
    pub secret: Secret,
    /// Who may log in. Of two users of one name the first counts.
    pub users: Vec<User>,
    /// How long a challenge can be answered.
    pub state_lifetime: Duration,
    /// Shown to whoever is rejected.
    pub reject_message: Option<String>,
    /// What goes wrong. Counted per request.
    pub misbehaviours: Vec<Rule>,
}

impl Config {
    /// A well-behaved server; a challenge lives five minutes.
    pub fn new(secret: impl Into<Secret>, users: Vec<User>) -> Self {
        Self {
            secret: secret.into(),
            users,
            state_lifetime: Duration::from_secs(300),
            reject_message: None,
            misbehaviours: Vec::new(),
        }
    }
}

/// Why a configuration was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A misbehaviour of another mock.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// A Class or Filter-Id that does not fit its attribute.
    #[error("radius mock: {0}")]
    Attribute(#[from] AttributeTooLong),
}

/// The server.
pub struct Mock {
    secret: Secret,
    users: Users,
    challenges: Mutex<Challenges>,
    duplicates: Mutex<Duplicates>,
    switch: Switch,
    journal: Journal<Seen>,
}

impl Mock {
    /// A server that writes what it sees to `journal`.
    pub fn new(config: Config, journal: Journal<Seen>) -> Result<Self, ConfigError> {
        Ok(Self {
            secret: config.secret,
            users: Users::new(config.users, config.reject_message.as_deref())?,
            challenges: Mutex::new(Challenges::new(config.state_lifetime)),
            duplicates: Mutex::default(),
            switch: Switch::new("radius", MISBEHAVIOURS, config.misbehaviours)?,
            journal,
        })
    }

    /// Binds `at` (UDP) and serves until dropped.
    pub async fn serve(self: Arc<Self>, rt: Rt, at: SocketAddr) -> io::Result<()> {
        let socket = rt.net.bind_udp(at).await?;
        self.serve_on(rt, socket).await
    }

    /// Serves on a socket that is already bound, until dropped. Dropping also drops the pending answers.
    pub async fn serve_on(self: Arc<Self>, rt: Rt, socket: Arc<dyn Datagram>) -> io::Result<()> {
        let stop = CancellationToken::new();
        let _stop_answers = stop.clone().drop_guard();
        let mut buffer = vec![0; RADIUS_PACKET_MAX_BYTES];
        loop {
            // An error concerns one datagram, as when an earlier answer met a closed port.
            let Ok((length, peer)) = socket.recv_from(&mut buffer).await else { continue };
            let datagram = buffer.get(..length).unwrap_or_default();
            let Some(job) = self.admit(peer, datagram) else { continue };
            let answer = self.clone().respond(rt.clone(), socket.clone(), peer, job);
            let stop = stop.clone();
            rt.spawn("radius", async move {
                stop.run_until_cancelled(answer).await;
            });
        }
    }

    /// Replaces the misbehaviours while the server runs. Counting begins again.
    pub fn misbehave(&self, rules: Vec<Rule>) -> Result<(), Unsupported> {
        self.switch.replace(rules)
    }

    /// What the server saw.
    pub fn journal(&self) -> &Journal<Seen> {
        &self.journal
    }
}
