use proptest::prelude::*;

use super::*;

fn blocked() -> Message {
    Message {
        facility: 10,
        severity: 0,
        timestamp: "2026-11-21T22:31:07.123Z".to_owned(),
        host: "gw.example.test".to_owned(),
        app: "gateway".to_owned(),
        process: String::new(),
        id: "session.duplicate".to_owned(),
        data: vec![Element {
            id: "audit@32473".to_owned(),
            params: vec![("user".to_owned(), "a\"b\\c]d".to_owned()), ("attempt".to_owned(), "2".to_owned())],
        }],
        text: "leaves ‹session›".to_owned(),
    }
}

#[test]
fn a_message_is_written_as_the_rfc_has_it() {
    let expected = "<80>1 2026-11-21T22:31:07.123Z gw.example.test gateway - session.duplicate \
                    [audit@32473 user=\"a\\\"b\\\\c\\]d\" attempt=\"2\"] leaves ‹session›";
    assert_eq!(blocked().write(8192), expected);
    assert_eq!(Message::parse(expected.as_bytes()), Ok(blocked()));
    assert_eq!(blocked().param("attempt"), Some("2"));
}

/// RFC 5424 section 6.5.
#[test]
fn the_examples_of_the_rfc_are_read() {
    let first = "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \u{feff}'su root' failed for lonvick on /dev/pts/8";
    let first = Message::parse(first.as_bytes()).unwrap();
    assert_eq!((first.facility, first.severity, first.id.as_str()), (4, 2, "ID47"));
    assert!(first.text.starts_with("'su root'"), "without the byte order mark");
    let second =
        "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.";
    assert_eq!(Message::parse(second.as_bytes()).unwrap().process, "8710");
    let fourth = "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 \
                  [exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"][examplePriority@32473 class=\"high\"]";
    let fourth = Message::parse(fourth.as_bytes()).unwrap();
    assert_eq!((fourth.data.len(), fourth.param("class"), fourth.text.as_str()), (2, Some("high"), ""));
}

#[test]
fn what_is_no_message_is_refused() {
    for (bytes, error) in [
        (&b""[..], SyslogError::Priority),
        (b"<>1 - - - - - -", SyslogError::Priority),
        (b"<192>1 - - - - - -", SyslogError::Priority),
        (b"<+1>1 - - - - - -", SyslogError::Priority),
        (b"<013>1 - - - - - -", SyslogError::Priority),
        (b"<34>Oct 11 22:14:15 mymachine su: failed", SyslogError::Version),
        (b"<34>1 -  - - - -", SyslogError::Header("host")),
        (b"<34>1 - - - - -", SyslogError::Header("message id")),
        (b"<34>1 - - - - - x", SyslogError::Data),
        (b"<34>1 - - - - - [a b=\"c]\"]", SyslogError::Data),
        (b"<34>1 - - - - - [a b=\"c\"", SyslogError::Data),
        (b"<34>1 - - - - - []", SyslogError::Data),
        (b"<34>1 - - - - - - \xff", SyslogError::Text),
    ] {
        assert_eq!(Message::parse(bytes), Err(error), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn frames_are_found_however_they_are_cut() {
    let stream = frame("<34>1 - - - - - - one") + &frame("<34>1 - - - - - - zwei‹›");
    for cut in 0..=stream.len() {
        let mut frames = Frames::default();
        let (first, second) = stream.as_bytes().split_at(cut);
        let mut found = Vec::new();
        for part in [first, second] {
            frames.handle_bytes(part);
            while let Some(frame) = frames.poll().unwrap() {
                found.push(Message::parse(&frame).unwrap().text);
            }
        }
        assert_eq!(found, ["one", "zwei‹›"]);
    }
}

#[test]
fn a_stream_without_lengths_is_given_up() {
    for stream in [&b"<34>1 - - -\n"[..], b"0 ", b"012 abc", b"9000 ", b"123456", b" "] {
        let mut frames = Frames::default();
        frames.handle_bytes(stream);
        assert!(frames.poll().is_err(), "{}", String::from_utf8_lossy(stream));
    }
}

#[test]
fn a_long_text_is_cut_at_a_character() {
    let long = Message { text: "‹".repeat(100), ..blocked() };
    let whole = long.write(8192).len();
    assert!((whole - 4..whole).contains(&long.write(whole - 1).len()));
}

proptest! {
    #[test]
    fn whatever_is_written_can_be_read(
        words in proptest::collection::vec(".{0,60}", 5),
        params in proptest::collection::vec((".{1,40}", ".{0,40}"), 0..4),
        text in "[^\u{feff}\u{0}]{0,60}",
    ) {
        let [host, app, process, id, name] = words.try_into().expect("five words");
        let data = vec![Element { id: name, params }];
        let message = Message { host, app, process, id, data, text, ..Message::default() };
        let written = message.write(8192);
        let read = Message::parse(written.as_bytes()).unwrap();
        prop_assert_eq!(&read.text, &message.text);
        prop_assert_eq!(read.write(8192), written);
    }

    #[test]
    fn nothing_that_is_read_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = Message::parse(&bytes);
        let mut frames = Frames::default();
        frames.handle_bytes(&bytes);
        while let Ok(Some(_)) = frames.poll() {}
    }
}
