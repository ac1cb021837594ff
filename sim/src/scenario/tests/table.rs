//! The table of words: consistent in itself, and with what the mocks can do.

use std::collections::BTreeSet;

use gateway_mocks::{anakam, broker, ica_host, ldap, radius, sta, storefront, syslog};

use super::{codes, good_body, with_world};
use crate::scenario::schema::{self, Block, Count, Type, Word};

#[test]
fn a_name_has_one_meaning_in_a_block() {
    for block in Block::ALL {
        let mut seen = BTreeSet::new();
        for word in schema::in_block(block) {
            assert!(seen.insert(word.name), "`{}` stands twice {}", word.name, block.place());
        }
        assert!(!seen.is_empty(), "nothing may stand {}", block.place());
    }
}

#[test]
fn only_the_last_argument_repeats_and_none_follows_an_optional_one() {
    for word in schema::all() {
        let mut optional = false;
        for (index, arg) in word.args.iter().enumerate() {
            let last = index + 1 == word.args.len();
            assert!(last || matches!(arg.count, Count::One | Count::Maybe), "`{}`", word.name);
            assert!(!optional || arg.count != Count::One, "`{}`", word.name);
            optional |= arg.count == Count::Maybe;
        }
    }
}

/// The language offers a misbehaviour exactly where the mock can act it out.
#[test]
fn misbehaviours_are_those_of_the_mocks() {
    let mocks: [(Block, &[&str]); 8] = [
        (Block::Storefront, storefront::MISBEHAVIOURS),
        (Block::Broker, broker::MISBEHAVIOURS),
        (Block::Sta, sta::MISBEHAVIOURS),
        (Block::Radius, radius::MISBEHAVIOURS),
        (Block::Ldap, ldap::MISBEHAVIOURS),
        (Block::Anakam, anakam::MISBEHAVIOURS),
        (Block::Syslog, syslog::MISBEHAVIOURS),
        (Block::IcaHost, ica_host::MISBEHAVIOURS),
    ];
    for (block, can) in mocks {
        let is_misbehaviour = |word: &&Word| word.prop("nth").is_some();
        let offered: BTreeSet<&str> =
            schema::in_block(block).filter(is_misbehaviour).map(|word| word.name).collect();
        assert_eq!(offered, can.iter().copied().collect(), "{}", block.place());
    }
}

/// The smallest statement of every word is accepted by the decoder: no word of the table is without one.
#[test]
fn every_word_is_decoded() {
    for word in schema::all() {
        for block in word.blocks {
            if let Some(text) = in_context(word, *block) {
                let found = codes(&text);
                let unexpected: Vec<_> =
                    found.iter().filter(|code| !SMALLEST_MAY_LACK.contains(code)).collect();
                assert!(unexpected.is_empty(), "`{}` {}: {found:?}\n{text}", word.name, block.place());
            }
        }
    }
}

/// What the smallest statement of a word may rightly be told: placeholder names mean nothing, and some words
/// need one property out of several.
const SMALLEST_MAY_LACK: [&str; 16] = [
    "scn-unused-matrix",
    "scn-unused-mark",
    "scn-nothing-happens",
    "scn-unknown-host",
    "scn-wrong-host",
    "scn-unknown-user",
    "scn-unknown-app",
    "scn-unknown-event",
    "scn-unknown-row",
    "scn-missing",
    "scn-either-or",
    "scn-duplicate-name",
    "scn-unknown-matrix",
    "scn-idle-link",
    "scn-no-file",
    "scn-policies",
];

/// A word with the least it needs, inside blocks that lead to it. `None` for what stands at the top of a file.
fn in_context(word: &Word, block: Block) -> Option<String> {
    let text = smallest(word);
    let inside = |holder: &str, text: &str| format!("{holder} {{\n{text}\n}}");
    let world = |text: &str| inside("world", text);
    let steps = |text: &str| inside("receiver \"desk\" user=\"alice\"", text);
    Some(with_world(&match block {
        Block::File => return None,
        Block::Scenario if word.name == "limit" => return None,
        Block::Scenario => text,
        Block::Case => inside("matrix m { - a }\ncase m=a", &text),
        Block::Matrix => inside("matrix m", &text),
        Block::World => world(&text),
        Block::Gateway => inside("set gateway \"gw\"", &text),
        Block::UserFile => inside("set gateway \"gw\"", &inside("first-factor users", &text)),
        Block::Storefront => inside("set storefront \"sf\"", &text),
        Block::Broker => inside("set broker \"xml01\"", &text),
        Block::App => inside("set broker \"xml01\"", &inside("app \"Notepad\"", &text)),
        Block::Sta => inside("set sta \"sta01\"", &text),
        Block::Radius => inside("set radius \"radius01\"", &text),
        Block::RadiusUser => inside("set radius \"radius01\"", &inside("user \"alice\"", &text)),
        Block::Ldap => world(&inside("ldap \"dc01\" base-dn=\"DC=test\"", &text)),
        Block::Anakam => world(&inside("anakam \"tfa01\" account=\"gw\" password=\"secret\"", &text)),
        Block::Syslog => world(&inside("syslog \"log01\"", &text)),
        Block::IcaHost => inside("set ica-host \"vda01\"", &text),
        Block::Steps => steps(&text),
        Block::Request => steps(&inside("post \"/\"", &text)),
        Block::At => inside("at \"1s\"", &text),
        Block::Between => inside("between \"1s\" \"2s\"", &text),
        Block::Always => inside("always", &text),
        Block::Eventually => inside("eventually within=\"1s\"", &text),
        Block::Order => inside("order", &format!("{text}\n{text}")),
    }))
}

fn smallest(word: &Word) -> String {
    let mut text = word.name.to_owned();
    if word.name == "set" {
        return "set gateway \"gw\"".to_owned();
    }
    for (index, arg) in
        word.args.iter().enumerate().filter(|(_, arg)| matches!(arg.count, Count::One | Count::Many))
    {
        text.push_str(&format!(" {}", placeholder(arg.ty, index)));
    }
    for prop in word.props.iter().filter(|prop| prop.required) {
        text.push_str(&format!(" {}={}", prop.name, placeholder(prop.ty, 0)));
    }
    if word.needs_braces {
        text.push_str(" {}");
    }
    text
}

fn placeholder(ty: Type, index: usize) -> String {
    match ty {
        Type::Text | Type::Name(_) | Type::Any => format!("\"x{index}\""),
        Type::Number | Type::Amount | Type::Port => "1".to_owned(),
        Type::Counts => "1".to_owned(),
        Type::Status => "200".to_owned(),
        Type::Flag => "#true".to_owned(),
        Type::Time | Type::Times => format!("\"{}s\"", index + 1),
        Type::Hex => "\"05\"".to_owned(),
        Type::Rate => "\"64kbit\"".to_owned(),
        Type::Moment => "\"2026-01-01T00:00:00Z\"".to_owned(),
        Type::Pattern => "\"^x\"".to_owned(),
        Type::Choice(words) => words().first().map(|word| (*word).to_owned()).unwrap_or_default(),
    }
}

#[test]
fn a_setting_may_be_a_property_or_a_line() {
    let property = good_body("set gateway \"gw\" session-idle=\"5m\"");
    let line = good_body("set gateway \"gw\" { session-idle \"5m\" }");
    assert_eq!(property.variants, line.variants);
}
