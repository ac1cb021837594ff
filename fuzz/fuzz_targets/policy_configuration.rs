//! Any bytes can be loaded, checked and taken out of an article; what was loaded survives being printed.
#![no_main]

use std::hint::black_box;

use gateway_policy::check::{check, text};
use gateway_policy::conf::{Loader, load, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let loaded = load("fuzz.conf", file);
    for finding in check(&loaded).findings {
        black_box(text::finding(&finding, &loaded.sources));
    }
    assert_eq!(load("again.conf", write(&loaded).as_bytes()).configuration, loaded.configuration);
    let mut loader = Loader::new();
    loader.read_repaired("article", file);
    black_box(loader.finish());
});
