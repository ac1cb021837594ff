//! The writing half of [`crate::xml`]: a tree becomes a compact document that reads back as the same tree.
//!
//! Written by hand instead of with `quick-xml`'s writer because the peers match bytes: bare start tags, no
//! space before `/>`, the DOCTYPE on a line of its own.

use super::{Element, XmlError, checked_name, is_allowed};

/// What stands before the root element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prolog<'a> {
    /// Nothing: a document to be embedded.
    Bare,
    /// `<?xml version="1.0" encoding="utf-8"?>`, as SOAP peers write it.
    Declaration,
    /// `<?xml version="1.0"?>` and a DOCTYPE that names the root and this system identifier, each on its
    /// line.
    Doctype {
        /// The system identifier, such as `NFuse.dtd`.
        system: &'a str,
    },
    /// `<?xml version="1.0"?>` and a comment, as the connection information inside an STA ticket request has
    /// it.
    Comment(&'a str),
}

/// Writes `root` as a document.
///
/// # Errors
/// [`XmlError::Forbidden`] for characters XML 1.0 can't carry, [`XmlError::Name`] for an illegal name.
pub fn write(root: &Element, prolog: Prolog<'_>) -> Result<String, XmlError> {
    let mut out = match prolog {
        Prolog::Bare => String::new(),
        Prolog::Declaration => String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"),
        // Receivers strip the DOCTYPE up to the first `>`, so none may stand inside the literal.
        Prolog::Doctype { system } if system.contains(['"', '>', '<', '&']) => return Err(XmlError::Doctype),
        Prolog::Doctype { system } => {
            format!("<?xml version=\"1.0\"?>\n<!DOCTYPE {} SYSTEM \"{system}\">\n", root.name)
        }
        Prolog::Comment(comment) if comment.contains("--") || comment.ends_with('-') => {
            return Err(XmlError::Syntax);
        }
        Prolog::Comment(comment) => format!("<?xml version=\"1.0\"?><!--{comment}-->"),
    };
    element(root, None, &mut out)?;
    Ok(out)
}

fn element(this: &Element, inherited: Option<&str>, out: &mut String) -> Result<(), XmlError> {
    out.push('<');
    out.push_str(checked_name(&this.name)?);
    if this.namespace() != inherited {
        attribute("xmlns", this.namespace().unwrap_or_default(), out)?;
    }
    for (name, value) in &this.attributes {
        // `xmlns` is syntax: an attribute of that name would change what the document says.
        if name == "xmlns" {
            return Err(XmlError::Name);
        }
        attribute(checked_name(name)?, value, out)?;
    }
    if this.text.is_empty() && this.children.is_empty() {
        out.push_str("/>");
        return Ok(());
    }
    out.push('>');
    escape(&this.text, out)?;
    for child in &this.children {
        element(child, this.namespace(), out)?;
    }
    out.push_str("</");
    out.push_str(&this.name);
    out.push('>');
    Ok(())
}

fn attribute(name: &str, value: &str, out: &mut String) -> Result<(), XmlError> {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape(value, out)?;
    out.push('"');
    Ok(())
}

/// Escapes for text and for attribute values alike. White space other than a space becomes a reference,
/// because readers normalize it away (XML 1.0 §2.11, §3.3.3).
fn escape(text: &str, out: &mut String) -> Result<(), XmlError> {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            c if is_allowed(c) => out.push(c),
            _ => return Err(XmlError::Forbidden),
        }
    }
    Ok(())
}
