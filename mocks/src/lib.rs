//! Every peer of an ICA-proxy gateway as a reusable mock: Receiver, StoreFront, XML broker, STA, RADIUS
//! server, directory (LDAP), Anakam.TFA server, ICA host.
//!
//! A mock is a value: configuration in, `serve(rt, …)` runs it on whatever network the [`gateway_rt::Rt`] is.
//! Each keeps a typed [`journal::Journal`] of what it saw and takes its misbehaviours as data
//! ([`behaviour`]). Nothing here knows the gateway or the simulator.
//!
//! The mocks share their codecs with the gateway, so a codec bug could cancel itself out. Two things stand
//! against that: golden vectors from outside in `gateway-proto`, and misbehaving answers written as raw bytes.

pub mod anakam;
pub mod behaviour;
pub mod broker;
pub(crate) mod http_line;
pub(crate) mod ica;
pub mod ica_host;
pub mod journal;
pub mod ldap;
pub mod limits;
pub mod radius;
pub mod receiver;
pub mod reliable;
pub(crate) mod serving;
pub mod sta;
pub mod storefront;
pub mod syslog;
