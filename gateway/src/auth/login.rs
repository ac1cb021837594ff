//! Making sessions. Every way of logging in, classic pages and forms protocol alike, passes here and nowhere
//! else (SR-22, SR-23); the surfaces only read requests and render what this says.
//!
//! What really happened goes to the audit log. The client learns of a refusal that it is one (SR-71), unless the
//! reason says nothing about name and password: that no server answers, or, to who has passed every factor, that
//! there is a session already or no room for one.

use std::net::SocketAddr;
use std::time::Duration;

use gateway_proto::secret::Secret;

use super::lockout::Try;
use super::{Answered, Attempt, DeviceCookie, Question, Step, Vouched};
use crate::accounting;
use crate::audit::Event;
use crate::config::DuplicatePolicy;
use crate::limits::{
    CALLBACK_HANDLE_BYTES, LOGIN_ID_BYTES, PASSWORD_BYTES_MAX, SESSION_ID_BYTES, USER_BYTES_MAX,
};
use crate::reason::Reason;
use crate::session::{Identity, Newcomer, Opening, Owner, Place, Verdict};
use crate::shared::Shared;

/// Who is in front of the gateway.
pub(crate) struct Client {
    pub(crate) peer: SocketAddr,
    /// The same as far as a session may be bound to it.
    pub(crate) place: Place,
    /// What stands in its session cookie.
    pub(crate) session: Option<Secret>,
    /// What stands in its device cookie.
    pub(crate) device: Option<Secret>,
    /// What it says it is.
    pub(crate) agent: Option<String>,
    /// The cookie by which it will be known again, once a log-in gave it one.
    pub(crate) keeps: Option<DeviceCookie>,
}

/// Where a log-in stands.
pub(crate) enum Outcome {
    /// There is a session of this id.
    Session {
        /// For the session cookie.
        id: Secret,
    },
    /// A question is to be answered.
    Asked {
        /// For the cookie of the pending log-in; good for one answer.
        id: Secret,
        /// The server's text, to be escaped and shown.
        prompt: String,
        /// Whether the answer may be seen while it is typed.
        echo: bool,
    },
    /// The user has a session elsewhere and may say that it shall end.
    TransferOffered {
        /// As in [`Self::Asked`].
        id: Secret,
    },
    /// The user has a session elsewhere, and may have only one.
    Blocked,
    /// No, and nothing more is told.
    Refused,
    /// Not now, whoever it is: that can be told, because it says nothing about name and password.
    Unavailable(Reason),
}

/// A log-in begins with a name and a password.
pub(crate) async fn begin(shared: &Shared, client: &mut Client, user: &str, password: Secret) -> Outcome {
    let (peer, user) = (client.peer, user.trim());
    shared.tell(&Event::LoginTried { peer, user: user.to_owned() });
    // Nobody is asked about an empty password: a directory may take it for an anonymous bind (SR-70).
    let usable = !user.is_empty()
        && user.len() <= USER_BYTES_MAX
        && !user.chars().any(char::is_control)
        && is_usable(&password);
    if !usable {
        return refused(shared, peer, user.to_owned(), Reason::LoginRefused);
    }
    let user = match shared.config.names.asked(user) {
        Ok(asked) => asked,
        Err(reason) => return refused(shared, peer, user.to_owned(), reason),
    };
    let attempt = Attempt { shared, client, user, password: &password };
    match judge(&attempt, attempt.begin()).await {
        Step::Passed(vouched) => open_session(shared, client, vouched, password).await,
        Step::Challenge(chain, question) => {
            let (id, outcome) = asked(shared, &question);
            shared.tell(&Event::ChallengeShown { peer, user: user.to_owned(), round: 1 });
            let (now, limits) = (shared.now(), &shared.config.limits);
            shared.flow().ask(&id, user.to_owned(), password, (chain, question), now, limits);
            outcome
        }
        Step::Refused(reason) => refused(shared, peer, user.to_owned(), reason),
    }
}

/// The log-in `id` goes on with an answer. An error means that there is no such log-in any more.
pub(crate) async fn go_on(
    shared: &Shared,
    client: &mut Client,
    id: &Secret,
    answer: Secret,
) -> Result<Outcome, Reason> {
    let peer = client.peer;
    let answered = shared.flow().answer(id, shared.now(), &shared.config.limits);
    let mut pending = match answered {
        Answered::GoesOn(pending) => *pending,
        Answered::Over(reason, user) => {
            if let Some(user) = user {
                shared.tell(&Event::LoginRefused { peer, user, reason });
            }
            return Err(reason);
        }
    };
    if !is_usable(&answer) {
        return Ok(refused(shared, peer, pending.user, Reason::LoginRefused));
    }
    let (chain, awaits) = (std::mem::take(&mut pending.chain), &pending.question.awaits);
    let attempt = Attempt { shared, client, user: &pending.user, password: &pending.password };
    let step = judge(&attempt, attempt.answer(chain, awaits, &answer)).await;
    Ok(match step {
        Step::Passed(vouched) => open_session(shared, client, vouched, pending.password).await,
        Step::Challenge(chain, question) => {
            let (id, outcome) = asked(shared, &question);
            let user = pending.user.clone();
            let again = shared.flow().ask_again(&id, pending, (chain, question), &shared.config.limits);
            match again {
                Ok(round) => {
                    shared.tell(&Event::ChallengeShown { peer, user, round });
                    outcome
                }
                Err(reason) => refused(shared, peer, user, reason),
            }
        }
        Step::Refused(reason) => refused(shared, peer, pending.user, reason),
    })
}

/// Whether the log-in `id` waits for an answer to the offer of a transfer.
pub(crate) fn is_transfer(shared: &Shared, id: &Secret) -> bool {
    shared.sessions().is_offered(id)
}

/// The user answers the offer `id`: the session elsewhere shall end, or not. An error means that there is no such
/// offer any more.
pub(crate) async fn transfer(
    shared: &Shared,
    client: &Client,
    id: &Secret,
    accepted: bool,
) -> Result<Outcome, Reason> {
    let taken = shared.sessions().take_offer(id, shared.now(), &shared.config.limits);
    let identity = taken.ok_or(Reason::ChallengeUnknown)?;
    if !accepted {
        return Ok(refused(shared, client.peer, identity.user, Reason::DuplicateSession));
    }
    let newcomer = newcomer(shared, client, identity);
    let (id, user) = (newcomer.id.clone(), newcomer.identity.user.clone());
    // The same step as under `kick`: whoever logged in meanwhile is displaced as well.
    let (now, limits) = (shared.now(), &shared.config.limits);
    let opening = shared.sessions().create(newcomer, DuplicatePolicy::Kick, now, limits);
    Ok(opened(shared, client, user, id, opening).await)
}

/// Asks the factors, unless too many failed before.
async fn judge(attempt: &Attempt<'_>, asking: impl Future<Output = Step>) -> Step {
    let (shared, peer) = (attempt.shared, attempt.client.peer);
    let (begun, limits, user) = (shared.now(), &shared.config.limits, attempt.user.to_owned());
    let account = shared.config.names.account(&user);
    let admitted = shared.lockout().begin(account, peer.ip(), begun, limits);
    let a_try = match admitted {
        Ok(a_try) => a_try,
        Err(reason) => {
            let pace = shared.lockout().pace();
            tokio::time::sleep(pace).await;
            return Step::Refused(reason);
        }
    };
    let step = asking.await;
    match &step {
        Step::Refused(Reason::LoginRefused) | Step::Challenge(_, Question { repeated: true, .. }) => {
            failed(shared, peer, user, &a_try, begun).await;
        }
        Step::Passed(_) => shared.lockout().passed(&a_try, shared.now(), limits),
        Step::Challenge(..) | Step::Refused(_) => shared.lockout().take_back(&a_try, limits),
    }
    step
}

async fn failed(shared: &Shared, peer: SocketAddr, user: String, a_try: &Try, begun: Duration) {
    let (took, limits) = (shared.now().saturating_sub(begun), &shared.config.limits);
    let locked = shared.lockout().failed(a_try, took, limits);
    // Kept or not, the answer is no.
    _ = shared.saved().await;
    if let Some(scope) = locked {
        shared.tell(&Event::LoginLocked { peer, user, scope, lasts: limits.lockout });
    }
}

fn is_usable(password: &Secret) -> bool {
    !password.is_empty() && password.len() <= PASSWORD_BYTES_MAX
}

fn asked(shared: &Shared, question: &Question) -> (Secret, Outcome) {
    let id = shared.fresh_id::<LOGIN_ID_BYTES>("login-id");
    let outcome = Outcome::Asked { id: id.clone(), prompt: question.prompt.clone(), echo: question.echo };
    (id, outcome)
}

fn newcomer(shared: &Shared, client: &Client, identity: Identity) -> Newcomer {
    Newcomer {
        account: shared.config.names.account(&identity.user),
        identity,
        peer: client.peer,
        place: client.place,
        id: shared.fresh_id::<SESSION_ID_BYTES>("session-id"),
        handle: shared.fresh_id::<CALLBACK_HANDLE_BYTES>("callback-handle"),
        form_token: shared.fresh_id::<LOGIN_ID_BYTES>("form-token"),
        before: client.session.clone(),
    }
}

async fn open_session(shared: &Shared, client: &mut Client, vouched: Vouched, password: Secret) -> Outcome {
    let Vouched { user, groups, class, lasts, device } = vouched;
    client.keeps = device;
    let groups = groups.unwrap_or_default().into();
    let identity = Identity { user, password, groups, class: class.into(), lasts };
    let newcomer = newcomer(shared, client, identity);
    let (id, user) = (newcomer.id.clone(), newcomer.identity.user.clone());
    let (now, limits, policy) = (shared.now(), &shared.config.limits, shared.config.sessions.duplicates);
    let opening = shared.sessions().create(newcomer, policy, now, limits);
    if let Some(owner) = &opening.met {
        tell_duplicate(shared, client.peer, &user, owner);
    }
    opened(shared, client, user, id, opening).await
}

/// Tells what came of it, in the order in which it came, and what the client is to see: once it is kept.
async fn opened(shared: &Shared, client: &Client, user: String, id: Secret, opening: Opening) -> Outcome {
    let (peer, policy) = (client.peer, shared.config.sessions.duplicates);
    let kept = shared.sessions_over(opening.over).await;
    match opening.verdict {
        Verdict::Opened(_) if kept.is_err() => {
            drop(shared.sessions().end(&id));
            refused(shared, peer, user, Reason::StateDown)
        }
        Verdict::Opened(session) => {
            accounting::begins(shared, &session);
            let (session, groups) = (session.mark, session.groups.to_vec());
            shared.tell(&Event::SessionCreated { peer, user, session, policy, groups });
            Outcome::Session { id }
        }
        Verdict::Taken(identity) if policy == DuplicatePolicy::Transfer => {
            let id = shared.fresh_id::<LOGIN_ID_BYTES>("login-id");
            shared.sessions().offer(&id, identity, shared.now(), &shared.config.limits);
            Outcome::TransferOffered { id }
        }
        Verdict::Taken(_) => Outcome::Blocked,
        Verdict::Full => refused(shared, peer, user, Reason::SessionTableFull),
    }
}

fn tell_duplicate(shared: &Shared, peer: SocketAddr, user: &str, owner: &Owner) {
    let rules = &shared.config.sessions;
    shared.tell(&Event::SessionDuplicate {
        peer,
        user: user.to_owned(),
        session: owner.mark,
        owner: owner.peer,
        attempt: owner.attempt,
        policy: rules.duplicates,
        severity: rules.duplicate_severity,
    });
}

fn refused(shared: &Shared, peer: SocketAddr, user: String, reason: Reason) -> Outcome {
    shared.tell(&Event::LoginRefused { peer, user, reason });
    match reason {
        // Servers are as silent about strangers as about users. Of a second factor's silence only they learn whose
        // password is right, and its question would have told them as much.
        Reason::FactorDown | Reason::SessionTableFull | Reason::StateDown => Outcome::Unavailable(reason),
        // Whoever has the phone in hand must know that the question on it may be another's.
        Reason::PushPending | Reason::PushLimit => Outcome::Unavailable(reason),
        _ => Outcome::Refused,
    }
}
