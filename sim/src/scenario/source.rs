//! Where a value of a plan was written: files, byte ranges, lines and columns.
//!
//! Nothing here reads a disk; a [`Sources`] holds texts that a [`Loader`](super::Loader) handed over.

use std::ops::Range;

/// One file of a scenario: the scenario itself is always the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u16);

/// A value together with the place it was written.
///
/// Two spanned values are equal when their values are: a plan means the same wherever its words stand.
#[derive(Debug, Clone, Default)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Byte offsets within `file`, end excluded.
    pub span: Range<usize>,
    /// The file it was written in.
    pub file: FileId,
}

impl<T> Spanned<T> {
    /// A value and its place.
    pub fn new(value: T, place: Span) -> Self {
        Self { value, span: place.start..place.end, file: place.file }
    }

    /// The place alone.
    pub fn place(&self) -> Span {
        Span { file: self.file, start: self.span.start, end: self.span.end }
    }

    /// The same place with a value made from this one.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: make(self.value), span: self.span, file: self.file }
    }
}

/// A place without a value: where a whole statement was written. Any two are equal, for the same reason that
/// makes spanned values equal when their values are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset of its first byte.
    pub start: usize,
    /// Offset behind its last byte.
    pub end: usize,
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

/// A file as it was read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The name it was asked for by, as people know it: `worlds/one-gateway.kdl`.
    pub name: String,
    /// Its whole text.
    pub text: String,
}

/// Every file that took part in one scenario.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

/// A place as an editor shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location<'a> {
    /// Name of the file.
    pub file: &'a str,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The whole line, without its end.
    pub text: &'a str,
}

impl Sources {
    /// Adds a file, or gives the id it already has. `None` when there are more files than ids.
    pub fn add(&mut self, name: &str, text: String) -> Option<FileId> {
        if let Some(known) = self.id_of(name) {
            return Some(known);
        }
        let id = FileId(u16::try_from(self.files.len()).ok()?);
        self.files.push(SourceFile { name: name.to_owned(), text });
        Some(id)
    }

    /// The id of a file that has been added.
    pub fn id_of(&self, name: &str) -> Option<FileId> {
        let index = self.files.iter().position(|file| file.name == name)?;
        Some(FileId(u16::try_from(index).ok()?))
    }

    /// A file by its id.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(usize::from(id.0))
    }

    /// All files, the scenario first.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Line and column of the first byte of a place. An offset past the end counts as the end.
    pub fn locate(&self, place: &Span) -> Location<'_> {
        let Some(file) = self.file(place.file) else {
            return Location { file: "", line: 1, column: 1, text: "" };
        };
        let text = file.text.as_str();
        let at = floor_boundary(text, place.start);
        let (before, after) = text.split_at(at);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let head = before.get(line_start..).unwrap_or_default();
        let line_end = after.find('\n').map_or(text.len(), |newline| at + newline);
        Location {
            file: &file.name,
            line: before.matches('\n').count() + 1,
            column: head.chars().count() + 1,
            text: text.get(line_start..line_end).unwrap_or_default().trim_end_matches('\r'),
        }
    }

    /// The text a place covers.
    pub fn text(&self, place: &Span) -> &str {
        self.file(place.file).and_then(|file| file.text.get(place.start..place.end)).unwrap_or_default()
    }
}

/// The nearest character boundary at or before `at`.
pub(super) fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
