//! One bounded XML reader and one escaping writer for every XML dialect of this crate.
//!
//! The dialects (STA, XML broker, call-back SOAP) are small documents with few levels, so a document is a
//! tree of [`Element`]s: [`read()`] makes one from bytes a peer sent, [`write()`] makes a document from one.
//! What a peer can make the reader do is bounded by [`Limits`].
//!
//! This is not a general XML processor. It expands nothing but the five predefined entities and character
//! references, fetches nothing, skips comments, refuses processing instructions, and knows no DTD: a bare
//! `<!DOCTYPE root SYSTEM "x">`, which STA and broker messages carry, is tolerated only when the caller names
//! the root it expects, and any declaration inside one is refused.
//!
//! Specification: XML 1.0 (fifth edition), Namespaces in XML 1.0; the limits are ours.

mod read;
#[cfg(test)]
pub(crate) mod tests;
mod write;

use std::fmt;

use crate::limits;
pub use read::read;
pub use write::{Prolog, write};

/// How much of a document the reader is willing to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole document.
    pub bytes: usize,
    /// Levels of nesting; the root is level 1.
    pub depth: usize,
    /// Elements, the root included.
    pub elements: usize,
    /// Attributes of one element, namespace declarations included.
    pub attributes: usize,
    /// Bytes of character data and attribute values together, after references are replaced.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: limits::XML_DOCUMENT_MAX_BYTES,
            depth: limits::XML_DEPTH_MAX,
            elements: limits::XML_ELEMENTS_MAX,
            attributes: limits::XML_ATTRIBUTES_MAX,
            text_bytes: limits::XML_DOCUMENT_MAX_BYTES,
        }
    }
}

/// What a dialect allows around its root element.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rules<'a> {
    /// The root a bare `<!DOCTYPE …>` may name; `None` refuses every DOCTYPE.
    pub doctype: Option<&'a str>,
    /// Whether a document declared as `ISO-8859-1` is read as such. UTF-8 always is.
    pub latin1: bool,
    /// Bounds of the document.
    pub limits: Limits,
}

/// Why a document was not read or not written. No variant carries character data: it may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// An attribute value is not well-formed, or an attribute appears twice.
    #[error("malformed attribute")]
    Attribute,
    /// A DOCTYPE where none is allowed, of another root, or with declarations inside.
    #[error("document type declaration refused")]
    Doctype,
    /// A field that must be single appears twice.
    #[error("element {0} appears more than once")]
    Duplicate(&'static str),
    /// Neither UTF-8 nor an encoding the dialect allows.
    #[error("encoding not supported")]
    Encoding,
    /// A reference to an entity other than the five predefined ones, or to a character XML 1.0 forbids.
    #[error("entity or character reference refused")]
    Entity,
    /// A character XML 1.0 forbids.
    #[error("character forbidden in XML 1.0")]
    Forbidden,
    /// More of something than [`Limits`] allows.
    #[error("document has more {0} than allowed")]
    Limit(&'static str),
    /// A required field is absent.
    #[error("element {0} is missing")]
    Missing(&'static str),
    /// A prefix nobody declared, or an illegal declaration.
    #[error("namespace prefix not declared")]
    Namespace,
    /// Not an XML name.
    #[error("illegal element or attribute name")]
    Name,
    /// Anything but comments and white space outside the one root element, or no root element.
    #[error("a document has exactly one root element")]
    Root,
    /// Not well-formed, or a construct no dialect needs (processing instructions).
    #[error("not well-formed")]
    Syntax,
}

/// One element with its attributes, character data and child elements.
///
/// Order between text and children is not kept: no dialect of this crate has mixed content.
/// `Debug` prints the outline only, because text and attributes may be secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Element {
    name: String,
    namespace: Option<String>,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    /// An empty element without a namespace.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            namespace: None,
            attributes: Vec::new(),
            children: Vec::new(),
            text: String::new(),
        }
    }

    /// An element that holds character data only.
    pub fn leaf(name: &str, text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::new(name) }
    }

    /// Puts the element, not its children, into the namespace `uri`.
    #[must_use]
    pub fn in_namespace(mut self, uri: &str) -> Self {
        self.namespace = Some(uri.to_owned());
        self
    }

    /// Adds an attribute without a namespace.
    #[must_use]
    pub fn with_attribute(mut self, name: &str, value: &str) -> Self {
        self.attributes.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a child at the end.
    #[must_use]
    pub fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// Adds children at the end.
    #[must_use]
    pub fn with_all(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// The local name, without prefix.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The namespace URI, or `None` for an element in no namespace.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The value of an attribute by local name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Child elements in document order.
    pub fn children(&self) -> &[Self] {
        &self.children
    }

    /// The character data directly inside, exactly as sent.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// [`text`](Self::text) without the white space around it: for tokens a peer may have pretty-printed.
    pub fn token(&self) -> &str {
        self.text.trim_matches(is_white)
    }

    /// Whether local name and namespace URI are these.
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        self.name == name && self.namespace() == Some(namespace)
    }

    /// The only child of that name, if there is one.
    ///
    /// # Errors
    /// [`XmlError::Duplicate`] when there are two.
    pub fn child(&self, name: &'static str) -> Result<Option<&Self>, XmlError> {
        only(self.children.iter().filter(|child| child.name == name), name)
    }

    /// Like [`child`](Self::child), for a field that must be there.
    ///
    /// # Errors
    /// [`XmlError::Duplicate`], or [`XmlError::Missing`].
    pub fn required(&self, name: &'static str) -> Result<&Self, XmlError> {
        self.child(name)?.ok_or(XmlError::Missing(name))
    }

    /// The children of that name.
    pub fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The only element of that name anywhere below, if there is one: for peers whose nesting is not certain.
    ///
    /// # Errors
    /// [`XmlError::Duplicate`] when there are two.
    pub fn find(&self, name: &'static str) -> Result<Option<&Self>, XmlError> {
        only(self.descendants().filter(|element| element.name == name), name)
    }

    /// Every element below this one, in document order.
    pub fn descendants(&self) -> impl Iterator<Item = &Self> {
        let mut pending: Vec<&Self> = self.children.iter().rev().collect();
        std::iter::from_fn(move || {
            let next = pending.pop()?;
            pending.extend(next.children.iter().rev());
            Some(next)
        })
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut outline = f.debug_tuple(&self.name);
        for child in &self.children {
            outline.field(child);
        }
        outline.finish()
    }
}

fn only<'a>(
    mut found: impl Iterator<Item = &'a Element>,
    name: &'static str,
) -> Result<Option<&'a Element>, XmlError> {
    let first = found.next();
    if found.next().is_some() { Err(XmlError::Duplicate(name)) } else { Ok(first) }
}

/// White space of XML 1.0 §2.3.
fn is_white(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// `Char` of XML 1.0 §2.2: everything but most controls, surrogates and the two non-characters of the first
/// plane.
pub(crate) fn is_allowed(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => c >= ' ',
    }
}

/// Lets an `NCName` through (Namespaces in XML 1.0 §3), narrowed to letters, digits, `_`, `-` and `.`.
fn checked_name(name: &str) -> Result<&str, XmlError> {
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let continues = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if starts && continues { Ok(name) } else { Err(XmlError::Name) }
}
