//! Rule 3: a session is the end of a log-in that was passed.
//!
//! For each session the trace must hold, in this order: `login.tried` from the same machine for the same user;
//! where the gateway says that a server let the user in, that server's own word for it: an Access-Accept, a
//! successful bind of the user, or `authenticated`; `factor.passed` for the user, and once more for the second
//! factor where it was asked about the user. Each of them counts for one session only.

use std::net::IpAddr;

use gateway::audit;
use gateway_mocks::{anakam, ldap, radius};

use super::{Broken, VERDICT_FIRST};
use crate::trace::{Trace, What};

pub(super) fn check(trace: &Trace) -> Vec<Broken> {
    let mut desk = Desk::default();
    for (event, entry) in trace.events.iter().enumerate() {
        match &entry.what {
            What::Gateway(what) => desk.gateway(event, what),
            What::Radius(radius::Seen::AccessAccept { user, .. })
            | What::Ldap(ldap::Seen::Bound { user: Some(user), .. }) => {
                desk.accepts.push(Said { event, user: plain(user) });
            }
            What::Anakam(anakam::Seen::Authenticated { user, .. }) => {
                desk.authenticated.push(Said { event, user: plain(user) });
            }
            _ => {}
        }
    }
    desk.broken
}

/// How the gateway calls its second factors.
const ANAKAM: &str = "Anakam";
const SECOND_RADIUS: &str = "second RADIUS";

/// Something said about a user.
struct Said {
    event: usize,
    user: String,
}

#[derive(Default)]
struct Desk {
    tries: Vec<(Said, IpAddr)>,
    accepts: Vec<Said>,
    passes: Vec<Said>,
    /// The second factor's: the server was asked, said yes, and the gateway heard it.
    asked: Vec<Said>,
    authenticated: Vec<Said>,
    passed_second: Vec<Said>,
    broken: Vec<Broken>,
}

impl Desk {
    fn gateway(&mut self, event: usize, what: &audit::Event) {
        match what {
            audit::Event::LoginTried { peer, user } => {
                self.tries.push((Said { event, user: plain(user) }, peer.ip()));
            }
            audit::Event::FactorAsked { user, factor: ANAKAM | SECOND_RADIUS, .. } => {
                self.asked.push(Said { event, user: plain(user) });
            }
            audit::Event::FactorPassed { user, factor: factor @ (ANAKAM | SECOND_RADIUS), .. } => {
                self.second_passed(event, &plain(user), *factor == SECOND_RADIUS);
            }
            audit::Event::FactorPassed { user, server, .. } => self.passed(event, &plain(user), server),
            audit::Event::SessionCreated { peer, user, .. } => self.opened(event, &plain(user), peer.ip()),
            _ => {}
        }
    }

    fn passed(&mut self, event: usize, user: &str, server: &str) {
        // Without a server it is the gateway's own user file that speaks.
        let begun = self.first_try(user);
        if !server.is_empty() && take(&mut self.accepts, user, begun).is_none() {
            self.breaks(
                event,
                format!("an Access-Accept or a successful bind of {user} in this log-in before"),
            );
        }
        self.passes.push(Said { event, user: user.to_owned() });
    }

    fn second_passed(&mut self, event: usize, user: &str, by_radius: bool) {
        let begun = self.first_try(user);
        let (said, word) = if by_radius {
            (&mut self.accepts, "an Access-Accept")
        } else {
            (&mut self.authenticated, "`authenticated`")
        };
        if take(said, user, begun).is_none() {
            self.breaks(event, format!("{word} of the second factor for {user} in this log-in before"));
        }
        self.passed_second.push(Said { event, user: user.to_owned() });
    }

    fn opened(&mut self, event: usize, user: &str, machine: IpAddr) {
        let tried = self.tries.iter().rposition(|(said, from)| said.user == user && *from == machine);
        let Some(tried) = tried else {
            return self.breaks(event, format!("a log-in of {user} from the same machine before"));
        };
        let (said, _) = self.tries.remove(tried);
        if take(&mut self.passes, user, Some(said.event)).is_none() {
            self.breaks(event, format!("a passed factor of {user} in this log-in before"));
        }
        let asked = self.asked.iter().any(|asked| asked.user == user && asked.event > said.event);
        if asked && take(&mut self.passed_second, user, Some(said.event)).is_none() {
            self.breaks(event, format!("a passed second factor of {user} in this log-in before"));
        }
    }

    /// When the oldest log-in of a user that has no session yet began. With two at a time it can't be told
    /// which of them is meant.
    fn first_try(&self, user: &str) -> Option<usize> {
        self.tries.iter().find(|(said, _)| said.user == user).map(|(said, _)| said.event)
    }

    fn breaks(&mut self, event: usize, awaited: String) {
        self.broken.push(Broken { rule: VERDICT_FIRST, event, awaited });
    }
}

/// Takes out the first thing said about a user after an event.
fn take(said: &mut Vec<Said>, user: &str, after: Option<usize>) -> Option<Said> {
    let after = after?;
    let at = said.iter().position(|said| said.user == user && said.event > after)?;
    Some(said.remove(at))
}

/// A user name without case and domain: `EXAMPLE\Alice` and `alice` are the same user.
fn plain(user: &str) -> String {
    let name = user.trim().rsplit('\\').next().unwrap_or_default();
    name.split('@').next().unwrap_or_default().to_lowercase()
}
