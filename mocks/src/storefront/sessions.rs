//! The sessions of a StoreFront: bounded, ended by idleness, and named by three values a client returns.
//!
//! The session id finds the session, the CSRF token proves that a script of the site asks, and the
//! authentication id proves that the log-on happened in this very client.

use std::collections::BTreeMap;

use data_encoding::{BASE32_NOPAD, HEXUPPER};
use gateway_proto::access_info::AccessCondition;
use gateway_proto::broker::{AppData, Credentials};
use gateway_proto::secret::Secret;
use gateway_rt::{Purpose, Rt, entropy};
use tokio::time::Instant;

use crate::limits::{STOREFRONT_SESSION_IDLE, STOREFRONT_SESSIONS_MAX};

const PURPOSE: Purpose = Purpose("storefront-session");

/// The table.
#[derive(Default)]
pub(super) struct Sessions {
    by_id: BTreeMap<String, Session>,
}

/// One client.
#[derive(Clone)]
pub(super) struct Session {
    /// `CsrfToken`.
    pub(super) csrf: Secret,
    /// `CtxsDeviceId`.
    pub(super) device: String,
    /// Who is logged on.
    pub(super) user: Option<User>,
    used: Instant,
}

/// A user who is logged on.
#[derive(Clone)]
pub(super) struct User {
    /// `CtxsAuthId`.
    pub(super) auth_id: Secret,
    pub(super) name: String,
    pub(super) domain: String,
    pub(super) password: Secret,
    /// What the gateway's call-back said.
    pub(super) conditions: Vec<AccessCondition>,
    /// The apps of the latest list.
    pub(super) apps: Option<Vec<AppData>>,
}

impl User {
    /// As brokers want them where the password matters.
    pub(super) fn credentials(&self) -> Credentials {
        Credentials::with_password(&self.name, &self.domain, self.password.clone())
    }
}

impl Sessions {
    /// Begins a session; the one used longest ago makes room when the table is full. Returns its id.
    pub(super) fn begin(&mut self, rt: &Rt, now: Instant) -> String {
        self.by_id.retain(|_, session| now.duration_since(session.used) < STOREFRONT_SESSION_IDLE);
        if self.by_id.len() >= STOREFRONT_SESSIONS_MAX {
            let oldest = self.by_id.iter().min_by_key(|(_, session)| session.used);
            if let Some(id) = oldest.map(|(id, _)| id.clone()) {
                self.by_id.remove(&id);
            }
        }
        // 15 bytes are the 24 lower-case characters the vendor's ids have.
        let id =
            BASE32_NOPAD.encode(&entropy::bytes::<15>(rt.entropy.as_ref(), PURPOSE)).to_ascii_lowercase();
        let device = HEXUPPER.encode(&entropy::bytes::<8>(rt.entropy.as_ref(), PURPOSE));
        let session = Session { csrf: token(rt), device: format!("WR_{device}"), user: None, used: now };
        self.by_id.insert(id.clone(), session);
        id
    }

    /// A copy of a session that is not over, which is used by this.
    pub(super) fn find(&mut self, id: &str, now: Instant) -> Option<Session> {
        let session = self.by_id.get_mut(id)?;
        if now.duration_since(session.used) >= STOREFRONT_SESSION_IDLE {
            self.by_id.remove(id);
            return None;
        }
        session.used = now;
        Some(session.clone())
    }

    /// Logs a user on; false when the session is gone.
    pub(super) fn log_on(&mut self, id: &str, user: User) -> bool {
        self.by_id.get_mut(id).map(|session| session.user = Some(user)).is_some()
    }

    /// Remembers what was listed for the user of a session.
    pub(super) fn listed(&mut self, id: &str, apps: &[AppData]) {
        if let Some(user) = self.by_id.get_mut(id).and_then(|session| session.user.as_mut()) {
            user.apps = Some(apps.to_vec());
        }
    }

    /// Ends a session.
    pub(super) fn end(&mut self, id: &str) {
        self.by_id.remove(id);
    }

    /// How many users are logged on.
    pub(super) fn logged_on(&self) -> usize {
        self.by_id.values().filter(|session| session.user.is_some()).count()
    }
}

/// 32 upper-case hexadecimal characters, as `CsrfToken` and `CtxsAuthId` have them.
pub(super) fn token(rt: &Rt) -> Secret {
    Secret::from(HEXUPPER.encode(&entropy::bytes::<16>(rt.entropy.as_ref(), PURPOSE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_bounded_and_forgets_the_idle() {
        let rt = gateway_rt::tokio::real();
        let mut sessions = Sessions::default();
        let start = Instant::now();
        let first = sessions.begin(&rt, start);
        let second = sessions.begin(&rt, start);
        assert_eq!((first.len(), token(&rt).len()), (24, 32));
        let later = start + STOREFRONT_SESSION_IDLE / 2;
        assert!(sessions.find(&first, later).is_some());
        assert!(sessions.find(&first, start + STOREFRONT_SESSION_IDLE).is_some());
        assert!(sessions.find(&second, start + STOREFRONT_SESSION_IDLE).is_none());
        for _ in 0..STOREFRONT_SESSIONS_MAX {
            sessions.begin(&rt, start + STOREFRONT_SESSION_IDLE * 2);
        }
        assert_eq!(sessions.by_id.len(), STOREFRONT_SESSIONS_MAX);
        assert!(sessions.find(&first, start + STOREFRONT_SESSION_IDLE * 2).is_none());
    }
}
