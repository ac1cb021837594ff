use super::*;

const LOGIN: &str = r#"<!doctype html><html><head><title>Gateway</title><style>form { <input name=x> }</style></head>
<body><!-- <form action="/old"><input name="old"></form> --><h1>Welcome &amp; hello</h1>
<form method="post" action="/cgi/login">
<input type="hidden" name="token" value="a&quot;b&#x41;">
<label>User name <input name=login autofocus></label>
<label>Password <input type='password' name='passwd' required/></label>
<button type="submit" name="go" value="1">Log on</button><input type=submit value="Log on"></form>
<script>document.write("<form action='/script'>")</script></body></html>"#;

#[test]
fn a_log_in_form_is_found_and_filled_in() {
    let forms = forms(LOGIN);
    let [form] = forms.as_slice() else { panic!("one form, not {forms:?}") };
    assert_eq!((form.action.as_str(), form.post), ("/cgi/login", true));
    assert_eq!((form.text_field(), form.password_field()), (Some("login"), Some("passwd")));
    assert_eq!(form.text, "User name Password");
    assert_eq!(
        form.encode(&[("passwd", "p&1"), ("login", "alice"), ("extra", "x")]),
        "token=a%22bA&login=alice&passwd=p%261&extra=x"
    );
    assert_eq!(format!("{:?}", form.field("token")), "Some(Input(hidden token))");
}

#[test]
fn the_text_is_what_a_user_reads() {
    assert_eq!(text(LOGIN), "Welcome & hello User name Password Log on");
    assert_eq!(element_text(LOGIN, "h1").as_deref(), Some("Welcome & hello"));
    assert_eq!(element_text("<code></code>", "code"), None);
    assert!(text(&"word ".repeat(PAGE_TEXT_BYTES_MAX)).len() <= PAGE_TEXT_BYTES_MAX);
}

#[test]
fn meta_refresh_in_its_usual_spellings() {
    for (page, expected) in [
        (r#"<meta http-equiv="refresh" content="0;url=/Citrix/StoreWeb">"#, Some("/Citrix/StoreWeb")),
        (r#"<META HTTP-EQUIV=Refresh CONTENT="0; URL='/a?b=c;d'"/>"#, Some("/a?b=c;d")),
        (r#"<meta http-equiv="refresh" content="30">"#, None),
        (r#"<meta name="refresh" content="0;url=/x">"#, None),
        ("", None),
    ] {
        assert_eq!(meta_refresh(page).as_deref(), expected, "{page}");
    }
}

#[test]
fn broken_pages_end() {
    for page in [
        "<",
        "<form",
        "<form action=\"",
        "<input = = name",
        "<!--",
        "<script>",
        "a < b",
        "<form =x =y>",
        "&;&#;&#xffffffff;",
    ] {
        forms(page);
        text(page);
        meta_refresh(page);
    }
    let flood = format!("<form>{}", "<input name=a>".repeat(FORM_FIELDS_MAX * 2));
    assert_eq!(forms(&flood)[0].fields.len(), FORM_FIELDS_MAX);
}
