//! `gateway ctl`: asks the administration of a gateway that runs on this machine.

use std::time::Duration;

use bytes::Bytes;
use clap::{Args, Subcommand};
use http::{Method, Response, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::admin::Place;
use super::failure::Failure;
use super::output::{self, Format};
use super::{Sources, configuration, fetch};

/// A reload reads files and hashes once; everything else is quicker.
const DEADLINE: Duration = Duration::from_secs(10);

/// Which gateway, and what of it.
#[derive(Args)]
pub(super) struct Arguments {
    /// Where its administration listens: an address, or unix:PATH [default: as the configuration says, else 127.0.0.1:9443]
    #[arg(long, value_name = "ADDRESS", global = true)]
    admin: Option<Place>,
    /// Its configuration file
    #[arg(short, long = "config", value_name = "FILE", global = true)]
    config: Vec<std::path::PathBuf>,
    #[command(subcommand)]
    verb: CtlVerb,
}

#[derive(Subcommand)]
enum CtlVerb {
    /// Live sessions
    #[command(subcommand)]
    Sessions(SessionsVerb),
    /// Devices that need no passcode
    #[command(subcommand)]
    Devices(DevicesVerb),
    /// Stops as SIGTERM does: nobody new, requests are answered, tunnels have their time
    Drain,
    /// Takes the configuration and certificates as they are now
    Reload,
    /// Says whether it can serve users, and what it can't reach
    Ready,
}

#[derive(Subcommand)]
enum SessionsVerb {
    /// Lists them
    List {
        /// How the list is written
        #[arg(long, value_enum, default_value_t)]
        output: Format,
    },
    /// Ends one, with its tunnels
    Kill {
        /// As the list and the log name it
        id: String,
    },
}

#[derive(Subcommand)]
enum DevicesVerb {
    /// Forgets all of a user: each is asked for a passcode at its next log-in
    Revoke {
        /// The user's name
        user: String,
    },
}

/// Does what was asked.
pub(super) async fn ctl(arguments: &Arguments) -> Result<(), Failure> {
    let at = place(arguments)?;
    let (method, path) = match &arguments.verb {
        CtlVerb::Sessions(SessionsVerb::List { .. }) => (Method::GET, "/api/v1/sessions".to_owned()),
        CtlVerb::Sessions(SessionsVerb::Kill { id }) if id.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            (Method::DELETE, format!("/api/v1/sessions/{id}"))
        }
        CtlVerb::Sessions(SessionsVerb::Kill { .. }) => {
            return Err(Failure::usage("a session is named by the letters and digits that the list shows"));
        }
        CtlVerb::Devices(DevicesVerb::Revoke { user }) => {
            (Method::DELETE, format!("/api/v1/devices/{}", utf8_percent_encode(user, NON_ALPHANUMERIC)))
        }
        CtlVerb::Drain => (Method::POST, "/api/v1/drain".to_owned()),
        CtlVerb::Reload => (Method::POST, "/api/v1/reload".to_owned()),
        CtlVerb::Ready => (Method::GET, "/readyz?verbose".to_owned()),
    };
    let answer = ask(&at, method, &path).await?;
    let body = String::from_utf8_lossy(answer.body());
    if !answer.status().is_success() {
        return Err(match answer.status() {
            StatusCode::CONFLICT => Failure::new(super::failure::Exit::Configuration, body.trim_end()),
            StatusCode::SERVICE_UNAVAILABLE => Failure::unreachable(body.trim_end()),
            _ => Failure::broken(body.trim_end()),
        });
    }
    match &arguments.verb {
        CtlVerb::Sessions(SessionsVerb::List { output: Format::Text }) => output::print(&table(&body)),
        _ => output::print(&body),
    }
    Ok(())
}

fn place(arguments: &Arguments) -> Result<Place, Failure> {
    if let Some(at) = &arguments.admin {
        return Ok(at.clone());
    }
    let sources = Sources { config: arguments.config.clone(), set: Vec::new() };
    configuration::admin_place(&sources).map_err(|finding| configuration::failure(&[finding]))
}

async fn ask(at: &Place, method: Method, path: &str) -> Result<Response<Bytes>, Failure> {
    let rt = gateway_rt::tokio::real();
    let nobody = |error: &dyn std::fmt::Display| {
        Failure::unreachable(format!("no gateway is administered at {at}: {error}"))
    };
    let stream = at.connect(&rt, DEADLINE).await.map_err(|error| nobody(&error))?;
    let answer = fetch::fetch(&rt, stream, method, &at.host(), path, DEADLINE).await;
    answer.map_err(|error| nobody(&error))
}

fn table(body: &str) -> String {
    let sessions: Vec<Value> = serde_json::from_str(body).unwrap_or_default();
    let mut lines = vec![format!("{:<16}  {:>8}  {:>8}  USER", "ID", "AGE s", "IDLE s")];
    lines.extend(sessions.iter().map(|session| {
        let text = |name: &str| session[name].as_str().unwrap_or_default();
        let number = |name: &str| session[name].as_u64().unwrap_or_default();
        let (age, idle) = (number("age_seconds"), number("idle_seconds"));
        format!("{:<16}  {age:>8}  {idle:>8}  {}", text("id"), text("user"))
    }));
    lines.join("\n")
}
