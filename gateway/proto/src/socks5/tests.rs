//! Byte layouts are those of RFC 1928 and of the flow published for native ICA clients, written out by hand.

use proptest::prelude::*;

use super::client::{self, Connect, Form};
use super::{Error, Output, Reply, Server};
use crate::ica;
use crate::limits::{SOCKS5_DESTINATION_MAX_BYTES, SOCKS5_EARLY_DATA_MAX_BYTES};
use crate::ticket::{Ticket, TicketError};

const TICKET: &[u8] = b";40;STA0A1B2C3D4E5F;0123456789ABCDEF0123456789ABCDEF";
const GREETING: &[u8] = b"\x05\x01\x00";
const METHOD_NONE: &[u8] = b"\x05\x00";
const SUCCESS: &[u8] = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00";

fn connect_to(destination: &[u8]) -> Vec<u8> {
    let length = u8::try_from(destination.len()).expect("fits");
    [b"\x05\x01\x00\x03", &[length][..], destination, b"\x05\xd6"].concat()
}

fn refusal(code: u8) -> Output {
    Output::Write(vec![5, code, 0, 1, 0, 0, 0, 0, 0, 0])
}

fn redeem(early: &[u8]) -> Output {
    Output::Redeem { ticket: Ticket::parse(TICKET).expect("a ticket"), early: early.to_vec() }
}

fn drain(server: &mut Server) -> Vec<Output> {
    std::iter::from_fn(|| server.poll_output()).collect()
}

/// Everything a fresh server says to these bytes in one read.
fn seen(bytes: &[u8]) -> (Result<(), Error>, Vec<Output>) {
    let mut server = Server::new();
    let result = server.handle_bytes(bytes);
    (result, drain(&mut server))
}

#[test]
fn greeted_client_gets_its_method_then_redeems_then_succeeds() {
    let mut server = Server::new();
    assert_eq!(server.handle_bytes(b"\x05\x02\x02\x00"), Ok(()));
    assert_eq!(drain(&mut server), [Output::Write(METHOD_NONE.to_vec())]);
    assert_eq!(server.handle_bytes(&connect_to(TICKET)), Ok(()));
    assert_eq!(drain(&mut server), [redeem(b"")]);
    server.accept_connect();
    assert_eq!(drain(&mut server), [Output::Write(SUCCESS.to_vec())]);
}

#[test]
fn bare_connect_is_told_by_its_fourth_byte() {
    let mut server = Server::new();
    assert_eq!(server.handle_bytes(b"\x05\x01\x00"), Ok(()));
    assert!(server.awaits_pause());
    assert_eq!(drain(&mut server), []);
    assert_eq!(server.handle_bytes(&connect_to(TICKET)[3..]), Ok(()));
    assert!(!server.awaits_pause());
    assert_eq!(drain(&mut server), [redeem(b"")]);
}

#[test]
fn silence_behind_three_bytes_makes_them_a_greeting() {
    let mut server = Server::new();
    server.handle_pause();
    assert_eq!(server.handle_bytes(GREETING), Ok(()));
    server.handle_pause();
    server.handle_pause();
    assert_eq!(drain(&mut server), [Output::Write(METHOD_NONE.to_vec())]);
    assert_eq!(server.handle_bytes(&connect_to(TICKET)), Ok(()));
    assert_eq!(drain(&mut server), [redeem(b"")]);
}

#[test]
fn pipelined_greeting_and_connect_with_early_data() {
    let stream = [GREETING, &connect_to(TICKET), &ica::MAGIC].concat();
    let (result, outputs) = seen(&stream);
    assert_eq!(result, Ok(()));
    assert_eq!(outputs, [Output::Write(METHOD_NONE.to_vec()), redeem(&ica::MAGIC)]);
}

#[test]
fn a_greeting_without_method_zero_is_told_so() {
    for greeting in [&b"\x05\x00"[..], b"\x05\x01\x02", b"\x05\x02\x01\x02"] {
        let expected = vec![Output::Write(b"\x05\xff".to_vec()), Output::Close];
        assert_eq!(seen(greeting), (Err(Error::NoAcceptableMethod), expected));
    }
}

#[test]
fn other_versions_are_closed_without_a_word() {
    assert_eq!(seen(b"\x04\x01"), (Err(Error::Version(4)), vec![Output::Close]));
    let expected = vec![Output::Write(METHOD_NONE.to_vec()), Output::Close];
    assert_eq!(seen(b"\x05\x01\x00\x47"), (Err(Error::Version(0x47)), expected));
}

#[test]
fn only_connect_to_a_domain_name_is_served() {
    let greeted = |request: &[u8]| {
        let (result, mut outputs) = seen(&[b"\x05\x02\x00\x01", request].concat());
        outputs.remove(0);
        (result, outputs)
    };
    let refused = |code| vec![refusal(code), Output::Close];
    assert_eq!(greeted(b"\x05\x02"), (Err(Error::Command(2)), refused(7)));
    assert_eq!(greeted(b"\x05\x03"), (Err(Error::Command(3)), refused(7)));
    assert_eq!(greeted(b"\x05\x01\x01"), (Err(Error::Reserved(1)), refused(2)));
    assert_eq!(
        greeted(b"\x05\x01\x00\x01\xc0\x00\x02\x0a\x05\xd6"),
        (Err(Error::AddressType(1)), refused(8))
    );
    assert_eq!(seen(b"\x05\x01\x00\x01\xc0\x00\x02\x0a\x05\xd6"), (Err(Error::AddressType(1)), refused(8)));
    assert_eq!(seen(b"\x05\x01\x00\x04"), (Err(Error::AddressType(4)), refused(8)));
}

#[test]
fn a_destination_that_is_no_ticket_is_not_allowed() {
    let long = [b'A'; 255];
    for (destination, reason) in [
        (&b""[..], TicketError::NoLeadingSemicolon),
        (b"host.example", TicketError::NoLeadingSemicolon),
        (b"192.0.2.10", TicketError::NoLeadingSemicolon),
        (&long, TicketError::TooLong),
        (b";40;STA;AB ", TicketError::TokenCharacter),
    ] {
        let expected = vec![refusal(2), Output::Close];
        assert_eq!(seen(&connect_to(destination)), (Err(Error::Destination(reason)), expected));
    }
}

#[test]
fn early_data_is_kept_at_the_limit_and_refused_behind_it() {
    let mut stream = connect_to(TICKET);
    stream.resize(stream.len() + SOCKS5_EARLY_DATA_MAX_BYTES, 7);
    assert_eq!(seen(&stream).1, [redeem(&vec![7; SOCKS5_EARLY_DATA_MAX_BYTES])]);
    stream.push(7);
    assert_eq!(seen(&stream), (Err(Error::EarlyDataTooLong), vec![refusal(2), Output::Close]));
}

#[test]
fn the_drivers_refusal_is_passed_on_and_ends_it() {
    let mut server = Server::new();
    assert_eq!(server.handle_bytes(&connect_to(TICKET)), Ok(()));
    assert_eq!(server.handle_bytes(b"x"), Err(Error::Finished));
    assert_eq!(drain(&mut server), [redeem(b"")]);
    server.refuse(Reply::ConnectionRefused);
    assert_eq!(drain(&mut server), [refusal(5), Output::Close]);
    assert_eq!(server.handle_bytes(b"x"), Err(Error::Finished));
    assert_eq!(drain(&mut server), []);
}

// --- the client

fn written(connect: &mut Connect) -> Vec<u8> {
    match connect.poll_output() {
        Some(client::Output::Write(bytes)) => bytes.expose().to_vec(),
        other => panic!("expected a write, got {other:?}"),
    }
}

fn client(form: Form) -> Connect {
    Connect::new(form, TICKET, 1494).expect("fits")
}

#[test]
fn the_three_forms_begin_as_the_bytes_say() {
    let mut connect = client(Form::Greeted);
    assert_eq!(written(&mut connect), GREETING);
    assert_eq!(connect.poll_output(), None);
    connect.handle_bytes(METHOD_NONE).expect("a method");
    assert_eq!(written(&mut connect), connect_to(TICKET));
    assert_eq!(written(&mut client(Form::Pipelined)), [GREETING, &connect_to(TICKET)].concat());
    assert_eq!(written(&mut client(Form::Bare)), connect_to(TICKET));
}

#[test]
fn client_reads_replies_with_every_address_type() {
    for bound in [&b"\x01\0\0\0\0\0\0"[..], b"\x03\x02ab\x01\x02", &[&b"\x04"[..], &[0; 18]].concat()] {
        let mut connect = client(Form::Bare);
        written(&mut connect);
        let reply = [b"\x05\x00\x00", bound, b"rest"].concat();
        for byte in &reply[..reply.len() - 5] {
            connect.handle_bytes(&[*byte]).expect("a prefix");
            assert_eq!(connect.poll_output(), None);
        }
        connect.handle_bytes(&reply[reply.len() - 5..]).expect("a reply");
        assert_eq!(connect.poll_output(), Some(client::Output::Connected { early: b"rest".to_vec() }));
        assert_eq!(connect.handle_bytes(b"x"), Err(client::Error::Finished));
    }
}

#[test]
fn client_reports_every_failure() {
    let answered = |form, bytes: &[u8]| client(form).handle_bytes(bytes);
    assert_eq!(answered(Form::Greeted, b"\x05\xff"), Err(client::Error::Method(0xff)));
    assert_eq!(answered(Form::Greeted, b"\x04"), Err(client::Error::Version(4)));
    assert_eq!(answered(Form::Bare, b"HTTP"), Err(client::Error::Version(b'H')));
    assert_eq!(answered(Form::Bare, b"\x05\x02"), Err(client::Error::Refused(Reply::NotAllowed)));
    assert_eq!(answered(Form::Bare, b"\x05\x63"), Err(client::Error::UnassignedReply(0x63)));
    assert_eq!(answered(Form::Bare, b"\x05\x00\x00\x02"), Err(client::Error::AddressType(2)));
    let long = [b'a'; SOCKS5_DESTINATION_MAX_BYTES + 1];
    assert!(Connect::new(Form::Bare, &long[1..], 1494).is_ok());
    assert_eq!(Connect::new(Form::Bare, &long, 1494).err(), Some(client::Error::DestinationTooLong));
}

// --- properties

/// Outputs of a stream cut at the given places, all early data and everything read later joined.
fn seen_in_pieces(pieces: &[&[u8]]) -> (Result<(), Error>, Vec<Output>) {
    let mut server = Server::new();
    let mut outputs = Vec::new();
    for piece in pieces {
        if let Some(Output::Redeem { early, .. }) = outputs.last_mut() {
            early.extend_from_slice(piece);
            continue;
        }
        let result = server.handle_bytes(piece);
        outputs.extend(drain(&mut server));
        if result.is_err() {
            return (result, outputs);
        }
    }
    (Ok(()), outputs)
}

fn streams() -> impl Strategy<Value = Vec<u8>> {
    let good = [GREETING, &connect_to(TICKET), b"early"].concat();
    let mutated =
        (any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(move |(at, byte, bare)| {
            let mut stream = if bare { good[3..].to_vec() } else { good.clone() };
            let at = at.index(stream.len());
            stream[at] = byte;
            stream
        });
    let greeting =
        prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(3), Just(5), any::<u8>()], 0..300);
    prop_oneof![mutated, greeting, any::<Vec<u8>>()]
}

proptest! {
    #[test]
    fn cutting_a_stream_changes_nothing(stream in streams(), cut: prop::sample::Index) {
        let (head, tail) = stream.split_at(cut.index(stream.len() + 1));
        prop_assert_eq!(seen_in_pieces(&[head, tail]), seen(&stream));
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        prop_assert_eq!(seen_in_pieces(&bytes), seen(&stream));
    }

    #[test]
    fn an_error_always_ends_in_close_and_only_an_error_closes(stream in streams()) {
        let (result, outputs) = seen(&stream);
        prop_assert_eq!(result.is_err(), outputs.last() == Some(&Output::Close));
    }

    #[test]
    fn client_survives_any_answer(stream: Vec<u8>) {
        for form in [Form::Greeted, Form::Pipelined, Form::Bare] {
            let mut whole = client(form);
            let mut pieces = client(form);
            let at_once = whole.handle_bytes(&[&[5][..], &stream].concat());
            let mut cut = pieces.handle_bytes(&[5]);
            if cut.is_ok() {
                cut = pieces.handle_bytes(&stream);
            }
            prop_assert_eq!(at_once, cut);
        }
    }

    #[test]
    fn client_and_server_understand_each_other(form in prop::sample::select(vec![Form::Greeted, Form::Pipelined, Form::Bare])) {
        let (mut connect, mut server) = (client(form), Server::new());
        let mut connected = false;
        while let Some(output) = connect.poll_output() {
            match output {
                client::Output::Write(bytes) => server.handle_bytes(bytes.expose()).expect("understood"),
                client::Output::Connected { early } => { prop_assert!(early.is_empty()); connected = true }
            }
            server.handle_pause();
            while let Some(output) = server.poll_output() {
                match output {
                    Output::Write(bytes) => connect.handle_bytes(&bytes).expect("understood"),
                    Output::Redeem { .. } => server.accept_connect(),
                    Output::Close => prop_assert!(false, "closed"),
                }
            }
        }
        prop_assert!(connected);
    }
}
