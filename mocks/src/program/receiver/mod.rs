//! `mocks receiver`: what a user does with a gateway, one verb per run.
//!
//! Every step is one line of results. That a server refuses ends the run with status 1, that none could be
//! reached with 5. A session is logged out at the end, except when its ICA file is kept: log-out ends the
//! launch.
//!
//! Specification: ours.

mod credentials;
mod steps;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use gateway_mocks::receiver::{Agent, Config, Receiver};
use gateway_proto::host_port::HostPort;
use gateway_proto::socks5::client::Form;

use super::Format;
use super::failure::Failure;
use super::files;
use super::output::{Lines, To};
use super::text::{Origin, time};
use steps::Steps;

/// Which gateway, who, and what to do.
#[derive(ClapArgs)]
#[command(after_help = "Example:
  MOCKS_PASSWORD=Winter-26 mocks receiver --gateway https://localhost:8443 --ca pki/ca.pem \\
      --user alice --passcode 492817 launch Notepad --type hello

The password comes from --password-file, from the environment variable MOCKS_PASSWORD, or from the terminal.")]
pub(super) struct Args {
    /// The gateway, as its users know it, such as `https://gw.example.test`
    #[arg(long, value_name = "URL")]
    gateway: Origin,
    /// Who may sign the gateway's certificate (PEM)
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// Who logs in
    #[arg(long, value_name = "NAME", default_value = "")]
    user: String,
    /// File with the password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The answer to a challenge; repeat it for the next one
    #[arg(long = "passcode", value_name = "CODE")]
    passcodes: Vec<String>,
    /// Where the gateway really listens, when its name does not lead there
    #[arg(long, value_name = "HOST:PORT")]
    connect_to: Option<HostPort>,
    /// Which client to be
    #[arg(long, value_enum, default_value_t = WhichAgent::Browser)]
    agent: WhichAgent,
    /// How CONNECT is sent
    #[arg(long, value_enum, default_value_t = WhichSocks::Greeted)]
    socks: WhichSocks,
    /// The store's path, for a gateway that does not lead there
    #[arg(long, value_name = "PATH", default_value = "/Citrix/StoreWeb/")]
    store: String,
    /// How long each single wait may last
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    deadline: Duration,
    /// Prints every request and answer as well, to standard error
    #[arg(long, short)]
    verbose: bool,
    /// How the steps are written
    #[arg(long, value_enum, default_value_t)]
    output: Format,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Clone, Copy, ValueEnum)]
enum WhichAgent {
    /// A web browser
    Browser,
    /// A native Receiver
    Receiver,
}

#[derive(Clone, Copy, ValueEnum)]
enum WhichSocks {
    /// With a greeting before it, as RFC 1928 has it
    Greeted,
    /// Without one, as some native clients do
    Bare,
}

#[derive(Subcommand)]
enum Verb {
    /// Logs in, and out
    Login,
    /// Lists the user's apps
    Apps,
    /// Launches an app and opens its session
    Launch {
        /// Its published name
        app: String,
        /// Types this and wants it back
        #[arg(long = "type", value_name = "TEXT")]
        text: Option<String>,
        /// Keeps the ICA file instead of opening the session; the user stays logged in
        #[arg(long, value_name = "FILE", conflicts_with = "text")]
        save_ica: Option<PathBuf>,
    },
    /// Opens the session of an ICA file that was kept
    Connect {
        /// The file
        ica_file: PathBuf,
        /// Types this and wants it back
        #[arg(long = "type", value_name = "TEXT")]
        text: Option<String>,
    },
}

/// Does what a user does, and prints what came of it.
pub(super) async fn receiver(args: Args) -> Result<(), Failure> {
    let rt = gateway_rt::tokio::real();
    let lines = args.verbose.then(|| Lines::new(&rt, "receiver", Format::Text, To::Diagnostics));
    let journal = lines.map(|lines| lines.journal()).unwrap_or_default();
    let receiver = Receiver::new(config(&args)?, rt, journal).map_err(Failure::broken)?;
    let mut steps = Steps::new(receiver, args.output, args.deadline);
    match &args.verb {
        Verb::Connect { ica_file, text } => steps.connect_with(ica_file, text.as_deref()).await,
        Verb::Launch { app, save_ica: Some(path), .. } => {
            log_in(&mut steps, &args).await?;
            steps.save(app, path).await
        }
        verb => {
            log_in(&mut steps, &args).await?;
            let done = match verb {
                Verb::Apps => steps.apps().await,
                Verb::Launch { app, text, .. } => steps.launch(app, text.as_deref()).await,
                Verb::Login | Verb::Connect { .. } => Ok(()),
            };
            // What went wrong first is what the user must hear of.
            let logged_out = steps.log_out().await;
            done.and(logged_out)
        }
    }
}

async fn log_in(steps: &mut Steps, args: &Args) -> Result<(), Failure> {
    if args.user.is_empty() {
        return Err(Failure::usage("who logs in? Say --user NAME"));
    }
    let password = credentials::password(&args.user, args.password_file.as_deref())?;
    steps.log_in(&args.user, &password, &args.passcodes).await
}

fn config(args: &Args) -> Result<Config, Failure> {
    let Origin { tls: true, at: public } = args.gateway.clone() else {
        return Err(Failure::usage(format!("a gateway speaks https, not {}", args.gateway)));
    };
    let at = args.connect_to.clone().unwrap_or_else(|| public.clone());
    Ok(Config {
        agent: match args.agent {
            WhichAgent::Browser => Agent::Browser,
            WhichAgent::Receiver => Agent::Receiver,
        },
        socks: match args.socks {
            WhichSocks::Greeted => Form::Greeted,
            WhichSocks::Bare => Form::Bare,
        },
        store: args.store.clone(),
        deadline: args.deadline,
        ..Config::new("receiver", at, public, files::roots(&args.ca)?)
    })
}
