//! The type check at load: every call against the table, every name against the configuration.
//!
//! Nothing is evaluated. What is wrong, what is only read, and what an appliance would do otherwise are kept apart:
//! a configuration with unevaluated parts is not a wrong one.

use std::collections::BTreeMap;

use super::{
    Expression,
    moment::Moment,
    operator,
    syntax::{Call, Infix, Kind, Node},
    table::{self, Arg, Function, Given, Gives, Object},
    xpath,
};
use crate::{
    environment::{Declarations, Presence},
    limits,
    span::Span,
    value::{Type, Value},
};

/// What checking an expression found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The type of its value; `None` where an error hides it.
    pub result: Option<Type>,
    /// In the order of the text.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The worst of the findings.
    #[must_use]
    pub fn grade(&self) -> Grade {
        let worst = self.findings.iter().map(|finding| finding.severity).max();
        match worst {
            Some(Severity::Error) => Grade::Wrong,
            Some(Severity::Lacking) => Grade::Lacking,
            Some(Severity::NotEvaluated) => Grade::ParsedOnly,
            Some(Severity::Warning) | None => Grade::Exact,
        }
    }
}

/// How far an expression can be evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// Every part of it.
    Exact,
    /// It is read, and some part of it is not evaluated.
    ParsedOnly,
    /// It is right, and names something that the configuration does not have.
    Lacking,
    /// It is wrong.
    Wrong,
}

/// One thing to know about an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where, in bytes of the expression's text.
    pub span: Span,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, without full stop.
    pub problem: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// How bad a finding is, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It is evaluated, and an appliance may see it otherwise.
    Warning,
    /// It is read and not evaluated: undefined.
    NotEvaluated,
    /// It names something that the configuration does not have: undefined, and refused by an appliance.
    Lacking,
    /// It has no meaning.
    Error,
}

/// Checks an expression and, where one is wanted, the type it gives.
pub(super) fn check(expression: &Expression, names: &dyn Declarations, wanted: Option<Type>) -> Report {
    let mut check = Check { names, findings: Vec::new(), named: BTreeMap::new() };
    let result = check.kind(&expression.root);
    let span = expression.root.span;
    match (result, wanted) {
        (Some(Type::Namespace(name)), _) => check.error(span, format!("{name} alone has no value")),
        (Some(Type::Map), _) => check.error(span, "a map has no value without a key".to_owned()),
        (Some(found), Some(wanted)) if !gives(found, wanted) => {
            check.error(span, format!("this gives {found} where {wanted} is wanted"));
        }
        _ => {}
    }
    check.findings.sort_by_key(|finding| finding.span);
    Report { result, findings: check.findings }
}

/// Where text is wanted, everything with a text form will do.
fn gives(found: Type, wanted: Type) -> bool {
    found == wanted
        || found == Type::Unmodelled
        || (wanted == Type::Text && (found.is_text() || found.is_number() || found == Type::Ip))
        || (wanted.is_number() && found.is_number())
}

struct Check<'c> {
    names: &'c dyn Declarations,
    findings: Vec<Finding>,
    /// Named expressions that were met; each is checked once, however often it is used.
    named: BTreeMap<String, Named>,
}

/// What is known of a named expression.
#[derive(Clone)]
enum Named {
    /// It is being checked: meeting it again is a cycle.
    Open,
    /// Its type, and the worst that was found in it.
    Done(Option<Type>, Option<Finding>),
}

impl Check<'_> {
    fn kind(&mut self, node: &Node) -> Option<Type> {
        match &node.kind {
            Kind::Literal(value) => Some(self.literal(value, node.span)),
            Kind::Regex(_) | Kind::Path(_) => {
                self.error(node.span, "this literal is only an argument".to_owned());
                None
            }
            Kind::Moment(moment) => {
                self.local(*moment, node.span);
                Some(Type::Time)
            }
            Kind::Namespace(name) => Some(Type::Namespace(name)),
            Kind::Name(name) => self.name(name, node.span),
            Kind::Variable { name, key } => self.variable(name, key.as_deref(), node.span),
            Kind::ValueExists { name, key } => {
                self.variable(name, Some(key), node.span);
                Some(Type::Bool)
            }
            Kind::Chain { base, calls } => self.chain(base, calls),
            Kind::Infix { first, rest } => self.row(first, rest),
            Kind::Prefix { operator, operand } => {
                let kind = self.kind(operand)?;
                let result = operator::prefix_type(*operator, kind);
                if result.is_none() {
                    self.error(node.span, format!("`{}` does not take {kind}", operator.text()));
                }
                result
            }
        }
    }

    fn literal(&mut self, value: &Value, span: Span) -> Type {
        match value {
            Value::Text(text) if text.bytes.len() > limits::LITERAL_BYTES => {
                let problem =
                    format!("an appliance takes {} characters in one literal", limits::LITERAL_BYTES);
                self.finding(span, Severity::Warning, problem, Some("join shorter ones with `+`".to_owned()));
            }
            Value::Num(number) if i32::try_from(*number).is_err() => {
                self.note(span, Severity::Warning, "an appliance documents numbers of 32 bits");
            }
            _ => {}
        }
        value.kind()
    }

    fn local(&mut self, moment: Moment, span: Span) {
        if moment.local {
            self.note(span, Severity::Warning, "LOCAL is read as GMT");
        }
    }

    /// A root that is not modelled, or a named expression.
    fn name(&mut self, name: &str, span: Span) -> Option<Type> {
        if let Some(root) = table::select(table::named(name), Type::Namespace(""), std::iter::empty()) {
            self.unevaluated(root, span);
            return Some(Type::Unmodelled);
        }
        let Some(expression) = self.names.named(name) else {
            let roots = table::members(Type::Namespace(""));
            let help = closest(name, roots).map(|root| format!("did you mean `{root}`?"));
            // What looks like a root is a misspelt one; everything else may stand in another file.
            let severity = if help.is_some() { Severity::Error } else { Severity::Lacking };
            self.finding(span, severity, format!("there is no named expression `{name}`"), help);
            return None;
        };
        if !self.named.contains_key(name) {
            let depth = self.named.values().filter(|named| matches!(named, Named::Open)).count();
            if depth >= limits::NAMED_DEPTH {
                self.error(span, format!("named expressions refer to each other deeper than {depth}"));
                return None;
            }
            self.named.insert(name.to_owned(), Named::Open);
            let before = self.findings.len();
            let kind = self.kind(&expression.root);
            let inner = self.findings.split_off(before.min(self.findings.len()));
            let worst = inner.into_iter().max_by_key(|finding| finding.severity);
            self.named.insert(name.to_owned(), Named::Done(kind, worst));
        }
        match self.named.get(name).cloned() {
            Some(Named::Done(kind, worst)) => {
                self.retell(worst, name, span);
                kind
            }
            _ => {
                self.error(span, format!("`{name}` refers to itself"));
                None
            }
        }
    }

    /// What was found inside a named expression is told at its name; warnings stay with its own line.
    fn retell(&mut self, worst: Option<Finding>, name: &str, span: Span) {
        if let Some(worst) = worst.filter(|worst| worst.severity > Severity::Warning) {
            self.finding(span, worst.severity, format!("in `{name}`: {}", worst.problem), worst.help);
        }
    }

    fn variable(&mut self, name: &str, key: Option<&Node>, span: Span) -> Option<Type> {
        if let Some(kind) = key.and_then(|key| self.kind(key)) {
            let printable = kind.is_text() || kind.is_number() || matches!(kind, Type::Ip | Type::Unmodelled);
            if !printable {
                self.error(span, format!("a key cannot be {kind}"));
            }
        }
        let Some(variable) = self.names.variable(name) else {
            self.note(span, Severity::Lacking, &format!("there is no variable `${name}`"));
            return None;
        };
        match (variable.map, key) {
            (true, None) => Some(Type::Map),
            (false, Some(_)) => {
                self.error(span, format!("`${name}` is no map and takes no key"));
                Some(variable.value)
            }
            _ => Some(variable.value),
        }
    }

    fn chain(&mut self, base: &Node, calls: &[Call]) -> Option<Type> {
        let mut on = self.kind(base)?;
        for call in calls {
            on = self.call(on, call)?;
        }
        Some(on)
    }

    fn call(&mut self, on: Type, call: &Call) -> Option<Type> {
        let forms: Vec<Option<Given<'_>>> =
            call.args.iter().enumerate().map(|(position, arg)| self.given(on, call, position, arg)).collect();
        if on == Type::Unmodelled {
            return Some(Type::Unmodelled);
        }
        let given: Vec<Given<'_>> = forms.into_iter().collect::<Option<_>>()?;
        let Some(function) = table::select(call.overloads, on, given.iter().copied()) else {
            self.unknown(on, call, &given);
            return None;
        };
        self.unevaluated(function, call.span);
        for (arg, node) in function.args.iter().zip(&call.args) {
            self.object(*arg, node);
            self.refused(node);
        }
        Some(self.result(function, on, call, &given))
    }

    fn given<'n>(&mut self, on: Type, call: &Call, position: usize, arg: &'n Node) -> Option<Given<'n>> {
        match &arg.kind {
            Kind::Regex(_) => Some(Given::Regex),
            Kind::Path(_) => Some(Given::Path),
            Kind::Moment(moment) if table::takes_moment(call, on, position) => {
                self.local(*moment, arg.span);
                Some(Given::Moment)
            }
            Kind::Name(name) if table::takes_word(call, on, position, name) => Some(Given::Word(name)),
            Kind::Name(name) if on == Type::Unmodelled => Some(Given::Word(name)),
            _ => self.kind(arg).map(Given::Value),
        }
    }

    /// Whether the configuration has what a name in an argument names.
    fn object(&mut self, arg: Arg, node: &Node) {
        let Arg::Object(object) = arg else { return };
        let name = match &node.kind {
            Kind::Name(name) => name.clone(),
            Kind::Literal(Value::Text(text)) => String::from_utf8_lossy(&text.bytes).into_owned(),
            _ => return,
        };
        let here = |found: bool| if found { Presence::Here } else { Presence::Missing };
        let (presence, what) = match object {
            Object::Table => (self.names.table(&name), "pattern set, data set or string map"),
            Object::Callout => (here(self.names.callout(&name).is_some()), "HTTP call-out"),
            Object::Limit => (here(self.names.has_limit(&name)), "rate-limit identifier"),
        };
        match presence {
            Presence::Here => {}
            Presence::Appliance => {
                let problem = format!("what the appliance's own table `{name}` holds is not public");
                self.note(node.span, Severity::NotEvaluated, &problem);
            }
            Presence::Missing => {
                self.note(node.span, Severity::Lacking, &format!("there is no {what} `{name}`"));
            }
        }
    }

    /// Whether a regular expression or an XPath is one that runs here.
    fn refused(&mut self, node: &Node) {
        match &node.kind {
            Kind::Regex(pattern) => {
                if let Err(refused) = pattern.get(false) {
                    let severity = if refused.valid { Severity::NotEvaluated } else { Severity::Error };
                    self.finding(
                        node.span,
                        severity,
                        format!("the regular expression: {}", refused.cause),
                        None,
                    );
                }
            }
            Kind::Path(path) => {
                if let Some(cause) = path.refused() {
                    self.finding(node.span, Severity::NotEvaluated, format!("the XPath: {cause}"), None);
                }
            }
            _ => {}
        }
    }

    fn result(&mut self, function: &Function, on: Type, call: &Call, given: &[Given<'_>]) -> Type {
        match function.gives {
            Gives::Is(kind) => kind,
            Gives::Same => on,
            Gives::Number => match given.first() {
                Some(Given::Value(kind)) => operator::infix_type(Infix::Add, on, *kind).unwrap_or(Type::Num),
                _ => Type::Num,
            },
            Gives::Path => match call.args.first().map(|arg| &arg.kind) {
                Some(Kind::Path(path)) => match path.kind() {
                    xpath::Kind::Bool => Type::Bool,
                    xpath::Kind::Number => Type::Double,
                    xpath::Kind::Text => Type::Text,
                },
                _ => Type::Text,
            },
            Gives::Callout => {
                let name = match call.args.first().map(|arg| &arg.kind) {
                    Some(Kind::Name(name)) => name.clone(),
                    Some(Kind::Literal(Value::Text(text))) => {
                        String::from_utf8_lossy(&text.bytes).into_owned()
                    }
                    _ => return Type::Text,
                };
                self.names.callout(&name).flatten().unwrap_or(Type::Text)
            }
        }
    }

    fn unevaluated(&mut self, function: &Function, span: Span) {
        if !function.is_evaluated() {
            let note = if function.note.is_empty() { String::new() } else { format!(": {}", function.note) };
            self.finding(
                span,
                Severity::NotEvaluated,
                format!("`{}` is not evaluated{note}", function.name),
                None,
            );
        }
    }

    fn unknown(&mut self, on: Type, call: &Call, given: &[Given<'_>]) {
        let same: Vec<&Function> = call
            .overloads
            .iter()
            .copied()
            .filter(|row| table::lineage(on).any(|kind| row.on.contains(&kind)))
            .collect();
        if same.is_empty() {
            let help = closest(&call.name, table::members(on)).map(|name| format!("did you mean `{name}`?"));
            return self.finding(call.span, Severity::Error, format!("{on} has no `{}`", call.name), help);
        }
        let forms: Vec<String> = same.iter().map(|row| table::signature(row)).collect();
        let found: Vec<String> = given.iter().map(Given::describe).collect();
        let problem = format!("`{}` of {on} does not take ({})", call.name, found.join(", "));
        self.finding(call.span, Severity::Error, problem, Some(format!("it is {}", forms.join(" or "))));
    }

    fn row(&mut self, first: &Node, rest: &[(Infix, Node)]) -> Option<Type> {
        let mut left = self.kind(first);
        for (operator, node) in rest {
            let right = self.kind(node);
            let (Some(known_left), Some(known_right)) = (left, right) else {
                left = matches!(operator, Infix::Or | Infix::And).then_some(Type::Bool);
                continue;
            };
            left = operator::infix_type(*operator, known_left, known_right);
            if left.is_none() {
                let span = first.span.to(node.span);
                self.error(
                    span,
                    format!("`{}` does not take {known_left} and {known_right}", operator.text()),
                );
                return None;
            }
        }
        left
    }

    fn error(&mut self, span: Span, problem: String) {
        self.finding(span, Severity::Error, problem, None);
    }

    fn note(&mut self, span: Span, severity: Severity, problem: &str) {
        self.finding(span, severity, problem.to_owned(), None);
    }

    fn finding(&mut self, span: Span, severity: Severity, problem: String, help: Option<String>) {
        self.findings.push(Finding { span, severity, problem, help });
    }
}

/// The known name that somebody may have meant.
fn closest(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let scored = known.map(|known| (strsim::jaro_winkler(name, known), known));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}
