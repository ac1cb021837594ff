//! A configuration's names as the type check asks for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::conf::object::callout::ReturnType;
use crate::conf::object::variable::{MapValue, VariableKind};
use crate::conf::{Configuration, own};
use crate::environment::{Declarations, Presence, Variable};
use crate::expr::Expression;
use crate::value::Type;

pub(super) struct Names<'a> {
    configuration: &'a Configuration,
    /// By name in lower case; those that can't be read are told where they stand.
    named: BTreeMap<String, Arc<Expression>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(configuration: &'a Configuration) -> Self {
        let read = |named: &crate::conf::object::data::NamedExpression| {
            let expression = Expression::parse(&named.value.text).ok()?;
            Some((named.name.to_ascii_lowercase(), Arc::new(expression)))
        };
        Self { configuration, named: configuration.expressions.iter().filter_map(read).collect() }
    }
}

impl Declarations for Names<'_> {
    fn variable(&self, name: &str) -> Option<Variable> {
        let declared = self.configuration.variables.get(name)?;
        let (value, map) = match declared.kind {
            VariableKind::Ulong => (Type::Ulong, false),
            VariableKind::Text(_) => (Type::Text, false),
            VariableKind::Map { value: MapValue::Ulong, .. } => (Type::Ulong, true),
            VariableKind::Map { value: MapValue::Text(_), .. } => (Type::Text, true),
        };
        Some(Variable { value, map })
    }

    fn named(&self, name: &str) -> Option<Arc<Expression>> {
        self.named.get(&name.to_ascii_lowercase()).cloned()
    }

    fn table(&self, name: &str) -> Presence {
        match self.configuration.tables.get(name) {
            Some(_) => Presence::Here,
            None if own::is_table(name) => Presence::Appliance,
            None => Presence::Missing,
        }
    }

    fn callout(&self, name: &str) -> Option<Option<Type>> {
        let callout = self.configuration.callouts.get(name)?;
        Some(callout.returns.map(|returns| match returns {
            ReturnType::Bool => Type::Bool,
            ReturnType::Num => Type::Num,
            ReturnType::Text => Type::Text,
        }))
    }

    fn has_limit(&self, name: &str) -> bool {
        self.configuration.limit_identifiers.get(name).is_some()
    }
}
