//! A protocol once told from a prefix stays the same for every longer one.
#![no_main]

use gateway_proto::detect::{Detection, Detector, Signature};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stream: &[u8]| {
    let detector = Detector::new()
        .register(Signature::SOCKS5, "socks5")
        .register(Signature::CGP, "cgp")
        .register(Signature::HTTP, "http");
    let whole = detector.detect(stream);
    for cut in 0..stream.len() {
        let early = detector.detect(&stream[..cut]);
        assert!(early == Detection::NeedMore || early == whole);
    }
});
