//! A document that was read is written, and reads back as the same tree.
#![no_main]

use gateway_proto::xml::{Limits, Prolog, Rules, XmlError, read, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let rules = Rules { doctype: Some("r"), latin1: true, limits: Limits::default() };
    let Ok(root) = read(document, &rules) else { return };
    let written = write(&root, Prolog::Bare).expect("what was read can be written");
    match read(written.as_bytes(), &rules) {
        // Escaping and namespace declarations may make a document larger than the one that was read.
        Err(XmlError::Limit(_)) => {}
        again => assert!(again == Ok(root)),
    }
});
