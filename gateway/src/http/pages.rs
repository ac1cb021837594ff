//! The pages: log-in, question, error, signed out, and the step between log-in and portal.
//!
//! Plain HTML, one style sheet, no script: usable by keyboard and screen reader, in light and dark, on a phone.
//! maud escapes whatever is put in; texts of back ends are data (SR-83).

use maud::{DOCTYPE, Markup, html};

use super::form::TOKEN_FIELD;
use crate::reason::Reason;

/// The style sheet, served from its own path because the content security policy forbids inline styles.
pub(crate) const STYLE: &str = include_str!("style.css");

/// Where it is served.
pub(crate) const STYLE_PATH: &str = "/vpn/style.css";

/// The log-in form; `message` is what went wrong before.
pub(crate) fn login(token: &str, message: Option<&str>) -> Markup {
    page(
        "Log in",
        html! {
            h1 { "Log in" }
            @if let Some(message) = message { p.alert role="alert" { (message) } }
            form method="post" action="/cgi/login" name="vpnForm" autocomplete="on" {
                input type="hidden" name=(TOKEN_FIELD) value=(token);
                label for="login" { "User name" }
                input #login name="login" type="text" autocomplete="username" autocapitalize="none" spellcheck="false"
                    maxlength="253" required autofocus;
                label for="passwd" { "Password" }
                input #passwd name="passwd" type="password" autocomplete="current-password" maxlength="128" required;
                button type="submit" { "Log in" }
            }
        },
    )
}

/// The form for an answer. `echo`: the answer may be seen while it is typed.
pub(crate) fn challenge(prompt: &str, echo: bool, token: &str) -> Markup {
    let prompt = if prompt.trim().is_empty() { "Enter your passcode" } else { prompt };
    page(
        "One more step",
        html! {
            h1 { "One more step" }
            form method="post" action="/cgi/dlge" name="dlgform" {
                input type="hidden" name=(TOKEN_FIELD) value=(token);
                label for="response" { @for line in prompt.lines() { (line) br; } }
                input #response name="response" type=(if echo { "text" } else { "password" }) autocomplete="one-time-code"
                    autocapitalize="none" spellcheck="false" maxlength="128" required autofocus;
                button type="submit" { "Continue" }
            }
            p { a href="/vpn/index.html" { "Begin again" } }
        },
    )
}

/// The choice to end the session elsewhere. `adr` is what clients send back.
pub(crate) fn transfer(adr: &str) -> Markup {
    page(
        "You are logged in already",
        html! {
            h1 { "You are logged in already" }
            p { "You can have one session at a time. Going on here ends the other one and disconnects its applications." }
            form method="post" action="/cgi/tlogin" name="transferform" {
                input type="hidden" name="adr" value=(adr);
                button type="submit" name="cm" value="Transfer" { "Go on here" }
                button type="submit" name="cm" value="Cancel" { "Cancel" }
            }
        },
    )
}

/// A refusal, with its code and what to do.
pub(crate) fn refused(reason: Reason) -> Markup {
    page(
        "This did not work",
        html! {
            h1 { "This did not work" }
            p.alert role="alert" { (reason.advice()) }
            p { "Reason code: " code { (reason.code()) } }
            p { a href="/vpn/index.html" { "To the log-in page" } }
        },
    )
}

/// After log-out.
pub(crate) fn signed_out() -> Markup {
    page(
        "Signed out",
        html! {
            h1 { "Signed out" }
            p role="status" { "Your session is over. Applications that ran through it are disconnected." }
            p { a href="/vpn/index.html" { "Log in again" } }
        },
    )
}

/// Leads to the portal without a script.
pub(crate) fn forward(portal: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content=(format!("0; url={portal}"));
                title { "Opening your applications" }
                link rel="stylesheet" href=(STYLE_PATH);
            }
            body { main { p { a href=(portal) { "To your applications" } } } }
        }
    }
}

fn page(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Access gateway" }
                link rel="stylesheet" href=(STYLE_PATH);
            }
            body { main { (content) } footer { "Access gateway" } }
        }
    }
}
