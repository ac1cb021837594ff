//! Both directions of the call-back survive being written and read again.
#![no_main]

use gateway_proto::access_info::{Request, Response};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    if let Ok(request) = Request::parse(document) {
        let written = request.write().expect("what was read can be written");
        assert!(Request::parse(written.as_bytes()) == Ok(request));
    }
    if let Ok(response) = Response::parse(document) {
        let written = response.write().expect("what was read can be written");
        assert!(Response::parse(written.as_bytes()) == Ok(response));
    }
});
