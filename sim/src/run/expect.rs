//! Expectations among the steps: each looks at what the last action came to, and waits for it where waiting
//! makes sense.

use std::time::Duration;

use gateway_mocks::receiver::{Echo, Page};
use gateway_rt::Field;
use regex_lite::Regex;

use super::actor::{Actor, Came};
use super::unmet;
use crate::report::Failure;
use crate::scenario::plan::{PageClaim, Payload, StepExpectation};
use crate::scenario::source::{Span, Spanned};

/// How long a connection is watched for its end when the scenario names no time.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);
/// How long an echo may take when the scenario names no time.
const ECHO_PATIENCE: Duration = Duration::from_secs(5);
/// How long an event that explains a refusal may lag behind it: one message between two hosts.
const REASON_PATIENCE: Duration = Duration::from_millis(250);
/// How often the trace is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Bytes of an answer that are compared. Ours: an expectation in hexadecimal is a few lines.
const REPLY_BYTES_MAX: usize = 4096;

impl Actor<'_> {
    /// Checks the expectation. An action that went badly is accounted for once an expectation about it holds.
    pub(super) async fn expect(&mut self, expectation: &StepExpectation, span: Span) -> Result<(), Failure> {
        let held = match expectation {
            StepExpectation::Challenge { text } => self.challenge(text.as_ref()),
            StepExpectation::Transfer => {
                let offered = self.came.as_ref().is_some_and(|came| came.offered);
                held(offered, "the offer to end the other session", || self.what_came())
            }
            StepExpectation::Session => held(self.receiver.has_session(), "a session", || self.what_came()),
            StepExpectation::NoSession => {
                held(!self.receiver.has_session(), "no session", || "there is one".into())
            }
            StepExpectation::Page(claim) => match self.receiver.page() {
                Some(page) => check_page(page, claim),
                None => Err(("a page".to_owned(), "no page was ever loaded".to_owned())),
            },
            StepExpectation::App(name) => {
                held(self.apps.contains(&name.value), &format!("the app {}", name.value), || self.apps_now())
            }
            StepExpectation::NoApp(name) => {
                held(!self.apps.contains(&name.value), &format!("no app {}", name.value), || self.apps_now())
            }
            StepExpectation::IcaFile { address, ssl_proxy } => {
                self.ica_file(address.as_ref(), ssl_proxy.as_ref())
            }
            StepExpectation::Connected { .. } => {
                held(self.session.is_some(), "an ICA connection", || self.what_came())
            }
            StepExpectation::Echo { text, times, within } => {
                let times = times.as_ref().map_or(1, |times| times.value);
                self.echo(&text.value, times, within.as_ref()).await
            }
            StepExpectation::Refused { by, reason, within } => {
                self.refused(by.as_ref(), reason.as_ref(), within.as_ref()).await
            }
            StepExpectation::Closed { within } => self.closed(within.as_ref()).await,
            StepExpectation::Reply { bytes, within } => self.reply(bytes, within.as_ref()).await,
        };
        match held {
            Ok(()) => {
                if let Some(came) = &mut self.came {
                    came.well = true;
                }
                Ok(())
            }
            Err((awaited, came)) => Err(unmet(Some(span), self.now(), awaited, came)),
        }
    }

    fn challenge(&self, text: Option<&Spanned<String>>) -> Held {
        let prompt = self.came.as_ref().and_then(|came| came.prompt.as_deref());
        match (prompt, text) {
            (Some(_), None) => Ok(()),
            (Some(prompt), Some(text)) => {
                held(prompt == text.value, &format!("the challenge {:?}", text.value), || {
                    format!("{prompt:?}")
                })
            }
            (None, _) => Err(("a challenge".to_owned(), self.what_came())),
        }
    }

    fn ica_file(&self, address: Option<&Spanned<String>>, ssl_proxy: Option<&Spanned<String>>) -> Held {
        let Some(file) = &self.file else { return Err(("an ICA file".to_owned(), self.what_came())) };
        if let Some(pattern) = address {
            let matches =
                Regex::new(&pattern.value).map_err(|error| (pattern.value.clone(), error.to_string()))?;
            let address = file.ticket.to_wire();
            let address = address.expose_str().unwrap_or_default();
            let shape = format!(";{};{};…", file.ticket.version(), file.ticket.sta());
            held(matches.is_match(address), &format!("Address like {}", pattern.value), || shape)?;
        }
        if let Some(proxy) = ssl_proxy {
            let came = file.gateway.to_string();
            held(came == proxy.value, &format!("SSLProxyHost={}", proxy.value), || came.clone())?;
        }
        Ok(())
    }

    /// The text comes back `times` times in a row, all of it `within` this time.
    async fn echo(&mut self, text: &str, times: u32, within: Option<&Spanned<Duration>>) -> Held {
        let within = within.map_or(ECHO_PATIENCE, |within| within.value);
        let until = self.now() + within;
        for turn in 1..=times {
            let left = until.saturating_sub(self.now());
            let awaited = match times {
                1 => format!("the echo {text:?}"),
                _ => format!("the echo {text:?}, number {turn} of {times}"),
            };
            let Some(session) = &mut self.session else {
                return Err((awaited, "there is no ICA connection".to_owned()));
            };
            match session.read_echo(text, left).await {
                Echo::Matched => {}
                Echo::Differs { at } => return Err((awaited, format!("something else, from byte {at} on"))),
                Echo::Late { received } => {
                    return Err((awaited, format!("{received} bytes within {} s", within.as_secs_f64())));
                }
                Echo::Closed { received } => {
                    return Err((awaited, format!("the connection closed after {received} bytes")));
                }
            }
        }
        Ok(())
    }

    /// The last action was turned down, by this host and for this reason where they are named. The reason may
    /// stand on the page, or, for an ICA client, which is told nothing, in the events since the action began.
    async fn refused(
        &mut self,
        by: Option<&Spanned<String>>,
        reason: Option<&Spanned<String>>,
        within: Option<&Spanned<Duration>>,
    ) -> Held {
        let who = by.map_or("somebody".to_owned(), |by| by.value.clone());
        let why = reason.map(|reason| format!(" [{}]", reason.value)).unwrap_or_default();
        let awaited = format!("a refusal by {who}{why}");
        let turned_down = self.came.as_ref().is_some_and(|came| came.refused || came.closed || !came.well);
        if !turned_down {
            return Err((awaited, self.what_came()));
        }
        let on_the_page = self.came.as_ref().and_then(|came| came.reason.as_deref());
        if by.is_none() && reason.is_none_or(|reason| on_the_page == Some(&reason.value)) {
            return Ok(());
        }
        let deadline = self.now() + within.map_or(REASON_PATIENCE, |within| within.value);
        loop {
            if self.refusal_told(by.map(|by| by.value.as_str()), reason.map(|reason| reason.value.as_str())) {
                return Ok(());
            }
            if self.now() >= deadline {
                return Err((awaited, format!("{}; {}", self.what_came(), self.reasons_told())));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn refusal_told(&self, by: Option<&str>, reason: Option<&str>) -> bool {
        self.refusals()
            .iter()
            .any(|(host, code)| by.is_none_or(|by| by == host) && reason.is_none_or(|reason| reason == code))
    }

    fn reasons_told(&self) -> String {
        let told: Vec<String> =
            self.refusals().iter().map(|(host, code)| format!("{host} said {code}")).collect();
        if told.is_empty() { "nobody gave a reason".to_owned() } else { told.join(", ") }
    }

    /// Who gave which reason since the last action began.
    fn refusals(&self) -> Vec<(String, String)> {
        self.setting.recorder.with(|events| {
            let since = events.get(self.since..).unwrap_or_default();
            let told = since.iter().filter_map(|event| {
                let told = event.what.tell();
                let code = told.fields.iter().find(|(name, _)| matches!(*name, "reason" | "error"))?;
                let Field::Text(code) = &code.1 else { return None };
                Some((event.host.clone(), code.clone()))
            });
            told.collect()
        })
    }

    async fn closed(&mut self, within: Option<&Spanned<Duration>>) -> Held {
        let within = within.map_or(CLOSE_PATIENCE, |within| within.value);
        let closed = match (&mut self.session, &mut self.wire) {
            (Some(session), _) => session.closes(within).await,
            (None, Some(wire)) => wire.closes(within).await,
            (None, None) => self.came.as_ref().is_some_and(|came| came.closed),
        };
        held(closed, "the other side to close", || format!("still open after {} s", within.as_secs_f64()))
    }

    async fn reply(&mut self, wanted: &Payload, within: Option<&Spanned<Duration>>) -> Held {
        let show = |bytes: &[u8]| match wanted {
            Payload::Hex(_) => hex(bytes),
            Payload::Text(_) => format!("{:?}", String::from_utf8_lossy(bytes)),
        };
        let wanted = wanted.bytes();
        let awaited = format!("an answer that begins with {}", show(wanted));
        let Some(wire) = &mut self.wire else {
            return Err((awaited, "there is no open connection".to_owned()));
        };
        let within = within.map_or(Self::patience(), |within| within.value);
        let heard = wire.receive(wanted.len().min(REPLY_BYTES_MAX), within).await;
        held(heard.bytes == wanted, &awaited, || show(&heard.bytes))
    }

    fn what_came(&self) -> String {
        self.came.as_ref().map_or_else(|| "nothing was done yet".to_owned(), |came: &Came| came.text.clone())
    }

    fn apps_now(&self) -> String {
        if self.apps.is_empty() { "no apps".to_owned() } else { self.apps.join(", ") }
    }
}

/// What was awaited and what came instead, if it did not hold.
pub(super) type Held = Result<(), (String, String)>;

fn held(holds: bool, awaited: &str, came: impl FnOnce() -> String) -> Held {
    if holds { Ok(()) } else { Err((awaited.to_owned(), came())) }
}

/// Compares an HTTP answer with what is known of it.
pub(super) fn check_page(page: &Page, claim: &PageClaim) -> Held {
    if let Some(status) = &claim.status {
        held(page.status == status.value, &format!("status {}", status.value), || {
            format!("status {} from {}", page.status, page.target)
        })?;
    }
    if let Some(header) = &claim.header {
        let (name, value) = header
            .value
            .split_once(':')
            .map_or((header.value.as_str(), None), |(name, value)| (name.trim(), Some(value.trim())));
        let fits = page.headers(name).any(|came| value.is_none_or(|value| came == value));
        held(fits, &format!("the header {}", header.value), || {
            page.header(name).unwrap_or("no such header").to_owned()
        })?;
    }
    if let Some(redirect) = &claim.redirect {
        let came = page.redirect();
        held(came == Some(&redirect.value), &format!("a redirect to {}", redirect.value), || {
            came.unwrap_or("no redirect").to_owned()
        })?;
    }
    if let Some(body) = &claim.body {
        let text = page.text();
        held(text.contains(&body.value), &format!("a page with {:?}", body.value), || {
            format!("{:?}", page.visible_text())
        })?;
    }
    if let Some(reason) = &claim.reason {
        let came = page.reason();
        held(came.as_deref() == Some(&reason.value), &format!("the reason {}", reason.value), || {
            came.clone().unwrap_or_else(|| "no reason".to_owned())
        })?;
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
