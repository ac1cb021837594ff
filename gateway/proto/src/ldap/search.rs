//! Search and what it finds (RFC 4511 section 4.5).

use super::ber::{BOOLEAN, BerError, ENUMERATED, INTEGER, OCTET_STRING, Reader, SEQUENCE, SET, Writer};
use super::filter::Filter;
use crate::limits::{LDAP_ATTRIBUTES_MAX, LDAP_VALUES_MAX};

/// `neverDerefAliases`.
const NEVER_DEREF: u32 = 0;

/// How far below its base a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The base alone.
    Base,
    /// The entries right below it.
    One,
    /// The base and everything below it.
    Subtree,
}

/// What is searched. Aliases are not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRequest {
    /// DN of the entry to begin at.
    pub base: String,
    /// How far below it.
    pub scope: Scope,
    /// Entries wanted at most; 0 for no limit.
    pub size_limit: u32,
    /// Seconds the server may take; 0 for no limit.
    pub time_limit: u32,
    /// Which entries.
    pub filter: Filter,
    /// Which attributes of them; none for all.
    pub attributes: Vec<String>,
}

/// An entry, as far as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its distinguished name.
    pub dn: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// An attribute with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its description: a name, perhaps with options behind a semicolon.
    pub name: String,
    /// Its values, which need not be text.
    pub values: Vec<Vec<u8>>,
}

impl Entry {
    /// The values of an attribute. Its name is compared without case, and options of it are ignored: Active
    /// Directory calls the first part of a long list `memberOf;range=0-1499`.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let is_it = move |attribute: &&Attribute| {
            attribute.name.split(';').next().is_some_and(|base| base.eq_ignore_ascii_case(name))
        };
        self.attributes.iter().filter(is_it).flat_map(|it| &it.values).map(Vec::as_slice)
    }

    pub(super) fn read(mut reader: Reader<'_>) -> Result<Self, BerError> {
        let dn = reader.text(OCTET_STRING)?;
        let (mut list, mut attributes) = (reader.inside(SEQUENCE)?, Vec::new());
        while list.peek().is_some() {
            bounded(attributes.len(), LDAP_ATTRIBUTES_MAX)?;
            attributes.push(Attribute::read(list.inside(SEQUENCE)?)?);
        }
        Ok(Self { dn, attributes })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.bytes(OCTET_STRING, &self.dn);
        writer.constructed(SEQUENCE, |list| {
            for attribute in &self.attributes {
                list.constructed(SEQUENCE, |it| {
                    it.bytes(OCTET_STRING, &attribute.name);
                    it.constructed(SET, |values| {
                        attribute.values.iter().for_each(|value| values.bytes(OCTET_STRING, value));
                    });
                });
            }
        });
    }
}

impl Attribute {
    /// An attribute whose values are text.
    pub fn new<V: Into<Vec<u8>>>(name: &str, values: impl IntoIterator<Item = V>) -> Self {
        Self { name: name.to_owned(), values: values.into_iter().map(Into::into).collect() }
    }

    fn read(mut reader: Reader<'_>) -> Result<Self, BerError> {
        let name = reader.text(OCTET_STRING)?;
        let (mut set, mut values) = (reader.inside(SET)?, Vec::new());
        while set.peek().is_some() {
            bounded(values.len(), LDAP_VALUES_MAX)?;
            values.push(set.expect(OCTET_STRING)?.to_vec());
        }
        Ok(Self { name, values })
    }
}

impl SearchRequest {
    pub(super) fn read(mut reader: Reader<'_>) -> Result<Self, BerError> {
        let base = reader.text(OCTET_STRING)?;
        let scope = match reader.number(ENUMERATED)? {
            0 => Scope::Base,
            1 => Scope::One,
            2 => Scope::Subtree,
            _ => return Err(BerError::Number),
        };
        let _deref = reader.number(ENUMERATED)?;
        let (size_limit, time_limit) = (reader.number(INTEGER)?, reader.number(INTEGER)?);
        let _types_only = reader.expect(BOOLEAN)?;
        let filter = Filter::read(&mut reader)?;
        let (mut list, mut attributes) = (reader.inside(SEQUENCE)?, Vec::new());
        while list.peek().is_some() {
            bounded(attributes.len(), LDAP_ATTRIBUTES_MAX)?;
            attributes.push(list.text(OCTET_STRING)?);
        }
        Ok(Self { base, scope, size_limit, time_limit, filter, attributes })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.bytes(OCTET_STRING, &self.base);
        let scope = match self.scope {
            Scope::Base => 0,
            Scope::One => 1,
            Scope::Subtree => 2,
        };
        writer.number(ENUMERATED, scope);
        writer.number(ENUMERATED, NEVER_DEREF);
        writer.number(INTEGER, self.size_limit);
        writer.number(INTEGER, self.time_limit);
        writer.bytes(BOOLEAN, [0]);
        self.filter.write(writer);
        writer.constructed(SEQUENCE, |list| {
            self.attributes.iter().for_each(|name| list.bytes(OCTET_STRING, name));
        });
    }
}

/// Whether one more may be taken.
fn bounded(count: usize, most: usize) -> Result<(), BerError> {
    if count < most { Ok(()) } else { Err(BerError::TooMany) }
}
