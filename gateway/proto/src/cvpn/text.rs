//! Where style sheets and scripts name links. Scanners, not parsers: comments and escapes are not understood,
//! which is harmless because a rewrite never changes structure (see [`super::rewrite`]).

use super::rewrite::Edits;

/// `url(…)` and `@import "…"` (CSS Syntax Level 3 section 4, CSS Cascade section 3.1) in `from..to`.
pub(super) fn css(edits: &mut Edits<'_>, from: usize, to: usize) {
    let source = edits.source();
    for at in from..to {
        let name = match source.get(at) {
            Some(b'u' | b'U') => &b"url("[..],
            Some(b'@') => b"@import",
            _ => continue,
        };
        if starts(source, at, to, name) {
            let link = after_white(source, at + name.len(), to);
            edits.link(after_quote(source, link, to), to);
        }
    }
}

/// Strings that start with an absolute link, in `from..to` of a script or of JSON.
pub(super) fn script(edits: &mut Edits<'_>, from: usize, to: usize) {
    let source = edits.source();
    for at in from..to {
        if matches!(source.get(at), Some(b'"' | b'\'' | b'`')) {
            edits.quoted(at + 1, to);
        }
    }
}

/// Whether `name`, in any case, stands at `at` and ends before `to`.
pub(super) fn starts(source: &[u8], at: usize, to: usize, name: &[u8]) -> bool {
    at + name.len() <= to
        && source.get(at..at + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
}

/// The first position from `at` on that holds no white space.
pub(super) fn after_white(source: &[u8], at: usize, to: usize) -> usize {
    let rest = source.get(at..to).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The position behind an opening quote, which inside an HTML attribute may be a reference.
pub(super) fn after_quote(source: &[u8], at: usize, to: usize) -> usize {
    let quotes: [&[u8]; 6] = [b"\"", b"'", b"&quot;", b"&apos;", b"&#34;", b"&#39;"];
    quotes.iter().find(|quote| starts(source, at, to, quote)).map_or(at, |quote| at + quote.len())
}
