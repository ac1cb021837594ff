//! Tests of the language as a whole: what is accepted, what is refused and how, what formatting keeps.
//!
//! `sim/tests/invalid/*.kdl` are broken scenarios; each `.txt` beside one is what a person is told. After a
//! change of wording, `UPDATE_SNAPSHOTS=1` writes them anew, to be read in the diff.

mod accepted;
mod invalid;
mod properties;
mod shipped;
mod table;

use std::collections::BTreeMap;

use super::diagnostic::Diagnostic;
use super::{Loaded, Loader, Vocabulary, diagnostic, load};

/// Names that the language tests use; the runner has its own.
const VOCABULARY: Vocabulary<'static> = Vocabulary {
    event_kinds: &["step", "ticket.redeemed", "ticket.issued", "session.created", "login.refused"],
    audit_events: &["session.created", "login.refused"],
    event_fields: &["mark", "user", "ticket", "reason", "round"],
    reasons: &["ticket-expired", "ticket-replayed", "login-refused"],
};

/// Files in memory, on top of those of the repository.
#[derive(Default)]
struct Files(BTreeMap<String, String>);

impl Files {
    fn with(name: &str, text: &str) -> Self {
        Self(BTreeMap::from([(name.to_owned(), text.to_owned())]))
    }

    fn and(mut self, name: &str, text: &str) -> Self {
        self.0.insert(name.to_owned(), text.to_owned());
        self
    }
}

impl Loader for Files {
    fn read(&self, name: &str) -> Result<String, String> {
        match self.0.get(name) {
            Some(text) => Ok(text.clone()),
            None => shipped::read(name),
        }
    }
}

const NAME: &str = "test.kdl";

fn loaded(text: &str) -> Result<Loaded, Vec<Diagnostic>> {
    load(NAME, &Files::with(NAME, text), &VOCABULARY)
}

/// A scenario that must be right.
#[track_caller]
fn good(text: &str) -> Loaded {
    loaded(text).unwrap_or_else(|found| panic!("{}", diagnostic::render(&found)))
}

/// The statements of a scenario over the shipped world, which must be right.
#[track_caller]
fn good_body(body: &str) -> Loaded {
    good(&with_world(body))
}

/// A scenario that uses the shipped world.
fn with_world(body: &str) -> String {
    format!("scenario \"test\" {{\nuse \"worlds/one-gateway.kdl\"\nlimit \"10m\"\n{body}\n}}\n")
}

/// The codes of what is wrong with a scenario, errors and warnings.
fn codes(text: &str) -> Vec<&'static str> {
    let found = loaded(text).map_or_else(|found| found, |loaded| loaded.warnings);
    found.iter().map(|one| one.code).collect()
}
