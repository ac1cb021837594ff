use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::CommandFactory;

use super::catalogue::Entry;
use super::table::{Look, Table};
use super::*;

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_worst_ending_wins() {
    assert!(Exit::Passed < Exit::Failed && Exit::Failed < Exit::Invalid);
    assert!(Exit::Invalid < Exit::Invariant && Exit::Invariant < Exit::Nondeterministic);
    assert!(Exit::Nondeterministic < Exit::Simulator);
}

#[test]
fn entries_know_their_names_and_what_they_are() {
    let entry = |file: &str| Entry { root: PathBuf::from("/x/scenarios"), file: file.to_owned() };
    assert_eq!(entry("login/challenge.kdl").name(), "login/challenge");
    assert_eq!(entry("login/challenge.kdl").shown(), "scenarios/login/challenge.kdl");
    assert!(entry("login/challenge.kdl").is_scenario() && entry("first.kdl").is_scenario());
    for other in ["worlds/a.kdl", "fragments/a.kdl", "invalid/deep/a.kdl"] {
        assert!(!entry(other).is_scenario(), "{other}");
    }
}

#[test]
fn a_pool_keeps_the_order_whatever_finishes_first() {
    let items: Vec<u32> = (0..100).collect();
    let threads = NonZeroUsize::new(4).expect("four");
    let doubled = pool::each(&items, threads, |item| item * 2, |_| {});
    assert_eq!(doubled, items.iter().map(|item| item * 2).collect::<Vec<_>>());
}

#[test]
fn a_table_lines_up_and_has_colours_only_when_asked() {
    let mut table = Table::new(["name", "ms"]);
    table.row([("a".into(), Look::Good), ("5".into(), Look::Number)]);
    table.row([("longer".into(), Look::Bad), ("1234".into(), Look::Number)]);
    assert_eq!(table.render(false), "name      ms\na          5\nlonger  1234\n");
    assert!(table.render(true).contains("\x1b[31mlonger\x1b[0m"));
}
