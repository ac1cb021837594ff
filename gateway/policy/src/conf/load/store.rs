//! Objects and bindings as fields with values, while lines still change them.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::conf::command::{Command, Field, Kind, Shape, Verb};
use crate::conf::diagnostic::Diagnostic;
use crate::conf::lex::Token;
use crate::conf::place::Place;

/// One object or binding: what `add` or `bind` said, as `set` and `unset` changed it.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) shape: &'static Shape,
    /// Empty for what has no name, such as parameters.
    pub(super) name: String,
    pub(super) fields: Vec<(&'static str, Vec<Token>)>,
    pub(super) at: Place,
}

impl Record {
    pub(super) fn values(&self, field: &str) -> &[Token] {
        let found = self.fields.iter().find(|(name, _)| *name == field);
        found.map(|(_, values)| values.as_slice()).unwrap_or_default()
    }

    pub(super) fn value(&self, field: &str) -> Option<&str> {
        self.values(field).first().map(Token::text)
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, _)| *name == field)
    }
}

/// All of them. Removed ones leave their slot behind, so that removing costs nothing.
#[derive(Default)]
pub(super) struct Store {
    objects: IndexMap<(&'static str, String), Option<Record>>,
    bindings: IndexMap<Vec<String>, Option<Record>>,
    /// None until a line enables or disables something.
    pub(super) features: Option<BTreeSet<String>>,
}

impl Store {
    pub(super) fn objects(&self) -> impl Iterator<Item = &Record> {
        self.objects.values().flatten()
    }

    /// The object of a row whose names are not case-sensitive.
    pub(super) fn get(&self, path: &'static str, name: &str) -> Option<&Record> {
        self.objects.get(&(path, name.to_ascii_lowercase()))?.as_ref()
    }

    pub(super) fn bindings(&self) -> impl Iterator<Item = &Record> {
        self.bindings.values().flatten()
    }

    pub(super) fn apply(&mut self, command: &Command, diagnostics: &mut Vec<Diagnostic>) {
        let problem = match command.verb {
            Verb::Add => self.add(command),
            Verb::Set => self.set(command),
            Verb::Unset => self.unset(command),
            Verb::Rm => self.rm(command),
            Verb::Bind => self.bind(command),
            Verb::Unbind => self.unbind(command),
            Verb::Enable | Verb::Disable => {
                self.toggle(command);
                None
            }
        };
        diagnostics.extend(problem);
    }

    fn add(&mut self, command: &Command) -> Option<Diagnostic> {
        let record = record(command);
        if command.shape.is_named() && record.name.is_empty() {
            return Some(nameless(command));
        }
        let (path, name) = (command.shape.path, record.name.clone());
        let slot = self.objects.entry((path, key(command.shape, &name))).or_default();
        if slot.is_some() {
            let text = format!("{path} `{name}` was added before, and that one stays");
            let help = "an appliance refuses the second; use `set` to change it";
            return Some(Diagnostic::error("added-twice", command.at, text).help(help));
        }
        *slot = Some(record);
        None
    }

    fn set(&mut self, command: &Command) -> Option<Diagnostic> {
        let changes = record(command);
        let slot = self.objects.entry((command.shape.path, key(command.shape, &changes.name)));
        let slot = match slot {
            indexmap::map::Entry::Vacant(_) if command.shape.is_named() => return Some(not_added(command)),
            entry => entry.or_default(),
        };
        match slot {
            None if command.shape.is_named() => Some(not_added(command)),
            None => {
                *slot = Some(changes);
                None
            }
            Some(record) => {
                for (name, values) in changes.fields {
                    record.fields.retain(|(field, _)| *field != name);
                    record.fields.push((name, values));
                }
                None
            }
        }
    }

    fn unset(&mut self, command: &Command) -> Option<Diagnostic> {
        let Some(record) = self.object(command) else { return Some(not_added(command)) };
        let named = command.fields.iter().filter(|field| field.written.is_some());
        let cleared: Vec<_> = named.filter_map(|field| field.name).collect();
        record.fields.retain(|(name, _)| !cleared.contains(name));
        None
    }

    fn rm(&mut self, command: &Command) -> Option<Diagnostic> {
        let name = name(command);
        let slot = self.objects.get_mut(&(command.shape.path, key(command.shape, &name)));
        let removed = slot.and_then(Option::take);
        removed.is_none().then(|| not_added(command))
    }

    fn bind(&mut self, command: &Command) -> Option<Diagnostic> {
        let record = record(command);
        if command.shape.is_named() && record.name.is_empty() {
            return Some(nameless(command));
        }
        let replaced = self.bindings.insert(identity(&record), Some(record)).flatten();
        // A string map is meant to be overwritten; a second binding of a policy moves the first.
        let map = command.shape.path == "policy stringmap";
        replaced.filter(|_| !map).map(|_| {
            let text = "the same thing was bound here before, and this binding replaces it";
            Diagnostic::warning("bound-twice", command.at, text)
        })
    }

    fn unbind(&mut self, command: &Command) -> Option<Diagnostic> {
        let slot = self.bindings.get_mut(&identity(&record(command)));
        let removed = slot.and_then(Option::take);
        removed.is_none().then(|| {
            Diagnostic::warning("not-bound", command.at, "nothing like this is bound, so nothing is unbound")
        })
    }

    fn toggle(&mut self, command: &Command) {
        let features = self.features.get_or_insert_default();
        for token in command.fields.iter().flat_map(|field| &field.values) {
            let feature = token.text().to_ascii_uppercase();
            match command.verb {
                Verb::Enable => features.insert(feature),
                _ => features.remove(&feature),
            };
        }
    }

    fn object(&mut self, command: &Command) -> Option<&mut Record> {
        let key = key(command.shape, &name(command));
        self.objects.get_mut(&(command.shape.path, key))?.as_mut()
    }
}

fn record(command: &Command) -> Record {
    let named = |field: &Field| Some((field.name?, field.values.clone()));
    let fields = command.fields.iter().filter_map(named).collect();
    Record { shape: command.shape, name: name(command), fields, at: command.at }
}

fn name(command: &Command) -> String {
    let first = command.fields.first().filter(|field| field.written.is_none() && command.shape.is_named());
    first.and_then(|field| field.values.first()).map(|token| token.text().to_owned()).unwrap_or_default()
}

fn key(shape: &Shape, name: &str) -> String {
    if shape.kind.is_expression_name() { name.to_ascii_lowercase() } else { name.to_owned() }
}

/// What makes a binding the same as another.
fn identity(record: &Record) -> Vec<String> {
    let value = |field: &str| record.value(field).unwrap_or_default().to_owned();
    let mut parts = vec![record.shape.path.to_owned(), record.name.clone()];
    if record.shape.kind == Kind::BindTable {
        parts.push(
            ["key", "String", "value"]
                .into_iter()
                .find(|field| record.has(field))
                .map(value)
                .unwrap_or_default(),
        );
        if let Some(name) = parts.get_mut(1) {
            *name = name.to_ascii_lowercase();
        }
        return parts;
    }
    let policy = record.value("policyName").or_else(|| record.value("policy"));
    match policy {
        Some(policy) => {
            parts.push(policy.to_owned());
            parts.push(record.value("type").unwrap_or("REQUEST").to_ascii_uppercase());
            // Invoking without a policy happens more than once in a bank.
            if policy.to_ascii_uppercase().starts_with("NOPOLICY") {
                parts.push(value("priority"));
            }
        }
        // A service, an STA server, a theme …: no policy, and never looked at.
        None => {
            for (name, values) in &record.fields {
                parts.push((*name).to_owned());
                parts.extend(values.iter().map(|token| token.text().to_owned()));
            }
        }
    }
    parts
}

fn not_added(command: &Command) -> Diagnostic {
    let text = format!("no {} `{}` was added before this line", command.shape.path, name(command));
    Diagnostic::error("not-added", command.at, text).help("names are case-sensitive; look for a typing error")
}

fn nameless(command: &Command) -> Diagnostic {
    Diagnostic::error("missing-value", command.at, format!("{} needs a name", command.shape.path))
}
