//! Regular expressions: the part of PCRE that needs no back-tracking.
//!
//! An appliance runs PCRE without back-references, with a dot that matches line ends and without Unicode. The
//! `regex` crate runs the same language in linear time, except look-around, atomic groups and possessive
//! repetition: those are refused by name and never approximated. What PCRE writes differently inside character
//! classes and braces is rewritten here. `$` matches at the very end only, not before a final line end.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use crate::limits;

/// A regular expression with its compiled forms.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// Rewritten for the `regex` crate.
    source: String,
    exact: Result<Regex, Refused>,
    /// Compiled when a text in mode `IGNORECASE` first meets it.
    folded: OnceLock<Result<Regex, Refused>>,
}

/// Why there is no compiled form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) cause: String,
    /// Whether PCRE would take it.
    pub(super) valid: bool,
}

impl Pattern {
    pub(super) fn new(source: &str) -> Self {
        let rewritten = rewrite(source);
        let exact = if source.len() > limits::REGEX_BYTES {
            Err(Refused { cause: format!("longer than {} bytes", limits::REGEX_BYTES), valid: false })
        } else {
            rewritten.as_deref().map_err(Clone::clone).and_then(|source| compile(source, false))
        };
        Self { source: rewritten.unwrap_or_default(), exact, folded: OnceLock::new() }
    }

    /// The form to search with. The text's mode decides about case, whatever the pattern says.
    pub(super) fn get(&self, ignore_case: bool) -> Result<&Regex, &Refused> {
        match (&self.exact, ignore_case) {
            (Ok(_), true) => self.folded.get_or_init(|| compile(&self.source, true)).as_ref(),
            (exact, _) => exact.as_ref(),
        }
    }
}

fn compile(source: &str, ignore_case: bool) -> Result<Regex, Refused> {
    let built = RegexBuilder::new(source)
        .unicode(false)
        .dot_matches_new_line(true)
        .case_insensitive(ignore_case)
        .size_limit(limits::REGEX_COMPILED_BYTES)
        .dfa_size_limit(limits::REGEX_COMPILED_BYTES)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            Refused { cause: "it grows too large when compiled".into(), valid: true }
        }
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            let cause = last.trim_start_matches("error: ").to_owned();
            let known = ["look-around", "backreference", "unrecognized escape", "unrecognized flag"];
            Refused { valid: known.iter().any(|known| cause.contains(known)), cause }
        }
    })
}

/// PCRE's spelling in that of the `regex` crate: brackets and doubled signs inside classes stand for themselves,
/// and so do braces that are no repetition.
fn rewrite(source: &str) -> Result<String, Refused> {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    let mut repeatable = Repeat::Nothing;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            '[' => class_length(rest),
            other => other.len_utf8(),
        };
        let (part, after) = rest.split_at(length.min(rest.len()));
        match first {
            '[' => rewrite_class(part, &mut out),
            '{' if quantifier(rest).is_none() => out.push_str("\\{"),
            _ => out.push_str(part),
        }
        let repeats = matches!(first, '*' | '+' | '?') || (first == '}' && repeatable == Repeat::Braces);
        if first == '+' && repeatable == Repeat::Repeated {
            let cause = "possessive repetition is not supported".to_owned();
            return Err(Refused { cause, valid: true });
        }
        repeatable = match (repeatable, first) {
            (_, '{') if quantifier(rest).is_some() => Repeat::Braces,
            (Repeat::Braces, other) if other != '}' => Repeat::Braces,
            _ if repeats => Repeat::Repeated,
            _ => Repeat::Nothing,
        };
        rest = after;
    }
    Ok(out)
}

/// What a `+` would repeat.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    Nothing,
    Braces,
    Repeated,
}

/// The length of `{2}`, `{2,}` or `{2,5}`.
fn quantifier(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('{')?;
    let end = inner.find('}')?;
    let (least, most) = inner.get(..end)?.split_once(',').unwrap_or((inner.get(..end)?, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (!least.is_empty() && digits(least) && digits(most)).then_some(end + 2)
}

/// The length of a class with both brackets; the whole rest when it is not closed.
fn class_length(text: &str) -> usize {
    let mut at = if text.starts_with("[^") { 2 } else { 1 };
    // PCRE: a bracket that comes first is a member.
    at += usize::from(text.get(at..).is_some_and(|rest| rest.starts_with(']')));
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        at += match rest.as_bytes() {
            [b']', ..] => return at + 1,
            [b'[', b':', ..] => rest.find(":]").map_or(1, |end| end + 2),
            [b'\\', ..] => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
    }
    text.len()
}

fn rewrite_class(class: &str, out: &mut String) {
    let mut chars = class.char_indices().peekable();
    while let Some((at, member)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match member {
            '[' if at > 0 && next == Some(':') => {
                let named = class.get(at..).and_then(|rest| rest.find(":]").map(|end| end + 2)).unwrap_or(1);
                out.push_str(class.get(at..at + named).unwrap_or("["));
                while chars.peek().is_some_and(|(inner, _)| *inner < at + named) {
                    chars.next();
                }
            }
            '[' if at > 0 => out.push_str("\\["),
            '&' | '~' if next == Some(member) => {
                out.push('\\');
                out.push(member);
            }
            '\\' => {
                out.push(member);
                out.extend(chars.next().map(|(_, escaped)| escaped));
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern)
            .get(false)
            .unwrap_or_else(|refused| panic!("{pattern}: {}", refused.cause))
            .is_match(text.as_bytes())
    }

    #[test]
    fn classes_and_braces_are_those_of_pcre() {
        assert!(found(r"^[[]$", "["));
        assert!(found(r"^[]a]+$", "]a]"));
        assert!(found(r"^[a&&b]$", "&"));
        assert!(found(r"^[[:alpha:]_]+$", "ab_"));
        assert!(found(r"^\$\{jndi{x}$", "${jndi{x}"));
        assert!(found(r"^a{2,3}$", "aaa"));
        assert!(found(r"^a.b$", "a\nb"));
    }

    #[test]
    fn what_needs_backtracking_is_refused_by_name() {
        for pattern in ["(?=a)b", "(?<!a)b", r"(a)\1", "a++", "a{2}+", "(?>a)b", r"\Ka"] {
            let refused = Pattern::new(pattern).get(false).unwrap_err().clone();
            assert!(refused.valid, "{pattern}: {}", refused.cause);
        }
        assert!(!Pattern::new("(a").get(false).unwrap_err().valid);
        assert!(Pattern::new(r"(\w{1000}){1000}").get(false).unwrap_err().valid);
    }

    #[test]
    fn the_mode_of_the_text_decides_about_case() {
        assert!(Pattern::new("abc").get(true).unwrap().is_match(b"xABC"));
        assert!(!found("abc", "ABC"));
    }
}
