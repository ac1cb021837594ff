//! Any reply leads to at most one verdict, and time always to exactly one. Attributes are also tried below a
//! valid signature, which a fuzzer would never find.
#![no_main]

use std::time::Duration;

use gateway_proto::radius::{
    AccessRequest, MessageAuthenticatorPolicy, Output, Packet, Reply, Schedule, Transaction,
};
use gateway_proto::secret::Secret;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|datagram: &[u8]| {
    let shared = Secret::new("0123456789abcdef");
    let request = AccessRequest {
        user_name: "alice",
        user_password: &Secret::new("correct"),
        state: None,
        nas_identifier: "gateway",
        nas_ip_address: None,
        calling_station_id: None,
        event_timestamp: None,
    };
    let request = request.sign(7, [7; 16], &shared).expect("a short request");
    let asked = Packet::decode(request.datagram()).expect("our own packet");
    let signed = Packet::decode(datagram).ok().and_then(|packet| {
        let attributes = packet.attributes().to_vec();
        let reply = Reply { code: packet.code(), attributes, message_authenticator: Default::default() };
        reply.sign(&asked, &shared).ok()
    });

    let policy = MessageAuthenticatorPolicy::IfPresent;
    let mut transaction = Transaction::new(request, shared, policy, Schedule::new([0; 4]), Duration::ZERO);
    transaction.handle_datagram(true, datagram, Duration::ZERO);
    if let Some(signed) = signed {
        transaction.handle_datagram(true, &signed, Duration::ZERO);
    }
    while let Some(due) = transaction.poll_timeout() {
        transaction.handle_timeout(due);
    }
    let outputs = std::iter::from_fn(|| transaction.poll_output());
    assert_eq!(outputs.filter(|output| matches!(output, Output::Verdict(_))).count(), 1);
});
