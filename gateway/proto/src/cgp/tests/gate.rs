//! The gateway's view: what it reads, what it asks, what it lets pass.

use super::*;
use crate::ticket::{Ticket, TicketError};

const SIGNATURE: &[u8] = b"\x1aCGP/01";

fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("fits").to_be_bytes();
    [&[kind], &length[..], body].concat()
}

fn hello() -> Vec<u8> {
    [SIGNATURE, &frame(0x01, b"\x01\x01Citrix.TcpProxyService")].concat()
}

fn open() -> Vec<u8> {
    frame(0x03, b"127.0.0.1:1494")
}

fn resume() -> Vec<u8> {
    frame(0x04, &[&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9][..], &[0x42; 32]].concat())
}

fn opening(wish: &[u8]) -> Vec<u8> {
    [hello(), frame(0x02, TICKET.as_bytes()), wish.to_vec()].concat()
}

fn drain(gate: &mut Gate) -> Vec<GateOutput> {
    std::iter::from_fn(|| gate.poll_output()).collect()
}

fn redeem(wish: Wish) -> GateOutput {
    GateOutput::Redeem { ticket: Ticket::parse(TICKET.as_bytes()).expect("a ticket"), wish }
}

fn refusal(code: Code) -> [GateOutput; 2] {
    [GateOutput::ToClient(Secret::new(Reception::refusal(code))), GateOutput::Close]
}

/// A gate that asked the host for this.
fn asking(wish: &[u8]) -> Gate {
    let mut gate = Gate::new(KEPT);
    gate.handle_client_bytes(&opening(wish)).expect("an opening");
    drain(&mut gate);
    gate.connected();
    drain(&mut gate);
    gate
}

#[test]
fn the_ticket_stays_and_the_wish_goes_through() {
    for wish in [open(), resume()] {
        let mut gate = Gate::new(KEPT);
        for byte in opening(&wish) {
            gate.handle_client_bytes(&[byte]).expect("a prefix");
        }
        let asked = if wish == open() {
            Wish::Open
        } else {
            Wish::Resume(Resume { attempt: 1, received: 9, token: token() })
        };
        assert_eq!(drain(&mut gate), [redeem(asked)]);
        gate.connected();
        let to_host = Secret::new([hello(), wish].concat());
        assert_eq!(drain(&mut gate), [GateOutput::ToHost(to_host)]);
    }
}

#[test]
fn the_hosts_answer_joins_both_and_promises_no_more_than_the_gateway_keeps() {
    let token = [7; 32];
    let opened = |kept: u8| [SIGNATURE, &frame(0x11, &[&[1, 0, 0, 0, kept][..], &token].concat())].concat();
    let data = frame(0x21, b"\0\0\0\0\0\0\0\0screen");
    for (promised, most, told) in [(180, 60, 60), (30, 60, 30)] {
        let mut gate = Gate::new(s(most));
        gate.handle_client_bytes(&opening(&open())).expect("an opening");
        drain(&mut gate);
        gate.connected();
        drain(&mut gate);
        gate.handle_host_bytes(&[opened(promised), data.clone()].concat()).expect("an answer");
        let mut down = Passage::new();
        down.pass(&data).expect("passes");
        let to_client = Secret::new([opened(told), data.clone()].concat());
        let joined = GateOutput::Joined { resumed: false, kept: s(u64::from(told)), down };
        assert_eq!(drain(&mut gate), [GateOutput::ToClient(to_client), joined]);
    }
}

#[test]
fn a_host_that_refuses_is_quoted() {
    let mut gate = asking(&resume());
    gate.handle_host_bytes(&Reception::refusal(Code::SessionUnknown)).expect("a refusal");
    let told = [&[GateOutput::Refused(Code::SessionUnknown)][..], &refusal(Code::SessionUnknown)].concat();
    assert_eq!(drain(&mut gate), told);
}

#[test]
fn a_host_that_answers_nonsense_is_down() {
    for (answer, error) in [
        (b"\x7f\x7fICA\0".to_vec(), Error::Preamble),
        ([SIGNATURE, &frame(0x22, &[0; 8])].concat(), Error::Unexpected(0x22)),
        // A session was wanted that is kept, and another one is offered.
        (
            [SIGNATURE, &frame(0x11, &[&[1, 0, 0, 0, 9][..], &[7; 32]].concat())].concat(),
            Error::Unexpected(0x11),
        ),
        ([SIGNATURE, &frame(0x12, &[2, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0])].concat(), Error::Version),
        (
            [SIGNATURE, &frame(0x12, &[1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0]), &frame(0x13, b";40;S;A")]
                .concat(),
            Error::Unexpected(0x13),
        ),
    ] {
        let mut gate = asking(&resume());
        assert_eq!(gate.handle_host_bytes(&answer), Err(error));
        assert_eq!(drain(&mut gate), refusal(Code::BackendDown));
        assert_eq!(gate.handle_host_bytes(b"x"), Err(Error::Finished));
    }
}

#[test]
fn every_other_opening_is_refused_with_its_code() {
    let ticket = |text: &[u8]| [hello(), frame(0x02, text)].concat();
    let good = || ticket(TICKET.as_bytes());
    for (bytes, error, code) in [
        (b"\x1aCGP/02".to_vec(), Error::Version, Code::Version),
        (
            [SIGNATURE, &frame(0x01, b"\x02\x09Citrix.TcpProxyService")].concat(),
            Error::Version,
            Code::Version,
        ),
        (
            [SIGNATURE, &frame(0x01, b"\x01\x01Citrix.UdpProxyService")].concat(),
            Error::Service,
            Code::Destination,
        ),
        ([SIGNATURE, &frame(0x02, TICKET.as_bytes())].concat(), Error::Unexpected(0x02), Code::Protocol),
        ([hello(), open()].concat(), Error::Unexpected(0x03), Code::Protocol),
        ([hello(), hello()[7..].to_vec()].concat(), Error::Unexpected(0x01), Code::Protocol),
        (ticket(b"192.0.2.10"), Error::Ticket(TicketError::NoLeadingSemicolon), Code::Ticket),
        ([good(), good()[7..].to_vec()].concat(), Error::Unexpected(0x01), Code::Protocol),
        ([good(), frame(0x03, b"192.0.2.10:1494")].concat(), Error::Destination, Code::Destination),
        ([good(), open(), frame(0x22, &[0; 8])].concat(), Error::Early, Code::Protocol),
        ([good(), frame(0x05, b"")].concat(), Error::Unknown(0x05), Code::Protocol),
        ([hello(), frame(0x80, &[0; 5000])].concat(), Error::Oversize(5037), Code::Protocol),
    ] {
        let mut gate = Gate::new(KEPT);
        assert_eq!(gate.handle_client_bytes(&bytes), Err(error));
        assert_eq!(drain(&mut gate), refusal(code));
    }
}

#[test]
fn nothing_is_said_before_the_answer() {
    let mut gate = Gate::new(KEPT);
    gate.handle_client_bytes(&opening(&open())).expect("an opening");
    drain(&mut gate);
    assert_eq!(gate.handle_client_bytes(b"\x22"), Err(Error::Early));
    assert_eq!(drain(&mut gate), refusal(Code::Protocol));
    gate.refuse(Code::Ticket, None);
    assert_eq!(drain(&mut gate), [], "it was refused before");
}

#[test]
fn a_refused_client_whose_ticket_is_used_up_gets_the_next_one() {
    let mut gate = Gate::new(KEPT);
    gate.handle_client_bytes(&opening(&resume())).expect("an opening");
    drain(&mut gate);
    gate.refuse(Code::BackendDown, TICKET.parse().ok().as_ref());
    let Some(GateOutput::ToClient(answer)) = gate.poll_output() else { panic!("an answer") };

    let mut pair = Pair::opened();
    pair.both_disconnected();
    pair.connect();
    pair.told();
    pair.client.handle_bytes(pair.now, answer.expose()).expect("a refusal");
    let suspended = Output::Suspended(Some(Code::BackendDown));
    let told = [Output::ReconnectTicket(Secret::from(TICKET)), Output::Disconnect, suspended];
    assert_eq!(pair.told().0, told);
}

#[test]
fn frames_pass_in_any_pieces_and_are_counted() {
    let stream = [
        frame(0x21, b"\0\0\0\0\0\0\0\0hello"),
        frame(0x22, &[0; 8]),
        frame(0xff, b""),
        frame(0x80, &[9; 300]),
        frame(0x23, &[0; 8]),
        frame(0x31, &[0, 9]),
    ]
    .concat();
    for size in [1, 2, 3, 7, stream.len()] {
        let mut passage = Passage::new();
        for piece in stream.chunks(size) {
            passage.pass(piece).expect("passes");
        }
        assert_eq!((passage.data(), passage.closed()), (5, Some(Code::Ended)));
        assert_eq!(passage.pass(b"\x22"), Err(Error::Finished));
    }
}

#[test]
fn tickets_go_in_only_between_frames() {
    let mut passage = Passage::new();
    for (bytes, boundary) in
        [(&b"\x22\x00"[..], false), (b"\x08\0\0\0\0\0\0\0", false), (b"\0", true), (b"\xff\0\0", true)]
    {
        passage.pass(bytes).expect("passes");
        assert_eq!(passage.is_at_boundary(), boundary);
    }
    passage.pass(&frame(0x31, &[0, 1])).expect("passes");
    assert!(!passage.is_at_boundary(), "nothing goes behind a CLOSE");
}

#[test]
fn what_is_not_between_the_ends_does_not_pass() {
    for (bytes, error) in [
        (&b"\x02"[..], Error::Unexpected(0x02)),
        (b"\x04", Error::Unexpected(0x04)),
        (b"\x13", Error::Unexpected(0x13)),
        (b"\x05", Error::Unknown(0x05)),
        (b"\x7f", Error::Unknown(0x7f)),
        (b"\x21\x00\x08", Error::Malformed(0x21)),
        (b"\x21\x40\x00", Error::Malformed(0x21)),
        (b"\x22\x00\x07", Error::Malformed(0x22)),
        (b"\x23\x00\x00", Error::Malformed(0x23)),
        (b"\x31\x00\x03", Error::Malformed(0x31)),
        (b"\x80\xff\xff", Error::Oversize(65538)),
    ] {
        assert_eq!(Passage::new().pass(bytes), Err(error));
    }
    assert_eq!(Passage::new().pass(b"\x21\x3f\xfd"), Ok(()), "as much as a frame may carry");
}
