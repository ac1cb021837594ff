//! The phone: the one-time codes that RADIUS asks for and the e-mails with passcodes, as they would arrive on one.

use std::time::Duration;

use gateway_rt::{Field, Told};

use super::limits::CODES_SHOWN;
use super::site::{Person, Second};
use crate::run::Phones;
use crate::trace::{Event, What};

/// A code that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// When, since the lab began.
    pub(super) at: Duration,
    pub(super) user: String,
    /// The address it was sent to, masked; a token's code is sent nowhere.
    pub(super) mailed_to: Option<String>,
    /// Of e-mails only each user's latest is kept.
    pub(super) code: Option<String>,
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
pub(super) fn messages(events: &[Event], people: &[Person], phones: &Phones) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    for event in events.iter().filter(|event| matches!(event.what, What::Radius(_) | What::Anakam(_))) {
        let told = event.what.tell();
        let Some(user) = text(&told, "user") else { continue };
        let mailed = matches!(event.what, What::Anakam(_));
        let waits = |message: &&mut Message| {
            message.user == user && message.mailed_to.is_some() == mailed && message.state == State::New
        };
        let waiting = messages.iter_mut().rev().find(waits);
        let became = match told.kind {
            "radius.access-challenge" | "anakam.delivered" => State::Replaced,
            "radius.access-accept" | "anakam.authenticated" => State::Used,
            "radius.access-reject" | "anakam.refused" => State::Refused,
            _ => continue,
        };
        if let Some(waiting) = waiting {
            waiting.state = became;
        }
        if became == State::Replaced {
            let mailed_to = mailed.then(|| text(&told, "to").unwrap_or_default().to_owned());
            let code = if mailed { None } else { token(people, user) };
            messages.push(Message {
                at: event.at,
                user: user.to_owned(),
                mailed_to,
                code,
                state: State::New,
            });
        }
    }
    messages.reverse();
    messages.truncate(CODES_SHOWN);
    for person in people.iter().filter(|person| person.second == Second::Mail) {
        let latest = messages.iter_mut().find(|message| message.user == person.name);
        let passcode = phones.passcode(&person.name);
        if let (Some(latest), Some(passcode)) = (latest, passcode) {
            latest.code = passcode.expose_str().map(str::to_owned);
        }
    }
    messages
}

fn text<'a>(told: &'a Told, wanted: &str) -> Option<&'a str> {
    told.fields.iter().find_map(|(name, field)| match field {
        Field::Text(text) if *name == wanted => Some(text.as_str()),
        _ => None,
    })
}

/// What a user's token shows.
fn token(people: &[Person], user: &str) -> Option<String> {
    match &people.iter().find(|person| person.name == user)?.second {
        Second::Codes(codes) => codes.first().cloned(),
        Second::None | Second::Mail => None,
    }
}
