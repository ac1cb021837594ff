//! Sessions: who is logged in.
//!
//! Pure: `now` is an argument, ids come from outside, nothing is awaited. How sessions outlive the process is in
//! [`kept`]. A session is reached only through
//! the id presented on this very request (SR-31), compared as a hash (SR-74), so that neither the table nor a
//! dump of it can be used to log in; passwords in it are sealed with the id as key.
//!
//! Public, because whoever plans for a number of users wants to know what it costs: `benches/sessions.rs` measures it.
//!
//! Not here: cookies (`http::cookies`), and log-ins that are not passed yet (`auth`).
//!
//! Specification: ours, after section 7 of the security requirements; several sessions of one user as the
//! session map of a policy would have them (SR-10 to SR-13).

mod displaced;
mod kept;
#[cfg(test)]
mod model;
mod offers;
mod place;
mod pulse;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_proto::secret::Secret;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

pub(crate) use place::network;
pub use place::{News, Place};
pub(crate) use pulse::Pulse;
pub use table::{Lookup, Newcomer, Opening, Owner, Table, Verdict};

use crate::audit::Mark;
use crate::limits::Limits;
pub use crate::names::Account;
use crate::store::Sealed;
use place::Places;

/// A SHA-256, by which ids are looked up without being kept.
pub(crate) type IdHash = [u8; 32];

/// The hash an id is kept under.
pub(crate) fn hash(id: &Secret) -> IdHash {
    Sha256::digest(id.expose()).into()
}

/// Somebody who passed every factor.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The name as the factor verified it.
    pub user: String,
    /// For single sign-on to StoreFront.
    pub password: Secret,
    /// The user's groups, as the factors name them: a directory by distinguished name, RADIUS as its attribute
    /// has them. Empty when no factor knows any.
    pub groups: Arc<[String]>,
    /// What RADIUS servers want to see again with accounting.
    pub class: Arc<[Vec<u8>]>,
    /// How long the session may last, if a factor says so; the configuration's limit holds as well.
    pub lasts: Option<Duration>,
}

#[cfg(test)]
impl Identity {
    /// Somebody of whom no factor says more than the name.
    pub(crate) fn for_tests(user: &str) -> Self {
        let (user, password) = (user.to_owned(), Secret::new("pw"));
        Self { user, password, groups: Arc::default(), class: Arc::default(), lasts: None }
    }
}

/// What only the holder of a session's id can read.
pub struct Secrets {
    /// For single sign-on to StoreFront.
    pub(crate) password: Secret,
    /// What StoreFront's call-back names the session by; says nothing about the cookie (SR-112).
    pub(crate) handle: Secret,
    /// The token our own pages send with a form.
    pub(crate) form_token: Secret,
}

impl Secrets {
    fn seal(&self, id: &Secret) -> Sealed {
        let Self { password, handle, form_token } = self;
        Sealed::new(id, &(password.expose(), handle.expose(), form_token.expose()))
    }

    fn open(sealed: &Sealed, id: &Secret) -> Option<Self> {
        let (password, handle, form_token) = sealed.open::<(Vec<u8>, Vec<u8>, Vec<u8>)>(id)?;
        let [password, handle, form_token] = [password, handle, form_token].map(Secret::from);
        Some(Self { password, handle, form_token })
    }
}

/// A live session, as everybody may see it. A clone is a few counters.
#[derive(Clone)]
pub struct Session {
    /// The name as the factor verified it.
    pub user: Arc<str>,
    /// Whose it is (SR-10).
    account: Account,
    /// As in [`Identity`].
    pub groups: Arc<[String]>,
    /// As in [`Identity`].
    pub class: Arc<[Vec<u8>]>,
    /// How logs name the session.
    pub mark: Mark,
    /// Ends everything that hangs on the session.
    pub(crate) ended: CancellationToken,
    /// Beats while somebody works in one of its tunnels, and counts what they move.
    pub(crate) pulse: Pulse,
    sealed: Arc<Sealed>,
    places: Arc<Places>,
    /// As in [`Identity`].
    lasts: Option<Duration>,
    handle: IdHash,
    /// Where its log-in came from.
    peer: SocketAddr,
    /// Log-ins of its user that met it.
    met: u64,
    created: Duration,
    /// When a policy wants it to end.
    closes: Option<Duration>,
    touched: Duration,
    /// When it was last used, as far as that is kept.
    saved: Duration,
    tickets: Arc<BTreeSet<Mark>>,
}

impl Session {
    pub(crate) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.created)
    }

    /// Time since the last request, and since the last byte in one of its tunnels.
    pub(crate) fn idle(&self, now: Duration) -> Duration {
        now.saturating_sub(self.used())
    }

    fn used(&self) -> Duration {
        self.touched.max(self.pulse.last())
    }

    /// Where its log-in came from.
    pub(crate) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The tickets that were given out under it.
    pub(crate) fn tickets(&self) -> impl Iterator<Item = Mark> {
        self.tickets.iter().copied()
    }

    fn is_over(&self, now: Duration, limits: &Limits) -> Option<&'static str> {
        let limit = self.lasts.map_or(limits.session_absolute, |it| it.min(limits.session_absolute));
        if self.age(now) >= limit {
            Some("absolute limit")
        } else if self.idle(now) >= limits.session_idle {
            Some("idle")
        } else if self.closes.is_some_and(|at| now >= at) {
            Some("policy")
        } else {
            None
        }
    }
}
