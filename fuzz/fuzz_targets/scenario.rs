//! No text makes the scenario language panic, and formatting what can be read keeps its meaning.
//!
//! The language comes by its path, not as a dependency: it knows no network, and the rest of its crate would take minutes
//! to build.
#![no_main]

#[expect(dead_code, unused_imports, reason = "others need more of it")]
#[path = "../../sim/src/scenario/mod.rs"]
mod scenario;

use libfuzzer_sys::fuzz_target;

use self::scenario::{Loader, Vocabulary, format, load};

const VOCABULARY: Vocabulary<'_> = Vocabulary {
    event_kinds: &["ticket.redeemed"],
    audit_events: &["login.refused"],
    event_fields: &["user"],
    reasons: &["login-refused"],
};

/// Every file is the text.
struct Text<'a>(&'a str);

impl Loader for Text<'_> {
    fn read(&self, _: &str) -> Result<String, String> {
        Ok(self.0.to_owned())
    }
}

fuzz_target!(|text: &str| {
    let before = load("fuzz.kdl", &Text(text), &VOCABULARY);
    let Ok(canonical) = format(text) else { return };
    assert_eq!(format(&canonical).ok().as_ref(), Some(&canonical));
    let after = load("fuzz.kdl", &Text(&canonical), &VOCABULARY);
    match (before, after) {
        (Ok(before), Ok(after)) => assert!(before.variants == after.variants),
        (Err(_), Err(_)) => {}
        _ => panic!("formatting makes a scenario right or wrong"),
    }
});
