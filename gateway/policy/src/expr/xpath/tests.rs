use super::*;

const ANSWER: &str = r#"<?xml version="1.0"?>
<answer xmlns="urn:x"><key id="a">first</key><key id="b">se&lt;cond</key>
 <ns:status code="7">ok <b>bold</b></ns:status><empty/></answer>"#;

fn found(path: &str, tree: &Tree<'_>) -> String {
    match XPath::new(path).run(tree) {
        Ok(found) => found.text(tree),
        Err(cause) => format!("refused: {cause}"),
    }
}

#[test]
fn paths_predicates_and_functions() {
    let tree = Tree::xml(ANSWER.as_bytes()).unwrap();
    for (path, wanted) in [
        ("/answer/key", "first"),
        ("//key[2]", "se<cond"),
        ("//key[@id='b']", "se<cond"),
        ("//key[last()]/@id", "b"),
        ("answer/key[. = 'first']/@id", "a"),
        ("//status", "ok bold"),
        ("//ns:status/@code", "7"),
        ("//status/text()", "ok "),
        ("//status/*", "bold"),
        ("//b/..", "ok bold"),
        ("string(//nothing)", ""),
        ("count(//key)", "2"),
        ("count(//key) > 1", "true"),
        ("boolean(//empty)", "true"),
        ("not(//other)", "true"),
        ("//key = 'se<cond'", "true"),
        ("//status[@code >= 7 and contains(., 'bold')]/@code", "7"),
        ("concat(name(/*), '-', local-name(//status))", "answer-status"),
        ("normalize-space(//status)", "ok bold"),
        ("string-length(//key[1])", "5"),
        ("descendant::key[position() = 2]/@id", "b"),
        ("/", "firstse<cond\n ok bold"),
    ] {
        assert_eq!(found(path, &tree).trim(), wanted.trim(), "{path}");
    }
}

#[test]
fn markup_is_what_was_written() {
    let tree = Tree::xml(ANSWER.as_bytes()).unwrap();
    let markup = |path| XPath::new(path).run(&tree).unwrap().markup(&tree);
    assert_eq!(markup("//key"), r#"<key id="a">first</key><key id="b">se&lt;cond</key>"#);
    assert_eq!(markup("//empty"), "<empty/>");
    assert_eq!(markup("//key/@id"), "ab");
}

#[test]
fn json_members_are_elements_and_arrays_repeat() {
    let tree = Tree::json(br#"{"ok":true,"user":{"name":"a b","ids":[1,2.5,"x"]},"none":null}"#).unwrap();
    assert_eq!(found("/user/name", &tree), "a b");
    assert_eq!(found("/user/ids[2]", &tree), "2.5");
    assert_eq!(found("count(//ids)", &tree), "3");
    assert_eq!(found("/ok = 'true'", &tree), "true");
    assert_eq!(found("/none", &tree), "");
}

#[test]
fn what_is_not_read_says_so() {
    let tree = Tree::xml(b"<a/>").unwrap();
    for path in
        ["", "//", "/a[", "a | b", "following::a", "sum(//a)", "1 + 1", "a[b", "'a", "count()", "count(1)"]
    {
        assert!(found(path, &tree).starts_with("refused"), "{path}");
    }
    assert!(found(&"(".repeat(1000), &tree).starts_with("refused"));
    assert!(found(&"/a".repeat(1000), &tree).starts_with("refused"));
}

#[test]
fn broken_or_hostile_documents_are_refused() {
    let bomb = format!("<!DOCTYPE a [<!ENTITY b \"{}\">]><a>&b;</a>", "x".repeat(100));
    let deep = "<a>".repeat(1000);
    let wide = format!("<a>{}</a>", "<b/>".repeat(crate::limits::TREE_NODES));
    for document in ["", "text", "<a", "<a>", "<a></b>", "<a/><b/>", "<a>&x;</a>", &bomb, &deep, &wide] {
        assert!(Tree::xml(document.as_bytes()).is_err(), "{}", document.get(..20).unwrap_or(document));
    }
    assert!(Tree::json(b"{\"a\":").is_err());
    assert!(Tree::json("[".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn nested_searches_end() {
    let document = format!("<a>{}</a>", "<b>x</b>".repeat(2_000));
    let tree = Tree::xml(document.as_bytes()).unwrap();
    assert!(found("//*[//*[//*[. = 'y']]]", &tree).starts_with("refused"));
}
