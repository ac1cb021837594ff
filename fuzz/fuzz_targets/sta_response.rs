//! An answer of an STA survives being written and read again, and its connection information never panics.
#![no_main]

use gateway_proto::sta::{ConnInfo, Response};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let Ok(response) = Response::parse(document) else { return };
    if let Response::Data(data) = &response {
        let _ = data.x_data.as_deref().map(ConnInfo::parse);
    }
    let written = response.write().expect("what was read can be written");
    assert!(Response::parse(written.as_bytes()) == Ok(response));
});
