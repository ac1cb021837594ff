//! A reconnect ticket in the wrong hands: shown to the gateway by somebody who has not the session's token, which
//! only its Receiver and its host know.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gateway_proto::cgp::{Client, Output, Over, Settings};
use gateway_proto::secret::Secret;
use tokio::io::duplex;
use tokio::time::{Instant, timeout};

use crate::limits::CGP_USER_BYTES;
use crate::receiver::{Receiver, Trouble, Visit};
use crate::reliable::Carrier;

/// 32 bytes that no host gives out.
const TOKEN_OF_NOBODY: &str = "00000000000000000000000000000000";

/// The newest reconnect ticket that a Receiver got. Clones share it.
#[derive(Clone, Debug, Default)]
pub(in crate::receiver) struct Newest(Arc<Mutex<Option<Secret>>>);

impl Newest {
    pub(super) fn set(&self, ticket: &Secret) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ticket.clone());
    }

    fn get(&self) -> Option<Secret> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What showing somebody else's reconnect ticket led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theft {
    /// The session is the thief's.
    Succeeded,
    /// Gateway or host refused, with this code of `docs/cgp-profile.md`.
    Refused {
        /// The code.
        code: &'static str,
    },
    /// The connection ended without a word.
    Closed,
    /// No answer in time.
    Silent,
}

impl Receiver {
    /// Shows the newest reconnect ticket of another visit, in order to resume its session. `None` when it has none.
    ///
    /// # Errors
    /// The gateway can't be reached.
    pub async fn resume_of(&self, visit: &Visit) -> Result<Option<Theft>, Trouble> {
        let Some(ticket) = visit.newest.get() else { return Ok(None) };
        let wire = self.tls_open().await?;
        let (_user, far) = duplex(CGP_USER_BYTES);
        let client = Client::resuming(Settings::default(), Secret::new(TOKEN_OF_NOBODY));
        let mut carrier = Carrier::new(client, far, Instant::now());
        carrier.attach(wire.into_stream().0);
        carrier.machine.connect(Duration::ZERO, Some(&ticket));
        let answer = timeout(self.config.deadline, answer(&mut carrier)).await;
        Ok(Some(answer.unwrap_or(Theft::Silent)))
    }
}

async fn answer(carrier: &mut Carrier<Client>) -> Theft {
    loop {
        match carrier.next().await {
            Output::Resumed { .. } => return Theft::Succeeded,
            Output::Suspended(Some(code)) | Output::Over(Over::Closed(code)) => {
                return Theft::Refused { code: code.as_str() };
            }
            Output::Suspended(None) | Output::Over(_) => return Theft::Closed,
            _ => {}
        }
    }
}
