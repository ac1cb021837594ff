//! Properties: no text makes the language panic, and formatting keeps the meaning.

use proptest::prelude::*;

use super::shipped;
use super::{loaded, with_world};
use crate::scenario::{format, language_reference};

/// Texts that are right, to be damaged: every construct of the language is in one of them.
fn seeds() -> Vec<String> {
    let reference = language_reference();
    let examples = reference.split("```kdl\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut seeds: Vec<String> = examples.map(str::to_owned).collect();
    seeds.push(shipped::read("worlds/one-gateway.kdl").unwrap());
    seeds.push(with_world(
        "matrix a { - 1; - b }\ncase a=b { at \"1s\" { drop \"gw\" \"radius01\" nth=1 } } // end",
    ));
    seeds
}

/// One edit: at a place, so many characters go and some text comes.
fn edit() -> impl Strategy<Value = (prop::sample::Index, usize, String)> {
    let inserted = prop_oneof![
        Just(String::new()),
        "[ -~\\n]{1,6}",
        prop::sample::select(vec![
            "{", "}", "\"", "#\"", "\"\"\"\n", "/-", "/*", "*/", "//", "\\\n", ";", "=", "${", "${a}",
            "(u8)", "#true", "\u{feff}", "é", "\r\n",
        ])
        .prop_map(str::to_owned),
    ];
    (any::<prop::sample::Index>(), 0..8_usize, inserted)
}

fn damaged() -> impl Strategy<Value = String> {
    (prop::sample::select(seeds()), prop::collection::vec(edit(), 1..4)).prop_map(|(seed, edits)| {
        let mut chars: Vec<char> = seed.chars().collect();
        for (place, removed, inserted) in edits {
            let at = place.index(chars.len() + 1);
            let end = (at + removed).min(chars.len());
            chars.splice(at..end, inserted.chars());
        }
        chars.into_iter().collect()
    })
}

/// Formatting gives canonical text that means the same, or errors.
fn check_format(text: &str) -> Result<(), TestCaseError> {
    let Ok(once) = format(text) else { return Ok(()) };
    let twice = format(&once);
    prop_assert_eq!(twice.as_deref(), Ok(once.as_str()), "formatting twice");
    let (before, after) =
        (kdl::KdlDocument::parse_v2(text).unwrap(), kdl::KdlDocument::parse_v2(&once).unwrap());
    prop_assert_eq!(shape(&before), shape(&after), "formatting changed the document");
    match (loaded(text), loaded(&once)) {
        (Ok(before), Ok(after)) => prop_assert_eq!(before.variants, after.variants),
        (Err(_), Err(_)) => {}
        (before, after) => prop_assert!(false, "{before:?} became {after:?}"),
    }
    Ok(())
}

/// A document without its formatting: names, values, and braces; properties in the order of their names.
fn shape(document: &kdl::KdlDocument) -> Vec<String> {
    let node = |node: &kdl::KdlNode| {
        let args = node.entries().iter().filter(|entry| entry.name().is_none());
        let args: Vec<String> = args.map(|entry| format!("{:?}", entry.value())).collect();
        let named = node.entries().iter().filter_map(|entry| Some((entry.name()?.value(), entry.value())));
        let mut props: Vec<String> = named.map(|(name, value)| format!("{name}={value:?}")).collect();
        props.sort();
        let inside = node.children().map(shape);
        format!("{:?} {args:?} {props:?} {inside:?}", node.name().value())
    };
    document.nodes().iter().map(node).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        let _answered = loaded(&text).is_ok();
        check_format(&text)?;
    }

    #[test]
    fn damaged_files_are_answered(text in damaged()) {
        let _answered = loaded(&text).is_ok();
        check_format(&text)?;
    }
}

#[test]
fn right_files_mean_the_same_when_formatted() {
    for seed in seeds() {
        check_format(&seed).unwrap();
    }
}
