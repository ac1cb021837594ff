//! One call of a function, as the function sees it: what it is called on, its arguments, and the world.

use std::{borrow::Cow, net::IpAddr};

use ipnet::IpNet;

use super::{moment::Moment, pattern::Pattern, table::Operand, xpath::XPath};
use crate::{
    environment::{Environment, Stop, Table},
    facts::{Message, Session},
    switches::Switches,
    value::{Text, Value},
};

/// What a function may look at. Choosing the function checked every type, so the accessors fail only where the
/// table and the function disagree; they then say so instead of panicking.
pub(super) struct Call<'c> {
    pub(super) on: &'c Value,
    pub(super) args: &'c [Operand<'c>],
    pub(super) env: &'c mut dyn Environment,
    pub(super) switches: Switches,
}

/// Why a function gave nothing.
#[derive(Debug)]
pub(super) enum Fault {
    /// UNDEF, with the cause in a sentence's words.
    Undefined(Cow<'static, str>),
    /// What a call-out said.
    Stop(Stop),
}

impl From<&'static str> for Fault {
    fn from(cause: &'static str) -> Self {
        Self::Undefined(cause.into())
    }
}

impl From<String> for Fault {
    fn from(cause: String) -> Self {
        Self::Undefined(cause.into())
    }
}

/// The table lets a function be called with something it does not expect.
const MISMATCH: Fault = Fault::Undefined(Cow::Borrowed("the function does not take this type"));

impl<'c> Call<'c> {
    /// The text it is called on.
    pub(super) fn text(&self) -> Result<&'c Text, Fault> {
        match self.on {
            Value::Text(text) => Ok(text),
            _ => Err(MISMATCH),
        }
    }

    /// The address it is called on.
    pub(super) fn ip(&self) -> Result<IpAddr, Fault> {
        match self.on {
            Value::Ip(address) => Ok(*address),
            _ => Err(MISMATCH),
        }
    }

    /// The time it is called on.
    pub(super) fn time(&self) -> Result<i64, Fault> {
        match self.on {
            Value::Time(seconds) => Ok(*seconds),
            _ => Err(MISMATCH),
        }
    }

    /// The n-th argument as a value.
    pub(super) fn value(&self, position: usize) -> Result<&'c Value, Fault> {
        match self.args.get(position) {
            Some(Operand::Value(value)) => Ok(value),
            _ => Err(MISMATCH),
        }
    }

    /// The n-th argument as bytes.
    pub(super) fn bytes(&self, position: usize) -> Result<&'c [u8], Fault> {
        match self.value(position)? {
            Value::Text(text) => Ok(&text.bytes),
            _ => Err(MISMATCH),
        }
    }

    /// The n-th argument as one byte: `'='`, or a text of one byte.
    pub(super) fn byte(&self, position: usize) -> Result<u8, Fault> {
        match self.bytes(position)? {
            [byte] => Ok(*byte),
            other => Err(format!("\"{}\" is not one character", other.escape_ascii()).into()),
        }
    }

    /// The n-th argument as a signed number.
    pub(super) fn number(&self, position: usize) -> Result<i64, Fault> {
        match self.value(position)? {
            Value::Num(number) | Value::Time(number) => Ok(*number),
            Value::Ulong(number) => {
                i64::try_from(*number).map_err(|_| Fault::from("the number is too large"))
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "saturates, which no caller can tell from too large"
            )]
            Value::Double(number) => Ok(*number as i64),
            _ => Err(MISMATCH),
        }
    }

    /// The n-th argument as a length or position; undefined when it is negative.
    pub(super) fn count(&self, position: usize) -> Result<usize, Fault> {
        let number = self.number(position)?;
        usize::try_from(number).map_err(|_| Fault::from(format!("{number} is negative")))
    }

    /// The n-th argument as a network; an address is a network of one.
    pub(super) fn subnet(&self, position: usize) -> Result<IpNet, Fault> {
        match self.value(position)? {
            Value::Subnet(net) => Ok(*net),
            Value::Ip(address) => Ok(IpNet::from(*address)),
            _ => Err(MISMATCH),
        }
    }

    /// The n-th argument as a constant or an object's name.
    pub(super) fn word(&self, position: usize) -> Result<Cow<'c, str>, Fault> {
        match self.args.get(position) {
            Some(Operand::Word(word)) => Ok(Cow::Borrowed(word)),
            _ => self.bytes(position).map(String::from_utf8_lossy),
        }
    }

    /// The n-th argument as a regular expression.
    pub(super) fn pattern(&self, position: usize) -> Result<&'c Pattern, Fault> {
        match self.args.get(position) {
            Some(Operand::Regex(pattern)) => Ok(pattern),
            _ => Err(MISMATCH),
        }
    }

    /// The n-th argument as an XPath.
    pub(super) fn path(&self, position: usize) -> Result<&'c XPath, Fault> {
        match self.args.get(position) {
            Some(Operand::Path(path)) => Ok(path),
            _ => Err(MISMATCH),
        }
    }

    /// The n-th argument as a time literal.
    pub(super) fn moment(&self, position: usize) -> Result<Moment, Fault> {
        match self.args.get(position) {
            Some(Operand::Moment(moment)) => Ok(*moment),
            _ => Err(MISMATCH),
        }
    }

    /// The n-th argument as a set or map of the configuration.
    pub(super) fn table(&self, position: usize) -> Result<&Table, Fault> {
        let name = self.word(position)?;
        let missing = || Fault::from(format!("there is no pattern set, data set or string map `{name}`"));
        self.env.table(&name).ok_or_else(missing)
    }

    /// The request.
    pub(super) fn request(&self) -> Result<&Message, Fault> {
        self.env.facts().request.as_ref().ok_or(Fault::from("there is no HTTP request here"))
    }

    /// The response.
    pub(super) fn response(&self) -> Result<&Message, Fault> {
        self.env.facts().response.as_ref().ok_or(Fault::from("there is no HTTP response here"))
    }

    /// The authenticated session.
    pub(super) fn session(&self) -> Result<&Session, Fault> {
        self.env
            .facts()
            .session
            .as_ref()
            .ok_or(Fault::from("the request belongs to no authenticated session"))
    }
}
