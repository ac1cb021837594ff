//! The text format under an ICA file: sections and keys, in order.
//!
//! Names compare without case and values are exact, apart from the white space around them. Reading is
//! bounded; writing refuses everything that would read back differently.

use super::IcaFileError;
use crate::limits::{ICA_FILE_LINES_MAX, ICA_FILE_MAX_BYTES};

/// Sections in file order. Has no `Debug`: values may be tickets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Ini {
    sections: Vec<Section>,
}

/// One section and its keys in file order.
#[derive(Clone, PartialEq, Eq)]
pub struct Section {
    name: String,
    entries: Vec<(String, String)>,
}

impl Section {
    /// A section without keys.
    ///
    /// # Errors
    /// [`IcaFileError::Forbidden`] when the name is empty or would not read back.
    pub fn new(name: &str) -> Result<Self, IcaFileError> {
        if !is_clean(name) || name.is_empty() || name.contains(['[', ']']) {
            return Err(IcaFileError::Forbidden);
        }
        Ok(Self { name: name.to_owned(), entries: Vec::new() })
    }

    /// The name between the brackets.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Adds `key=value` at the end.
    ///
    /// # Errors
    /// [`IcaFileError::Duplicate`], or [`IcaFileError::Forbidden`] for text that would not read back.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), IcaFileError> {
        let key_like = !key.is_empty() && !key.contains('=') && !key.starts_with(['[', ';', '#']);
        if !key_like || !is_clean(key) || !is_clean(value) {
            return Err(IcaFileError::Forbidden);
        }
        if self.get(key).is_some() {
            return Err(IcaFileError::Duplicate);
        }
        self.entries.push((key.to_owned(), value.to_owned()));
        Ok(())
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
    }

    /// Keys and values in file order.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl Ini {
    /// Adds a section at the end.
    ///
    /// # Errors
    /// [`IcaFileError::Duplicate`].
    pub fn push(&mut self, section: Section) -> Result<(), IcaFileError> {
        if self.section(&section.name).is_some() {
            return Err(IcaFileError::Duplicate);
        }
        self.sections.push(section);
        Ok(())
    }

    /// A section by name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name.eq_ignore_ascii_case(name))
    }

    /// The sections in file order.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Reads a file. Lines may end with LF alone; empty lines and lines that start with `;` or `#` are
    /// skipped.
    ///
    /// # Errors
    /// [`IcaFileError`]; the first byte must be `[`, because real launchers recognise the file by it.
    pub fn parse(file: &[u8]) -> Result<Self, IcaFileError> {
        if file.len() > ICA_FILE_MAX_BYTES {
            return Err(IcaFileError::Limit);
        }
        let text = std::str::from_utf8(file).map_err(|_| IcaFileError::Syntax)?;
        if !text.starts_with('[') {
            return Err(IcaFileError::Syntax);
        }
        let mut ini = Self::default();
        let mut current = None;
        for (number, line) in text.lines().enumerate() {
            if number >= ICA_FILE_LINES_MAX {
                return Err(IcaFileError::Limit);
            }
            if let Some(name) = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let finished = current.replace(Section::new(name)?);
                finished.map_or(Ok(()), |section| ini.push(section))?;
            } else if !line.trim().is_empty() && !line.starts_with([';', '#']) {
                let (key, value) = line.split_once('=').ok_or(IcaFileError::Syntax)?;
                current.as_mut().ok_or(IcaFileError::Syntax)?.set(key.trim(), value.trim())?;
            }
        }
        ini.push(current.ok_or(IcaFileError::Syntax)?)?;
        Ok(ini)
    }

    /// Writes the file: CRLF, an empty line between sections.
    pub fn write(&self) -> String {
        let mut out = String::new();
        for (index, section) in self.sections.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\r\n" };
            out.extend([gap, "[", &section.name, "]\r\n"]);
            for (key, value) in &section.entries {
                out.extend([key, "=", value, "\r\n"]);
            }
        }
        out
    }
}

/// No control characters, and no white space that reading would trim.
fn is_clean(text: &str) -> bool {
    !text.contains(char::is_control) && text.trim() == text
}
