//! The chain against a naive model of it: whatever factors say in whatever order, somebody is in only after the
//! first factor vouched for them and, where a rule concerns them, the second one did after it.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::config::{Concerns, Names};

const USERS: [&str; 3] = ["alice", "ALICE", "bob"];
const GROUPS: [&str; 2] = ["CN=Staff,DC=test", "cn=staff,dc=TEST"];

/// What a factor says, without what only a driver can make.
#[derive(Clone, Debug)]
enum Says {
    Passed { user: usize, groups: Option<Vec<usize>>, class: u8, lasts: Option<u64> },
    Asks(u8),
    Refused,
}

fn says() -> impl Strategy<Value = Says> {
    let passed = (0..USERS.len(), proptest::option::of(vec(0..GROUPS.len(), 0..2)), any::<u8>());
    prop_oneof![
        3 => (passed, proptest::option::of(1..9_u64))
            .prop_map(|((user, groups, class), lasts)| Says::Passed { user, groups, class, lasts }),
        2 => any::<u8>().prop_map(Says::Asks),
        1 => Just(Says::Refused),
    ]
}

/// Whom a rule concerns, and whether it asks anybody.
fn rule() -> impl Strategy<Value = (u8, bool)> {
    (0..4_u8, any::<bool>())
}

fn built(rules: &[(u8, bool)]) -> Vec<SecondRule> {
    let concerns = |n: u8| match n {
        0 => Concerns::Everybody,
        1 => Concerns::Users(vec!["alice".to_owned()]),
        2 => Concerns::Users(vec!["carol".to_owned()]),
        _ => Concerns::Groups(vec!["cn=Staff,dc=test".to_owned()]),
    };
    let second =
        |asks| if asks { Second::Anakam(crate::config::Anakam::for_tests()) } else { Second::Nobody };
    rules.iter().map(|(n, asks)| SecondRule { concerns: concerns(*n), second: second(*asks) }).collect()
}

/// Whether somebody needs a second factor, as a reader of the rules would find out.
fn needs_second(rules: &[(u8, bool)], user: &str, groups: Option<&[usize]>) -> bool {
    for (n, asks) in rules {
        let concerned = match n {
            0 => true,
            1 => user.eq_ignore_ascii_case("alice"),
            2 => false,
            // Not to know is to ask: nobody slips through, and nobody is let off.
            _ => groups.map_or(*asks, |groups| !groups.is_empty()),
        };
        if concerned {
            return *asks;
        }
    }
    false
}

fn word(said: &Says) -> Word<u8> {
    match said {
        Says::Passed { user, groups, class, lasts } => Word::Passed(Vouched {
            groups: groups.as_ref().map(|list| list.iter().map(|n| GROUPS[*n].to_owned()).collect()),
            class: vec![vec![*class]],
            lasts: lasts.map(Duration::from_secs),
            ..Vouched::of(USERS[*user].to_owned())
        }),
        Says::Asks(question) => Word::Asks(*question),
        Says::Refused => Word::Refused(Reason::LoginRefused),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_in_before_every_factor_said_so(
        rules in vec(rule(), 0..4),
        script in vec(says(), 1..12),
    ) {
        let built = built(&rules);
        let mut chain = Chain::default();
        let mut vouched: Option<(&str, u8, Option<u64>)> = None;
        for said in &script {
            match (std::mem::take(&mut chain).hear(word(said), &built, &Names::default()), said) {
                (Next::Refused(_), Says::Refused) => return Ok(()),
                (Next::Prompt(next, question), Says::Asks(asked)) => {
                    prop_assert_eq!(question, *asked);
                    chain = next;
                }
                (Next::Second(second, next, user), Says::Passed { user: n, groups, class, lasts }) => {
                    prop_assert!(vouched.is_none(), "the second factor is asked once");
                    prop_assert!(needs_second(&rules, USERS[*n], groups.as_deref()));
                    prop_assert!(matches!(second, Second::Anakam(_)));
                    prop_assert_eq!(&user, USERS[*n]);
                    vouched = Some((USERS[*n], *class, *lasts));
                    chain = next;
                }
                (Next::Passed(who), Says::Passed { user: n, groups, class, lasts }) => {
                    match vouched {
                        // The name is the first factor's, whatever the second one calls the user.
                        Some((user, first, limit)) => {
                            prop_assert_eq!(who.user.as_str(), user);
                            prop_assert_eq!(who.class, vec![vec![first], vec![*class]]);
                            let shorter = limit.into_iter().chain(*lasts).min();
                            prop_assert_eq!(who.lasts, shorter.map(Duration::from_secs));
                        }
                        None => {
                            prop_assert!(!needs_second(&rules, USERS[*n], groups.as_deref()));
                            prop_assert_eq!(who.user.as_str(), USERS[*n]);
                        }
                    }
                    return Ok(());
                }
                _ => prop_assert!(false, "a chain goes on as the factor says"),
            }
        }
    }
}
