use proptest::prelude::*;

use super::*;

/// What a document reads as, in the writer's own canonical form.
fn seen(document: &str, rules: &Rules<'_>) -> Result<String, XmlError> {
    read(document.as_bytes(), rules)
        .map(|root| write(&root, Prolog::Bare).expect("what was read can be written"))
}

fn plain(document: &str) -> Result<String, XmlError> {
    seen(document, &Rules::default())
}

fn doctype(document: &str) -> Result<String, XmlError> {
    seen(document, &Rules { doctype: Some("r"), ..Rules::default() })
}

#[test]
fn references_and_cdata_become_text() {
    assert_eq!(plain("<r>&lt;&#65;&#x42;<![CDATA[&amp;]]>&apos;</r>").unwrap(), "<r>&lt;AB&amp;amp;'</r>");
    assert_eq!(plain("<?xml version='1.0'?><!-- c --><r a='&quot;\n'/> ").unwrap(), "<r a=\"&quot; \"/>");
}

#[test]
fn namespaces_are_matched_by_uri() {
    let root = read(
        b"<s:E xmlns:s='urn:a' xmlns:x='urn:x' x:type='t'><s:B><c xmlns='urn:b'/></s:B></s:E>",
        &Rules::default(),
    )
    .unwrap();
    assert!(root.is("urn:a", "E"));
    assert_eq!(root.attribute("type"), None);
    let inner = root.find("c").unwrap().unwrap();
    assert!(inner.is("urn:b", "c"));
    assert_eq!(plain("<s:E/>"), Err(XmlError::Namespace));
    assert_eq!(plain("<r s:a=''/>"), Err(XmlError::Namespace));
}

#[test]
fn one_root_and_nothing_after_it() {
    for document in ["", " ", "<!-- -->", "<r/><r/>", "<r/>x", "x<r/>", "<r/>&#65;", "<r/><![CDATA[ ]]>"] {
        assert_eq!(plain(document), Err(XmlError::Root), "{document}");
    }
    for document in ["<r>", "<r></s>", "</r>", "<r><?pi?></r>", " <?xml version='1.0'?><r/>", "<r>]]></r>"] {
        assert_eq!(plain(document), Err(XmlError::Syntax), "{document}");
    }
    assert_eq!(plain("<?xml version='1.1'?><r/>"), Err(XmlError::Syntax));
}

#[test]
fn unknown_entities_and_forbidden_characters_are_refused() {
    for document in
        ["<r>&x;</r>", "<r a='&x;'/>", "<r>&#1;</r>", "<r>&#xFFFF;</r>", "<r a='&#0;'/>", "<r a='&lt'/>"]
    {
        assert_eq!(plain(document), Err(XmlError::Entity), "{document}");
    }
    assert_eq!(plain("<r>\u{1}</r>"), Err(XmlError::Forbidden));
    assert_eq!(plain("<1/>"), Err(XmlError::Name));
    assert_eq!(plain("<r a='1' a='2'/>"), Err(XmlError::Attribute));
    assert_eq!(plain("<r a='<'/>"), Err(XmlError::Attribute));
    assert_eq!(read(b"<r>\xff</r>", &Rules::default()), Err(XmlError::Encoding));
}

#[test]
fn a_bare_doctype_of_the_expected_root_is_accepted() {
    for declaration in ["r", "r SYSTEM \"r.dtd\"", "r SYSTEM 'r.dtd' []", "r [ ]", "r []"] {
        assert_eq!(doctype(&format!("<!DOCTYPE {declaration}><r/>")).unwrap(), "<r/>", "{declaration}");
        assert_eq!(plain(&format!("<!DOCTYPE {declaration}><r/>")), Err(XmlError::Doctype));
    }
}

#[test]
fn every_other_doctype_is_refused() {
    for declaration in [
        "s",
        "r2",
        "r PUBLIC 'a' 'b'",
        "r SYSTEM",
        "r SYSTEM 'a' 'b'",
        "r [<!ENTITY x 'y'>]",
        "r [%x;]",
        "r SYSTEM 'a' [<!-- -->]",
    ] {
        assert_eq!(
            doctype(&format!("<!DOCTYPE {declaration}><r/>")),
            Err(XmlError::Doctype),
            "{declaration}"
        );
    }
    assert_eq!(doctype("<!DOCTYPE r><!DOCTYPE r><r/>"), Err(XmlError::Doctype));
    assert_eq!(doctype("<r><!DOCTYPE r></r>"), Err(XmlError::Doctype));
}

#[test]
fn latin1_is_read_only_where_allowed() {
    let document = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><r>\xe9</r>";
    assert_eq!(read(document, &Rules::default()), Err(XmlError::Encoding));
    let root = read(document, &Rules { latin1: true, ..Rules::default() }).unwrap();
    assert_eq!(root.text(), "é");
    assert_eq!(plain("<?xml version='1.0' encoding='utf-16'?><r/>"), Err(XmlError::Encoding));
}

#[test]
fn every_limit_holds() {
    let limits = Limits { bytes: 100, depth: 2, elements: 3, attributes: 2, text_bytes: 4 };
    let check = |document: &str| seen(document, &Rules { limits, ..Rules::default() });
    assert_eq!(check(&format!("<r>{}</r>", " ".repeat(100))), Err(XmlError::Limit("bytes")));
    assert_eq!(check("<r><a><b/></a></r>"), Err(XmlError::Limit("levels")));
    assert_eq!(check("<r><a/><b/><c/></r>"), Err(XmlError::Limit("elements")));
    assert_eq!(check("<r a='' b='' c=''/>"), Err(XmlError::Limit("attributes")));
    assert_eq!(check("<r a='12'>345</r>"), Err(XmlError::Limit("text")));
    assert_eq!(check("<r a='1' b='2'><a>34</a></r>").unwrap(), "<r a=\"1\" b=\"2\"><a>34</a></r>");
}

#[test]
fn single_fields_are_single() {
    let root = read(b"<r><a/><b><c/></b><a/><c/></r>", &Rules::default()).unwrap();
    assert_eq!(root.child("a"), Err(XmlError::Duplicate("a")));
    assert_eq!(root.required("z"), Err(XmlError::Missing("z")));
    assert_eq!(root.child("c").unwrap().unwrap().name(), "c");
    assert_eq!(root.find("c"), Err(XmlError::Duplicate("c")));
    assert_eq!(root.descendants().map(Element::name).collect::<String>(), "abcac");
}

#[test]
fn the_writer_refuses_what_xml_can_not_carry() {
    assert_eq!(write(&Element::leaf("r", "\u{b}"), Prolog::Bare), Err(XmlError::Forbidden));
    assert_eq!(
        write(&Element::new("r").with_attribute("a", "\u{0}"), Prolog::Bare),
        Err(XmlError::Forbidden)
    );
    assert_eq!(write(&Element::new("r").with_attribute("xmlns", "u"), Prolog::Bare), Err(XmlError::Name));
    assert_eq!(write(&Element::new("a b"), Prolog::Bare), Err(XmlError::Name));
    assert_eq!(write(&Element::new("r"), Prolog::Doctype { system: "a>b" }), Err(XmlError::Doctype));
    assert_eq!(write(&Element::new("r"), Prolog::Comment("a--b")), Err(XmlError::Syntax));
}

#[test]
fn debug_shows_no_text() {
    let shown = format!(
        "{:?}",
        Element::new("r").with(Element::leaf("Password", "hunter2").with_attribute("a", "s3"))
    );
    assert_eq!(shown, "r(Password)");
}

/// Text that XML 1.0 can carry, markup and white space included.
pub(crate) fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            Just('&'),
            Just('<'),
            Just('>'),
            Just('"'),
            Just('\''),
            Just('\r'),
            Just('\n'),
            any::<char>()
        ],
        0..12,
    )
    .prop_map(|characters| characters.into_iter().filter(|&c| is_allowed(c)).collect())
}

fn tree() -> impl Strategy<Value = Element> {
    let name = proptest::sample::select(vec!["a", "B", "c-1", "_d.e"]);
    let leaf =
        (name, proptest::option::of("urn:[a-c&]"), text(), text()).prop_map(|(name, uri, value, text)| {
            let mut element = Element::leaf(name, &text).with_attribute("v", &value);
            element.namespace = uri;
            element
        });
    leaf.prop_recursive(4, 24, 4, |inner| {
        (inner.clone(), proptest::collection::vec(inner, 0..4))
            .prop_map(|(parent, children)| parent.with_all(children))
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(root in tree()) {
        let document = write(&root, Prolog::Doctype { system: "x.dtd" }).unwrap();
        let rules = Rules { doctype: Some(root.name()), ..Rules::default() };
        prop_assert_eq!(read(document.as_bytes(), &rules), Ok(root));
    }

    #[test]
    fn no_bytes_panic(document in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&document, &Rules { doctype: Some("r"), latin1: true, limits: Limits::default() });
    }

    #[test]
    fn no_markup_soup_panics(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "<r", ">", "/>", "</r>", "<!DOCTYPE r", "[", "]", " a='", "'", "&#", ";", "&lt;", "<![CDATA[", "]]>", "<!--", "-->",
        "<?xml version='1.0'", "?>", " xmlns:s='u'", "s:", "\u{e9}", "\r\n",
    ]), 0..24)) {
        let _ = doctype(&pieces.concat());
    }
}
