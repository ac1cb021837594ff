//! The files that the repository ships: worlds, fragments, the generated reference, the template.

use std::path::{Path, PathBuf};

use super::{Files, NAME, VOCABULARY, good};
use crate::scenario::plan::{FirstFactor, StepKind};
use crate::scenario::{diagnostic, format, language_reference, load, new_template};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(super) fn read(name: &str) -> Result<String, String> {
    std::fs::read_to_string(repository().join("scenarios").join(name))
        .map_err(|error| error.kind().to_string())
}

#[test]
fn the_reference_is_the_generated_one() {
    let path = repository().join("docs/scenario-language.md");
    let generated = language_reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == generated, "docs/scenario-language.md is stale: run with UPDATE_DOCS=1");
}

/// Every example of the reference is right, and in canonical form.
#[test]
fn the_examples_of_the_reference_are_right() {
    let reference = language_reference();
    let examples: Vec<&str> =
        reference.split("```kdl\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 4, "{}", examples.len());
    for example in examples {
        good(example);
        assert_eq!(format(example).as_deref(), Ok(example));
    }
}

#[test]
fn worlds_and_fragments_are_canonical() {
    for name in ["worlds/one-gateway.kdl", "worlds/local-users.kdl", "fragments/logged-in.kdl"] {
        let text = read(name).unwrap();
        assert_eq!(format(&text).as_deref(), Ok(text.as_str()), "{name}");
    }
}

#[test]
fn the_world_with_local_users_asks_no_radius() {
    let loaded =
        good("scenario \"s\" { use \"worlds/local-users.kdl\"; receiver \"desk\" { login user=\"carol\" } }");
    let gateway = loaded.variants[0].world.gateway("gw").unwrap();
    assert_eq!(gateway.first_factor, Some(FirstFactor::Users(Vec::new())));
    assert_eq!(gateway.stas[0].value, "sta01", "the rest of the gateway stays");
}

#[test]
fn the_template_is_right_for_any_title() {
    for title in ["first", "a \"quoted\" \\ one", "line\nbreak\u{202e}", "#\"raw\"#", "${matrix"] {
        let text = new_template(title);
        let files = Files::with(NAME, &text);
        let loaded =
            load(NAME, &files, &VOCABULARY).unwrap_or_else(|found| panic!("{}", diagnostic::render(&found)));
        assert_eq!(format(&text).as_deref(), Ok(text.as_str()));
        let plan = &loaded.variants[0];
        assert!(
            matches!(plan.receivers[0].steps[0].kind, StepKind::Login { .. }),
            "the fragment's steps are in"
        );
        assert!(loaded.warnings.is_empty());
    }
    assert_eq!(good(&new_template("first")).variants[0].title.value, "first");
}
