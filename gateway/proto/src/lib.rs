//! Sans-IO codecs and state machines of an ICA-proxy access gateway and of its peers.
//!
//! The contract every module keeps:
//!
//! - **never panics on input**: whatever bytes a peer sends, the answer is a value or a typed error;
//! - **never blocks**: nothing here reads, writes, resolves, sleeps or spawns;
//! - **no clock, no random numbers**: time and entropy are arguments, so a test moves them by hand;
//! - **bounded memory**: every buffer has a named limit in [`limits`].
//!
//! A state machine takes input through `handle_*`, and its driver then drains `poll_output` until it
//! returns `None`. Everything that must not be printed is a [`secret::Secret`].
//!
//! Not here: sockets, TLS and tasks (`gateway-rt`, `gateway`), and any decision about who may do what.

pub mod access_info;
pub mod anakam;
pub mod broker;
pub(crate) mod buf;
pub mod cgp;
pub mod ctx1;
pub mod cvpn;
pub mod detect;
pub mod forms;
pub mod host_port;
pub mod ica;
pub mod ica_file;
pub mod ldap;
pub mod limits;
pub mod radius;
pub mod secret;
pub mod socks5;
pub mod sta;
pub mod syslog;
pub mod ticket;
pub mod xml;
