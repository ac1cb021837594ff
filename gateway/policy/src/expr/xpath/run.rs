//! An XPath on a document. How many nodes it looks at is bounded, however its predicates nest.

use super::{
    Axis, Binary, Expr, Function, Step, Test,
    tree::{NodeKind, Tree},
};
use crate::limits;

/// What an XPath found.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::expr) enum Found {
    /// Places in the document, in its order.
    Nodes(Vec<usize>),
    Text(String),
    Number(f64),
    Bool(bool),
}

impl Found {
    /// The text of the first node, or the value as XPath's `string()` prints it.
    pub(in crate::expr) fn text(&self, tree: &Tree<'_>) -> String {
        match self {
            Self::Nodes(nodes) => nodes.first().map(|at| tree.text(*at)).unwrap_or_default(),
            Self::Text(text) => text.clone(),
            Self::Number(number) if number.is_infinite() => {
                if *number > 0.0 { "Infinity" } else { "-Infinity" }.into()
            }
            Self::Number(number) => number.to_string(),
            Self::Bool(value) => value.to_string(),
        }
    }

    /// Every node as it was written.
    pub(in crate::expr) fn markup(&self, tree: &Tree<'_>) -> String {
        match self {
            Self::Nodes(nodes) => nodes.iter().map(|at| tree.markup(*at)).collect(),
            other => other.text(tree),
        }
    }

    fn number(&self, tree: &Tree<'_>) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Bool(value) => f64::from(u8::from(*value)),
            other => other.text(tree).trim().parse().unwrap_or(f64::NAN),
        }
    }

    fn truth(&self) -> bool {
        match self {
            Self::Nodes(nodes) => !nodes.is_empty(),
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Bool(value) => *value,
        }
    }
}

pub(super) fn run(expr: &Expr, tree: &Tree<'_>) -> Result<Found, String> {
    let mut run = Run { tree, visits: limits::XPATH_VISITS };
    run.value(expr, Context { node: 0, position: 1, size: 1 })
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
struct Context {
    node: usize,
    /// Counted from 1.
    position: usize,
    size: usize,
}

struct Run<'r> {
    tree: &'r Tree<'r>,
    visits: usize,
}

impl Run<'_> {
    fn value(&mut self, expr: &Expr, at: Context) -> Result<Found, String> {
        match expr {
            Expr::Text(text) => Ok(Found::Text(text.clone())),
            Expr::Number(number) => Ok(Found::Number(*number)),
            Expr::Path { absolute, steps } => {
                let start = if *absolute { 0 } else { at.node };
                let mut nodes = vec![start];
                for step in steps {
                    nodes = self.step(step, &nodes)?;
                }
                Ok(Found::Nodes(nodes))
            }
            Expr::Call(function, args) => self.call(*function, args, at),
            Expr::Binary(operator, left, right) => {
                let left = self.value(left, at)?;
                match operator {
                    Binary::Or if left.truth() => return Ok(Found::Bool(true)),
                    Binary::And if !left.truth() => return Ok(Found::Bool(false)),
                    _ => {}
                }
                let right = self.value(right, at)?;
                self.compare(*operator, &left, &right).map(Found::Bool)
            }
        }
    }

    fn step(&mut self, step: &Step, from: &[usize]) -> Result<Vec<usize>, String> {
        let mut found = Vec::new();
        for at in from {
            let mut nodes = self.along(step.axis, *at)?;
            nodes.retain(|at| self.passes(step, *at));
            for predicate in &step.predicates {
                nodes = self.filter(predicate, &nodes)?;
            }
            found.extend(nodes);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    fn along(&mut self, axis: Axis, at: usize) -> Result<Vec<usize>, String> {
        let Some(node) = self.tree.nodes.get(at) else { return Ok(Vec::new()) };
        let below = at + 1..node.end;
        let nodes: Vec<usize> = match axis {
            Axis::ThisOne => vec![at],
            Axis::Parent if at == 0 => Vec::new(),
            Axis::Parent => vec![node.parent],
            Axis::DescendantOrSelf => (at..node.end).collect(),
            Axis::Descendant => below.collect(),
            Axis::Child | Axis::Attribute => self.children(at, below),
        };
        self.visits = self.visits.checked_sub(nodes.len() + 1).ok_or("the XPath looks at too many nodes")?;
        let attribute =
            |at: &usize| matches!(self.tree.nodes.get(*at).map(|n| &n.kind), Some(NodeKind::Attribute(..)));
        let wanted = axis == Axis::Attribute;
        let any = matches!(axis, Axis::ThisOne | Axis::Parent);
        Ok(nodes.into_iter().filter(|at| any || attribute(at) == wanted).collect())
    }

    /// The places right below a node, hopping over what is deeper.
    fn children(&self, of: usize, below: std::ops::Range<usize>) -> Vec<usize> {
        let next = |at: usize| Some(at).filter(|at| *at < below.end);
        let hops = std::iter::successors(next(below.start), |at| next(self.tree.nodes.get(*at)?.end));
        hops.filter(|at| self.tree.nodes.get(*at).is_some_and(|node| node.parent == of)).collect()
    }

    fn passes(&self, step: &Step, at: usize) -> bool {
        let Some(node) = self.tree.nodes.get(at) else { return false };
        match (&step.test, &node.kind) {
            (Test::Node, _)
            | (Test::Text, NodeKind::Text(_))
            | (Test::Any, NodeKind::Element(_) | NodeKind::Attribute(..)) => true,
            (Test::Name(wanted), NodeKind::Element(name) | NodeKind::Attribute(name, _)) => {
                named(wanted, name)
            }
            _ => false,
        }
    }

    fn filter(&mut self, predicate: &Expr, nodes: &[usize]) -> Result<Vec<usize>, String> {
        let mut kept = Vec::new();
        for (position, node) in (1..).zip(nodes) {
            let value = self.value(predicate, Context { node: *node, position, size: nodes.len() })?;
            let keep = match value {
                #[expect(clippy::cast_precision_loss, reason = "positions are far below 2^52")]
                Found::Number(number) => number == position as f64,
                other => other.truth(),
            };
            if keep {
                kept.push(*node);
            }
        }
        Ok(kept)
    }

    /// A set of nodes compares like the one of its nodes that fits (XPath 1.0 section 3.4).
    fn compare(&mut self, operator: Binary, left: &Found, right: &Found) -> Result<bool, String> {
        let texts = |found: &Found| match found {
            Found::Nodes(nodes) => nodes.iter().map(|at| Found::Text(self.tree.text(*at))).collect(),
            other => vec![other.clone()],
        };
        let (left, right) = match operator {
            Binary::Or | Binary::And => return Ok(right.truth()),
            _ if matches!(left, Found::Bool(_)) || matches!(right, Found::Bool(_)) => {
                (vec![Found::Bool(left.truth())], vec![Found::Bool(right.truth())])
            }
            _ => (texts(left), texts(right)),
        };
        let pairs = left.len().saturating_mul(right.len());
        self.visits = self.visits.checked_sub(pairs).ok_or("the XPath looks at too many nodes")?;
        Ok(left.iter().any(|left| right.iter().any(|right| fits(operator, left, right, self.tree))))
    }

    fn call(&mut self, function: Function, args: &[Expr], at: Context) -> Result<Found, String> {
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            values.push(self.value(arg, at)?);
        }
        let this = Found::Nodes(vec![at.node]);
        let first = values.first().unwrap_or(&this);
        let second = values.get(1).map(|second| second.text(self.tree)).unwrap_or_default();
        Ok(match function {
            Function::True => Found::Bool(true),
            Function::False => Found::Bool(false),
            Function::Boolean => Found::Bool(first.truth()),
            Function::Not => Found::Bool(!first.truth()),
            Function::Number => Found::Number(first.number(self.tree)),
            Function::Position => counted(at.position),
            Function::Last => counted(at.size),
            Function::Count => match first {
                Found::Nodes(nodes) => counted(nodes.len()),
                _ => return Err("`count()` takes nodes".to_owned()),
            },
            Function::String => Found::Text(first.text(self.tree)),
            Function::StringLength => counted(first.text(self.tree).chars().count()),
            Function::Concat => Found::Text(values.iter().map(|value| value.text(self.tree)).collect()),
            Function::Contains => Found::Bool(first.text(self.tree).contains(&second)),
            Function::StartsWith => Found::Bool(first.text(self.tree).starts_with(&second)),
            Function::NormalizeSpace => {
                Found::Text(first.text(self.tree).split_ascii_whitespace().collect::<Vec<_>>().join(" "))
            }
            Function::Name => Found::Text(self.name(first).to_owned()),
            Function::LocalName => {
                let name = self.name(first);
                Found::Text(name.rsplit(':').next().unwrap_or(name).to_owned())
            }
        })
    }

    fn name(&self, found: &Found) -> &str {
        let Found::Nodes(nodes) = found else { return "" };
        match nodes.first().and_then(|at| self.tree.nodes.get(*at)).map(|node| &node.kind) {
            Some(NodeKind::Element(name) | NodeKind::Attribute(name, _)) => name,
            _ => "",
        }
    }
}

/// A name without prefix matches with any.
fn named(wanted: &str, name: &str) -> bool {
    wanted == name || (!wanted.contains(':') && name.rsplit(':').next() == Some(wanted))
}

fn fits(operator: Binary, left: &Found, right: &Found, tree: &Tree<'_>) -> bool {
    let text = |found: &Found| matches!(found, Found::Text(_));
    match operator {
        Binary::Eq if text(left) && text(right) => left == right,
        Binary::Ne if text(left) && text(right) => left != right,
        _ => {
            let (left, right) = (left.number(tree), right.number(tree));
            match operator {
                Binary::Eq => left == right,
                Binary::Ne => left != right,
                Binary::Lt => left < right,
                Binary::Le => left <= right,
                Binary::Gt => left > right,
                _ => left >= right,
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn counted(count: usize) -> Found {
    Found::Number(count as f64)
}
