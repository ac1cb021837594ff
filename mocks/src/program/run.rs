//! `mocks run`: one mock, or the whole site, until it is interrupted.
//!
//! Mocks know test secrets only and ask nobody who they are, so they listen on loopback unless told otherwise
//! in so many words, and say so when they begin.
//!
//! Specification: ours.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use gateway_rt::Rt;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::Format;
use super::catalogue::Kind;
use super::control;
use super::failure::Failure;
use super::output::{Lines, To, tell};
use super::site::{Site, Tls};
use super::start::{Started, start};

/// What to run.
#[derive(Subcommand)]
pub(super) enum Which {
    /// Every mock of a site in one process
    #[command(after_help = "Example:\n  mocks run site --config site.toml")]
    Site(Common),
    /// StoreFront: one store, logged on to by the gateway
    #[command(after_help = STOREFRONT_EXAMPLE)]
    Storefront(TlsMock),
    /// XML broker: applications, hosts, logon tickets
    #[command(after_help = BROKER_EXAMPLE)]
    Broker(TlsMock),
    /// Secure Ticket Authority: issues and redeems STA tickets
    #[command(after_help = STA_EXAMPLE)]
    Sta(TlsMock),
    /// RADIUS server: PAP and challenges
    #[command(after_help = RADIUS_EXAMPLE)]
    Radius(RadiusMock),
    /// LDAP directory: bind, search and StartTLS
    #[command(after_help = LDAP_EXAMPLE)]
    Ldap(TlsMock),
    /// Anakam.TFA server: passcodes and registered devices
    #[command(after_help = ANAKAM_EXAMPLE)]
    Anakam(TlsMock),
    /// ICA host: says the ICA magic and echoes what is typed
    #[command(after_help = ICA_HOST_EXAMPLE)]
    IcaHost(Mock),
    /// Syslog collector: messages over UDP, TCP or TLS
    #[command(after_help = SYSLOG_EXAMPLE)]
    Syslog(TlsMock),
}

const STOREFRONT_EXAMPLE: &str = "Example, in two terminals:
  mocks run storefront
  curl -i http://127.0.0.1:8082/Citrix/StoreWeb/";

const BROKER_EXAMPLE: &str = "Example, in two terminals:
  mocks run broker
  nmap -p 8080 --script citrix-enum-apps-xml,citrix-enum-servers-xml 127.0.0.1";

const STA_EXAMPLE: &str = "Example, in two terminals; the STA now takes three seconds to redeem a ticket:
  mocks run sta --control 127.0.0.1:9081
  curl -X PUT -d '[{\"what\":\"slow\",\"by\":\"3s\",\"on\":\"redeem\"}]' http://127.0.0.1:9081/misbehaviours";

const RADIUS_EXAMPLE: &str = "Example, in two terminals:
  mocks run radius
  radtest carol Autumn-26 127.0.0.1 0 only-for-the-lab-0001";

const LDAP_EXAMPLE: &str = "Example, in two terminals:
  mocks run ldap
  ldapsearch -x -H ldap://127.0.0.1:1389 -D CN=carol,CN=Users,DC=example,DC=test -w Autumn-26 \\
      -b DC=example,DC=test '(sAMAccountName=alice)' memberOf";

const ANAKAM_EXAMPLE: &str = "Example, in two terminals; what was sent to whom is in /outbox:
  mocks run anakam --control 127.0.0.1:9083
  curl -u gateway:only-for-the-lab-0003 -X POST \\
      'http://127.0.0.1:8083/tfa/api/5.5/default/auth?applicationKey=/&userKey=alice'
  curl http://127.0.0.1:9083/outbox";

const ICA_HOST_EXAMPLE: &str = "Example, in two terminals:
  mocks run ica-host
  nmap -sV -p 1494 127.0.0.1";

const SYSLOG_EXAMPLE: &str = "Example, in two terminals:
  mocks run syslog
  logger --rfc5424 --tcp --octet-count --server 127.0.0.1 --port 1601 'hello'";

/// What every run can be told.
#[derive(Args)]
pub(super) struct Common {
    /// The site, if not the built-in one; `mocks template` prints a file to start from
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How the lines are written
    #[arg(long, value_enum, default_value_t)]
    output: Format,
    /// Allows addresses other machines can reach: everybody there can use the mock
    #[arg(long)]
    expose: bool,
}

/// What a single mock can be told.
#[derive(Args)]
pub(super) struct Mock {
    #[command(flatten)]
    common: Common,
    /// Where to listen, in place of what the site says; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Where to be controlled (HTTP, loopback only): /journal, /misbehaviours
    #[arg(long, value_name = "ADDRESS:PORT")]
    control: Option<SocketAddr>,
}

/// What a mock with TLS can be told.
#[derive(Args)]
pub(super) struct TlsMock {
    #[command(flatten)]
    mock: Mock,
    /// Certificate chain (PEM): speak TLS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// What the RADIUS server can be told.
#[derive(Args)]
pub(super) struct RadiusMock {
    #[command(flatten)]
    mock: Mock,
    /// File with the shared secret, in place of the one for tests
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// Runs until interrupted, or until something is wrong.
pub(super) async fn run(which: Which) -> Result<(), Failure> {
    let (kinds, common, site) = resolve(which)?;
    let rt = gateway_rt::tokio::real();
    // Before anything listens: who sees a mock's address may end it at once.
    let [Ok(mut interrupt), Ok(mut terminate)] =
        [SignalKind::interrupt(), SignalKind::terminate()].map(signal)
    else {
        return Err(Failure::broken("can't wait for signals"));
    };
    let (ended, mut ends) = mpsc::channel(kinds.len());
    for started in start_all(&rt, &kinds, &common, site).await? {
        let (name, ended) = (started.kind.name(), ended.clone());
        rt.spawn("mock", async move {
            let end = started.serving.await;
            drop(ended.send((name, end)).await);
        });
    }
    tokio::select! {
        biased;
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
        Some((name, end)) = ends.recv() => {
            let why = end.err().map_or("it ended".to_owned(), |error| error.to_string());
            Err(Failure::broken(format!("{name}: {why}")))
        }
    }
}

/// The mocks to run, and the site with what the command line changes.
fn resolve(which: Which) -> Result<(Vec<Kind>, Common, Site), Failure> {
    let plain = |mock| TlsMock { mock, tls_cert: None, tls_key: None };
    let (kind, TlsMock { mock, tls_cert, tls_key }, secret_file) = match which {
        Which::Site(common) => {
            let site = Site::load(common.config.as_deref())?;
            return Ok((Kind::ALL.to_vec(), common, site));
        }
        Which::Storefront(mock) => (Kind::Storefront, mock, None),
        Which::Broker(mock) => (Kind::Broker, mock, None),
        Which::Sta(mock) => (Kind::Sta, mock, None),
        Which::Radius(RadiusMock { mock, secret_file }) => (Kind::Radius, plain(mock), secret_file),
        Which::Ldap(mock) => (Kind::Ldap, mock, None),
        Which::Anakam(mock) => (Kind::Anakam, mock, None),
        Which::IcaHost(mock) => (Kind::IcaHost, plain(mock), None),
        Which::Syslog(mock) => (Kind::Syslog, mock, None),
    };
    let mut site = Site::load(mock.common.config.as_deref())?;
    // A path on the command line begins where the user is, one in the site where the site is.
    let here = std::env::current_dir().map_err(Failure::broken)?;
    if let (Some(cert), Some(key), Some(tls)) = (tls_cert, tls_key, site.tls(kind)) {
        *tls = Some(Tls { cert: here.join(cert), key: here.join(key) });
    }
    if let Some(path) = secret_file {
        site.radius.secret_file = Some(here.join(path));
    }
    let (listen, control) = site.places(kind);
    *listen = mock.listen.unwrap_or(*listen);
    *control = mock.control.or(*control);
    Ok((vec![kind], mock.common, site))
}

async fn start_all(
    rt: &Rt,
    kinds: &[Kind],
    common: &Common,
    mut site: Site,
) -> Result<Vec<Started>, Failure> {
    let mut all = Vec::with_capacity(kinds.len());
    for kind in kinds {
        let (at, control) = site.places(*kind);
        let (at, control) = (*at, *control);
        if !at.ip().is_loopback() && !common.expose {
            let name = kind.name();
            return Err(Failure::usage(format!(
                "{name}: {at} can be reached from other machines, and mocks are for tests: listen on 127.0.0.1, \
                 or say --expose"
            )));
        }
        let lines = Lines::new(rt, kind.name(), common.output, To::Results);
        let started = start(rt, *kind, &mut site, lines).await?;
        let reach = if at.ip().is_loopback() { "loopback only" } else { "OPEN TO THE NETWORK" };
        tell(&format!("{} on {} ({reach}; for tests, with test secrets)", kind.name(), started.reached));
        all.push(match control {
            Some(at) => control::open(rt, at, started, site.misbehaviours(*kind)).await?,
            None => started,
        });
    }
    Ok(all)
}
