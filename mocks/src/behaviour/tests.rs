use super::*;

fn story(rules: Vec<Rule>) -> Vec<&'static str> {
    let mut script = Script::new(rules);
    (0..5).map(|_| script.next(None).map_or("-", |what| what.name())).collect()
}

#[test]
fn selectors_count_from_one() {
    use Misbehaviour::{Garbage, Silent};
    assert_eq!(story(vec![]), ["-"; 5]);
    assert_eq!(story(vec![Rule::always(Silent)]), ["silent"; 5]);
    assert_eq!(story(vec![Rule::first(2, Silent)]), ["silent", "silent", "-", "-", "-"]);
    assert_eq!(story(vec![Rule::only(3, Silent)]), ["-", "-", "silent", "-", "-"]);
    assert_eq!(
        story(vec![Rule::only(1, Garbage), Rule::after(3, Silent)]),
        ["garbage", "-", "-", "silent", "silent"]
    );
}

#[test]
fn the_first_rule_that_hits_decides() {
    let rules = vec![Rule::only(2, Misbehaviour::Refuse), Rule::always(Misbehaviour::Silent)];
    assert_eq!(story(rules), ["silent", "refuse", "silent", "silent", "silent"]);
}

#[test]
fn a_switch_refuses_what_its_mock_can_not_do() {
    let switch = Switch::new("sta", &["silent", "slow"], vec![Rule::always(Misbehaviour::Silent)]).unwrap();
    let refusal = switch.replace(vec![Rule::always(Misbehaviour::Forge)]).unwrap_err();
    assert_eq!(refusal.to_string(), "the sta mock has no misbehaviour \"forge\"; it has: silent, slow");
    assert_eq!(switch.next(None), Some(Misbehaviour::Silent), "a refused change changes nothing");
    assert!(Switch::new("sta", &["silent"], vec![Rule::always(Misbehaviour::Dtd)]).is_err());
}

#[test]
fn replacing_starts_the_count_again() {
    let switch = Switch::new("sta", &["silent"], vec![]).unwrap();
    assert_eq!(switch.next(None), None);
    switch.replace(vec![Rule::only(1, Misbehaviour::Silent)]).unwrap();
    assert_eq!(switch.next(None), Some(Misbehaviour::Silent));
    assert_eq!(switch.next(None), None);
}

#[test]
fn hostile_xml_is_hostile_in_the_way_it_says() {
    let text = |what: Misbehaviour| String::from_utf8(what.hostile_xml("Root").unwrap()).unwrap();
    assert!(text(Misbehaviour::BadXml).ends_with("<Open></Root>"));
    assert!(text(Misbehaviour::Dtd).contains("<!ENTITY c \"&b;&b;"));
    assert_eq!(text(Misbehaviour::Deep).matches("<a>").count(), DEEP_XML_LEVELS);
    assert_eq!(Misbehaviour::Garbage.hostile_xml("Root"), None);
}

#[test]
fn a_rule_for_one_kind_of_request_counts_only_those() {
    let rules =
        vec![Rule::only(2, Misbehaviour::Silent).on(Operation::Redeem), Rule::only(3, Misbehaviour::Refuse)];
    let mut script = Script::new(rules);
    assert_eq!(script.next(Some(Operation::Issue)), None);
    assert_eq!(script.next(Some(Operation::Redeem)), None);
    assert_eq!(script.next(Some(Operation::Issue)), Some(Misbehaviour::Refuse), "the third of all");
    assert_eq!(script.next(Some(Operation::Redeem)), Some(Misbehaviour::Silent), "the second of its kind");
}
