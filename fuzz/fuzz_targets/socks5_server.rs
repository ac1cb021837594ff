//! A client stream gives the same outputs in one read and byte by byte.
#![no_main]

use gateway_proto::socks5::{Output, Server};
use libfuzzer_sys::fuzz_target;

fn outputs<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Output> {
    let mut server = Server::new();
    let mut outputs = Vec::new();
    for piece in pieces {
        match outputs.last_mut() {
            Some(Output::Redeem { early, .. }) => early.extend_from_slice(piece),
            Some(Output::Close) => break,
            _ => {
                let refused = server.handle_bytes(piece).is_err();
                outputs.extend(std::iter::from_fn(|| server.poll_output()));
                assert_eq!(refused, outputs.last() == Some(&Output::Close));
            }
        }
    }
    outputs
}

fuzz_target!(|stream: &[u8]| {
    assert_eq!(outputs(std::iter::once(stream)), outputs(stream.chunks(1)));
});
