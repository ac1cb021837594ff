//! Reading, checking, evaluating and explaining an expression agree, end, and never panic.
#![no_main]

use std::sync::Arc;

use gateway_policy::environment::{Declarations, Environment, Presence, Stop, Table, Variable};
use gateway_policy::expr::{Expression, evaluate, explain};
use gateway_policy::facts::{Facts, Message};
use gateway_policy::switches::Switches;
use gateway_policy::value::{Type, Value};
use libfuzzer_sys::fuzz_target;

/// A request and one of everything a name can name.
struct World {
    facts: Facts,
    table: Table,
}

impl Environment for World {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn variable(&mut self, _: &str, key: Option<&[u8]>) -> Result<Value, String> {
        Ok(Value::text(key.unwrap_or(b"text")))
    }

    fn value_exists(&mut self, _: &str, key: &[u8]) -> Result<bool, String> {
        Ok(key.len() % 2 == 0)
    }

    fn named(&self, _: &str) -> Option<Arc<Expression>> {
        None
    }

    fn table(&self, _: &str) -> Option<&Table> {
        Some(&self.table)
    }

    fn callout(&mut self, name: &str) -> Result<Value, Stop> {
        Err(Stop::Pending { callout: name.to_owned() })
    }

    fn check_limit(&mut self, _: &str) -> Result<bool, String> {
        Ok(false)
    }
}

impl Declarations for World {
    fn variable(&self, _: &str) -> Option<Variable> {
        Some(Variable { value: Type::Text, map: true })
    }

    fn named(&self, _: &str) -> Option<Arc<Expression>> {
        None
    }

    fn table(&self, _: &str) -> Presence {
        Presence::Here
    }

    fn callout(&self, _: &str) -> Option<Option<Type>> {
        Some(None)
    }

    fn has_limit(&self, _: &str) -> bool {
        true
    }
}

fn world() -> World {
    let headers = [("Host", "h.example:443"), ("X", "1"), ("X", "2"), ("Cookie", "a=1; b=2")];
    let headers = headers.map(|(name, value)| (name.into(), value.into())).to_vec();
    let start_line = b"GET /a/b?c=d HTTP/1.1".to_vec();
    let request = Message { start_line, headers, body: b"<a b='c'>d</a>".to_vec() };
    let mut table = Table::default();
    table.bind("a", "1");
    World { facts: Facts { request: Some(request), ..Facts::default() }, table }
}

fuzz_target!(|text: &str| {
    let Ok(expression) = Expression::parse(text) else { return };
    let mut world = world();
    let _ = expression.check(&world, None);
    let switches = Switches::default();
    let outcome = evaluate(&expression, &mut world, &switches);
    let explanation = explain(&expression, &mut world, &switches);
    assert!(format!("{outcome:?}") == format!("{:?}", explanation.outcome));
});
