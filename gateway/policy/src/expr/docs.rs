//! The part of docs/policy.md that follows from the code: every function, and the switches.
//!
//! The file in the repository is compared by a test, so it cannot drift; `UPDATE_DOCS=1 cargo test -p
//! gateway-policy` writes it anew.

use std::fmt::Write as _;

use super::table::{self, Function, Gives};
use crate::{
    switches::{OUT_OF_REACH, Switches},
    value::Type,
};

// Writing to a String cannot fail, hence `let _` below.

/// A table of switches and one of functions for every type, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut out = String::new();
    let _ = writeln!(out, "## Switches\n\n| Switch | Question | Values, the default first |\n|---|---|---|");
    for switch in Switches::default().list() {
        let values = switch
            .values
            .iter()
            .map(|(word, says)| format!("`{word}`: {says}"))
            .collect::<Vec<_>>()
            .join("<br>");
        let _ = writeln!(out, "| `{}` | {} | {} |", switch.name, cell(switch.question), cell(&values));
    }
    let _ = writeln!(out, "\nLeft open as well, and out of reach of a switch:\n");
    for (question, why) in OUT_OF_REACH {
        let _ = writeln!(out, "- {question} Here {why}.");
    }
    let (evaluated, known) = (table::rows().filter(|row| row.is_evaluated()).count(), table::rows().count());
    let _ = writeln!(
        out,
        "\n## Functions\n\n{evaluated} of {known} are evaluated. The rest is read, reported as *not evaluated*, and \
         undefined. **Sure** says how sure we are of a meaning: *vendor* documents it, *practice* relies on it, \
         *inferred* is our conclusion."
    );
    for (title, kinds) in SECTIONS {
        section(&mut out, title, kinds);
    }
    out
}

/// Functions stand in the section of the first type they apply to.
const SECTIONS: &[(&str, &[&str])] = &[
    ("Roots", &[""]),
    ("Request and response", &["HTTP", "HTTP.REQ", "HTTP.RES", "HTTP.REQ.CACHE_CONTROL"]),
    ("Client", &["CLIENT", "CLIENT.IP", "CLIENT.TCP", "CLIENT.SSL", "VSERVER"]),
    ("System", &["SYS"]),
    ("User", &["AAA", "AAA.USER", "AAA.LOGIN"]),
    ("Text", &["text"]),
    ("Methods, URLs and host names (text as well)", &["method", "url", "hostname"]),
    ("Headers (text as well)", &["header"]),
    ("Lists and name-value lists (text as well)", &["list", "nvlist"]),
    ("Booleans", &["bool"]),
    ("Numbers", &["num"]),
    ("Addresses", &["ip"]),
    ("Times", &["time"]),
];

fn section(out: &mut String, title: &str, kinds: &[&str]) {
    let rows: Vec<&Function> =
        table::rows().filter(|row| row.on.first().is_some_and(|on| kinds.contains(&on.name()))).collect();
    let _ = writeln!(out, "\n### {title}\n\n| On | Function | Gives | Sure | |\n|---|---|---|---|---|");
    for row in rows {
        let on: Vec<&str> = row.on.iter().map(|on| on.name()).filter(|name| !name.is_empty()).collect();
        let note = match (row.is_evaluated(), row.note) {
            (true, note) => note.to_owned(),
            (false, "") => "*not evaluated*".to_owned(),
            (false, note) => format!("*not evaluated*: {note}"),
        };
        let signature = table::signature(row);
        let (gives, sure) = (gives(row), row.evidence.name());
        let _ = writeln!(
            out,
            "| {} | `{}` | {gives} | {sure} | {} |",
            on.join(", "),
            cell(&signature),
            cell(&note)
        );
    }
}

fn gives(row: &Function) -> &'static str {
    match row.gives {
        Gives::Is(Type::Unmodelled) => "anything",
        Gives::Is(kind) => kind.name(),
        Gives::Same => "the same",
        Gives::Number => "number",
        Gives::Callout => "what it returns",
        Gives::Path => "bool, double or text",
    }
}

/// Bars would end a table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
