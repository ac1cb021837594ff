//! The text of an XPath to its tree (XPath 1.0 section 3, the part of it that [`super`] names).

use super::{Axis, Binary, Expr, Function, Step, Test};
use crate::limits;

/// Reads a whole XPath.
pub(super) fn parse(source: &str) -> Result<Expr, String> {
    let mut parser = Parser { rest: source, depth: 0, steps: 0 };
    let expr = parser.or()?;
    match parser.skip() {
        "" => Ok(expr),
        rest => Err(format!("`{}` is not part of the XPath that is read here", rest.escape_debug())),
    }
}

struct Parser<'s> {
    rest: &'s str,
    depth: usize,
    steps: usize,
}

impl<'s> Parser<'s> {
    fn or(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > limits::XPATH_DEPTH {
            return Err(format!("it nests deeper than {} levels", limits::XPATH_DEPTH));
        }
        let mut left = self.and()?;
        while self.word("or") {
            left = Expr::Binary(Binary::Or, Box::new(left), Box::new(self.and()?));
            self.step()?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr, String> {
        let mut left = self.comparison()?;
        while self.word("and") {
            left = Expr::Binary(Binary::And, Box::new(left), Box::new(self.comparison()?));
            self.step()?;
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Expr, String> {
        let left = self.operand()?;
        let operators = [
            ("!=", Binary::Ne),
            ("<=", Binary::Le),
            (">=", Binary::Ge),
            ("=", Binary::Eq),
            ("<", Binary::Lt),
            (">", Binary::Gt),
        ];
        match operators.into_iter().find(|(text, _)| self.eat(text)) {
            Some((_, operator)) => Ok(Expr::Binary(operator, Box::new(left), Box::new(self.operand()?))),
            None => Ok(left),
        }
    }

    fn operand(&mut self) -> Result<Expr, String> {
        let rest = self.skip();
        match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = rest.get(1..).unwrap_or_default();
                let end = inner.find(quote).ok_or("a text in it is not closed")?;
                self.rest = inner.get(end + 1..).unwrap_or_default();
                Ok(Expr::Text(inner.get(..end).unwrap_or_default().to_owned()))
            }
            Some(digit) if digit.is_ascii_digit() => {
                let length = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
                let (number, after) = rest.split_at(length);
                self.rest = after;
                number.parse().map(Expr::Number).map_err(|_| format!("`{number}` is no number"))
            }
            Some('(') => {
                self.eat("(");
                let inner = self.or()?;
                self.expect(")")?;
                Ok(inner)
            }
            _ => match self.function() {
                Some(call) => call,
                None => self.path(),
            },
        }
    }

    /// A function, unless the name is a node test or no name at all.
    fn function(&mut self) -> Option<Result<Expr, String>> {
        let before = self.rest;
        let name = self.name()?;
        let called = self.eat("(");
        if !called || ["text", "node", "comment", "processing-instruction"].contains(&name) {
            self.rest = before;
            return None;
        }
        Some(self.call(name))
    }

    fn call(&mut self, name: &str) -> Result<Expr, String> {
        let known = Function::ALL.into_iter().find(|(known, ..)| *known == name);
        let (_, function, least, most) = known.ok_or_else(|| format!("`{name}()` is not evaluated"))?;
        let mut args = Vec::new();
        if !self.eat(")") {
            loop {
                args.push(self.or()?);
                self.step()?;
                if self.eat(")") {
                    break;
                }
                self.expect(",")?;
            }
        }
        if !(least..=most).contains(&args.len()) {
            return Err(format!("`{name}()` does not take {} arguments", args.len()));
        }
        Ok(Expr::Call(function, args))
    }

    fn path(&mut self) -> Result<Expr, String> {
        let mut steps = Vec::new();
        let absolute = self.skip().starts_with('/');
        if absolute && self.skip().strip_prefix('/').is_some_and(|rest| rest.trim_start().is_empty()) {
            self.rest = "";
            return Ok(Expr::Path { absolute, steps });
        }
        if !absolute {
            steps.push(self.one_step()?);
        }
        loop {
            if self.eat("//") {
                steps.push(Step { axis: Axis::DescendantOrSelf, test: Test::Node, predicates: Vec::new() });
            } else if !self.eat("/") {
                return Ok(Expr::Path { absolute, steps });
            }
            steps.push(self.one_step()?);
        }
    }

    fn one_step(&mut self) -> Result<Step, String> {
        self.step()?;
        if self.eat("..") {
            return Ok(Step { axis: Axis::Parent, test: Test::Node, predicates: Vec::new() });
        }
        if self.eat(".") {
            return Ok(Step { axis: Axis::ThisOne, test: Test::Node, predicates: Vec::new() });
        }
        let axis = self.axis();
        let test = self.test()?;
        let mut predicates = Vec::new();
        while self.eat("[") {
            predicates.push(self.or()?);
            self.expect("]")?;
        }
        Ok(Step { axis, test, predicates })
    }

    fn axis(&mut self) -> Axis {
        let axes = [
            ("@", Axis::Attribute),
            ("attribute::", Axis::Attribute),
            ("child::", Axis::Child),
            ("descendant-or-self::", Axis::DescendantOrSelf),
            ("descendant::", Axis::Descendant),
            ("parent::", Axis::Parent),
            ("self::", Axis::ThisOne),
        ];
        axes.into_iter().find(|(text, _)| self.eat(text)).map_or(Axis::Child, |(_, axis)| axis)
    }

    fn test(&mut self) -> Result<Test, String> {
        if self.eat("*") {
            return Ok(Test::Any);
        }
        let Some(name) = self.name() else {
            return Err(match self.skip() {
                "" => "it ends where the name of an element should be".to_owned(),
                rest => format!("`{}` stands where the name of an element should be", rest.escape_debug()),
            });
        };
        if self.skip().starts_with("::") {
            return Err(format!("the axis `{name}` is not evaluated"));
        }
        if !self.eat("(") {
            return Ok(Test::Name(name.to_owned()));
        }
        self.expect(")")?;
        match name {
            "text" => Ok(Test::Text),
            "node" => Ok(Test::Node),
            other => Err(format!("`{other}()` is not evaluated")),
        }
    }

    /// A name with or without prefix, or `*` after a prefix.
    fn name(&mut self) -> Option<&'s str> {
        let rest = self.skip();
        let starts = rest.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_');
        let part = |text: &str| {
            text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(text.len())
        };
        let mut length = if starts { part(rest) } else { return None };
        let after = rest.get(length..).unwrap_or_default();
        if let Some(local) = after.strip_prefix(':').filter(|local| !local.starts_with(':')) {
            length += 1 + part(local);
        }
        let (name, after) = rest.split_at(length);
        self.rest = after;
        Some(name)
    }

    /// An operator that is written as a word.
    fn word(&mut self, word: &str) -> bool {
        let after = self.skip().strip_prefix(word);
        let whole =
            after.filter(|after| !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_')));
        self.rest = whole.unwrap_or(self.rest);
        whole.is_some()
    }

    fn step(&mut self) -> Result<(), String> {
        self.steps += 1;
        if self.steps > limits::XPATH_STEPS {
            return Err(format!("it has more than {} steps", limits::XPATH_STEPS));
        }
        Ok(())
    }

    fn eat(&mut self, text: &str) -> bool {
        let after = self.skip().strip_prefix(text);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.eat(text) {
            Ok(())
        } else {
            Err(format!("`{text}` is missing before `{}`", self.rest.escape_debug()))
        }
    }

    fn skip(&mut self) -> &'s str {
        self.rest = self.rest.trim_start();
        self.rest
    }
}
