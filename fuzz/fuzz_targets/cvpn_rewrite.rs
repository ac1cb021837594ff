//! Rewriting a body keeps every byte that could be markup, in order.
#![no_main]

use gateway_proto::cvpn::{BodyKind, CvpnUrl, Rewriter};
use libfuzzer_sys::fuzz_target;

fn structure(body: &[u8]) -> impl Iterator<Item = &u8> {
    body.iter().filter(|byte| !byte.is_ascii_alphanumeric() && !b"-_.:[]/\\".contains(byte))
}

fuzz_target!(|body: &[u8]| {
    let page = CvpnUrl::parse("/cvpn/https/site.example/a/b?c").expect("a plain path");
    let rewriter = Rewriter::new(&page, &|_| true);
    for kind in [BodyKind::Css, BodyKind::Html, BodyKind::Script] {
        let rewritten = rewriter.body(kind, body).expect("small");
        assert!(structure(&rewritten).eq(structure(body)));
    }
});
