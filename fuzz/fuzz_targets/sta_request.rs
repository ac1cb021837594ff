//! A request an STA understands survives being written and read again.
#![no_main]

use gateway_proto::sta::Request;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    if let Ok(request) = Request::parse(document) {
        let written = request.write().expect("what was read can be written");
        assert!(Request::parse(written.as_bytes()) == Ok(request));
    }
});
