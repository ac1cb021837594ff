//! Settings as they were written, each with the place it comes from: files, environment and command line as
//! one tree. What they mean is in [`super::raw`].
//!
//! Specification: TOML 1.1 for files; `GATEWAY__A__B_C=…` for the key `a.b-c` and `--set a.b-c=…` are ours.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::finding::Finding;

/// What every variable of ours begins with.
const ENVIRONMENT_PREFIX: &str = "GATEWAY__";

/// Keys inside keys. Ours: the configuration itself has four.
const DEPTH_MAX: usize = 8;

/// Where a setting was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// In a file; line and column count from 1.
    File { path: Arc<Path>, line: usize, column: usize },
    /// In an environment variable.
    Environment(String),
    /// Behind `--set`.
    Set(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Set(key) => write!(f, "--set {key}"),
        }
    }
}

/// A setting, or a table of settings.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
    /// Written as one value, `{ … }`, and so replaced as one.
    inline: bool,
}

/// What was written.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Boolean(bool),
    Integer(i64),
    Text(String),
    /// Typed without quotes, on a command line or in a variable: whatever the setting wants.
    Bare(String),
    List(Vec<Node>),
    Table(BTreeMap<String, Node>),
}

impl Node {
    /// A table without settings.
    pub(super) fn empty() -> Self {
        Self::at(Value::Table(BTreeMap::new()), Origin::Set(String::new()))
    }

    fn at(value: Value, origin: Origin) -> Self {
        Self { value, origin, inline: false }
    }

    /// Reads a file's text.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, Finding> {
        let file = Text { path: path.into(), text };
        match DeTable::parse(text) {
            Ok(table) => file.table(table.get_ref(), file.place(0), 0),
            Err(error) => {
                let at = file.place(error.span().map_or(0, |span| span.start));
                Err(Finding::error("syntax", first_line(error.message())).at(at))
            }
        }
    }

    /// Lays `over` on top: its settings win. Tables are joined, but not inline ones: of two secrets, one in a file
    /// and one in a variable, only the upper one is meant.
    pub(super) fn merge(&mut self, over: Self) {
        let joined = !self.inline && !over.inline;
        match (&mut self.value, over.value) {
            (Value::Table(under), Value::Table(above)) if joined => {
                for (key, node) in above {
                    match under.get_mut(&key) {
                        Some(there) => there.merge(node),
                        None => drop(under.insert(key, node)),
                    }
                }
            }
            (_, value) => *self = Self { value, origin: over.origin, inline: over.inline },
        }
    }

    /// Lays the settings of `GATEWAY__…` variables on top.
    pub(super) fn merge_environment(
        &mut self,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<(), Finding> {
        for (name, text) in variables {
            if let Some(key) = name.strip_prefix(ENVIRONMENT_PREFIX) {
                let path: Vec<_> =
                    key.split("__").map(|part| part.to_ascii_lowercase().replace('_', "-")).collect();
                self.put(&path, &text, Origin::Environment(name.clone()))?;
            }
        }
        Ok(())
    }

    /// Lays one `key=value` on top.
    pub(super) fn merge_set(&mut self, assignment: &str) -> Result<(), Finding> {
        let Some((key, text)) = assignment.split_once('=') else {
            return Err(Finding::error("set", format!("--set {assignment}: write KEY=VALUE")));
        };
        let path: Vec<_> = key.trim().split('.').map(str::to_owned).collect();
        self.put(&path, text.trim(), Origin::Set(key.trim().to_owned()))
    }

    /// The node at a path such as `sta.0.url`.
    pub(super) fn find(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |node, part| match &node.value {
            Value::Table(table) => table.get(part),
            Value::List(list) => list.get(part.parse::<usize>().ok()?),
            _ => None,
        })
    }

    fn put(&mut self, path: &[String], text: &str, origin: Origin) -> Result<(), Finding> {
        let wrong = |why: &str| Finding::error("set", why).at(origin.clone());
        if path.len() > DEPTH_MAX || path.iter().any(String::is_empty) {
            return Err(wrong("this is no key"));
        }
        let Some((last, above)) = path.split_last() else { return Err(wrong("this is no key")) };
        let value = typed(text, &origin)?;
        let mut node = self;
        for part in above {
            node = node.child(part, &origin).ok_or_else(|| wrong(&format!("{part} is not there")))?;
        }
        let place = node.child(last, &origin).ok_or_else(|| wrong(&format!("{last} is not there")))?;
        *place = Self::at(value, origin);
        Ok(())
    }

    /// The child of this name, made if this is a table; a list has the children it has.
    fn child(&mut self, part: &str, origin: &Origin) -> Option<&mut Self> {
        match &mut self.value {
            Value::Table(table) => {
                let new = || Self::at(Value::Table(BTreeMap::new()), origin.clone());
                Some(table.entry(part.to_owned()).or_insert_with(new))
            }
            Value::List(list) => list.get_mut(part.parse::<usize>().ok()?),
            _ => None,
        }
    }
}

/// Lists and inline tables are TOML; everything else is taken as the setting wants it.
fn typed(text: &str, origin: &Origin) -> Result<Value, Finding> {
    if !text.starts_with(['[', '{', '"']) {
        return Ok(Value::Bare(text.to_owned()));
    }
    let wrong = |why: &str| Finding::error("syntax", first_line(why)).at(origin.clone());
    let parsed = DeValue::parse(text).map_err(|error| wrong(error.message()))?;
    let file = Text { path: PathBuf::new().into(), text };
    let mut node = file.node(&parsed, origin.clone(), 0)?;
    node.moved_to(origin);
    Ok(node.value)
}

impl Node {
    fn moved_to(&mut self, origin: &Origin) {
        self.origin = origin.clone();
        match &mut self.value {
            Value::List(list) => list.iter_mut().for_each(|node| node.moved_to(origin)),
            Value::Table(table) => table.values_mut().for_each(|node| node.moved_to(origin)),
            _ => {}
        }
    }
}

/// A text and the name it is known by.
struct Text<'a> {
    path: Arc<Path>,
    text: &'a str,
}

impl Text<'_> {
    fn place(&self, offset: usize) -> Origin {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Origin::File { path: self.path.clone(), line, column }
    }

    fn table(&self, table: &DeTable<'_>, origin: Origin, depth: usize) -> Result<Node, Finding> {
        let entries = table.iter().map(|(key, value)| {
            // A setting is where its key is: that is what a person looks for.
            let at = self.place(key.span().start);
            Ok((key.get_ref().to_string(), self.node(value, at, depth + 1)?))
        });
        Ok(Node::at(Value::Table(entries.collect::<Result<_, Finding>>()?), origin))
    }

    fn node(&self, value: &Spanned<DeValue<'_>>, origin: Origin, depth: usize) -> Result<Node, Finding> {
        if depth > DEPTH_MAX {
            return Err(Finding::error("syntax", "too many keys inside keys").at(origin));
        }
        let typed = match value.get_ref() {
            DeValue::Boolean(value) => Value::Boolean(*value),
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Integer(number),
                Err(_) => return Err(Finding::error("syntax", "the number is too large").at(origin)),
            },
            DeValue::Array(list) => {
                let nodes = list.iter().map(|item| self.node(item, self.place(item.span().start), depth + 1));
                Value::List(nodes.collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => {
                let inline = self.text.get(value.span()).is_some_and(|text| text.starts_with('{'));
                return Ok(Node { inline, ..self.table(table, origin, depth)? });
            }
            DeValue::Float(_) | DeValue::Datetime(_) => {
                return Err(Finding::error("syntax", "no setting is a fraction or a date").at(origin));
            }
        };
        Ok(Node::at(typed, origin))
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
