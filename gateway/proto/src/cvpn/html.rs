//! Where HTML names links: a scanner after the tokenizer of the HTML Standard (section 13.2.5), without its
//! tree.
//!
//! It knows tags, attributes, comments, and the elements whose content is not markup. Links written with
//! character references in their front are not found.

use std::ops::Range;

use super::rewrite::Edits;
use super::text::{after_quote, after_white, css, script, starts};
use crate::limits::CVPN_TAG_ATTRIBUTES_MAX;

/// Rewrites the links of a whole page.
pub(super) fn html(edits: &mut Edits<'_>) {
    let source = edits.source();
    let mut at = 0;
    while let Some(tag) = find(source, at, b"<") {
        at = match source.get(tag + 1) {
            Some(b'!') if starts(source, tag, source.len(), b"<!--") => skip(source, tag + 2, b"-->"),
            Some(b'!' | b'/' | b'?') => skip(source, tag + 2, b">"),
            Some(letter) if letter.is_ascii_alphabetic() => element(edits, tag + 1),
            _ => tag + 1,
        };
    }
}

/// One attribute of a tag, by position.
struct Attribute {
    name: Range<usize>,
    value: Range<usize>,
}

/// Handles the tag whose name starts at `at`, and the content of elements that hold no markup. Returns where
/// to go on.
fn element(edits: &mut Edits<'_>, at: usize) -> usize {
    let source = edits.source();
    let name = until(source, at, |byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'));
    let (attributes, content) = attributes(source, name.end);
    let name = source.get(name).unwrap_or_default().to_ascii_lowercase();
    rewrite_attributes(edits, &name, &attributes);
    let holds_markup = !matches!(
        name.as_slice(),
        b"script"
            | b"style"
            | b"textarea"
            | b"title"
            | b"xmp"
            | b"iframe"
            | b"noembed"
            | b"noframes"
            | b"plaintext"
    );
    if holds_markup {
        return content;
    }
    let end = content_end(source, content, &name);
    match name.as_slice() {
        b"script" => script(edits, content, end),
        b"style" => css(edits, content, end),
        _ => {}
    }
    end
}

/// Reads attributes up to the end of the tag. Returns them and the position behind the tag.
fn attributes(source: &[u8], mut at: usize) -> (Vec<Attribute>, usize) {
    let mut found = Vec::new();
    loop {
        at = until(source, at, |byte| !byte.is_ascii_whitespace() && byte != b'/').end;
        match source.get(at) {
            None => return (found, at),
            Some(b'>') => return (found, at + 1),
            Some(_) => {}
        }
        // An `=` in front is part of the name.
        let name_end = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'=');
        let name = at..until(source, at + 1, name_end).end;
        at = after_white(source, name.end, source.len());
        if source.get(at) != Some(&b'=') {
            continue;
        }
        at = after_white(source, at + 1, source.len());
        let value = match source.get(at) {
            Some(&quote @ (b'"' | b'\'')) => until(source, at + 1, |byte| byte == quote),
            _ => until(source, at, |byte| byte.is_ascii_whitespace() || byte == b'>'),
        };
        // The closing quote belongs to neither this value nor the next name.
        at = value.end + usize::from(matches!(source.get(value.end), Some(b'"' | b'\'')));
        if found.len() < CVPN_TAG_ATTRIBUTES_MAX {
            found.push(Attribute { name, value });
        }
    }
}

fn rewrite_attributes(edits: &mut Edits<'_>, tag: &[u8], attributes: &[Attribute]) {
    let source = edits.source();
    let text = |range: &Range<usize>| source.get(range.clone()).unwrap_or_default().to_ascii_lowercase();
    let refresh = tag == b"meta"
        && attributes.iter().any(|attribute| {
            text(&attribute.name) == b"http-equiv" && text(&attribute.value).trim_ascii() == b"refresh"
        });
    for Attribute { name, value } in attributes {
        match text(name).as_slice() {
            b"href" | b"src" | b"action" | b"poster" | b"formaction" | b"xlink:href" => {
                edits.link(value.start, value.end);
            }
            b"data" if tag == b"object" => edits.link(value.start, value.end),
            b"srcset" | b"imagesrcset" => srcset(edits, value.clone()),
            b"style" => css(edits, value.start, value.end),
            b"content" if refresh => meta_refresh(edits, value.clone()),
            _ => {}
        }
    }
}

/// Image candidates: a link, perhaps a descriptor, a comma (HTML Standard section 4.8.4.2.1).
fn srcset(edits: &mut Edits<'_>, value: Range<usize>) {
    let source = edits.source();
    let to = value.end;
    let mut at = value.start;
    while at < to {
        at = until(source, at, |byte| !byte.is_ascii_whitespace() && byte != b',').end.min(to);
        edits.link(at, to);
        let end = until(source, at, |byte| byte.is_ascii_whitespace()).end.min(to);
        let comma_closes = end > at && source.get(end - 1) == Some(&b',');
        at = if comma_closes { end } else { until(source, end, |byte| byte == b',').end.min(to) };
    }
}

/// `5; url=/next` (HTML Standard section 4.2.5.3).
fn meta_refresh(edits: &mut Edits<'_>, value: Range<usize>) {
    let source = edits.source();
    let to = value.end;
    let Some(at) = value.into_iter().find(|&at| starts(source, at, to, b"url")) else { return };
    let equals = after_white(source, at + 3, to);
    if source.get(equals) == Some(&b'=') {
        let link = after_white(source, equals + 1, to);
        edits.link(after_quote(source, link, to), to);
    }
}

/// Where the end tag of `name` starts, or the end of the page.
fn content_end(source: &[u8], from: usize, name: &[u8]) -> usize {
    let mut at = from;
    while let Some(tag) = find(source, at, b"</") {
        let behind = source.get(tag + 2 + name.len());
        if starts(source, tag + 2, source.len(), name)
            && behind.is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))
        {
            return tag;
        }
        at = tag + 2;
    }
    source.len()
}

/// The positions from `at` up to the first byte that `stops`, or up to the end.
fn until(source: &[u8], at: usize, stops: impl Fn(u8) -> bool) -> Range<usize> {
    let rest = source.get(at..).unwrap_or_default();
    let start = at.min(source.len());
    start..start + rest.iter().position(|&byte| stops(byte)).unwrap_or(rest.len())
}

/// Where `needle` stands next.
fn find(source: &[u8], at: usize, needle: &[u8]) -> Option<usize> {
    source.get(at..)?.windows(needle.len()).position(|window| window == needle).map(|offset| at + offset)
}

/// The position behind the next `needle`, or the end.
fn skip(source: &[u8], at: usize, needle: &[u8]) -> usize {
    find(source, at, needle).map_or(source.len(), |found| found + needle.len())
}
