//! `gateway policy eval`: what becomes of requests, and why; or what one expression is worth.
//!
//! Requests are evaluated one after the other on one state, so that what the first one stores the second one finds.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use gateway_policy::check;
use gateway_policy::conf::place::Written;
use gateway_policy::conf::{Loaded, Severity, Sources};
use gateway_policy::facts::{Facts, Message};
use gateway_policy::run::{Evaluation, Occasion, Outcome, Policies, Progress, State, message, probe};

use super::files::{self, Reading};
use super::tell;
use super::world::World;
use crate::program::failure::{Exit, Failure};
use crate::program::output::{self, Format};

/// What is evaluated.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::program) struct Arguments {
    /// Saved configurations (ns.conf), read as one, in this order; - for standard input
    #[arg(value_name = "FILE", required_unless_present = "expr")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    /// A file with an HTTP request; several are evaluated one after the other
    #[arg(long = "request", value_name = "FILE", required_unless_present = "expr")]
    requests: Vec<PathBuf>,
    /// An expression, instead of the policies
    #[arg(long, value_name = "TEXT")]
    expr: Option<String>,
    /// The virtual server whose policies run, if several have some
    #[arg(long, value_name = "NAME")]
    vserver: Option<String>,
    #[command(flatten)]
    world: World,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

const EXAMPLES: &str = "Examples:
  gateway policy eval ns.conf --request req.http --user alice --session s1 --at 12:00
  gateway policy eval ns.conf --request first.http --request second.http --user alice
  gateway policy eval --expr 'HTTP.REQ.URL.PATH.GET(1)' --request req.http
  gateway policy eval ns.conf --request req.http --answer my_callout=answer.http";

/// A request and what became of it.
pub(super) struct Evaluated {
    pub(super) request: Message,
    pub(super) outcome: Outcome,
}

/// Evaluates and prints.
pub(super) fn eval(arguments: &Arguments) -> Result<(), Failure> {
    let loaded = arguments.reading.load(&arguments.files)?;
    warn(&loaded);
    let requests = arguments.requests.iter().map(|path| Ok(message(&files::read(path)?)));
    let requests = requests.collect::<Result<Vec<Message>, Failure>>()?;
    match &arguments.expr {
        Some(text) => expression(arguments, loaded, text, requests),
        None => policies(arguments, loaded, requests),
    }
}

/// A configuration with faults still runs, as it would on an appliance; what the faults are, `check` says.
fn warn(loaded: &Loaded) {
    let errors = loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    if errors > 0 {
        output::tell(&format!("{errors} errors in the configuration; `gateway policy check` says which"));
    }
}

fn policies(arguments: &Arguments, loaded: Loaded, requests: Vec<Message>) -> Result<(), Failure> {
    let policies = ready(arguments, loaded)?;
    let (facts, now) = (arguments.world.facts(policies.vserver())?, arguments.world.now()?);
    let answers = arguments.world.answers()?;
    let mut state = State::default();
    let evaluated = requests.into_iter().map(|request| {
        let facts = Facts { request: Some(request.clone()), ..facts.clone() };
        Evaluated { request, outcome: outcome(&policies, facts, &mut state, now, &answers) }
    });
    let evaluated: Vec<Evaluated> = evaluated.collect();
    match arguments.output {
        Format::Text => {
            output::print(&tell::outcomes(
                &evaluated,
                &Facts { now: now / 1000, ..facts },
                output::colours(),
            ));
        }
        Format::Json => output::print_json(&tell::document(&evaluated)),
    }
    Ok(())
}

/// One request through the policies; call-outs get the given answers, or none.
fn outcome(
    policies: &Arc<Policies>,
    facts: Facts,
    state: &mut State,
    now: i64,
    answers: &BTreeMap<String, Message>,
) -> Outcome {
    let mut evaluation = Evaluation::new(policies.clone(), facts, Occasion::Request).explaining();
    loop {
        match evaluation.go_on(state, now) {
            Progress::Done(outcome) => return *outcome,
            Progress::Call(request) => {
                let answer = answers.get(&request.callout.to_ascii_lowercase()).cloned();
                let missing = || format!("no answer is given; add --answer {}=FILE", request.callout);
                evaluation.answered(state, now, answer.ok_or_else(missing));
            }
        }
    }
}

fn expression(
    arguments: &Arguments,
    loaded: Loaded,
    text: &str,
    requests: Vec<Message>,
) -> Result<(), Failure> {
    let mut sources = Sources::default();
    let file = sources.add("--expr".to_owned(), text.to_owned());
    let written = Written::new(text.to_owned(), file, 0, Vec::new());
    let (expression, findings) = check::asked(&written, &loaded.configuration, &arguments.world.switches()?);
    let said: String = findings.iter().map(|finding| check::text::finding(finding, &sources)).collect();
    let Some(expression) = expression else {
        return Err(Failure::new(Exit::Configuration, format!("this is no expression\n{said}")));
    };
    if !said.is_empty() {
        output::tell(said.trim_end());
    }
    let policies = ready(arguments, loaded)?;
    let (facts, now) = (arguments.world.facts(policies.vserver())?, arguments.world.now()?);
    let answers = arguments.world.answers()?;
    let request = requests.into_iter().next();
    let explanation = probe(&policies, &expression, Facts { request, ..facts }, now, &answers);
    match arguments.output {
        Format::Text => output::print(&tell::expression(text, &explanation, output::colours())),
        Format::Json => output::print_json(&tell::explanation(text, &explanation)),
    }
    Ok(())
}

fn ready(arguments: &Arguments, loaded: Loaded) -> Result<Arc<Policies>, Failure> {
    let switches = arguments.world.switches()?;
    let policies = Policies::new(loaded.configuration, arguments.vserver.as_deref(), switches);
    policies.map(Arc::new).map_err(|error| Failure::usage(format!("{error}; name it with --vserver")))
}
