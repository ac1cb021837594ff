//! Tokens to a tree.
//!
//! Precedence climbing over a flat row per strength. Both the parser's own recursion and the height of the tree
//! are bounded by [`limits::EXPRESSION_DEPTH`], so neither reading nor any later walk runs off a stack.

use std::sync::{Arc, OnceLock};

use super::{
    error::SyntaxError,
    lexer::{self, Lexeme, Token},
    pattern::Pattern,
    syntax::{Call, Infix, Kind, Node, Prefix},
    table,
    xpath::XPath,
};
use crate::{limits, span::Span, switches::Switches, value::Value};

/// Reads the whole text as one expression.
pub(super) fn parse(text: &str, switches: &Switches) -> Result<Node, SyntaxError> {
    if text.len() > limits::EXPRESSION_BYTES {
        return Err(SyntaxError::new(Span::new(0, text.len()), "the expression is too long to read"));
    }
    let tokens = lexer::tokens(text)?;
    let end = Token { span: Span::new(text.len(), text.len()), kind: Lexeme::End };
    let mut parser = Parser { tokens, end, at: 0, depth: 0, patterns: 0, switches: *switches };
    let node = parser.infix(0)?;
    match parser.peek().kind {
        Lexeme::End => Ok(node),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    /// What follows the last token.
    end: Token,
    at: usize,
    depth: usize,
    patterns: usize,
    switches: Switches,
}

impl Parser {
    /// Operators of at least this strength.
    fn infix(&mut self, weakest: u8) -> Result<Node, SyntaxError> {
        self.depth += 1;
        if self.depth > limits::EXPRESSION_DEPTH {
            return Err(too_deep(self.peek().span));
        }
        let mut left = self.prefix()?;
        let switches = self.switches;
        let strength = |operator: &Infix| operator.strength(&switches);
        while let Some(operator) = self.operator().filter(|operator| strength(operator) >= weakest) {
            let strong = strength(&operator);
            let mut rest = Vec::new();
            while let Some(operator) = self.operator().filter(|operator| strength(operator) == strong) {
                self.at += 1;
                rest.push((operator, self.infix(strong + 1)?));
            }
            left = row(left, rest)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operator(&self) -> Option<Infix> {
        match &self.peek().kind {
            Lexeme::Operator(operator) => Some(*operator),
            Lexeme::Word(word) if word.eq_ignore_ascii_case("ALT") => Some(Infix::Alt),
            _ => None,
        }
    }

    fn prefix(&mut self) -> Result<Node, SyntaxError> {
        let mut prefixes = Vec::new();
        loop {
            let operator = match self.peek().kind {
                Lexeme::Not => Prefix::Not,
                Lexeme::Operator(Infix::Sub) => Prefix::Negate,
                Lexeme::Complement => Prefix::Complement,
                _ => break,
            };
            prefixes.push((operator, self.skip()));
        }
        let operand = self.postfix()?;
        prefixes.into_iter().rev().try_fold(operand, |operand, (operator, span)| {
            let whole = span.to(operand.span);
            tree(whole, operand.height + 1, Kind::Prefix { operator, operand: Box::new(operand) })
        })
    }

    fn postfix(&mut self) -> Result<Node, SyntaxError> {
        let base = self.primary()?;
        let mut calls = Vec::new();
        while self.eat(&Lexeme::Dot) {
            calls.push(self.call()?);
        }
        chain(base, calls)
    }

    fn call(&mut self) -> Result<Call, SyntaxError> {
        let Lexeme::Word(word) = &self.peek().kind else {
            return Err(self.unexpected("the name of a function after the dot"));
        };
        let name = word.to_ascii_uppercase();
        let span = self.skip();
        let args = if self.eat(&Lexeme::Open) { self.arguments()? } else { Vec::new() };
        let overloads = table::named(&name);
        Ok(Call { span, end: self.before(), name, args, overloads, shared: None, meant: OnceLock::new() })
    }

    fn arguments(&mut self) -> Result<Vec<Node>, SyntaxError> {
        let mut args = Vec::new();
        if self.eat(&Lexeme::Close) {
            return Ok(args);
        }
        loop {
            args.push(self.infix(0)?);
            if self.eat(&Lexeme::Close) {
                return Ok(args);
            }
            if !self.eat(&Lexeme::Comma) {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
    }

    fn primary(&mut self) -> Result<Node, SyntaxError> {
        let token = self.peek().clone();
        let kind = match token.kind {
            Lexeme::Literal(value) => Kind::Literal(value),
            Lexeme::Regex(source) => self.pattern(token.span, &source)?,
            Lexeme::Path(source) => Kind::Path(Arc::new(XPath::new(&source))),
            Lexeme::Moment(moment) => Kind::Moment(moment),
            Lexeme::Word(word) => name(&word),
            Lexeme::Dollar => return self.variable(),
            Lexeme::Open => return self.group(),
            _ => return Err(self.unexpected("a value")),
        };
        self.at += 1;
        tree(token.span, 1, kind)
    }

    fn pattern(&mut self, span: Span, source: &str) -> Result<Kind, SyntaxError> {
        self.patterns += 1;
        if self.patterns > limits::PATTERNS {
            return Err(SyntaxError::new(span, "the expression has too many regular expressions"));
        }
        Ok(Kind::Regex(Arc::new(Pattern::new(source))))
    }

    fn group(&mut self) -> Result<Node, SyntaxError> {
        let open = self.skip();
        let mut inner = self.infix(0)?;
        if !self.eat(&Lexeme::Close) {
            return Err(self
                .unexpected("`)`")
                .help(format!("the `(` at column {} is not closed", open.start + 1)));
        }
        inner.span = Span::new(open.start, self.before());
        Ok(inner)
    }

    fn variable(&mut self) -> Result<Node, SyntaxError> {
        let start = self.skip().start;
        let Lexeme::Word(word) = &self.peek().kind else {
            return Err(self.unexpected("the name of a variable after `$`"));
        };
        let name = word.clone();
        self.at += 1;
        if !self.eat(&Lexeme::OpenKey) {
            return tree(Span::new(start, self.before()), 1, Kind::Variable { name, key: None });
        }
        let key = self.infix(0)?;
        if !self.eat(&Lexeme::CloseKey) {
            return Err(self.unexpected("`]`"));
        }
        let height = key.height + 1;
        tree(Span::new(start, self.before()), height, Kind::Variable { name, key: Some(Box::new(key)) })
    }

    fn unexpected(&self, wanted: &str) -> SyntaxError {
        let token = self.peek();
        let found = match &token.kind {
            Lexeme::End => {
                return SyntaxError::new(token.span, format!("the text ends where {wanted} should be"));
            }
            Lexeme::Word(word) => format!("`{word}`"),
            Lexeme::Literal(Value::Text(_)) => "a text".to_owned(),
            Lexeme::Literal(value) => format!("`{value}`"),
            Lexeme::Regex(_) => "a regular expression".to_owned(),
            Lexeme::Path(_) => "an XPath".to_owned(),
            Lexeme::Moment(_) => "a time".to_owned(),
            Lexeme::Operator(operator) => format!("`{}`", operator.text()),
            Lexeme::Not => "`!`".to_owned(),
            Lexeme::Complement => "`~`".to_owned(),
            Lexeme::Dot => "`.`".to_owned(),
            Lexeme::Comma => "`,`".to_owned(),
            Lexeme::Dollar => "`$`".to_owned(),
            Lexeme::Open => "`(`".to_owned(),
            Lexeme::Close => "`)`".to_owned(),
            Lexeme::OpenKey => "`[`".to_owned(),
            Lexeme::CloseKey => "`]`".to_owned(),
        };
        let error = SyntaxError::new(token.span, format!("{found} stands where {wanted} should be"));
        match &token.kind {
            Lexeme::Word(word) if word.eq_ignore_ascii_case("and") => error.help("write `&&`"),
            Lexeme::Word(word) if word.eq_ignore_ascii_case("or") => error.help("write `||`"),
            Lexeme::Word(word) if word.eq_ignore_ascii_case("not") => {
                error.help("write `!` before, or `.NOT` after")
            }
            Lexeme::Literal(Value::Text(_)) => error.help("texts are joined with `+`"),
            Lexeme::Close => error.help("is there one `)` too many?"),
            _ => error,
        }
    }

    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&self.end)
    }

    /// Steps over a token and says where it stood.
    fn skip(&mut self) -> Span {
        let span = self.peek().span;
        self.at += 1;
        span
    }

    fn eat(&mut self, wanted: &Lexeme) -> bool {
        let found = self.peek().kind == *wanted;
        self.at += usize::from(found);
        found
    }

    /// Where the token before this one ended.
    fn before(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.span.end)
    }
}

fn name(word: &str) -> Kind {
    match word.to_ascii_uppercase() {
        word if word == "TRUE" => Kind::Literal(Value::Bool(true)),
        word if word == "FALSE" => Kind::Literal(Value::Bool(false)),
        word => Kind::Name(word),
    }
}

fn row(first: Node, rest: Vec<(Infix, Node)>) -> Result<Node, SyntaxError> {
    let last = rest.last().map_or(first.span, |(_, node)| node.span);
    let height = rest.iter().map(|(_, node)| node.height).max().unwrap_or_default().max(first.height);
    tree(first.span.to(last), height + 1, Kind::Infix { first: Box::new(first), rest })
}

fn chain(base: Node, mut calls: Vec<Call>) -> Result<Node, SyntaxError> {
    let base = namespace(value_exists(base, &mut calls)?, &mut calls);
    let Some(last) = calls.last() else { return Ok(base) };
    let span = Span::new(base.span.start, last.end);
    let args = calls.iter().flat_map(|call| &call.args).map(|arg| arg.height).max().unwrap_or_default();
    let height = args.max(base.height) + 1;
    tree(span, height, Kind::Chain { base: Box::new(base), calls })
}

/// `$map.VALUEEXISTS(key)` is no call on a value: the value must not be read, or it would be created.
fn value_exists(base: Node, calls: &mut Vec<Call>) -> Result<Node, SyntaxError> {
    let asked = calls.first().is_some_and(|call| call.name == "VALUEEXISTS" && call.args.len() == 1);
    match base.kind {
        Kind::Variable { name, key: None } if asked => {
            let mut call = calls.remove(0);
            let key = call.args.remove(0);
            let (span, height) = (Span::new(base.span.start, call.end), key.height + 1);
            tree(span, height, Kind::ValueExists { name, key: Box::new(key) })
        }
        kind => Ok(Node { kind, ..base }),
    }
}

/// `HTTP.REQ` is known before any request: prefixes are found here once and not at every evaluation.
fn namespace(base: Node, calls: &mut Vec<Call>) -> Node {
    let Kind::Name(name) = &base.kind else { return base };
    let Some(mut found) = table::root(name) else { return base };
    let mut span = base.span;
    let inner = calls.iter().map_while(|call| {
        found = table::member(found, call)?;
        span.end = call.end;
        Some(())
    });
    let length = inner.count();
    calls.drain(..length);
    Node { span, height: 1, kind: Kind::Namespace(found) }
}

fn tree(span: Span, height: usize, kind: Kind) -> Result<Node, SyntaxError> {
    if height > limits::EXPRESSION_DEPTH {
        return Err(too_deep(span));
    }
    Ok(Node { span, height, kind })
}

fn too_deep(span: Span) -> SyntaxError {
    let problem = format!("the expression nests deeper than {} levels", limits::EXPRESSION_DEPTH);
    SyntaxError::new(span, problem).help("split it with named expressions")
}
