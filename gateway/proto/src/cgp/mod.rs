//! The common gateway protocol, as this project's **reference profile** of it: a session that outlives its
//! connections.
//!
//! Public, and so fixed: the signature `1A "CGP/01"` in both directions, the service name, the ticket in the
//! first payload, the destination `127.0.0.1:1494`, a session kept for 180 s. Everything else (frames,
//! negotiation, acknowledgement, resume) is ours, because the vendor's framing is not public: a Citrix
//! Receiver does not speak it. Byte by byte with golden vectors: `docs/cgp-profile.md`.
//!
//! The sequence-numbered stream runs from end to end, between [`Client`] (Receiver) and [`Host`] (the CGP
//! service of the ICA host, behind its [`Reception`]). The gateway in the middle is a [`Gate`], which reads the
//! opening and then lets frames pass ([`Passage`]) unstored: so a session survives the gateway, and is resumed
//! through another one.
//!
//! Time is a `Duration` since an origin of the driver's choice, as everywhere in this crate. Not here: tickets
//! (who redeems, refreshes, rotates them), sockets, retries, and which session a token belongs to.

mod client;
mod decoder;
mod end;
mod error;
mod frame;
mod gate;
mod host;
mod passage;
mod session_end;
mod stream;
#[cfg(test)]
mod tests;

pub use client::{Client, Settings};
pub use end::{Output, Over};
pub use error::Error;
pub use frame::{Code, DESTINATION, Resume, SERVICE, VERSION, Versions, Wish, goodbye, reconnect_ticket};
pub use gate::{Gate, GateOutput};
pub use host::{Host, Opening, Reception};
pub use passage::Passage;
pub use session_end::SessionEnd;
pub use stream::Received;
