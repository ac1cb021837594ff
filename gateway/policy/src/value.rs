//! The values of an expression, their types, and the third result beside TRUE and FALSE.
//!
//! Specification: the vendor's class reference for the names; `docs/policy.md` for what is ours.

use std::{fmt, net::IpAddr};

use ipnet::IpNet;

use crate::span::Span;

/// What an expression is worth.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `TRUE` or `FALSE`.
    Bool(bool),
    /// A signed number. 64 bits; outside 32 the loader warns, because an appliance documents 32.
    Num(i64),
    /// An unsigned number of 64 bits: variables and `TYPECAST_UNSIGNED_LONG_AT`.
    Ulong(u64),
    /// A fraction: `SYS.RANDOM`, XPath numbers.
    Double(f64),
    /// Bytes with their text mode.
    Text(Text),
    /// An address.
    Ip(IpAddr),
    /// A network, only as an argument: `IN_SUBNET(10.0.0.0/8)`.
    Subnet(IpNet),
    /// Seconds since 1970, printed as an RFC 1123 date.
    Time(i64),
    /// A prefix with members and no value of its own, as `HTTP.REQ`.
    Namespace(&'static str),
}

impl Value {
    /// Text without a mode.
    #[must_use]
    pub fn text(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Text(Text::plain(bytes))
    }

    /// Its type.
    #[must_use]
    pub fn kind(&self) -> Type {
        match self {
            Self::Bool(_) => Type::Bool,
            Self::Num(_) => Type::Num,
            Self::Ulong(_) => Type::Ulong,
            Self::Double(_) => Type::Double,
            Self::Text(text) => text.kind(),
            Self::Ip(_) => Type::Ip,
            Self::Subnet(_) => Type::Subnet,
            Self::Time(_) => Type::Time,
            Self::Namespace(name) => Type::Namespace(name),
        }
    }

    /// As `+` and `TYPECAST_TEXT_T` print it: addresses in their usual form, times as RFC 1123 dates.
    /// `None` for what has no text form.
    #[must_use]
    pub fn to_text(&self) -> Option<Text> {
        let printed = match self {
            Self::Text(text) => return Some(text.clone()),
            Self::Num(number) => number.to_string(),
            Self::Ulong(number) => number.to_string(),
            Self::Double(number) => number.to_string(),
            Self::Ip(address) => address.to_string(),
            Self::Time(seconds) => crate::civil::rfc1123(*seconds),
            Self::Bool(_) | Self::Subnet(_) | Self::Namespace(_) => return None,
        };
        Some(Text::plain(printed))
    }
}

/// As a reader of an explanation wants to see it: text quoted with its controls escaped.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(true) => f.write_str("TRUE"),
            Self::Bool(false) => f.write_str("FALSE"),
            Self::Text(text) => write!(f, "\"{}\"", text.bytes.escape_ascii()),
            Self::Subnet(net) => net.fmt(f),
            Self::Namespace(name) => f.write_str(name),
            other => f.write_str(&String::from_utf8_lossy(&other.to_text().unwrap_or_default().bytes)),
        }
    }
}

/// A byte string, how operations on it compare and decode, and what it is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The bytes, in no particular encoding. Of a header with several instances: the last one.
    pub bytes: Vec<u8>,
    /// What `SET_TEXT_MODE` said.
    pub mode: TextMode,
    /// What else than text it can be asked as.
    pub shape: Shape,
}

impl Text {
    /// Text of no special make and without a mode.
    #[must_use]
    pub fn plain(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), ..Self::default() }
    }

    /// The same mode over other bytes, of no special make.
    #[must_use]
    pub fn derive(&self, bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), mode: self.mode, shape: Shape::Plain }
    }

    /// Its type.
    #[must_use]
    pub fn kind(&self) -> Type {
        match self.shape {
            Shape::Plain => Type::Text,
            Shape::Method => Type::Method,
            Shape::Url => Type::Url,
            Shape::Hostname => Type::Hostname,
            Shape::Header(_) => Type::Header,
            Shape::List { .. } => Type::List,
            Shape::Pairs(_) => Type::Pairs,
        }
    }

    /// What a comparison looks at: every instance of a header, the last first; otherwise the text itself.
    /// An absent header is one empty text.
    pub fn instances(&self) -> impl Iterator<Item = &[u8]> {
        let several = match &self.shape {
            Shape::Header(instances) | Shape::Pairs(Pairs { instances, .. }) => instances.as_slice(),
            _ => &[],
        };
        let alone = several.is_empty().then_some(self.bytes.as_slice());
        alone.into_iter().chain(several.iter().rev().map(Vec::as_slice))
    }
}

/// The switches of `SET_TEXT_MODE`, all off at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextMode {
    /// `IGNORECASE`: comparisons ignore ASCII case.
    pub ignore_case: bool,
    /// `URLENCODED`: `DECODE_USING_TEXT_MODE` undoes `%41`.
    pub url_encoded: bool,
    /// `PLUS_AS_SPACE`: and `+`.
    pub plus_as_space: bool,
    /// `BACKSLASH_ENCODED`: and `\x41`.
    pub backslash_encoded: bool,
}

/// What a text can be asked as, beside the bytes it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Nothing but text.
    #[default]
    Plain,
    /// The method of a request: compared with bare words.
    Method,
    /// A request target: `PATH`, `QUERY`, `SUFFIX`.
    Url,
    /// A host with or without port, compared without case.
    Hostname,
    /// The instances of a header, in the order they came.
    Header(Vec<Vec<u8>>),
    /// `TYPECAST_LIST_T`.
    List {
        /// What stands between two elements.
        separator: u8,
        /// Whether `IGNORE_EMPTY_ELEMENTS` was applied.
        ignore_empty: bool,
    },
    /// Names and values: a query, cookies, `TYPECAST_NVLIST_T`.
    Pairs(Pairs),
}

/// How names and values are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairs {
    /// Between a name and its value.
    pub separator: u8,
    /// Between two pairs.
    pub delimiter: u8,
    /// What may stand around a value.
    pub quote: Option<u8>,
    /// Cookies: blanks around a pair and empty pairs do not count.
    pub loose: bool,
    /// Cookies: the values of every `Cookie` header, in the order they came. Empty where there is one text.
    pub instances: Vec<Vec<u8>>,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// TRUE or FALSE.
    Bool,
    /// Signed number.
    Num,
    /// Unsigned number.
    Ulong,
    /// Fraction.
    Double,
    /// Byte string.
    Text,
    /// Text that is the method of a request.
    Method,
    /// Text that is a request target.
    Url,
    /// Text that is a host name.
    Hostname,
    /// Text with instances.
    Header,
    /// Text with elements.
    List,
    /// Text with names and values.
    Pairs,
    /// Address.
    Ip,
    /// Network.
    Subnet,
    /// Point in time.
    Time,
    /// A variable with keys: `$name[key]` has a value, `$name` alone has not.
    Map,
    /// A prefix such as `HTTP.REQ`.
    Namespace(&'static str),
    /// Something of the appliance that is not modelled here. Everything after it is parsed and no more.
    Unmodelled,
}

impl Type {
    /// What it is as well: a URL is text. Functions of that type apply to it.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Method | Self::Url | Self::Hostname | Self::Header | Self::List | Self::Pairs => {
                Some(Self::Text)
            }
            _ => None,
        }
    }

    /// Whether it is text of any make.
    #[must_use]
    pub fn is_text(self) -> bool {
        self == Self::Text || self.parent() == Some(Self::Text)
    }

    /// Whether it can be counted with.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Self::Num | Self::Ulong | Self::Double | Self::Time)
    }

    /// The word of the documentation.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Num => "num",
            Self::Ulong => "ulong",
            Self::Double => "double",
            Self::Text => "text",
            Self::Method => "method",
            Self::Url => "url",
            Self::Hostname => "hostname",
            Self::Header => "header",
            Self::List => "list",
            Self::Pairs => "nvlist",
            Self::Ip => "ip",
            Self::Subnet => "subnet",
            Self::Time => "time",
            Self::Map => "map",
            Self::Namespace(name) => name,
            Self::Unmodelled => "not modelled",
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why an expression has no value: UNDEF, with the sub-expression that became it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undefined {
    /// The sub-expression, in the text of the expression that was asked.
    pub span: Span,
    /// In a sentence's words: "`x` is not a number".
    pub cause: String,
}
