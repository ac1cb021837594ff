//! The reading half of [`crate::xml`]: events of `quick-xml` become a tree, or a refusal.
//!
//! `quick-xml` tokenizes; well-formedness rules it leaves to its caller (one root, names, characters,
//! references) are checked here.

use std::borrow::Cow;

use quick_xml::NsReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;

use super::{Element, Limits, Rules, XmlError, checked_name, is_allowed, is_white};

/// Reads one document and returns its root element.
///
/// # Errors
/// Any [`XmlError`] but `Duplicate` and `Missing`: the document breaks XML 1.0, `rules`, or their limits.
pub fn read(document: &[u8], rules: &Rules<'_>) -> Result<Element, XmlError> {
    if document.len() > rules.limits.bytes {
        return Err(XmlError::Limit("bytes"));
    }
    let text = decode(document, rules)?;
    if !text.chars().all(is_allowed) {
        return Err(XmlError::Forbidden);
    }
    let mut builder = Builder::new(rules);
    let mut reader = NsReader::from_str(&text);
    reader.config_mut().check_comments = true;
    // Every element declares at most `attributes` prefixes, so this can't refuse what the limits allow.
    reader.resolver_mut().set_max_namespace_bindings(rules.limits.attributes * rules.limits.depth);
    loop {
        match reader.read_event().map_err(refusal)? {
            Event::Start(start) => builder.open(element(&start, &reader, &rules.limits)?)?,
            Event::Empty(start) => {
                builder.open(element(&start, &reader, &rules.limits)?)?;
                builder.close()?;
            }
            Event::End(_) => builder.close()?,
            Event::Text(text) => builder.text(&text.xml10_content())?,
            Event::CData(text) => builder.cdata(&text.xml10_content())?,
            Event::GeneralRef(reference) => builder.cdata(resolve(&reference)?.encode_utf8(&mut [0; 4]))?,
            Event::Decl(declaration) => builder.declaration(&declaration)?,
            Event::DocType(doctype) => builder.doctype(&doctype.xml10_content())?,
            Event::Comment(_) => builder.started = true,
            Event::PI(_) => return Err(XmlError::Syntax),
            Event::Eof => return builder.finish(),
        }
    }
}

/// The tree under construction: elements begun and not ended, outermost first.
struct Builder<'a> {
    rules: &'a Rules<'a>,
    open: Vec<Element>,
    root: Option<Element>,
    /// Whether anything was seen, so that a declaration is too late.
    started: bool,
    doctype_seen: bool,
    elements: usize,
    text_bytes: usize,
}

impl<'a> Builder<'a> {
    fn new(rules: &'a Rules<'a>) -> Self {
        Self {
            rules,
            open: Vec::new(),
            root: None,
            started: false,
            doctype_seen: false,
            elements: 0,
            text_bytes: 0,
        }
    }

    fn open(&mut self, element: Element) -> Result<(), XmlError> {
        self.started = true;
        if self.root.is_some() {
            return Err(XmlError::Root);
        }
        if self.open.len() >= self.rules.limits.depth {
            return Err(XmlError::Limit("levels"));
        }
        self.elements += 1;
        if self.elements > self.rules.limits.elements {
            return Err(XmlError::Limit("elements"));
        }
        for (_, value) in &element.attributes {
            self.count_text(value.len())?;
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlError> {
        let element = self.open.pop().ok_or(XmlError::Syntax)?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    /// Character data as written: white space is also allowed outside the root.
    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        // XML 1.0 §2.4: the end of a CDATA section must not appear in character data.
        if text.contains("]]>") {
            return Err(XmlError::Syntax);
        }
        if self.open.is_empty() && text.chars().all(is_white) {
            self.started = true;
            return Ok(());
        }
        self.cdata(text)
    }

    /// Character data from a CDATA section or a reference: only inside the root.
    fn cdata(&mut self, text: &str) -> Result<(), XmlError> {
        self.count_text(text.len())?;
        self.open.last_mut().ok_or(XmlError::Root)?.text.push_str(text);
        Ok(())
    }

    fn count_text(&mut self, bytes: usize) -> Result<(), XmlError> {
        self.text_bytes = self.text_bytes.saturating_add(bytes);
        if self.text_bytes > self.rules.limits.text_bytes { Err(XmlError::Limit("text")) } else { Ok(()) }
    }

    fn declaration(&mut self, declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
        if std::mem::replace(&mut self.started, true) {
            return Err(XmlError::Syntax);
        }
        if declaration.version().map_err(refusal)? != "1.0" {
            return Err(XmlError::Syntax);
        }
        match declaration.encoding().transpose().map_err(|_| XmlError::Attribute)? {
            None => Ok(()),
            Some(name) if ["utf-8", "us-ascii"].iter().any(|known| name.eq_ignore_ascii_case(known)) => {
                Ok(())
            }
            Some(name) if self.rules.latin1 && name.eq_ignore_ascii_case(LATIN1) => Ok(()),
            Some(_) => Err(XmlError::Encoding),
        }
    }

    fn doctype(&mut self, doctype: &str) -> Result<(), XmlError> {
        let expected = self.rules.doctype.ok_or(XmlError::Doctype)?;
        let misplaced = self.root.is_some() || !self.open.is_empty();
        if misplaced || std::mem::replace(&mut self.doctype_seen, true) || !is_bare(doctype, expected) {
            return Err(XmlError::Doctype);
        }
        self.started = true;
        Ok(())
    }

    fn finish(self) -> Result<Element, XmlError> {
        if self.open.is_empty() { self.root.ok_or(XmlError::Root) } else { Err(XmlError::Syntax) }
    }
}

const LATIN1: &str = "iso-8859-1";

/// The document as text: UTF-8, or ISO-8859-1 when it says so and `rules` allow it.
fn decode<'a>(document: &'a [u8], rules: &Rules<'_>) -> Result<Cow<'a, str>, XmlError> {
    if rules.latin1 && declares_latin1(document) {
        return Ok(document.iter().copied().map(char::from).collect::<String>().into());
    }
    std::str::from_utf8(document).map(Cow::Borrowed).map_err(|_| XmlError::Encoding)
}

/// Looks for the encoding in the declaration before the bytes can be read as text; the declaration itself is
/// checked later, when it is parsed.
fn declares_latin1(document: &[u8]) -> bool {
    let Some(rest) = document.strip_prefix(b"<?xml") else { return false };
    let declaration = rest.split(|&byte| byte == b'>').next().unwrap_or_default();
    declaration.windows(LATIN1.len()).any(|window| window.eq_ignore_ascii_case(LATIN1.as_bytes()))
}

fn element(start: &BytesStart<'_>, reader: &NsReader<&[u8]>, limits: &Limits) -> Result<Element, XmlError> {
    let (namespace, local) = reader.resolver().resolve_element(start.name());
    let mut element = Element::new(checked_name(local.as_ref())?);
    element.namespace = match namespace {
        ResolveResult::Unbound => None,
        // `xmlns=""` takes the default namespace back (Namespaces in XML 1.0 §6.2).
        ResolveResult::Bound(uri) if uri.as_ref().is_empty() => None,
        ResolveResult::Bound(uri) => Some(attribute_value(uri.as_ref())?),
        ResolveResult::Unknown(_) => return Err(XmlError::Namespace),
    };
    for (index, attribute) in start.attributes().enumerate() {
        if index >= limits.attributes {
            return Err(XmlError::Limit("attributes"));
        }
        let attribute = attribute.map_err(|_| XmlError::Attribute)?;
        let value = attribute_value(&attribute.value)?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
        match namespace {
            ResolveResult::Unbound => {
                element.attributes.push((checked_name(local.as_ref())?.to_owned(), value));
            }
            // `xsi:type`, `soap:encodingStyle`: no dialect needs an attribute of a foreign namespace.
            ResolveResult::Bound(_) => {}
            ResolveResult::Unknown(_) => return Err(XmlError::Namespace),
        }
    }
    Ok(element)
}

/// An attribute value with references replaced and white space normalized (XML 1.0 §3.3.3).
fn attribute_value(raw: &str) -> Result<String, XmlError> {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '<', '\t', '\r', '\n']) {
        let (before, from) = rest.split_at(at);
        value.push_str(before);
        rest = if let Some(reference) = from.strip_prefix('&') {
            let (name, after) = reference.split_once(';').ok_or(XmlError::Entity)?;
            value.push(resolve(&BytesRef::new(name))?);
            after
        } else if from.starts_with('<') {
            return Err(XmlError::Attribute);
        } else {
            value.push(' ');
            from.strip_prefix("\r\n").unwrap_or(from.get(1..).unwrap_or_default())
        };
    }
    value.push_str(rest);
    Ok(value)
}

/// The one character a reference stands for; every predefined entity is one.
fn resolve(reference: &BytesRef<'_>) -> Result<char, XmlError> {
    let character = match reference.resolve_char_ref().map_err(|_| XmlError::Entity)? {
        Some(character) => Some(character),
        None => resolve_predefined_entity(reference).and_then(|text| text.chars().next()),
    };
    character.filter(|&c| is_allowed(c)).ok_or(XmlError::Entity)
}

/// Whether the text after `<!DOCTYPE` is `root`, then perhaps `SYSTEM "literal"`, then perhaps an empty
/// subset.
fn is_bare(doctype: &str, root: &str) -> bool {
    let Some(rest) = doctype.strip_prefix(root) else { return false };
    let mut rest = rest;
    if let Some(literal) =
        after_white(rest).and_then(|rest| rest.strip_prefix("SYSTEM")).and_then(after_white)
    {
        let Some(quote) = literal.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return false };
        let Some((_, after)) = literal.get(1..).and_then(|text| text.split_once(quote)) else { return false };
        rest = after;
    }
    let rest = rest.trim_matches(is_white);
    match rest.strip_prefix('[') {
        Some(subset) => subset.strip_suffix(']').is_some_and(|inside| inside.chars().all(is_white)),
        None => rest.is_empty(),
    }
}

/// `text` after the white space it starts with, if it starts with any.
fn after_white(text: &str) -> Option<&str> {
    text.starts_with(is_white).then(|| text.trim_start_matches(is_white))
}

/// What the tokenizer refused, in our words; its own messages quote the document.
fn refusal(error: quick_xml::Error) -> XmlError {
    match error {
        quick_xml::Error::Namespace(_) => XmlError::Namespace,
        quick_xml::Error::InvalidAttr(_) => XmlError::Attribute,
        quick_xml::Error::Escape(_) => XmlError::Entity,
        quick_xml::Error::Encoding(_) => XmlError::Encoding,
        _ => XmlError::Syntax,
    }
}
