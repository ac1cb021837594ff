//! Attributes by name, as configurations write them: `Filter-Id`, `11`, or `26.3845.1` for a vendor's own
//! (the dotted notation of RFC 6929 section 2.8; Vendor-Specific as RFC 2865 section 5.26 recommends it).

use std::fmt;
use std::str::FromStr;

use super::attribute::{Attribute, AttributeType};
use crate::buf::Reader;

/// Which attribute is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeName {
    /// One that the RFCs define.
    Standard(AttributeType),
    /// One of a vendor, inside Vendor-Specific.
    Vendor {
        /// The vendor's number (SMI Private Enterprise Code).
        vendor: u32,
        /// The vendor's type.
        kind: u8,
    },
}

/// Not the name of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write Filter-Id, Class, a number, or 26.<vendor>.<type>")]
pub struct AttributeNameError;

/// The names that are known as words.
const WORDS: [(&str, AttributeType); 2] =
    [("Filter-Id", AttributeType::FILTER_ID), ("Class", AttributeType::CLASS)];

impl FromStr for AttributeName {
    type Err = AttributeNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((_, kind)) = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
            return Ok(Self::Standard(*kind));
        }
        let number = |text: &str| text.parse::<u8>().map_err(|_| AttributeNameError);
        match text.split('.').collect::<Vec<_>>().as_slice() {
            [kind] => number(kind).map(|kind| Self::Standard(AttributeType(kind))),
            ["26", vendor, kind] => {
                let vendor = vendor.parse().map_err(|_| AttributeNameError)?;
                Ok(Self::Vendor { vendor, kind: number(kind)? })
            }
            _ => Err(AttributeNameError),
        }
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(kind) => match WORDS.iter().find(|(_, known)| known == kind) {
                Some((word, _)) => f.write_str(word),
                None => write!(f, "{}", kind.0),
            },
            Self::Vendor { vendor, kind } => write!(f, "26.{vendor}.{kind}"),
        }
    }
}

impl AttributeName {
    /// What an attribute holds under this name: a vendor's may hold several values, or none that can be read.
    pub(super) fn values(self, attribute: &Attribute) -> Vec<&[u8]> {
        match self {
            Self::Standard(kind) if attribute.kind() == kind => vec![attribute.value()],
            Self::Vendor { vendor, kind } if attribute.kind() == AttributeType::VENDOR_SPECIFIC => {
                inside(attribute.value(), vendor, kind)
            }
            _ => Vec::new(),
        }
    }
}

/// Vendor's number, then type, length and value of each; what follows a wrong length is not read.
fn inside(value: &[u8], vendor: u32, kind: u8) -> Vec<&[u8]> {
    let mut reader = Reader::new(value);
    let mut found = Vec::new();
    if reader.array().map(u32::from_be_bytes) != Some(vendor) {
        return found;
    }
    while let (Some(one), Some(length)) = (reader.u8(), reader.u8()) {
        let Some(value) = usize::from(length).checked_sub(2).and_then(|length| reader.take(length)) else {
            break;
        };
        if one == kind {
            found.push(value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        for (text, shown) in
            [("filter-id", "Filter-Id"), ("25", "Class"), ("18", "18"), ("26.3845.1", "26.3845.1")]
        {
            assert_eq!(text.parse::<AttributeName>().unwrap().to_string(), shown);
        }
        for wrong in ["", "256", "26.1", "27.1.1", "26.1.256", "26.4294967296.1", "Filter", "26.1.1.1"] {
            assert_eq!(wrong.parse::<AttributeName>(), Err(AttributeNameError), "{wrong}");
        }
    }

    #[test]
    fn a_vendors_values_are_found_and_a_wrong_length_ends_the_search() {
        let name = AttributeName::Vendor { vendor: 3845, kind: 1 };
        let value = b"\0\0\x0f\x05\x01\x05abc\x02\x03x\x01\x03d\x01\x09z";
        let attribute = Attribute::new(AttributeType::VENDOR_SPECIFIC, *value).unwrap();
        assert_eq!(name.values(&attribute), [&b"abc"[..], b"d"]);
        let other = AttributeName::Vendor { vendor: 9, kind: 1 };
        assert!(other.values(&attribute).is_empty());
        for cut in 0..value.len() {
            let attribute = Attribute::new(AttributeType::VENDOR_SPECIFIC, &value[..cut]).unwrap();
            assert!(name.values(&attribute).len() <= 2);
        }
    }
}
