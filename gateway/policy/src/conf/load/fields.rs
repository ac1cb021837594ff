//! Fields of a record as numbers, choices and expressions. What can't be one is told and left at its default.

use std::ops::RangeInclusive;

use crate::conf::command::brief;
use crate::conf::diagnostic::Diagnostic;
use crate::conf::lex::Token;
use crate::conf::object::responder::Header;
use crate::conf::place::{Place, Written};

use super::store::Record;

pub(super) struct Fields<'a> {
    pub(super) record: &'a Record,
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Fields<'a> {
    pub(super) fn at(&self) -> Place {
        self.record.at
    }

    pub(super) fn name(&self) -> String {
        self.record.name.clone()
    }

    pub(super) fn one(&self, field: &str) -> Option<&'a Token> {
        self.record.values(field).first()
    }

    pub(super) fn text(&self, field: &str) -> Option<String> {
        self.one(field).map(|token| token.text().to_owned())
    }

    pub(super) fn written(&self, field: &str) -> Option<Written> {
        self.one(field).map(|token| token.written.clone())
    }

    /// The value, or a diagnostic that it is missing.
    pub(super) fn required(&mut self, field: &str) -> Option<&'a Token> {
        let value = self.one(field);
        if value.is_none() {
            let text = format!("{} `{}` has no {field}", self.record.shape.path, self.record.name);
            self.tell("missing-value", self.record.at, text, "");
        }
        value
    }

    pub(super) fn number(&mut self, field: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let token = self.one(field)?;
        let number = token.text().parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let text = format!("`{}` is no {field}", brief(token.text()));
            let help = format!("a whole number from {} to {}", range.start(), range.end());
            self.tell("bad-number", token.written.whole(), text, &help);
        }
        number
    }

    pub(super) fn choice<T: Copy>(&mut self, field: &str, choices: &[(&str, T)]) -> Option<T> {
        self.chosen(self.one(field)?, field, choices)
    }

    /// Which of the choices a value is.
    pub(super) fn chosen<T: Copy>(&mut self, token: &Token, field: &str, choices: &[(&str, T)]) -> Option<T> {
        let found = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(token.text()));
        if found.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            let text = format!("`{}` is no {field}", brief(token.text()));
            self.tell("bad-choice", token.written.whole(), text, &format!("one of {}", words.join(", ")));
        }
        found.map(|(_, choice)| *choice)
    }

    /// `YES`, `ON`, `ENABLED`; or their opposites.
    pub(super) fn switch(&mut self, field: &str) -> Option<bool> {
        const WORDS: [(&str, bool); 6] = [
            ("ON", true),
            ("OFF", false),
            ("YES", true),
            ("NO", false),
            ("ENABLED", true),
            ("DISABLED", false),
        ];
        self.choice(field, &WORDS)
    }

    /// `name(expression)`, several.
    pub(super) fn headers(&mut self, field: &str) -> Vec<Header> {
        let mut headers = Vec::new();
        for token in self.record.values(field) {
            match header(&token.written) {
                Some(header) => headers.push(header),
                None => {
                    let text = format!("`{}` is not name(expression)", brief(token.text()));
                    self.tell("bad-header", token.written.whole(), text, "such as X-Why(\"too many\")");
                }
            }
        }
        headers
    }

    pub(super) fn tell(&mut self, code: &'static str, at: Place, text: impl Into<String>, help: &str) {
        self.diagnostics.push(Diagnostic::error(code, at, text).help(help));
    }
}

fn header(written: &Written) -> Option<Header> {
    let (name, rest) = written.text.split_once('(')?;
    let length = rest.trim_end().strip_suffix(')')?.len();
    let start = name.len() + 1;
    let value = written.part(start..start + length)?;
    let name = name.trim();
    (!name.is_empty()).then(|| Header { name: name.to_owned(), value })
}
