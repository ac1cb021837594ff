//! What an evaluation gave, to read in a terminal and as JSON.

use std::fmt::Write as _;

use gateway_policy::civil;
use gateway_policy::environment::Stop;
use gateway_policy::expr::{Explanation, Line, Look, Trace};
use gateway_policy::facts::Facts;
use gateway_policy::run::{Moved, Outcome, Response, Ruling, Tried, Verdict};
use gateway_policy::value::Value;
use serde_json::json;

use super::eval::Evaluated;

/// Columns before what belongs to a policy: its priority stands in them.
const MARGIN: usize = 8;

/// Characters of a body that are shown.
const BODY_SHOWN: usize = 400;

/// Bold, dim and the colours of results, or nothing of it.
#[derive(Clone, Copy)]
struct Paint {
    colours: bool,
}

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.colours && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn look(self, look: Look, text: &str) -> String {
        match look {
            Look::True => self.with("32", text),
            Look::False => self.with("31", text),
            Look::Undefined | Look::Waiting => self.with("1;33", text),
            Look::Plain => self.with("36", text),
        }
    }
}

/// An expression and its parts.
pub(super) fn expression(text: &str, explanation: &Explanation, colours: bool) -> String {
    tree(&explanation.lines(text), 0, Paint { colours })
}

/// Every request with the policies that were tried on it.
pub(super) fn outcomes(evaluated: &[Evaluated], facts: &Facts, colours: bool) -> String {
    let paint = Paint { colours };
    let told = evaluated.iter().map(|one| {
        let line = String::from_utf8_lossy(&one.request.start_line).into_owned();
        let mut out = format!("{}\n{}\n", paint.bold(&line), paint.dim(&who(facts)));
        policies(&one.outcome, paint, &mut out);
        let _ = write!(out, "\n{}", verdict(&one.outcome, paint));
        out
    });
    told.collect::<Vec<_>>().join("\n\n")
}

fn who(facts: &Facts) -> String {
    let user = match &facts.session {
        Some(session) => format!("{}, session {}", session.user, session.id),
        None => "nobody logged in".to_owned(),
    };
    let source = facts.client.source.map(|source| format!(" · from {source}")).unwrap_or_default();
    format!("{user}{source} · {}", civil::rfc1123(facts.now))
}

fn policies(outcome: &Outcome, paint: Paint, out: &mut String) {
    let mut bank = String::new();
    for tried in &outcome.explanation.tried {
        if tried.bank() != bank {
            bank = tried.bank();
            let _ = write!(out, "\n{bank}\n");
        }
        policy(tried, paint, out);
    }
    if outcome.explanation.tried.is_empty() {
        out.push_str("\nno policy is bound here\n");
    }
    if let Some(fault) = &outcome.explanation.fault {
        let _ = writeln!(out, "stopped: {fault}");
    }
}

fn policy(tried: &Tried, paint: Paint, out: &mut String) {
    let name = tried.policy.as_deref().unwrap_or("NOPOLICY");
    let result = match &tried.result {
        Ruling::True => paint.look(Look::True, "TRUE"),
        Ruling::False => paint.look(Look::False, "FALSE"),
        Ruling::Undefined(_) => paint.look(Look::Undefined, "UNDEF"),
    };
    let then = match (&tried.result, tried.moved) {
        (Ruling::False, _) => String::new(),
        (_, moved) => format!(", then {}", self::moved(moved)),
    };
    let _ = writeln!(out, "\n{:>6}  {} {result}{then}", tried.priority, paint.bold(name));
    if let Some(rule) = &tried.rule {
        let _ = writeln!(out, "{}", tree(&rule.explanation.lines(&rule.text), MARGIN, paint));
    }
    let margin = " ".repeat(MARGIN);
    if let Ruling::Undefined(why) = &tried.result
        && (why.after_hit || tried.rule.is_none())
    {
        let _ = writeln!(out, "{margin}{}", paint.look(Look::Undefined, &format!("◂ {why}")));
    }
    for deed in &tried.deeds {
        let deed = deed.to_string();
        for line in deed.lines().map(str::trim_start) {
            let _ = writeln!(out, "{margin}{} {line}", paint.dim("▸"));
        }
    }
}

fn moved(moved: Moved) -> String {
    match moved {
        Moved::Next => "the next".to_owned(),
        Moved::To(priority) => format!("on to {priority}"),
        Moved::End => "the end".to_owned(),
        Moved::Label => "into or out of a label".to_owned(),
        Moved::Finished => "done".to_owned(),
    }
}

/// Sub-expressions on the left, dim; values in one column on the right.
fn tree(lines: &[Line], margin: usize, paint: Paint) -> String {
    let width = lines.iter().map(Line::width).max().unwrap_or_default();
    let told = lines.iter().map(|line| {
        let gap = " ".repeat(width - line.width() + 2);
        let value = paint.look(line.look, &line.value);
        let note =
            line.note.as_ref().map(|note| paint.look(line.look, &format!("  ◂ {note}"))).unwrap_or_default();
        let text =
            format!("{}{}{}{gap}{value}{note}", " ".repeat(margin), paint.dim(&line.rails), line.source);
        text.trim_end().to_owned()
    });
    told.collect::<Vec<_>>().join("\n")
}

fn verdict(outcome: &Outcome, paint: Paint) -> String {
    let mut out = paint.bold(outcome.verdict.word());
    if let Some(response) = response(&outcome.verdict) {
        let _ = write!(out, " {} {}", response.status, String::from_utf8_lossy(&response.reason));
        for (name, value) in &response.headers {
            let (name, value) = (String::from_utf8_lossy(name), String::from_utf8_lossy(value));
            let _ = write!(out, "\n  {}: {value}", paint.dim(&name));
        }
        let body = String::from_utf8_lossy(&response.body);
        let shown: String = body.chars().take(BODY_SHOWN).collect();
        for line in shown.lines() {
            let _ = write!(out, "\n  {line}");
        }
        if shown.len() < body.len() {
            let _ = write!(out, "\n  {}", paint.dim(&format!("… {} bytes in all", body.len())));
        }
    }
    if let Some(end) = &outcome.end_session {
        let _ = write!(out, "\nthe session ends {} s after the request", end.after.as_secs());
    }
    for message in &outcome.messages {
        let _ = write!(out, "\n{message}");
    }
    out
}

fn response(verdict: &Verdict) -> Option<&Response> {
    match verdict {
        Verdict::Respond(response) | Verdict::Redirect(response) => Some(response),
        Verdict::Forward | Verdict::Reset | Verdict::Drop => None,
    }
}

/// The same for programs.
pub(super) fn document(evaluated: &[Evaluated]) -> serde_json::Value {
    let requests = evaluated.iter().map(|Evaluated { request, outcome }| {
        json!({
            "request": String::from_utf8_lossy(&request.start_line),
            "verdict": outcome.verdict.word(),
            "response": response(&outcome.verdict).map(|response| json!({
                "status": response.status,
                "reason": String::from_utf8_lossy(&response.reason),
                "headers": response.headers.iter()
                    .map(|(name, value)| [String::from_utf8_lossy(name), String::from_utf8_lossy(value)])
                    .collect::<Vec<_>>(),
                "body": String::from_utf8_lossy(&response.body),
            })),
            "session-ends-after": outcome.end_session.as_ref().map(|end| end.after.as_secs()),
            "messages": outcome.messages.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "fault": outcome.explanation.fault,
            "tried": outcome.explanation.tried.iter().map(tried).collect::<Vec<_>>(),
        })
    });
    json!({ "requests": requests.collect::<Vec<_>>() })
}

fn tried(tried: &Tried) -> serde_json::Value {
    let result = match &tried.result {
        Ruling::True => "TRUE",
        Ruling::False => "FALSE",
        Ruling::Undefined(_) => "UNDEF",
    };
    let undefined = match &tried.result {
        Ruling::Undefined(why) => Some(json!({
            "expression": why.text,
            "part": why.text.get(why.span.start..why.span.end),
            "cause": why.cause,
            "after-hit": why.after_hit,
        })),
        Ruling::True | Ruling::False => None,
    };
    json!({
        "bank": tried.bank(),
        "priority": tried.priority,
        "policy": tried.policy,
        "result": result,
        "undefined": undefined,
        "then": moved(tried.moved),
        "deeds": tried.deeds.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "rule": tried.rule.as_ref().map(|rule| explanation(&rule.text, &rule.explanation)),
    })
}

/// An expression and its parts for programs.
pub(super) fn explanation(text: &str, explanation: &Explanation) -> serde_json::Value {
    match &explanation.trace {
        Some(trace) => part(trace, text),
        None => json!({ "expression": text, "result": result(&explanation.outcome), "parts": [] }),
    }
}

fn part(trace: &Trace, text: &str) -> serde_json::Value {
    let text = trace.named.as_ref().map_or(text, |named| named.text.as_str());
    let parts: Vec<_> = trace.children.iter().map(|child| part(child, text)).collect();
    json!({
        "expression": text.get(trace.span.start..trace.span.end),
        "result": result(&trace.outcome),
        "cut": trace.cut,
        "parts": parts,
    })
}

fn result(outcome: &Result<Value, Stop>) -> serde_json::Value {
    match outcome {
        Ok(Value::Bool(value)) => json!({ "type": "bool", "value": value }),
        Ok(Value::Num(number)) => json!({ "type": "num", "value": number }),
        Ok(Value::Ulong(number)) => json!({ "type": "ulong", "value": number }),
        Ok(Value::Text(text)) => {
            json!({ "type": text.kind().name(), "value": String::from_utf8_lossy(&text.bytes) })
        }
        Ok(value) => json!({ "type": value.kind().name(), "value": value.to_string() }),
        Err(Stop::Undefined(undefined)) => json!({ "type": "undefined", "cause": undefined.cause }),
        Err(Stop::Pending { callout }) => json!({ "type": "waiting", "callout": callout }),
    }
}
