//! HTTP/1.1 over a seam stream: [`client`], [`server`], and bodies with a bound.
//!
//! What it is not: a router, a redirect follower, a cookie jar, a decompressor. hyper parses and frames; this
//! module adds the limits of [`crate::limits`] and keeps hyper's own clock (`Date`) out of the bytes.

pub mod client;
pub mod server;
mod version;

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Body;

pub use client::{Client, Pool};
pub use server::{serve, serve_until};

/// A response body: complete, in memory.
pub type FullBody = Full<Bytes>;

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is longer than allowed.
    #[error("body longer than {0} bytes")]
    TooLong(usize),
    /// It did not arrive in time.
    #[error("body not complete within {0:?}")]
    Deadline(Duration),
    /// The peer ended it early or framed it wrongly.
    #[error("body broken off")]
    Broken,
}

/// Reads a whole body of at most `bytes_max`, within `deadline`.
pub async fn read_body<B>(body: B, bytes_max: usize, deadline: Duration) -> Result<Bytes, BodyError>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    // A declared length is refused before the first byte of it is read.
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(BodyError::TooLong(bytes_max));
    }
    let read = Limited::new(body, bytes_max).collect();
    match tokio::time::timeout(deadline, read).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(BodyError::TooLong(bytes_max))
        }
        Ok(Err(_)) => Err(BodyError::Broken),
        Err(_) => Err(BodyError::Deadline(deadline)),
    }
}
