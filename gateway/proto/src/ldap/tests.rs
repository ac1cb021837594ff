//! Golden vectors: requests as OpenLDAP's client tools (2.5.13) wrote them, answers composed by hand from
//! RFC 4511. Active Directory's habit of four-byte lengths is one of them.

use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;
use crate::limits::{LDAP_DEPTH_MAX, LDAP_MESSAGE_MAX_BYTES, LDAP_VALUES_MAX};
use crate::secret::Secret;

/// `ldapsearch -x -D cn=Alice,dc=example -w Winter-26 -b dc=example -z 2`
/// `'(&(objectClass=person)(|(uid=a\2ab)(cn=*))(!(sn=x)))' memberOf uid`
const BIND: &str = "302802010160230201030413636e3d416c6963652c64633d6578616d706c65800957696e7465722d3236";
const SEARCH: &str = "30670201026362040a64633d6578616d706c650a01020a0100020102020100010100a034a315040b6f626a65637443\
                      6c6173730406706572736f6ea110a30a04037569640403612a628702636ea209a3070402736e040178300f04086d65\
                      6d6265724f660403756964";
const UNBIND: &str = "30050201034200";
/// `ldapwhoami -x` and `-Z`.
const ANONYMOUS: &str = "300c020101600702010304008000";
const WHOAMI: &str = "301e02010277198017312e332e362e312e342e312e343230332e312e31312e33";
const STARTTLS: &str = "301d02010177188016312e332e362e312e342e312e313436362e3230303337";

const BOUND: &str = "300c02010161070a010004000400";
/// Lengths in four bytes each.
const BOUND_BY_AD: &str = "3084000000100201016184000000070a010004000400";

fn bytes(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.as_bytes()).expect("hexadecimal")
}

fn decode(hex: &str) -> Message {
    Message::decode(&bytes(hex)).expect("a message")
}

fn known(message: Message) -> Result<Message, ()> {
    if matches!(message.op, Op::Other(_)) { Err(()) } else { Ok(message) }
}

fn encoded(message: &Message) -> String {
    HEXLOWER.encode(message.encode().expose())
}

#[test]
fn requests_of_openldap_are_read_and_written_alike() {
    for golden in [BIND, SEARCH, UNBIND, ANONYMOUS, WHOAMI, STARTTLS] {
        assert_eq!(encoded(&decode(golden)), golden);
    }
    let Op::BindRequest { dn, password } = decode(BIND).op else { panic!("a bind") };
    assert_eq!((dn.as_str(), password.expose()), ("cn=Alice,dc=example", b"Winter-26".as_slice()));
    let Op::SearchRequest(search) = decode(SEARCH).op else { panic!("a search") };
    assert_eq!(search.filter.to_string(), r"(&(objectClass=person)(|(uid=a\2ab)(cn=*))(!(sn=x)))");
    assert_eq!((search.size_limit, search.scope), (2, Scope::Subtree));
    assert_eq!(search.attributes, ["memberOf", "uid"]);
    assert_eq!(decode(WHOAMI).op, Op::ExtendedRequest { name: WHO_AM_I.to_owned() });
    assert_eq!(decode(STARTTLS).op, Op::ExtendedRequest { name: START_TLS.to_owned() });
}

#[test]
fn answers_are_read_with_any_form_of_length() {
    let bound = Op::BindResponse(Outcome::new(ResultCode::SUCCESS));
    assert_eq!(decode(BOUND).op, bound);
    assert_eq!(decode(BOUND_BY_AD).op, bound);
    assert_eq!(encoded(&Message { id: 1, op: bound }), BOUND);
}

#[test]
fn a_refusal_tells_what_the_account_lacks() {
    let text = "80090308: LdapErr: DSID-0C090400, comment: AcceptSecurityContext error, data 533, v1";
    let refused = Outcome::new(ResultCode::INVALID_CREDENTIALS).because(text);
    let message = Message { id: 7, op: Op::BindResponse(refused.clone()) };
    let Op::BindResponse(read) = decode(&encoded(&message)).op else { panic!("a bind response") };
    assert_eq!(read, refused);
    assert_eq!(AccountState::find(&read.diagnostic), Some(AccountState::Disabled));
    assert_eq!(AccountState::find("nothing of the kind, data 52g"), None);
    assert_eq!(ResultCode::parse("invalidCredentials"), Some(ResultCode::INVALID_CREDENTIALS));
    assert_eq!(
        (ResultCode::parse("4096"), ResultCode(4096).to_string()),
        (Some(ResultCode(4096)), "result code 4096".into())
    );
}

#[test]
fn entries_give_values_whatever_the_case_and_the_options() {
    let entry = Entry {
        dn: "CN=Alice,DC=example".into(),
        attributes: vec![
            Attribute::new("sAMAccountName", ["alice"]),
            Attribute::new("memberOf;range=0-1", ["CN=a", "CN=b"]),
        ],
    };
    let Op::SearchEntry(read) = decode(&encoded(&Message { id: 2, op: Op::SearchEntry(entry.clone()) })).op
    else {
        panic!("an entry")
    };
    assert_eq!(read, entry);
    assert_eq!(read.values("samaccountname").collect::<Vec<_>>(), [b"alice"]);
    assert_eq!(read.values("memberof").count(), 2);
    assert_eq!(read.values("member").count(), 0);
}

#[test]
fn too_many_values_are_refused() {
    let entry = |count| {
        let attributes = vec![Attribute::new("memberOf", vec!["x"; count])];
        Message { id: 1, op: Op::SearchEntry(Entry { dn: "CN=a".into(), attributes }) }.encode()
    };
    assert!(Message::decode(entry(LDAP_VALUES_MAX).expose()).is_ok());
    assert_eq!(Message::decode(entry(LDAP_VALUES_MAX + 1).expose()), Err(BerError::TooMany));
}

#[test]
fn a_name_goes_into_a_filter_as_a_value() {
    let template = Filter::parse("(&(objectClass=person)(sAMAccountName={user}))").expect("a filter");
    assert_eq!(template, Filter::person("sAMAccountName"));
    assert_eq!(Filter::of_user("(uid=*)"), Err(FilterError::NoUser));
    assert_eq!(Filter::of_user("(uid=x{user})"), Filter::parse("(uid=x{user})"));
    let hostile = template.about("*)(uid=*))(|(uid=*");
    let Filter::And(parts) = &hostile else { panic!("still an and") };
    assert_eq!(parts.len(), 2);
    assert_eq!(
        hostile.to_string(),
        r"(&(objectClass=person)(sAMAccountName=\2a\29\28uid=\2a\29\29\28|\28uid=\2a))"
    );
    assert_eq!(Filter::parse(&hostile.to_string()), Ok(hostile));
    assert_eq!(template.about("{user}").to_string(), "(&(objectClass=person)(sAMAccountName={user}))");
}

#[test]
fn filters_that_are_not_served_or_no_filters_are_told_apart() {
    for (text, error) in [
        ("", FilterError::Syntax(0)),
        ("(uid=a", FilterError::Syntax(6)),
        ("(uid=a))", FilterError::Syntax(7)),
        ("uid=a", FilterError::Syntax(0)),
        ("(&(a=b)c)", FilterError::Syntax(7)),
        ("(=a)", FilterError::Syntax(1)),
        (r"(a=\2)", FilterError::Syntax(3)),
        (r"(a=\zz)", FilterError::Syntax(3)),
        ("(a>=1)", FilterError::Form),
        ("(a:1.2:=1)", FilterError::Form),
        ("(a=b*)", FilterError::Form),
    ] {
        assert_eq!(Filter::parse(text), Err(error), "{text}");
    }
    let deep = |levels: usize| format!("{}(a=b){}", "(!".repeat(levels), ")".repeat(levels));
    assert!(Filter::parse(&deep(LDAP_DEPTH_MAX - 1)).is_ok());
    assert_eq!(Filter::parse(&deep(LDAP_DEPTH_MAX)), Err(FilterError::TooLarge));
    assert_eq!(Filter::parse(&format!("(&{})", "(a=b)".repeat(10_000))), Err(FilterError::TooLarge));
}

#[test]
fn a_deep_filter_on_the_wire_is_refused() {
    let search = |levels| {
        let mut filter = Filter::Present("a".into());
        for _ in 0..levels {
            filter = Filter::Not(Box::new(filter));
        }
        let search = SearchRequest {
            base: String::new(),
            scope: Scope::Base,
            size_limit: 0,
            time_limit: 0,
            filter,
            attributes: Vec::new(),
        };
        Message { id: 1, op: Op::SearchRequest(search) }.encode()
    };
    assert!(Message::decode(search(LDAP_DEPTH_MAX - 1).expose()).is_ok());
    assert_eq!(Message::decode(search(LDAP_DEPTH_MAX).expose()), Err(BerError::TooMany));
}

#[test]
fn what_is_no_message_is_refused_for_its_reason() {
    for (hex, error) in [
        ("3080", BerError::Length),
        ("3085000000000c", BerError::Length),
        ("300c02010161070a01000400040000", BerError::Trailing),
        ("300c020101610f0a010004000400", BerError::Truncated),
        ("300c0201ff61070a010004000400", BerError::Number),
        ("300f020480000000", BerError::Truncated),
        ("300c02010161070a01000400", BerError::Truncated),
        ("310c02010161070a010004000400", BerError::Tag { wanted: 0x30, found: 0x31 }),
        ("300c020101600702010304018000", BerError::Text),
    ] {
        assert_eq!(Message::decode(&bytes(hex)), Err(error), "{hex}");
    }
    assert_eq!(decode("300c0201016a07040004000400ff").op, Op::Other(0x6a));
}

#[test]
fn a_bind_that_is_not_simple_is_known_by_its_tag() {
    let sasl = "301602010160110201030400a30a040845585445524e414c";
    assert_eq!(decode(sasl).op, Op::Other(Op::BIND));
    let version_2 = ANONYMOUS.replace("60070201030400", "60070201020400");
    assert_eq!(decode(&version_2).op, Op::Other(Op::BIND));
}

#[test]
fn the_inbox_gives_messages_however_the_bytes_come() {
    let stream = [bytes(BIND), bytes(SEARCH), bytes(UNBIND)].concat();
    for step in 1..stream.len() {
        let (mut inbox, mut ids) = (Inbox::default(), Vec::new());
        for chunk in stream.chunks(step) {
            inbox.feed(chunk);
            while let Some(message) = inbox.take().expect("messages") {
                ids.push(message.id);
            }
        }
        assert_eq!((ids, inbox.is_empty()), (vec![1, 2, 3], true), "in steps of {step}");
    }
}

#[test]
fn the_inbox_refuses_by_the_announced_length() {
    let announce = |length: usize| {
        let mut inbox = Inbox::default();
        inbox.feed(&[0x30, 0x83]);
        inbox.feed(&length.to_be_bytes()[5..]);
        inbox.take()
    };
    assert_eq!(announce(LDAP_MESSAGE_MAX_BYTES - 5), Ok(None));
    assert_eq!(announce(LDAP_MESSAGE_MAX_BYTES - 4), Err(BerError::TooLong(LDAP_MESSAGE_MAX_BYTES + 1)));
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        // Of what is served nowhere only the tag is kept.
        if let Ok(message) = Message::decode(&bytes).map_err(drop).and_then(known) {
            prop_assert_eq!(Message::decode(message.encode().expose()), Ok(message));
        }
    }

    #[test]
    fn a_damaged_message_is_refused_or_reads_back(
        golden in prop::sample::select(vec![BIND, SEARCH, WHOAMI, BOUND, BOUND_BY_AD]),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = bytes(golden);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(message) = Message::decode(&bytes).map_err(drop).and_then(known) {
            prop_assert_eq!(Message::decode(message.encode().expose()), Ok(message));
        }
    }

    #[test]
    fn any_text_is_parsed_without_panic(text in "[(&|!)=*a-c\\\\0-9{}]{0,40}") {
        if let Ok(filter) = Filter::parse(&text) {
            prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
        }
    }

    #[test]
    fn any_user_becomes_one_value(user in any::<String>()) {
        let filter = Filter::person("uid").about(&user);
        prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
    }

    #[test]
    fn binds_read_back(id in 0..=i32::MAX as u32, dn in any::<String>(), password in any::<Vec<u8>>()) {
        let bind = Message { id, op: Op::BindRequest { dn, password: Secret::new(password) } };
        prop_assert_eq!(Message::decode(bind.encode().expose()), Ok(bind));
    }
}
