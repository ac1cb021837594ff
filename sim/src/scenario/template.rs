//! The scenario that `sim new` starts from: short, complete, and it passes.

/// A new scenario file with this title, in canonical form.
pub fn new_template(name: &str) -> String {
    // A title is any text: whatever would end the string or start an escape goes in escaped.
    let title: String = name.chars().flat_map(escaped).collect();
    format!(
        r#"// Words and properties: docs/scenario-language.md
scenario "{title}" {{
    use "worlds/one-gateway.kdl"

    receiver "laptop" user="alice" {{
        use "fragments/logged-in.kdl"
        apps
        expect app "Notepad"
        launch "Notepad"
        connect
        type "hello"
        expect echo "hello" within="1s"
        logout
    }}

    expect sta "sta01" redeemed=1
}}
"#
    )
}

fn escaped(c: char) -> Vec<char> {
    match c {
        '"' | '\\' => vec!['\\', c],
        // KDL allows no control or direction characters outside escapes; a title needs none.
        _ if c.is_control() || ('\u{200e}'..='\u{206f}').contains(&c) || c == '\u{feff}' => vec![' '],
        _ => vec![c],
    }
}
