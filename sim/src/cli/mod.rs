//! The program `sim`: runs scenarios, and keeps them in order.
//!
//! Results go to standard output, everything else to standard error. What a verb does is in its own module;
//! the catalogue, cases and snapshots are public because tests and benchmarks run the same scenarios.
//!
//! Only this part of the crate touches files, threads, processes and the machine's clock.

pub mod case;
pub mod catalogue;
pub mod files;
mod lab;
pub mod meta;
mod pool;
pub mod real;
mod run;
pub mod snapshot;
pub mod stopwatch;
mod table;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::lab::Ports;
use crate::lab::limits::{GATEWAY_PORT, PAGES_PORT};
use crate::real::limits::FACTOR_DEFAULT;
use crate::scenario::plan::Mode;
use crate::world::Planted;

/// The seed of a run that is given none, and of every stored story.
pub const SEED_DEFAULT: u64 = 1;

/// How the program ends. Of several, the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Everything is as it should be.
    Passed = 0,
    /// An expectation failed, or a file is not in canonical form.
    Failed = 1,
    /// The command line, or a file it names, is no good.
    Usage = 2,
    /// A scenario is invalid.
    Invalid = 3,
    /// A rule that holds in every run is broken.
    Invariant = 4,
    /// Two runs that should be the same differ.
    Nondeterministic = 5,
    /// The simulator could not do its work.
    Simulator = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A deterministic lab for ICA-proxy access gateways.
///
/// A PATH is a scenario file or a folder. Without one, every scenario of the nearest `scenarios` folder is
/// meant, from the current one upwards.
///
/// Exit status: 0 passed, 1 an expectation failed, 2 usage, 3 a scenario is invalid, 4 a rule that holds in
/// every run is broken, 5 a run can't be repeated, 6 simulator error.
#[derive(Parser)]
#[command(name = "sim", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Runs scenarios and says which of them hold
    Run(RunArgs),
    /// Lists scenarios: name, variants, covered rows, title
    List(Paths),
    /// Checks scenario files without running them
    Check(CheckArgs),
    /// Brings scenario files into canonical form
    Fmt(FmtArgs),
    /// Writes a new scenario file to start from
    New {
        /// Its name below the scenarios folder, as in `login/second-attempt`
        name: String,
    },
    /// Stores the stories of scenarios that pass, and removes those that nobody asks for
    Bless(Paths),
    /// Runs a gateway and everything around it on this machine, to try things, until Ctrl-C
    Lab(LabArgs),
    /// Runs every scenario in several ways and compares all bytes and moments
    Meta(MetaArgs),
    /// Prints a fingerprint of every run, for `meta` in another process
    #[command(hide = true)]
    Fingerprints(MetaArgs),
}

#[derive(Args)]
struct Paths {
    /// Scenario files or folders
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

#[derive(Args)]
struct RunArgs {
    #[command(flatten)]
    paths: Paths,
    /// Decides everything that is random
    #[arg(long, value_name = "N", default_value_t = SEED_DEFAULT)]
    seed: u64,
    /// Prints what happened, to read
    #[arg(long)]
    story: bool,
    /// Prints what happened, one JSON object per line
    #[arg(long, conflicts_with = "story")]
    json: bool,
    /// Scenarios to run at a time; as many as there are cores, if not given
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Where to run: in simulated time, or on sockets of this machine
    #[arg(long, value_enum, default_value_t = World::Simulated)]
    world: World,
    /// In the real world, how many times as fast time goes by while everybody waits; 1 is real time
    #[arg(long, value_name = "N", default_value_t = FACTOR_DEFAULT, value_parser = clap::value_parser!(u32).range(1..))]
    factor: u32,
}

/// A world, as the command line names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum World {
    /// Simulated network, simulated time
    Simulated,
    /// Loopback sockets, real time except when everybody waits
    Real,
}

#[derive(Args)]
struct CheckArgs {
    #[command(flatten)]
    paths: Paths,
    /// How findings are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With the line of the file
    Text,
    /// One array, for editors
    Json,
}

#[derive(Args)]
struct FmtArgs {
    #[command(flatten)]
    paths: Paths,
    /// Changes nothing, and says which files would change
    #[arg(long)]
    check: bool,
}

#[derive(Args)]
struct LabArgs {
    /// The gateway's port; when it is taken, the next free one
    #[arg(long, value_name = "PORT", default_value_t = GATEWAY_PORT)]
    port: u16,
    /// The port of the lab's own pages; when it is taken, the next free one
    #[arg(long, value_name = "PORT", default_value_t = PAGES_PORT)]
    pages_port: u16,
    /// How browsers are led to the store; Citrix clients are always led to it as an ICA proxy
    #[arg(long, value_enum, default_value_t = Browsers::Wica)]
    browsers: Browsers,
    /// Writes the certificate that signed the gateway's, for clients that are to trust it
    #[arg(long, value_name = "FILE")]
    ca_out: Option<PathBuf>,
}

/// A way to the store, as the command line names it.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Browsers {
    /// ICA proxy: the store at its own path
    Wica,
    /// Clientless: the store below /cvpn/, its links rewritten
    Cvpn,
}

impl Browsers {
    fn mode(self) -> Mode {
        match self {
            Self::Wica => Mode::Wica,
            Self::Cvpn => Mode::Cvpn,
        }
    }
}

#[derive(Args)]
struct MetaArgs {
    #[command(flatten)]
    paths: Paths,
    /// Breaks determinism on purpose, to see that it is found
    #[arg(long, value_enum)]
    plant: Option<Plant>,
}

/// A deliberate breach, as the command line names it.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Plant {
    /// Arrivals depend on the order of a std HashMap
    HashMap,
    /// One byte of every draw comes from the operating system
    UnseededDraw,
}

impl Plant {
    fn planted(self) -> Planted {
        match self {
            Self::HashMap => Planted::HashMapOrder,
            Self::UnseededDraw => Planted::UnseededDraw,
        }
    }
}

/// The program. Never returns from a wrong command line, as clap does it.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let done = match Cli::parse_from(args).verb {
        Verb::Run(args) => {
            let RunArgs { seed, story, json, jobs, world, factor, .. } = args;
            let what = run::What { seed, story, json, jobs, world, factor };
            run::run(&args.paths.paths, &what)
        }
        Verb::List(args) => files::list(&args.paths),
        Verb::Check(args) => files::check(&args.paths.paths, args.format == Format::Json),
        Verb::Fmt(args) => files::fmt(&args.paths.paths, args.check),
        Verb::New { name } => files::new(&name),
        Verb::Bless(args) => snapshot::bless(&args.paths),
        Verb::Lab(args) => {
            let ports = Ports { gateway: args.port, pages: args.pages_port };
            lab::lab(ports, args.browsers.mode(), args.ca_out.as_deref())
        }
        Verb::Meta(args) => meta::meta(&args.paths.paths, args.plant),
        Verb::Fingerprints(args) => meta::fingerprints(&args.paths.paths, args.plant),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("sim: {error:#}");
            Exit::Usage.into()
        }
    }
}
