//! Names against examples, and against what must hold for any of them.

use proptest::prelude::*;

use super::*;

fn corp(others: OtherDomains, asked: Spelling) -> Names {
    Names::new(["CORP", "corp.example.com"], others, asked).unwrap()
}

#[test]
fn one_user_in_every_spelling_of_the_site() {
    let names = corp(OtherDomains::Refused, Spelling::Bare);
    for typed in [
        "alice",
        "ALICE",
        " alice ",
        r"CORP\alice",
        r"corp\Alice",
        "alice@corp.example.com",
        "Alice@CORP.EXAMPLE.COM",
        "alice@CORP",
        r"Corp.Example.Com\alice",
        // Full-width letters, a soft hyphen, a zero-width space.
        "ａｌｉｃｅ",
        "al\u{ad}ice",
        "CO\u{200b}RP\\alice",
    ] {
        assert_eq!(names.account(typed), names.account("alice"), "{typed:?}");
        assert!(names.asked(typed).is_ok_and(|asked| !asked.contains(SEPARATORS)), "{typed:?}");
    }
}

#[test]
fn other_domains_are_refused_or_apart_and_never_the_same() {
    let refusing = corp(OtherDomains::Refused, Spelling::Bare);
    let keeping = corp(OtherDomains::Apart, Spelling::Bare);
    for typed in [
        r"LAB\alice",
        "alice@lab.example.com",
        r"CORP2\alice",
        "alice@corp.example.com.",
        // Whose domain is that?
        r"LAB\CORP\alice",
        r"CORP\LAB\alice",
        r"CORP\alice@lab.example.com",
        r"LAB\alice@corp.example.com",
        "alice@lab@corp.example.com",
        "lab＼alice",
        r"\alice",
        "@alice",
        r"CORP\",
        "@corp.example.com",
    ] {
        assert_eq!(refusing.asked(typed), Err(Reason::DomainUnknown), "{typed:?}");
        assert_eq!(keeping.asked(typed), Ok(typed));
        assert_ne!(keeping.account(typed), keeping.account("alice"), "{typed:?}");
    }
}

#[test]
fn what_is_asked_is_what_the_site_wants() {
    let bare = corp(OtherDomains::Refused, Spelling::Bare);
    assert_eq!(bare.asked(r"CORP\Alice"), Ok("Alice"));
    assert_eq!(bare.asked("Alice"), Ok("Alice"));
    let typed = corp(OtherDomains::Refused, Spelling::Typed);
    assert_eq!(typed.asked(r"CORP\Alice"), Ok(r"CORP\Alice"));
    assert_eq!(typed.asked(r"LAB\alice"), Err(Reason::DomainUnknown));
    assert_eq!(typed.account(r"CORP\Alice"), typed.account("alice"));
}

#[test]
fn without_domains_names_are_whole() {
    let names = Names::default();
    assert_eq!(names.asked(r"CORP\alice"), Ok(r"CORP\alice"));
    assert_ne!(names.account(r"CORP\alice"), names.account("alice"));
    assert!(names.is_one("José", "JOSE\u{301}"));
    assert!(!names.is_one("josé", "jose"));
    assert_eq!(names.asked("\u{200b}"), Err(Reason::LoginRefused), "nobody can see whose that is");
}

#[test]
fn what_is_no_domain_is_refused() {
    for text in ["", " ", r"CORP\", "@corp.example.com", "\u{ad}"] {
        let made = Names::new([text], OtherDomains::Refused, Spelling::Bare);
        assert_eq!(made.err(), Some(DomainError(text.to_owned())), "{text:?}");
    }
}

/// Names as attackers make them: few letters, so that they meet, and everything that may be taken for nothing.
fn name() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        proptest::sample::select(vec![
            "a", "A", "ａ", "é", "e\u{301}", "\u{ad}", " ", "\\", "@", "＼", "corp", "x",
        ]),
        0..7,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn folding_again_changes_nothing(text in any::<String>()) {
        prop_assert_eq!(fold(&fold(&text)), fold(&text));
    }

    #[test]
    fn who_is_asked_about_is_whose_account_it_is(typed in name(), spelling in 0..2_usize, others in 0..2_usize) {
        let spelling = [Spelling::Bare, Spelling::Typed][spelling];
        let others = [OtherDomains::Refused, OtherDomains::Apart][others];
        let names = Names::new(["corp"], others, spelling).unwrap();
        if let Ok(asked) = names.asked(&typed) {
            prop_assert_eq!(names.account(asked), names.account(&typed));
            prop_assert!(!names.account(asked).0.is_empty());
        }
    }

    #[test]
    fn a_domain_of_the_site_changes_nobody(bare in "[a-zA-Zé]{1,8}") {
        let names = Names::new(["corp"], OtherDomains::Refused, Spelling::Bare).unwrap();
        for (spelling, is_one) in [
            (format!("CORP\\{bare}"), true),
            (format!("{bare}@Corp"), true),
            (format!("{bare}@corp2"), false),
        ] {
            prop_assert_eq!(names.is_one(&spelling, &bare), is_one);
        }
    }

    #[test]
    fn accounts_that_are_one_are_spelt_as_one(one in name(), other in name()) {
        let names = Names::new(["corp"], OtherDomains::Apart, Spelling::Bare).unwrap();
        // A second reading, written for no speed: cut the domain off, then compare.
        let plain = |name: &str| {
            let folded = fold(name);
            let own = folded.strip_prefix("corp\\").or_else(|| folded.strip_suffix("@corp")).unwrap_or(&folded);
            let is_bare = !own.trim().is_empty() && !own.contains(['\\', '@']);
            if is_bare { own.trim().to_owned() } else { folded.clone() }
        };
        // Full-width separators make no domain.
        if !one.contains('＼') && !other.contains('＼') {
            prop_assert_eq!(names.is_one(&one, &other), plain(&one) == plain(&other), "{} {}", plain(&one), plain(&other));
        }
    }
}
