//! XPath over XML and JSON: `XPATH(xp%…%)`.
//!
//! The part of XPath 1.0 that policies use: child, attribute, parent and descendant steps, predicates, comparisons
//! and the string and number functions. Anything else is refused by name and never approximated. A name without
//! prefix matches whatever the prefix in the document; name spaces are not resolved.

mod parse;
mod run;
#[cfg(test)]
mod tests;
mod tree;

pub(super) use run::Found;
pub(super) use tree::Tree;

/// An XPath, read.
#[derive(Debug)]
pub(crate) struct XPath {
    read: Result<Expr, String>,
}

/// What an XPath is worth, as far as its text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Number,
    /// Nodes or text.
    Text,
}

impl XPath {
    pub(super) fn new(source: &str) -> Self {
        Self { read: parse::parse(source) }
    }

    /// Why it is not evaluated.
    pub(super) fn refused(&self) -> Option<&str> {
        self.read.as_ref().err().map(String::as_str)
    }

    pub(super) fn kind(&self) -> Kind {
        self.read.as_ref().map_or(Kind::Text, Expr::kind)
    }

    /// What it finds in a document.
    ///
    /// # Errors
    /// It is not evaluated, or looks at too much.
    pub(super) fn run(&self, tree: &Tree<'_>) -> Result<Found, String> {
        run::run(self.read.as_ref().map_err(Clone::clone)?, tree)
    }
}

#[derive(Debug)]
enum Expr {
    Path { absolute: bool, steps: Vec<Step> },
    Text(String),
    Number(f64),
    Call(Function, Vec<Self>),
    Binary(Binary, Box<Self>, Box<Self>),
}

#[derive(Debug)]
struct Step {
    axis: Axis,
    test: Test,
    predicates: Vec<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Parent,
    ThisOne,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    /// Any element, or any attribute.
    Any,
    Name(String),
    Text,
    Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Binary {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Boolean,
    Concat,
    Contains,
    Count,
    False,
    Last,
    LocalName,
    Name,
    NormalizeSpace,
    Not,
    Number,
    Position,
    StartsWith,
    String,
    StringLength,
    True,
}

impl Function {
    /// Name, function, and how many arguments it takes at least and at most.
    const ALL: [(&'static str, Self, usize, usize); 16] = [
        ("boolean", Self::Boolean, 1, 1),
        ("concat", Self::Concat, 2, 16),
        ("contains", Self::Contains, 2, 2),
        ("count", Self::Count, 1, 1),
        ("false", Self::False, 0, 0),
        ("last", Self::Last, 0, 0),
        ("local-name", Self::LocalName, 0, 1),
        ("name", Self::Name, 0, 1),
        ("normalize-space", Self::NormalizeSpace, 0, 1),
        ("not", Self::Not, 1, 1),
        ("number", Self::Number, 0, 1),
        ("position", Self::Position, 0, 0),
        ("starts-with", Self::StartsWith, 2, 2),
        ("string", Self::String, 0, 1),
        ("string-length", Self::StringLength, 0, 1),
        ("true", Self::True, 0, 0),
    ];
}

impl Expr {
    fn kind(&self) -> Kind {
        match self {
            Self::Path { .. } | Self::Text(_) => Kind::Text,
            Self::Number(_) => Kind::Number,
            Self::Binary(..) => Kind::Bool,
            Self::Call(function, _) => match function {
                Function::Boolean
                | Function::Contains
                | Function::False
                | Function::Not
                | Function::StartsWith
                | Function::True => Kind::Bool,
                Function::Count
                | Function::Last
                | Function::Number
                | Function::Position
                | Function::StringLength => Kind::Number,
                Function::Concat
                | Function::LocalName
                | Function::Name
                | Function::NormalizeSpace
                | Function::String => Kind::Text,
            },
        }
    }
}
