//! The program `gateway`. Everything it does is in [`program`].

mod program;

use std::process::ExitCode;

fn main() -> ExitCode {
    program::main()
}
