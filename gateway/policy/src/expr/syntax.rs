//! The tree an expression is read into. Chains and rows of equal operators are flat, so that `a || b || …` of any
//! length is one level deep.

use std::sync::{Arc, OnceLock};

use super::{moment::Moment, pattern::Pattern, table::Function, xpath::XPath};
use crate::{
    span::Span,
    switches::{Alternative, BitOperators, Switches},
    value::{Type, Value},
};

/// A sub-expression.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    /// Levels below and with this one; the parser bounds it, so that every walk may recurse.
    pub(crate) height: usize,
    pub(crate) kind: Kind,
}

/// What a sub-expression is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Literal(Value),
    /// `re/…/`; only an argument.
    Regex(Arc<Pattern>),
    /// `xp%…%`; only an argument.
    Path(Arc<XPath>),
    /// `GMT 2026 Jan 5`; only an argument or compared with a time.
    Moment(Moment),
    /// `HTTP.REQ`, or `HTTP` alone.
    Namespace(&'static str),
    /// A named expression or, as an argument, a constant or the name of an object. Upper case.
    Name(String),
    /// `$name` or `$name[key]`.
    Variable {
        name: String,
        key: Option<Box<Node>>,
    },
    /// `$name.VALUEEXISTS(key)`, which reads without creating.
    ValueExists {
        name: String,
        key: Box<Node>,
    },
    /// `base.CALL.CALL(…)`
    Chain {
        base: Box<Node>,
        calls: Vec<Call>,
    },
    /// Operators of equal strength, from left to right.
    Infix {
        first: Box<Node>,
        rest: Vec<(Infix, Node)>,
    },
    Prefix {
        operator: Prefix,
        operand: Box<Node>,
    },
}

/// One link of a chain.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The name alone.
    pub(crate) span: Span,
    /// One past the closing parenthesis, or the name.
    pub(crate) end: usize,
    /// Upper case.
    pub(crate) name: String,
    pub(crate) args: Vec<Node>,
    /// Every function of this name.
    pub(super) overloads: &'static [&'static Function],
    /// The number of the chain up to here, if it is worked out once for a request; see [`super::share`].
    pub(super) shared: Option<usize>,
    /// What the call meant on the type it was first made on, if its arguments are written out: then only that type
    /// decides.
    pub(super) meant: OnceLock<(Type, &'static Function)>,
}

/// `!`, `-` and `~` before an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    Not,
    Negate,
    Complement,
}

impl Prefix {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Not => "!",
            Self::Negate => "-",
            Self::Complement => "~",
        }
    }
}

/// Operators between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Infix {
    Alt,
    Or,
    And,
    BitOr,
    BitXor,
    BitAnd,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    ShiftLeft,
    ShiftRight,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

impl Infix {
    /// Spelling and operator, the longer spelling before its beginning.
    pub(crate) const SPELLED: [(&'static str, Self); 18] = [
        ("||", Self::Or),
        ("&&", Self::And),
        ("==", Self::Eq),
        ("!=", Self::Ne),
        ("<=", Self::Le),
        (">=", Self::Ge),
        ("<<", Self::ShiftLeft),
        (">>", Self::ShiftRight),
        ("|", Self::BitOr),
        ("^", Self::BitXor),
        ("&", Self::BitAnd),
        ("<", Self::Lt),
        (">", Self::Gt),
        ("+", Self::Add),
        ("-", Self::Sub),
        ("*", Self::Mul),
        ("/", Self::Div),
        ("%", Self::Rem),
    ];

    /// How strongly it binds: the order of C but for what switches say (inferred; traces show what was grouped).
    pub(crate) fn strength(self, switches: &Switches) -> u8 {
        let tight = if switches.bit_operators == BitOperators::Tight { 5 } else { 0 };
        match self {
            Self::Alt if switches.alternative == Alternative::Strongest => 14,
            Self::Alt => 0,
            Self::Or => 1,
            Self::And => 2,
            Self::BitOr => 3 + tight,
            Self::BitXor => 4 + tight,
            Self::BitAnd => 5 + tight,
            Self::Eq | Self::Ne => 6,
            Self::Lt | Self::Le | Self::Gt | Self::Ge => 7,
            Self::ShiftLeft | Self::ShiftRight => 11,
            Self::Add | Self::Sub => 12,
            Self::Mul | Self::Div | Self::Rem => 13,
        }
    }

    pub(crate) fn text(self) -> &'static str {
        Self::SPELLED.iter().find(|(_, operator)| *operator == self).map_or("ALT", |(text, _)| text)
    }
}
