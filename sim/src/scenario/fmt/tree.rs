//! Tokens to statements with everything that stands around them. No token is lost.

use std::borrow::Cow;

use crate::scenario::lexer::Token;

/// Statements of a file or of braces.
#[derive(Debug, Default)]
pub(super) struct Statements<'t> {
    pub(super) nodes: Vec<Node<'t>>,
    /// What stands after the last one.
    pub(super) after: Vec<Trivia<'t>>,
}

/// What stands between statements.
#[derive(Debug)]
pub(super) enum Trivia<'t> {
    Blank,
    Comment(Cow<'t, str>),
}

#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) before: Vec<Trivia<'t>>,
    /// Switched off by `/-`.
    pub(super) dashed: bool,
    pub(super) name: &'t str,
    pub(super) entries: Vec<Entry<'t>>,
    pub(super) braces: Vec<Braces<'t>>,
    /// Comments on its last line.
    pub(super) trailing: Vec<Cow<'t, str>>,
}

/// An argument or a property.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    pub(super) before: Vec<Cow<'t, str>>,
    pub(super) dashed: bool,
    pub(super) key: Option<&'t str>,
    pub(super) value: &'t str,
}

#[derive(Debug)]
pub(super) struct Braces<'t> {
    pub(super) dashed: bool,
    pub(super) statements: Statements<'t>,
}

pub(super) fn parse<'t>(tokens: &[Token<'t>]) -> Statements<'t> {
    Parser { tokens, at: 0 }.statements()
}

struct Parser<'s, 't> {
    tokens: &'s [Token<'t>],
    at: usize,
}

impl<'t> Parser<'_, 't> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// Statements up to the closing brace, which is taken, or the end.
    fn statements(&mut self) -> Statements<'t> {
        let mut statements = Statements::default();
        let mut before = Vec::new();
        let mut dashed = false;
        // Whether the next end of a line ends a line with something on it.
        let mut on_line = true;
        while let Some(token) = self.next() {
            match token {
                Token::Close => break,
                Token::Newline => {
                    if !std::mem::take(&mut on_line) && !dashed {
                        before.push(Trivia::Blank);
                    }
                }
                Token::Line(comment) | Token::Comment(comment) => {
                    before.push(Trivia::Comment(comment.into()));
                    on_line = true;
                }
                Token::Joined(comment) => before.push(Trivia::Comment(block_comment(comment))),
                Token::Dash => dashed = true,
                Token::Atom(name) => {
                    let (before, dashed) = (std::mem::take(&mut before), std::mem::take(&mut dashed));
                    statements.nodes.push(self.node(name, before, dashed));
                    on_line = false;
                }
                Token::Semicolon | Token::Equals | Token::Open | Token::Parenthesis(_) => {}
            }
        }
        // A blank line at the end separates nothing.
        while let Some(Trivia::Blank) = before.last() {
            before.pop();
        }
        statements.after = before;
        statements
    }

    /// A statement whose name has been taken, with the end of its line.
    fn node(&mut self, name: &'t str, before: Vec<Trivia<'t>>, dashed: bool) -> Node<'t> {
        let mut node =
            Node { before, dashed, name, entries: Vec::new(), braces: Vec::new(), trailing: Vec::new() };
        let mut comments = Vec::new();
        let mut dashed = false;
        while let Some(token) = self.peek() {
            // Nothing but braces and comments may follow the braces.
            let complete = node.braces.iter().any(|braces| !braces.dashed);
            let next_node = match token {
                Token::Atom(_) => true,
                Token::Dash => !self.dashes_braces(),
                _ => false,
            };
            if token == Token::Close || complete && next_node {
                break;
            }
            self.at += 1;
            match token {
                Token::Newline if dashed => {}
                Token::Newline => break,
                Token::Line(comment) if dashed => {
                    comments.push(block_comment(comment.trim_start_matches('/')));
                }
                Token::Line(comment) | Token::Comment(comment) => comments.push(comment.into()),
                Token::Joined(comment) => comments.push(block_comment(comment)),
                Token::Dash => dashed = true,
                Token::Open => {
                    let statements = self.statements();
                    node.braces.push(Braces { dashed: std::mem::take(&mut dashed), statements });
                }
                Token::Atom(atom) => {
                    let before = std::mem::take(&mut comments);
                    node.entries.push(self.entry(atom, before, std::mem::take(&mut dashed)));
                }
                Token::Semicolon => {
                    if self.peek() == Some(Token::Newline) {
                        self.at += 1;
                    }
                    break;
                }
                Token::Equals | Token::Close | Token::Parenthesis(_) => {}
            }
        }
        node.trailing = comments;
        node
    }

    /// Whether the `/-` that comes next switches off braces.
    fn dashes_braces(&self) -> bool {
        let after = self.tokens.get(self.at + 1..).unwrap_or_default();
        let skipped = |token: &&Token<'_>| {
            matches!(token, Token::Newline | Token::Line(_) | Token::Comment(_) | Token::Joined(_))
        };
        after.iter().find(|token| !skipped(token)) == Some(&Token::Open)
    }

    /// An argument or property whose first token has been taken.
    fn entry(&mut self, atom: &'t str, mut before: Vec<Cow<'t, str>>, dashed: bool) -> Entry<'t> {
        if self.comments_then(|token| token == Token::Equals, &mut before).is_none() {
            return Entry { before, dashed, key: None, value: atom };
        }
        let value = self.comments_then(|token| matches!(token, Token::Atom(_)), &mut before);
        Entry { before, dashed, key: Some(atom), value: value.unwrap_or_default() }
    }

    /// Takes comments and the wanted token after them; nothing at all when another token comes. Gives the text
    /// of the token, which only an atom has.
    fn comments_then(
        &mut self,
        wanted: impl Fn(Token<'t>) -> bool,
        comments: &mut Vec<Cow<'t, str>>,
    ) -> Option<&'t str> {
        let mut ahead = self.at;
        let mut found = Vec::new();
        while let Some(token) = self.tokens.get(ahead).copied() {
            ahead += 1;
            match token {
                Token::Comment(comment) => found.push(Cow::from(comment)),
                Token::Joined(comment) => found.push(block_comment(comment)),
                token if wanted(token) => {
                    self.at = ahead;
                    comments.append(&mut found);
                    return Some(if let Token::Atom(text) = token { text } else { "" });
                }
                _ => return None,
            }
        }
        None
    }
}

/// A comment of a line as one that may stand amid a line.
fn block_comment(text: &str) -> Cow<'_, str> {
    // What would end the block, or open another, is taken apart.
    let text = text.trim().replace("*/", "* /").replace("/*", "/ *");
    Cow::from(format!("/* {text} */"))
}
