//! A hundred thousand cases of the model of CGP, from named seeds, and what a resume costs. Prints figures; a
//! case that loses or doubles a byte is shrunk, printed, and ends the program: `cargo bench -p gateway-proto`.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

#[path = "../tests/cgp/model.rs"]
mod model;

use std::cell::Cell;
use std::time::Instant;

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const SEEDS: std::ops::RangeInclusive<u8> = 1..=10;
const CASES_PER_SEED: u32 = 10_000;

fn main() {
    let started = Instant::now();
    let (resumes, resent) = (Cell::new(0), Cell::new(0));
    for seed in SEEDS {
        let config = Config { cases: CASES_PER_SEED, failure_persistence: None, ..Config::default() };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let ran = TestRunner::new_with_rng(config, rng).run(&model::acts(), |acts| {
            let mut case = model::Case::new();
            case.run(&acts)?;
            resumes.set(resumes.get() + case.resumes);
            resent.set(resent.get() + case.resent);
            Ok(())
        });
        if let Err(failure) = ran {
            panic!("seed {seed}: {failure}");
        }
    }
    let cases = u32::from(*SEEDS.end()) * CASES_PER_SEED;
    println!(
        "CGP model, seeds 1 to {}: {cases} cases, {} resumes, {} bytes sent again, 0 lost, 0 doubled, {:.0} s",
        SEEDS.end(),
        resumes.get(),
        resent.get(),
        started.elapsed().as_secs_f64()
    );
}
