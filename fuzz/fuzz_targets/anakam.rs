//! What either side of the Anakam.TFA conversation understands survives being written and read again.
#![no_main]

use gateway_proto::anakam::{AuthenticationToken, Request, Response, Target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    if let Ok(request) = Request::parse(document) {
        let written = request.write().expect("what was read can be written");
        assert!(Request::parse(written.as_bytes()) == Ok(request));
    }
    if let Ok(response) = Response::parse(document) {
        let written = response.write().expect("what was read can be written");
        assert!(Response::parse(written.as_bytes()).is_ok_and(|again| again.status == response.status));
    }
    if let Ok(token) = AuthenticationToken::parse(document) {
        let written = token.write().expect("what was read can be written");
        assert!(AuthenticationToken::parse(written.as_bytes()) == Ok(token));
    }
    if let Ok(target) = Target::parse(std::str::from_utf8(document).unwrap_or_default()) {
        assert!(Target::parse(&target.write()) == Ok(target));
    }
});
