//! Where things stand in the files they were read from, through every layer of quoting. Ours.

use std::ops::Range;

use crate::span::Span;

/// A range of one file.
///
/// Places compare equal whatever they are: where an object stands is no part of what it is, so a file that is
/// printed and read again gives equal objects.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// Which file, by its position in [`Sources`].
    pub file: usize,
    /// The bytes of that file's text.
    pub span: Span,
}

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

/// A value as it left the command line, usually an expression, and the way back to its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The value without the command line's quotes and escapes.
    pub text: String,
    origin: Origin,
}

/// How offsets of a value map to offsets of its file.
#[derive(Clone, Debug, Default)]
struct Origin {
    file: usize,
    /// Where the value's first byte stands.
    start: usize,
    /// Offsets in the value whose byte takes two in the file: a backslash and a letter. Ascending.
    escapes: Box<[usize]>,
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Origin {}

impl Written {
    /// A value that starts at byte `start` of a file and has escapes at these of its own offsets, ascending.
    #[must_use]
    pub fn new(text: String, file: usize, start: usize, escapes: Vec<usize>) -> Self {
        Self { text, origin: Origin { file, start, escapes: escapes.into() } }
    }

    /// Where a part of the value stands.
    #[must_use]
    pub fn place(&self, part: Span) -> Place {
        let span = Span::new(self.source(part.start), self.source(part.end));
        Place { file: self.origin.file, span }
    }

    /// Where the whole value stands.
    #[must_use]
    pub fn whole(&self) -> Place {
        self.place(Span::new(0, self.text.len()))
    }

    /// A part of the value that knows where it stands; nothing if the range does not lie on characters.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Option<Self> {
        let text = self.text.get(range.clone())?.to_owned();
        let escapes = &self.origin.escapes;
        let (first, last) = (self.escapes_before(range.start), self.escapes_before(range.end));
        let within = escapes.get(first..last).unwrap_or_default();
        let within = within.iter().map(|offset| offset - range.start).collect();
        Some(Self::new(text, self.origin.file, self.source(range.start), within))
    }

    fn source(&self, offset: usize) -> usize {
        self.origin.start + offset + self.escapes_before(offset)
    }

    fn escapes_before(&self, offset: usize) -> usize {
        self.origin.escapes.partition_point(|escape| *escape < offset)
    }
}

/// A file as text, with its lines found.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name the caller gave it, usually a path.
    pub name: String,
    /// Its text.
    pub text: String,
    lines: Vec<usize>,
}

impl Source {
    fn new(name: String, text: String) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Self { name, text, lines }
    }

    /// Line and column, in characters, both from 1, of a byte of the text.
    #[must_use]
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.line_start(line);
        let before = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        (line, before + 1)
    }

    /// A line's text without its end, counted from 1; empty past the last.
    #[must_use]
    pub fn line(&self, number: usize) -> &str {
        let rest = self.text.get(self.line_start(number)..).unwrap_or_default();
        rest.lines().next().unwrap_or_default()
    }

    fn line_start(&self, number: usize) -> usize {
        let line = number.checked_sub(1).and_then(|index| self.lines.get(index));
        line.copied().unwrap_or(self.text.len())
    }
}

/// The files of one configuration, in the order they were read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Takes a file in and says which it is.
    pub fn add(&mut self, name: String, text: String) -> usize {
        self.files.push(Source::new(name, text));
        self.files.len() - 1
    }

    /// A file by its position.
    #[must_use]
    pub fn get(&self, file: usize) -> Option<&Source> {
        self.files.get(file)
    }

    /// All files.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.files.iter()
    }
}
