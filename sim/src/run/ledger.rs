//! What the actors leave behind for the judge: who is done, what failed, which pages they saw, which secrets
//! they used. Shared between the hosts of one run and its driver.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway_mocks::receiver::{Page, Visit};
use indexmap::IndexSet;

use super::unmet;
use crate::report::Failure;
use crate::scenario::plan::{FirstFactor, Plan, StepKind};
use crate::scenario::source::Span;

/// Shorter texts are no secrets that could be told from other text; every real one is longer.
const SECRET_BYTES_MIN: usize = 5;

/// Pages remembered per machine. Ours: windows look back over a run, not over a day of clicking.
const PAGES_MAX: usize = 1_000;

/// Clones share one ledger.
#[derive(Clone)]
pub(super) struct Ledger(Arc<Mutex<Inner>>);

/// Who does the steps of a receiver block: its index, and which of its crowd.
pub(super) type Seat = (usize, u32);

#[derive(Default)]
struct Inner {
    /// Who is not done: the machine, and the step it is at.
    at: BTreeMap<Seat, (String, Span)>,
    /// How many are to begin, by the index of the receiver block; `None` once they have begun.
    waiting: Vec<Option<u32>>,
    failures: Vec<Failure>,
    pages: BTreeMap<String, Vec<(Duration, Page)>>,
    secrets: IndexSet<Vec<u8>>,
    /// By machine.
    visits: BTreeMap<String, Visit>,
}

impl Ledger {
    pub(super) fn new(plan: &Plan) -> Self {
        let seats = plan.receivers.iter().enumerate().flat_map(|(index, receiver)| {
            let place = (receiver.machine.value.clone(), receiver.span);
            (0..receiver.crowd()).map(move |n| ((index, n), place.clone()))
        });
        let waiting = plan.receivers.iter().map(|receiver| Some(receiver.crowd())).collect();
        let inner = Inner { at: seats.collect(), waiting, ..Inner::default() };
        let ledger = Self(Arc::new(Mutex::new(inner)));
        for secret in secrets_of(plan) {
            ledger.secret(secret.as_bytes());
        }
        ledger
    }

    /// Who begins now at the receiver block of this index; nobody when its machine only came back.
    pub(super) fn begin(&self, index: usize) -> impl Iterator<Item = Seat> + use<> {
        let crowd = self.lock().waiting.get_mut(index).and_then(Option::take);
        (0..crowd.unwrap_or_default()).map(move |n| (index, n))
    }

    /// Somebody is at this step.
    pub(super) fn at(&self, seat: Seat, machine: &str, span: Span) {
        if let Some(place) = self.lock().at.get_mut(&seat) {
            *place = (machine.to_owned(), span);
        }
    }

    /// Somebody is done.
    pub(super) fn done(&self, seat: Seat) {
        self.lock().at.remove(&seat);
    }

    /// What a machine has that another one could go on with.
    pub(super) fn visited(&self, machine: &str, visit: Visit) {
        self.lock().visits.insert(machine.to_owned(), visit);
    }

    /// The same, if it was at all.
    pub(super) fn visit(&self, machine: &str) -> Option<Visit> {
        self.lock().visits.get(machine).cloned()
    }

    pub(super) fn all_done(&self) -> bool {
        self.lock().at.is_empty()
    }

    /// Whoever is not done when the limit is reached fails there.
    pub(super) fn stuck(&self, now: Duration) {
        let mut inner = self.lock();
        let mut stuck: Vec<((String, Span), u32)> = Vec::new();
        for place in inner.at.values() {
            match stuck.iter_mut().find(|(known, _)| known == place) {
                Some((_, count)) => *count += 1,
                None => stuck.push((place.clone(), 1)),
            }
        }
        for ((machine, span), count) in stuck {
            let awaited = format!("{machine} to finish this step");
            let who = if count == 1 { "it was".to_owned() } else { format!("{count} of its crowd were") };
            let came = format!("{who} still at it when the run reached its limit of {} s", now.as_secs_f64());
            inner.failures.push(unmet(Some(span), now, awaited, came));
        }
    }

    /// Of a crowd that fails at one step in the same way the first one is told.
    pub(super) fn fail(&self, failure: Failure) {
        let mut inner = self.lock();
        let same = |known: &Failure| {
            known.span.is_some() && known.span == failure.span && known.came_instead == failure.came_instead
        };
        if !inner.failures.iter().any(same) {
            inner.failures.push(failure);
        }
    }

    pub(super) fn failures(&self) -> Vec<Failure> {
        self.lock().failures.clone()
    }

    /// `machine` shows this page from `now` on.
    pub(super) fn page(&self, machine: &str, now: Duration, page: &Page) {
        let mut inner = self.lock();
        let pages = inner.pages.entry(machine.to_owned()).or_default();
        if pages.len() < PAGES_MAX {
            pages.push((now, page.clone()));
        }
    }

    /// The page that `machine` showed at `at`.
    pub(super) fn page_at(&self, machine: &str, at: Duration) -> Option<Page> {
        let inner = self.lock();
        let pages = inner.pages.get(machine)?;
        pages.iter().take_while(|(since, _)| *since <= at).last().map(|(_, page)| page.clone())
    }

    /// Remembers something that no output may contain.
    pub(super) fn secret(&self, secret: &[u8]) {
        let mut inner = self.lock();
        if secret.len() >= SECRET_BYTES_MIN && !inner.secrets.contains(secret) {
            inner.secrets.insert(secret.to_vec());
        }
    }

    pub(super) fn secrets(&self) -> Vec<Vec<u8>> {
        self.lock().secrets.iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every password, passcode and shared secret the plan names.
fn secrets_of(plan: &Plan) -> Vec<&str> {
    let world = &plan.world;
    let mut secrets: Vec<&str> = world.users.iter().map(|user| user.password.value.as_str()).collect();
    for gateway in &world.gateways {
        if let Some(FirstFactor::Users(users)) = &gateway.first_factor {
            secrets.extend(users.iter().map(|user| user.password.value.as_str()));
        }
    }
    for server in &world.radius {
        secrets.push(&server.secret.value);
        for user in &server.users {
            secrets.extend(user.password.iter().map(|password| password.value.as_str()));
            secrets.extend(user.rounds.iter().map(|round| round.answer.value.as_str()));
        }
    }
    secrets.extend(world.anakam.iter().map(|server| server.password.value.as_str()));
    for server in &world.ldap {
        secrets.extend(server.account.iter().map(|account| account.password.value.as_str()));
        let own = server.users.iter().filter_map(|user| user.password.as_ref());
        secrets.extend(own.map(|password| password.value.as_str()));
    }
    for step in plan.receivers.iter().flat_map(|receiver| &receiver.steps) {
        match &step.kind {
            StepKind::Login { password: Some(text), .. } | StepKind::Answer { text: Some(text), .. } => {
                secrets.push(&text.value);
            }
            _ => {}
        }
    }
    secrets
}
