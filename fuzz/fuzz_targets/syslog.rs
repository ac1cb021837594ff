//! Syslog messages survive being read and written again; a stream of anything ends.
#![no_main]

use gateway_proto::syslog::{Frames, Message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = Message::parse(bytes) {
        let written = message.write(usize::MAX);
        assert_eq!(Message::parse(written.as_bytes()).map(|read| read.write(usize::MAX)), Ok(written));
    }
    let mut frames = Frames::default();
    frames.handle_bytes(bytes);
    while let Ok(Some(_)) = frames.poll() {}
});
