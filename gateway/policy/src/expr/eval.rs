//! The evaluation of an expression: from left to right, with short circuit, within a budget.
//!
//! TRUE, FALSE and UNDEF: everything is undefined as soon as an operand is, except where `&&`, `||` and `ALT` are
//! decided without it. A call-out that waits for its answer stops everything.

use std::sync::Arc;

use super::{
    Expression,
    call::{Call, Fault},
    held::Held,
    operator,
    syntax::{self, Infix, Kind, Node},
    table::{self, Operand},
    trace::Recorder,
};
use crate::{
    environment::{Environment, Stop},
    limits,
    span::Span,
    switches::{NumberRange, Switches, UndefLhs},
    value::{Text, Type, Undefined, Value},
};

/// One evaluation.
pub(super) struct Evaluation<'v> {
    pub(super) env: &'v mut dyn Environment,
    pub(super) switches: Switches,
    /// What is left of the budget.
    pub(super) steps: u32,
    /// Named expressions that are being evaluated.
    pub(super) named: usize,
    pub(super) recorder: Option<Recorder>,
}

type Outcome<'e> = Result<Held<'e>, Stop>;

impl<'v> Evaluation<'v> {
    pub(super) fn new(env: &'v mut dyn Environment, switches: &Switches) -> Self {
        Self { env, switches: *switches, steps: limits::EVALUATION_STEPS, named: 0, recorder: None }
    }

    /// The value of a whole expression.
    pub(super) fn run(&mut self, expression: &Expression) -> Result<Value, Stop> {
        let value = self.value(&expression.root)?.into_value();
        match value {
            Value::Namespace(name) => {
                Err(undefined(expression.root.span, format!("{name} alone has no value")))
            }
            value => Ok(value),
        }
    }

    fn value<'e>(&mut self, node: &'e Node) -> Outcome<'e> {
        self.spend(node.span, 0)?;
        if let Kind::Literal(value) = &node.kind {
            return Ok(Held::Literal(value));
        }
        let mark = self.recorder.as_ref().map(Recorder::mark);
        let outcome = self.inner(node);
        if let (Some(recorder), Some(mark)) = (&mut self.recorder, mark) {
            recorder.close(mark, node.span, &outcome);
        }
        outcome
    }

    fn inner<'e>(&mut self, node: &'e Node) -> Outcome<'e> {
        let span = node.span;
        match &node.kind {
            Kind::Literal(value) => Ok(Held::Literal(value)),
            Kind::Regex(_) | Kind::Path(_) => Err(undefined(span, "this literal is only an argument")),
            Kind::Moment(moment) => Ok(Held::Own(Value::Time(moment.resolve(self.env.facts().now)))),
            Kind::Namespace(name) => Ok(Held::Own(Value::Namespace(name))),
            Kind::Name(name) => self.named(name, span).map(Held::Own),
            Kind::Variable { name, key } => self.variable(name, key.as_deref(), span).map(Held::Own),
            Kind::ValueExists { name, key } => {
                let key = self.key(key)?;
                let found = self.env.value_exists(name, &key);
                found.map(|found| Held::Own(Value::Bool(found))).map_err(|cause| undefined(span, cause))
            }
            Kind::Chain { base, calls } => self.chain(base, calls),
            Kind::Infix { first, rest } => self.row(first, rest),
            Kind::Prefix { operator, operand } => {
                let value = self.value(operand)?;
                let value = operator::prefix(*operator, &value).map_err(|cause| undefined(span, cause))?;
                self.within_bounds(value, span).map(Held::Own)
            }
        }
    }

    /// A named expression, as if it stood in parentheses. Causes inside it are told at its name.
    fn named(&mut self, name: &str, span: Span) -> Result<Value, Stop> {
        let Some(expression) = self.env.named(name) else {
            if !table::named(name).is_empty() {
                return Err(undefined(span, format!("`{name}` is not evaluated here")));
            }
            return Err(undefined(span, format!("there is no named expression `{name}`")));
        };
        if self.named >= limits::NAMED_DEPTH {
            return Err(undefined(
                span,
                format!("named expressions refer to each other deeper than {}", self.named),
            ));
        }
        self.named += 1;
        let mark = self.recorder.as_ref().map(Recorder::mark);
        let outcome = self.run(&expression);
        if let (Some(recorder), Some(mark)) = (&mut self.recorder, mark) {
            recorder.name(mark, name, &expression.text);
        }
        self.named -= 1;
        outcome.map_err(|stop| match stop {
            Stop::Undefined(inner) => undefined(span, format!("in `{name}`: {}", inner.cause)),
            pending => pending,
        })
    }

    fn variable(&mut self, name: &str, key: Option<&Node>, span: Span) -> Result<Value, Stop> {
        let key = key.map(|key| self.key(key)).transpose()?;
        let value = self.env.variable(name, key.as_deref());
        value.map_err(|cause| undefined(span, cause))
    }

    fn key(&mut self, node: &Node) -> Result<Vec<u8>, Stop> {
        let value = self.value(node)?;
        let text =
            value.to_text().ok_or_else(|| undefined(node.span, format!("a key cannot be {}", value.kind())));
        text.map(|text| text.bytes)
    }

    fn chain<'e>(&mut self, base: &'e Node, calls: &'e [syntax::Call]) -> Outcome<'e> {
        let (mut on, known) = match self.known(calls) {
            Some((value, known)) => (Held::Shared(value), known),
            None => (self.value(base)?, 0),
        };
        let start = base.span.start;
        for (position, call) in calls.iter().enumerate().skip(known) {
            let span = Span::new(start, call.end);
            let mark = self.recorder.as_ref().map(Recorder::mark);
            let outcome = self.spend(span, size(&on)).and_then(|()| self.call(&on, call, span));
            let outcome = outcome.map(|value| self.shared(call, value));
            // The last link is the chain itself, which `value` closes.
            if let (Some(recorder), Some(mark)) = (&mut self.recorder, mark)
                && position + 1 < calls.len()
            {
                recorder.close(mark, span, &outcome);
            }
            on = outcome?;
        }
        Ok(on)
    }

    /// The longest beginning of a chain whose value is remembered, and how many calls it has. Whoever wants to be
    /// told of every part gets none.
    fn known(&self, calls: &[syntax::Call]) -> Option<(Arc<Value>, usize)> {
        if self.recorder.is_some() {
            return None;
        }
        let known =
            |(position, call): (usize, &syntax::Call)| Some((self.env.shared(call.shared?)?, position + 1));
        calls.iter().enumerate().rev().find_map(known)
    }

    /// Remembers the value of a shared part, unless it is large.
    fn shared<'e>(&mut self, call: &syntax::Call, value: Value) -> Held<'e> {
        match call.shared {
            Some(part) if self.recorder.is_none() && size(&value) <= limits::SHARED_BYTES => {
                let value = Arc::new(value);
                self.env.share(part, Arc::clone(&value));
                Held::Shared(value)
            }
            _ => Held::Own(value),
        }
    }

    /// Most calls take one argument or none; those are kept off the heap.
    fn call(&mut self, on: &Value, call: &syntax::Call, span: Span) -> Result<Value, Stop> {
        match call.args.as_slice() {
            [] => self.apply(on, call, &[], span),
            [only] => {
                let operand = self.operand(on.kind(), call, 0, only)?;
                self.apply(on, call, std::slice::from_ref(&operand), span)
            }
            several => {
                let operands = several.iter().enumerate();
                let operands = operands.map(|(position, node)| self.operand(on.kind(), call, position, node));
                let operands = operands.collect::<Result<Vec<_>, _>>()?;
                self.apply(on, call, &operands, span)
            }
        }
    }

    fn operand<'e>(
        &mut self,
        on: Type,
        call: &syntax::Call,
        position: usize,
        node: &'e Node,
    ) -> Result<Operand<'e>, Stop> {
        Ok(match &node.kind {
            Kind::Literal(value) => Operand::Value(Held::Literal(value)),
            Kind::Regex(pattern) => Operand::Regex(pattern),
            Kind::Path(path) => Operand::Path(path),
            Kind::Moment(moment) if table::takes_moment(call, on, position) => Operand::Moment(*moment),
            Kind::Name(name) if table::takes_word(call, on, position, name) => Operand::Word(name),
            _ => Operand::Value(self.value(node)?),
        })
    }

    fn apply(
        &mut self,
        on: &Value,
        call: &syntax::Call,
        args: &[Operand<'_>],
        span: Span,
    ) -> Result<Value, Stop> {
        let kind = on.kind();
        let Some(function) = meant(call, kind, args) else {
            return Err(undefined(span, format!("{kind} has no `{}` with these arguments", call.name)));
        };
        let Some(run) = function.run else {
            return Err(undefined(span, format!("`{}` is not evaluated here", call.name)));
        };
        let result = run(&mut Call { on, args, env: &mut *self.env, switches: self.switches });
        let value = result.map_err(|fault| match fault {
            Fault::Undefined(cause) => undefined(span, cause),
            Fault::Stop(Stop::Undefined(inner)) => undefined(span, inner.cause),
            Fault::Stop(pending) => pending,
        })?;
        self.spend(span, size(&value))?;
        self.within_bounds(value, span)
    }

    /// Operators of one strength, from the left; the tree of what was grouped is flat.
    fn row<'e>(&mut self, first: &'e Node, rest: &'e [(Infix, Node)]) -> Outcome<'e> {
        let mut left = self.value(first);
        for (operator, node) in rest {
            left = match operator {
                Infix::Alt => match left {
                    Err(Stop::Undefined(_)) => self.value(node),
                    decided => decided,
                },
                Infix::And => self.logic(left, false, node),
                Infix::Or => self.logic(left, true, node),
                _ => {
                    let left = left?;
                    let right = self.value(node)?;
                    let span = first.span.to(node.span);
                    self.spend(span, size(&left) + size(&right))?;
                    let value = self.join(*operator, left, &right).map_err(|cause| undefined(span, cause))?;
                    self.within_bounds(value, span).map(Held::Own)
                }
            };
        }
        left
    }

    /// `&&` is decided by FALSE, `||` by TRUE.
    fn logic<'e>(&mut self, left: Outcome<'e>, decides: bool, node: &'e Node) -> Outcome<'e> {
        match left {
            Ok(value) if *value == Value::Bool(decides) => Ok(value),
            Ok(value) if matches!(*value, Value::Bool(_)) => self.bool(node),
            Ok(value) => {
                Err(undefined(node.span, format!("{} stands where TRUE or FALSE should be", value.kind())))
            }
            Err(Stop::Undefined(cause)) if self.switches.undef_lhs == UndefLhs::Kleene => {
                match self.bool(node)? {
                    value if *value == Value::Bool(decides) => Ok(value),
                    _ => Err(Stop::Undefined(cause)),
                }
            }
            Err(stop) => Err(stop),
        }
    }

    fn bool<'e>(&mut self, node: &'e Node) -> Outcome<'e> {
        let value = self.value(node)?;
        match *value {
            Value::Bool(_) => Ok(value),
            _ => Err(undefined(node.span, format!("{} stands where TRUE or FALSE should be", value.kind()))),
        }
    }

    /// Appends in place where it can: a response of a thousand parts is joined in one go.
    fn join(&self, operator: Infix, left: Held<'_>, right: &Value) -> Result<Value, String> {
        match (operator, left) {
            (Infix::Add, Held::Own(Value::Text(mut text))) => {
                let tail =
                    right.to_text().ok_or_else(|| format!("`+` does not take text and {}", right.kind()))?;
                let mut bytes = std::mem::take(&mut text.bytes);
                bytes.extend_from_slice(&tail.bytes);
                Ok(Value::Text(text.derive(bytes)))
            }
            (operator, left) => operator::infix(operator, &left, right, &self.switches),
        }
    }

    /// What is longer or larger than a value may be is undefined.
    fn within_bounds(&self, value: Value, span: Span) -> Result<Value, Stop> {
        match &value {
            Value::Text(Text { bytes, .. }) if bytes.len() > limits::TEXT_BYTES => {
                Err(undefined(span, format!("the text is longer than {} bytes", limits::TEXT_BYTES)))
            }
            Value::Num(number)
                if self.switches.number_range == NumberRange::Narrow && i32::try_from(*number).is_err() =>
            {
                Err(undefined(span, format!("{number} does not fit 32 bits")))
            }
            _ => Ok(value),
        }
    }

    /// One step, and one more for every so many bytes that are looked at.
    fn spend(&mut self, span: Span, bytes: usize) -> Result<(), Stop> {
        let cost = u32::try_from(bytes / limits::BYTES_PER_STEP).unwrap_or(u32::MAX).saturating_add(1);
        match self.steps.checked_sub(cost) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(undefined(
                span,
                format!("the evaluation takes more than {} steps", limits::EVALUATION_STEPS),
            )),
        }
    }
}

/// The function that a call means, looked up once where nothing but the type it is made on can change it.
fn meant(call: &syntax::Call, on: Type, args: &[Operand<'_>]) -> Option<&'static table::Function> {
    if let Some((known, function)) = call.meant.get()
        && *known == on
    {
        return Some(function);
    }
    let function = table::select(call.overloads, on, args.iter().map(Operand::given))?;
    let written = |arg: &Node| matches!(arg.kind, Kind::Literal(_) | Kind::Regex(_) | Kind::Path(_));
    if call.args.iter().all(written) {
        // Somebody else may have been first, with another type: that one stays.
        _ = call.meant.set((on, function));
    }
    Some(function)
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.bytes.len(),
        _ => 0,
    }
}

fn undefined(span: Span, cause: impl Into<String>) -> Stop {
    Stop::Undefined(Undefined { span, cause: cause.into() })
}
