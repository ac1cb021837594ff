//! Findings as SARIF 2.1.0 (OASIS), which code review and CI systems show beside the lines.

use std::collections::BTreeSet;

use gateway_policy::conf::{Diagnostic, Severity, Sources};
use serde_json::{Value, json};

use super::check::Checked;

/// One run with the findings of all configurations.
pub(super) fn log(checked: &[Checked]) -> Value {
    let codes: BTreeSet<_> =
        checked.iter().flat_map(|checked| &checked.report.findings).map(|found| found.code).collect();
    let rules: Vec<_> = codes.into_iter().map(|code| json!({ "id": code })).collect();
    let results: Vec<_> = checked
        .iter()
        .flat_map(|checked| {
            checked.report.findings.iter().map(|found| result(found, &checked.loaded.sources))
        })
        .collect();
    json!({
        "version": "2.1.0",
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [{
            "tool": { "driver": {
                "name": "gateway policy check",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            // Columns count characters, not UTF-16 units.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(found: &Diagnostic, sources: &Sources) -> Value {
    let level = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let help = if found.help.is_empty() { String::new() } else { format!(" ({})", found.help) };
    let locations: Vec<_> = sources
        .get(found.at.file)
        .map(|source| {
            let (line, column) = source.position(found.at.span.start);
            let (end_line, end_column) = source.position(found.at.span.end);
            let region = json!({
                "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column,
            });
            json!({ "physicalLocation": { "artifactLocation": { "uri": source.name }, "region": region } })
        })
        .into_iter()
        .collect();
    json!({
        "ruleId": found.code,
        "level": level,
        "message": { "text": format!("{}{help}", found.message) },
        "locations": locations,
    })
}
