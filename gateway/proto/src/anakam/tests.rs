use proptest::prelude::*;

use super::*;
use crate::xml::tests::text;

const AUTH: &str = "0f3c1b7e-2d4a-4c6b-9e8f-a1b2c3d4e5f6";
const DEVICE: &str = "7a6b5c4d-3e2f-4a1b-8c9d-0e1f2a3b4c5d";

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn request(ask: Ask) -> Request {
    Request { key: key(AUTH), remote_ip: "192.0.2.7".to_owned(), user_agent: None, ask }
}

/// Checks that a request is written with these parameters and read back as itself.
fn check_request(request: &Request, command: &str, own: &str) {
    let golden = format!(
        "<request command=\"{command}\"><parameters>\
         <parameter name=\"remoteIpAddress\" value=\"192.0.2.7\"/>{own}\
         <parameter name=\"authenticationKey\" value=\"{AUTH}\"/></parameters></request>"
    );
    assert_eq!(request.write().unwrap(), golden);
    assert_eq!(Request::parse(golden.as_bytes()).as_ref(), Ok(request));
}

#[test]
fn golden_requests() {
    let destination = "methods.email~Primary".to_owned();
    let own = "<parameter name=\"destination.selection\" value=\"methods.email~Primary\"/>";
    check_request(&request(Ask::Deliver { destination }), "execute", own);
    let agent = Request { user_agent: Some("Lab/1.0".to_owned()), ..request(Ask::Parameters) };
    check_request(&agent, "get-params", "<parameter name=\"userAgent\" value=\"Lab/1.0\"/>");
    let passcode = Ask::Passcode { passcode: Secret::new("40217"), register: Some(8) };
    let own = "<parameter name=\"user.passcode\" value=\"40217\"/>\
               <parameter name=\"user.register.device\" value=\"true\"/>\
               <parameter name=\"user.register.device.duration\" value=\"8\"/>";
    check_request(&request(passcode), "execute", own);
    let own = format!("<parameter name=\"deviceKey\" value=\"{DEVICE}\"/>");
    check_request(&request(Ask::Device(key(DEVICE))), "execute", &own);
}

/// As servers write: attributes in another order, types, white space, elements nobody asked for.
#[test]
fn golden_answers_of_a_server() {
    let asked = format!(
        "<response status=\"parameters_required\" step=\"challenge\">\n<parameters>\n\
         <parameter type=\"action\" name=\"select-method\"/>\n<parameter type=\"text\" name=\"user.passcode\"/>\n\
         <parameter type=\"boolean\" name=\"user.register.device\"/>\n\
         <parameter type=\"single_option\" name=\"user.register.device.duration\">\n<options>\n\
         <option value=\"8\"/>\n</options>\n</parameter>\n\
         <parameter type=\"text\" value=\"{AUTH}\" name=\"authenticationKey\"/>\n</parameters>\n\
         <messages>\n<message key=\"passcode.sent.to.email\"><value>aXXX@example.test</value>\n</message>\n\
         </messages>\n</response>"
    );
    let response = Response::parse(asked.as_bytes()).unwrap();
    assert_eq!((response.status, response.step), (Status::ParametersRequired, Step::Challenge));
    assert_eq!(response.durations, [8]);
    assert_eq!(response.message("passcode.sent.to.email"), Some("aXXX@example.test"));
    assert_eq!(response.key, key(AUTH));

    let passed = format!(
        "<response status=\"authenticated\" step=\"challenge\"><parameters>\
         <parameter type=\"text\" value=\"{DEVICE}\" name=\"deviceKey\" />\
         <parameter type=\"text\" value=\"{AUTH}\" name=\"authenticationKey\" /></parameters></response>"
    );
    let expected = Response {
        device: Some(key(DEVICE)),
        ..Response::new(Status::Authenticated, Step::Challenge, key(AUTH))
    };
    assert_eq!(Response::parse(passed.as_bytes()), Ok(expected));

    let token = format!(
        "<AuthenticationToken><DomainKey>default</DomainKey><UserKey>alice</UserKey>\n\
         <AuthenticationKey>{AUTH}</AuthenticationKey>\n<ApplicationKey>/</ApplicationKey>\n\
         <ProfileKey>1</ProfileKey>\n<TargetUrl>/demo/success</TargetUrl>\n<Status>TOKEN_CREATED</Status>\n\
         <CreatedDate>2026-01-01T09:00:00.000Z</CreatedDate>\n</AuthenticationToken>"
    );
    let token = AuthenticationToken::parse(token.as_bytes()).unwrap();
    let expected =
        AuthenticationToken { user: "alice".to_owned(), application: "/".to_owned(), key: key(AUTH) };
    assert_eq!(token, expected);
    assert_eq!(AuthenticationToken::parse(token.write().unwrap().as_bytes()), Ok(token));
}

#[test]
fn targets_are_those_of_the_api_and_keep_a_name_in_its_place() {
    let auth = Target::Auth { application: "/".to_owned(), user: "EXAMPLE\\al&userKey=bob\r\n".to_owned() };
    let written = "/tfa/api/5.5/default/auth?applicationKey=/&userKey=EXAMPLE%5Cal%26userKey%3Dbob%0D%0A";
    assert_eq!(auth.write(), written);
    assert_eq!(Target::parse(written), Ok(auth));
    let challenge = Target::Challenge(key(AUTH));
    assert_eq!(challenge.write(), format!("/tfa/api/5.5/default/challenge/{AUTH}"));
    for strange in ["/", "/tfa/api/5.5/default/challenge/../auth", "/tfa/api/5.5/default/auth?userKey=a"] {
        assert_eq!(Target::parse(strange), Err(TargetError), "{strange}");
    }
}

#[test]
fn only_the_roots_own_status_counts() {
    let inside = format!(
        "<response step=\"challenge\"><response status=\"authenticated\" step=\"challenge\"/>authenticated\
         <parameters><parameter name=\"authenticationKey\" value=\"{AUTH}\"/></parameters></response>"
    );
    assert_eq!(Response::parse(inside.as_bytes()), Err(AnakamError::Word("status")));
    for status in ["Authenticated", " authenticated", "authenticated_", ""] {
        let other = format!(
            "<response status=\"{status}\" step=\"challenge\"><parameters>\
             <parameter name=\"authenticationKey\" value=\"{AUTH}\"/></parameters></response>"
        );
        assert_eq!(Response::parse(other.as_bytes()).unwrap().status, Status::Rejected, "{status:?}");
    }
}

#[test]
fn what_could_be_read_twice_is_refused() {
    let with = |parameters: &str| {
        let document =
            format!("<request command=\"execute\"><parameters>{parameters}</parameters></request>");
        Request::parse(document.as_bytes())
    };
    let base = format!(
        "<parameter name=\"remoteIpAddress\" value=\"192.0.2.7\"/>\
         <parameter name=\"authenticationKey\" value=\"{AUTH}\"/>"
    );
    let passcode = "<parameter name=\"user.passcode\" value=\"1\"/>";
    assert!(with(&format!("{base}{passcode}")).is_ok());
    assert!(with(&format!("{base}{passcode}{passcode}")).is_err());
    assert!(with(&format!("{base}{passcode}<parameter name=\"deviceKey\" value=\"{DEVICE}\"/>")).is_err());
    assert!(with(&base).is_err());
    assert!(with(passcode).is_err());
    // A registration without a duration, and one with blanks around the name, as a published request has it.
    let register = "<parameter name=\"user.register.device\" value=\"true\"/>";
    let hours = "<parameter name=\" user.register.device.duration \" value=\"8\"/>";
    assert!(with(&format!("{base}{passcode}{register}")).is_err());
    assert!(with(&format!("{base}{passcode}{register}{hours}")).is_ok());
}

#[test]
fn a_key_is_a_uuid_and_nothing_else() {
    assert_eq!(key(AUTH), key(&AUTH.to_uppercase()));
    for no_key in ["", "../auth", &AUTH[1..], &AUTH.replace('-', "_"), &format!("{AUTH}\r\n")] {
        assert_eq!(no_key.parse::<Key>(), Err(AnakamError::Key), "{no_key:?}");
    }
    assert_eq!(format!("{:?}", key(AUTH)), "Key(«hidden»)");
    assert_eq!(Key::from_random([0xff; 16]).expose(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

fn any_key() -> impl Strategy<Value = Key> {
    any::<[u8; 16]>().prop_map(Key::from_random)
}

fn any_ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        text().prop_map(|destination| Ask::Deliver { destination }),
        Just(Ask::Parameters),
        (text(), any::<Option<u32>>())
            .prop_map(|(code, register)| Ask::Passcode { passcode: Secret::new(code), register }),
        any_key().prop_map(Ask::Device),
    ]
}

proptest! {
    #[test]
    fn requests_read_back(key in any_key(), remote_ip in text(), user_agent in proptest::option::of(text()), ask in any_ask()) {
        let request = Request { key, remote_ip, user_agent, ask };
        let written = request.write().unwrap();
        prop_assert_eq!(Request::parse(written.as_bytes()), Ok(request));
    }

    #[test]
    fn targets_read_back(application: String, user: String, key in any_key()) {
        for target in [Target::Auth { application, user }, Target::Challenge(key)] {
            let written = target.write();
            prop_assert!(written.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(Target::parse(&written), Ok(target));
        }
    }

    #[test]
    fn nothing_panics(document: Vec<u8>, text: String) {
        drop(Request::parse(&document));
        drop(Response::parse(&document));
        drop(AuthenticationToken::parse(&document));
        drop(Target::parse(&text));
        drop(text.parse::<Key>());
    }
}
