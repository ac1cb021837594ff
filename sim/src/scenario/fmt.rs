//! The canonical form: four blanks of indent, one statement a line, properties in the order of the table of
//! words, comments kept, at most one blank line in a row.
//!
//! It works on tokens rather than on the parser's tree, because the tree forgets some comments. Values are
//! printed as they were written, so formatting cannot change what a file means; misspelled words are none of
//! its business either, they just stay.

mod tree;

use self::tree::{Entry, Node, Statements, Trivia};
use super::diagnostic::{self, Diagnostic, Finding};
use super::files::{self, FILE_BYTES_MAX};
use super::lexer::{self, Token};
use super::schema::{self, Block, Word};
use super::source::{FileId, Sources, Span};

/// Name of the file in diagnostics of [`format`], which is given text alone.
const FILE: &str = "<text>";

/// Brings a file into canonical form. Formatting the result again changes nothing.
///
/// # Errors
/// The errors of syntax, when the text is no KDL 2, or uses type annotations, which the language does not have.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let failed = |findings: Vec<Finding>| {
        let mut sources = Sources::default();
        sources.add(FILE, text.to_owned());
        diagnostic::resolve(findings, &sources)
    };
    if text.len() > FILE_BYTES_MAX {
        let message = format!("larger than {FILE_BYTES_MAX} bytes");
        let place = Span { file: FileId::default(), start: 0, end: 0 };
        return Err(failed(vec![Finding::error("scn-too-large", place, message)]));
    }
    files::parse(text, FileId::default()).map_err(failed)?;
    let tokens = lexer::tokens(text);
    let annotation = |token: &Token<'_>| match token {
        Token::Parenthesis(at) => Some(*at),
        _ => None,
    };
    if let Some(at) = tokens.iter().find_map(annotation) {
        let place = Span { file: FileId::default(), start: at, end: at + 1 };
        let message = "type annotations have no meaning here";
        return Err(failed(vec![Finding::error("scn-annotation", place, message)]));
    }
    let mut out = Printer { text: String::new() };
    out.statements(&tree::parse(&tokens), Some(Block::File), 0);
    Ok(out.text)
}

struct Printer {
    text: String,
}

impl Printer {
    /// `block` is `None` where the language knows nothing of the surrounding statement.
    fn statements(&mut self, statements: &Statements<'_>, block: Option<Block>, depth: usize) {
        let mut first = true;
        for node in &statements.nodes {
            self.trivia(&node.before, &mut first, depth);
            self.node(node, block, depth);
            first = false;
        }
        self.trivia(&statements.after, &mut first, depth);
    }

    fn trivia(&mut self, trivia: &[Trivia<'_>], first: &mut bool, depth: usize) {
        let mut blank = *first;
        for item in trivia {
            match item {
                Trivia::Blank if blank => {}
                Trivia::Blank => {
                    self.text.push('\n');
                    blank = true;
                }
                Trivia::Comment(comment) => {
                    self.indent(depth);
                    self.text.push_str(comment);
                    self.text.push('\n');
                    blank = false;
                }
            }
            *first = false;
        }
    }

    fn node(&mut self, node: &Node<'_>, block: Option<Block>, depth: usize) {
        let second = node.entries.first().filter(|entry| entry.key.is_none());
        let second = second.map(|entry| entry.value.trim_matches('"'));
        let word = block.and_then(|block| schema::resolve(block, node.name, second)).map(|found| found.word);
        self.indent(depth);
        self.dash(node.dashed);
        self.text.push_str(node.name);
        for entry in ordered(&node.entries, word) {
            self.entry(entry);
        }
        let inside = word.and_then(|word| word.inside);
        for braces in &node.braces {
            self.text.push(' ');
            self.dash(braces.dashed);
            if braces.statements.nodes.is_empty() && braces.statements.after.is_empty() {
                self.text.push_str("{}");
                continue;
            }
            self.text.push_str("{\n");
            self.statements(&braces.statements, inside, depth + 1);
            self.indent(depth);
            self.text.push('}');
        }
        for comment in &node.trailing {
            self.text.push(' ');
            self.text.push_str(comment);
        }
        self.text.push('\n');
    }

    fn entry(&mut self, entry: &Entry<'_>) {
        for comment in &entry.before {
            self.text.push(' ');
            self.text.push_str(comment);
        }
        self.text.push(' ');
        self.dash(entry.dashed);
        if let Some(key) = entry.key {
            self.text.push_str(key);
            self.text.push('=');
        }
        self.text.push_str(entry.value);
    }

    fn dash(&mut self, dashed: bool) {
        if dashed {
            self.text.push_str("/-");
        }
    }

    fn indent(&mut self, depth: usize) {
        self.text.push_str(&"    ".repeat(depth));
    }
}

/// Arguments as they stand, then properties in the order of the table; those it does not know come last.
fn ordered<'n, 't>(entries: &'n [Entry<'t>], word: Option<&'static Word>) -> Vec<&'n Entry<'t>> {
    let mut ordered: Vec<&Entry<'_>> = entries.iter().collect();
    ordered.sort_by_key(|entry| match (entry.key, word) {
        (None, _) => (0, 0),
        (Some(_), None) => (1, 0),
        (Some(key), Some(word)) => {
            (1, word.props.iter().position(|prop| prop.name == key).unwrap_or(word.props.len()))
        }
    });
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let once = format(text).unwrap_or_else(|found| panic!("{}", diagnostic::render(&found)));
        assert_eq!(once, expected);
        assert_eq!(format(&once).as_deref(), Ok(expected), "formatting twice");
    }

    #[test]
    fn one_statement_a_line() {
        check(
            "scenario \"a\"{receiver \"laptop\" { login;answer \"1\" ; } }",
            "scenario \"a\" {\n    receiver \"laptop\" {\n        login\n        answer \"1\"\n    }\n}\n",
        );
    }

    #[test]
    fn properties_take_the_order_of_the_table() {
        check(
            "fragment \"f\" { login as=browser password=\"p\" user=\"u\"; expect ica-file ssl-proxy=\"p\" address = #\"^;\"# }",
            "fragment \"f\" {\n    login user=\"u\" password=\"p\" as=browser\n    expect ica-file address=#\"^;\"# ssl-proxy=\"p\"\n}\n",
        );
        check("x b=1 \"arg\" a=2\n", "x \"arg\" b=1 a=2\n");
        check(
            "world \"w\" { set sta \"s\" life=\"1s\" id=\"S\" }",
            "world \"w\" {\n    set sta \"s\" id=\"S\" life=\"1s\"\n}\n",
        );
    }

    #[test]
    fn comments_stay() {
        check(
            "// top\n\n\n\n/* b */ a 1 /* mid */ 2 /-c=2 { // first\n  x // ty\n\n\n  /-gone {\n k }\n  q \\\n 1 \\ // cont\n 2\n\n  // last\n\n} // tail\n// end",
            "// top\n\n/* b */\na 1 /* mid */ 2 /-c=2 {\n    // first\n    x // ty\n\n    /-gone {\n        k\n    }\n    q 1 /* cont */ 2\n\n    // last\n} // tail\n// end\n",
        );
        check("a /-{ b } { c } /-{ d } /* e */\n", "a /-{\n    b\n} {\n    c\n} /-{\n    d\n} /* e */\n");
        check("a {\n\n\n}\n", "a {}\n");
        check("a {}/-\nb\n", "a {}\n/-b\n");
        check("/-\n// why\na {}\n", "// why\n/-a {}\n");
    }

    #[test]
    fn strings_of_all_kinds_stay_as_they_are() {
        let text = "a \"x\\\"{;\" #\"y\"z\"# ##\"\"#\"## #true -1.5e3 \"\"\"\n  one \"\"\n  \"\"\" #\"\"\"\n two\n \"\"\"#\n";
        check(text, text);
    }

    #[test]
    fn errors_of_syntax_are_told() {
        let found = format("a {\n").unwrap_err();
        assert_eq!(found.first().map(|one| (one.code, one.line)), Some(("scn-syntax", 1)));
        let found = format("a (u8)1\n").unwrap_err();
        assert_eq!(found.first().map(|one| (one.code, one.column)), Some(("scn-annotation", 3)));
    }
}
