//! The program `mocks`. Everything it does is in [`program`].

mod program;

use std::process::ExitCode;

fn main() -> ExitCode {
    program::main(std::env::args_os())
}
