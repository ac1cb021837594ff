//! SOCKS version 5 (RFC 1928) as an ICA proxy uses it: one CONNECT whose destination is a ticket.
//!
//! [`Server`] is the gateway's side, [`client::Connect`] the Receiver's. Of the RFC they speak: method
//! 00 (no authentication), command CONNECT, address type 03 (domain name). UDP, BIND and every
//! authentication method are refused.
//!
//! Native clients were seen to begin with the CONNECT itself, without the greeting of RFC 1928 section 3.
//! `05 01 00` is both a whole greeting and the start of such a bare CONNECT, so the fourth byte decides, or,
//! when none follows for a moment, [`Server::handle_pause`].

pub mod client;
mod server;
mod wire;

pub use server::{Error, Output, Server};
pub use wire::Reply;

#[cfg(test)]
mod tests;
