//! Accounting: RADIUS servers are told when sessions begin, go on and end (RFC 2866), and when the gateway does.
//!
//! A server that hears Accounting-On or -Off closes every session of this gateway. So On is said by a gateway that begins
//! with no session, which ends those that a crash left open, and Off by one after which none goes on. One that goes on
//! with sessions it kept tells how each of them goes on instead.
//!
//! Nobody waits for it: records queue up ([`books`]) and one task sends them, one after another, in order, each until
//! a server has taken it. A collector that is down delays records and loses none until the queue is full. They live
//! in memory; what was not taken when the process dies is lost.

mod books;

use std::sync::{Mutex, MutexGuard, PoisonError};

use gateway_proto::radius::{
    AccountingRequest, GatewayMoment, GatewayNotice, MessageAuthenticatorPolicy, RequestError, SignedRequest,
    TerminateCause, Verdict,
};
use gateway_rt::time::since_epoch;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub(crate) use self::books::{Account, Books, Now};
use self::books::{Record, Told};
use crate::audit::Event;
use crate::config::{Accounting, RadiusServer};
use crate::control::Control;
use crate::limits::{ACCOUNTING_LAST, ACCOUNTING_RETRY};
use crate::radius::Exchange;
use crate::session::Session;
use crate::shared::Shared;

/// Acct-Session-Id of what is about no session, as access servers have it.
const GATEWAY: &str = "00000000";

/// The books, and a bell for who waits for records and for who waits until there are none.
#[derive(Default)]
pub(crate) struct Ledger {
    books: Mutex<Books>,
    written: Notify,
    taken: Notify,
}

impl Ledger {
    fn books(&self) -> MutexGuard<'_, Books> {
        // Books change in single steps: they are whole, whatever panicked elsewhere.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn done(&self) {
        self.books().done();
        self.taken.notify_one();
    }

    /// Waits a moment for what is still to be sent.
    pub(crate) async fn last_words(&self) {
        let empty = async {
            while self.books().first().is_some() {
                self.taken.notified().await;
            }
        };
        drop(tokio::time::timeout(ACCOUNTING_LAST, empty).await);
    }
}

/// The gateway begins, perhaps with sessions of another life.
pub(crate) fn gateway_begins(shared: &Shared) {
    let Some(config) = &shared.config.accounting else { return };
    let (now, sessions) = (now(shared), shared.sessions());
    let mut books = shared.ledger().books();
    if sessions.all().next().is_none() {
        books.gateway(GatewayMoment::On, now);
    } else if config.interim.is_some() {
        sessions.all().for_each(|session| books.resume(Account::of(session, now.monotonic), now));
    }
    shared.ledger().written.notify_one();
}

/// The gateway ends, and every session with it unless it is kept.
pub(crate) fn gateway_ends(shared: &Shared) {
    if shared.config.accounting.is_some() && shared.sessions().all().next().is_none() {
        shared.ledger().books().gateway(GatewayMoment::Off, now(shared));
        shared.ledger().written.notify_one();
    }
}

/// A session has begun.
pub(crate) fn begins(shared: &Shared, session: &Session) {
    let Some(config) = &shared.config.accounting else { return };
    let now = now(shared);
    let written = shared.ledger().books().open(Account::of(session, now.monotonic), config.interim, now);
    told(shared, session, written);
}

/// A session is over, for this cause.
pub(crate) fn ends(shared: &Shared, session: &Session, cause: &'static str) {
    if shared.config.accounting.is_some() {
        let now = now(shared);
        let account = Account::of(session, now.monotonic);
        let written = shared.ledger().books().close(account, terminate_cause(cause), now);
        told(shared, session, written);
    }
}

/// Time has gone by.
pub(crate) fn sweep(shared: &Shared) {
    if let Some(interim) = shared.config.accounting.as_ref().and_then(|config| config.interim) {
        shared.ledger().books().go_on(interim, now(shared));
        shared.ledger().written.notify_one();
    }
}

/// Sends records until `over`.
pub(crate) async fn run(control: Control, over: CancellationToken) {
    over.run_until_cancelled(async {
        loop {
            let shared = control.current();
            let record = shared.ledger().books().first();
            match (record, &shared.config.accounting) {
                (None, _) => shared.ledger().written.notified().await,
                // Nobody is to be told any more.
                (Some(_), None) => shared.ledger().done(),
                (Some(record), Some(config)) => {
                    if is_taken(&shared, config, &record).await {
                        shared.ledger().done();
                    } else {
                        tokio::time::sleep(ACCOUNTING_RETRY).await;
                    }
                }
            }
        }
    })
    .await;
}

fn told(shared: &Shared, session: &Session, written: bool) {
    shared.ledger().written.notify_one();
    if !written {
        let user = session.user.to_string();
        shared.tell(&Event::AccountingLost { user, session: session.mark });
    }
}

/// Asks server after server. One that stayed silent is passed over for a while, as at log-ins.
async fn is_taken(shared: &Shared, config: &Accounting, record: &Record) -> bool {
    let order = shared.silent().order(&config.servers, shared.now());
    let share = config.timing.budget / u32::try_from(order.len().max(1)).unwrap_or(u32::MAX);
    for server in order.into_iter().filter_map(|index| config.servers.get(index)) {
        // A name that RADIUS has no form for can never be told.
        let Ok(request) = signed(shared, config, server, record) else { return true };
        let policy = MessageAuthenticatorPolicy::Required;
        let exchange = Exchange { rt: &shared.rt, server, timing: config.timing, policy };
        if exchange.run(request, share, |_| {}).await == Verdict::Recorded {
            shared.silent().is_not(&server.at);
            return true;
        }
        shared.silent().was(&server.at, shared.now());
        let why = "no answer to accounting".to_owned();
        shared.tell(&Event::BackendFailed { backend: server.name.clone(), why });
    }
    false
}

fn signed(
    shared: &Shared,
    config: &Accounting,
    server: &RadiusServer,
    record: &Record,
) -> Result<SignedRequest, RequestError> {
    let (id, nas_identifier) = (Exchange::id(&shared.rt), config.nas_identifier.as_str());
    match record {
        Record::Session(Told { account, moment, at, lasted, moved: (input, output) }) => AccountingRequest {
            moment: *moment,
            user_name: &account.user,
            session_id: &account.session.to_string(),
            class: &account.class,
            nas_identifier,
            calling_station_id: &account.peer.to_string(),
            event_timestamp: *at,
            session_time: u32::try_from(lasted.as_secs()).unwrap_or(u32::MAX),
            input: *input,
            output: *output,
        }
        .sign(id, &server.secret),
        Record::Gateway(moment, at) => {
            let notice =
                GatewayNotice { moment: *moment, session_id: GATEWAY, nas_identifier, event_timestamp: *at };
            notice.sign(id, &server.secret)
        }
    }
}

fn now(shared: &Shared) -> Now {
    let unix = since_epoch(shared.rt.clock.as_ref()).as_secs();
    // The field's own end is in 2106.
    Now { monotonic: shared.now(), unix: u32::try_from(unix).unwrap_or(u32::MAX) }
}

/// What the gateway calls the end of a session, in the RFC's words.
fn terminate_cause(cause: &str) -> TerminateCause {
    match cause {
        "idle" => TerminateCause::IdleTimeout,
        "absolute limit" => TerminateCause::SessionTimeout,
        "gateway stops" => TerminateCause::NasReboot,
        "ended by the administrator" => TerminateCause::AdminReset,
        // Log-out, and log-ins that take the place of the session: the user's own doing.
        _ => TerminateCause::UserRequest,
    }
}
