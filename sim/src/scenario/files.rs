//! Reading and parsing of the files of one scenario, each once, through a [`Loader`].
//!
//! This is also where hostile input is stopped: size, nesting and number of files are bounded before the KDL
//! parser, which is recursive, sees a byte.

use std::collections::BTreeMap;
use std::rc::Rc;

use kdl::KdlDocument;

use super::Loader;
use super::diagnostic::Finding;
use super::lexer;
use super::source::{FileId, Sources, Span, floor_boundary};

/// Largest file read: a scenario that people read has a few kilobytes.
pub const FILE_BYTES_MAX: usize = 256 * 1024;
/// Deepest nesting of braces and comments: the language itself needs five. Bounds the parser's recursion.
pub const NESTING_MAX: usize = 32;
/// Most files of one scenario, counting what its worlds and fragments use.
pub const FILES_MAX: usize = 64;

/// The files of one scenario, read and parsed so far.
pub(super) struct Files<'l> {
    loader: &'l dyn Loader,
    pub(super) sources: Sources,
    parsed: BTreeMap<FileId, Option<Rc<KdlDocument>>>,
}

impl<'l> Files<'l> {
    pub(super) fn new(loader: &'l dyn Loader) -> Self {
        Self { loader, sources: Sources::default(), parsed: BTreeMap::new() }
    }

    /// A file and its document; `None` once findings say why there is none. `asked` is where it was asked for.
    pub(super) fn open(
        &mut self,
        name: &str,
        asked: Span,
        findings: &mut Vec<Finding>,
    ) -> Option<(FileId, Rc<KdlDocument>)> {
        let id = match self.sources.id_of(name) {
            Some(id) => id,
            None => self.load(name, asked, findings)?,
        };
        if !self.parsed.contains_key(&id) {
            let text = self.sources.file(id).map(|file| file.text.as_str()).unwrap_or_default();
            let document = parse(text, id).map_err(|found| findings.extend(found)).ok();
            self.parsed.insert(id, document.map(Rc::new));
        }
        let document = self.parsed.get(&id)?.clone()?;
        Some((id, document))
    }

    /// A file that is none of this language, as it is.
    pub(super) fn text(&mut self, name: &str, asked: Span, findings: &mut Vec<Finding>) -> Option<String> {
        let id = match self.sources.id_of(name) {
            Some(id) => id,
            None => self.load(name, asked, findings)?,
        };
        self.sources.file(id).map(|file| file.text.clone())
    }

    fn load(&mut self, name: &str, asked: Span, findings: &mut Vec<Finding>) -> Option<FileId> {
        let text = match self.loader.read(name) {
            Ok(text) => text,
            Err(reason) => {
                let finding = Finding::error("scn-no-file", asked, format!("cannot read `{name}`: {reason}"));
                findings.push(finding);
                // The scenario file itself has no place that could be shown: its name must do.
                if self.sources.files().is_empty() {
                    self.sources.add(name, String::new());
                }
                return None;
            }
        };
        if text.len() > FILE_BYTES_MAX || self.sources.files().len() >= FILES_MAX {
            let message = format!(
                "`{name}` is too much: a scenario has at most {FILES_MAX} files of {FILE_BYTES_MAX} bytes"
            );
            findings.push(Finding::error("scn-too-large", asked, message));
            return None;
        }
        self.sources.add(name, text)
    }
}

/// Parses one file. Errors of syntax come all at once, the first of each line.
pub(super) fn parse(text: &str, file: FileId) -> Result<KdlDocument, Vec<Finding>> {
    if lexer::deeper_than(NESTING_MAX, text) {
        let place = Span { file, start: 0, end: 0 };
        let message = format!("nested deeper than {NESTING_MAX} levels");
        return Err(vec![Finding::error("scn-too-large", place, message)]);
    }
    KdlDocument::parse_v2(text).map_err(|error| {
        let mut lines = Vec::new();
        let mut findings = Vec::new();
        for diagnostic in error.diagnostics {
            let (start, end) = pointed(text, diagnostic.span.offset(), diagnostic.span.len());
            let line = text.get(..start).unwrap_or_default().matches('\n').count();
            // One slip makes the parser stumble several times on its line; the first names it best.
            if lines.contains(&line) {
                continue;
            }
            lines.push(line);
            let place = Span { file, start, end };
            let message = diagnostic.message.unwrap_or_else(|| "this is not KDL 2".to_owned());
            let finding = Finding::error("scn-syntax", place, message);
            findings.push(match diagnostic.help {
                Some(help) => finding.help(help),
                None => finding,
            });
        }
        findings
    })
}

/// Where to point for a range that the parser complains of. What it gave up on may be many lines long; the
/// trouble is at their end.
fn pointed(text: &str, offset: usize, length: usize) -> (usize, usize) {
    let start = floor_boundary(text, offset);
    let end = floor_boundary(text, start.saturating_add(length));
    let range = text.get(start..end).unwrap_or_default().trim_end();
    let end = start + range.len();
    let line = range.rfind('\n').map_or(range, |newline| range.get(newline + 1..).unwrap_or_default());
    (end - line.trim_start().len(), end)
}
