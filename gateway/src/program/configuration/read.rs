//! From the tree to typed settings: a serde deserialiser whose errors know the setting and its place, and never
//! repeat a value, because it may be a secret in the wrong place.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{self, DeserializeSeed, Error as _, Expected, IntoDeserializer, Unexpected, Visitor};

use super::finding::Finding;
use super::tree::{Node, Origin, Value};
use crate::program::admin::VERSION;

/// How alike two keys are for one to be meant by the other (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.75;

/// Why a setting can't be read.
#[derive(Debug)]
pub(super) struct Error {
    code: &'static str,
    message: String,
    help: String,
    path: Vec<String>,
    origin: Option<Origin>,
}

impl Error {
    fn new(code: &'static str, message: impl fmt::Display) -> Self {
        let message = message.to_string();
        Self { code, message, help: String::new(), path: Vec::new(), origin: None }
    }

    fn inside(mut self, part: impl fmt::Display, origin: &Origin) -> Self {
        self.path.push(part.to_string());
        self.origin.get_or_insert_with(|| origin.clone());
        self
    }
}

impl From<Error> for Finding {
    fn from(error: Error) -> Self {
        let path: Vec<_> = error.path.into_iter().rev().collect();
        let finding = Self::error(error.code, error.message).on(path.join(".")).help(error.help);
        match error.origin {
            Some(origin) => finding.at(origin),
            None => finding,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new("value", message)
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let kind = match unexpected {
            Unexpected::Bool(_) => "true or false",
            Unexpected::Signed(_) | Unexpected::Unsigned(_) => "a number",
            Unexpected::Str(_) => "text",
            Unexpected::Seq => "a list",
            Unexpected::Map => "a table",
            _ => "this",
        };
        Self::new("type", format!("{kind} stands where {expected} belongs"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new("value", format!("this is not {expected}"))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self { help: nearest(field, expected), ..Self::new("unknown-key", "there is no such setting") }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let help = nearest(variant, expected);
        Self { help, ..Self::new("value", format!("write one of {}", expected.join(", "))) }
    }

    fn missing_field(field: &'static str) -> Self {
        let mut error = Self::new("missing", "this setting has no default");
        error.path.push(field.to_owned());
        error
    }
}

/// The known word that was probably meant.
fn nearest(word: &str, known: &[&str]) -> String {
    let alike = known.iter().map(|known| (strsim::jaro_winkler(word, known), known));
    let best = alike.filter(|(score, _)| *score >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or_else(newer, |(_, known)| format!("did you mean {known}?"))
}

/// What else a strange word may mean.
fn newer() -> String {
    format!("this is version {VERSION}; was it written for a newer one?")
}

impl<'de> de::Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Boolean(value) => visitor.visit_bool(*value),
            Value::Integer(value) => visitor.visit_i64(*value),
            Value::Text(text) | Value::Bare(text) => visitor.visit_str(text),
            Value::List(list) => visitor.visit_seq(Items { list, next: 0 }),
            Value::Table(table) => visitor.visit_map(Entries { rest: table.iter(), current: None }),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Bare(text) => match text.parse() {
                Ok(value) => visitor.visit_bool(value),
                Err(_) => Err(Error::new("type", "write true or false")),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Bare(text) => match text.parse() {
                Ok(value) => visitor.visit_i64(value),
                Err(_) => Err(Error::new("type", "write a number")),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.value {
            Value::Text(text) | Value::Bare(text) => {
                let word: StringDeserializer<Error> = text.clone().into_deserializer();
                visitor.visit_enum(word)
            }
            _ => Err(Error::new("type", "a word belongs here")),
        }
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct identifier ignored_any
    }
}

struct Items<'de> {
    list: &'de [Node],
    next: usize,
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(node) = self.list.get(self.next) else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        seed.deserialize(node).map(Some).map_err(|error| error.inside(index, &node.origin))
    }
}

struct Entries<'de> {
    rest: std::collections::btree_map::Iter<'de, String, Node>,
    current: Option<(&'de String, &'de Node)>,
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.current = self.rest.next();
        let Some((key, node)) = self.current else { return Ok(None) };
        let word: StringDeserializer<Error> = key.clone().into_deserializer();
        seed.deserialize(word).map(Some).map_err(|error| error.inside(key, &node.origin))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let (key, node) = self.current.ok_or_else(|| Error::custom("a key comes before its value"))?;
        seed.deserialize(node).map_err(|error| error.inside(key, &node.origin))
    }
}
