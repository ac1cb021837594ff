//! A deterministic lab for ICA-proxy gateways.

pub mod cli;
pub mod lab;
pub mod real;
pub mod report;
pub mod rules;
pub mod run;
pub mod scenario;
pub mod trace;
pub mod world;
