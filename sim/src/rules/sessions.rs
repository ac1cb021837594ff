//! Rule 5: under a policy of one session nobody ever has two.
//!
//! Judged where a session opens: at that moment, at that gateway, no session of the same user may be live. Names are
//! compared whole and without case, as the gateway must. A gateway whose process ended has no sessions any more, unless it says that it kept them.

use std::collections::BTreeMap;

use gateway::audit::{self, Mark, StateEvent};
use gateway::config::DuplicatePolicy;

use super::{Broken, ONE_SESSION};
use crate::trace::{Trace, What};

pub(super) fn check(trace: &Trace) -> Vec<Broken> {
    // Live sessions of each user, by gateway.
    let mut live: BTreeMap<(&str, String), Vec<Mark>> = BTreeMap::new();
    let mut users: BTreeMap<Mark, String> = BTreeMap::new();
    let mut broken = Vec::new();
    for (event, entry) in trace.events.iter().enumerate() {
        match &entry.what {
            What::Gateway(audit::Event::SessionCreated { user, session, policy, .. }) => {
                let sessions = live.entry((&entry.host, whole(user))).or_default();
                if *policy != DuplicatePolicy::Allow && !sessions.is_empty() {
                    let awaited = format!("the end of {user}'s other session before");
                    broken.push(Broken { rule: ONE_SESSION, event, awaited });
                }
                sessions.push(*session);
                users.insert(*session, whole(user));
            }
            What::Gateway(audit::Event::SessionEnded { user, session, .. }) => {
                if let Some(sessions) = live.get_mut(&(entry.host.as_str(), whole(user))) {
                    sessions.retain(|known| known != session);
                }
            }
            What::Gateway(audit::Event::State(StateEvent::Opened { sessions, .. })) => {
                for session in sessions {
                    let Some(user) = users.get(session) else { continue };
                    live.entry((&entry.host, user.clone())).or_default().push(*session);
                }
            }
            What::Fault(fault) => {
                live.retain(|(gateway, _), _| fault.down.as_deref() != Some(*gateway));
            }
            _ => {}
        }
    }
    broken
}

fn whole(user: &str) -> String {
    user.trim().to_lowercase()
}
