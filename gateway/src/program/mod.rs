//! The program `gateway`: the gateway on real sockets, and the verbs that prepare, watch and steer it.
//!
//! Only this part of the crate reads files, the environment, signals and the machine's clock. What a verb does
//! is in its own module; exit statuses are in [`failure`].
//!
//! Specification: ours.

mod admin;
mod certificate;
mod check;
mod configuration;
mod ctl;
mod doctor;
mod failure;
mod fetch;
mod log;
mod output;
mod password;
mod policy;
mod probe;
mod serve;
mod supervisor;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use failure::Failure;
use output::Format;

/// An ICA-proxy access gateway.
///
/// `gateway config template` prints a commented configuration to start from; `gateway check` says what is
/// wrong with one.
///
/// Exit status: 0 done, 1 something broke, 2 usage, 3 the configuration is no good, 4 an address can't be
/// listened on or a file may not be read, 5 something the gateway depends on can't be reached.
#[derive(Parser)]
#[command(name = "gateway", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "Examples:
  gateway config template > gateway.toml
  gateway hash-password --user alice >> users
  gateway check -c gateway.toml
  gateway serve -c gateway.toml --set listen=127.0.0.1:8443
  gateway ctl sessions list
  gateway doctor https://gateway.example.com
  gateway policy check ns.conf";

#[derive(Subcommand)]
enum Verb {
    /// Serves until it is told to stop
    Serve {
        #[command(flatten)]
        sources: Sources,
    },
    /// Says what is wrong with a configuration, or will be
    Check {
        #[command(flatten)]
        sources: Sources,
        /// Also asks everything the gateway depends on whether it is there
        #[arg(long)]
        connect: bool,
        /// Warnings are errors
        #[arg(long)]
        strict: bool,
        /// How the findings are written
        #[arg(long, value_enum, default_value_t)]
        output: Format,
    },
    /// Shows what can be configured, and what is
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Steers a gateway that runs on this machine
    Ctl(ctl::Arguments),
    /// Looks at a gateway from outside, as a browser would, and says what to do about what it finds
    Doctor(doctor::Arguments),
    /// Reads a password from standard input and prints its hash for the user file
    HashPassword {
        /// Prints a whole line of the user file
        #[arg(long)]
        user: Option<String>,
    },
    /// Checks NetScaler configurations and what their policies do, off the appliance
    #[command(subcommand)]
    Policy(policy::PolicyVerb),
    /// Prints a completion script for a shell
    Completions {
        /// For which shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Prints the manual page
    Man,
}

#[derive(Subcommand)]
enum ConfigVerb {
    /// Prints a commented configuration to start from
    Template,
    /// Prints the JSON schema of a configuration
    Schema,
    /// Prints every setting in force and where it comes from; secrets are not shown
    Print {
        #[command(flatten)]
        sources: Sources,
        /// How the settings are written
        #[arg(long, value_enum, default_value_t)]
        output: Format,
    },
}

/// Where a configuration comes from. Later wins: defaults, /etc/gateway/gateway.toml, /etc/gateway/conf.d, the user's
/// own file, --config in order, environment, --set.
#[derive(Args, Clone)]
struct Sources {
    /// A configuration file on top of /etc/gateway/gateway.toml and /etc/gateway/conf.d; may be given more than once
    #[arg(short, long = "config", value_name = "FILE")]
    config: Vec<PathBuf>,
    /// One setting, such as limits.session-idle=30m; also GATEWAY__LIMITS__SESSION_IDLE=30m in the environment
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// The program. A wrong command line ends it, as clap does it.
pub(super) fn main() -> ExitCode {
    match perform(Cli::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn perform(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Serve { sources } => run(serve::serve(&sources)),
        Verb::Check { sources, connect, strict, output } => {
            run(check::check(&sources, connect, strict, output))
        }
        Verb::Config(ConfigVerb::Template) => {
            output::print(configuration::TEMPLATE);
            Ok(())
        }
        Verb::Config(ConfigVerb::Schema) => {
            output::print_json(&configuration::schema());
            Ok(())
        }
        Verb::Config(ConfigVerb::Print { sources, output }) => configuration::print(&sources, output),
        Verb::Ctl(arguments) => run(ctl::ctl(&arguments)),
        Verb::Doctor(arguments) => run(doctor::doctor(&arguments)),
        Verb::HashPassword { user } => password::hash(user.as_deref()),
        Verb::Policy(verb) => policy::policy(&verb),
        Verb::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "gateway", &mut std::io::stdout());
            Ok(())
        }
        Verb::Man => {
            let page = clap_mangen::Man::new(Cli::command());
            page.render(&mut std::io::stdout()).map_err(Failure::broken)
        }
    }
}

/// Runs what waits for sockets and signals.
fn run(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::broken(format!("no runtime: {error}")))?;
    let done = runtime.block_on(work);
    // Whatever still runs was given its time; a thread that reads standard input must not hold the exit up.
    runtime.shutdown_background();
    done
}
