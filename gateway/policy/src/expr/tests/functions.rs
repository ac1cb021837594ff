//! Every table of the reference's section 6, function by function.

use super::*;
use crate::expr::tests::world::message;

#[test]
fn text_is_asked() {
    table(
        r#"
        "abc".CONTAINS("b") => TRUE
        "abc".CONTAINS("B") => FALSE
        "abc".SET_TEXT_MODE(IGNORECASE).CONTAINS("B") => TRUE
        "abc".SET_TEXT_MODE(IGNORECASE,URLENCODED).EQ("ABC") => TRUE
        "abc".SET_TEXT_MODE(IGNORECASE).SET_TEXT_MODE(NOIGNORECASE).EQ("ABC") => FALSE
        "abc".SET_TEXT_MODE(IGNORECASE).PREFIX(2).EQ("AB") => TRUE
        "abc".STARTSWITH("ab") => TRUE
        "abc".ENDSWITH("bc") => TRUE
        "abc".EQ("abc").AND(true) => TRUE
        "abc".NE("abc").OR(false) => FALSE
        "b".GT("a") => TRUE
        "a".GE("a") => TRUE
        "b".LT("a") => FALSE
        "B".SET_TEXT_MODE(IGNORECASE).LE("b") => TRUE
        "abc".COMPARE("abd") => -1
        "@".COMPARE("abc") => -33
        "ab".COMPARE("ab") => 0
        "abc".COMPARE("ab") => 99
        "A".SET_TEXT_MODE(IGNORECASE).COMPARE("a") => 0
        "abc".LENGTH => 3
        "".LENGTH() => 0
        "foo/bar.js".REGEX_MATCH(re/\.js$/) => TRUE
        "FOO".REGEX_MATCH(re/foo/) => FALSE
        "FOO".SET_TEXT_MODE(IGNORECASE).REGEX_MATCH(re/foo/) => TRUE
        true.EQ(true).NE(false) => TRUE
        "#,
    );
}

#[test]
fn text_is_cut() {
    table(
        r#"
        "a=b=c".AFTER_STR("=") => "b=c"
        "a=b=c".BEFORE_STR("=") => "a"
        "abc".AFTER_STR("x") => ""
        "abc".BEFORE_STR("x") => ""
        "xABC".SET_TEXT_MODE(IGNORECASE).AFTER_STR("ab") => "C"
        "abcabc".SUBSTR("bc") => "bc"
        "abc".SUBSTR("x") => ""
        "abcdef".SUBSTR(2,3) => "cde"
        "abcdef".SUBSTR(4,30) => "ef"
        "abcdef".SUBSTR(40,3) => ""
        "[in]".BETWEEN("[","]") => TRUE
        "[in]y".BETWEEN("[","]") => FALSE
        "aba".BETWEEN("ab","ba") => FALSE
        "[IN]".SET_TEXT_MODE(IGNORECASE).BETWEEN("[i","n]") => TRUE
        "id=42;x".AFTER_REGEX(re/id=/) => "42;x"
        "id=42;x".BEFORE_REGEX(re/;.*/) => "id=42"
        "id=42;x".REGEX_SELECT(re/\d+/) => "42"
        "id=x".REGEX_SELECT(re/\d+/) => ""
        "abcdef".PREFIX(2) => "ab"
        "ab".PREFIX(9) => "ab"
        "abcdef".SUFFIX(2) => "ef"
        "abcdef".SKIP(2) => "cdef"
        "ab".SKIP(9) => ""
        "abcdef".TRUNCATE(2) => "abcd"
        "ab".TRUNCATE(9) => ""
        "a/b/c/d".PREFIX('/',2) => "a/b/c"
        "a/b/c/d".SKIP('/',2) => "/d"
        "a/b/c/d".SUFFIX('/',1) => "c/d"
        "a/b/c/d".TRUNCATE('/',1) => "a/b/"
        "a/b".PREFIX('/',5) => "a/b"
        "a-b.c".STRIP_CHARS("-.") => "abc"
        " a ".STRIP_START_WS => "a "
        " a ".STRIP_END_WS => " a"
        "xxaxx".STRIP_START_CHARS("x") => "axx"
        "xxaxx".STRIP_END_CHARS("x") => "xxa"
        "\"a\\\"b\"".UNQUOTE('"') => "a\"b"
        "ab".UNQUOTE('"') => "ab"
        " \"ab cd \"".UNQUOTE('"') => "ab cd"
        "AbC".TO_LOWER => "abc"
        "AbC".TO_UPPER => "ABC"
        "a".APPEND("b") => "ab"
        "a".APPEND(1) => "a1"
        "abc".REVERSE => "cba"
        "#,
    );
    assert_eq!(value(&mut World::default(), "\"abc\".PREFIX(-1)"), "UNDEF: -1 is negative");
    assert_eq!(
        value(&mut World::default(), "\"abc\".PREFIX(\"ab\",1)"),
        "UNDEF: \"ab\" is not one character"
    );
}

#[test]
fn lists_and_pairs_are_those_of_the_guide() {
    table(
        r#"
        "a=1&b=&c&a=2".TYPECAST_NVLIST_T('=','&').VALUE("a") => "1"
        "a=1&b=&c&a=2".TYPECAST_NVLIST_T('=','&').VALUE("b") => ""
        "a=1&b=&c&a=2".TYPECAST_NVLIST_T('=','&').VALUE("zz") => ""
        "a=1&b=&c&a=2".TYPECAST_NVLIST_T('=','&').COUNT => 4
        "a=1&b=&c&a=2".TYPECAST_NVLIST_T('=','&').NAMES.GET(2) => "c"
        "a=1&b=&c&a=2".TYPECAST_NVLIST_T('=','&').VALUE(3) => "2"
        "A=1".TYPECAST_NVLIST_T('=','&').VALUE("a") => ""
        "A=1".SET_TEXT_MODE(IGNORECASE).TYPECAST_NVLIST_T('=','&').VALUE("a") => "1"
        "a='1&2'&b=3".TYPECAST_NVLIST_T('=','&','\'').VALUE("a") => "1&2"
        "a=1".TYPECAST_NVLIST_T('=','&').EXISTS("a") => TRUE
        "123,,24, ,15".TYPECAST_LIST_T(',').COUNT => 5
        "123,,24, ,15".TYPECAST_LIST_T(',').GET(0) => "123"
        "123,,24, ,15".TYPECAST_LIST_T(',').GET(1) => ""
        "123,,24, ,15".TYPECAST_LIST_T(',').GET_REVERSE(0) => "15"
        "123,,24, ,15".TYPECAST_LIST_T(',').GET(9) => ""
        "123,,24, ,15".TYPECAST_LIST_T(',').IGNORE_EMPTY_ELEMENTS.COUNT => 4
        "a,b".TYPECAST_LIST_T(',').CONTAINS_ELEMENT("b") => TRUE
        "response=1234&x=y".TYPECAST_LIST_T('=').GET(1) => "1234&x"
        "x".TYPECAST_HTTP_HEADER_T("X").COUNT => 1
        HTTP.REQ.COOKIE.TYPECAST_HTTP_HEADER_T("Cookie").INSTANCE(0) => "three=3"
        "#,
    );
}

#[test]
fn headers_have_instances_and_the_last_is_the_first() {
    table(
        r#"
        HTTP.REQ.HEADER("x-many").COUNT => 2
        HTTP.REQ.HEADER("X-Many").VALUE(0) => "second"
        HTTP.REQ.HEADER("X-Many").INSTANCE(1) => "first"
        HTTP.REQ.HEADER("X-Many").INSTANCE(2) => ""
        HTTP.REQ.HEADER("X-Many").EQ("first") => TRUE
        HTTP.REQ.HEADER("X-Many").CONTAINS("econ") => TRUE
        HTTP.REQ.HEADER("X-Many").STARTSWITH("firstsecond") => FALSE
        HTTP.REQ.HEADER("X-Many").AFTER_STR("r") => "st"
        HTTP.REQ.HEADER("X-Many").LENGTH => 6
        "v:" + HTTP.REQ.HEADER("X-Many") => "v:second"
        HTTP.REQ.HEADER("X-Many").EXISTS => TRUE
        HTTP.REQ.HEADER("X-None").EXISTS() => FALSE
        HTTP.REQ.HEADER("X-None").LENGTH => 0
        HTTP.REQ.HEADER("X-None").CONTAINS("x") => FALSE
        HTTP.REQ.HEADER("X-None").COUNT => 0
        HTTP.REQ.HEADER("X-None").TYPECAST_HTTP_HEADER_T("X-None").COUNT => 0
        HTTP.REQ.COOKIE.VALUE("two") => "2"
        HTTP.REQ.COOKIE.VALUE("three") => "3"
        HTTP.REQ.COOKIE.VALUE(1) => "1"
        HTTP.REQ.COOKIE.COUNT => 3
        HTTP.REQ.COOKIE.NAMES.GET(0).LENGTH => 3
        HTTP.REQ.COOKIE.CONTAINS("two") => TRUE
        "#,
    );
    let mut world = World::default();
    let many = "GET / HTTP/1.1\n".to_owned() + &"X: 1\n".repeat(16);
    world.facts.request = Some(message(&many));
    assert_eq!(
        value(&mut world, "HTTP.REQ.HEADER(\"X\").COUNT"),
        "UNDEF: the header comes more than 15 times"
    );
}

#[test]
fn the_request_and_the_response() {
    table(
        r#"
        HTTP.REQ.METHOD.EQ(GET) => TRUE
        HTTP.REQ.METHOD.NE(POST) => TRUE
        HTTP.REQ.METHOD.EQ("GET") => TRUE
        HTTP.REQ.URL => "/a/b.html?x=1&y=&x=2"
        HTTP.REQ.URL.PATH => "/a/b.html"
        HTTP.REQ.URL.PATH.GET(1) => "a"
        HTTP.REQ.URL.PATH.GET(0) => ""
        HTTP.REQ.URL.QUERY.VALUE("x") => "1"
        HTTP.REQ.URL.QUERY => "x=1&y=&x=2"
        HTTP.REQ.URL.PATH_AND_QUERY.LENGTH => 20
        HTTP.REQ.URL.SUFFIX => "html"
        HTTP.REQ.URL.HOSTNAME => ""
        "http://h:1/p?q".TYPECAST_HTTP_URL_T.HOSTNAME.SERVER => "h"
        "http://h:1/p?q".TYPECAST_HTTP_URL_T.PATH_AND_QUERY => "/p?q"
        "https://h/p".TYPECAST_HTTP_URL_T.PROTOCOL => "https"
        "http://h:1/p?q".TYPECAST_HTTP_URL_T.SERVER => "h"
        "/a.b/c".TYPECAST_HTTP_URL_T.SUFFIX => ""
        HTTP.REQ.HOSTNAME.EQ("www.example.COM:8443") => TRUE
        HTTP.REQ.HOSTNAME.SERVER.EQ("www.example.com") => TRUE
        HTTP.REQ.HOSTNAME.SERVER == "www.example.com" => TRUE
        HTTP.REQ.HOSTNAME.DOMAIN => "Example.com"
        HTTP.REQ.HOSTNAME.PORT => 8443
        "[::1]:80".TYPECAST_HTTP_HOSTNAME_T.PORT => 80
        "[::1]".TYPECAST_HTTP_HOSTNAME_T.SERVER => "[::1]"
        HTTP.REQ.BODY(5) => "login"
        HTTP.REQ.BODY(200).TYPECAST_NVLIST_T('=','&').VALUE("login") => "a%40b.com"
        HTTP.REQ.BODY.LENGTH => 31
        HTTP.REQ.FULL_HEADER.STARTSWITH("GET /a/b.html?x=1&y=&x=2 HTTP/1.1\r\nHost: ") => TRUE
        HTTP.REQ.FULL_HEADER.ENDSWITH("\r\n\r\n") => TRUE
        HTTP.REQ.IS_VALID => TRUE
        Q.URL.LENGTH => 20
        HTTP.REQ.USER.NAME => "alice"
        HTTP.REQ.LB_VSERVER.NAME => "portal"
        HTTP.REQ.CACHE_CONTROL.IS_NO_CACHE => TRUE
        HTTP.REQ.CACHE_CONTROL.IS_PRIVATE => FALSE
        HTTP.REQ.CACHE_CONTROL.MAX_AGE => 60
        HTTP.REQ.CACHE_CONTROL.IS_MAX_AGE => TRUE
        HTTP.REQ.CACHE_CONTROL.IS_PUBLIC || HTTP.REQ.CACHE_CONTROL.IS_NO_STORE => FALSE
        HTTP.REQ.CACHE_CONTROL.IS_S_MAXAGE || HTTP.REQ.CACHE_CONTROL.IS_NO_TRANSFORM => FALSE
        HTTP.REQ.CACHE_CONTROL.IS_MIN_FRESH || HTTP.REQ.CACHE_CONTROL.IS_MAX_STALE => FALSE
        HTTP.REQ.CACHE_CONTROL.IS_ONLY_IF_CACHED || HTTP.REQ.CACHE_CONTROL.IS_MUST_REVALIDATE => FALSE
        HTTP.REQ.CACHE_CONTROL.IS_PROXY_REVALIDATE => FALSE
        HTTP.REQ.CACHE_CONTROL.S_MAXAGE => 0
        HTTP.REQ.CACHE_CONTROL.IS_INVALID => FALSE
        HTTP.RES.CACHE_CONTROL.EXISTS => FALSE
        HTTP.REQ.IS_NTLM_OR_NEGOTIATE => FALSE
        HTTP.REQ.CONTENT_TYPE.EXISTS => FALSE
        HTTP.REQ.DATE.LENGTH => 0
        HTTP.RES.STATUS.EQ(404) => TRUE
        S.STATUS => 404
        HTTP.RES.STATUS.BETWEEN(400,499) => TRUE
        HTTP.RES.STATUS_MSG => "Not Found"
        HTTP.RES.BODY(3) => "hel"
        HTTP.RES.CONTENT_LENGTH => 5
        HTTP.RES.SET_COOKIE.COOKIE("sid").VALUE("sid") => "abc"
        HTTP.RES.SET_COOKIE.COOKIE("sid").VALUE("Path") => "/x"
        HTTP.RES.SET_COOKIE.COUNT => 2
        HTTP.RES.SET_COOKIE2.EXISTS => FALSE
        "#,
    );
    let mut world = World::default();
    world.facts.request = None;
    assert_eq!(value(&mut world, "HTTP.REQ.URL"), "UNDEF: there is no HTTP request here");
    assert_eq!(value(&mut world, "HTTP.REQ.IS_VALID"), "FALSE");
}

#[test]
fn the_connection_the_appliance_and_the_user() {
    table(
        r#"
        CLIENT.IP.SRC => 192.0.2.7
        CLIENT.IP.DST.EQ(198.51.100.1) => TRUE
        CLIENT.IPV6.SRC.IS_IPV6 => FALSE
        CLIENT.TCP.SRCPORT => 50000
        CLIENT.TCP.DSTPORT.EQ(443) => TRUE
        CLIENT.IP.SRC.LOCATION => "EU.DE.Bavaria"
        CLIENT.IP.SRC.MATCHES_LOCATION("eu.DE.*.*.*.*") => TRUE
        CLIENT.IP.SRC.MATCHES_LOCATION("EU.AT.*.*.*.*") => FALSE
        SYS.NSIP => 198.51.100.9
        CLIENT.SSL.IS_SSL => TRUE
        CLIENT.TCP.CS_VSERVER.NAME => "portal"
        SYS.TIME.HOURS => 10
        SYS.RANDOM.MUL(100).TYPECAST_UNSIGNED_LONG_AT => 25
        SYS.CHECK_LIMIT("over") => TRUE
        SYS.HTTP_CALLOUT(ready) => "answer"
        SYS.NON_BLOCKING_HTTP_CALLOUT(ready) => ""
        AAA.USER.NAME => "alice"
        AAA.USER.LOGIN_NAME + AAA.USER.LOGIN_ATTEMPTS => "alice1"
        AAA.USER.SESSIONID => "s1"
        AAA.USER.GROUPS.COUNT => 2
        AAA.USER.INTERNAL_GROUPS.GET(1) => "vpn"
        AAA.USER.EXTERNAL_GROUPS.CONTAINS("staff") => TRUE
        AAA.USER.IS_MEMBER_OF("vpn") => TRUE
        AAA.USER.IS_MEMBER_OF("vp") => FALSE
        AAA.USER.ATTRIBUTE("mail") => "alice@example.com"
        AAA.USER.ATTRIBUTE(1) => "alice@example.com"
        AAA.USER.ATTRIBUTE(2) => ""
        AAA.LOGIN.USERNAME => "a%40b.com"
        AAA.LOGIN.PASSWORD.EQ("p+w") => TRUE
        AAA.LOGIN.PASSWORD2 + AAA.LOGIN.DOMAIN => ""
        AAA.LOGIN.VALUE("n") => "12"
        "#,
    );
}

#[test]
fn numbers_addresses_and_times() {
    table(
        r#"
        5.BETWEEN(5,7) => TRUE
        5.ADD(2).SUB(1).MUL(4).DIV(3).MOD(5) => 3
        5.NEG.ABS => 5
        6.BITAND(3).BITOR(8).BITXOR(1) => 11
        0.BITNEG => -1
        1.LSHIFT(4).RSHIFT(1) => 8
        5.EQ(5) && 5.NE(4) && 5.GT(4) && 5.GE(5) && 4.LT(5) && 4.LE(4) => TRUE
        1.5.ADD(1) => 2.5
        2.9.TYPECAST_UNSIGNED_LONG_AT => 2
        2.9.TYPECAST_NUM_AT => 2
        2.TYPECAST_DOUBLE_AT.DIV(4) => 0.5
        5.TYPECAST_TEXT_T => "5"
        "12".TYPECAST_NUM_T(DECIMAL) => 12
        " 12 ".TYPECAST_NUM_T(DECIMAL) => 12
        "ff".TYPECAST_NUM_T(HEX) => 255
        "7".TYPECAST_UNSIGNED_LONG_T => 7
        "0.5".TYPECAST_DOUBLE_T => 0.5
        "1".TYPECAST_NUM_AT + 1 => 2
        "1".TYPECAST_NUM_T => 1
        "#,
    );
    table(
        r#"
        CLIENT.IP.SRC.SUBNET(24) + "/24" => "192.0.2.0/24"
        CLIENT.IP.SRC.IN_SUBNET(192.0.2.0/24) => TRUE
        CLIENT.IP.SRC.IN_SUBNET(10.0.0.0/8).NOT => TRUE
        CLIENT.IP.SRC.IN_SUBNET(192.0.2.7) => TRUE
        CLIENT.IP.SRC.EQ(192.0.2.0/24) => TRUE
        CLIENT.IP.SRC.NE(10.0.0.1) => TRUE
        CLIENT.IP.SRC.GET1 + CLIENT.IP.SRC.GET2 + CLIENT.IP.SRC.GET3 + CLIENT.IP.SRC.GET4 => 201
        CLIENT.IP.SRC.TYPECAST_TEXT_T => "192.0.2.7"
        "192.0.2.7".TYPECAST_IP_ADDRESS_T == CLIENT.IP.SRC => TRUE
        "2001:db8::5".TYPECAST_IPV6_ADDRESS_T.SUBNET(32) => 2001:db8::
        SYS.TIME.YEAR + "-" + SYS.TIME.MONTH + "-" + SYS.TIME.DAY => "2018-3-5"
        SYS.TIME.HOURS + ":" + SYS.TIME.MINUTES + ":" + SYS.TIME.SECONDS => "10:23:36"
        SYS.TIME.WEEKDAY => 1
        SYS.TIME.WEEKDAY.WEEKDAY_STRING_SHORT => "Mon"
        SYS.TIME.WITHIN(GMT 9h, GMT 17h) => TRUE
        SYS.TIME.WITHIN(GMT 2018 Apr, GMT 2018 Dec) => FALSE
        SYS.TIME.BETWEEN(GMT 2018 Mar 5, GMT 2018 Mar 6) => TRUE
        SYS.TIME.EQ(GMT 2018 Mar) => TRUE
        SYS.TIME.NE(GMT 2018 Mar) => FALSE
        SYS.TIME.GT(GMT 2017 Jan 1) => TRUE
        SYS.TIME < GMT 2019 => TRUE
        SYS.TIME.ADD(60) => 1520245476
        SYS.TIME.SUB(SYS.TIME) => 0
        SYS.TIME.TYPECAST_NUM_AT.SUB(6).LE(1520245410) => TRUE
        "Mon, 05 Mar 2018 10:23:30 GMT".TYPECAST_TIME_T.RELATIVE_NOW => 6
        0.TYPECAST_TIME_AT => Thu, 01 Jan 1970 00:00:00 GMT
        "#,
    );
}

#[test]
fn what_is_no_number_address_or_time_is_undefined() {
    let world = &mut World::default();
    for (text, cause) in [
        ("\"x\".TYPECAST_NUM_T(DECIMAL)", "\"x\" is not a number"),
        ("\"\".TYPECAST_NUM_AT", "\"\" is not a number"),
        ("\"x\".TYPECAST_IP_ADDRESS_T", "\"x\" is not an address"),
        ("\"x\".TYPECAST_TIME_T", "\"x\" is not a date"),
        ("1 / 0", "the division is by zero"),
        ("1.MOD(0)", "the division is by zero"),
        ("1.5 / 0", "the division is by zero"),
        ("9223372036854775807 + 1", "the result of `9223372036854775807 + 1` does not fit 64 bits"),
        ("$counter - 8", "the result of `7 - 8` does not fit 64 bits"),
        ("(0-1).TYPECAST_UNSIGNED_LONG_AT", "-1 is negative"),
        ("CLIENT.IP.SRC.SUBNET(33)", "192.0.2.7 has no 33 bits"),
        ("\"k\".MAP_STRING(\"map\")", "`map` has no key \"k\""),
        ("\"*\".B64DECODE", "this is not base64"),
        ("\"x\".DECRYPT", "this was not made by ENCRYPT"),
        (
            "\"<a\".XPATH(xp%//a%)",
            "the XML is broken: syntax error: tag not closed: `>` not found before end of input",
        ),
    ] {
        assert_eq!(value(world, text), format!("UNDEF: {cause}"), "{text}");
    }
}

#[test]
fn sets_and_maps() {
    table(
        r#"
        "xfoox".CONTAINS_ANY("patterns") => TRUE
        "xyz".CONTAINS_ANY("patterns") => FALSE
        "foo".EQUALS_ANY(patterns) => TRUE
        "FOO".EQUALS_ANY("patterns") => FALSE
        "FOO".SET_TEXT_MODE(IGNORECASE).EQUALS_ANY("patterns") => TRUE
        "food".STARTSWITH_ANY("patterns") => TRUE
        "a food".ENDSWITH_ANY("patterns") => FALSE
        HTTP.REQ.URL.CONTAINS_INDEX("patterns") => 2
        "zzz".CONTAINS_INDEX("patterns") => 0
        "a".EQUALS_INDEX("patterns").BETWEEN(1,3) => TRUE
        "ab".STARTSWITH_INDEX("patterns") => 3
        "ba".ENDSWITH_INDEX("patterns") => 3
        "1foo2a3".BEFORE_STR_ANY("patterns") => "1"
        "1foo2a3".AFTER_STR_ANY("patterns") => "2a3"
        "1foo2a3".SUBSTR_ANY("patterns") => "foo"
        "zzz".AFTER_STR_ANY("patterns") => ""
        AAA.USER.NAME.MAP_STRING("map") => "admin"
        "bob".MAP_STRING("map") ALT "nobody" => "nobody"
        "bob".SET_TEXT_MODE(IGNORECASE).MAP_STRING("map") => "user"
        "alice".IS_STRINGMAP_KEY("map") => TRUE
        "alic".IS_STRINGMAP_KEY("map") => FALSE
        CLIENT.IP.SRC.EQUALS_ANY("nets") => TRUE
        CLIENT.IP.SRC.EQUALS_INDEX("nets") => 1
        CLIENT.IP.DST.CONTAINS_ANY("nets") => FALSE
        HTTP.REQ.HEADER("X-Many").EQUALS_ANY("patterns") => FALSE
        "#,
    );
}

#[test]
fn text_is_encoded_and_decoded() {
    table(
        r#"
        "a b\"%~/".HTTP_URL_SAFE => "a%20b%22%25~/"
        "a\r\nb".HTTP_HEADER_SAFE => "a%0D%0Ab"
        "<a href=\"&'\">".XML_ENCODE => "&lt;a href=&quot;&amp;&apos;&quot;&gt;"
        "<".HTTP_CONTENT_SAFE.MARK_SAFE => "&lt;"
        "a%40b+c".DECODE_USING_TEXT_MODE => "a%40b+c"
        "a%40b+c%4".SET_TEXT_MODE(URLENCODED).DECODE_USING_TEXT_MODE => "a@b+c%4"
        "a%40b+c".SET_TEXT_MODE(URLENCODED,PLUS_AS_SPACE).DECODE_USING_TEXT_MODE => "a@b c"
        "\\x41\\101\\\\".SET_TEXT_MODE(BACKSLASH_ENCODED).DECODE_USING_TEXT_MODE => "AA\\"
        "abc".B64ENCODE => "YWJj"
        "YWJj".B64DECODE => "abc"
        "abc".BLOB_TO_HEX => "616263"
        "abc".ENCRYPT.DECRYPT => "abc"
        "abc".ENCRYPT(AES256).STARTSWITH("sealed:") => TRUE
        "abc".ENCRYPT.DECRYPT(AES256) => "abc"
        "<a><b>x</b><b>y</b></a>".XPATH(xp%//b[2]%) => "y"
        "<a><b>x</b></a>".XPATH(xp%//b = 'x'%) => TRUE
        "<a><b>x</b></a>".XPATH(xp%count(//b)%).EQ(1) => TRUE
        "<a><b>x</b></a>".XPATH_WITH_MARKUP(xp%//b%) => "<b>x</b>"
        "{\"ok\":{\"id\":7}}".XPATH_JSON(xp%/ok/id%) => "7"
        "#,
    );
}

/// A row that no table above calls is a row nobody tried.
#[test]
fn every_evaluated_function_is_called_here() {
    let tests = [include_str!("functions.rs"), include_str!("language.rs")].concat().to_uppercase();
    let called = |name: &str| {
        let dotted = format!(".{name}");
        tests.match_indices(&dotted).any(|(at, _)| {
            let after = tests[at + dotted.len()..].chars().next();
            !after.is_some_and(|after| after.is_alphanumeric() || after == '_')
        })
    };
    let rows = table::rows().filter(|row| row.run.is_some());
    let missing: Vec<&str> = rows.map(|row| row.name).filter(|name| !called(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
