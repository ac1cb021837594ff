//! The real world agrees with the simulated one: the first scenario of every folder, its first variant.
//!
//! `sim run --world real` compares all of them.

use std::path::Path;

use gateway_sim::cli::real::{judge, left_out};
use gateway_sim::cli::{SEED_DEFAULT, case, catalogue};
use gateway_sim::real::limits::FACTOR_DEFAULT;

#[test]
fn scenarios_tell_the_same_story_on_real_sockets() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(catalogue::FOLDER);
    let mut entries = catalogue::scenarios(&[root]).expect("scenarios");
    entries.dedup_by_key(|entry| entry.file.split('/').next().map(str::to_owned));
    let mut failed = Vec::new();
    for entry in &entries {
        let cases = case::load(entry).expect("a valid scenario");
        let Some(case) = cases.iter().find(|case| left_out(case).is_none()) else { continue };
        let verdict = judge(case, SEED_DEFAULT, FACTOR_DEFAULT);
        if !verdict.failures.is_empty() {
            failed.push(case.explain(&verdict, SEED_DEFAULT));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
