//! XPath literals.

/// An XPath as it was written.
#[derive(Debug)]
pub(crate) struct XPath {
    pub(super) source: String,
}

impl XPath {
    pub(super) fn new(source: &str) -> Self {
        Self { source: source.to_owned() }
    }
}
