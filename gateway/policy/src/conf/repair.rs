//! Text that was published as an article: its characters put right, everything but its commands made a comment.
//!
//! An explicit step, never a silent one: each kind of change is told with its first line. It does not guess at
//! backslashes that a publication lost. Lines keep their numbers. Ours.

use std::borrow::Cow;

use crate::limits::LINK_BYTES;
use crate::span::Span;

use super::command;
use super::diagnostic::Diagnostic;
use super::lex;
use super::place::Place;

/// How often a kind of change was made, and on which line first, from 0.
#[derive(Default)]
struct Tally {
    count: usize,
    first: usize,
}

impl Tally {
    fn add(&mut self, count: usize, line: usize) {
        if self.count == 0 {
            self.first = line;
        }
        self.count += count;
    }

    fn tell(&self, code: &'static str, what: &str, file: usize, repaired: &str) -> Option<Diagnostic> {
        let start = repaired.split_inclusive('\n').take(self.first).map(str::len).sum();
        let at = Place { file, span: Span::new(start, start) };
        let text = format!("{} {what}, from this line on", self.count);
        (self.count > 0).then(|| Diagnostic::warning(code, at, text).help("the file itself was not changed"))
    }
}

/// The text with its commands only, and what was changed. `file` is where it will stand in the sources.
#[must_use]
pub fn article(text: &str, file: usize) -> (String, Vec<Diagnostic>) {
    let (mut replaced, mut prose) = (Tally::default(), Tally::default());
    let mut clean = String::with_capacity(text.len());
    for (number, line) in text.lines().enumerate() {
        let (line, count) = characters(line);
        if count > 0 {
            replaced.add(count, number);
        }
        clean += &line;
        clean.push('\n');
    }
    let mut repaired = String::with_capacity(clean.len());
    let mut command_ends = 0;
    let mut at = 0;
    for (number, line) in clean.split_inclusive('\n').enumerate() {
        let text = line.trim_start_matches(['>', '•', '·', ' ', '\t']);
        if at >= command_ends && command::begins(text) {
            command_ends = lex::command_end(&clean, at);
            repaired += text;
        } else if at < command_ends || text.trim().is_empty() || text.starts_with('#') {
            repaired += line;
        } else {
            prose.add(1, number);
            repaired += "# ";
            repaired += line;
        }
        at += line.len();
    }
    let told = [
        replaced.tell("repaired-characters", "characters of a web page were put right", file, &repaired),
        prose.tell("repaired-prose", "lines are no commands and were left out", file, &repaired),
    ];
    (repaired, told.into_iter().flatten().collect())
}

/// The first sign that a text was on a web page: a typographic quote, or a quote as an entity.
#[must_use]
pub fn looks_published(text: &str) -> Option<Span> {
    const SIGNS: [&str; 3] = ["\u{201c}", "\u{201d}", "&quot;"];
    let found = SIGNS.iter().filter_map(|sign| Some((text.find(sign)?, sign.len())));
    found.min().map(|(at, length)| Span::new(at, at + length))
}

/// What a web page made of characters, undone: typographic quotes and dashes, entities, links around addresses.
/// Also says how many were.
#[must_use]
pub fn characters(text: &str) -> (Cow<'_, str>, usize) {
    if text.is_ascii() && !text.contains(['&', '<']) {
        return (Cow::Borrowed(text), 0);
    }
    let (mut clean, mut count, mut rest) = (String::with_capacity(text.len()), 0, text);
    while let Some(first) = rest.chars().next() {
        let (replacement, length) = replacement(rest, clean.ends_with(char::is_whitespace));
        match replacement {
            Some(replacement) => {
                clean += replacement;
                count += 1;
            }
            None => clean.push(first),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    (Cow::Owned(clean), count)
}

/// What the beginning of a text should be, and how many bytes of it that is about.
fn replacement(text: &str, after_blank: bool) -> (Option<&'static str>, usize) {
    const ENTITIES: [(&str, &str); 8] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&nbsp;", " "),
    ];
    if let Some((entity, character)) = ENTITIES.iter().find(|(entity, _)| text.starts_with(entity)) {
        return (Some(character), entity.len());
    }
    // A page that made a link of an address: `<a href="…">` and `</a>`.
    let link = text.starts_with("<a href=") || text.starts_with("</a>");
    if let Some(end) = text.bytes().take(LINK_BYTES).position(|byte| byte == b'>').filter(|_| link) {
        return (Some(""), end + 1);
    }
    let Some(first) = text.chars().next() else { return (None, 0) };
    let character = match first {
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{2033}' => Some("\""),
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2032}' => Some("'"),
        '\u{a0}' | '\u{2007}' | '\u{202f}' => Some(" "),
        '\u{200b}' | '\u{feff}' => Some(""),
        // Before a parameter's name it was a hyphen; elsewhere a dash may be meant.
        '\u{2010}'..='\u{2014}' if after_blank && text.chars().nth(1).is_some_and(char::is_alphabetic) => {
            Some("-")
        }
        _ => None,
    };
    (character, first.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_taken_out_of_an_article() {
        let text = "How I do it\n\n\
            add ns variable v –type “map(text(20),ulong,10)” –expires 60\n\
            # This makes the map, and it's big\n\
            > add responder policy p &quot;$v[a] &lt; 3 &amp;&amp; true&quot; NOOP\n\
            It’s done.\n\
            add policy expression e \"a\n  + b\"\n\
            It is really done.\n";
        let (repaired, told) = article(text, 0);
        let expected = "# How I do it\n\n\
            add ns variable v -type \"map(text(20),ulong,10)\" -expires 60\n\
            # This makes the map, and it's big\n\
            add responder policy p \"$v[a] < 3 && true\" NOOP\n\
            # It's done.\n\
            add policy expression e \"a\n  + b\"\n\
            # It is really done.\n";
        assert_eq!(repaired, expected);
        let codes: Vec<_> = told.iter().map(|found| (found.code, found.at.span.start)).collect();
        assert_eq!(
            codes,
            [("repaired-characters", expected.find("add ns").expect("there")), ("repaired-prose", 0)]
        );
    }

    #[test]
    fn a_saved_file_stays_as_it_is() {
        let text = "#NS13.1\nadd policy expression e \"a<b\"\nset ns param -timezone \"GMT+01:00\"\n";
        assert_eq!(article(text, 0), (text.to_owned(), vec![]));
    }

    #[test]
    fn a_page_is_told_by_its_quotes() {
        assert_eq!(looks_published("add x y \"a\" – é"), None);
        assert_eq!(looks_published("a &quot;b\u{201d}"), Some(Span::new(2, 8)));
    }

    #[test]
    fn links_that_a_page_made_are_undone() {
        let (clean, count) = characters("\"<a href=\"http://example.com/\">http://example.com/</a>\"");
        assert_eq!((clean.as_ref(), count), ("\"http://example.com/\"", 2));
        assert_eq!(characters("a - b – c").0, "a - b – c");
    }
}
