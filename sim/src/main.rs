//! The program `sim`. Everything it does is in [`gateway_sim::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway_sim::cli::main(std::env::args_os())
}
