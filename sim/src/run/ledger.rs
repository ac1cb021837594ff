//! What the actors leave behind for the judge: who is done, what failed, which pages they saw, which secrets
//! they used. Shared between the hosts of one run and its driver.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway_mocks::receiver::{Page, Visit};

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

#[derive(Default)]
struct Inner {
    /// By the index of the receiver block: the step it is at, `None` when it is done.
    at: Vec<Option<(String, Span)>>,
    started: Vec<bool>,
    failures: Vec<Failure>,
    pages: BTreeMap<String, Vec<(Duration, Page)>>,
    secrets: Vec<Vec<u8>>,
    /// By machine.
    visits: BTreeMap<String, Visit>,
}

impl Ledger {
    pub(super) fn new(plan: &Plan) -> Self {
        let at = plan.receivers.iter().map(|r| Some((r.machine.value.clone(), r.span))).collect();
        let started = vec![false; plan.receivers.len()];
        let ledger = Self(Arc::new(Mutex::new(Inner { at, started, ..Inner::default() })));
        for secret in secrets_of(plan) {
            ledger.secret(secret.as_bytes());
        }
        ledger
    }

    /// Whether the receiver block of this index begins now; false when its machine only came back.
    pub(super) fn begin(&self, index: usize) -> bool {
        self.lock().started.get_mut(index).is_some_and(|started| !std::mem::replace(started, true))
    }

    /// The receiver block of this index is at this step.
    pub(super) fn at(&self, index: usize, machine: &str, span: Span) {
        if let Some(slot) = self.lock().at.get_mut(index) {
            *slot = Some((machine.to_owned(), span));
        }
    }

    /// The receiver block of this index is done.
    pub(super) fn done(&self, index: usize) {
        if let Some(slot) = self.lock().at.get_mut(index) {
            *slot = None;
        }
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
        self.lock().at.iter().all(Option::is_none)
    }

    /// Whoever is not done when the limit is reached fails there.
    pub(super) fn stuck(&self, now: Duration) {
        let mut inner = self.lock();
        let waiting: Vec<_> = inner.at.iter().flatten().cloned().collect();
        if waiting.is_empty() {
            return;
        }
        for (machine, span) in waiting {
            let awaited = format!("{machine} to finish this step");
            let came =
                format!("it was still at it when the run reached its limit of {} s", now.as_secs_f64());
            inner.failures.push(unmet(Some(span), now, awaited, came));
        }
    }

    pub(super) fn fail(&self, failure: Failure) {
        self.lock().failures.push(failure);
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
        if secret.len() >= SECRET_BYTES_MIN && !inner.secrets.iter().any(|known| known == secret) {
            inner.secrets.push(secret.to_vec());
        }
    }

    pub(super) fn secrets(&self) -> Vec<Vec<u8>> {
        self.lock().secrets.clone()
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
