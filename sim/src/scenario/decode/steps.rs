//! The steps of a receiver, with those of the fragments it uses.

use super::Decoder;
use super::statement::Statement;
use crate::scenario::diagnostic::Finding;
use crate::scenario::plan::{
    FormField, FormValue, HeaderField, PageClaim, Payload, Receiver, Request, SocksTarget, Step,
    StepExpectation, StepKind,
};
use crate::scenario::source::{Span, Spanned};

impl Decoder<'_> {
    pub(super) fn receiver(&mut self, statement: &Statement<'_>) -> Option<Receiver> {
        let mut steps = Vec::new();
        self.steps(statement, &mut steps);
        Some(Receiver {
            machine: statement.arg(0)?,
            user: statement.prop("user"),
            agent: statement.prop("as"),
            gateway: statement.prop("gateway"),
            count: statement.prop("count"),
            steps,
            span: statement.place,
        })
    }

    fn steps(&mut self, statement: &Statement<'_>, steps: &mut Vec<Step>) {
        for inner in self.inner(statement) {
            if inner.word.name == "use" {
                let asked = inner.arg::<String>(0).map(|name| name.place());
                self.take_in(&inner, |decoder, body| {
                    if let Some(fragment) = decoder.only(body, "fragment", asked) {
                        decoder.steps(&fragment, steps);
                    }
                });
                continue;
            }
            let kind = match inner.word.tail() {
                Some(_) => self.step_expectation(&inner).map(StepKind::Expect),
                None => self.step(&inner),
            };
            steps.extend(kind.map(|kind| Step { kind, span: inner.place }));
        }
    }

    fn step(&mut self, line: &Statement<'_>) -> Option<StepKind> {
        Some(match line.word.name {
            "login" => StepKind::Login {
                user: line.prop("user"),
                password: line.prop("password"),
                agent: line.prop("as"),
            },
            "answer" => StepKind::Answer { text: line.arg(0), user: line.prop("user") },
            "transfer" => StepKind::Transfer {
                accept: line.prop("accept").is_none_or(|accept: Spanned<bool>| accept.value),
            },
            "apps" => StepKind::Apps,
            "launch" => StepKind::Launch { app: line.arg(0)? },
            "connect" => StepKind::Connect,
            "type" => {
                StepKind::Type { text: line.arg(0)?, every: line.prop("every"), times: line.prop("times") }
            }
            "stream" => StepKind::Stream { kilobytes: line.prop("kilobytes")?, within: line.prop("within") },
            "wait" => StepKind::Wait(line.arg(0)?),
            "cookies-of" => StepKind::CookiesOf(line.arg(0)?),
            "resume-of" => StepKind::ResumeOf(line.arg(0)?),
            "mark" => StepKind::Mark(line.arg(0)?),
            "disconnect" => StepKind::Disconnect,
            "logout" => StepKind::Logout,
            "get" => StepKind::Get(self.request(line)?),
            "post" => StepKind::Post(self.request(line)?),
            "open" => StepKind::Open { port: line.prop("port"), count: line.prop("count") },
            "tls" => StepKind::Tls { unfinished: line.flag("unfinished") },
            "socks" => StepKind::Socks { target: self.socks_target(line)?, bare: line.flag("bare") },
            "guess" => StepKind::Guess { count: line.arg(0)?, sta: line.prop("sta")? },
            "send" => StepKind::Send(self.payload(line)?),
            "half-close" => StepKind::HalfClose,
            "close" => StepKind::Close,
            other => unreachable!("the table of words has the step `{other}`, the decoder has not"),
        })
    }

    fn request(&mut self, line: &Statement<'_>) -> Option<Request> {
        let (mut headers, mut fields) = (Vec::new(), Vec::new());
        let is_get = line.word.name == "get";
        for inner in self.inner(line) {
            let (Some(name), times) = (inner.arg(0), inner.prop("times")) else { continue };
            if inner.word.name == "header" {
                headers.extend(inner.arg(1).map(|value| HeaderField { name, value, times }));
            } else if is_get {
                let message = "`field` is for forms: `get` has none";
                self.findings.push(Finding::error("scn-misplaced-word", inner.name_place, message));
            } else {
                let value = self.form_value(&inner);
                fields.extend(value.map(|value| FormField { name, value, times }));
            }
        }
        let body: Option<Spanned<String>> = if is_get { None } else { line.prop("body") };
        if let Some(body) = body.as_ref().filter(|_| !fields.is_empty()) {
            self.either(body.place(), "`post` has either a body or form fields");
        }
        let (cookies, stale_cookies) = (line.prop("cookies"), line.flag("stale-cookies"));
        Some(Request { target: line.arg(0)?, cookies, stale_cookies, headers, fields, body })
    }

    fn form_value(&mut self, line: &Statement<'_>) -> Option<FormValue> {
        match (line.arg(1), line.prop("passcode")) {
            (Some(text), None) => Some(FormValue::Text(text)),
            (None, Some(user)) => Some(FormValue::Passcode(user)),
            _ => {
                self.either(line.name_place, "`field` has either a value or `passcode=`");
                None
            }
        }
    }

    fn socks_target(&mut self, line: &Statement<'_>) -> Option<SocksTarget> {
        match (line.prop("ticket"), line.prop("address")) {
            (None, None) => Some(SocksTarget::IcaFile),
            (Some(ticket), None) => Some(SocksTarget::Ticket(ticket)),
            (None, Some(address)) => Some(SocksTarget::Address(address)),
            (Some(_), Some(_)) => {
                self.either(line.name_place, "`socks` has either a ticket or an address");
                None
            }
        }
    }

    fn payload(&mut self, line: &Statement<'_>) -> Option<Payload> {
        match (line.arg(0), line.prop("hex")) {
            (Some(text), None) => Some(Payload::Text(text)),
            (None, Some(hex)) => Some(Payload::Hex(hex)),
            // A `hex` that is wrong has been told already.
            (None, None) if line.has_prop("hex") => None,
            _ => {
                self.either(line.name_place, &format!("`{}` has either a text or `hex=`", line.word.name));
                None
            }
        }
    }

    fn either(&mut self, place: Span, message: &str) {
        self.findings.push(Finding::error("scn-either-or", place, message));
    }

    fn step_expectation(&mut self, line: &Statement<'_>) -> Option<StepExpectation> {
        Some(match line.word.name {
            "expect challenge" => StepExpectation::Challenge { text: line.arg(0) },
            "expect transfer" => StepExpectation::Transfer,
            "expect session" => StepExpectation::Session,
            "expect no-session" => StepExpectation::NoSession,
            "expect page" => StepExpectation::Page(self.page(line)),
            "expect app" => StepExpectation::App(line.arg(0)?),
            "expect no-app" => StepExpectation::NoApp(line.arg(0)?),
            "expect ica-file" => {
                StepExpectation::IcaFile { address: line.prop("address"), ssl_proxy: line.prop("ssl-proxy") }
            }
            "expect connected" => StepExpectation::Connected { within: line.prop("within") },
            "expect echo" => StepExpectation::Echo {
                text: line.arg(0)?,
                times: line.prop("times"),
                within: line.prop("within"),
            },
            "expect refused" => StepExpectation::Refused {
                by: line.prop("by"),
                reason: line.prop("reason"),
                within: line.prop("within"),
            },
            "expect closed" => StepExpectation::Closed { within: line.prop("within") },
            "expect reply" => {
                StepExpectation::Reply { bytes: self.payload(line)?, within: line.prop("within") }
            }
            other => unreachable!("the table of words has `{other}` among steps, the decoder has not"),
        })
    }

    /// What is said of a page, among steps and over the run alike.
    pub(super) fn page(&mut self, line: &Statement<'_>) -> PageClaim {
        if !line.has_props() {
            let message = "`expect page` says nothing about the page";
            let finding = Finding::error("scn-missing", line.name_place, message);
            self.findings.push(finding.help("add one of status=, header=, body=, redirect=, reason="));
        }
        PageClaim {
            status: line.prop("status"),
            header: line.prop("header"),
            body: line.prop("body"),
            redirect: line.prop("redirect"),
            reason: line.prop("reason"),
        }
    }
}
