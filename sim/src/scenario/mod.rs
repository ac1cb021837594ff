//! The scenario language: KDL 2 text to a typed [`Plan`](plan::Plan), and back to canonical text.
//!
//! Pure text and values: no network, no clock, no files. Included files come from a [`Loader`].
//!
//! Specification: ours (docs/scenario-language.md, generated from the table of words).

pub mod plan;
pub mod source;
