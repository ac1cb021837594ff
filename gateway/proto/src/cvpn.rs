//! Addresses of the clientless proxy: `/cvpn/<scheme>/<host[:port]>/<path>` stands for an absolute URL behind
//! the gateway, and links inside what comes back are turned into that form.
//!
//! [`CvpnUrl`] is the strict reading of a request path: one spelling for each target, so that a list of
//! published targets can be compared exactly. [`Rewriter`] turns `Location` headers and bodies around.
//! Neither opens connections nor decides what is published: that is a predicate of the caller.
//!
//! Specification: the readable form of the vendor's clientless URLs (vendor documentation); which links are
//! found, and all strictness, is ours.

mod html;
mod location;
mod rewrite;
#[cfg(test)]
mod tests;
mod text;
mod url;

pub use self::rewrite::{BodyKind, Rewriter, TooLarge};
pub use self::url::{CvpnUrl, Refusal, Scheme, Target};

/// What every path of the clientless proxy starts with.
pub const PREFIX: &str = "/cvpn/";
