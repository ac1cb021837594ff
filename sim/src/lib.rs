//! A deterministic lab for ICA-proxy gateways.

pub mod scenario;
pub mod world;
