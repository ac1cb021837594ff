//! Search filters: and, or, not, equality, presence; as bytes (RFC 4511 section 4.5.1.7) and as text (RFC 4515).
//!
//! A user's name goes into a filter with [`Filter::about`], as a value and never as text to be parsed, so there
//! is nothing that could be injected. Shown, it is escaped.

use std::fmt;

use super::ber::{BerError, OCTET_STRING, Reader, Writer};
use crate::limits::{LDAP_DEPTH_MAX, LDAP_FILTER_PARTS_MAX};

const AND: u8 = 0xa0;
const OR: u8 = 0xa1;
const NOT: u8 = 0xa2;
const EQUAL: u8 = 0xa3;
const PRESENT: u8 = 0x87;

/// Stands for the user's name in a filter of a configuration.
const USER: &str = "{user}";

/// Which entries a search wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of these.
    And(Vec<Self>),
    /// Any of these.
    Or(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// The attribute has this value.
    Equal(String, Vec<u8>),
    /// The attribute has a value.
    Present(String),
}

/// Why a text is no filter that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Not the grammar of RFC 4515.
    #[error("the filter is not well-formed near its character {0}")]
    Syntax(usize),
    /// `>=`, `<=`, `~=`, `:=` or a pattern with `*`.
    #[error("only and, or, not, equality and presence are served in a filter")]
    Form,
    /// Too deep or too many parts.
    #[error("the filter is too large")]
    TooLarge,
    /// No `{user}` in any of its values.
    #[error("the filter has no {{user}} to stand for the name that is typed")]
    NoUser,
}

impl Filter {
    /// The usual filter for persons: `(&(objectClass=person)(attribute={user}))`.
    pub fn person(attribute: &str) -> Self {
        let class = Self::Equal("objectClass".to_owned(), b"person".to_vec());
        Self::And(vec![class, Self::Equal(attribute.to_owned(), USER.into())])
    }

    /// The filter with this user in the place of every `{user}`.
    #[must_use]
    pub fn about(&self, user: &str) -> Self {
        let all = |parts: &[Self]| parts.iter().map(|part| part.about(user)).collect();
        match self {
            Self::And(parts) => Self::And(all(parts)),
            Self::Or(parts) => Self::Or(all(parts)),
            Self::Not(part) => Self::Not(Box::new(part.about(user))),
            Self::Equal(name, value) => {
                let value = match std::str::from_utf8(value) {
                    Ok(text) => text.replace(USER, user).into_bytes(),
                    Err(_) => value.clone(),
                };
                Self::Equal(name.clone(), value)
            }
            Self::Present(name) => Self::Present(name.clone()),
        }
    }

    /// Reads a filter for users. Without a `{user}` it would find the same entry for everybody.
    pub fn of_user(text: &str) -> Result<Self, FilterError> {
        let filter = Self::parse(text)?;
        if filter.about("") == filter { Err(FilterError::NoUser) } else { Ok(filter) }
    }

    /// Reads the text of RFC 4515.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut parser = Parser { text, at: 0, parts: 0 };
        let filter = parser.filter(0)?;
        if parser.at == text.len() { Ok(filter) } else { Err(FilterError::Syntax(parser.at)) }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, BerError> {
        Self::read_part(reader, 0, &mut 0)
    }

    fn read_part(reader: &mut Reader<'_>, depth: usize, parts: &mut usize) -> Result<Self, BerError> {
        *parts += 1;
        if depth >= LDAP_DEPTH_MAX || *parts > LDAP_FILTER_PARTS_MAX {
            return Err(BerError::TooMany);
        }
        let (tag, content) = reader.any()?;
        let mut inner = Reader::new(content);
        let filter = match tag {
            AND | OR => {
                let mut list = Vec::new();
                while inner.peek().is_some() {
                    list.push(Self::read_part(&mut inner, depth + 1, parts)?);
                }
                if tag == AND { Self::And(list) } else { Self::Or(list) }
            }
            NOT => Self::Not(Box::new(Self::read_part(&mut inner, depth + 1, parts)?)),
            EQUAL => Self::Equal(inner.text(OCTET_STRING)?, inner.expect(OCTET_STRING)?.to_vec()),
            PRESENT => return super::ber::text(content).map(Self::Present),
            _ => return Err(BerError::Filter),
        };
        inner.end()?;
        Ok(filter)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        let all = |parts: &[Self], it: &mut Writer| parts.iter().for_each(|part| part.write(it));
        match self {
            Self::And(parts) => writer.constructed(AND, |it| all(parts, it)),
            Self::Or(parts) => writer.constructed(OR, |it| all(parts, it)),
            Self::Not(part) => writer.constructed(NOT, |it| part.write(it)),
            Self::Equal(name, value) => writer.constructed(EQUAL, |it| {
                it.bytes(OCTET_STRING, name);
                it.bytes(OCTET_STRING, value);
            }),
            Self::Present(name) => writer.bytes(PRESENT, name),
        }
    }
}

/// The text of RFC 4515. Everything in a value that is not a plain printable character is escaped.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = |f: &mut fmt::Formatter<'_>, sign: &str, parts: &[Self]| {
            write!(f, "({sign}")?;
            parts.iter().try_for_each(|part| write!(f, "{part}"))?;
            f.write_str(")")
        };
        match self {
            Self::And(parts) => all(f, "&", parts),
            Self::Or(parts) => all(f, "|", parts),
            Self::Not(part) => write!(f, "(!{part})"),
            Self::Equal(name, value) => {
                write!(f, "({name}=")?;
                value.iter().try_for_each(|byte| match byte {
                    b'(' | b')' | b'*' | b'\\' => write!(f, "\\{byte:02x}"),
                    b' '..=b'~' => write!(f, "{}", char::from(*byte)),
                    _ => write!(f, "\\{byte:02x}"),
                })?;
                f.write_str(")")
            }
            Self::Present(name) => write!(f, "({name}=*)"),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    parts: usize,
}

impl Parser<'_> {
    fn filter(&mut self, depth: usize) -> Result<Filter, FilterError> {
        self.parts += 1;
        if depth >= LDAP_DEPTH_MAX || self.parts > LDAP_FILTER_PARTS_MAX {
            return Err(FilterError::TooLarge);
        }
        self.take(b'(')?;
        let filter = match self.peek() {
            Some(sign @ (b'&' | b'|')) => {
                self.at += 1;
                let mut list = Vec::new();
                while self.peek() == Some(b'(') {
                    list.push(self.filter(depth + 1)?);
                }
                if sign == b'&' { Filter::And(list) } else { Filter::Or(list) }
            }
            Some(b'!') => {
                self.at += 1;
                Filter::Not(Box::new(self.filter(depth + 1)?))
            }
            _ => self.item()?,
        };
        self.take(b')')?;
        Ok(filter)
    }

    /// `attribute=value` up to the bracket that closes it.
    fn item(&mut self) -> Result<Filter, FilterError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.find(['(', ')']).ok_or(FilterError::Syntax(self.text.len()))?;
        let (name, value) =
            rest.get(..length).and_then(|item| item.split_once('=')).ok_or(FilterError::Syntax(self.at))?;
        if name.ends_with(['>', '<', '~', ':']) {
            return Err(FilterError::Form);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ';');
        if name.is_empty() || !name.chars().all(plain) {
            return Err(FilterError::Syntax(self.at));
        }
        let filter = match value {
            "*" => Filter::Present(name.to_owned()),
            _ if value.contains('*') => return Err(FilterError::Form),
            _ => {
                let begin = self.at + name.len() + 1;
                Filter::Equal(name.to_owned(), unescape(value).ok_or(FilterError::Syntax(begin))?)
            }
        };
        self.at += length;
        Ok(filter)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> Result<(), FilterError> {
        if self.peek() != Some(wanted) {
            return Err(FilterError::Syntax(self.at));
        }
        self.at += 1;
        Ok(())
    }
}

/// A value with `\28` for `(` and the like.
fn unescape(value: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (digits, behind) = rest.split_at_checked(2)?;
        bytes.push(*data_encoding::HEXLOWER_PERMISSIVE.decode(digits).ok()?.first()?);
        rest = behind;
    }
    Some(bytes)
}
