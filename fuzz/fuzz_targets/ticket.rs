//! What is accepted as a ticket is written back byte for byte.
#![no_main]

use gateway_proto::ticket::Ticket;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|wire: &[u8]| {
    if let Ok(ticket) = Ticket::parse(wire) {
        assert_eq!(ticket.to_wire().expose(), wire);
    }
});
