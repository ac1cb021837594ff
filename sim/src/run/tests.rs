//! The runner against scenarios of the catalogue.

use super::*;
use crate::scenario::{self, Loader};
use crate::trace::story::{self, Ending};

struct Disk;

impl Loader for Disk {
    fn read(&self, name: &str) -> Result<String, String> {
        let path = format!("{}/../scenarios/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    }
}

fn run_file(name: &str) -> Outcome {
    let names = crate::trace::vocabulary::Names::collect();
    let loaded = scenario::load(name, &Disk, &names.vocabulary());
    let loaded = loaded.unwrap_or_else(|errors| panic!("{errors:#?}"));
    run(&loaded.variants[0], &loaded.sources, &Options::seed(1))
}

#[test]
fn the_first_launch_goes_through() {
    let outcome = run_file("launch/radius-challenge.kdl");
    let ending = Ending { virtual_time: outcome.virtual_time, failures: outcome.failures.len() };
    println!("{}", story::render(&outcome.trace, &ending));
    assert!(outcome.failures.is_empty(), "{:#?}", outcome.failures);
}
