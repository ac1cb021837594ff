//! Every function of the language as data: on what, its name, its arguments, what it gives, how sure we are.
//!
//! The type check, the evaluator and `docs/policy.md` all read this one table. A row without `run` is known and
//! not evaluated: an expression with it is parsed, reported and undefined, never silently FALSE.

mod client;
mod cut;
mod encode;
mod http;
mod ip;
mod markup;
mod number;
mod pairs;
mod search;
mod sets;
mod time;
mod unmodelled;

use std::{collections::BTreeMap, sync::LazyLock};

use super::{
    call::{Call, Fault},
    held::Held,
    moment::Moment,
    pattern::Pattern,
    syntax,
    xpath::XPath,
};
use crate::value::{Text, Type, Value};

/// One function for receivers of one kind.
#[derive(Debug)]
pub(super) struct Function {
    /// The types it applies to; for a root `HTTP`, the namespace without a name.
    pub(super) on: &'static [Type],
    /// Upper case.
    pub(super) name: &'static str,
    pub(super) args: &'static [Arg],
    pub(super) gives: Gives,
    pub(super) evidence: Evidence,
    pub(super) run: Option<Run>,
    /// What the name does not say, for the documentation.
    pub(super) note: &'static str,
}

pub(super) type Run = fn(&mut Call<'_>) -> Result<Value, Fault>;

/// What may stand as an argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Arg {
    /// A value of this type or one made of it.
    Is(Type),
    /// A number of any kind.
    Number,
    /// Whatever the function is called on: text with text, number with number.
    Same,
    /// One of these bare words.
    Word(&'static [&'static str]),
    /// The name of something in the configuration, bare or as text.
    Object(Object),
    /// `re/…/`
    Regex,
    /// `xp%…%`
    Path,
    /// `GMT …` by its fields, not as a point in time.
    Moment,
}

/// What a name in an argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// A pattern set, data set or string map.
    Table,
    Callout,
    Limit,
}

/// What a function gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Gives {
    Is(Type),
    /// What it is called on.
    Same,
    /// A number of the kind the operands have; a time becomes a plain number.
    Number,
    /// What the call-out returns.
    Callout,
    /// What the XPath says: a bool, a number, else text.
    Path,
}

/// How sure we are of a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// The vendor documents it.
    Vendor,
    /// Published configurations rely on it.
    Practice,
    /// Concluded from names and neighbours.
    Inferred,
}

impl Evidence {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Practice => "practice",
            Self::Inferred => "inferred",
        }
    }
}

/// A row as its module writes it: what differs from the usual follows with the methods below.
const fn row(
    on: &'static [Type],
    name: &'static str,
    args: &'static [Arg],
    gives: Type,
    run: Run,
) -> Function {
    Function { on, name, args, gives: Gives::Is(gives), evidence: Evidence::Vendor, run: Some(run), note: "" }
}

/// A row that is known and not evaluated.
const fn unevaluated(on: &'static [Type], name: &'static str, args: &'static [Arg], gives: Type) -> Function {
    Function { on, name, args, gives: Gives::Is(gives), evidence: Evidence::Vendor, run: None, note: "" }
}

/// A prefix with members.
const fn prefix(on: &'static [Type], name: &'static str, to: &'static str) -> Function {
    unevaluated(on, name, &[], Type::Namespace(to))
}

impl Function {
    const fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    const fn gives(mut self, gives: Gives) -> Self {
        self.gives = gives;
        self
    }

    const fn inferred(mut self) -> Self {
        self.evidence = Evidence::Inferred;
        self
    }

    const fn practice(mut self) -> Self {
        self.evidence = Evidence::Practice;
        self
    }

    /// Whether evaluating it is more than a cause for UNDEF.
    pub(super) fn is_evaluated(&self) -> bool {
        self.run.is_some() || matches!(self.gives, Gives::Is(Type::Namespace(_)))
    }

    fn applies_to(&self, on: Type) -> bool {
        self.on.contains(&on)
    }
}

const TEXT: &[Type] = &[Type::Text];
const BOOL: &[Type] = &[Type::Bool];
const NUMBERS: &[Type] = &[Type::Num, Type::Ulong, Type::Double, Type::Time];
const IP: &[Type] = &[Type::Ip];
const TIME: &[Type] = &[Type::Time];
/// Where roots stand.
const ROOT: &[Type] = &[Type::Namespace("")];

/// Every row, in the order of the documentation.
pub(super) fn rows() -> impl Iterator<Item = &'static Function> {
    [
        http::ROWS,
        client::ROWS,
        search::ROWS,
        cut::ROWS,
        pairs::ROWS,
        sets::ROWS,
        encode::ROWS,
        markup::ROWS,
        number::ROWS,
        ip::ROWS,
        time::ROWS,
        unmodelled::ROWS,
    ]
    .into_iter()
    .flatten()
}

static BY_NAME: LazyLock<BTreeMap<&'static str, Vec<&'static Function>>> = LazyLock::new(|| {
    let mut names: BTreeMap<&'static str, Vec<&'static Function>> = BTreeMap::new();
    for row in rows() {
        names.entry(row.name).or_default().push(row);
    }
    names
});

/// Every function of a name in upper case.
pub(super) fn named(name: &str) -> &'static [&'static Function] {
    BY_NAME.get(name).map_or(&[], Vec::as_slice)
}

/// The namespace a root opens: `HTTP`.
pub(super) fn root(name: &str) -> Option<&'static str> {
    namespace(Type::Namespace(""), named(name))
}

/// The namespace a member of a namespace opens: `.REQ` of `HTTP`.
pub(super) fn member(of: &'static str, call: &syntax::Call) -> Option<&'static str> {
    if call.args.is_empty() { namespace(Type::Namespace(of), call.overloads) } else { None }
}

fn namespace(on: Type, overloads: &[&'static Function]) -> Option<&'static str> {
    let row = overloads.iter().find(|row| row.applies_to(on) && row.args.is_empty())?;
    match row.gives {
        Gives::Is(Type::Namespace(name)) => Some(name),
        _ => None,
    }
}

/// The names of every function that applies to a type, for suggestions.
pub(super) fn members(on: Type) -> impl Iterator<Item = &'static str> {
    let any = on == Type::Unmodelled;
    rows().filter(move |row| !any && lineage(on).any(|kind| row.applies_to(kind))).map(|row| row.name)
}

/// A type and what it is as well, the closest first.
pub(super) fn lineage(on: Type) -> impl Iterator<Item = Type> {
    std::iter::successors(Some(on), |kind| kind.parent())
}

/// What stands as an argument, as far as choosing a function needs it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Given<'a> {
    /// A value of this type.
    Value(Type),
    /// A bare word that is not evaluated.
    Word(&'a str),
    Regex,
    Path,
    Moment,
}

impl Arg {
    fn takes(self, on: Type, given: Given<'_>) -> bool {
        match (self, given) {
            (_, Given::Value(Type::Unmodelled)) => true,
            (Self::Is(wanted), Given::Value(kind)) => lineage(kind).any(|kind| kind == wanted),
            (Self::Number, Given::Value(kind)) => kind.is_number(),
            (Self::Same, Given::Value(kind)) => {
                on == kind || (on.is_text() && kind.is_text()) || (on.is_number() && kind.is_number())
            }
            (Self::Object(_), Given::Value(kind)) => kind.is_text(),
            (Self::Object(_), Given::Word(_))
            | (Self::Regex, Given::Regex)
            | (Self::Path, Given::Path)
            | (Self::Moment, Given::Moment) => true,
            (Self::Word(words), Given::Word(word)) => words.contains(&word),
            _ => false,
        }
    }

    /// Whether a bare word here is a constant or an object's name and not an expression.
    fn takes_word(self, word: &str) -> bool {
        match self {
            Self::Object(_) => true,
            Self::Word(words) => words.contains(&word),
            _ => false,
        }
    }
}

/// The functions of a name that apply to a type and take so many arguments, the closest type first.
fn candidates<'o>(
    overloads: &'o [&'static Function],
    on: Type,
    count: usize,
) -> impl Iterator<Item = &'static Function> + use<'o> {
    lineage(on).flat_map(move |kind| {
        overloads.iter().copied().filter(move |row| row.applies_to(kind) && row.args.len() == count)
    })
}

/// Whether the bare word at this position is not to be evaluated.
pub(super) fn takes_word(call: &syntax::Call, on: Type, position: usize, word: &str) -> bool {
    let mut rows = candidates(call.overloads, on, call.args.len());
    rows.any(|row| row.args.get(position).is_some_and(|arg| arg.takes_word(word)))
}

/// Whether the time literal at this position counts by its fields.
pub(super) fn takes_moment(call: &syntax::Call, on: Type, position: usize) -> bool {
    let mut rows = candidates(call.overloads, on, call.args.len());
    rows.any(|row| row.args.get(position) == Some(&Arg::Moment))
}

/// The function that a call means.
pub(super) fn select<'g>(
    overloads: &[&'static Function],
    on: Type,
    given: impl ExactSizeIterator<Item = Given<'g>> + Clone,
) -> Option<&'static Function> {
    let fits = |row: &&Function| row.args.iter().zip(given.clone()).all(|(arg, given)| arg.takes(on, given));
    candidates(overloads, on, given.len()).find(fits)
}

/// The regular expression of a call, for the text it is called on.
fn compiled<'c>(call: &Call<'c>, text: &Text) -> Result<&'c regex::bytes::Regex, Fault> {
    let refused =
        |refused: &super::pattern::Refused| Fault::from(format!("the regular expression: {}", refused.cause));
    call.pattern(0)?.get(text.mode.ignore_case).map_err(refused)
}

/// A length or count as a value.
fn number(count: usize) -> Result<Value, Fault> {
    i64::try_from(count).map(Value::Num).map_err(|_| "the count does not fit 64 bits".into())
}

/// An argument as the function gets it.
#[derive(Debug)]
pub(super) enum Operand<'e> {
    Value(Held<'e>),
    Word(&'e str),
    Regex(&'e Pattern),
    Path(&'e XPath),
    Moment(Moment),
}

impl Operand<'_> {
    pub(super) fn given(&self) -> Given<'_> {
        match self {
            Self::Value(value) => Given::Value(value.kind()),
            Self::Word(word) => Given::Word(word),
            Self::Regex(_) => Given::Regex,
            Self::Path(_) => Given::Path,
            Self::Moment(_) => Given::Moment,
        }
    }
}

impl Given<'_> {
    /// For an error text.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Value(kind) => kind.to_string(),
            Self::Word(word) => format!("`{word}`"),
            Self::Regex => "re/…/".to_owned(),
            Self::Path => "xp%…%".to_owned(),
            Self::Moment => "a time".to_owned(),
        }
    }
}

/// `TYPECAST_LIST_T(text)`
pub(super) fn signature(row: &Function) -> String {
    if row.args.is_empty() {
        return row.name.to_owned();
    }
    let args: Vec<&str> = row.args.iter().map(|arg| arg.name()).collect();
    format!("{}({})", row.name, args.join(", "))
}

impl Arg {
    fn name(self) -> &'static str {
        match self {
            Self::Is(kind) => kind.name(),
            Self::Number => "num",
            Self::Same => "the same type",
            Self::Word([word]) => word,
            Self::Word(_) => "constant",
            Self::Object(Object::Table) => "set or map",
            Self::Object(Object::Callout) => "call-out",
            Self::Object(Object::Limit) => "identifier",
            Self::Regex => "re/…/",
            Self::Path => "xp%…%",
            Self::Moment => "time",
        }
    }
}
