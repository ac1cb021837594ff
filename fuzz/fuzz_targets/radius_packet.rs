//! A decoded packet encodes to the bytes it came from, padding aside.
#![no_main]

use gateway_proto::radius::{AttributeType, Packet, unhide_password, verify_request};
use gateway_proto::secret::Secret;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|datagram: &[u8]| {
    let Ok(packet) = Packet::decode(datagram) else { return };
    assert!(datagram.starts_with(&packet.encode()));
    let shared = Secret::new("0123456789abcdef");
    let _ = verify_request(&packet, &shared);
    for hidden in packet.values(AttributeType::USER_PASSWORD) {
        let _ = unhide_password(hidden, &shared, packet.authenticator());
    }
});
