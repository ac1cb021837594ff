//! Which command a line is: its verb, its object, its values by name.
//!
//! What it does not know is kept as it stands; only what it knows and can't be right is refused.
//!
//! Specification: command reference (12.0); abbreviation as the interactive command line does it.

mod misspelt;
mod table;
#[cfg(test)]
mod tests;
mod words;

use super::diagnostic::Diagnostic;
use super::lex::{Line, Quoting, Token};
use super::place::Place;
use misspelt::misspelt;
use table::SHAPES;
pub use table::{Kind, Shape};
use words::{GROUPS, VERBS, VERBS_OTHER};

/// What a command does to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Makes it.
    Add,
    /// Changes fields of it.
    Set,
    /// Puts fields back to their defaults.
    Unset,
    /// Removes it.
    Rm,
    /// Binds something to it.
    Bind,
    /// Takes that away again.
    Unbind,
    /// Switches features on.
    Enable,
    /// Switches them off.
    Disable,
}

/// A command of the table with its values sorted.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Its verb.
    pub verb: Verb,
    /// What it is about.
    pub shape: &'static Shape,
    /// Its values, in the order they were written.
    pub fields: Vec<Field>,
    /// Where the line stands.
    pub at: Place,
}

/// One value or parameter of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name in the table; `None` for a parameter that is not there.
    pub name: Option<&'static str>,
    /// The parameter as written, `-headers`; `None` for a value known by its position.
    pub written: Option<Token>,
    /// Its values.
    pub values: Vec<Token>,
}

/// What a line is.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    /// A command of the table.
    Known(Command),
    /// Another command, by its first words in lower case. Kept as it stands.
    Kept(String),
    /// A command an appliance would refuse; a diagnostic says why.
    Refused,
}

/// How many values a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// None: its presence is the value.
    Flag,
    /// One.
    One,
    /// One or more.
    Many,
}

/// Whether a line starts like a command: a verb and an object group, both in full.
pub(super) fn begins(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let (Some(verb), Some(group)) = (words.next(), words.next()) else { return false };
    verbs().any(|known| known.eq_ignore_ascii_case(verb))
        && groups().any(|known| known.eq_ignore_ascii_case(group))
}

/// Finds out which command a line is.
pub fn resolve(line: &Line, file: usize, diagnostics: &mut Vec<Diagnostic>) -> Resolved {
    let at = Place { file, span: line.span };
    match find(line, at, diagnostics) {
        Ok(found) => {
            if let (Resolved::Kept(_), Some((word, meant))) = (&found, misspelt(&line.tokens)) {
                let text = format!("no command has the word `{}`: the line does nothing", word.text());
                let help = format!("did you mean `{meant}`?");
                diagnostics
                    .push(Diagnostic::warning("misspelt-command", word.written.whole(), text).help(help));
            }
            found
        }
        Err(problem) => {
            diagnostics.push(problem);
            Resolved::Refused
        }
    }
}

fn find(line: &Line, at: Place, diagnostics: &mut Vec<Diagnostic>) -> Result<Resolved, Diagnostic> {
    let tokens = &line.tokens;
    let kept = || {
        let words = tokens.iter().take(3).take_while(|token| token.quoting == Quoting::Bare);
        let words: Vec<_> = words.map(|token| token.text().to_ascii_lowercase()).collect();
        Resolved::Kept(words.join(" "))
    };
    let Some(verb) = word(tokens.first(), &mut verbs(), "verb")? else { return Ok(kept()) };
    let Some((_, verb)) = VERBS.iter().find(|(name, _)| *name == verb) else { return Ok(kept()) };
    let Some((group, kind, used)) = object(*verb, tokens)? else { return Ok(kept()) };
    let shape = SHAPES.iter().find(|shape| shape.is(*verb, group, kind));
    let Some(shape) = shape else { return Ok(kept()) };
    let fields = fields(*verb, shape, tokens.get(used..).unwrap_or_default(), diagnostics)?;
    let command = Command { verb: *verb, shape, fields, at };
    check_arity(&command)?;
    Ok(Resolved::Known(command))
}

/// Group and type of the object, and how many words they and the verb took.
fn object(verb: Verb, tokens: &[Token]) -> Result<Option<(&'static str, &'static str, usize)>, Diagnostic> {
    let first = tokens.get(1);
    // `enable feature` is short for `enable ns feature`.
    if matches!(verb, Verb::Enable | Verb::Disable) {
        let feature = first.is_some_and(|token| token.text().eq_ignore_ascii_case("feature"));
        if feature {
            return Ok(Some(("ns", "feature", 2)));
        }
    }
    let Some(group) = word(first, &mut groups(), "group")? else { return Ok(None) };
    let kinds = GROUPS.iter().find(|(name, _)| *name == group).map_or("", |(_, kinds)| *kinds);
    if kinds.is_empty() {
        return Ok(None);
    }
    let kind = word(tokens.get(2), &mut kinds.split_ascii_whitespace(), "object")?;
    Ok(kind.map(|kind| (group, kind, 3)))
}

fn verbs() -> impl Iterator<Item = &'static str> {
    VERBS.iter().map(|(name, _)| *name).chain(VERBS_OTHER.split_ascii_whitespace())
}

fn groups() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().map(|(name, _)| *name)
}

/// The name a word stands for: itself, or the only one it begins.
fn word(
    token: Option<&Token>,
    names: &mut dyn Iterator<Item = &'static str>,
    what: &str,
) -> Result<Option<&'static str>, Diagnostic> {
    let Some(token) = token.filter(|token| token.quoting == Quoting::Bare) else { return Ok(None) };
    match complete(token.text(), names) {
        Completion::One(name) => Ok(Some(name)),
        Completion::None => Ok(None),
        Completion::Several(candidates) => {
            let text = format!("`{}` is short for more than one {what}", token.text());
            let help = format!("write one of {}", candidates.join(", "));
            Err(Diagnostic::error("ambiguous", token.written.whole(), text).help(help))
        }
    }
}

enum Completion {
    None,
    One(&'static str),
    Several(Vec<&'static str>),
}

fn complete(word: &str, names: &mut dyn Iterator<Item = &'static str>) -> Completion {
    let begins =
        |name: &str| name.get(..word.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(word));
    let mut candidates = Vec::new();
    for name in names.filter(|name| begins(name)) {
        if name.len() == word.len() {
            return Completion::One(name);
        }
        candidates.push(name);
    }
    match candidates.as_slice() {
        [] => Completion::None,
        [only] => Completion::One(only),
        _ => Completion::Several(candidates),
    }
}

fn fields(
    verb: Verb,
    shape: &'static Shape,
    tokens: &[Token],
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Vec<Field>, Diagnostic> {
    let values = tokens.iter().take_while(|token| token.parameter().is_none()).count();
    let (positional, parameters) = tokens.split_at(values);
    let mut fields = by_position(shape, positional)?;
    let mut rest = parameters.iter().cloned().peekable();
    while let Some(written) = rest.next() {
        let mut values = Vec::new();
        while let Some(value) = rest.next_if(|token| token.parameter().is_none()) {
            values.push(value);
        }
        let name = parameter(verb, shape, &written)?;
        // The number of a device in a saved file: the appliance's own, and met on any command.
        let own = written.text().eq_ignore_ascii_case("-devno");
        if name.is_none() && !own {
            let text = format!("`{}` has no parameter `{}`", shape.path, written.text());
            let help = "it is left out; look for a typing error, or a release newer than this table";
            let place = written.written.whole();
            diagnostics.push(Diagnostic::warning("unknown-parameter", place, text).help(help));
        }
        fields.push(Field { name, written: Some(written), values });
    }
    Ok(fields)
}

fn by_position(shape: &'static Shape, tokens: &[Token]) -> Result<Vec<Field>, Diagnostic> {
    let mut fields = Vec::new();
    let mut rest = tokens.iter().cloned();
    for (name, many) in shape.positions() {
        let values: Vec<_> = if many { rest.by_ref().collect() } else { rest.by_ref().take(1).collect() };
        if values.is_empty() {
            break;
        }
        fields.push(Field { name: Some(name), written: None, values });
    }
    match rest.next() {
        None => Ok(fields),
        Some(token) => {
            let text = format!("`{}` is one value too many for `{}`", brief(token.text()), shape.path);
            Err(Diagnostic::error("too-many-values", token.written.whole(), text).help(QUOTE_IT))
        }
    }
}

fn parameter(verb: Verb, shape: &Shape, token: &Token) -> Result<Option<&'static str>, Diagnostic> {
    let written = token.parameter().unwrap_or_default();
    // `set` and `unset` name what `add` takes by position.
    let positions = shape.positions().map(|(name, _)| name);
    let positions = positions.filter(|_| verb != Verb::Add);
    match complete(written, &mut shape.parameters().map(|(name, _)| name).chain(positions)) {
        Completion::One(name) => Ok(Some(name)),
        Completion::None => Ok(None),
        Completion::Several(candidates) => {
            let text = format!("`{}` is short for more than one parameter", token.text());
            let help = format!("write one of -{}", candidates.join(", -"));
            Err(Diagnostic::error("ambiguous", token.written.whole(), text).help(help))
        }
    }
}

fn check_arity(command: &Command) -> Result<(), Diagnostic> {
    if command.verb == Verb::Unset {
        return Ok(());
    }
    for field in &command.fields {
        let (Some(name), Some(written)) = (field.name, &field.written) else { continue };
        let shown = written.text();
        match (command.shape.arity(name), field.values.as_slice()) {
            (Arity::Flag, []) | (Arity::One, [_]) | (Arity::Many, [_, ..]) => {}
            (Arity::One | Arity::Many, []) => {
                let text = format!("`{shown}` needs a value");
                return Err(Diagnostic::error("missing-value", written.written.whole(), text));
            }
            (Arity::Flag, [extra, ..]) | (Arity::One, [_, extra, ..]) => {
                let text = format!("`{}` is one value too many for `{shown}`", brief(extra.text()));
                let place = extra.written.whole();
                return Err(Diagnostic::error("too-many-values", place, text).help(QUOTE_IT));
            }
        }
    }
    Ok(())
}

const QUOTE_IT: &str = "put a value with blanks or quotes in quotes and write \\\" for each quote in it";

/// The first characters of a value, for a message.
pub(super) fn brief(text: &str) -> String {
    const SHOWN: usize = 40;
    let mut brief: String = text.chars().take(SHOWN).collect();
    if brief.len() < text.len() {
        brief.push('…');
    }
    brief.escape_debug().to_string()
}
