//! What an explanation looks like.

use super::*;

fn told(text: &str) -> String {
    let explanation = explain(&Expression::parse(text).unwrap(), &mut World::default(), &Switches::default());
    aligned(&explanation.lines(text))
}

#[test]
fn a_tree_of_values() {
    let text = "is_a && HTTP.REQ.METHOD.EQ(GET) && !$map.VALUEEXISTS(AAA.USER.NAME) || HTTP.REQ.COOKIE.VALUE(\"two\") == \"2\"";
    let wanted = r#"
is_a && HTTP.REQ.METHOD.EQ(GET) && !…HTTP.REQ.COOKIE.VALUE("two") == "2"  TRUE
├─ is_a && HTTP.REQ.METHOD.EQ(GET) && !$map.VALUEEXISTS(AAA.USER.NAME)    FALSE
│  ├─ is_a                                                                TRUE
│  │  ╰─ HTTP.REQ.URL.STARTSWITH("/a")                                    TRUE
│  │     ╰─ HTTP.REQ.URL                                                  "/a/b.html?x=1&y=&x=2"
│  ├─ HTTP.REQ.METHOD.EQ(GET)                                             TRUE
│  │  ╰─ HTTP.REQ.METHOD                                                  "GET"
│  ╰─ !$map.VALUEEXISTS(AAA.USER.NAME)                                    FALSE
│     ╰─ $map.VALUEEXISTS(AAA.USER.NAME)                                  TRUE
│        ╰─ AAA.USER.NAME                                                 "alice"
╰─ HTTP.REQ.COOKIE.VALUE("two") == "2"                                    TRUE
   ╰─ HTTP.REQ.COOKIE.VALUE("two")                                        "2"
      ╰─ HTTP.REQ.COOKIE                                                  "three=3"
"#;
    assert_eq!(told(text), wanted.trim());
}

#[test]
fn the_first_undefined_part_says_why() {
    let wanted = r#"
HTTP.REQ.HEADER("N").TYPECAST_NUM_AT > 3  UNDEF
╰─ HTTP.REQ.HEADER("N").TYPECAST_NUM_AT   UNDEF  ◂ "" is not a number
   ╰─ HTTP.REQ.HEADER("N")                ""
"#;
    assert_eq!(told("HTTP.REQ.HEADER(\"N\").TYPECAST_NUM_AT > 3"), wanted.trim());
    assert_eq!(told("SYS.HTTP_CALLOUT(slow)"), "SYS.HTTP_CALLOUT(slow)  waits  ◂ for the answer of `SLOW`");
    assert_eq!(told("TRUE"), "TRUE  TRUE");
}

#[test]
fn long_texts_are_shortened() {
    let mut world = World::default();
    world.variables.insert("counter".into(), Value::text(vec![b'x'; 5000]));
    let explanation = explain(&Expression::parse("$counter").unwrap(), &mut world, &Switches::default());
    let line = &explanation.lines("$counter")[0];
    assert!(line.value.ends_with("… (and 4942 more)"), "{}", line.value);
}
