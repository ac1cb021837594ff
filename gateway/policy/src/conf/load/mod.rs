//! From files to a configuration: every line is read first, every reference resolved after the last.
//!
//! Later lines may change what earlier ones added, so nothing is typed before the end.

mod bank;
mod build;
mod fields;
mod resolve;
mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::limits::{DIAGNOSTICS, FILE_BYTES};
use crate::span::Span;

use super::command::{self, Resolved};
use super::diagnostic::Diagnostic;
use super::lex::Lexer;
use super::object::Configuration;
use super::place::{Place, Sources};
use super::repair;
use store::Store;

/// What was read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The objects.
    pub configuration: Configuration,
    /// What is wrong, in the order of the files.
    pub diagnostics: Vec<Diagnostic>,
    /// The files, for messages that point into them.
    pub sources: Sources,
    /// Every command, for printing the configuration again.
    pub commands: Vec<Statement>,
    /// How many lines were not understood and only kept, by their first words.
    pub kept: BTreeMap<String, usize>,
}

/// One line and what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What it is.
    pub resolved: Resolved,
    /// Where it stands.
    pub at: Place,
}

/// Reads the files of one configuration, in order.
#[derive(Default)]
pub struct Loader {
    loaded: Loaded,
    store: Store,
}

impl Loader {
    /// Nothing read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives an HTML page that `import responder htmlpage` would have imported under this name.
    pub fn page(&mut self, name: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.loaded.configuration.pages.insert(name.into(), content.into());
    }

    /// Reads one file. The name is for messages.
    pub fn read(&mut self, name: impl Into<String>, bytes: &[u8]) {
        self.take(name.into(), bytes, false);
    }

    /// Reads one file that was published as an article; see [`repair`].
    pub fn read_repaired(&mut self, name: impl Into<String>, bytes: &[u8]) {
        self.take(name.into(), bytes, true);
    }

    fn take(&mut self, name: String, bytes: &[u8], repaired: bool) {
        let diagnostics = &mut self.loaded.diagnostics;
        let sources = &mut self.loaded.sources;
        if bytes.len() > FILE_BYTES {
            let file = sources.add(name, String::new());
            let at = Place { file, span: Span::default() };
            let text = format!("{} bytes are more than this reads", bytes.len());
            diagnostics.push(Diagnostic::error("file-too-large", at, text));
            return;
        }
        let (mut text, foreign) = decode(bytes);
        if repaired {
            let (clean, mut changes) = repair::article(&text, sources.iter().count());
            text = clean;
            diagnostics.append(&mut changes);
        }
        let web = repair::looks_published(&text).filter(|_| !repaired);
        let file = sources.add(name, text);
        if let Some(span) = web {
            let text = "this character comes from a web page; a command line takes it for a letter";
            let found = Diagnostic::warning("web-text", Place { file, span }, text);
            diagnostics
                .push(found.help("if the file is a copy of one, repair it: gateway policy check --repair"));
        }
        if let Some(offset) = foreign {
            let at = Place { file, span: Span::new(offset, offset + 1) };
            let text = "this is not UTF-8, so the whole file is read as Latin-1";
            let help =
                "save the file as UTF-8; texts with letters beyond ASCII may compare wrongly until then";
            diagnostics.push(Diagnostic::warning("not-utf8", at, text).help(help));
        }
        self.lines(file);
    }

    fn lines(&mut self, file: usize) {
        let Loaded { configuration, diagnostics, sources, commands, kept } = &mut self.loaded;
        let Some(source) = sources.get(file) else { return };
        if configuration.release.is_none() {
            configuration.release = release(&source.text);
        }
        for mut line in Lexer::new(&source.text, file) {
            let at = Place { file, span: line.span };
            diagnostics.append(&mut line.problems);
            let resolved =
                if line.broken { Resolved::Refused } else { command::resolve(&line, file, diagnostics) };
            match &resolved {
                Resolved::Known(command) => self.store.apply(command, diagnostics),
                Resolved::Kept(words) => *kept.entry(words.clone()).or_default() += 1,
                Resolved::Refused => {}
            }
            commands.push(Statement { resolved, at });
            // Twice as many as are shown: those of the end are still to come.
            diagnostics.truncate(2 * DIAGNOSTICS);
        }
    }

    /// Types the objects and resolves every reference.
    #[must_use]
    pub fn finish(self) -> Loaded {
        let Self { mut loaded, store } = self;
        let (configuration, diagnostics) = (&mut loaded.configuration, &mut loaded.diagnostics);
        build::objects(&store, configuration, diagnostics);
        bank::bindings(&store, configuration, diagnostics);
        resolve::references(&store, configuration, diagnostics);
        diagnostics.sort_by_key(|diagnostic| (diagnostic.at.file, diagnostic.at.span));
        if diagnostics.len() > DIAGNOSTICS {
            let text = format!("only the first {DIAGNOSTICS} findings are shown");
            diagnostics.truncate(DIAGNOSTICS);
            let at = diagnostics.last().map(|last| last.at).unwrap_or_default();
            diagnostics.push(Diagnostic::note("more", at, text));
        }
        loaded
    }
}

/// Reads one file without pages.
#[must_use]
pub fn load(name: &str, bytes: &[u8]) -> Loaded {
    let mut loader = Loader::new();
    loader.read(name, bytes);
    loader.finish()
}

/// The text of a file and, if it had to be read as Latin-1, where it stops being UTF-8.
fn decode(bytes: &[u8]) -> (String, Option<usize>) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        // Before the first foreign byte both encodings have the same offsets only for ASCII.
        Err(error) => {
            let text: String = bytes.iter().copied().map(char::from).collect();
            let before = bytes.iter().take(error.valid_up_to()).map(|byte| char::from(*byte).len_utf8());
            (text, Some(before.sum()))
        }
    }
}

/// `NS13.1 Build 37.38` of the first line of a saved file.
fn release(text: &str) -> Option<String> {
    let first = text.lines().next()?.trim();
    let release = first.strip_prefix('#')?;
    release.starts_with("NS").then(|| release.to_owned())
}
