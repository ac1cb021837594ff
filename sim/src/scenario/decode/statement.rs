//! One KDL node to one [`Statement`]: its word found in the table, every argument and property typed, matrix
//! values filled in. Everything the table does not allow ends here; what a statement *means* is decided by the
//! decoders of each area.

use kdl::{KdlDocument, KdlEntry, KdlIdentifier, KdlNode, KdlValue};

use super::Decoder;
use super::value::{FromValue, Value, read, value_text};
use crate::scenario::diagnostic::Finding;
use crate::scenario::schema::{self, Block, Count, Prop, Resolved, Type, Word};
use crate::scenario::source::{FileId, Span, Spanned};

/// A statement as the table describes it.
pub(super) struct Statement<'d> {
    /// Its word. For `set` this is the word of the host's declaration.
    pub(super) word: &'static Word,
    /// Whether it is a `set`.
    pub(super) set: bool,
    /// The whole statement.
    pub(super) place: Span,
    /// Its name alone.
    pub(super) name_place: Span,
    args: Vec<Spanned<Value>>,
    props: Vec<(&'static str, Spanned<Value>)>,
    /// Names of all its properties, with those whose values were wrong and are not in `props`.
    written: Vec<&'static str>,
    /// Properties whose names are not the language's, as text.
    pub(super) open: Vec<(Spanned<String>, Spanned<String>)>,
    /// What stands in its braces.
    pub(super) body: Option<Body<'d>>,
}

/// What stands in braces, or a whole file.
#[derive(Clone, Copy)]
pub(super) struct Body<'d> {
    pub(super) document: &'d KdlDocument,
    pub(super) file: FileId,
}

impl Statement<'_> {
    /// An argument; `None` when it was left out or wrong.
    pub(super) fn arg<T: FromValue>(&self, index: usize) -> Option<Spanned<T>> {
        typed(self.args.get(index)?)
    }

    /// All arguments from one on.
    pub(super) fn args_from<T: FromValue>(&self, index: usize) -> Vec<Spanned<T>> {
        self.args.iter().skip(index).filter_map(typed).collect()
    }

    /// A property; `None` when it was left out or wrong.
    pub(super) fn prop<T: FromValue>(&self, name: &str) -> Option<Spanned<T>> {
        debug_assert!(self.word.prop(name).is_some(), "`{}` has no property `{name}`", self.word.name);
        typed(self.props.iter().find(|(known, _)| *known == name).map(|(_, value)| value)?)
    }

    /// A property that not all of the words have that are read alike.
    pub(super) fn prop_if_known<T: FromValue>(&self, name: &str) -> Option<Spanned<T>> {
        self.word.prop(name).and_then(|known| self.prop(known.name))
    }

    /// A flag that is off unless it is set.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.prop_if_known(name).is_some_and(|flag: Spanned<bool>| flag.value)
    }

    /// Whether a property was written, right or wrong.
    pub(super) fn has_prop(&self, name: &str) -> bool {
        self.written.contains(&name)
    }

    /// Whether any property was written, right or wrong.
    pub(super) fn has_props(&self) -> bool {
        !self.written.is_empty()
    }

    /// Replaces `slot` when the property was given.
    pub(super) fn update<T: FromValue>(&self, name: &str, slot: &mut Option<Spanned<T>>) {
        if let Some(value) = self.prop(name) {
            *slot = Some(value);
        }
    }
}

fn typed<T: FromValue>(value: &Spanned<Value>) -> Option<Spanned<T>> {
    T::from_value(&value.value).map(|inner| Spanned::new(inner, value.place()))
}

impl Decoder<'_> {
    /// The statements of a block. Those that have no word are left out, with a finding.
    pub(super) fn statements<'d>(&mut self, body: Body<'d>, block: Block) -> Vec<Statement<'d>> {
        let nodes = body.document.nodes();
        nodes.iter().filter_map(|node| self.statement(node, body.file, block, None)).collect()
    }

    /// The statements in the braces of one whose properties may stand there as lines: those are left out.
    pub(super) fn inner<'d>(&mut self, parent: &Statement<'d>) -> Vec<Statement<'d>> {
        let (Some(body), Some(block)) = (parent.body, parent.word.inside) else { return Vec::new() };
        let settings = parent.word.settings.then_some(parent.word);
        let nodes = body.document.nodes();
        nodes.iter().filter_map(|node| self.statement(node, body.file, block, settings)).collect()
    }

    pub(super) fn statement<'d>(
        &mut self,
        node: &'d KdlNode,
        file: FileId,
        block: Block,
        parent: Option<&'static Word>,
    ) -> Option<Statement<'d>> {
        let name_place = place_of(node.name(), file);
        if node.ty().is_some() {
            self.annotated(name_place);
        }
        if parent.is_some_and(|parent| parent.prop(node.name().value()).is_some()) {
            return None;
        }
        let first = node.entries().first().filter(|entry| entry.name().is_none());
        // Nothing at all after the name is no second word either: `expect` alone means no page.
        let nothing = node.entries().is_empty().then_some("");
        let second = first.map(|entry| entry.value().as_string().unwrap_or_default()).or(nothing);
        let Some(Resolved { word, set, skipped }) = schema::resolve(block, node.name().value(), second)
        else {
            self.unknown_word(node, file, block, parent);
            return None;
        };
        let mut statement = Statement {
            word,
            set,
            place: place_of(node, file),
            name_place,
            args: Vec::new(),
            props: Vec::new(),
            written: Vec::new(),
            open: Vec::new(),
            body: node.children().map(|document| Body { document, file }),
        };
        for entry in node.entries().iter().skip(skipped) {
            self.entry(&mut statement, entry, file);
        }
        self.setting_lines(&mut statement);
        self.complete(&statement, node);
        Some(statement)
    }

    fn unknown_word(&mut self, node: &KdlNode, file: FileId, block: Block, parent: Option<&'static Word>) {
        let name = node.name().value();
        let name_place = place_of(node.name(), file);
        let tails: Vec<&str> = match name {
            "set" if schema::find(block, "set").is_some() => schema::settable_kinds().collect(),
            _ => schema::in_block(block).filter(|word| word.head() == name).filter_map(Word::tail).collect(),
        };
        if !tails.is_empty() {
            self.unknown_second_word(node, file, block, tails);
            return;
        }
        let settings = parent.into_iter().flat_map(|word| word.props).map(|prop| prop.name);
        let known = schema::in_block(block).map(Word::head).chain(settings);
        let finding = match elsewhere(name) {
            Some(help) => {
                let message = format!("`{name}` does not belong {}", block.place());
                Finding::error("scn-misplaced-word", name_place, message).help(help)
            }
            None => {
                let message = format!("`{name}` is not a word of the language {}", block.place());
                Finding::error("scn-unknown-word", name_place, message).suggest(name, known)
            }
        };
        self.findings.push(finding);
    }

    /// `expect`, `never` or `set` with something after it that does not make a word.
    fn unknown_second_word(&mut self, node: &KdlNode, file: FileId, block: Block, tails: Vec<&str>) {
        let name = node.name().value();
        let first = node.entries().first().filter(|entry| entry.name().is_none());
        let second = first.and_then(|entry| entry.value().as_string()).unwrap_or_default();
        let place = first.map_or_else(|| place_of(node.name(), file), |entry| place_of(entry, file));
        let message = match second {
            "" => format!("`{name}` needs to be told what"),
            second => format!("`{name}` cannot be followed by `{second}` {}", block.place()),
        };
        let finding = Finding::error("scn-unknown-word", place, message);
        self.findings.push(match elsewhere(&format!("{name} {second}")) {
            Some(help) => finding.help(help),
            None => finding.suggest(second, tails),
        });
    }

    fn entry(&mut self, statement: &mut Statement<'_>, entry: &KdlEntry, file: FileId) {
        let place = place_of(entry, file);
        if entry.ty().is_some() {
            self.annotated(place);
        }
        let Some(key) = entry.name() else {
            self.argument(statement, entry, place);
            return;
        };
        let key_place = place_of(key, file);
        let name = key.value();
        // The key and its `=` come first; the value is the rest.
        let length = entry.format().map_or(0, |format| format.value_repr.len());
        let value_start = place.end.saturating_sub(length).max(place.start);
        let value_place = Span { file, start: value_start, end: place.end };
        if let Some(known) = statement.word.prop(name) {
            self.store(statement, known, entry.value(), value_place, key_place);
        } else if statement.word.open.is_some() {
            let name = Spanned::new(name.to_owned(), key_place);
            self.open_property(statement, name, entry.value(), value_place);
        } else {
            let message = format!("`{}` has no property `{name}`", statement.word.name);
            let finding = Finding::error("scn-unknown-property", key_place, message);
            let known = statement.word.props.iter().map(|prop| prop.name);
            self.findings.push(finding.suggest(name, known));
        }
    }

    fn open_property(
        &mut self,
        statement: &mut Statement<'_>,
        name: Spanned<String>,
        value: &KdlValue,
        place: Span,
    ) {
        if statement.open.iter().any(|(known, _)| *known == name) {
            self.twice(&name.value, name.place());
            return;
        }
        if let Some(Value::Text(text)) = self.value(value, Type::Any, &name.value, place) {
            statement.open.push((name, Spanned::new(text, place)));
        }
    }

    fn argument(&mut self, statement: &mut Statement<'_>, entry: &KdlEntry, place: Span) {
        let args = statement.word.args;
        let index = statement.args.len();
        let last = args.last().filter(|arg| matches!(arg.count, Count::Many | Count::Any));
        let Some(arg) = args.get(index).or(last) else {
            let message = format!("`{}` takes no further value here", statement.word.name);
            let finding = Finding::error("scn-extra-argument", place, message);
            self.findings
                .push(finding.help(format!("it is written `{}`", schema::signature(statement.word))));
            return;
        };
        // A wrong one keeps its place, so that the next is not taken for it: no argument is a flag.
        let value =
            self.value(entry.value(), arg.ty, statement.word.name, place).unwrap_or(Value::Flag(false));
        statement.args.push(Spanned::new(value, place));
    }

    /// Properties written as lines inside the braces.
    fn setting_lines(&mut self, statement: &mut Statement<'_>) {
        let Some(body) = statement.body.filter(|_| statement.word.settings) else { return };
        for line in body.document.nodes() {
            let Some(known) = statement.word.prop(line.name().value()) else { continue };
            let name_place = place_of(line.name(), body.file);
            let [entry] = line.entries() else {
                let message = format!("`{}` takes one value", known.name);
                self.findings.push(Finding::error("scn-wrong-type", name_place, message));
                continue;
            };
            let place = place_of(entry, body.file);
            if entry.name().is_some() || line.children().is_some() {
                let message = format!("`{}` takes one value and nothing else", known.name);
                self.findings.push(Finding::error("scn-wrong-type", place, message));
                continue;
            }
            self.store(statement, known, entry.value(), place, name_place);
        }
    }

    fn store(
        &mut self,
        statement: &mut Statement<'_>,
        known: &'static Prop,
        value: &KdlValue,
        place: Span,
        key_place: Span,
    ) {
        if statement.has_prop(known.name) {
            self.twice(known.name, key_place);
            return;
        }
        statement.written.push(known.name);
        if let Some(value) = self.value(value, known.ty, known.name, place) {
            statement.props.push((known.name, Spanned::new(value, place)));
        }
    }

    /// A value with its matrix values filled in, typed. `None` when that cannot be, which has then been told.
    fn value(&mut self, value: &KdlValue, ty: Type, name: &str, place: Span) -> Option<Value> {
        let filled = self.fill(value, place)?;
        read(&filled, ty, &format!("`{name}`"), place).map_err(|finding| self.findings.push(finding)).ok()
    }

    /// Says what is missing from a statement.
    fn complete(&mut self, statement: &Statement<'_>, node: &KdlNode) {
        let word = statement.word;
        let given = statement.args.len();
        let needed = word.args.iter().filter(|arg| matches!(arg.count, Count::One | Count::Many)).count();
        let incomplete = |what: String| {
            let finding = Finding::error("scn-missing", statement.name_place, what);
            finding.help(format!("it is written `{}`", schema::signature(word)))
        };
        if given < needed {
            let missing = word.args.get(given).map_or("a value", |arg| arg.name);
            self.findings.push(incomplete(format!("`{}` needs its {missing}", word.name)));
        }
        for prop in word.props.iter().filter(|prop| prop.required && !statement.set) {
            if !statement.has_prop(prop.name) {
                self.findings.push(incomplete(format!("`{}` needs `{}=`", word.name, prop.name)));
            }
        }
        match (word.inside, node.children()) {
            (None, Some(_)) => {
                let message = format!("`{}` has no braces", word.name);
                self.findings.push(Finding::error("scn-extra-braces", statement.name_place, message));
            }
            (Some(_), None) if word.needs_braces => {
                self.findings.push(incomplete(format!("`{}` needs braces", word.name)));
            }
            _ => {}
        }
    }

    fn annotated(&mut self, place: Span) {
        let message = "type annotations have no meaning here";
        self.findings.push(Finding::error("scn-annotation", place, message));
    }

    pub(super) fn twice(&mut self, name: &str, place: Span) {
        self.findings.push(Finding::error("scn-twice", place, format!("`{name}` is given twice")));
    }

    /// Fills matrix values into a text. A text that is nothing but `${name}` takes on the value's own type.
    /// `None` when there is no such matrix, which has then been told.
    fn fill(&mut self, value: &KdlValue, place: Span) -> Option<KdlValue> {
        let KdlValue::String(text) = value else { return Some(value.clone()) };
        let mut filled = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            filled.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                filled.push_str("${");
                rest = after;
                continue;
            };
            rest = tail;
            let Some(bound) = self.bound(name) else {
                let message = format!("there is no matrix `{name}`");
                let finding = Finding::error("scn-unknown-matrix", place, message);
                let names: Vec<String> = self.bindings.iter().map(|binding| binding.name.clone()).collect();
                self.findings.push(finding.suggest(name, names.iter().map(String::as_str)));
                return None;
            };
            if filled.is_empty() && rest.is_empty() {
                return Some(bound);
            }
            filled.push_str(&value_text(&bound).unwrap_or_default());
        }
        filled.push_str(rest);
        Some(KdlValue::String(filled))
    }
}

/// Where a word that is not allowed here may stand.
fn elsewhere(name: &str) -> Option<String> {
    let mut places: Vec<&str> = schema::all()
        .filter(|word| word.name == name || (word.head() == name && word.tail().is_some()))
        .flat_map(|word| word.blocks)
        .map(|block| block.place())
        .collect();
    places.sort_unstable();
    places.dedup();
    (!places.is_empty()).then(|| format!("it stands {}", places.join(", or ")))
}

/// Anything of a document that knows where it stands.
pub(super) trait Placed {
    fn place(&self, file: FileId) -> Span;
}

macro_rules! placed {
    ($($node:ty),*) => {
        $(impl Placed for $node {
            fn place(&self, file: FileId) -> Span {
                let span = self.span();
                Span { file, start: span.offset(), end: span.offset() + span.len() }
            }
        })*
    };
}

placed!(KdlEntry, KdlIdentifier, KdlNode);

/// The place of a part of a document.
pub(super) fn place_of(part: &impl Placed, file: FileId) -> Span {
    part.place(file)
}
