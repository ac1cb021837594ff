//! docs/factors.md: the pictures in it are what a run says, so they can't drift from the gateway.
//!
//! A picture stands behind `<!-- conversation: FILE -->`, and shows the first log-in of that scenario until its first
//! session. `UPDATE_DOCS=1 cargo test -p gateway-sim --test factors` draws them anew.

use std::path::{Path, PathBuf};

use gateway_sim::cli::case::{self, Case};
use gateway_sim::cli::catalogue;
use gateway_sim::run::Options;
use gateway_sim::trace::{Event, Trace, What, mermaid};

const MARK: &str = "<!-- conversation: ";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn case(file: &str) -> Case {
    let folder = root().join(catalogue::FOLDER);
    let entries = catalogue::scenarios(&[folder.join(file)]).unwrap_or_else(|_| panic!("no {file}"));
    let entry = entries.first().unwrap_or_else(|| panic!("no {file}"));
    case::load(entry).unwrap_or_else(|_| panic!("{file} is no scenario")).remove(0)
}

/// Everything about log-ins: the forms, the servers that are asked, what they say, what is decided.
fn belongs(event: &Event) -> bool {
    let told = event.what.tell();
    match &event.what {
        What::Receiver(_) => told.kind != "receiver.launch",
        What::Gateway(_) => !matches!(told.kind, "gateway.started" | "protocol.detected"),
        What::Radius(_) | What::Ldap(_) | What::Anakam(_) => true,
        _ => false,
    }
}

fn picture(file: &str) -> String {
    let outcome = case(file).outcome(&Options::seed(1)).unwrap_or_else(|_| panic!("{file} panics"));
    assert!(outcome.failures.is_empty(), "{file} does not hold");
    let Trace { events, names, ended, dropped } = outcome.trace;
    let opened = events.iter().position(|event| event.what.tell().kind == "session.created");
    let last = opened.unwrap_or_else(|| panic!("{file} opens no session"));
    // The answer that brings the session's cookie is the one behind it.
    let answer = events.iter().skip(last).position(|event| matches!(event.what, What::Receiver(_)));
    let upto = last + answer.unwrap_or_default();
    let events = events.into_iter().take(upto + 1).collect();
    mermaid::render(&Trace { events, names, ended, dropped }, belongs)
}

/// The page with every picture drawn anew.
fn drawn(page: &str) -> String {
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(file) = line.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(" -->")) else { continue };
        out.push_str("```mermaid\n");
        out.push_str(&picture(file));
        out.push_str("```\n");
        // What stood there.
        let mut behind = lines.clone();
        if behind.next() == Some("```mermaid") {
            lines = behind;
            lines.find(|line| *line == "```");
        }
    }
    out
}

#[test]
fn the_pictures_are_what_a_run_says() {
    let path = root().join("docs/factors.md");
    let page = std::fs::read_to_string(&path).expect("docs/factors.md");
    assert!(page.matches(MARK).count() >= 6, "each chain has its picture");
    let drawn = drawn(&page);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &drawn).expect("docs/factors.md can be written");
        return;
    }
    assert!(page == drawn, "docs/factors.md is stale: run with UPDATE_DOCS=1");
}
