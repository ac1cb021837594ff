//! What an answer of the server is worth, given what was asked. Pure.
//!
//! Only an answer that fits its question counts, and nothing but `authenticated` to a passcode or a device passes
//! anybody (SR-103). `authenticated` to another question is one that the server should not have given, so it
//! lets nobody in.

use gateway_proto::anakam::{Ask, Key, Response, Status, Step};

/// Longest hint that is shown; a masked address has some 20 characters. Ours.
const HINT_CHARS_MAX: usize = 100;

/// What was asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Delivery,
    Parameters,
    Passcode,
    Device,
}

impl Asked {
    pub(super) fn of(ask: &Ask) -> Self {
        match ask {
            Ask::Deliver { .. } => Self::Delivery,
            Ask::Parameters => Self::Parameters,
            Ask::Passcode { .. } => Self::Passcode,
            Ask::Device(_) => Self::Device,
        }
    }
}

/// What was said.
pub(super) enum Said {
    /// A passcode will be sent.
    Delivered,
    /// A passcode is required; where it went, masked.
    Asked { hint: Option<String> },
    /// The factor is passed; the device is registered under this key.
    Passed { device: Option<Key> },
    /// This device is not registered, or no longer.
    NotKnown,
}

/// Why nobody passes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum No {
    /// The server says so, and why.
    Refused(String),
    /// The answer is none to this question.
    Senseless(String),
}

/// The worth of `response`, an answer in the log-in `key`.
pub(super) fn of(asked: Asked, key: &Key, response: &Response) -> Result<Said, No> {
    if response.key != *key {
        return Err(No::Senseless("an answer in another log-in".to_owned()));
    }
    let hint = || response.messages.iter().find(|it| it.key.starts_with(SENT)).map(|it| shown(&it.value));
    match (asked, response.status, response.step) {
        (Asked::Delivery, Status::ParametersAccepted, Step::Delivery) => Ok(Said::Delivered),
        (Asked::Parameters | Asked::Passcode, Status::ParametersRequired, Step::Challenge) => {
            Ok(Said::Asked { hint: hint() })
        }
        (Asked::Passcode, Status::Authenticated, Step::Challenge)
        | (Asked::Device, Status::Authenticated, Step::Terminated) => {
            Ok(Said::Passed { device: response.device.clone() })
        }
        (Asked::Device, Status::ParametersRequired | Status::Rejected, _) => Ok(Said::NotKnown),
        (_, Status::Rejected, _) => {
            let why = response.messages.first().map_or("rejected", |message| message.key.as_str());
            Err(No::Refused(shown(why)))
        }
        (_, status, step) => Err(No::Senseless(format!("{status} in step {step} was not asked for"))),
    }
}

/// Keys of the messages that say where a passcode went: `passcode.sent.to.email`.
const SENT: &str = "passcode.sent.to.";

/// The question to the user.
pub(super) fn prompt(hint: Option<&str>, again: bool) -> String {
    let before = if again { "The passcode was not accepted. " } else { "" };
    match hint {
        Some(hint) => format!("{before}Enter the passcode that was sent to {hint}."),
        None => format!("{before}Enter the passcode that was sent to you."),
    }
}

/// A text of the server in one bounded line.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(HINT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use gateway_proto::anakam::Message;

    use super::*;

    const STATUSES: [Status; 4] =
        [Status::ParametersAccepted, Status::ParametersRequired, Status::Authenticated, Status::Rejected];
    const STEPS: [Step; 3] = [Step::Delivery, Step::Challenge, Step::Terminated];
    const ASKED: [Asked; 4] = [Asked::Delivery, Asked::Parameters, Asked::Passcode, Asked::Device];

    fn key(n: u8) -> Key {
        Key::from_random([n; 16])
    }

    /// Of all 48 combinations, the two of the published conversation.
    #[test]
    fn only_a_passcode_and_a_device_can_pass() {
        let mut passing = Vec::new();
        for asked in ASKED {
            for status in STATUSES {
                for step in STEPS {
                    let said = of(asked, &key(1), &Response::new(status, step, key(1)));
                    if matches!(said, Ok(Said::Passed { .. })) {
                        passing.push((asked == Asked::Device, status, step));
                    }
                }
            }
        }
        let expected = [
            (false, Status::Authenticated, Step::Challenge),
            (true, Status::Authenticated, Step::Terminated),
        ];
        assert_eq!(passing, expected);
    }

    #[test]
    fn an_answer_in_another_log_in_is_none() {
        for asked in ASKED {
            for status in STATUSES {
                let foreign = Response::new(status, Step::Challenge, key(2));
                assert!(matches!(of(asked, &key(1), &foreign), Err(No::Senseless(_))));
            }
        }
    }

    #[test]
    fn a_hint_is_one_bounded_line() {
        let value = format!("a\r\nb{}", "x".repeat(500));
        let messages = vec![Message { key: "passcode.sent.to.phone".to_owned(), value }];
        let response =
            Response { messages, ..Response::new(Status::ParametersRequired, Step::Challenge, key(1)) };
        let Ok(Said::Asked { hint: Some(hint) }) = of(Asked::Parameters, &key(1), &response) else {
            panic!("a question");
        };
        assert!(hint.starts_with("abx") && hint.chars().count() == HINT_CHARS_MAX);
        assert_eq!(prompt(None, false), "Enter the passcode that was sent to you.");
        assert!(prompt(Some("aXXX"), true).starts_with("The passcode was not accepted. Enter"));
    }
}
