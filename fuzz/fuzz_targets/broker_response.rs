//! An answer of an XML broker survives being written and read again.
#![no_main]

use gateway_proto::broker::Response;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    if let Ok(response) = Response::parse(document) {
        let written = response.write().expect("what was read can be written");
        assert!(Response::parse(written.as_bytes()) == Ok(response));
    }
});
