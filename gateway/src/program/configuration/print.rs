//! `gateway config print`: every setting in force, where it comes from, and no secret.

use serde_json::json;
use toml::Value;

use super::tree::Origin;
use super::{Written, failure};
use crate::program::Sources;
use crate::program::failure::Failure;
use crate::program::output::{self, Format};

/// Prints the settings, one a line.
pub(in crate::program) fn print(sources: &Sources, format: Format) -> Result<(), Failure> {
    let written = Written::read(sources).map_err(|finding| failure(&[finding]))?;
    let settings = settings(&written)?;
    match format {
        Format::Text => output::print(&lines(&settings)),
        Format::Json => {
            let list = settings.iter().map(|(setting, value, origin)| {
                json!({ "setting": setting, "value": value, "origin": origin.map(Origin::to_string) })
            });
            output::print_json(&list.collect());
        }
    }
    Ok(())
}

type Setting<'a> = (String, Value, Option<&'a Origin>);

fn settings(written: &Written) -> Result<Vec<Setting<'_>>, Failure> {
    let values = Value::try_from(&written.raw).map_err(Failure::broken)?;
    let mut flat = Vec::new();
    flatten(String::new(), values, &mut flat);
    let settings = flat.into_iter().map(|(setting, value)| {
        let origin = written.origin(&setting);
        (setting, value, origin)
    });
    Ok(settings.collect())
}

/// Lists of plain values stay lists; everything else is taken apart.
fn flatten(path: String, value: Value, into: &mut Vec<(String, Value)>) {
    let inside = |part: &str| if path.is_empty() { part.to_owned() } else { format!("{path}.{part}") };
    match value {
        Value::Table(table) => table.into_iter().for_each(|(key, value)| flatten(inside(&key), value, into)),
        Value::Array(list) if list.iter().any(Value::is_table) => {
            list.into_iter().enumerate().for_each(|(index, v)| flatten(inside(&index.to_string()), v, into));
        }
        value => into.push((path, value)),
    }
}

fn lines(settings: &[Setting<'_>]) -> String {
    let lines = settings.iter().map(|(setting, value, origin)| {
        let origin = origin.map_or_else(|| "default".to_owned(), Origin::to_string);
        format!("{:<60} # {origin}\n", format!("{setting} = {value}"))
    });
    lines.collect()
}
