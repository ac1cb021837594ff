//! The lab's own pages: what there is, the phone, the sequence, and how a launch went.
//!
//! Plain HTML, one style sheet, no script: usable by keyboard and screen reader, in light and dark, on a phone.
//! Pages that change by themselves say so and can be held.

use std::time::Duration;

use maud::{DOCTYPE, Markup, html};

use super::phone::{Message, State};
use super::sequence::{self, Line};
use super::site::{Person, Second};

/// The style sheet, served from its own path because the content security policy forbids inline styles.
pub(super) const STYLE: &str = include_str!("style.css");

/// Where it is served.
pub(super) const STYLE_PATH: &str = "/style.css";

/// Seconds after which a page that changes is loaded again.
const PHONE_REFRESH: u32 = 2;
const SEQUENCE_REFRESH: u32 = 5;

/// What the first page tells.
pub(super) struct Overview<'a> {
    pub(super) portal: &'a str,
    pub(super) people: &'a [Person],
    pub(super) apps: &'a [String],
    /// Kind and name of every host.
    pub(super) hosts: &'a [(String, String)],
    /// How the last launch went.
    pub(super) failed: Option<&'a str>,
}

/// The first page.
pub(super) fn index(overview: &Overview<'_>) -> Markup {
    let content = html! {
        h1 { "Gateway Lab" }
        @if let Some(why) = overview.failed {
            p.alert role="alert" { "The launch did not go through: " (why) }
        }
        p { "A gateway and everything around it, on this machine only. Nothing is kept." }
        section aria-labelledby="people" {
            h2 #people { "Log in" }
            p { "Portal: " a href=(overview.portal) { (overview.portal) }
                ". Your browser warns once: the certificate is this lab's own." }
            div.wide tabindex="0" role="region" aria-labelledby="people" {
                table {
                    thead { tr { th scope="col" { "User" } th scope="col" { "Password" } th scope="col" { "Second factor" } } }
                    tbody {
                        @for person in overview.people {
                            tr {
                                td { (person.name) }
                                td { code { (person.password) } }
                                td { @if person.second == Second::None { (person.second.text()) } @else { a href="/phone" { (person.second.text()) } } }
                            }
                        }
                    }
                }
            }
        }
        section aria-labelledby="launch" {
            h2 #launch { "No Citrix client at hand?" }
            p { "The built-in Receiver logs in, answers the code, opens the app, types, and logs out. You then see what was said on the way." }
            form method="post" action="/launch" {
                div { label for="user" { "User" } select #user name="user" {
                    @for person in overview.people { option value=(person.name) { (person.name) } }
                } }
                div { label for="app" { "App" } select #app name="app" {
                    @for app in overview.apps { option value=(app) { (app) } }
                } }
                button type="submit" { "Launch" }
            }
        }
        section aria-labelledby="hosts" {
            h2 #hosts { "What runs here" }
            ul.hosts { @for (kind, name) in overview.hosts { li { code { (name) } " " span.quiet { (kind) } } } }
        }
    };
    page("Lab", "/", None, content)
}

/// The phone.
pub(super) fn phone(messages: &[Message], now: Duration, held: bool) -> Markup {
    let content = html! {
        h1 { "Phone" }
        p { "One-time codes and e-mails arrive here when somebody logs in who needs one." }
        @if messages.is_empty() {
            p.quiet role="status" { "No code yet. Log in as a user with a second factor." }
        } @else {
            ol.messages {
                @for message in messages {
                    li.new[message.state == State::New] {
                        p.from {
                            @match &message.mailed_to {
                                Some(to) => { "E-mail for " strong { (message.user) } " to " (to) }
                                None => { "Code for " strong { (message.user) } }
                            }
                            ", " (ago(now.saturating_sub(message.at)))
                        }
                        @if let Some(code) = &message.code { p.code { (code) } }
                        p.quiet { (became(message.state)) }
                    }
                }
            }
        }
        (hold("/phone", PHONE_REFRESH, held))
    };
    page("Phone", "/phone", (!held).then_some(PHONE_REFRESH), content)
}

fn became(state: State) -> &'static str {
    match state {
        State::New => "Waits to be typed",
        State::Used => "Accepted",
        State::Refused => "Something else was typed",
        State::Replaced => "Replaced by a newer one",
    }
}

fn ago(span: Duration) -> String {
    match span.as_secs() {
        0 => "just now".to_owned(),
        seconds @ 1..60 => format!("{seconds} s ago"),
        seconds => format!("{} min ago", seconds / 60),
    }
}

/// The sequence of the last launch.
pub(super) fn sequence(lines: &[Line], held: bool) -> Markup {
    let content = html! {
        h1 { "Sequence" }
        @if lines.is_empty() {
            p.quiet role="status" { "Nobody has logged in yet. Use the portal, or the built-in Receiver on the " a href="/" { "first page" } "." }
        } @else {
            p { "What was said since the last log-in. Secrets have names, never values." }
            div.wide tabindex="0" role="region" aria-label="Sequence diagram" { (sequence::drawing(lines)) }
            h2 #text { "As text" }
            div.wide tabindex="0" role="region" aria-labelledby="text" { (sequence::text(lines)) }
        }
        (hold("/sequence", SEQUENCE_REFRESH, held))
    };
    page("Sequence", "/sequence", (!held).then_some(SEQUENCE_REFRESH), content)
}

/// Something that is not there, or may not be done.
pub(super) fn problem(title: &str, text: &str) -> Markup {
    let content = html! { h1 { (title) } p { (text) } p { a href="/" { "To the first page" } } };
    page(title, "", None, content)
}

fn hold(path: &str, seconds: u32, held: bool) -> Markup {
    html! {
        p.hold {
            @if held { "This page stands still. " a href=(path) { "Let it follow" } }
            @else { "This page looks again every " (seconds) " s. " a href=(format!("{path}?hold")) { "Hold it" } }
        }
    }
}

fn page(title: &str, here: &str, refresh: Option<u32>, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(seconds) = refresh { meta http-equiv="refresh" content=(seconds); }
                title { (title) " · Gateway Lab" }
                link rel="stylesheet" href=(STYLE_PATH);
            }
            body {
                nav aria-label="Lab" {
                    @for (path, name) in [("/", "Lab"), ("/phone", "Phone"), ("/sequence", "Sequence")] {
                        a href=(path) aria-current=[(path == here).then_some("page")] { (name) }
                    }
                }
                main { (content) }
                footer { "Independent of any vendor. For tests, never for production." }
            }
        }
    }
}
