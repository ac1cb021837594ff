//! As much HTML as a log-in needs: forms with their inputs, `<meta>` refresh, and the text a user would read.
//!
//! Not an HTML parser: tags are recognised by their shape, so a page that hides a form in a script or in
//! unbalanced quotes is not understood. The page is a peer's: every loop ends with it, and a form has a
//! bounded number of fields.

use crate::limits::{FORM_FIELDS_MAX, PAGE_TEXT_BYTES_MAX};

/// One `<form>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Its `action`, unresolved; empty means the page itself.
    pub action: String,
    /// Whether its method is POST.
    pub post: bool,
    /// Its fields in order, buttons left out.
    pub fields: Vec<Input>,
    /// What a user reads inside it: labels and prompts, not the buttons.
    pub text: String,
}

/// One field of a form.
#[derive(Clone, PartialEq, Eq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its type in lower case; `text` where the page says nothing.
    pub kind: String,
    /// The value it has before the user types. May be a token: not shown by `Debug`.
    pub value: String,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Input({} {})", self.kind, self.name)
    }
}

impl Form {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Input> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The name of the field a user types a password into.
    pub fn password_field(&self) -> Option<&str> {
        self.fields.iter().find(|field| field.kind == "password").map(|field| field.name.as_str())
    }

    /// The name of the first field a user types plain text into.
    pub fn text_field(&self) -> Option<&str> {
        let typed = |field: &&Input| matches!(field.kind.as_str(), "text" | "email" | "tel" | "number");
        self.fields.iter().find(typed).map(|field| field.name.as_str())
    }

    /// The body that a browser sends once the user filled in `filled`: every other field keeps its value.
    pub fn encode(&self, filled: &[(&str, &str)]) -> String {
        let mut body = form_urlencoded::Serializer::new(String::new());
        for field in &self.fields {
            let typed = filled.iter().find(|(name, _)| *name == field.name).map(|(_, value)| *value);
            body.append_pair(&field.name, typed.unwrap_or(&field.value));
        }
        for (name, value) in filled.iter().filter(|(name, _)| self.field(name).is_none()) {
            body.append_pair(name, value);
        }
        body.finish()
    }
}

/// The forms of a page, in order.
pub fn forms(page: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut inside = false;
    let mut in_button = false;
    let pieces = Pieces::new(page);
    for piece in pieces {
        match (piece, forms.last_mut().filter(|_| inside)) {
            (Piece::Tag(tag), _) if tag.is("form") => {
                inside = true;
                let post = tag.attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                let action = tag.attribute("action").unwrap_or_default();
                forms.push(Form { action, post, ..Form::default() });
            }
            (Piece::Tag(tag), _) if tag.is("/form") => inside = false,
            (Piece::Tag(tag), _) if tag.is("button") => in_button = true,
            (Piece::Tag(tag), _) if tag.is("/button") => in_button = false,
            (Piece::Tag(tag), Some(form)) if tag.is("input") && form.fields.len() < FORM_FIELDS_MAX => {
                form.fields.extend(input(&tag));
            }
            (Piece::Text(text), Some(form)) if !in_button => push_text(&mut form.text, text),
            _ => {}
        }
    }
    forms
}

fn input(tag: &Tag<'_>) -> Option<Input> {
    let kind = tag.attribute("type").unwrap_or_else(|| "text".to_owned()).to_ascii_lowercase();
    let name = tag.attribute("name").filter(|name| !name.is_empty())?;
    let is_button = matches!(kind.as_str(), "submit" | "button" | "reset" | "image");
    (!is_button).then(|| Input { name, kind, value: tag.attribute("value").unwrap_or_default() })
}

/// The target of `<meta http-equiv="refresh" content="0; url=…">`, unresolved.
pub fn meta_refresh(page: &str) -> Option<String> {
    Pieces::new(page).find_map(|piece| {
        let Piece::Tag(tag) = piece else { return None };
        let equiv = tag.is("meta").then(|| tag.attribute("http-equiv")).flatten()?;
        if !equiv.eq_ignore_ascii_case("refresh") {
            return None;
        }
        let content = tag.attribute("content")?;
        let (_seconds, url) = content.split_once([';', ','])?;
        let (word, url) = url.split_once('=')?;
        let is_url = word.trim().eq_ignore_ascii_case("url");
        is_url.then(|| url.trim().trim_matches(['"', '\'']).to_owned())
    })
}

/// What a user reads on the page, white space folded, at most [`PAGE_TEXT_BYTES_MAX`] bytes.
pub fn text(page: &str) -> String {
    let mut out = String::new();
    for piece in Pieces::new(page) {
        if let Piece::Text(text) = piece {
            push_text(&mut out, text);
        }
    }
    out
}

/// The text of the first `name` element.
pub fn element_text(page: &str, name: &str) -> Option<String> {
    let mut pieces = Pieces::new(page).skip_while(|piece| !matches!(piece, Piece::Tag(tag) if tag.is(name)));
    pieces.next()?;
    match pieces.next()? {
        Piece::Text(text) => Some(unescape(text).trim().to_owned()),
        Piece::Tag(_) => None,
    }
}

fn push_text(out: &mut String, text: &str) {
    for word in unescape(text).split_whitespace() {
        if out.len() + 1 + word.len() > PAGE_TEXT_BYTES_MAX {
            return;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
}

/// A tag or the text up to the next one.
enum Piece<'a> {
    Tag(Tag<'a>),
    Text(&'a str),
}

/// What stands between `<` and `>`.
struct Tag<'a>(&'a str);

impl Tag<'_> {
    fn is(&self, name: &str) -> bool {
        let end = self.0.find(|c: char| c.is_ascii_whitespace()).unwrap_or(self.0.len());
        self.0.get(..end).is_some_and(|own| own.trim_end_matches('/').eq_ignore_ascii_case(name))
    }

    /// The value of an attribute, references replaced. The tag's own name is skipped by its first space.
    fn attribute(&self, name: &str) -> Option<String> {
        let mut rest = self.0.split_once(|c: char| c.is_ascii_whitespace())?.1;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() {
                return None;
            }
            let end = rest.find(|c: char| c == '=' || c.is_ascii_whitespace()).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            let (value, after) = match after.trim_start().strip_prefix('=') {
                Some(value) => attribute_value(value.trim_start()),
                None => ("", after),
            };
            if key.eq_ignore_ascii_case(name) {
                return Some(unescape(value));
            }
            // A stray `=` must not stand still.
            rest = if key.is_empty() && after == rest { after.get(1..)? } else { after };
        }
    }
}

/// A value at the start of `text`, and what follows it.
fn attribute_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    text.split_at(text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len()))
}

/// Tags and texts in order; comments, scripts and styles are skipped.
struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Pieces<'a> {
    fn new(page: &'a str) -> Self {
        Self { rest: page }
    }

    /// Skips to behind `end`, or to the end of the page.
    fn skip_past(&mut self, end: &str) {
        let mut windows = self.rest.as_bytes().windows(end.len());
        let at = windows.position(|window| window.eq_ignore_ascii_case(end.as_bytes()));
        self.rest = at.and_then(|at| self.rest.get(at + end.len()..)).unwrap_or_default();
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        while self.rest.starts_with("<!--") {
            self.skip_past("-->");
        }
        if let Some(tag) = self.rest.strip_prefix('<') {
            let end = tag_end(tag);
            let tag = Tag(tag.get(..end).unwrap_or_default());
            self.rest = self.rest.get(end + 2..).unwrap_or_default();
            for (opaque, end) in [("script", "</script>"), ("style", "</style>"), ("title", "</title>")] {
                if tag.is(opaque) {
                    self.skip_past(end);
                }
            }
            return Some(Piece::Tag(tag));
        }
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.find('<').unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(Piece::Text(text))
    }
}

/// Where the `>` of a tag stands, quoted values skipped.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    tag.len()
}

/// Replaces the references every page uses; others stay as they are.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('&') {
        out.push_str(before);
        let reference = from.split_once(';').and_then(|(name, after)| Some((reference(name)?, after)));
        rest = match reference {
            Some((c, after)) => {
                out.push(c);
                after
            }
            None => {
                out.push('&');
                from
            }
        };
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests;
