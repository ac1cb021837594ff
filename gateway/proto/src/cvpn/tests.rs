use proptest::prelude::*;

use super::*;
use crate::limits::{CVPN_BODY_MAX_BYTES, CVPN_URL_MAX_BYTES};

fn page() -> CvpnUrl {
    CvpnUrl::parse("/cvpn/https/intranet.example/app/page.aspx?q=1").unwrap()
}

fn published(target: &Target) -> bool {
    ["https://intranet.example", "http://wiki.example:8080", "https://[2001:db8::1]"]
        .contains(&target.to_string().as_str())
}

fn rewritten(kind: BodyKind, body: &str) -> String {
    let page = page();
    let out = Rewriter::new(&page, &published).body(kind, body.as_bytes()).expect("small");
    String::from_utf8(out).expect("only ASCII was replaced")
}

fn html(body: &str) -> String {
    rewritten(BodyKind::Html, body)
}

fn location(value: &str) -> Result<String, Refusal> {
    Rewriter::new(&page(), &published).location(value)
}

// === paths and URLs ===

#[test]
fn a_path_stands_for_one_url() {
    for (path, url) in [
        ("/cvpn/https/intranet.example/a/b?c=d%20e", "https://intranet.example/a/b?c=d%20e"),
        ("/cvpn/http/wiki.example:8080/", "http://wiki.example:8080/"),
        ("/cvpn/https/[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("/cvpn/http/192.0.2.1/..%2f", "http://192.0.2.1/..%2f"),
    ] {
        let parsed = CvpnUrl::parse(path).unwrap();
        assert_eq!((parsed.to_string().as_str(), parsed.to_path().as_str()), (url, path));
        assert_eq!(CvpnUrl::from_url(url), Ok(parsed));
    }
}

#[test]
fn default_ports_and_empty_paths_are_normalized() {
    for (path, normal) in [
        ("/cvpn/https/h:443/", "/cvpn/https/h/"),
        ("/cvpn/http/h:80", "/cvpn/http/h/"),
        ("/cvpn/https/h?a", "/cvpn/https/h/?a"),
        ("/cvpn/http/h:443/", "/cvpn/http/h:443/"),
    ] {
        assert_eq!(CvpnUrl::parse(path).unwrap().to_path(), normal);
    }
}

#[test]
fn everything_that_reads_two_ways_is_refused() {
    for (path, refusal) in [
        ("/vpn/https/h/", Refusal::Form),
        ("/cvpn/https", Refusal::Form),
        ("/CVPN/https/h/", Refusal::Form),
        ("/cvpn//h/", Refusal::Scheme),
        ("/cvpn/HTTPS/h/", Refusal::Scheme),
        ("/cvpn/ftp/h/", Refusal::Scheme),
        ("/cvpn/https/", Refusal::Host),
        ("/cvpn/https/H/", Refusal::Host),
        ("/cvpn/https/h./", Refusal::Host),
        ("/cvpn/https/a..b/", Refusal::Host),
        ("/cvpn/https/%68/", Refusal::Host),
        ("/cvpn/https/h\\x/", Refusal::Host),
        ("/cvpn/https/h#x/", Refusal::Host),
        ("/cvpn/https/127.1/", Refusal::Host),
        ("/cvpn/https/0x7f000001/", Refusal::Host),
        ("/cvpn/https/2130706433/", Refusal::Host),
        ("/cvpn/https/[::0]/", Refusal::Host),
        ("/cvpn/https/u@h/", Refusal::UserInfo),
        ("/cvpn/https/u:p@h/", Refusal::UserInfo),
        ("/cvpn/https/h:/", Refusal::Port),
        ("/cvpn/https/h:0443/", Refusal::Port),
        ("/cvpn/https/h:0/", Refusal::Port),
        ("/cvpn/https/h:65536/", Refusal::Port),
        ("/cvpn/https/h/a b", Refusal::Path),
        ("/cvpn/https/h/a\\b", Refusal::Path),
        ("/cvpn/https/h/#a", Refusal::Path),
        ("/cvpn/https/h/\u{e9}", Refusal::Path),
        ("/cvpn/https/h/\r\nX: y", Refusal::Path),
    ] {
        assert_eq!(CvpnUrl::parse(path), Err(refusal), "{path}");
    }
    let long = format!("/cvpn/https/h/{}", "a".repeat(CVPN_URL_MAX_BYTES));
    assert_eq!(CvpnUrl::parse(&long), Err(Refusal::TooLong));
}

#[test]
fn targets_are_written_by_people() {
    let target: Target = "HTTPS://Intranet.Example:443/".parse().unwrap();
    assert_eq!(target, Target::new(Scheme::Https, "intranet.example", 443).unwrap());
    assert_eq!(
        (target.to_string().as_str(), target.authority().as_str()),
        ("https://intranet.example", "intranet.example")
    );
    assert_eq!("https://h/x".parse::<Target>(), Err(Refusal::Path));
    assert_eq!("h".parse::<Target>(), Err(Refusal::Form));
    assert_eq!("https://h:8443".parse::<Target>().unwrap().authority(), "h:8443");
}

// === Location ===

#[test]
fn redirects_to_published_targets_are_turned_around() {
    for (value, expected) in [
        ("https://intranet.example/x?y#z", "/cvpn/https/intranet.example/x?y#z"),
        ("HTTP://WIKI.example:8080", "/cvpn/http/wiki.example:8080/"),
        ("//intranet.example/x", "/cvpn/https/intranet.example/x"),
        ("/login", "/cvpn/https/intranet.example/login"),
        ("login?a:b", "/cvpn/https/intranet.example/app/login?a:b"),
        ("../x", "/cvpn/https/intranet.example/x"),
        ("?b", "/cvpn/https/intranet.example/app/page.aspx?b"),
        ("", "/cvpn/https/intranet.example/app/page.aspx?q=1"),
        ("/a/b/.", "/cvpn/https/intranet.example/a/b/"),
    ] {
        assert_eq!(location(value).as_deref(), Ok(expected), "{value}");
    }
}

#[test]
fn a_redirect_can_not_leave_its_site() {
    for value in [
        "/../../../cgi/logout",
        "../../../../cgi/logout",
        "/a/%2E%2e/.%2e/../cgi/logout",
        "./../.././cgi/logout",
    ] {
        assert_eq!(location(value).as_deref(), Ok("/cvpn/https/intranet.example/cgi/logout"), "{value}");
    }
    for (value, refusal) in [
        ("https://evil.example/", Refusal::NotPublished),
        ("//evil.example/", Refusal::NotPublished),
        ("http://intranet.example/", Refusal::NotPublished),
        ("https://intranet.example@evil.example/", Refusal::UserInfo),
        ("javascript:alert(1)", Refusal::Form),
        ("javascript://intranet.example/", Refusal::Scheme),
        ("https:/intranet.example/", Refusal::Form),
        ("/\\evil.example", Refusal::Path),
        ("/x\r\nSet-Cookie: a", Refusal::Path),
        ("/x#\u{e9}", Refusal::Path),
    ] {
        assert_eq!(location(value), Err(refusal), "{value}");
    }
}

// === bodies ===

#[test]
fn html_links_are_found_in_every_place() {
    for (body, expected) in [
        (
            "<a href=\"https://intranet.example/x?a&amp;b\">",
            "<a href=\"/cvpn/https/intranet.example/x?a&amp;b\">",
        ),
        ("<A HREF='/x'>", "<A HREF='/cvpn/https/intranet.example/x'>"),
        ("<img src=//wiki.example:8080/x>", "<img src=//wiki.example:8080/x>"),
        ("<img src=HTTP://Wiki.example:8080/x>", "<img src=/cvpn/http/wiki.example:8080/x>"),
        ("<img src=/ alt=/>", "<img src=/cvpn/https/intranet.example/ alt=/>"),
        ("<form action = ' /post'>", "<form action = ' /cvpn/https/intranet.example/post'>"),
        (
            "<video poster=/p><object data=/d><p data=/d>",
            "<video poster=/cvpn/https/intranet.example/p><object data=/cvpn/https/intranet.example/d><p data=/d>",
        ),
        ("<button formaction=/f>", "<button formaction=/cvpn/https/intranet.example/f>"),
        (
            "<img srcset='/a 1x, https://intranet.example/b 2x,/c'>",
            "<img srcset='/cvpn/https/intranet.example/a 1x, /cvpn/https/intranet.example/b 2x,/cvpn/https/intranet.example/c'>",
        ),
        (
            "<img srcset='/a, /b'>",
            "<img srcset='/cvpn/https/intranet.example/a, /cvpn/https/intranet.example/b'>",
        ),
        (
            "<meta http-equiv=Refresh content=\"0; URL='/n'\">",
            "<meta http-equiv=Refresh content=\"0; URL='/cvpn/https/intranet.example/n'\">",
        ),
        (
            "<p style=\"background:url(&quot;/b.png&quot;)\">",
            "<p style=\"background:url(&quot;/cvpn/https/intranet.example/b.png&quot;)\">",
        ),
        ("<style>a{b:url( '/c' )}</style>", "<style>a{b:url( '/cvpn/https/intranet.example/c' )}</style>"),
        (
            "<script>x=\"https://intranet.example/\"</script>",
            "<script>x=\"/cvpn/https/intranet.example/\"</script>",
        ),
        ("<base href=https://[2001:db8::1]>", "<base href=/cvpn/https/[2001:db8::1]>"),
    ] {
        assert_eq!(html(body), expected);
    }
}

#[test]
fn everything_else_stays_as_it_is() {
    for body in [
        "",
        "<",
        "<a href",
        "<a href=\"/x",
        "<a href=x><a href=#x><a href=?x><a href=''>",
        "<a href=javascript:x><a href=mailto:a@b><a href='data:,x'>",
        "<a href=https://evil.example/><a href=//evil.example>",
        "<a href=https://intranet.example@evil.example/>",
        "<a href=https://intranet.example.evil.example/>",
        "<a href=https://intranet.example%2eevil/>",
        "<a href=https:/intranet.example/><a href=https:\\\\intranet.example\\>",
        "<!-- <a href=/x> --><!DOCTYPE html SYSTEM '/x'>",
        "<title><a href=/x></title><textarea><a href=/x></textareas></textarea>",
        "<script>x='<a href=/x>'</script>",
        "<meta name=refresh content='0;url=/x'>",
        "</a href=/x>",
        "a < b href=/x>",
    ] {
        let expected = body.replace("<a href=\"/x", "<a href=\"/cvpn/https/intranet.example/x");
        assert_eq!(html(body), expected);
    }
    assert_eq!(html("<!--><a href=/x>"), "<!--><a href=/cvpn/https/intranet.example/x>");
}

#[test]
fn styles_and_scripts_are_rewritten() {
    let css = |body| rewritten(BodyKind::Css, body);
    assert_eq!(
        css("@IMPORT '/a';b{c:URL(/d)}"),
        "@IMPORT '/cvpn/https/intranet.example/a';b{c:URL(/cvpn/https/intranet.example/d)}"
    );
    assert_eq!(css("a{b:url(c.png) url(data:x)}@import url(d)"), "a{b:url(c.png) url(data:x)}@import url(d)");
    let script = |body| rewritten(BodyKind::Script, body);
    assert_eq!(
        script(r#"{"a":"https:\/\/intranet.example\/x","b":'http://wiki.example:8080'}"#),
        r#"{"a":"\/cvpn\/https\/intranet.example\/x","b":'/cvpn/http/wiki.example:8080'}"#
    );
    let untouched =
        r#"a="/x"; b="https://evil.example/"; c=`https://${h}/`; d="see https://intranet.example/""#;
    assert_eq!(script(untouched), untouched);
}

#[test]
fn media_types_decide() {
    for (value, kind) in [
        ("text/html", Some(BodyKind::Html)),
        ("Text/HTML; charset=\"UTF-8\"", Some(BodyKind::Html)),
        ("text/css;charset=windows-1252", Some(BodyKind::Css)),
        ("application/problem+json", Some(BodyKind::Script)),
        ("text/javascript", Some(BodyKind::Script)),
        ("text/html; charset=utf-16", None),
        ("text/html; charset=iso-2022-jp", None),
        ("image/png", None),
        ("", None),
    ] {
        assert_eq!(BodyKind::from_content_type(value), kind, "{value}");
    }
}

#[test]
fn bodies_are_bounded_on_both_sides() {
    let page = page();
    let rewriter = Rewriter::new(&page, &published);
    assert_eq!(rewriter.body(BodyKind::Html, &vec![b'a'; CVPN_BODY_MAX_BYTES + 1]), Err(TooLarge));
    let links = "<a src=/>".repeat(CVPN_BODY_MAX_BYTES / 9);
    assert_eq!(rewriter.body(BodyKind::Html, links.as_bytes()), Err(TooLarge));
    assert_eq!(rewriter.body(BodyKind::Html, &[0xff; 9]), Ok(vec![0xff; 9]));
    assert_eq!(rewriter.link("/x").as_deref(), Some("/cvpn/https/intranet.example/x"));
    assert_eq!(rewriter.link("x"), None);
}

// === properties ===

/// Everything in a body that can be markup, a string's end or a separator. A rewrite must keep it all, in
/// order.
fn structure(body: &[u8]) -> Vec<u8> {
    let link = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:[]/\\".contains(byte);
    body.iter().copied().filter(|byte| !link(byte)).collect()
}

/// Tag and attribute names of well-formed markup with quoted attributes.
fn names(body: &str) -> Vec<&str> {
    let tags = body.split('<').skip(1).filter_map(|tag| tag.split('>').next());
    tags.flat_map(|tag| tag.split('"').step_by(2)).map(str::trim).collect()
}

fn soup() -> impl Strategy<Value = String> {
    let pieces = vec![
        "<a href=",
        "<img srcset=",
        "<meta http-equiv=refresh content=",
        "<p style=",
        "<script>",
        "</script>",
        "<style>",
        "</style>",
        "<title>",
        "</title>",
        "<!--",
        "-->",
        ">",
        "/>",
        "\"",
        "'",
        "`",
        " ",
        "\n",
        "=",
        ",",
        "0;url=",
        "url(",
        ")",
        "@import ",
        "https://intranet.example",
        "http:",
        "https:",
        "//",
        "\\/\\/",
        "\\/",
        "/x",
        "wiki.example:8080",
        "?a&amp;b",
        "&quot;",
        "@",
        "\u{e9}",
        "x",
    ];
    proptest::collection::vec(proptest::sample::select(pieces), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn rewriting_creates_no_markup(body in soup()) {
        for kind in [BodyKind::Html, BodyKind::Css, BodyKind::Script] {
            prop_assert_eq!(structure(rewritten(kind, &body).as_bytes()), structure(body.as_bytes()));
        }
    }

    #[test]
    fn tags_and_attributes_keep_their_names(links in proptest::collection::vec(("(href|src|alt|style)", "[^\"<>]{0,12}"), 0..6)) {
        let body: String = links.iter().map(|(name, value)| format!("<a {name}=\"{value}\"><b {name}=\"/{value}\">")).collect();
        let after = html(&body);
        prop_assert_eq!(names(&after), names(&body));
    }

    #[test]
    fn no_bytes_panic(body: Vec<u8>) {
        let page = page();
        let rewriter = Rewriter::new(&page, &|_| true);
        for kind in [BodyKind::Html, BodyKind::Css, BodyKind::Script] {
            prop_assert_eq!(structure(&rewriter.body(kind, &body).unwrap()), structure(&body));
        }
    }

    #[test]
    fn accepted_paths_read_back(path in "/cvpn/https?/[a-z0-9.:@%\\[\\]-]{0,12}(/[!-~]{0,8})?") {
        if let Ok(url) = CvpnUrl::parse(&path) {
            prop_assert_eq!(CvpnUrl::parse(&url.to_path()), Ok(url.clone()));
            prop_assert_eq!(CvpnUrl::from_url(&url.to_string()), Ok(url));
        }
    }

    #[test]
    fn redirects_stay_below_published_targets(value in "(https?:)?/{0,2}[a-z.%2Ee/:@?#]{0,16}", any: String) {
        for value in [value, any] {
            if let Ok(ours) = location(&value) {
                let path = ours.split('#').next().unwrap_or_default();
                let url = CvpnUrl::parse(path).expect("what we send we accept");
                prop_assert!(published(url.target()));
                let path = url.path_and_query().split('?').next().unwrap_or_default().to_ascii_lowercase();
                prop_assert!(path.replace("%2e", ".").split('/').all(|segment| segment != ".."));
            }
        }
    }
}
