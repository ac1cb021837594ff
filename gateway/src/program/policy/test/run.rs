//! Running a test file: one state, one clock, one request after the other.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;

use gateway_policy::check;
use gateway_policy::conf::{Loader, Severity};
use gateway_policy::facts::{Connection, Facts, Message, Session};
use gateway_policy::run::{
    Evaluation, Occasion, Outcome, Policies, Progress, Request, Response, Ruling, State, Verdict, message,
};

use super::file::{Expect, Step, Stub, TestFile};
use crate::program::failure::{Exit, Failure};
use crate::program::policy::files::read;

/// What `SYS.RANDOM` gives, so that a test comes out the same every time.
const RANDOM: f64 = 0.5;

/// The address requests come to (RFC 5737).
const GATEWAY: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));

/// A test file that was run.
pub(super) struct Run {
    pub(super) name: String,
    /// Errors of the configuration.
    pub(super) errors: usize,
    pub(super) steps: Vec<StepRun>,
}

/// A request that was run.
pub(super) struct StepRun {
    pub(super) name: String,
    /// What came of it, in a line.
    pub(super) summary: String,
    /// What was expected and did not come.
    pub(super) failures: Vec<String>,
    /// The policies that were tried.
    pub(super) explanation: String,
}

/// Runs a file, on another configuration if one is given.
pub(super) fn run(file: &TestFile, other: Option<&PathBuf>) -> Result<Run, Failure> {
    let (policies, errors) = policies(file, other)?;
    let mut bench =
        Bench { file, policies: Arc::new(policies), state: State::default(), now: file.begin() * 1000 };
    let mut steps = Vec::new();
    for (index, step) in file.steps.iter().enumerate() {
        let after = step.after.map_or(0, |after| i64::try_from(after.0.as_millis()).unwrap_or(i64::MAX));
        bench.now = bench.now.saturating_add(after);
        let name = step.name.clone().unwrap_or_else(|| {
            let line = step.send.lines().next().unwrap_or_default();
            format!("request {}: {line}", index + 1)
        });
        let (outcome, mut failures) = bench.send(step);
        failures.extend(bench.compare(&step.expect, &outcome));
        let explanation = outcome.explanation.to_string();
        steps.push(StepRun { name, summary: summary(&outcome), failures, explanation });
    }
    Ok(Run { name: file.name.clone(), errors, steps })
}

fn policies(file: &TestFile, other: Option<&PathBuf>) -> Result<(Policies, usize), Failure> {
    let wrong = |text: String| Failure::new(Exit::Configuration, format!("{}: {text}", file.name));
    let mut loader = Loader::new();
    for (name, path) in &file.pages {
        loader.page(name.as_str(), read(path)?);
    }
    for path in other.map_or(file.configuration.as_slice(), std::slice::from_ref) {
        let (name, bytes) = (path.display().to_string(), read(path)?);
        if file.repair { loader.read_repaired(name, &bytes) } else { loader.read(name, &bytes) }
    }
    let loaded = loader.finish();
    let errors = check::check(&loaded).count(Severity::Error);
    let switches = file.switches().map_err(|error| wrong(error.to_string()))?;
    let policies = Policies::new(loaded.configuration, file.vserver.as_deref(), switches);
    Ok((policies.map_err(|error| wrong(error.to_string()))?, errors))
}

struct Bench<'f> {
    file: &'f TestFile,
    policies: Arc<Policies>,
    state: State,
    /// Milliseconds since 1970.
    now: i64,
}

impl Bench<'_> {
    /// One request, and call-outs that no stub answers.
    fn send(&mut self, step: &Step) -> (Outcome, Vec<String>) {
        let facts = facts(step, self.policies.vserver());
        let occasion = if step.login { Occasion::LogIn } else { Occasion::Request };
        let mut evaluation = Evaluation::new(self.policies.clone(), facts, occasion);
        let mut failures = Vec::new();
        loop {
            match evaluation.go_on(&mut self.state, self.now) {
                Progress::Done(outcome) => return (*outcome, failures),
                Progress::Call(request) => {
                    let answer = match self.file.callouts.iter().find(|stub| fits(stub, &request)) {
                        Some(stub) => answer(stub),
                        None => {
                            failures.push(format!("no [[callout]] answers {}", shown(&request)));
                            Err("no stub answers it".to_owned())
                        }
                    };
                    evaluation.answered(&mut self.state, self.now, answer);
                }
            }
        }
    }

    /// What was expected and did not come.
    fn compare(&self, expect: &Expect, outcome: &Outcome) -> Vec<String> {
        let mut failures = Vec::new();
        if let Some(verdict) = expect.verdict.filter(|verdict| verdict.as_str() != outcome.verdict.word()) {
            failures.push(format!("expected {}, but it was {}", verdict.as_str(), summary(outcome)));
        }
        respond(expect, response(&outcome.verdict), &mut failures);
        let ruled = |policy: &str, wanted: fn(&Ruling) -> bool| {
            outcome.explanation.of(policy).any(|tried| wanted(&tried.result))
        };
        let hit = |result: &Ruling| match result {
            Ruling::True => true,
            Ruling::False => false,
            Ruling::Undefined(undefined) => undefined.after_hit,
        };
        let undefined = |result: &Ruling| matches!(result, Ruling::Undefined(_));
        let missing = expect.hits.iter().filter(|policy| !ruled(policy, hit));
        failures.extend(missing.map(|policy| format!("expected a hit of {policy}")));
        let unwanted = expect.misses.iter().filter(|policy| ruled(policy, hit));
        failures.extend(unwanted.map(|policy| format!("expected no hit of {policy}")));
        let defined = expect.undefined.iter().filter(|policy| !ruled(policy, undefined));
        failures.extend(defined.map(|policy| format!("expected {policy} to be undefined")));
        for text in &expect.messages {
            let said = |said: &[u8]| String::from_utf8_lossy(said).contains(text.as_str());
            if !outcome.messages.iter().any(|message| said(&message.text)) {
                failures.push(format!("expected an audit message with \"{text}\""));
            }
        }
        if let Some(ends) = expect.ends_session.filter(|ends| *ends != outcome.end_session.is_some()) {
            failures.push(format!("expected that the session {}", if ends { "ends" } else { "stays" }));
        }
        self.variables(expect, &mut failures);
        failures
    }

    fn variables(&self, expect: &Expect, failures: &mut Vec<String>) {
        for holds in &expect.variables {
            let Some(variable) = self.policies.configuration().variables.get(&holds.name) else {
                failures.push(format!("there is no variable ${}", holds.name));
                continue;
            };
            let key = holds.key.as_ref().map(String::as_bytes);
            let held = self.state.variables.peek(variable, key, self.now);
            let held = held.map(|value| value.to_string());
            let bare = held.as_deref().map(|text| text.trim_matches('"'));
            if bare != holds.value.as_deref() {
                let name = match &holds.key {
                    Some(key) => format!("${}[{key}]", holds.name),
                    None => format!("${}", holds.name),
                };
                let word =
                    |value: Option<&str>| value.map_or("nothing".to_owned(), |value| format!("\"{value}\""));
                failures.push(format!(
                    "expected {} in {name}, found {}",
                    word(holds.value.as_deref()),
                    word(bare)
                ));
            }
        }
    }
}

fn facts(step: &Step, vserver: Option<&str>) -> Facts {
    let attributes = step.attributes.iter().map(|(name, value)| (name.clone(), value.clone()));
    let session = step.user.as_ref().map(|user| Session {
        user: user.clone(),
        id: step.session.clone(),
        groups: step.groups.clone(),
        attributes: attributes.collect(),
        attempts: step.attempts,
    });
    Facts {
        request: Some(message(&wire(&step.send))),
        client: Connection {
            source: Some(step.client),
            source_port: 50_000,
            destination: Some(GATEWAY),
            destination_port: 443,
            tls: !step.plain,
            location: step.location.clone(),
        },
        nsip: Some(GATEWAY),
        session,
        vserver: vserver.unwrap_or_default().to_owned(),
        random: RANDOM,
        ..Facts::default()
    }
}

/// A request as it would come: its head with the line ends of RFC 9112, the version where none was written.
fn wire(text: &str) -> Vec<u8> {
    let text = text.trim_start_matches('\n');
    let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let mut lines = head.lines().map(str::trim_end);
    let mut wire = lines.next().unwrap_or_default().to_owned();
    if !wire.contains(" HTTP/") {
        wire += " HTTP/1.1";
    }
    for line in lines {
        wire += "\r\n";
        wire += line;
    }
    (wire + "\r\n\r\n" + body).into_bytes()
}

fn fits(stub: &Stub, request: &Request) -> bool {
    stub.name.eq_ignore_ascii_case(&request.callout)
        && String::from_utf8_lossy(&request.bytes).contains(&stub.contains)
}

fn answer(stub: &Stub) -> Result<Message, String> {
    if let Some(reason) = &stub.fails {
        return Err(reason.clone());
    }
    let headers =
        stub.headers.iter().map(|(name, value)| (name.clone().into_bytes(), value.clone().into_bytes()));
    Ok(Message {
        start_line: format!("HTTP/1.1 {} ", stub.status).into_bytes(),
        headers: headers.collect(),
        body: stub.body.clone().into_bytes(),
    })
}

fn shown(request: &Request) -> String {
    let text = String::from_utf8_lossy(&request.bytes);
    format!("{}: {}", request.callout, text.lines().next().unwrap_or_default())
}

fn response(verdict: &Verdict) -> Option<&Response> {
    match verdict {
        Verdict::Respond(response) | Verdict::Redirect(response) => Some(response),
        Verdict::Forward | Verdict::Reset | Verdict::Drop => None,
    }
}

fn respond(expect: &Expect, response: Option<&Response>, failures: &mut Vec<String>) {
    let status = response.map(|response| response.status);
    if expect.status.is_some() && expect.status != status {
        let found = status.map_or("no response".to_owned(), |status| format!("status {status}"));
        failures.push(format!("expected status {}, found {found}", expect.status.unwrap_or_default()));
    }
    for (name, value) in &expect.headers {
        let headers = response.map(|response| response.headers.as_slice()).unwrap_or_default();
        let named = headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name.as_bytes()));
        let found: Vec<_> = named.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect();
        if !found.contains(value) {
            let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
            failures.push(format!("expected header {name}: {value}, found {found}"));
        }
    }
    let body = response.map(|response| String::from_utf8_lossy(&response.body)).unwrap_or_default();
    if let Some(text) = expect.body_contains.as_ref().filter(|text| !body.contains(text.as_str())) {
        failures.push(format!("expected \"{text}\" in the body"));
    }
}

/// "responded 200 by block-double-sessions; add, block hit".
fn summary(outcome: &Outcome) -> String {
    let mut text = outcome.verdict.word().to_owned();
    if let Some(response) = response(&outcome.verdict) {
        text += &format!(" {}", response.status);
        let location = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"location"));
        if let Some((_, location)) = location {
            text += &format!(" to {}", String::from_utf8_lossy(location));
        }
    }
    let of = |wanted: fn(&Ruling) -> bool| {
        let tried = outcome.explanation.tried.iter().filter(|tried| wanted(&tried.result));
        tried.filter_map(|tried| tried.policy.as_deref()).collect::<Vec<_>>().join(", ")
    };
    let hits = of(|result| matches!(result, Ruling::True));
    let undefined = of(|result| matches!(result, Ruling::Undefined(_)));
    for (policies, word) in [(hits, "hit"), (undefined, "undefined")] {
        if !policies.is_empty() {
            text += &format!("; {policies} {word}");
        }
    }
    if outcome.end_session.is_some() {
        text += "; the session ends";
    }
    text
}
