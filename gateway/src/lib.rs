//! An ICA-proxy access gateway as a library: log-in, factors, clientless proxy to StoreFront, STA tickets and
//! the SOCKS relay, on any network that a [`gateway_rt::Rt`] describes.
//!
//! ```text
//! listener → tls → detect ─┬─ HTTP   → router → log-in, challenge, setclient, portal proxy, call-back
//!                          └─ SOCKS5 → ticket → STA → ICA host → relay
//! ```
//!
//! All wiring is on one page, [`app`]. Decisions are told as [`audit::Event`]s, refusals carry a
//! [`reason::Reason`]. Protocol bytes are read and written by `gateway-proto`, which does no IO.
//!
//! What it is not: a VPN, a load balancer, or a vendor's product. What policies mean is `gateway-policy`'s. Nothing here reads a file,
//! an environment variable or a clock of its own.

pub mod accounting;
mod app;
pub mod audit;
pub mod auth;
pub mod config;
mod conn;
pub mod control;
mod http;
mod ica;
pub mod limits;
mod names;
pub mod policy;
mod protocol;
mod radius;
pub mod reason;
pub mod session;
mod shared;
mod sta;
mod state;
mod store;
mod syslog;
mod upstream;

pub use app::Gateway;
pub use config::Config;
pub use control::Control;
pub use state::BuildError;
pub use store::StoreError;
