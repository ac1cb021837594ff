//! A loaded configuration as text again, one command a line, quoted as the command line wants it.
//!
//! Abbreviations are written out. What was refused is a comment; what was only kept stands as it was.
//!
//! Specification: when a value needs quotes is the vendor's converter's rule (`nspepi_parse_tree.py`).

use super::command::{Command, Resolved, Verb};
use super::lex::Token;
use super::load::Loaded;
use super::place::Place;

/// All commands in their order. Loading it again gives an equal configuration.
#[must_use]
pub fn write(loaded: &Loaded) -> String {
    let mut text = String::new();
    if let Some(release) = &loaded.configuration.release {
        text += &format!("#{release}\n");
    }
    for statement in &loaded.commands {
        match &statement.resolved {
            Resolved::Known(command) => text += &line(command),
            Resolved::Kept(_) => text += source(loaded, statement.at),
            Resolved::Refused => {
                let lines: Vec<_> =
                    source(loaded, statement.at).lines().map(|line| format!("# {line}")).collect();
                text += &lines.join("\n");
            }
        }
        text.push('\n');
    }
    text
}

fn source(loaded: &Loaded, at: Place) -> &str {
    let text = loaded.sources.get(at.file).and_then(|source| source.text.get(at.span.start..at.span.end));
    text.unwrap_or_default()
}

fn line(command: &Command) -> String {
    let verb = match command.verb {
        Verb::Add => "add",
        Verb::Set => "set",
        Verb::Unset => "unset",
        Verb::Rm => "rm",
        Verb::Bind => "bind",
        Verb::Unbind => "unbind",
        Verb::Enable => "enable",
        Verb::Disable => "disable",
    };
    let mut words = vec![verb.to_owned(), command.shape.path.to_owned()];
    for field in &command.fields {
        match (&field.written, field.name) {
            (Some(_), Some(name)) => words.push(format!("-{name}")),
            (Some(written), None) => words.push(written.text().to_owned()),
            (None, _) => {}
        }
        words.extend(field.values.iter().map(Token::text).map(quote));
    }
    words.join(" ")
}

/// A value as a token: in quotes if it would not be one token, or another, without.
#[must_use]
pub fn quote(value: &str) -> String {
    let odd = |byte: u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'\\' | b'(' | b')');
    let first = value.bytes().next();
    let raw =
        first == Some(b'q') && value.as_bytes().get(1).is_some_and(|byte| !byte.is_ascii_alphanumeric());
    if !matches!(first, None | Some(b'-' | b'#')) && !raw && !value.bytes().any(odd) {
        return value.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in value.chars() {
        match character {
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '"' | '\\' => quoted.extend(['\\', character]),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::conf::load;

    /// What loading the printed file gives must be what was printed.
    fn round(text: &str) -> (Loaded, Loaded, String) {
        let first = load("first.conf", text.as_bytes());
        let written = write(&first);
        let second = load("second.conf", written.as_bytes());
        (first, second, written)
    }

    #[test]
    fn printed_commands_are_whole_and_quoted() {
        let (_, _, written) = round(
            "#NS13.1 Build 37.38\n\
             add pol expression e q{HTTP.REQ.URL.CONTAINS(\"a b\")}\n\
             add responder action a respondwith '\"x\\r\\n\"' -headers X(\"y z\")\n\
             add lb monitor  m   HTTP # kept\n\
             add responder policy p a b c d e\n",
        );
        let expected = "#NS13.1 Build 37.38\n\
             add policy expression e \"HTTP.REQ.URL.CONTAINS(\\\"a b\\\")\"\n\
             add responder action a respondwith \"\\\"x\\r\\n\\\"\" -headers \"X(\\\"y z\\\")\"\n\
             add lb monitor  m   HTTP # kept\n\
             # add responder policy p a b c d e\n";
        assert_eq!(written, expected);
    }

    proptest! {
        #[test]
        fn a_value_survives_quoting(value in "[ -~\t\r\n\u{e9}]{0,40}") {
            let text = format!("add policy expression e {}\n", quote(&value));
            let loaded = load("test.conf", text.as_bytes());
            let expression = loaded.configuration.expressions.get("e").map(|it| it.value.text.clone());
            prop_assert_eq!(expression, Some(value));
        }

        #[test]
        fn printing_and_reading_again_gives_the_same_objects(lines in proptest::collection::vec(line(), 0..30)) {
            let (first, second, written) = round(&lines.join("\n"));
            prop_assert_eq!(&first.configuration, &second.configuration, "{}", written);
            prop_assert!(second.commands.iter().all(|it| it.resolved != Resolved::Refused), "{}", written);
        }
    }

    /// Lines that refer to each other often enough to make objects, and some that are broken.
    fn line() -> impl Strategy<Value = String> {
        let name = prop_oneof![Just("a"), Just("b"), Just("\"c d\""), Just("-e"), Just("q{f}")];
        let value = "[ -~\n]{0,20}".prop_map(|value| quote(&value));
        let shape = proptest::sample::select(vec![
            "add responder policy N V noop",
            "set responder policy N -rule V",
            "unset responder policy N -undefAction",
            "rm responder policy N",
            "add responder action N respondwith V -headers X(V) Y(1)",
            "add ns variable N -type map(text(5),ulong,9) -init V",
            "add ns assignment N -var $a[V] -set V",
            "add lb vserver N HTTP 192.0.2.1 80",
            "bind lb vserver N -policyName N -priority 7 -goto V",
            "unbind lb vserver N -policyName N",
            "bind responder global N 10 NEXT",
            "add pol patset N",
            "bind policy patset N V",
            "add policy stringmap N",
            "bind policy stringmap N V V",
            "add policy httpCallout N -returnType TEXT -fullReqExpr V",
            "add audit messageaction N ALERT V",
            "enable feature responder V",
            "add lb monitor N V",
            "add N \"V",
            "V",
        ]);
        (shape, name, value).prop_map(|(shape, name, value)| shape.replace('N', name).replace('V', &value))
    }
}
