//! A stream of LDAP messages: what is read writes and reads back the same, and the inbox holds no more than it may.
#![no_main]

use gateway_proto::ldap::{Filter, Inbox, Message, Op};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stream: &[u8]| {
    let mut inbox = Inbox::default();
    for chunk in stream.chunks(7) {
        inbox.feed(chunk);
        loop {
            match inbox.take() {
                // Of what is served nowhere only the tag is kept.
                Ok(Some(Message { op: Op::Other(_), .. })) => {}
                Ok(Some(message)) => {
                    assert_eq!(Message::decode(message.encode().expose()), Ok(message));
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
    if let Ok(filter) =
        str::from_utf8(stream).map_err(drop).and_then(|text| Filter::parse(text).map_err(drop))
    {
        assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
    }
});
