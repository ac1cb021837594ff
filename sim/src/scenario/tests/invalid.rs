//! Broken files and what is said about them.

use std::path::{Path, PathBuf};

use super::{Files, VOCABULARY, loaded, with_world};
use crate::scenario::diagnostic::{render, to_json};
use crate::scenario::load;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invalid")
}

/// Every broken file gives exactly the message beside it.
#[test]
fn broken_files_say_what_is_wrong() {
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "kdl"));
    names.sort();
    assert!(names.len() >= 10, "{names:?}");
    let mut stale = Vec::new();
    for path in names {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let files = Files::with(&name, &std::fs::read_to_string(&path).unwrap());
        let found = load(&name, &files, &VOCABULARY).expect_err(&name);
        let told = render(&found);
        let snapshot = path.with_extension("txt");
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&snapshot, &told).unwrap();
        }
        if std::fs::read_to_string(&snapshot).unwrap_or_default() != told {
            stale.push(format!("{name}:\n{told}"));
        }
    }
    assert!(stale.is_empty(), "other than the snapshots:\n{}", stale.join("\n"));
}

#[test]
fn editors_get_line_column_and_length() {
    let found = loaded(&with_world("receiver \"desk\" {\n    lunch \"Notepad\"\n}")).unwrap_err();
    let json = to_json(&found);
    assert_eq!(
        json[0],
        serde_json::json!({
            "severity": "error",
            "code": "scn-unknown-word",
            "message": "`lunch` is not a word of the language among the steps of a `receiver`",
            "help": "did you mean `launch`?",
            "file": "test.kdl",
            "line": 5,
            "column": 5,
            "length": 5,
        })
    );
}

#[test]
fn carets_stand_under_characters_not_bytes() {
    let found = loaded("scenario \"é\" { wobble }\n").unwrap_err();
    assert_eq!((found[0].column, found[0].length), (16, 6), "{found:?}");
}

#[test]
fn hostile_sizes_are_refused_before_parsing() {
    let deep = format!("scenario \"s\" {}", "{ a ".repeat(100_000));
    let comments = "/*".repeat(100_000);
    let large = format!("// {}", "x".repeat(300_000));
    for text in [deep, comments, large] {
        assert_eq!(loaded(&text).unwrap_err()[0].code, "scn-too-large");
    }
    let values = "- 1\n".repeat(9);
    let body = format!("matrix a {{\n{values}}}\nmatrix b {{\n{values}}}\n");
    assert_eq!(loaded(&with_world(&body)).unwrap_err()[0].code, "scn-too-large");
}
