//! Whatever a peer sends: the gateway's gate, its passage, the host's reception and the client read it the same
//! in one piece and byte by byte, and hold no more than was sent.
#![no_main]

use std::time::Duration;

use gateway_proto::cgp::{
    Client, Gate, GateOutput, Output, Passage, Received, Reception, SessionEnd as _, Settings,
};
use libfuzzer_sys::fuzz_target;

fn gate<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<GateOutput> {
    let mut gate = Gate::new(Duration::from_secs(180));
    let mut outputs = Vec::new();
    for piece in pieces {
        let refused = gate.handle_client_bytes(piece).is_err();
        outputs.extend(std::iter::from_fn(|| gate.poll_output()));
        if refused {
            break;
        }
    }
    outputs
}

fn passage<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Option<Passage> {
    let mut passage = Passage::new();
    pieces.map(|piece| passage.pass(piece)).collect::<Result<(), _>>().ok()?;
    Some(passage)
}

fn reception<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Option<String> {
    let mut reception = Reception::new();
    for piece in pieces {
        if let Some(opening) = reception.handle_bytes(piece).ok()? {
            return Some(format!("{:?}", opening.wish));
        }
    }
    None
}

fn client<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Received>, Vec<Output>) {
    let now = Duration::ZERO;
    let mut client = Client::new(Settings::default());
    client.connect(now, None);
    let (mut read, mut outputs) = (Vec::new(), Vec::new());
    for piece in pieces {
        let refused = client.handle_bytes(now, piece).is_err();
        outputs.extend(std::iter::from_fn(|| client.poll_output()));
        if refused {
            break;
        }
    }
    read.extend(std::iter::from_fn(|| client.read(now)));
    (read, outputs)
}

fuzz_target!(|stream: &[u8]| {
    let (whole, bytes) = (|| stream.chunks(stream.len().max(1)), || stream.chunks(1));
    assert_eq!(client(whole()), client(bytes()));
    if let Some(passed) = passage(bytes()) {
        assert_eq!(passage(whole()), Some(passed));
    }
    // Bytes behind a whole opening are an error at once, or when they come: never a different wish.
    if let Some(wish) = reception(whole()) {
        assert_eq!(reception(bytes()), Some(wish));
    }
    let early = |outputs: &[GateOutput]| outputs.contains(&GateOutput::Close);
    let (at_once, cut) = (gate(whole()), gate(bytes()));
    assert!(early(&at_once) == early(&cut));
});
