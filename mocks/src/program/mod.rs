//! The program `mocks`: every peer of a gateway on real sockets, and a Receiver for the command line.
//!
//! Results go to standard output, everything else to standard error. What a verb does is in its own module.
//! Only this part of the crate touches files, the environment, signals and the machine's clock.
//!
//! Specification: ours.

mod catalogue;
mod control;
mod failure;
mod files;
mod limits;
mod list;
mod output;
mod pki;
mod receiver;
mod rules;
mod run;
mod site;
mod start;
mod text;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use failure::Failure;

/// Every peer of an ICA-proxy gateway as a mock, on real sockets.
///
/// Without any option the mocks make one site that fits together, with the users alice, bob and carol.
/// `mocks template` prints that site as a file to change. All its secrets are for tests.
///
/// Exit status: 0 done, 1 refused or broken, 2 usage, 3 a file is no good, 4 an address can't be listened on,
/// 5 a server can't be reached.
#[derive(Parser)]
#[command(name = "mocks", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "Examples:
  mocks list
  mocks run site
  mocks run radius --listen 127.0.0.1:1812 --control 127.0.0.1:9812
  mocks pki --out pki --name gw.example.test
  mocks receiver --gateway https://localhost:8443 --ca pki/ca.pem --user alice apps";

#[derive(Subcommand)]
enum Verb {
    /// Lists the mocks: name, address, what they are
    List {
        /// How the list is written
        #[arg(long, value_enum, default_value_t)]
        output: Format,
    },
    /// Runs a mock until it is interrupted; prints a line for everything it sees
    #[command(subcommand)]
    Run(run::Which),
    /// Prints the built-in site as a file to start from
    Template,
    /// Writes a certificate authority and certificates for tests
    Pki(pki::Args),
    /// Uses a gateway as a Receiver does: logs in, lists, launches, connects, types
    Receiver(receiver::Args),
}

/// How results are written.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// To read
    #[default]
    Text,
    /// One JSON object per line
    Json,
}

/// The program. Never returns from a wrong command line, as clap does it.
pub(super) fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let verb = Cli::parse_from(args).verb;
    // One thread: mocks wait, they do not compute.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::broken(format!("no runtime: {error}")).report(),
    };
    match runtime.block_on(perform(verb)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn perform(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::List { output } => list::list(output),
        Verb::Run(which) => run::run(which).await,
        Verb::Template => {
            output::print(site::TEMPLATE.trim_end());
            Ok(())
        }
        Verb::Pki(args) => pki::write(&args),
        Verb::Receiver(args) => receiver::receiver(args).await,
    }
}
