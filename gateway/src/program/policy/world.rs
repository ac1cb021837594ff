//! What the command line says of the world a request comes from: who, from where, when.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::UNIX_EPOCH;

use clap::Args;
use gateway_policy::civil;
use gateway_policy::facts::{Connection, Facts, Message, Session};
use gateway_policy::run::message;
use gateway_policy::switches::Switches;

use super::files;
use crate::program::failure::{Exit, Failure};

/// Everything around a request.
#[derive(Args)]
pub(super) struct World {
    /// Who is logged in; without it, or --session, nobody is
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The session's id [default: s1]
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// A group of the user; may be given more than once
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    /// An attribute of the user; may be given more than once
    #[arg(long = "attribute", value_name = "NAME=VALUE")]
    attributes: Vec<String>,
    /// The client's address, with or without port
    #[arg(long, value_name = "ADDRESS", default_value = "192.0.2.1")]
    client: String,
    /// What a location database says of the client: NA.US.California
    #[arg(long, value_name = "PLACE")]
    location: Option<String>,
    /// The address and port the client connected to
    #[arg(long, value_name = "ADDRESS", default_value = "198.51.100.1:443")]
    server: String,
    /// The client connected without TLS
    #[arg(long)]
    plain: bool,
    /// The time: 12:00 (today, UTC), 2026-01-05, 2026-01-05T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// What SYS.RANDOM gives, 0 to 1
    #[arg(long, value_name = "NUMBER", default_value_t = 0.5)]
    random: f64,
    /// The answer of a call-out, as a file with an HTTP response; may be given more than once
    #[arg(long = "answer", value_name = "CALLOUT=FILE")]
    answers: Vec<String>,
    /// A choice where the public documents are silent; `policy check` lists them. May be given more than once
    #[arg(long = "switch", value_name = "NAME=VALUE")]
    switches: Vec<String>,
}

impl World {
    /// The facts of every request; the request itself and the time are set elsewhere.
    pub(super) fn facts(&self, vserver: Option<&str>) -> Result<Facts, Failure> {
        let wrong = |text: &str| Failure::usage(format!("{text:?} is no address"));
        let (source, source_port) = address(&self.client).ok_or_else(|| wrong(&self.client))?;
        let (destination, destination_port) = address(&self.server).ok_or_else(|| wrong(&self.server))?;
        let client = Connection {
            source: Some(source),
            source_port,
            destination: Some(destination),
            destination_port,
            tls: !self.plain,
            location: self.location.clone(),
        };
        let vserver = vserver.unwrap_or_default().to_owned();
        let (session, nsip) = (self.session()?, Some(destination));
        Ok(Facts { client, session, vserver, nsip, random: self.random, ..Facts::default() })
    }

    fn session(&self) -> Result<Option<Session>, Failure> {
        if self.user.is_none() && self.session.is_none() {
            return Ok(None);
        }
        let attributes = self.attributes.iter().map(|text| pair("--attribute", text));
        let attributes = attributes.map(|pair| pair.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Ok(Some(Session {
            user: self.user.clone().unwrap_or_default(),
            id: self.session.clone().unwrap_or_else(|| "s1".to_owned()),
            groups: self.groups.clone(),
            attributes: attributes.collect::<Result<_, _>>()?,
            attempts: 1,
        }))
    }

    /// In milliseconds since 1970.
    pub(super) fn now(&self) -> Result<i64, Failure> {
        let clock = gateway_rt::tokio::real().clock.now();
        let since = clock.duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        match &self.at {
            None => Ok(now),
            Some(text) => {
                civil::read(text, now / 1000).map(|seconds| seconds.saturating_mul(1000)).ok_or_else(|| {
                    Failure::usage(format!("--at {text}: write 12:00, 2026-01-05 or 2026-01-05T12:00:00Z"))
                })
            }
        }
    }

    /// By the call-out's name in lower case.
    pub(super) fn answers(&self) -> Result<BTreeMap<String, Message>, Failure> {
        let answers = self.answers.iter().map(|text| {
            let (name, path) = pair("--answer", text)?;
            Ok((name.to_ascii_lowercase(), message(&files::read(Path::new(path))?)))
        });
        answers.collect()
    }

    pub(super) fn switches(&self) -> Result<Switches, Failure> {
        let mut switches = Switches::default();
        for text in &self.switches {
            let (name, value) = pair("--switch", text)?;
            switches.set(name, value).map_err(|error| Failure::new(Exit::Usage, error))?;
        }
        Ok(switches)
    }
}

fn address(text: &str) -> Option<(IpAddr, u16)> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|both| (both.ip(), both.port()));
    text.parse().ok().map(|address| (address, 50_000)).or_else(with_port)
}

fn pair<'t>(option: &str, text: &'t str) -> Result<(&'t str, &'t str), Failure> {
    text.split_once('=').ok_or_else(|| Failure::usage(format!("{option} {text}: write NAME=VALUE")))
}
