//! The phone: the one-time codes that the site's RADIUS server asks for, as they would arrive on one.

use std::time::Duration;

use gateway_rt::Field;

use super::limits::CODES_SHOWN;
use super::site::Person;
use crate::trace::{Event, What};

/// A code that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// When, since the lab began.
    pub(super) at: Duration,
    pub(super) user: String,
    pub(super) code: String,
    pub(super) state: State,
}

/// What became of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It waits to be typed.
    New,
    /// It was typed and believed.
    Used,
    /// Something else was typed.
    Refused,
    /// Another one came before it was typed.
    Replaced,
}

/// The messages, newest first.
pub(super) fn messages(events: &[Event], people: &[Person]) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    for event in events.iter().filter(|event| matches!(event.what, What::Radius(_))) {
        let told = event.what.tell();
        let user = told.fields.iter().find(|(name, _)| *name == "user");
        let Some((_, Field::Text(user))) = user else { continue };
        let waiting = |message: &&mut Message| message.user == *user && message.state == State::New;
        let last = messages.iter_mut().rev().find(waiting);
        match (told.kind, last) {
            ("radius.access-challenge", last) => {
                if let Some(last) = last {
                    last.state = State::Replaced;
                }
                let person = people.iter().find(|person| person.name == *user);
                if let Some(code) = person.and_then(|person| person.codes.first()) {
                    let (user, code) = (user.clone(), code.clone());
                    messages.push(Message { at: event.at, user, code, state: State::New });
                }
            }
            ("radius.access-accept", Some(last)) => last.state = State::Used,
            ("radius.access-reject", Some(last)) => last.state = State::Refused,
            _ => {}
        }
    }
    messages.reverse();
    messages.truncate(CODES_SHOWN);
    messages
}
