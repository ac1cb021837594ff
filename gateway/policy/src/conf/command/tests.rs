use super::*;
use crate::conf::lex::Lexer;

fn read(text: &str) -> (Resolved, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let line = Lexer::new(text, 0).next().expect("a line");
    let resolved = resolve(&line, 0, &mut diagnostics);
    (resolved, diagnostics)
}

/// Verb, object and values by name; or what it is otherwise.
fn seen(text: &str) -> String {
    let (resolved, diagnostics) = read(text);
    let codes: String = diagnostics.iter().map(|diagnostic| format!(" [{}]", diagnostic.code)).collect();
    let shown = match resolved {
        Resolved::Kept(words) => format!("kept {words}"),
        Resolved::Refused => "refused".to_owned(),
        Resolved::Known(command) => {
            let values = |field: &Field| field.values.iter().map(Token::text).collect::<Vec<_>>().join(",");
            let fields: Vec<_> = command
                .fields
                .iter()
                .map(|field| format!("{}={}", field.name.unwrap_or("?"), values(field)))
                .collect();
            format!("{:?} {}: {}", command.verb, command.shape.path, fields.join(" "))
        }
    };
    shown + &codes
}

#[test]
fn values_are_sorted_by_position_and_name() {
    assert_eq!(
        seen("add responder policy p true NOOP -LOGACTION m"),
        "Add responder policy: name=p rule=true action=NOOP logAction=m"
    );
    assert_eq!(
        seen("ADD Responder Action a respondwithhtmlpage pg -headers A(b) C(d)"),
        "Add responder action: name=a type=respondwithhtmlpage target=pg headers=A(b),C(d)"
    );
    assert_eq!(seen("set responder policy p -rule false"), "Set responder policy: name=p rule=false");
    assert_eq!(seen("unset responder policy p -undefAction"), "Unset responder policy: name=p undefAction=");
    assert_eq!(
        seen("add ns assignment a -variable $v -clear"),
        "Add ns assignment: name=a variable=$v clear="
    );
}

#[test]
fn unique_prefixes_are_the_words_they_begin() {
    assert_eq!(seen("add pol expression e true"), "Add policy expression: name=e value=true");
    assert_eq!(seen("bind lb vs v -pol p"), "Bind lb vserver: name=v policyName=p");
    assert_eq!(seen("enable feature RESPONDER AAA"), "Enable ns feature: feature=RESPONDER,AAA");
    assert_eq!(seen("ena ns fea LB"), "Enable ns feature: feature=LB");
    assert_eq!(seen("add ns assignment a -var $v -s 1"), "refused [ambiguous]");
    assert_eq!(seen("add re policy p"), "refused [ambiguous]");
    assert_eq!(seen("s responder policy p"), "refused [ambiguous]");
}

#[test]
fn what_is_not_in_the_table_is_kept() {
    assert_eq!(seen("add lb monitor m HTTP -x 1"), "kept add lb monitor");
    assert_eq!(seen("show ns version"), "kept show ns version");
    assert_eq!(seen("hello there"), "kept hello there");
    assert_eq!(seen("bind lb monitor m s"), "kept bind lb monitor");
    assert_eq!(
        seen("add responder policy p true NOOP -shiny 1"),
        "Add responder policy: name=p rule=true action=NOOP ?=1 [unknown-parameter]"
    );
}

#[test]
fn a_wrong_number_of_values_refuses_the_line() {
    assert_eq!(seen("add responder policy p true NOOP RESET too"), "refused [too-many-values]");
    assert_eq!(seen("set responder policy p -rule a b"), "refused [too-many-values]");
    assert_eq!(seen("set responder policy p -rule"), "refused [missing-value]");
    assert_eq!(seen("add ns assignment a -variable $v -clear now"), "refused [too-many-values]");
}

#[test]
fn a_command_is_told_from_the_rest_of_a_value() {
    assert!(begins("  add lb vserver x"));
    assert!(begins("SET responder policy"));
    assert!(!begins("add milk to the tea"));
    assert!(!begins("add"));
}

#[test]
fn every_row_has_its_group_and_type_among_the_words() {
    for shape in SHAPES {
        let (group, kind) = shape.path.split_once(' ').expect("group and type");
        let kinds = GROUPS.iter().find(|(name, _)| *name == group).map(|(_, kinds)| *kinds);
        assert!(
            kinds.is_some_and(|kinds| kinds.split_ascii_whitespace().any(|word| word == kind)),
            "{shape:?}"
        );
    }
}

#[test]
fn a_slip_of_the_finger_is_told() {
    for (line, meant) in [
        ("add responder polcy p true NOOP", "policy"),
        ("add respnder policy p true NOOP", "responder"),
        ("dad responder policy p true NOOP", "add"),
        ("bind lb vsevrer v -policyName p -priority 1", "vserver"),
    ] {
        let (resolved, diagnostics) = read(line);
        assert!(matches!(resolved, Resolved::Kept(_)), "{line}");
        let told: Vec<_> = diagnostics.iter().map(|told| (told.code, told.help.as_str())).collect();
        assert_eq!(told, [("misspelt-command", format!("did you mean `{meant}`?").as_str())], "{line}");
    }
    for other in ["add lb monitor m TCP", "add some thing else", "hello world", "set quantum entanglement on"]
    {
        assert!(read(other).1.is_empty(), "{other}");
    }
}
