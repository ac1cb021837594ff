//! The golden vectors of `docs/cgp-profile.md`, read from the page itself.

use data_encoding::HEXLOWER;

use super::*;
use crate::cgp::decoder::Decoder;
use crate::cgp::frame::Frame;
use crate::detect::CGP_PREAMBLE;

const PAGE: &str = include_str!("../../../../../docs/cgp-profile.md");

/// Names and bytes of the table, in its order.
fn vectors() -> Vec<(String, Vec<u8>)> {
    let (_, table) = PAGE.split_once("```text\n").expect("the table");
    let (table, _) = table.split_once("```").expect("its end");
    let vector = |line: &str| {
        let (name, hex) = line.split_at(18);
        let bytes = HEXLOWER.decode(hex.replace(' ', "").as_bytes()).expect("hexadecimal");
        (name.trim().to_owned(), bytes)
    };
    table.lines().map(vector).collect()
}

/// The same frames as values, in the same order.
fn frames() -> Vec<Frame> {
    let ticket = || Secret::from(";40;STA01;0123456789ABCDEF0123456789ABCDEF");
    let token = || Secret::new((0..32).collect::<Vec<u8>>());
    let kept = KEPT;
    vec![
        Frame::Hello { versions: Versions::OURS, service: SERVICE.to_owned() },
        Frame::Ticket(ticket()),
        Frame::Open { destination: DESTINATION.to_owned() },
        Frame::Resume(Resume { attempt: 3, received: 65_538, token: token() }),
        Frame::Opened { version: 1, kept, token: token() },
        Frame::Resumed { version: 1, kept, received: 131_073 },
        Frame::ReconnectTicket(ticket()),
        Frame::Data { sequence: 65_538, bytes: b"hello".to_vec() },
        Frame::Ack(65_543),
        Frame::End(65_543),
        Frame::Close(Code::Displaced),
    ]
}

#[test]
fn every_frame_is_written_and_read_as_the_page_says() {
    let vectors = vectors();
    assert_eq!(vectors.len(), frames().len());
    for ((name, bytes), frame) in vectors.iter().zip(frames()) {
        assert_eq!(HEXLOWER.encode(&frame.encode()), HEXLOWER.encode(bytes), "{name}");
        assert_eq!(Frame::decode(bytes[0], &bytes[3..]), Ok(Some(frame)), "{name}");
    }
}

#[test]
fn a_frame_cut_short_or_drawn_out_is_malformed() {
    for (name, bytes) in vectors() {
        let (kind, body) = (bytes[0], &bytes[3..]);
        let longer = [body, b"\0"].concat();
        for wrong in [&body[..body.len() - 1], &longer, b""] {
            let decoded = Frame::decode(kind, wrong);
            // Texts and data have no length of their own to be wrong about.
            let any_length =
                matches!(name.as_str(), "HELLO" | "TICKET" | "OPEN" | "RECONNECT TICKET" | "DATA");
            let graphic = wrong.last().is_some_and(u8::is_ascii_graphic);
            let fine = any_length
                && (graphic || (wrong.last() == Some(&0) && !matches!(name.as_str(), "HELLO" | "OPEN")));
            assert_eq!(decoded.is_err(), !fine, "{name} as {decoded:?}");
        }
    }
}

#[test]
fn texts_are_accepted_at_their_limit_and_refused_behind_it() {
    use crate::limits::{
        CGP_DATA_MAX_BYTES, CGP_DESTINATION_MAX_BYTES, CGP_SERVICE_MAX_BYTES, TICKET_MAX_BYTES,
    };
    for (kind, fields, most) in [
        (0x01, 2, CGP_SERVICE_MAX_BYTES),
        (0x02, 0, TICKET_MAX_BYTES),
        (0x03, 0, CGP_DESTINATION_MAX_BYTES),
        (0x13, 0, TICKET_MAX_BYTES),
        (0x21, 8, CGP_DATA_MAX_BYTES),
    ] {
        let body = |length| [vec![1; fields], vec![b'a'; length]].concat();
        assert!(Frame::decode(kind, &body(most)).is_ok(), "{kind}");
        for wrong in [0, most + 1] {
            assert_eq!(Frame::decode(kind, &body(wrong)), Err(Error::Malformed(kind)));
        }
    }
    assert_eq!(Frame::decode(0x01, b"\x02\x01Citrix"), Err(Error::Malformed(0x01)), "a range turned round");
    assert_eq!(Frame::decode(0x03, b"127.0.0.1 1494"), Err(Error::Malformed(0x03)));
}

#[test]
fn the_page_knows_every_code() {
    for number in 0..13 {
        let row = format!("| {number} | `{}` |", Code::from_number(number).as_str());
        assert!(PAGE.contains(&row), "{row}");
    }
    assert_eq!(Code::from_number(13), Code::Other(13));
}

#[test]
fn the_signature_is_wanted_whole_and_its_version_judged() {
    let seen = |bytes: &[u8]| {
        let mut decoder = Decoder::default();
        decoder.feed(bytes);
        decoder.next()
    };
    assert_eq!(seen(&CGP_PREAMBLE), Ok(None));
    assert_eq!(seen(b"\x1aCG"), Ok(None));
    assert_eq!(seen(b"\x1aCGP/02"), Err(Error::Version));
    assert_eq!(seen(b"\x1aCGQ"), Err(Error::Preamble));
    assert_eq!(seen(b"HTTP/1.1 200 OK"), Err(Error::Preamble));
}

#[test]
fn a_length_field_alone_allocates_nothing() {
    let mut decoder = Decoder::default();
    decoder.feed(&[&CGP_PREAMBLE[..], b"\x21\xff\xfd"].concat());
    assert_eq!(decoder.next(), Ok(None));
    decoder.feed(b"");
    assert_eq!(decoder.rest().len(), 3);
}
