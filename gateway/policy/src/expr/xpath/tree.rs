//! A document as a row of nodes in document order, from XML or JSON, bounded in depth and number.
//!
//! XML is tokenized by `quick-xml`; a DTD is refused and no entity but the predefined ones is replaced. A JSON
//! object is an element whose members are elements; an array is the element once for each of its items.

use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};

use crate::limits;

/// A document. The first node is the document itself.
#[derive(Debug)]
pub(in crate::expr) struct Tree<'s> {
    pub(super) nodes: Vec<Node>,
    source: &'s str,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    /// Its own place for the document.
    pub(super) parent: usize,
    /// One past its last descendant.
    pub(super) end: usize,
    /// Where it stands in the text; empty for JSON.
    span: std::ops::Range<usize>,
}

#[derive(Debug)]
pub(super) enum NodeKind {
    Document,
    Element(String),
    /// Name and value; they follow their element before its children.
    Attribute(String, String),
    Text(String),
}

impl<'s> Tree<'s> {
    /// Reads an XML document, also one without declaration.
    pub(in crate::expr) fn xml(source: &'s [u8]) -> Result<Self, String> {
        let source = std::str::from_utf8(source).map_err(|_| "the XML is not UTF-8")?;
        let mut builder = Builder::new(source);
        let mut reader = Reader::from_str(source);
        loop {
            let start = position(&reader);
            let event = reader.read_event().map_err(|error| format!("the XML is broken: {error}"))?;
            builder.at = start..position(&reader);
            match event {
                Event::Start(tag) => builder.element(&tag)?,
                Event::Empty(tag) => {
                    builder.element(&tag)?;
                    builder.close();
                }
                Event::End(_) => builder.close(),
                Event::Text(text) => builder.text(&text.xml10_content())?,
                Event::CData(text) => builder.text(&text.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref().ok().flatten();
                    let name = reference.xml10_content();
                    let known = character.map(String::from);
                    let known = known.or_else(|| resolve_predefined_entity(&name).map(str::to_owned));
                    builder.text(&known.ok_or_else(|| format!("the XML uses the entity `{name}`"))?)?;
                }
                Event::DocType(_) => return Err("the XML has a DTD, which is never read".to_owned()),
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        let root = |node: &&Node| node.parent == 0 && matches!(node.kind, NodeKind::Element(_));
        match (builder.open.len(), builder.nodes.iter().filter(root).count()) {
            (1, 1) => Ok(builder.finish()),
            (1, _) => Err("the XML has not exactly one root".to_owned()),
            _ => Err("the XML ends inside an element".to_owned()),
        }
    }

    /// Reads a JSON document.
    pub(in crate::expr) fn json(source: &'s [u8]) -> Result<Self, String> {
        let value = serde_json::from_slice(source).map_err(|error| format!("the JSON is broken: {error}"))?;
        let mut builder = Builder::new("");
        builder.json(&value)?;
        Ok(builder.finish())
    }

    /// The text of a node: of an element, of everything in it.
    pub(super) fn text(&self, at: usize) -> String {
        let Some(node) = self.nodes.get(at) else { return String::new() };
        match &node.kind {
            NodeKind::Attribute(_, value) | NodeKind::Text(value) => value.clone(),
            NodeKind::Document | NodeKind::Element(_) => {
                let inside = self.nodes.get(at..node.end).unwrap_or_default();
                let texts = inside.iter().filter_map(|node| match &node.kind {
                    NodeKind::Text(text) => Some(text.as_str()),
                    _ => None,
                });
                texts.collect()
            }
        }
    }

    /// A node as it was written, tags included.
    pub(super) fn markup(&self, at: usize) -> String {
        let written = self.nodes.get(at).and_then(|node| match node.kind {
            NodeKind::Element(_) => self.source.get(node.span.clone()),
            _ => None,
        });
        written.map_or_else(|| self.text(at), str::to_owned)
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

struct Builder<'s> {
    nodes: Vec<Node>,
    /// Elements begun and not ended; the document is the first.
    open: Vec<usize>,
    /// Where the current event stands.
    at: std::ops::Range<usize>,
    source: &'s str,
}

impl<'s> Builder<'s> {
    fn new(source: &'s str) -> Self {
        let document = Node { kind: NodeKind::Document, parent: 0, end: 1, span: 0..source.len() };
        Self { nodes: vec![document], open: vec![0], at: 0..0, source }
    }

    fn push(&mut self, kind: NodeKind) -> Result<usize, String> {
        let at = self.nodes.len();
        if at >= limits::TREE_NODES {
            return Err(format!("the document has more than {} parts", limits::TREE_NODES));
        }
        let parent = self.open.last().copied().unwrap_or_default();
        self.nodes.push(Node { kind, parent, end: at + 1, span: self.at.clone() });
        Ok(at)
    }

    fn open(&mut self, name: &str) -> Result<(), String> {
        if self.open.len() > limits::TREE_DEPTH {
            return Err(format!("the document is deeper than {} levels", limits::TREE_DEPTH));
        }
        let at = self.push(NodeKind::Element(name.to_owned()))?;
        self.open.push(at);
        Ok(())
    }

    fn close(&mut self) {
        let end = self.nodes.len();
        if self.open.len() > 1
            && let Some(node) = self.open.pop().and_then(|at| self.nodes.get_mut(at))
        {
            node.end = end;
            node.span.end = self.at.end;
        }
    }

    fn element(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        self.open(tag.name().into_inner())?;
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| format!("the XML is broken: {error}"))?;
            let value = quick_xml::escape::unescape(&attribute.value);
            let value = value.map_err(|error| format!("the XML is broken: {error}"))?.into_owned();
            self.push(NodeKind::Attribute(attribute.key.into_inner().to_owned(), value))?;
        }
        Ok(())
    }

    /// Pieces that follow each other are one node.
    fn text(&mut self, text: &str) -> Result<(), String> {
        let parent = self.open.last().copied().unwrap_or_default();
        match self.nodes.last_mut() {
            Some(Node { kind: NodeKind::Text(before), parent: of, .. }) if *of == parent => {
                before.push_str(text);
            }
            _ => drop(self.push(NodeKind::Text(text.to_owned()))?),
        }
        Ok(())
    }

    fn json(&mut self, value: &serde_json::Value) -> Result<(), String> {
        match value {
            serde_json::Value::Null => Ok(()),
            serde_json::Value::String(text) => self.text(text),
            serde_json::Value::Array(items) => items.iter().try_for_each(|item| self.member("item", item)),
            serde_json::Value::Object(members) => {
                members.iter().try_for_each(|(name, member)| match member {
                    serde_json::Value::Array(items) => {
                        items.iter().try_for_each(|item| self.member(name, item))
                    }
                    other => self.member(name, other),
                })
            }
            other => self.text(&other.to_string()),
        }
    }

    fn member(&mut self, name: &str, value: &serde_json::Value) -> Result<(), String> {
        self.open(name)?;
        self.json(value)?;
        self.close();
        Ok(())
    }

    fn finish(mut self) -> Tree<'s> {
        let end = self.nodes.len();
        if let Some(document) = self.nodes.first_mut() {
            document.end = end;
        }
        Tree { nodes: self.nodes, source: self.source }
    }
}
