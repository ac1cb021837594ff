//! docs/scenario-language.md: an introduction written here, and every word from the table.
//!
//! The file in the repository is compared with [`language_reference`] by a test, so it cannot drift;
//! `UPDATE_DOCS=1 cargo test -p gateway-sim` writes it anew.

use std::fmt::Write as _;

use super::decode::describe;
use super::schema::{self, Block, Prop, Type, Word};

const INTRODUCTION: &str = include_str!("docs/introduction.md");

/// The whole reference as Markdown.
pub fn language_reference() -> String {
    let mut out = INTRODUCTION.to_owned();
    out.push_str("\n## All words\n");
    for block in Block::ALL {
        section(&mut out, block);
    }
    out
}

// Writing to a String cannot fail, hence `let _` below.

fn section(out: &mut String, block: Block) {
    let _ = writeln!(out, "\n### {}\n", heading(block));
    if let Some(note) = note(block) {
        let _ = writeln!(out, "{note}\n");
    }
    let words: Vec<&Word> = schema::in_block(block).filter(|word| documented_in(word) == block).collect();
    if !words.is_empty() {
        let _ = writeln!(out, "| Written | Meaning |\n|---|---|");
    }
    for word in &words {
        let _ = writeln!(out, "| `{}` | {} |", cell(&schema::signature(word)), cell(word.help));
    }
    let borrowed: Vec<String> = schema::in_block(block)
        .filter(|word| documented_in(word) != block)
        .map(|word| format!("`{}`", word.name))
        .collect();
    if !borrowed.is_empty() {
        let gap = if words.is_empty() { "" } else { "\n" };
        let _ = writeln!(out, "{gap}Also: {}.", borrowed.join(", "));
    }
    for word in words.iter().filter(|word| !word.props.is_empty()) {
        let lines = if word.settings { ", each also as a line of its own in the braces" } else { "" };
        let _ = writeln!(out, "\nProperties of `{}`{lines}:\n", word.name);
        let _ = writeln!(out, "| Property | Takes | Meaning |\n|---|---|---|");
        for prop in word.props {
            property(out, prop);
        }
    }
}

fn property(out: &mut String, prop: &Prop) {
    let needed = if prop.required { " (needed)" } else { "" };
    let takes = match prop.ty {
        Type::Choice(words) => words().iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        ty => describe(ty),
    };
    let _ = writeln!(out, "| `{}`{needed} | {} | {} |", prop.name, cell(&takes), cell(prop.help));
}

/// A word that stands in several blocks is described in the first of them.
fn documented_in(word: &Word) -> Block {
    word.blocks.first().copied().unwrap_or(Block::File)
}

fn heading(block: Block) -> String {
    let mut place = block.place().to_owned();
    if let Some(first) = place.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    place
}

/// What a table cannot say of a block.
fn note(block: Block) -> Option<&'static str> {
    match block {
        Block::Steps => Some(
            "Steps run one after another. A step that cannot be done fails the run, \
         unless the next one expects just that.",
        ),
        Block::At => Some(
            "Faults are named by what the peers notice. Hosts are written in the \
         order of the words: `cut \"laptop\" \"gw\"`.",
        ),
        Block::Always => Some("What stands here is compared after every event of the run."),
        _ => None,
    }
}

/// Text that may stand in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
