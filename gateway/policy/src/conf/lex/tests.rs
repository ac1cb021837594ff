use proptest::prelude::*;

use super::*;

/// The values after `add x y` of the only line, each with its quoting in front if it has one, and the codes.
fn read(text: &str) -> (Vec<String>, Vec<&'static str>) {
    let lines: Vec<_> = Lexer::new(text, 0).collect();
    let tokens = lines.first().map(|line| line.tokens.clone()).unwrap_or_default();
    let values = tokens.iter().skip(3).map(|token| token.text().to_owned()).collect();
    (values, lines.iter().flat_map(|line| &line.problems).map(|problem| problem.code).collect())
}

#[track_caller]
fn values(text: &str, expected: &[&str]) {
    assert_eq!(read(text), (expected.iter().map(ToString::to_string).collect(), vec![]), "{text}");
}

#[track_caller]
fn codes(text: &str, expected: &[&str]) {
    assert_eq!(read(text).1, expected, "{text}");
}

#[test]
fn vectors_of_the_vendors_tokenizer() {
    let policy = r#"add responder policy p "http.req.url.contains(\"a b\")" act"#;
    values(policy, &["p", r#"http.req.url.contains("a b")"#, "act"]);
    let single = r#"add responder policy p 'http.req.url.contains("x")' act"#;
    values(single, &["p", r#"http.req.url.contains("x")"#, "act"]);
    let page = r#"add responder action a respondwithhtmlpage pg -responseStatusCode 403 -headers X-Why("too many") X-Who(AAA.USER.NAME)"#;
    let page_values = [
        "a",
        "respondwithhtmlpage",
        "pg",
        "-responseStatusCode",
        "403",
        "-headers",
        r#"X-Why("too many")"#,
        "X-Who(AAA.USER.NAME)",
    ];
    values(page, &page_values);
    let assignment = r#"add ns assignment s -variable $v[client.ip.src] -set ("0"+SYS.TIME).SUFFIX(4)"#;
    let assignment_values = ["s", "-variable", "$v[client.ip.src]", "-set", r#"("0"+SYS.TIME).SUFFIX(4)"#];
    values(assignment, &assignment_values);
    values("add x y q/a b/ z", &["a b", "z"]);
    values("add x y q{a}b} z", &["q{a}b}", "z"]);
    values("add x y query z # rest", &["query", "z"]);
    values(r#"add x y a"b c"d"#, &[r#"a"b c"d"#]);
    values(r#"add x y "C:\dir\new""#, &["C:\\dir\new"]);
    values(r#"add x y """#, &[""]);
    codes(r#"add x y "abc"#, &["quote-open"]);
}

#[test]
fn three_spellings_of_one_response() {
    let letters = r#""HTTP/1.1 200 OK\r\n\r\n""#;
    values(r#"add x y "\"HTTP/1.1 200 OK\\r\\n\\r\\n\"""#, &[letters]);
    values(r#"add x y "\"HTTP/1.1 200 OK\r\n\r\n\"""#, &["\"HTTP/1.1 200 OK\r\n\r\n\""]);
    values(r#"add x y q{"HTTP/1.1 200 OK\r\n\r\n"}"#, &[letters]);
}

#[test]
fn quotes_parentheses_and_hyphens() {
    values(r#"add x y "\d\"\'\\""#, &[r#"\d"'\"#]);
    values(r#"add x y 'it is "so"'"#, &[r#"it is "so""#]);
    values(r#"add x y a(b "c) d" e) f"#, &[r#"a(b "c) d" e)"#, "f"]);
    values(r#"add x y a("say \"hi\" now") z"#, &[r#"a("say \"hi\" now")"#, "z"]);
    values(r#"add x y -na"me va\lue"#, &["-na\"me", "va\\lue"]);
    values("add x y a#b #c", &["a#b"]);
    values("\tadd\tx y q<a b> q`c d`\r\n", &["a b", "c d"]);
    codes("add x y a)", &["parenthesis"]);
    codes("add x y a(b", &["parenthesis"]);
    codes("add x y \"a\\", &["backslash-at-end"]);
    let (touching, code) = read(r#"add x y "a"b"#);
    assert_eq!((touching, code), (vec!["a".into(), "b".into()], vec!["quote-touches"]));
}

#[test]
fn an_open_quote_takes_the_next_lines_in_and_says_so() {
    let (tokens, code) = read("add x y \"a\n  b\nc\" d\nadd ns variable v");
    assert_eq!((tokens, code), (vec!["a\n  b\nc".into(), "d".into()], vec!["joined-lines"]));
    let (tokens, code) = read("add x y q{\"a\nb\"} d");
    assert_eq!((tokens, code), (vec!["\"a\nb\"".into(), "d".into()], vec!["joined-lines"]));
    // A command is never part of a value.
    let lines: Vec<_> = Lexer::new("add x y \"a\nb\nadd ns variable v\n", 0).collect();
    let broken: Vec<_> = lines.iter().map(|line| line.broken).collect();
    assert_eq!(broken, [true, false, false]);
    let long = format!("add x y \"a{}\nb c\"", "\nb".repeat(JOINED_LINES));
    assert_eq!(read(&long).1.first(), Some(&"quote-open"));
}

#[test]
fn offsets_lead_back_through_escapes() {
    let text = r#"add x y "a\"b\"\tc" "#;
    let line = Lexer::new(text, 0).next().expect("a line");
    let written = &line.tokens[3].written;
    assert_eq!(written.text, "a\"b\"\tc");
    let seen = |value: &str| {
        let at = written.text.find(value).expect("in the value");
        let span = written.place(Span::new(at, at + value.len())).span;
        &text[span.start..span.end]
    };
    assert_eq!((seen("a"), seen("b"), seen("c"), seen("\t")), ("a", "b", "c", "\\t"));
    let part = written.part(2..6).expect("on characters");
    let last = part.place(Span::new(3, 4)).span;
    assert_eq!((part.text.as_str(), &text[last.start..last.end]), ("b\"\tc", "c"));
}

#[test]
fn quotes_that_never_close_take_linear_time() {
    let one = format!("z \"open\n{}", "b\n".repeat(300));
    let text = one.repeat(100);
    let lines: Vec<_> = Lexer::new(&text, 0).collect();
    assert_eq!((lines.len(), lines.iter().filter(|line| line.broken).count()), (30_100, 100));
}

proptest! {
    #[test]
    fn any_text_gives_tokens_that_stand_in_it(text in "[ -~\t\r\n\u{e9}\"'\\\\q{}()#-]{0,200}") {
        for line in Lexer::new(&text, 0) {
            for token in &line.tokens {
                let span = token.written.whole().span;
                prop_assert!(text.get(span.start..span.end).is_some());
            }
        }
    }
}
