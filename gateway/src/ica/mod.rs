//! ICA clients: a ticket in, a relay to the host out. Nothing but a redeemed ticket is ever connected (SR-131).

mod cgp;
mod direction;
mod host;
mod relay;
mod socks;

pub(crate) use cgp::{Kept, serve as serve_cgp};
pub(crate) use socks::serve as serve_socks;
