//! Variables and assignments.

use crate::conf::command::brief;
use crate::conf::load::fields::Fields;
use crate::conf::object::variable::{Assignment, MapValue, Operation, Scope, Variable, VariableKind};
use crate::conf::place::Written;
use crate::limits::{MAP_ENTRIES, VARIABLE_BYTES};

pub(super) fn variable(fields: &mut Fields<'_>) -> Option<Variable> {
    let token = fields.required("type")?;
    let Some(kind) = variable_kind(token.text()) else {
        let text = format!("`{}` is no type of a variable", brief(token.text()));
        let help = "ulong, text(max), map(text(max),ulong,entries) or map(text(max),text(max),entries); a map's \
                    sizes together at most 64000";
        fields.tell("bad-type", token.written.whole(), text, help);
        return None;
    };
    const UNDEF: (&str, bool) = ("undef", true);
    Some(Variable {
        name: fields.name(),
        kind,
        scope: fields
            .choice("scope", &[("global", Scope::Global), ("transaction", Scope::Transaction)])
            .unwrap_or_default(),
        undef_if_full: fields.choice("ifFull", &[UNDEF, ("lru", false)]).unwrap_or(false),
        undef_if_too_big: fields.choice("ifValueTooBig", &[UNDEF, ("truncate", false)]).unwrap_or(false),
        undef_if_no_value: fields.choice("ifNoValue", &[UNDEF, ("init", false)]).unwrap_or(false),
        init: fields.text("init"),
        expires: fields.number("expires", 0..=31_622_400).unwrap_or(0),
        at: fields.at(),
    })
}

fn variable_kind(text: &str) -> Option<VariableKind> {
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let text = text.to_ascii_lowercase();
    let size = |text: &str| {
        let inner = text.strip_prefix("text(")?.strip_suffix(')')?;
        inner.parse().ok().filter(|size| (1..=VARIABLE_BYTES).contains(size))
    };
    if text == "ulong" {
        return Some(VariableKind::Ulong);
    }
    let Some(inner) = text.strip_prefix("map(").and_then(|text| text.strip_suffix(')')) else {
        return size(&text).map(VariableKind::Text);
    };
    let [key, value, entries] = inner.split(',').collect::<Vec<_>>().try_into().ok()?;
    let key = size(key)?;
    let value = if value == "ulong" { MapValue::Ulong } else { MapValue::Text(size(value)?) };
    let entries = entries.parse().ok().filter(|entries| (1..=MAP_ENTRIES).contains(entries))?;
    let together = key + if let MapValue::Text(size) = value { size } else { 0 };
    (together <= VARIABLE_BYTES).then_some(VariableKind::Map { key, value, entries })
}

pub(super) fn assignment(fields: &mut Fields<'_>) -> Option<Assignment> {
    let token = fields.required("variable")?;
    let Some((variable, key)) = left_side(&token.written) else {
        let text = format!("`{}` is not $name or $name[key]", brief(token.text()));
        fields.tell("bad-assignment", token.written.whole(), text, "");
        return None;
    };
    let value = |field: &str| fields.written(field);
    let clear = fields.record.has("clear").then_some(Operation::Clear);
    let operations = [
        value("set").map(Operation::Set),
        value("add").map(Operation::Add),
        value("sub").map(Operation::Sub),
        value("append").map(Operation::Append),
        clear,
    ];
    let mut operations = operations.into_iter().flatten();
    match (operations.next(), operations.next()) {
        (Some(operation), None) => {
            Some(Assignment { name: fields.name(), variable, key, operation, at: fields.at() })
        }
        _ => {
            let text = format!("assignment `{}` must do exactly one thing", fields.name());
            fields.tell("bad-assignment", fields.at(), text, "one of -set, -add, -sub, -append, -clear");
            None
        }
    }
}

/// The name and the key of `$name[key]`.
fn left_side(written: &Written) -> Option<(String, Option<Written>)> {
    let text = written.text.trim_end();
    let start = text.find('$')? + 1;
    let (name, key) = match text.find('[') {
        None => (text.get(start..)?, None),
        Some(open) if text.ends_with(']') => {
            (text.get(start..open)?, Some(written.part(open + 1..text.len() - 1)?))
        }
        Some(_) => return None,
    };
    let before = text.get(..start - 1)?.trim();
    (before.is_empty() && is_identifier(name.trim())).then(|| (name.trim().to_owned(), key))
}

/// A letter or `_`, then letters, digits and `_`.
pub(in crate::conf::load) fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
