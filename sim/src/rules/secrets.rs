//! Rule 6: nothing that is shown holds a secret of the run, neither plain nor encoded as the web does.
//!
//! What it can't see: a secret cut in two, or hidden by a real cipher. What it finds it does not repeat.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use aho_corasick::AhoCorasick;
use data_encoding::{BASE64, HEXLOWER};

use super::{NO_SECRET, failure};
use crate::report::Failure;

/// Shorter secrets are not searched for: they would be found by chance. Test data should have longer ones.
pub const SECRET_BYTES_MIN: usize = 4;
/// Up to this length a find counts only when neither letter nor digit touches it: `1234` is in many numbers.
const WORD_BYTES_MAX: usize = 8;

pub(super) fn check(at: Duration, rendered: &[String], secrets: &[Vec<u8>]) -> Vec<Failure> {
    let forms = forms(secrets);
    let no_secret = || failure(NO_SECRET, at, "no secret of the run in anything that is shown");
    // All at once: a crowd has ten thousand secrets and shows megabytes.
    let Ok(search) = AhoCorasick::new(forms.iter().map(|(.., form)| form)) else {
        let came_instead = format!("{} secrets, too many to search for", forms.len());
        return vec![Failure { came_instead, ..no_secret() }];
    };
    let mut failures = Vec::new();
    for (number, output) in rendered.iter().enumerate() {
        let mut found = BTreeMap::new();
        for hit in search.find_overlapping_iter(output) {
            if counts(output, hit.range()) {
                found.entry(hit.pattern().as_usize()).or_insert(hit.start());
            }
        }
        for (form, offset) in found {
            let Some((secret, spelling, _)) = forms.get(form) else { continue };
            let line = output.get(..offset).unwrap_or_default().matches('\n').count() + 1;
            let (secret, output) = (secret + 1, number + 1);
            let came_instead =
                format!("secret {secret} of the run, {spelling}, in line {line} of output {output}");
            failures.push(Failure { came_instead, ..no_secret() });
        }
    }
    failures
}

/// Every spelling of every secret, each text once: number of the secret, name of the spelling, text.
fn forms(secrets: &[Vec<u8>]) -> Vec<(usize, &'static str, String)> {
    let mut known = BTreeSet::new();
    let mut forms = Vec::new();
    for (number, secret) in secrets.iter().enumerate().filter(|(_, secret)| secret.len() >= SECRET_BYTES_MIN)
    {
        let spellings = [
            ("plain", String::from_utf8_lossy(secret).into_owned()),
            ("URL-encoded", url_encoded(secret, "%20")),
            ("form-encoded", url_encoded(secret, "+")),
            ("in hexadecimal", HEXLOWER.encode(secret)),
            ("in Base64", BASE64.encode(secret)),
        ];
        for (spelling, text) in spellings {
            if known.insert(text.clone()) {
                forms.push((number, spelling, text));
            }
        }
    }
    forms
}

fn url_encoded(bytes: &[u8], space: &str) -> String {
    let mut out = String::new();
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(*byte));
            }
            b' ' => out.push_str(space),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Whether what stands there is a find: a short one is when it is a word of its own.
fn counts(output: &str, at: Range<usize>) -> bool {
    let before = output.get(..at.start).and_then(|text| text.chars().next_back());
    let after = output.get(at.end..).and_then(|text| text.chars().next());
    at.len() > WORD_BYTES_MAX || ![before, after].into_iter().flatten().any(char::is_alphanumeric)
}
