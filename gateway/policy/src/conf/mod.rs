//! Saved configurations: from the bytes of `ns.conf` files to typed objects with every reference resolved.
//!
//! It evaluates nothing and rejects nothing outright: what is wrong becomes a [`Diagnostic`], what it does not
//! know is kept and counted. Expressions stay text with the place they stand at.
//!
//! Specification: the vendor's command reference and converter, as restated beside each table.

pub mod command;
pub mod diagnostic;
pub mod lex;
pub mod load;
pub mod object;
pub(crate) mod own;
pub mod place;
pub mod repair;
pub mod write;

pub use diagnostic::{Diagnostic, Severity};
pub use load::{Loaded, Loader, load};
pub use object::Configuration;
pub use place::{Place, Sources, Written};
pub use write::write;
